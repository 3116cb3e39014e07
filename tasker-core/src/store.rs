//! The port behind which a database stands.
//!
//! The engine knows a store by a few verbs, each of which takes a batch and is one transaction: it happens as a whole or not at
//! all, and it is durable when it returns. The engine decides *what* becomes of a step (run again, when, or not);
//! the store decides *whether* that still holds, by the fence `(task, step, attempt and revision, worker)`, and what follows
//! from it: which steps are released, which tasks have ended.
//!
//! The store has the only clock that matters. Times are handed to it as durations from now, so that workers whose clocks
//! differ agree.

mod attributes;
mod catalog;
mod error;
mod feed;
mod figures;
mod find;
mod history;
mod memory;
mod offer;
mod operate;
mod order;
mod pool;
mod record;
mod room;
mod runnable;
mod status;

use std::any::Any;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;

pub(crate) use attributes::not_printable;
pub use attributes::{Attributes, UNKNOWN};
pub use catalog::{
    Catalog, DependentSystem, NewAnnotation, ObjectMap, RemoteObject, TaskAnnotation, UNKNOWN_SYSTEM,
};
pub use error::StoreError;
pub use feed::{
    Attempts, Cursor, Delivery, EPHEMERAL, Emitted, Feed, Hole, Kinds, Lead, Lifecycle, Numbers, Occurrence,
    Page, Progress, Seen, SetAside, StepOccurrence, SubscriptionStatus, Tried,
};
pub use figures::{Digests, Figures, Migrations, PeriodDigest, Population, Probe, Tally, Wanted};
pub use find::{AnnotationFilter, ListOrder, Span, TaskFilter, TaskQuery, TaskSummary};
pub use history::{Happened, HistoryPlace, What, in_order};
pub use memory::MemoryStore;
pub use offer::Offer;
pub use operate::{Move, Situation, StepSituation};
pub use order::{Action, Operated, Order, StepAction, WorkflowOrder};
pub use pool::PoolStatus;
pub use record::{Record, RecordKind, Recorded};
pub use room::Room;
pub use runnable::Runnable;
pub use status::{Parked, StepStatus, TaskStatus, UnknownWaiting, Waiting, WaitingFor};

use crate::report::TaskSnapshot;
use crate::{
    Attempt, Clock, DefinitionId, Executions, Json, StepError, StepNo, StoredDefinition, TaskId, TaskState,
    WorkerId, WorkflowDef,
};

/// What the engine asks of a database.
///
/// A call that fails may have taken effect all the same, when the answer was lost on the way. Every verb is made so that the caller
/// can ask again, or find out: `create` by the ids of its tasks, `settle` by the fence, `claim` by [`held`](Self::held).
///
/// It is `Any`, so that a function for one kind of store can find out whether that is what an engine works on.
#[async_trait]
pub trait Store: Any + Send + Sync + 'static {
    /// Makes definitions known, once per version and shape, and says how this store names them.
    async fn install(&self, definitions: &[Arc<WorkflowDef>]) -> Result<Vec<DefinitionId>, StoreError>;

    /// For each of these definitions the others of the same namespace, name and version, the first one installed first: their tasks
    /// have another graph.
    async fn siblings(&self, definitions: &[DefinitionId]) -> Result<Vec<Vec<StoredDefinition>>, StoreError>;

    /// Creates tasks with all their steps. A task whose key is taken is not created; the one that has it is named instead.
    async fn create(&self, tasks: &[NewTask]) -> Result<Vec<Created>, StoreError>;

    /// Makes a worker known, alive for `lease` from now, with what it can run and what it cannot. It is for those who ask why a task
    /// waits; what the worker claims is up to the claim. Enlisting again changes nothing.
    async fn enlist(&self, worker: WorkerId, lease: Duration, offers: &[Offer]) -> Result<(), StoreError>;

    /// Prolongs a worker's life to `lease` from now, unless it was already given up.
    async fn heartbeat(&self, worker: WorkerId, lease: Duration) -> Result<Lease, StoreError>;

    /// Hands back what a worker still holds, at no cost of attempts, and forgets the worker.
    async fn retire(&self, worker: WorkerId) -> Result<(), StoreError>;

    /// Takes back the steps of workers that are dead, then forgets those workers. A worker is dead when its lease
    /// has run out, or when the store knows for certain that its process is gone.
    async fn sweep(&self) -> Result<Swept, StoreError>;

    /// Gives as many steps to a worker as it has room for: ready ones, and those whose time has come.
    ///
    /// By priority first. At equal priority definitions take turns, so that a flood of one workflow starves no other; within
    /// a definition the oldest step comes first. It looks at no more steps of a definition than there is room for, ready and due
    /// ones each, and what it does not take stays as it was.
    async fn claim(&self, worker: WorkerId, runnable: &Runnable, room: &Room) -> Result<Claim, StoreError>;

    /// Records outcomes, releases the steps that waited for them, ends tasks, claims for the same worker as far as there is room,
    /// and then passes the turn in tasks that run one step at a time, in one transaction. It takes only what is
    /// ready or was released, or [only what was released](Room::for_released): what is due or handed back, and who has the turn now,
    /// is left to [`claim`](Self::claim).
    async fn settle(
        &self,
        worker: WorkerId,
        runnable: &Runnable,
        outcomes: &[Outcome],
        room: &Room,
    ) -> Result<Settled, StoreError>;

    /// The executions that a worker holds, with the definitions of their tasks: among them what a claim gave out
    /// whose answer was lost.
    async fn held(&self, worker: WorkerId) -> Result<Vec<(Execution, DefinitionId)>, StoreError>;

    /// Where tasks stand; `None` for a task that does not exist.
    async fn task_states(&self, tasks: &[TaskId]) -> Result<Vec<Option<TaskState>>, StoreError>;

    /// Tasks with all their steps; `None` for a task that does not exist.
    async fn statuses(&self, tasks: &[TaskId]) -> Result<Vec<Option<TaskStatus>>, StoreError>;

    /// Tasks with all that is known of them, each as it stood at one moment, for reports; `None` for a task that does not exist,
    /// and of several for one of which the store cannot read what it holds. Where it is asked for alone, that is an error.
    async fn snapshots(&self, tasks: &[TaskId]) -> Result<Vec<Option<TaskSnapshot>>, StoreError>;

    /// The tasks that have not ended, by id, which is by age; those after `after`, at most `limit`.
    async fn open_tasks(&self, after: Option<TaskId>, limit: usize) -> Result<Vec<TaskId>, StoreError>;

    /// A page of a list of tasks; of one moment.
    async fn find(&self, query: &TaskQuery) -> Result<Vec<TaskSummary>, StoreError>;

    /// How many tasks fit. It looks at each of them.
    async fn count(&self, filter: &TaskFilter) -> Result<u64, StoreError>;

    /// The recorded result of a step, by its name.
    async fn result(&self, task: TaskId, step: &str) -> Result<Option<Json>, StoreError>;

    /// What the steps of a task wrote beside their results, in the order in which it was recorded; of one moment, by step.
    async fn records(&self, task: TaskId) -> Result<Vec<Recorded>, StoreError>;

    /// Makes a note on a task, unless one with its id was made; whether there is such a task.
    async fn annotate(&self, annotation: &NewAnnotation) -> Result<bool, StoreError>;

    /// The annotations of a task in the order in which they were recorded; of one moment those of its steps come first, by step.
    async fn annotations(&self, task: TaskId) -> Result<Vec<TaskAnnotation>, StoreError>;

    /// What the store knows beside tasks.
    fn catalog(&self) -> &dyn Catalog;

    /// What the store keeps for durable subscribers.
    fn feed(&self) -> &dyn Feed;
    /// What the store counts, for those who ask how the system does.
    fn figures(&self) -> &dyn Figures;

    /// What happened to a task, in order; nothing where there is no such task.
    async fn history(&self, task: TaskId) -> Result<Vec<Happened>, StoreError>;

    /// Does what operators want, one order after the other, each as [`Situation::apply`] says, and keeps who wanted it and why. One that
    /// changed something is not done again when it is asked for again.
    ///
    /// Each order happens as a whole or not at all. A batch of them need not: those whose tasks somebody else works on may follow later
    /// than the others.
    async fn operate(&self, orders: &[Order]) -> Result<Vec<Operated>, StoreError>;

    /// Lets no step of a workflow's tasks begin, or lets them begin again; what runs comes to its end. Whether the store knows the
    /// workflow. A graph of a version that is paused and comes later is paused as well. As with [`operate`](Self::operate), an order that
    /// changed something is not followed again when it is asked for again, whatever was ordered meanwhile.
    async fn operate_workflow(&self, order: &WorkflowOrder) -> Result<bool, StoreError>;

    /// What operators did to the workflows of a namespace and name, in order.
    async fn workflow_history(&self, namespace: &str, name: &str) -> Result<Vec<Happened>, StoreError>;

    /// Removes tasks that ended at least `age` ago with all that belongs to them, the oldest end first and at most `limit`;
    /// how many. Their idempotency keys are free again.
    async fn purge(&self, age: Duration, limit: usize) -> Result<usize, StoreError>;

    /// Open tasks that wait without a reason, at most `limit`. There is none, unless there is a bug.
    async fn stranded(&self, limit: usize) -> Result<Vec<TaskId>, StoreError>;

    /// Resolves when another process may have made work or ended a task. A hint, no promise: it may be late, come for nothing, or never come,
    /// which is what it does unless a store knows better.
    async fn hint(&self) {
        std::future::pending::<()>().await;
    }

    /// The clock that the store was given in place of its own, if it was: as a rule that of a test. What an application times itself goes
    /// by it, too.
    fn clock(&self) -> Option<Arc<dyn Clock>> {
        None
    }

    /// How many settles of one worker the store can work on at the same time.
    fn parallel_settles(&self) -> usize {
        1
    }

    /// How its connections stand at this moment, by pool; nothing where a store has none. It asks nobody.
    fn pools(&self) -> Vec<PoolStatus> {
        Vec::new()
    }
}

/// A task to be created.
#[derive(Debug, Clone)]
pub struct NewTask {
    /// Its id, made by the client, so that asking twice creates once.
    pub id: TaskId,
    /// The installed definition it runs by.
    pub definition: DefinitionId,
    /// The definition itself, for its steps.
    pub workflow: Arc<WorkflowDef>,
    /// A key that no other task of the same namespace and name may have.
    pub idempotency_key: Option<String>,
    /// What its steps take as `&Context`.
    pub context: Json,
    /// Steps of tasks with a higher priority are claimed first.
    pub priority: i16,
    /// Who asked for it, and what it is found by.
    pub attributes: Attributes,
    /// Steps that are passed over from the start, as if an operator had skipped them; they may be skipped.
    pub bypass: Vec<StepNo>,
}

/// What became of a [`NewTask`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Created {
    /// It exists now.
    New(TaskId),
    /// Another task has its key.
    Existing(TaskId),
}

impl Created {
    /// The task there is.
    #[must_use]
    pub const fn task(self) -> TaskId {
        match self {
            Self::New(task) | Self::Existing(task) => task,
        }
    }
}

/// One execution of one step: with its worker, the fence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Execution {
    /// The task.
    pub task: TaskId,
    /// The step in it.
    pub step: StepNo,
    /// Which execution of the step, as it is counted and shown.
    pub attempt: Attempt,
    /// The how manieth transition of the step began it. An execution that was handed back gives its number to the next one;
    /// this tells the two apart.
    pub revision: u32,
}

/// What became of an execution.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// The execution.
    pub execution: Execution,
    /// The definition of its task.
    pub definition: DefinitionId,
    /// How it ended.
    pub ending: Ending,
    /// What it wrote beside its result, in order: recorded with the outcome, if that is accepted.
    pub records: Vec<Record>,
}

/// How an execution ended.
#[derive(Debug, Clone)]
pub enum Ending {
    /// With a result.
    Complete(Json),
    /// Without one, because there was nothing to do: the dependents run as if it were complete.
    Skipped,
    /// With an error after which the step runs again, no sooner than the wait from now.
    Retry(StepError, Duration),
    /// With an error that ends the step.
    Failed(StepError),
    /// Not at all: the worker stops, and another runs it as if it had not begun.
    HandedBack,
}

impl Ending {
    /// Whether the steps that depend on the step may run.
    #[must_use]
    pub const fn satisfies_dependents(&self) -> bool {
        matches!(self, Self::Complete(_) | Self::Skipped)
    }
}

/// A step that a worker is to run.
#[derive(Debug, Clone)]
pub struct ClaimedStep {
    /// The execution that begins.
    pub execution: Execution,
    /// The definition of its task.
    pub definition: DefinitionId,
    /// How often it was executed before.
    pub executions: Executions,
    /// The context of the task.
    pub context: Json,
    /// The results that it reads.
    pub results: Vec<(StepNo, Json)>,
    /// How long it could have run before a worker took it.
    pub queued: Duration,
    /// What the task shares with the request that it came from, if that was said.
    pub correlation_id: Option<String>,
    /// The span that asked for the task, as the header `traceparent` of the W3C.
    pub traceparent: Option<String>,
}

/// What a claim found.
#[derive(Debug, Clone, Default)]
pub struct Claim {
    /// The steps that are now the worker's.
    pub steps: Vec<ClaimedStep>,
    /// How long until the next step that waits for a time is due, of the definitions that there was room for; zero if the claim
    /// left some that are due.
    pub next_due: Option<Duration>,
}

/// What a settle did.
#[derive(Debug, Clone, Default)]
pub struct Settled {
    /// The executions whose outcome was refused, because the worker no longer holds them.
    pub refused: Vec<Execution>,
    /// The tasks that ended.
    pub ended: Vec<TaskId>,
    /// Those of them that ended in error; the others are complete.
    pub in_error: Vec<TaskId>,
    /// What was claimed for the room.
    pub claimed: Vec<ClaimedStep>,
    /// Whether the next claim may find something: steps that it released and did not take, steps that it handed back, or the step
    /// that has the turn now in a task whose outcome it recorded.
    pub left: bool,
}

/// What a sweep did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Swept {
    /// The workers that were given up.
    pub workers: Vec<WorkerId>,
    /// How many steps they held.
    pub steps: usize,
    /// The tasks that ended, in error, because a step had been lost too often.
    pub ended: Vec<TaskId>,
    /// How long until the first of the leases that there are runs out, unless it is prolonged.
    pub next_end: Option<Duration>,
}

/// Whether a worker still has its lease.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lease {
    /// It was prolonged.
    Held,
    /// The worker was given up: what it ran belongs to others.
    Lost,
}
