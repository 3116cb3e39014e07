//! A store whose worker dies when it records the outcome of a certain step: before anything of it is written, or right after.
//!
//! The engine is ended in the middle of that call and gets no answer, so it goes as a killed process does: nothing is handed back, what else
//! it ran is dropped, and its steps stay its own until its lease has run out.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use async_trait::async_trait;
use tokio::task::AbortHandle;
use tokio_util::sync::CancellationToken;

use crate::report::TaskSnapshot;
use crate::store::{
    Catalog, Claim, Created, Ending, Execution, Feed, Figures, Happened, Lease, NewAnnotation, NewTask,
    Offer, Operated, Order, Outcome, Recorded, Room, Runnable, Settled, Swept, TaskAnnotation, TaskFilter,
    TaskQuery, TaskSummary, WorkflowOrder,
};
use crate::{
    Attempt, Clock, DefinitionId, Json, MemoryStore, StepDef, Store, StoreError, StoredDefinition, TaskId,
    TaskState, TaskStatus, WorkerId, WorkflowDef, WorkflowId,
};

/// When the worker dies, and of the outcome of which step.
#[derive(Clone)]
pub(super) struct Death {
    pub(super) workflow: WorkflowId,
    pub(super) step: String,
    pub(super) when: When,
}

/// Whether the outcome is recorded, and which outcome it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum When {
    /// Only of one with a result.
    BeforeResult,
    BeforeRecord,
    AfterRecord,
}

#[derive(Clone)]
pub(super) struct Mortal {
    store: MemoryStore,
    death: Arc<Death>,
    /// Set once the engine runs.
    engine: Arc<OnceLock<AbortHandle>>,
    /// The executions that the worker had when it died.
    lost: Arc<OnceLock<Vec<Lost>>>,
    died: CancellationToken,
}

/// An execution that is lost with its worker, whether it had begun or not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Lost {
    pub(super) task: TaskId,
    pub(super) step: String,
    pub(super) attempt: Attempt,
}

impl Mortal {
    pub(super) fn new(store: MemoryStore, death: Death) -> Self {
        Self {
            store,
            death: Arc::new(death),
            engine: Arc::default(),
            lost: Arc::default(),
            died: CancellationToken::new(),
        }
    }

    /// Says which engine is to die.
    pub(super) fn of(&self, engine: AbortHandle) {
        self.engine.get_or_init(|| engine);
    }

    /// Resolves when the worker has died, with what is lost.
    pub(super) async fn died(&self) -> &[Lost] {
        self.died.cancelled().await;
        self.lost.get().map_or(&[], Vec::as_slice)
    }

    fn is_deadly(&self, runnable: &Runnable, outcome: &Outcome) -> bool {
        let workflow = runnable.workflow(outcome.definition);
        let Death { workflow: id, step: name, when } = &*self.death;
        let counts = match when {
            When::BeforeResult => matches!(outcome.ending, Ending::Complete(_)),
            When::BeforeRecord | When::AfterRecord => !matches!(outcome.ending, Ending::HandedBack),
        };
        counts
            && workflow.is_some_and(|workflow| {
                workflow.id() == id && workflow.step(outcome.execution.step).map(StepDef::name) == Some(name)
            })
    }

    async fn die(&self, worker: WorkerId, runnable: &Runnable) {
        let held = self.store.held(worker).await.unwrap_or_default();
        let mut lost: Vec<Lost> = held
            .into_iter()
            .filter_map(|(Execution { task, step, attempt, .. }, definition)| {
                let step = runnable.workflow(definition)?.step(step)?.name().to_owned();
                Some(Lost { task, step, attempt })
            })
            .collect();
        lost.sort_by(|one, other| one.step.cmp(&other.step));
        self.lost.get_or_init(|| lost);
        if let Some(engine) = self.engine.get() {
            engine.abort();
        }
        self.died.cancel();
        std::future::pending::<()>().await;
    }
}

#[async_trait]
impl Store for Mortal {
    async fn settle(
        &self,
        worker: WorkerId,
        runnable: &Runnable,
        outcomes: &[Outcome],
        room: &Room,
    ) -> Result<Settled, StoreError> {
        let deadly = outcomes.iter().any(|outcome| self.is_deadly(runnable, outcome));
        if deadly && self.death.when != When::AfterRecord {
            self.die(worker, runnable).await;
        }
        let settled = self.store.settle(worker, runnable, outcomes, room).await;
        if deadly {
            self.die(worker, runnable).await;
        }
        settled
    }

    async fn install(&self, definitions: &[Arc<WorkflowDef>]) -> Result<Vec<DefinitionId>, StoreError> {
        self.store.install(definitions).await
    }

    async fn create(&self, tasks: &[NewTask]) -> Result<Vec<Created>, StoreError> {
        self.store.create(tasks).await
    }

    async fn siblings(&self, definitions: &[DefinitionId]) -> Result<Vec<Vec<StoredDefinition>>, StoreError> {
        self.store.siblings(definitions).await
    }

    async fn enlist(&self, worker: WorkerId, lease: Duration, offers: &[Offer]) -> Result<(), StoreError> {
        self.store.enlist(worker, lease, offers).await
    }

    async fn heartbeat(&self, worker: WorkerId, lease: Duration) -> Result<Lease, StoreError> {
        self.store.heartbeat(worker, lease).await
    }

    async fn retire(&self, worker: WorkerId) -> Result<(), StoreError> {
        self.store.retire(worker).await
    }

    async fn sweep(&self) -> Result<Swept, StoreError> {
        self.store.sweep().await
    }

    async fn claim(&self, worker: WorkerId, runnable: &Runnable, room: &Room) -> Result<Claim, StoreError> {
        self.store.claim(worker, runnable, room).await
    }

    async fn held(&self, worker: WorkerId) -> Result<Vec<(Execution, DefinitionId)>, StoreError> {
        self.store.held(worker).await
    }

    async fn task_states(&self, tasks: &[TaskId]) -> Result<Vec<Option<TaskState>>, StoreError> {
        self.store.task_states(tasks).await
    }

    async fn statuses(&self, tasks: &[TaskId]) -> Result<Vec<Option<TaskStatus>>, StoreError> {
        self.store.statuses(tasks).await
    }

    async fn snapshots(&self, tasks: &[TaskId]) -> Result<Vec<Option<TaskSnapshot>>, StoreError> {
        self.store.snapshots(tasks).await
    }

    async fn open_tasks(&self, after: Option<TaskId>, limit: usize) -> Result<Vec<TaskId>, StoreError> {
        self.store.open_tasks(after, limit).await
    }

    async fn find(&self, query: &TaskQuery) -> Result<Vec<TaskSummary>, StoreError> {
        self.store.find(query).await
    }

    async fn count(&self, filter: &TaskFilter) -> Result<u64, StoreError> {
        self.store.count(filter).await
    }

    async fn result(&self, task: TaskId, step: &str) -> Result<Option<Json>, StoreError> {
        self.store.result(task, step).await
    }

    async fn records(&self, task: TaskId) -> Result<Vec<Recorded>, StoreError> {
        self.store.records(task).await
    }

    async fn annotate(&self, annotation: &NewAnnotation) -> Result<bool, StoreError> {
        self.store.annotate(annotation).await
    }

    async fn annotations(&self, task: TaskId) -> Result<Vec<TaskAnnotation>, StoreError> {
        self.store.annotations(task).await
    }

    fn catalog(&self) -> &dyn Catalog {
        self.store.catalog()
    }

    fn feed(&self) -> &dyn Feed {
        self.store.feed()
    }

    fn clock(&self) -> Option<Arc<dyn Clock>> {
        self.store.clock()
    }

    fn figures(&self) -> &dyn Figures {
        self.store.figures()
    }

    async fn history(&self, task: TaskId) -> Result<Vec<Happened>, StoreError> {
        self.store.history(task).await
    }

    async fn operate(&self, orders: &[Order]) -> Result<Vec<Operated>, StoreError> {
        self.store.operate(orders).await
    }

    async fn operate_workflow(&self, order: &WorkflowOrder) -> Result<bool, StoreError> {
        self.store.operate_workflow(order).await
    }

    async fn workflow_history(&self, namespace: &str, name: &str) -> Result<Vec<Happened>, StoreError> {
        self.store.workflow_history(namespace, name).await
    }

    async fn purge(&self, age: Duration, limit: usize) -> Result<usize, StoreError> {
        self.store.purge(age, limit).await
    }

    async fn stranded(&self, limit: usize) -> Result<Vec<TaskId>, StoreError> {
        self.store.stranded(limit).await
    }
}
