//! A file, or a database in memory.

use std::fs::{self, OpenOptions};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use sea_orm::sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use sea_orm::sqlx::{self, Connection as _, Executor};
use sea_orm::{ConnectOptions, ConnectionTrait, Database, DatabaseConnection, DbErr, RuntimeErr, SqlxError};

use super::Opened;
use super::why::said;
use crate::error::Verdict;
use crate::presence::Presence;
use crate::profile::Profile;
use crate::statement::{Backend, Dialect, sqlite_procedures};
use crate::store::SqlStore;
use crate::store::trip::pause;

pub(super) async fn open(url: &str) -> Result<Opened, DbErr> {
    let file = database_file(url)?;
    let writer = connect_patiently(url, Role::Writer).await?;
    // A database in memory belongs to its one connection.
    let reader = match file {
        Some(_) => connect_patiently(url, Role::Reader).await?,
        None => writer.clone(),
    };
    let presence = file.as_deref().map(Presence::beside);
    // Writers take turns, so there is nothing to skip or to serialize, and nobody to listen.
    let profile = Profile { skip_locked: false, notify: false, serializable: false };
    Ok(Opened {
        writer,
        by_key: reader.clone(),
        reader,
        dialect: Dialect { backend: Backend::Sqlite, profile },
        presence,
    })
}

impl SqlStore {
    /// Moves the log into the database file, as far as nobody reads it, so that a copy of the file is whole.
    pub(in crate::store) async fn move_log_into_database(&self) {
        if self.is_postgres() {
            return;
        }
        if let Err(error) = self.writer().execute_unprepared("PRAGMA wal_checkpoint(PASSIVE)").await {
            tracing::debug!(%error, "the log was not moved into the database");
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Role {
    Writer,
    Reader,
}

/// Of several that turn a new file to write-ahead logging, one does it and the others are told at once that it is locked, however long
/// they are willing to wait.
async fn connect_patiently(url: &str, role: Role) -> Result<DatabaseConnection, DbErr> {
    const MOST: u32 = 20;
    let mut tries = 1;
    loop {
        match connect(url, role).await {
            Err(error) if Verdict::of(&error) == Verdict::Busy && tries < MOST => {
                tokio::time::sleep(pause(tries)).await;
                tries += 1;
            }
            done => return done,
        }
    }
}

async fn connect(url: &str, role: Role) -> Result<DatabaseConnection, DbErr> {
    const READERS: u32 = 4;
    let mut options = ConnectOptions::new(url);
    options
        .max_connections(if role == Role::Writer { 1 } else { READERS })
        .min_connections(1)
        .acquire_timeout(Duration::from_secs(30))
        .sqlx_logging(false)
        // The file is here: a connection to it does not go stale.
        .test_before_acquire(false)
        .map_sqlx_sqlite_opts(move |options| pragmas(options, role))
        .map_sqlx_sqlite_pool_opts(move |options| {
            let options = options.idle_timeout(None).max_lifetime(None);
            match role {
                Role::Writer => options
                    .after_connect(|connection, _| {
                        Box::pin(async move {
                            connection.execute(sqlx::AssertSqlSafe(sqlite_procedures())).await.map(|_| ())
                        })
                    })
                    // A full disk ends a transaction by itself, and the driver goes on believing in it: a later one would be a part of
                    // none that is ever committed. Nothing else brings a connection back that is in a transaction.
                    .before_acquire(|connection, _| {
                        Box::pin(std::future::ready(Ok(!connection.is_in_transaction())))
                    }),
                Role::Reader => options,
            }
        });
    Database::connect(options).await
}

fn pragmas(options: SqliteConnectOptions, role: Role) -> SqliteConnectOptions {
    let options = options
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .busy_timeout(Duration::from_secs(5))
        .foreign_keys(true)
        .pragma("cache_size", "-16000")
        .pragma("temp_store", "memory")
        // In pages: moving the log into the database costs two more waits for the disk, and pages that were written
        // more than once move once.
        .pragma("wal_autocheckpoint", "4000");
    match role {
        Role::Writer => options,
        Role::Reader => options.pragma("query_only", "on"),
    }
}

/// The file of a SQLite URL; none for a database in memory.
fn database_file(url: &str) -> Result<Option<PathBuf>, DbErr> {
    let options: SqliteConnectOptions =
        url.parse().map_err(|error| DbErr::Conn(RuntimeErr::SqlxError(Arc::new(error))))?;
    let file = options.get_filename().to_path_buf();
    // The driver names a database in memory so that its connections find it.
    let in_memory = file.to_string_lossy().starts_with("file:sqlx-in-memory-");
    Ok((!in_memory).then_some(file))
}

/// What is wrong, and what to do about it, where that is known.
pub(super) fn why(url: &str, error: &SqlxError) -> Option<String> {
    let said = said(error);
    if matches!(error, SqlxError::Configuration(_)) {
        return Some(format!(
            "the URL cannot be read ({said}); write `sqlite://orders.db`, `sqlite:///var/lib/orders.db` or `sqlite::memory:`"
        ));
    }
    let SqlxError::Database(error) = error else { return None };
    let code: i32 = error.code()?.parse().ok()?;
    let file = database_file(url).ok().flatten()?;
    of_file(code & 0xff, &said, &file)
}

/// By the primary result code (sqlite.org/rescode.html), and by what stands in the place of the file.
fn of_file(code: i32, said: &str, file: &Path) -> Option<String> {
    const PERM: i32 = 3;
    const READONLY: i32 = 8;
    const IO: i32 = 10;
    const FULL: i32 = 13;
    const CANTOPEN: i32 = 14;
    const AUTH: i32 = 23;
    const NOTADB: i32 = 26;
    let shown = file.display();
    match code {
        CANTOPEN | PERM | AUTH | READONLY | IO => Some(in_the_way(file).unwrap_or_else(|| {
            format!(
                "the file `{shown}` cannot be opened to write in it ({said}); see to its owner, mode and disk"
            )
        })),
        FULL => Some(format!("the disk of `{shown}` is full ({said}); make room there")),
        NOTADB => Some(format!(
            "the file `{shown}` is no SQLite database ({said}); name another file, or move this one out of the way"
        )),
        _ => None,
    }
}

/// What keeps a file from being opened, as far as the file system tells.
fn in_the_way(file: &Path) -> Option<String> {
    let shown = file.display();
    if file.is_dir() {
        return Some(format!("`{shown}` is a folder; name a file in it, such as `{shown}/orders.db`"));
    }
    let folder = match file.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        Some(folder) => folder,
        None => Path::new("."),
    };
    match fs::metadata(folder) {
        Err(error) if error.kind() == ErrorKind::NotFound => {
            let wanted = folder.display();
            return Some(format!(
                "the folder `{wanted}` does not exist; create it (`mkdir -p {wanted}`), or mend the path in the URL: `sqlite://` and a path \
                 from here, or `sqlite:///` and one from the root"
            ));
        }
        Ok(folder_is) if !folder_is.is_dir() => {
            return Some(format!("`{}` is a file and no folder; mend the path in the URL", folder.display()));
        }
        _ => {}
    }
    let opened = OpenOptions::new().read(true).write(true).open(file);
    let denied = match opened.map_err(|error| error.kind()) {
        Err(ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem) => format!("the file `{shown}`"),
        // SQLite writes its log beside the file.
        Err(ErrorKind::NotFound) => format!("in the folder `{}`", folder.display()),
        _ => return None,
    };
    Some(format!(
        "this process may not write {denied}; let it (SQLite needs to write the file, and others beside it in its folder), or name another \
         file"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_names_a_file_or_memory() {
        assert_eq!(database_file("sqlite://orders.db").unwrap(), Some("orders.db".into()));
        assert_eq!(database_file("sqlite:///var/orders.db?mode=rwc").unwrap(), Some("/var/orders.db".into()));
        assert_eq!(database_file("sqlite::memory:").unwrap(), None);
    }

    #[test]
    fn what_is_wrong_with_a_file_is_told_with_what_to_do() {
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path();
        std::fs::write(place.join("a.txt"), "text").unwrap();
        let told = |code, path: &str| of_file(code, "said", &place.join(path)).unwrap();
        let expected = [
            (told(14, "no/such/a.db"), "/no/such` does not exist; create it (`mkdir -p "),
            (told(14, ""), "is a folder; name a file in it, such as `"),
            (told(14, "a.txt/b.db"), "/a.txt` is a file and no folder; mend the path in the URL"),
            (told(26, "a.txt"), "/a.txt` is no SQLite database (said); name another file"),
            (told(13, "a.db"), "/a.db` is full (said); make room there"),
            (told(8, "b.db"), "this process may not write in the folder `"),
            (told(8, "a.txt"), "/a.txt` cannot be opened to write in it (said); see to its owner, mode"),
        ];
        for (told, part) in expected {
            assert!(told.contains(part), "{told}");
        }
        assert_eq!(of_file(1, "said", place), None);
    }
}
