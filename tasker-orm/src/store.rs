//! The store on a SQL database.
//!
//! Every verb is one transaction of a few statements, each of which takes the whole batch; those of the hot path are one statement.
//! On SQLite one connection writes; others read beside it. On PostgreSQL a few connections write and a few read by key, with
//! settings that keep their plans the same on an empty and on a full table; others read what is seldom asked. A transaction that meets a lock of another process, or cannot be serialized, is repeated here; nobody outside sees a busy database, unless it
//! stays so.

mod catalog;
mod connect;
mod create;
mod definitions;
mod exchange;
mod feed;
mod figures;
mod find;
mod history;
mod install;
mod lease;
mod listen;
mod operate;
mod operate_workflow;
mod outlook;
mod pool;
mod purge;
mod query;
mod record;
mod settle;
mod snapshot;
mod trip;

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use sea_orm::{DatabaseConnection, DbErr};
use tasker_core::report::TaskSnapshot;
use tasker_core::store::{
    Catalog, Claim, Created, Execution, Feed, Figures, Happened, Lease, NewAnnotation, NewTask, Offer,
    Operated, Order, Outcome, PoolStatus, Recorded, Room, Runnable, Settled, Store, StoreError, Swept,
    TaskAnnotation, TaskFilter, TaskQuery, TaskSummary, WorkflowOrder,
};
use tasker_core::{
    Clock, DefinitionId, Json, StoredDefinition, TaskId, TaskState, TaskStatus, WorkerId, WorkflowDef,
};

pub use connect::SqlStoreOptions;
use connect::Url;
use listen::Company;
use record::AnnotationTypes;
use trip::{execute, query};

use crate::presence::Presence;
use crate::statement::{Backend, Dialect};

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
    url: Url,
    writer: DatabaseConnection,
    /// Reads all the time, by keys.
    by_key: DatabaseConnection,
    reader: DatabaseConnection,
    dialect: Dialect,
    /// Set by tests; otherwise leases go by the database's clock, which on SQLite is this machine's.
    clock: Option<Arc<dyn Clock>>,
    presence: Option<Presence>,
    /// Whether the store applied its migrations itself.
    migrates: bool,
    company: Company,
    /// The rows of named steps by definition, for the steps of new tasks.
    named_steps: Mutex<HashMap<DefinitionId, Arc<[i64]>>>,
    annotation_types: Mutex<AnnotationTypes>,
    recent: feed::Recent,
}

impl SqlStore {
    /// Opens the database at `url`, and brings its tables up to date.
    ///
    /// | URL | database |
    /// |---|---|
    /// | `sqlite://orders.db` | a file in the working directory, created if there is none |
    /// | `sqlite:///var/lib/orders.db` | a file by its whole path |
    /// | `sqlite::memory:` | one that ends with the process |
    /// | `postgres://user@host/orders` | a PostgreSQL database that exists, 13 or newer (feature `postgres`) |
    ///
    /// A commit is on the disk when it returns: `synchronous = FULL` on SQLite; on PostgreSQL as the server is set up.
    ///
    /// On PostgreSQL a store has up to 6 connections that write and 6 that read, and one that listens while an engine runs on it;
    /// clones share them. They have settings and prepared statements of their own, so a pooler in between must not give each
    /// transaction another one. Encrypted connections take the feature `tls`.
    ///
    /// # Errors
    /// When the URL is none, the database cannot be opened or is none, or the migrations fail.
    pub async fn connect(url: &str) -> Result<Self, StoreError> {
        SqlStoreOptions::new(url).connect().await
    }

    /// The connections that read, for queries of the host's own over [`entity`](crate::entity).
    #[must_use]
    pub fn reader(&self) -> &DatabaseConnection {
        &self.0.reader
    }

    fn writer(&self) -> &DatabaseConnection {
        &self.0.writer
    }

    fn dialect(&self) -> Dialect {
        self.0.dialect
    }

    fn is_postgres(&self) -> bool {
        self.dialect().backend == Backend::Postgres
    }
}

/// A state as stored.
fn parse_state<S: std::str::FromStr<Err: std::fmt::Display>>(text: &str) -> Result<S, DbErr> {
    text.parse().map_err(|error: S::Err| DbErr::Type(error.to_string()))
}

#[async_trait]
impl Store for SqlStore {
    async fn install(&self, definitions: &[Arc<WorkflowDef>]) -> Result<Vec<DefinitionId>, StoreError> {
        self.repeated("installing definitions", || self.try_install(definitions)).await
    }

    async fn siblings(&self, definitions: &[DefinitionId]) -> Result<Vec<Vec<StoredDefinition>>, StoreError> {
        self.siblings_of(definitions).await
    }

    async fn create(&self, tasks: &[NewTask]) -> Result<Vec<Created>, StoreError> {
        self.create_tasks(tasks).await
    }

    async fn enlist(&self, worker: WorkerId, lease: Duration, offers: &[Offer]) -> Result<(), StoreError> {
        self.repeated("enlisting a worker", || self.try_enlist(worker, lease, offers)).await
    }

    async fn heartbeat(&self, worker: WorkerId, lease: Duration) -> Result<Lease, StoreError> {
        self.repeated("prolonging a lease", || self.try_heartbeat(worker, lease)).await
    }

    async fn retire(&self, worker: WorkerId) -> Result<(), StoreError> {
        self.repeated("retiring a worker", || self.try_retire(worker)).await
    }

    async fn sweep(&self) -> Result<Swept, StoreError> {
        self.sweep_workers().await
    }

    async fn claim(&self, worker: WorkerId, runnable: &Runnable, room: &Room) -> Result<Claim, StoreError> {
        self.claim_steps(worker, runnable, room).await
    }

    async fn settle(
        &self,
        worker: WorkerId,
        runnable: &Runnable,
        outcomes: &[Outcome],
        room: &Room,
    ) -> Result<Settled, StoreError> {
        self.settle_outcomes(worker, runnable, outcomes, room).await
    }

    async fn held(&self, worker: WorkerId) -> Result<Vec<(Execution, DefinitionId)>, StoreError> {
        self.held_by(worker).await
    }

    async fn annotate(&self, annotation: &NewAnnotation) -> Result<bool, StoreError> {
        self.annotate_task(annotation).await
    }

    async fn annotations(&self, task: TaskId) -> Result<Vec<TaskAnnotation>, StoreError> {
        self.annotations_of(task).await
    }

    fn catalog(&self) -> &dyn Catalog {
        self
    }

    fn feed(&self) -> &dyn Feed {
        self
    }

    fn clock(&self) -> Option<Arc<dyn Clock>> {
        self.0.clock.clone()
    }

    fn figures(&self) -> &dyn Figures {
        self
    }

    async fn history(&self, task: TaskId) -> Result<Vec<Happened>, StoreError> {
        self.history_of(task).await
    }

    async fn operate(&self, orders: &[Order]) -> Result<Vec<Operated>, StoreError> {
        self.follow(orders).await
    }

    async fn operate_workflow(&self, order: &WorkflowOrder) -> Result<bool, StoreError> {
        self.follow_workflow(order).await
    }

    async fn workflow_history(&self, namespace: &str, name: &str) -> Result<Vec<Happened>, StoreError> {
        self.history_of_workflow(namespace, name).await
    }

    async fn purge(&self, age: Duration, limit: usize) -> Result<usize, StoreError> {
        self.purge_tasks(age, limit).await
    }

    async fn stranded(&self, limit: usize) -> Result<Vec<TaskId>, StoreError> {
        self.stranded_tasks(limit).await
    }

    async fn hint(&self) {
        self.hinted().await;
    }

    fn parallel_settles(&self) -> usize {
        if self.is_postgres() { 3 } else { 1 }
    }

    fn pools(&self) -> Vec<PoolStatus> {
        pool::statuses(&self.0)
    }

    async fn task_states(&self, tasks: &[TaskId]) -> Result<Vec<Option<TaskState>>, StoreError> {
        self.states_of(tasks).await
    }

    async fn statuses(&self, tasks: &[TaskId]) -> Result<Vec<Option<TaskStatus>>, StoreError> {
        self.statuses_of(tasks).await
    }

    async fn snapshots(&self, tasks: &[TaskId]) -> Result<Vec<Option<TaskSnapshot>>, StoreError> {
        self.snapshots_of(tasks).await
    }

    async fn open_tasks(&self, after: Option<TaskId>, limit: usize) -> Result<Vec<TaskId>, StoreError> {
        self.open_tasks_after(after, limit).await
    }

    async fn find(&self, query: &TaskQuery) -> Result<Vec<TaskSummary>, StoreError> {
        self.find_tasks(query).await
    }

    async fn count(&self, filter: &TaskFilter) -> Result<u64, StoreError> {
        self.count_tasks(filter).await
    }

    async fn result(&self, task: TaskId, step: &str) -> Result<Option<Json>, StoreError> {
        self.result_of(task, step).await
    }

    async fn records(&self, task: TaskId) -> Result<Vec<Recorded>, StoreError> {
        self.records_of(task).await
    }
}
