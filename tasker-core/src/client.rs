//! What an application holds in its hand: it starts tasks and asks after them.

mod analytics;
mod annotate;
mod builder;
mod catalog;
mod configure;
mod dynamic;
mod handle;
mod health;
mod identity;
#[cfg(not(feature = "yaml"))]
mod no_yaml;
mod operate;
mod prepare;
mod registry;
mod request;
mod start;
mod start_many;
mod suggest;
mod tasks;

use std::any::TypeId;
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use tokio::sync::Notify;
use tokio::task::AbortHandle;
use tokio_util::sync::{CancellationToken, DropGuard};

pub use analytics::{Analytics, AnalyticsError, FindBottlenecks};
pub use annotate::{AnnotateError, Annotating};
pub use builder::{BuildError, HasStore, NoStore, TaskerBuilder};
pub use catalog::CatalogError;
pub use configure::ConfigurationError;
pub use handle::{ResultError, TaskHandle};
pub(crate) use health::Pulse;
pub use identity::{Identity, IdentityFn, IdentityRequest};
pub use operate::{
    Bulk, BulkError, Operate, OperateTasks, OperateWorkflow, OperatorError, StepHandle, StepOfTasks,
    WorkflowHandle,
};
pub use prepare::Prepared;
pub use registry::{
    DependencyEdge, DependencyGraph, RegisteredWorkflow, RegistryStatistics, UnknownWorkflow,
    WorkflowRegistry,
};
pub use request::{RequestMany, TaskRequest};
pub use start::{Start, StartError};
pub use start_many::StartMany;
pub use tasks::{Cursor, CursorError, Page, QueryError, Tasks};

use crate::batcher::Batcher;
use crate::engine::Waiters;
use crate::events::Events;
use crate::metrics::{Metrics, StoreCall};
use crate::registry::Registration;
use crate::report::TaskSnapshot;
use crate::step::Workflow;
use crate::store::{Created, NewTask, Store, StoreError, TaskStatus};
use crate::{DefinitionId, TaskId, TaskState, WorkflowId};
use registry::{LATEST, version_of};
use start::Wish;
use suggest::Known;

/// The workflows of an application, and the engine that runs them.
///
/// Clones are the same engine. When the last one is dropped without [`shutdown`](Self::shutdown), the engine shuts
/// down in the background.
///
/// ```
/// use tasker_core::{MemoryStore, StepError, Tasker, workflow};
/// # use schemars::JsonSchema;
/// # use serde::{Deserialize, Serialize};
/// # extern crate tasker_core as tasker;
///
/// #[workflow(namespace = "docs")]
/// mod greeting {
///     # use super::*;
///     #[derive(Serialize, Deserialize, JsonSchema)]
///     pub struct Context {
///         pub name: String,
///     }
///
///     #[step]
///     pub async fn greet(ctx: &Context) -> Result<String, StepError> {
///         Ok(format!("hello {}", ctx.name))
///     }
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let tasker = Tasker::builder(()).store(MemoryStore::new()).register::<greeting::Workflow>().build().await?;
/// let task = tasker.start::<greeting::Workflow>(greeting::Context { name: "Ada".into() }).await?;
/// task.wait().await?;
/// assert_eq!(task.output::<greeting::greet>().await?.as_deref(), Some("hello Ada"));
/// tasker.shutdown().await;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Tasker(Arc<Inner>);

struct Inner {
    client: Client,
    events: Events,
    stop: CancellationToken,
    /// Cancelled when the engine has ended.
    ended: CancellationToken,
    #[cfg_attr(
        not(feature = "testing"),
        expect(dead_code, reason = "only a test ends an engine as a crash does")
    )]
    engine: AbortHandle,
    _stop_when_dropped: DropGuard,
}

/// What a handle needs to ask after its task.
#[derive(Clone)]
pub(crate) struct Client(Arc<ClientParts>);

struct ClientParts {
    store: Arc<dyn Store>,
    workflows: Vec<(DefinitionId, Arc<Registration>)>,
    identity: Identity,
    create: Batcher<NewTask, Created>,
    states: Batcher<TaskId, Option<TaskState>>,
    statuses: Batcher<TaskId, Option<TaskStatus>>,
    waiters: Arc<Waiters>,
    /// Tells the engine that there is something to claim.
    wake: Arc<Notify>,
    /// Tells the engine that a step which it runs may have been cancelled.
    look: Arc<Notify>,
    poll: Duration,
    lease: Duration,
    /// Which worker the engine is.
    pulse: Arc<Pulse>,
    max_payload: usize,
    metrics: Metrics,
}

impl Tasker {
    /// Starts to put a Tasker together around the state of an application: what its steps take as `State<T>`.
    pub fn builder<A: Send + Sync + 'static>(app: A) -> TaskerBuilder<A> {
        TaskerBuilder::new(Arc::new(app))
    }

    /// Starts a task. The task exists, durably, when the returned value is awaited to its end.
    ///
    /// Tasks that are started at the same time share commits. If the store does not answer
    /// ([`StoreError::is_transient`]), the task may exist all the same; with an [idempotency key](Start::idempotency_key) it can
    /// be started again.
    ///
    /// The context is checked against its schema first, so constraints such as `#[schemars(range(min = 1))]` hold for
    /// typed contexts too.
    #[expect(clippy::needless_pass_by_value, reason = "a task takes its context over")]
    pub fn start<W: Workflow>(&self, context: W::Context) -> Start<W> {
        let context = serde_json::to_value(&context).map_err(|error| error.to_string());
        Start::new(self.0.client.clone(), self.registered::<W>(), context, Wish::default())
    }

    /// Starts many tasks of one workflow, a thousand in a transaction. All contexts are checked before the first task is
    /// stored, and all that do not fit are told at once; the handles come in the order of the contexts. Tasks of several workflows, and of
    /// those that are no modules, are started by [`request_many`](Self::request_many).
    ///
    /// If the store fails in the middle, [`StartError::Partly`] names the tasks that were started. With
    /// [keys](StartMany::idempotency_keys) the whole call can be made again: a task that there is already, by its key or by the
    /// [`Identity`] of this Tasker, is returned. It is no [`Conflict`](StartError::Conflict), as it may be for one task, because that would
    /// be found out when others of the tasks are started already, and an error could not take those back;
    /// [`is_new`](TaskHandle::is_new) tells which there were.
    ///
    /// ```
    /// # use tasker_core::{MemoryStore, StepError, Tasker, workflow};
    /// # extern crate tasker_core as tasker;
    /// # #[workflow(context = u32)]
    /// # mod count {
    /// #     use super::StepError;
    /// #     #[step]
    /// #     pub async fn double(ctx: &u32) -> Result<u32, StepError> { Ok(ctx * 2) }
    /// # }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let tasker = Tasker::builder(()).store(MemoryStore::new()).register::<count::Workflow>().build().await?;
    /// let tasks = tasker.start_many::<count::Workflow>(0..2_500).idempotency_keys(|n| format!("count-{n}")).await?;
    /// assert_eq!(tasks.len(), 2_500);
    ///
    /// let tasks = tasker.start_many::<count::Workflow>(2_400..2_600).idempotency_keys(|n| format!("count-{n}")).await?;
    /// assert_eq!(tasks.iter().filter(|task| task.is_new()).count(), 100);
    /// # tasker.shutdown().await;
    /// # Ok(())
    /// # }
    /// ```
    pub fn start_many<W: Workflow>(&self, contexts: impl IntoIterator<Item = W::Context>) -> StartMany<W> {
        StartMany::new(self.0.client.clone(), self.registered::<W>(), contexts.into_iter().collect())
    }

    fn registered<W: Workflow>(&self) -> Result<(DefinitionId, Arc<Registration>), StartError> {
        let registered = self
            .0
            .client
            .0
            .workflows
            .iter()
            .find(|(_, known)| known.workflow_type == Some(TypeId::of::<W>()));
        registered.cloned().ok_or_else(|| self.not_registered(W::define().id().clone()))
    }

    /// Starts a task of a workflow that is known by name: for requests from outside, and for workflows that are no modules. The version
    /// `latest` is the latest that this process has, by semantic version. [`request`](Self::request) takes all that can be said of a task,
    /// as JSON.
    ///
    /// The context is checked against the schema as it is written. Where the workflow is no module, what the schema gives as the `default`
    /// of a missing property is filled in then, in objects within objects too, and stored.
    pub fn start_named(&self, namespace: &str, name: &str, version: &str, context: Value) -> Start<()> {
        let id = WorkflowId {
            namespace: namespace.to_owned(),
            name: name.to_owned(),
            version: version.to_owned(),
        };
        Start::new(self.0.client.clone(), self.named(id), Ok(context), Wish::default())
    }

    fn named(&self, id: WorkflowId) -> Result<(DefinitionId, Arc<Registration>), StartError> {
        let registered = self.0.client.0.workflows.iter();
        let found = if id.version == LATEST {
            let named = registered.filter(|(_, known)| {
                let known = known.workflow.id();
                known.namespace == id.namespace && known.name == id.name
            });
            named.max_by_key(|(_, known)| version_of(known.workflow.id()))
        } else {
            registered.into_iter().find(|(_, known)| *known.workflow.id() == id)
        };
        found.cloned().ok_or_else(|| self.not_registered(id))
    }

    /// Events: which there are, who hears of them, and what was given up.
    #[must_use]
    pub fn events(&self) -> &Events {
        &self.0.events
    }

    /// A handle of a task that was started before.
    #[must_use]
    pub fn task(&self, id: TaskId) -> TaskHandle {
        TaskHandle::new(self.0.client.clone(), Created::Existing(id))
    }

    /// Tasks with their graphs and times, in one trip, for reports; `None` for a task that does not exist, and of several for one that this
    /// build cannot read, as if a newer one wrote it: a log says why.
    ///
    /// # Errors
    /// When the store does not answer, or the only task that is asked for cannot be read.
    pub async fn snapshots(&self, tasks: &[TaskId]) -> Result<Vec<Option<TaskSnapshot>>, StoreError> {
        self.0.client.0.store.snapshots(tasks).await
    }

    /// The tasks that have not ended, oldest first, whoever started them.
    pub async fn open_tasks(&self) -> Result<Vec<TaskHandle>, StoreError> {
        const PAGE: usize = 1_000;
        let mut handles = Vec::new();
        let mut after = None;
        loop {
            let page = self.0.client.0.store.open_tasks(after, PAGE).await?;
            after = page.last().copied();
            handles.extend(page.iter().map(|&id| self.task(id)));
            if page.len() < PAGE {
                return Ok(handles);
            }
        }
    }

    /// Open tasks that wait without a reason, at most a thousand: none of their steps runs, can run, or waits for a time or for
    /// an operator. There is none; if this ever finds one, it is a bug in Tasker. It looks at every open task, so ask now and
    /// then.
    pub async fn stranded(&self) -> Result<Vec<TaskHandle>, StoreError> {
        const MOST: usize = 1_000;
        let stranded = self.0.client.0.store.stranded(MOST).await?;
        Ok(stranded.into_iter().map(|id| self.task(id)).collect())
    }

    /// Shuts the engine down: no step is claimed any more, those that run may come to their end within the grace period, the rest is
    /// handed back at no cost of attempts. Returns when everything is settled and the worker is forgotten; after the grace period
    /// that takes a few seconds at most. What could not be told to the store by then is found out as after a crash.
    ///
    /// It may be called again, and from several places: each call waits for the same end. Tasks can still be started, looked at and
    /// waited for afterwards; another process runs them. So a process that is only to start tasks calls this at once.
    pub async fn shutdown(&self) {
        self.0.stop.cancel();
        self.0.ended.cancelled().await;
    }

    /// What the engine did since it was built, for Prometheus.
    #[cfg(feature = "prometheus")]
    #[must_use]
    pub fn metrics(&self) -> &Metrics {
        &self.0.client.0.metrics
    }

    /// What ends the engine with all that it runs, as a crash of the process does.
    #[cfg(feature = "testing")]
    pub(crate) fn engine(&self) -> AbortHandle {
        self.0.engine.clone()
    }

    fn not_registered(&self, workflow: WorkflowId) -> StartError {
        let client = &self.0.client;
        let help = client.known().did_you_mean(&workflow.namespace, &workflow.name);
        let known = client.registered_ids().map(ToString::to_string).collect();
        StartError::NotRegistered { workflow, known, help }
    }
}

impl Client {
    fn registered_ids(&self) -> impl Iterator<Item = &WorkflowId> {
        self.0.workflows.iter().map(|(_, known)| known.workflow.id())
    }

    /// The workflows of this process, to suggest one of them.
    fn known(&self) -> Known<'_> {
        self.registered_ids().collect()
    }
}

/// Creates tasks in one transaction, and counts them.
async fn create_tasks(
    store: &Arc<dyn Store>,
    metrics: &Metrics,
    tasks: &[NewTask],
) -> Result<Vec<Created>, StoreError> {
    let created = metrics.timed(StoreCall::Create, store.create(tasks)).await?;
    metrics.created(tasks, &created);
    Ok(created)
}
