//! The store on a SQL database.
//!
//! Every verb is one transaction of a few statements, each of which takes the whole batch. On SQLite one connection writes, under
//! `BEGIN IMMEDIATE`; others read beside it. A transaction that meets a lock of another process is repeated here; nobody
//! outside sees a busy database, unless it stays so.

mod change;
mod claim;
mod connect;
mod create;
mod install;
mod query;
mod settle;
mod sweep;

use std::collections::HashMap;
use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use sea_orm::{
    ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbBackend, DbErr, ExecResult, QueryResult,
    SqliteTransactionMode, Statement, TransactionOptions, TransactionTrait, Value,
};
use tasker_core::store::{
    Claim, Created, Execution, Lease, NewTask, Outcome, Runnable, Settled, Store, StoreError, Swept,
};
use tasker_core::{Clock, DefinitionId, Json, TaskId, TaskState, TaskStatus, WorkerId, WorkflowDef};

pub use connect::SqlStoreOptions;

use crate::error::{Verdict, store_error};
use crate::presence::Presence;

/// Keeps tasks in a database. Clones share its connections.
///
/// ```no_run
/// # async fn connect() -> Result<(), tasker_core::StoreError> {
/// let store = tasker_orm::SqlStore::connect("sqlite://orders.db").await?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct SqlStore(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    writer: DatabaseConnection,
    reader: DatabaseConnection,
    clock: Arc<dyn Clock>,
    presence: Option<Presence>,
    /// The rows of named steps by definition, for the steps of new tasks.
    named_steps: Mutex<HashMap<DefinitionId, Arc<[i64]>>>,
}

impl SqlStore {
    /// Opens the database at `url`, creates it if there is none, and brings its tables up to date.
    ///
    /// `sqlite://orders.db` is a file in the working directory, `sqlite:///var/lib/orders.db` one by its whole
    /// path, `sqlite::memory:` a database that ends with the process.
    ///
    /// A commit is on the disk when it returns (`synchronous = FULL`).
    ///
    /// # Errors
    /// When the URL is none, the file cannot be opened or is no database, or the migrations fail.
    pub async fn connect(url: &str) -> Result<Self, StoreError> {
        SqlStoreOptions::new(url).connect().await
    }

    /// The connection that reads, for queries of the host's own over [`entity`](crate::entity).
    #[must_use]
    pub fn reader(&self) -> &DatabaseConnection {
        &self.0.reader
    }

    fn now(&self) -> i64 {
        self.0.clock.now().as_micros()
    }

    async fn begin(&self) -> Result<DatabaseTransaction, DbErr> {
        let options = TransactionOptions {
            sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
            ..Default::default()
        };
        self.0.writer.begin_with_options(options).await
    }

    fn named_steps(&self, definition: DefinitionId) -> Result<Arc<[i64]>, DbErr> {
        let known = self.0.named_steps.lock().unwrap_or_else(PoisonError::into_inner);
        known
            .get(&definition)
            .cloned()
            .ok_or_else(|| DbErr::Custom(format!("{definition:?} was not installed")))
    }
}

/// Repeats a transaction while others hold the lock that it needs.
///
/// The driver itself waits 5 s for a lock; what is left are deadlocks of upgrades and long transactions of
/// others.
async fn transact<T, F>(what: &str, mut attempt: impl FnMut() -> F) -> Result<T, StoreError>
where
    F: Future<Output = Result<T, DbErr>>,
{
    const TRIES: u32 = 5;
    let mut tries = 1;
    loop {
        match attempt().await {
            Err(error) if Verdict::of(&error) == Verdict::Busy && tries < TRIES => {
                tracing::debug!(what, tries, %error, "the database is busy; trying again");
                tokio::time::sleep(Duration::from_millis(10) * 2_u32.pow(tries)).await;
                tries += 1;
            }
            done => return done.map_err(|error| store_error(what, error)),
        }
    }
}

async fn query<C: ConnectionTrait>(
    db: &C,
    sql: impl Into<String>,
    values: impl IntoIterator<Item = Value>,
) -> Result<Vec<QueryResult>, DbErr> {
    db.query_all_raw(Statement::from_sql_and_values(DbBackend::Sqlite, sql, values)).await
}

async fn execute<C: ConnectionTrait>(
    db: &C,
    sql: impl Into<String>,
    values: impl IntoIterator<Item = Value>,
) -> Result<ExecResult, DbErr> {
    db.execute_raw(Statement::from_sql_and_values(DbBackend::Sqlite, sql, values)).await
}

#[async_trait]
impl Store for SqlStore {
    async fn install(&self, definitions: &[Arc<WorkflowDef>]) -> Result<Vec<DefinitionId>, StoreError> {
        transact("installing definitions", || self.try_install(definitions)).await
    }

    async fn create(&self, tasks: &[NewTask]) -> Result<Vec<Created>, StoreError> {
        transact("creating tasks", || self.try_create(tasks)).await
    }

    async fn enlist(&self, worker: WorkerId, lease: Duration) -> Result<(), StoreError> {
        transact("enlisting a worker", || self.try_enlist(worker, lease)).await
    }

    async fn heartbeat(&self, worker: WorkerId, lease: Duration) -> Result<Lease, StoreError> {
        transact("prolonging a lease", || self.try_heartbeat(worker, lease)).await
    }

    async fn retire(&self, worker: WorkerId) -> Result<(), StoreError> {
        transact("retiring a worker", || self.try_retire(worker)).await
    }

    async fn sweep(&self) -> Result<Swept, StoreError> {
        transact("sweeping dead workers", || self.try_sweep()).await
    }

    async fn claim(&self, worker: WorkerId, runnable: &Runnable, limit: usize) -> Result<Claim, StoreError> {
        transact("claiming steps", || self.try_claim(worker, runnable, limit)).await
    }

    async fn settle(
        &self,
        worker: WorkerId,
        runnable: &Runnable,
        outcomes: &[Outcome],
        room: usize,
    ) -> Result<Settled, StoreError> {
        transact("settling outcomes", || self.try_settle(worker, runnable, outcomes, room)).await
    }

    async fn held(&self, worker: WorkerId) -> Result<Vec<(Execution, DefinitionId)>, StoreError> {
        transact("asking what a worker holds", || self.try_held(worker)).await
    }

    async fn task_states(&self, tasks: &[TaskId]) -> Result<Vec<Option<TaskState>>, StoreError> {
        self.states_of(tasks).await
    }

    async fn statuses(&self, tasks: &[TaskId]) -> Result<Vec<Option<TaskStatus>>, StoreError> {
        self.statuses_of(tasks).await
    }

    async fn open_tasks(&self, after: Option<TaskId>, limit: usize) -> Result<Vec<TaskId>, StoreError> {
        self.open_tasks_after(after, limit).await
    }

    async fn result(&self, task: TaskId, step: &str) -> Result<Option<Json>, StoreError> {
        self.result_of(task, step).await
    }
}
