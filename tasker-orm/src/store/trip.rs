//! Trips to the database, and transactions that are repeated.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use sea_orm::{
    ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbErr, ExecResult, IsolationLevel, QueryResult,
    RuntimeErr, SqliteTransactionMode, SqlxError, Statement, TransactionOptions, TransactionTrait, Value,
};
use tasker_core::Clock as _;
use tasker_core::TaskId;
use tasker_core::store::StoreError;

use super::SqlStore;
use crate::error::{Verdict, store_error};

impl SqlStore {
    /// The time of the clock that was given, if one was; on SQLite otherwise this machine's. None: the database knows it.
    pub(super) fn fixed_now(&self) -> Option<i64> {
        match &self.0.clock {
            Some(clock) => Some(clock.now().as_micros()),
            None if self.is_postgres() => None,
            None => Some(tasker_core::SystemClock.now().as_micros()),
        }
    }

    /// The time, where the store knows it without asking.
    pub(super) fn now(&self) -> i64 {
        self.fixed_now().unwrap_or_else(|| tasker_core::SystemClock.now().as_micros())
    }

    /// The time in a statement whose first parameter is [`fixed_now`](Self::fixed_now).
    pub(super) fn now_sql(&self) -> &'static str {
        if self.is_postgres() {
            "coalesce($1::bigint, (extract(epoch FROM statement_timestamp()) * 1000000)::bigint)"
        } else {
            "$1"
        }
    }

    /// The time, asked of the database where it is the one that knows.
    pub(super) async fn now_in<C: ConnectionTrait>(&self, db: &C) -> Result<i64, DbErr> {
        if let Some(now) = self.fixed_now() {
            return Ok(now);
        }
        let sql = format!("SELECT {}", self.now_sql());
        let rows = query(db, sql, [None::<i64>.into()]).await?;
        rows.first().ok_or_else(|| DbErr::Custom("no answer".to_owned()))?.try_get_by_index(0)
    }

    /// A transaction that writes.
    pub(super) async fn begin(&self) -> Result<DatabaseTransaction, DbErr> {
        let options = TransactionOptions {
            isolation_level: self.dialect().profile.serializable.then_some(IsolationLevel::Serializable),
            sqlite_transaction_mode: (!self.is_postgres()).then_some(SqliteTransactionMode::Immediate),
            ..Default::default()
        };
        begun(self.writer(), options).await
    }

    /// Repeats a transaction that may happen twice: while others hold a lock that it needs, or it cannot be serialized, or the
    /// connection was lost.
    pub(super) async fn repeated<T, F>(&self, what: &str, attempt: impl FnMut() -> F) -> Result<T, StoreError>
    where
        F: Future<Output = Result<T, DbErr>>,
    {
        self.tried(what, Again::IfLost, attempt).await
    }

    /// Repeats a transaction that must not happen twice: not if nobody knows whether it did.
    pub(super) async fn once<T, F>(&self, what: &str, attempt: impl FnMut() -> F) -> Result<T, StoreError>
    where
        F: Future<Output = Result<T, DbErr>>,
    {
        self.tried(what, Again::IfBusy, attempt).await
    }

    async fn tried<T, F>(
        &self,
        what: &str,
        again: Again,
        mut attempt: impl FnMut() -> F,
    ) -> Result<T, StoreError>
    where
        F: Future<Output = Result<T, DbErr>>,
    {
        // On SQLite the driver itself waits for a lock, 5 s each time.
        let most = if self.is_postgres() { 20 } else { 5 };
        let mut tries = 1;
        loop {
            match attempt().await {
                Err(error) if again.is_worth_it(&error) && tries < most => {
                    tracing::debug!(what, tries, %error, "trying again");
                    tokio::time::sleep(pause(tries)).await;
                    tries += 1;
                }
                done => return done.map_err(|error| store_error(what, error)),
            }
        }
    }

    /// Reads rows by their keys.
    pub(super) async fn read(
        &self,
        what: &str,
        sql: &str,
        values: impl IntoIterator<Item = Value>,
    ) -> Result<Vec<QueryResult>, StoreError> {
        let values: Vec<Value> = values.into_iter().collect();
        self.repeated(what, || query(&self.0.by_key, sql, values.clone())).await
    }

    /// An exchange that is its own transaction. Whoever asked may go away: a statement that has begun comes to its end, on SQLite in the
    /// connection's own thread, and nobody gets the connection before.
    pub(super) async fn exchange_alone(
        &self,
        what: &str,
        sql: &str,
        values: &[Value],
    ) -> Result<Vec<QueryResult>, StoreError> {
        self.tried(what, Again::IfBusy, || query(self.writer(), sql, values.to_vec())).await
    }

    /// An exchange on PostgreSQL that also passes the turn in sequential tasks, which takes a second statement.
    pub(super) async fn exchange_and_pass_turns(
        &self,
        what: &str,
        sql: &str,
        values: &[Value],
        tasks: &[TaskId],
    ) -> Result<Vec<QueryResult>, StoreError> {
        self.tried(what, Again::IfBusy, || async {
            let transaction = self.begin().await?;
            let rows = query(&transaction, sql, values.to_vec()).await?;
            self.pass_turns(&transaction, tasks).await?;
            transaction.commit().await?;
            Ok(rows)
        })
        .await
    }
}

/// When a transaction is tried again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Again {
    /// If it did not happen.
    IfBusy,
    /// Also if nobody knows whether it did.
    IfLost,
}

impl Again {
    fn is_worth_it(self, error: &DbErr) -> bool {
        match Verdict::of(error) {
            Verdict::Busy => true,
            Verdict::Lost => self == Self::IfLost,
            Verdict::Unavailable | Verdict::Refused => false,
        }
    }
}

/// A transaction, begun beside the caller, who may be dropped at any moment. The driver does not bear that between its `BEGIN` and
/// the answer: it would give the connection to others with the transaction open, and what they do would never be committed.
async fn begun(db: &DatabaseConnection, options: TransactionOptions) -> Result<DatabaseTransaction, DbErr> {
    let db = db.clone();
    let begun = tokio::spawn(async move { db.begin_with_options(options).await });
    begun.await.unwrap_or_else(|error| match error.try_into_panic() {
        Ok(panic) => std::panic::resume_unwind(panic),
        // The runtime ends.
        Err(_) => Err(DbErr::Conn(RuntimeErr::SqlxError(Arc::new(SqlxError::WorkerCrashed)))),
    })
}

/// How long to wait after so many tries: twice as long each time, up to a third of a second, with chance.
pub(super) fn pause(tries: u32) -> Duration {
    let longest = Duration::from_millis(5) * 2_u32.pow(tries.min(6));
    longest.mul_f64(fastrand::f64())
}

pub(super) async fn query<C: ConnectionTrait>(
    db: &C,
    sql: impl Into<String>,
    values: impl IntoIterator<Item = Value>,
) -> Result<Vec<QueryResult>, DbErr> {
    db.query_all_raw(Statement::from_sql_and_values(db.get_database_backend(), sql, values)).await
}

pub(super) async fn execute<C: ConnectionTrait>(
    db: &C,
    sql: impl Into<String>,
    values: impl IntoIterator<Item = Value>,
) -> Result<ExecResult, DbErr> {
    db.execute_raw(Statement::from_sql_and_values(db.get_database_backend(), sql, values)).await
}
