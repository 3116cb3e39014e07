//! The PostgreSQL of a run: one of its own, durable as in production, or one that was named.

use std::sync::atomic::{AtomicUsize, Ordering};

use sea_orm::sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};
use tasker_tests::postgres::Private;

use crate::Result;

/// Durable, on the disk, with memory and log of a size that a server of one's own has.
const SETTINGS: [(&str, &str); 6] = [
    ("fsync", "on"),
    ("synchronous_commit", "on"),
    ("full_page_writes", "on"),
    ("shared_buffers", "512MB"),
    ("max_wal_size", "4GB"),
    ("autovacuum", "on"),
];

pub(crate) struct Server {
    /// Any database of the server, from which others are created.
    url: String,
    _private: Option<Private>,
}

impl Server {
    pub(crate) fn find(url: Option<&str>) -> Result<Self> {
        if let Some(url) = url {
            return Ok(Self { url: url.to_owned(), _private: None });
        }
        let private = Private::start(&SETTINGS)?;
        Ok(Self { url: private.url("postgres"), _private: Some(private) })
    }

    /// Creates an empty database; its name and its URL.
    pub(crate) async fn create(&self) -> Result<(String, String)> {
        static CREATED: AtomicUsize = AtomicUsize::new(0);
        let number = CREATED.fetch_add(1, Ordering::Relaxed);
        let name = format!("tasker_bench_{}_{number}", std::process::id());
        self.execute(format!("CREATE DATABASE {name}")).await?;
        let url = with_database(&self.url, &name)?;
        Ok((name, url))
    }

    pub(crate) async fn drop(&self, name: &str) -> Result<()> {
        self.execute(format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)")).await
    }

    async fn execute(&self, sql: String) -> Result<()> {
        let mut connection = PgConnection::connect(&self.url).await?;
        connection.execute(AssertSqlSafe(sql)).await?;
        connection.close().await?;
        Ok(())
    }
}

/// The URL of another database of the same server.
fn with_database(url: &str, name: &str) -> Result<String> {
    let (base, parameters) = url.split_once('?').unwrap_or((url, ""));
    let (scheme, rest) = base.split_once("://").ok_or_else(|| format!("`{url}` is no URL"))?;
    let host = rest.split('/').next().unwrap_or_default();
    let parameters = if parameters.is_empty() { String::new() } else { format!("?{parameters}") };
    Ok(format!("{scheme}://{host}/{name}{parameters}"))
}
