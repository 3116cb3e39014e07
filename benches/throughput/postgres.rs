//! What the server says that something cost.

use sea_orm::sqlx::{self, Connection, PgConnection};

use crate::Result;

/// A connection beside those that are measured.
pub(crate) struct Observer(PgConnection);

impl Observer {
    pub(crate) async fn connect(url: &str) -> Result<Self> {
        Ok(Self(PgConnection::connect(url).await?))
    }

    /// Starts from the same place each time: after a checkpoint the first change to a page writes the whole
    /// page to the log.
    pub(crate) async fn checkpoint(&mut self) -> Result<()> {
        sqlx::query("CHECKPOINT").execute(&mut self.0).await?;
        Ok(())
    }

    /// How many bytes of log were written, since ever.
    pub(crate) async fn log_bytes(&mut self) -> Result<f64> {
        let bytes: i64 = sqlx::query_scalar("SELECT pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')::bigint")
            .fetch_one(&mut self.0)
            .await?;
        Ok(bytes as f64)
    }

    /// How many transactions there were in this database, since it exists. Of this store each statement is
    /// one. A busy connection reports its own once a second.
    pub(crate) async fn transactions(&mut self) -> Result<f64> {
        let sql =
            "SELECT xact_commit + xact_rollback FROM pg_stat_database WHERE datname = current_database()";
        let transactions: i64 = sqlx::query_scalar(sql).fetch_one(&mut self.0).await?;
        Ok(transactions as f64)
    }
}
