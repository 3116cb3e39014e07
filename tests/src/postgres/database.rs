//! A database for each test, copied from a template that is prepared once.
//!
//! A template is prepared under another name, behind a lock of its own, and renamed when it is complete:
//! whoever sees it by its name sees all of it, wherever a process that prepared it may have ended.

use std::fs::File;
use std::time::Duration;

use super::psql::{self, UNKNOWN_DATABASE};
use super::server::Server;

/// How long a test may wait at its end. Dropping takes some 20 ms.
const PATIENCE: Duration = Duration::from_secs(3);

/// A database of one's own on the shared server. It is dropped with this value, whoever is still connected.
#[derive(Debug)]
pub struct Database {
    name: String,
    url: String,
    maintenance_url: String,
}

impl Database {
    /// The URL of the database, for sqlx.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The answer to a statement: columns separated by `|`, rows by line ends.
    ///
    /// # Panics
    ///
    /// If the statement fails.
    #[expect(clippy::must_use_candidate, reason = "statements are also run for what they do")]
    pub fn query(&self, sql: &str) -> String {
        psql::answer(&self.url, sql)
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        let drop = format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", self.name);
        psql::try_for(PATIENCE, &self.maintenance_url, &[&drop]);
    }
}

impl Server {
    /// A new database, copied from the template of that name.
    ///
    /// `prepare` gets the URL of an empty database and fills it. It runs once per server: a template whose
    /// content changes needs another name, by a hash of its migrations for instance. Connections that
    /// `prepare` leaves open are closed.
    ///
    /// # Panics
    ///
    /// If the server refuses, outside a tokio runtime, and if `template` is more than lower case letters,
    /// digits and underscores, or longer than 50 characters.
    pub async fn database(&self, template: &str, prepare: impl AsyncFnOnce(String)) -> Database {
        assert!(
            !template.is_empty() && template.len() <= 50 && template.bytes().all(is_plain),
            "`{template}` is no name for a template: up to 50 of a-z, 0-9 and _"
        );
        if let Some(database) = self.copy(template).await {
            return database;
        }
        let lock = self.lock(template).await;
        if let Some(database) = self.copy(template).await {
            return database;
        }
        let half = format!("{template}_half");
        let again = format!("DROP DATABASE IF EXISTS {half} WITH (FORCE)");
        self.run(&[&again, &format!("CREATE DATABASE {half}")])
            .await
            .unwrap_or_else(|error| panic!("{error}"));
        prepare(self.url(&half)).await;
        // In a statement of its own, since those that follow wait until nobody is connected. Whoever connects
        // to a template keeps others from copying it.
        let close = format!("ALTER DATABASE {half} ALLOW_CONNECTIONS false");
        let disconnect =
            format!("SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = '{half}'");
        let publish = format!("ALTER DATABASE {half} RENAME TO {template}");
        self.run(&[&close, &disconnect, &publish]).await.unwrap_or_else(|error| panic!("{error}"));
        drop(lock);
        self.copy(template).await.unwrap_or_else(|| panic!("the template {template} is gone"))
    }

    /// A copy of the template, if there is one.
    async fn copy(&self, template: &str) -> Option<Database> {
        let name = format!("tasker_test_{}_{:08x}", std::process::id(), fastrand::u32(..));
        match self.run(&[&format!("CREATE DATABASE {name} TEMPLATE {template}")]).await {
            Ok(()) => Some(Database { url: self.url(&name), maintenance_url: self.maintenance_url(), name }),
            Err(error) => {
                assert!(error.starts_with(UNKNOWN_DATABASE), "CREATE DATABASE: {error}");
                None
            }
        }
    }

    async fn run(&self, statements: &[&str]) -> Result<(), String> {
        let url = self.maintenance_url();
        let statements: Vec<String> = statements.iter().map(ToString::to_string).collect();
        blocking(move || {
            let statements: Vec<&str> = statements.iter().map(String::as_str).collect();
            psql::run(&url, &statements).map(drop)
        })
        .await
    }

    async fn lock(&self, template: &str) -> File {
        let path = self.locks.join(template);
        let locked = blocking(move || {
            let file = File::create(&path)?;
            file.lock()?;
            std::io::Result::Ok(file)
        });
        locked.await.unwrap_or_else(|error| panic!("the lock of the template {template}: {error}"))
    }
}

fn is_plain(byte: u8) -> bool {
    byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_'
}

/// Waits beside the runtime, where other tasks of the test go on.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    tokio::task::spawn_blocking(work).await.unwrap_or_else(|error| panic!("{error}"))
}
