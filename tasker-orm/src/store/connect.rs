//! Opening a database.

use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use sea_orm::sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use sea_orm::{ConnectOptions, Database, DatabaseConnection, DbErr};
use sea_orm_migration::MigratorTrait;
use tasker_core::store::StoreError;
use tasker_core::{Clock, SystemClock};

use super::{Inner, SqlStore, transact};
use crate::error::store_error;
use crate::migration::Migrator;
use crate::presence::Presence;

/// How a database is opened.
#[derive(Debug)]
pub struct SqlStoreOptions {
    url: String,
    clock: Arc<dyn Clock>,
    migrate: bool,
}

impl SqlStoreOptions {
    /// The database at `url`; see [`SqlStore::connect`].
    pub fn new(url: impl Into<String>) -> Self {
        Self { url: url.into(), clock: Arc::new(SystemClock), migrate: true }
    }

    /// Sets the clock that leases, backoff and history go by, for tests. Default: the system's.
    #[must_use]
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }

    /// Whether to bring the tables up to date when connecting. Default: yes. A host that splices
    /// [`migrations`](crate::migration::migrations) into its own migrator says no.
    #[must_use]
    pub fn migrate(mut self, migrate: bool) -> Self {
        self.migrate = migrate;
        self
    }

    /// Opens the database.
    ///
    /// # Errors
    /// When the URL is none, the file cannot be opened or is no database, or the migrations fail.
    pub async fn connect(self) -> Result<SqlStore, StoreError> {
        let opening = format!("opening the database `{}`", self.url);
        let failed = |error| store_error(&opening, error);
        let file = database_file(&self.url).map_err(failed)?;
        let writer = open(&self.url, Role::Writer).await.map_err(failed)?;
        // A database in memory belongs to its one connection.
        let reader = match file {
            Some(_) => open(&self.url, Role::Reader).await.map_err(failed)?,
            None => writer.clone(),
        };
        let presence = file.as_deref().map(Presence::beside);
        let store = SqlStore(Arc::new(Inner {
            writer,
            reader,
            clock: self.clock,
            presence,
            named_steps: Mutex::default(),
        }));
        if self.migrate {
            transact("bringing the tables up to date", || store.try_migrate()).await?;
        }
        Ok(store)
    }
}

impl SqlStore {
    /// In one transaction that excludes other writers: of two processes that start together the second finds nothing
    /// left to do.
    async fn try_migrate(&self) -> Result<(), DbErr> {
        let transaction = self.begin().await?;
        Migrator::up(&transaction, None).await?;
        transaction.commit().await
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Role {
    Writer,
    Reader,
}

async fn open(url: &str, role: Role) -> Result<DatabaseConnection, DbErr> {
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
        .map_sqlx_sqlite_pool_opts(|options| options.idle_timeout(None).max_lifetime(None));
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
    if !url.starts_with("sqlite:") {
        let message = format!("`{url}` is no SQLite URL; write `sqlite://orders.db` or `sqlite::memory:`");
        return Err(DbErr::Custom(message));
    }
    let options: SqliteConnectOptions =
        url.parse().map_err(|error: sea_orm::SqlxError| DbErr::Custom(error.to_string()))?;
    let file = options.get_filename().to_path_buf();
    // The driver names a database in memory so that its connections find it.
    let in_memory = file.to_string_lossy().starts_with("file:sqlx-in-memory-");
    Ok((!in_memory).then_some(file))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_names_a_file_or_memory() {
        assert_eq!(database_file("sqlite://orders.db").unwrap(), Some("orders.db".into()));
        assert_eq!(database_file("sqlite:///var/orders.db?mode=rwc").unwrap(), Some("/var/orders.db".into()));
        assert_eq!(database_file("sqlite::memory:").unwrap(), None);
        let error = database_file("orders.db").unwrap_err().to_string();
        assert!(error.contains("write `sqlite://orders.db`"), "{error}");
    }
}
