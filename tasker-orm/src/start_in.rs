//! Starting a task in a transaction of the host's own.

use std::any::Any;
use std::future::{Future, IntoFuture};
use std::pin::Pin;

use sea_orm::{DatabaseTransaction, DbErr};
use tasker_core::{Start, StartError, TaskHandle, TaskRequest, Tasker, Timestamp, TraceParent, Workflow};

use crate::SqlStore;
use crate::error::store_error;

/// Starts tasks in transactions of the host: a task exists if and only if the transaction commits.
///
/// The tables of the host and those of Tasker are in one database, so a row and the task that deals with it appear together or
/// not at all, whatever crashes in between.
///
/// ```
/// use sea_orm::{ConnectionTrait, Database, TransactionTrait};
/// use tasker_core::{StepError, Tasker, workflow};
/// use tasker_orm::{SqlStore, StartIn};
/// # extern crate tasker_core as tasker;
///
/// #[workflow(namespace = "docs", context = u64)]
/// mod welcome {
///     # use super::StepError;
///     #[step]
///     pub async fn send(user: &u64) -> Result<String, StepError> {
///         Ok(format!("welcome, user {user}"))
///     }
/// }
///
/// # #[tokio::main(flavor = "multi_thread", worker_threads = 2)]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let folder = tempfile::tempdir()?;
/// # let url = format!("sqlite://{}?mode=rwc", folder.path().join("app.db").display());
/// let tasker = Tasker::builder(()).store(SqlStore::connect(&url).await?).register::<welcome::Workflow>().build().await?;
/// let database = Database::connect(&url).await?;
/// database.execute_unprepared("CREATE TABLE users (id INTEGER)").await?;
///
/// let transaction = database.begin().await?;
/// transaction.execute_unprepared("INSERT INTO users VALUES (7)").await?;
/// let task = tasker.start_in::<welcome::Workflow>(&transaction, 7).await?;
/// transaction.commit().await?;
///
/// task.wait().await?;
/// assert_eq!(task.output::<welcome::send>().await?.unwrap(), "welcome, user 7");
/// # tasker.shutdown().await;
/// # Ok(())
/// # }
/// ```
pub trait StartIn {
    /// Starts a task in a transaction of the database that the tasker's store is on.
    ///
    /// Nothing is durable when this returns; the commit decides. Until then the handle's `wait` and `status` find no such task, and
    /// after a rollback they never do.
    ///
    /// The context is checked as by [`Tasker::start`]. An idempotency key that is taken by a task of another transaction waits for
    /// that one to end, as unique keys do.
    ///
    /// On SQLite the transaction keeps all others from writing, workers included, so let it be short; and begin it as
    /// `SqliteTransactionMode::Immediate`, because one that has only read cannot write once somebody else wrote.
    ///
    /// # Errors
    /// Those of [`Tasker::start`], and when the transaction is not of the kind of database that the store is on. Whether it is of the same
    /// database is not checked. After an error of the database roll back: it cannot be mended within the transaction.
    fn start_in<'t, W: Workflow>(
        &self,
        transaction: &'t DatabaseTransaction,
        context: W::Context,
    ) -> StartInTransaction<'t, W>;

    /// Starts in a transaction the task that somebody outside asks for, as [`Tasker::request`] does, or one of a workflow that is no module,
    /// such as that of a file. Otherwise it is as [`start_in`](Self::start_in).
    ///
    /// ```
    /// # use sea_orm::DatabaseTransaction;
    /// # use tasker_core::{StartError, TaskHandle, TaskRequest, Tasker};
    /// # use tasker_orm::StartIn;
    /// # async fn start(tasker: Tasker, transaction: &DatabaseTransaction) -> Result<TaskHandle, StartError> {
    /// let request = TaskRequest::new("order", serde_json::json!({ "order": 1001 }));
    /// tasker.request_in(transaction, request).bypass(["wrap_gift"]).await
    /// # }
    /// ```
    ///
    /// # Errors
    /// Those of [`Tasker::request`] and of [`start_in`](Self::start_in).
    fn request_in<'t>(
        &self,
        transaction: &'t DatabaseTransaction,
        request: TaskRequest,
    ) -> StartInTransaction<'t, ()>;
}

impl StartIn for Tasker {
    fn start_in<'t, W: Workflow>(
        &self,
        transaction: &'t DatabaseTransaction,
        context: W::Context,
    ) -> StartInTransaction<'t, W> {
        StartInTransaction { start: self.start::<W>(context), transaction }
    }

    fn request_in<'t>(
        &self,
        transaction: &'t DatabaseTransaction,
        request: TaskRequest,
    ) -> StartInTransaction<'t, ()> {
        StartInTransaction { start: self.request(request), transaction }
    }
}

/// A task about to be started in a transaction; await it.
#[must_use = "a task is started when this is awaited"]
pub struct StartInTransaction<'t, W> {
    start: Start<W>,
    transaction: &'t DatabaseTransaction,
}

impl<W> StartInTransaction<'_, W> {
    /// As [`Start::idempotency_key`].
    pub fn idempotency_key(mut self, key: impl Into<String>) -> Self {
        self.start = self.start.idempotency_key(key);
        self
    }

    /// As [`Start::priority`].
    pub fn priority(mut self, priority: i16) -> Self {
        self.start = self.start.priority(priority);
        self
    }

    /// As [`Start::initiator`].
    pub fn initiator(mut self, initiator: impl Into<String>) -> Self {
        self.start = self.start.initiator(initiator);
        self
    }

    /// As [`Start::source_system`].
    pub fn source_system(mut self, system: impl Into<String>) -> Self {
        self.start = self.start.source_system(system);
        self
    }

    /// As [`Start::reason`].
    pub fn reason(mut self, reason: impl Into<String>) -> Self {
        self.start = self.start.reason(reason);
        self
    }

    /// As [`Start::tags`].
    pub fn tags(mut self, tags: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.start = self.start.tags(tags);
        self
    }

    /// As [`Start::bypass`].
    pub fn bypass<'a>(mut self, steps: impl IntoIterator<Item = &'a str>) -> Self {
        self.start = self.start.bypass(steps);
        self
    }

    /// As [`Start::requested_at`].
    pub fn requested_at(mut self, moment: Timestamp) -> Self {
        self.start = self.start.requested_at(moment);
        self
    }

    /// As [`Start::correlation_id`].
    pub fn correlation_id(mut self, id: impl Into<String>) -> Self {
        self.start = self.start.correlation_id(id);
        self
    }

    /// As [`Start::traceparent`].
    pub fn traceparent(mut self, parent: TraceParent) -> Self {
        self.start = self.start.traceparent(parent);
        self
    }

    /// As [`Start::or_existing`].
    pub fn or_existing(mut self) -> Self {
        self.start = self.start.or_existing();
        self
    }

    /// As [`Start::or_conflict`].
    pub fn or_conflict(mut self) -> Self {
        self.start = self.start.or_conflict();
        self
    }

    async fn create(self) -> Result<TaskHandle<W>, StartError> {
        const WHAT: &str = "starting a task in a transaction";
        let prepared = self.start.prepare()?;
        let store: &dyn Any = &**prepared.store();
        let Some(store) = store.downcast_ref::<SqlStore>() else {
            let message = "this Tasker does not keep its tasks in a database; give it a `SqlStore`";
            return Err(store_error(WHAT, DbErr::Custom(message.to_owned())).into());
        };
        let created = store.create_in(self.transaction, std::slice::from_ref(prepared.task())).await?;
        prepared.created(created[0])
    }
}

impl<'t, W: 'static> IntoFuture for StartInTransaction<'t, W> {
    type Output = Result<TaskHandle<W>, StartError>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send + 't>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.create())
    }
}
