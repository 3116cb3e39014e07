//! One task in a store, in a time that the test moves; the test is the worker.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use tasker::report::{StepSnapshot, TaskExecution, TaskSnapshot};
use tasker::store::{
    Action, Attributes, ClaimedStep, Ending, Happened, NewTask, Offer, Operated, Outcome, Room, Runnable,
    Settled, StepAction,
};
use tasker::{
    Clock, DefinitionId, Json, ManualClock, SqlStore, StepError, StepState, StepStatus, Store, StoredStep,
    TaskId, TaskState, TaskStatus, Timestamp, WorkerId, WorkflowDef,
};
use tasker_tests::operator::Operator as _;
use tasker_tests::postgres::Database;

use crate::fixture::Dag;
use crate::place::{Place, clock};

/// Longer than any test lets time pass.
const LEASE: Duration = Duration::from_hours(24);

pub(crate) struct Bench {
    pub(crate) store: SqlStore,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) workflow: Arc<WorkflowDef>,
    pub(crate) definition: DefinitionId,
    pub(crate) worker: WorkerId,
    pub(crate) task: TaskId,
    /// The steps that run, by name.
    pub(crate) running: BTreeMap<String, ClaimedStep>,
    /// How long it was until a step is due, when the test last looked for steps.
    pub(crate) next_due: Option<Duration>,
    _database: Option<Database>,
}

impl Bench {
    pub(crate) async fn of(place: Place, dag: &Dag) -> Self {
        Self::of_workflow(place, dag.build()).await
    }

    pub(crate) async fn of_workflow(place: Place, workflow: WorkflowDef) -> Self {
        let (clock, workflow) = (clock(), Arc::new(workflow));
        let (store, database) = place.open_at(clock.clone()).await;
        let definition = store.install(std::slice::from_ref(&workflow)).await.unwrap()[0];
        let task = NewTask {
            id: TaskId::random(),
            definition,
            workflow: workflow.clone(),
            idempotency_key: None,
            context: Json::of("context").unwrap(),
            priority: 0,
            attributes: Attributes::default(),
            bypass: Vec::new(),
        };
        store.create(std::slice::from_ref(&task)).await.unwrap();
        let worker = enlist(&store, definition).await;
        let (running, next_due) = (BTreeMap::new(), None);
        Self {
            store,
            clock,
            workflow,
            definition,
            worker,
            task: task.id,
            running,
            next_due,
            _database: database,
        }
    }

    /// Begins every step that can run, and names them in alphabetical order.
    pub(crate) async fn begin(&mut self) -> Vec<String> {
        let claim = self.store.claim(self.worker, &self.runnable(), &Room::new(100)).await.unwrap();
        self.next_due = claim.next_due;
        let begun: BTreeMap<_, _> =
            claim.steps.into_iter().map(|step| (self.name(&step).to_owned(), step)).collect();
        let names = begun.keys().cloned().collect();
        self.running.extend(begun);
        names
    }

    /// Ends a step that runs.
    pub(crate) async fn end(&mut self, step: &str, ending: Ending) -> Settled {
        let claimed = self.running.remove(step).unwrap_or_else(|| panic!("`{step}` does not run"));
        let settled = self.settle(&claimed, ending).await;
        assert!(settled.refused.is_empty(), "the end of `{step}` was refused");
        settled
    }

    /// Tells the store how an execution ended, whatever the store makes of it.
    pub(crate) async fn settle(&self, step: &ClaimedStep, ending: Ending) -> Settled {
        let outcome =
            Outcome { execution: step.execution, definition: step.definition, ending, records: Vec::new() };
        self.store.settle(self.worker, &self.runnable(), &[outcome], &Room::new(0)).await.unwrap()
    }

    /// Begins and completes all that can run, over and over, but for these steps, which stay running.
    pub(crate) async fn complete_all_but(&mut self, but: &[&str]) {
        loop {
            self.begin().await;
            let ready = self.running.keys().find(|step| !but.contains(&step.as_str())).cloned();
            let Some(step) = ready else { return };
            self.end(&step, done()).await;
        }
    }

    pub(crate) async fn complete_all(&mut self) {
        self.complete_all_but(&[]).await;
    }

    pub(crate) async fn order_step(&self, step: &str, action: StepAction) -> Operated {
        self.store.order_step(self.task, step, action).await.unwrap()
    }

    pub(crate) async fn order(&self, action: Action) -> Operated {
        self.store.order(self.task, action).await.unwrap()
    }

    pub(crate) async fn status(&self) -> TaskStatus {
        self.store.statuses(&[self.task]).await.unwrap().remove(0).unwrap()
    }

    pub(crate) async fn step(&self, name: &str) -> StepStatus {
        self.status().await.step(name).unwrap().clone()
    }

    pub(crate) async fn state(&self) -> TaskState {
        self.status().await.state
    }

    pub(crate) async fn step_state(&self, name: &str) -> StepState {
        self.step(name).await.state
    }

    /// The recorded result of a step.
    pub(crate) async fn result(&self, step: &str) -> Option<Json> {
        self.store.result(self.task, step).await.unwrap()
    }

    pub(crate) async fn history(&self) -> Vec<Happened> {
        self.store.history(self.task).await.unwrap()
    }

    pub(crate) async fn snapshot(&self) -> TaskSnapshot {
        snapshot(self.status().await, &self.workflow, self.clock.now())
    }

    pub(crate) async fn look(&self) -> TaskExecution {
        self.snapshot().await.execution()
    }

    /// The steps that a report calls ready, in alphabetical order.
    pub(crate) async fn ready(&self) -> Vec<String> {
        let steps = self.look().await.steps.into_iter().filter(|step| step.ready_for_execution);
        let mut ready: Vec<_> = steps.map(|step| step.name).collect();
        ready.sort();
        ready
    }

    pub(crate) fn runnable(&self) -> Runnable {
        Runnable::new([(self.definition, self.workflow.clone())])
    }

    fn name(&self, step: &ClaimedStep) -> &str {
        self.workflow.step(step.execution.step).unwrap().name()
    }
}

/// A worker that can run a definition.
pub(crate) async fn enlist(store: &SqlStore, definition: DefinitionId) -> WorkerId {
    let worker = WorkerId::random();
    store.enlist(worker, LEASE, &[Offer::to_run(definition)]).await.unwrap();
    worker
}

/// What reports are made from.
pub(crate) fn snapshot(status: TaskStatus, workflow: &WorkflowDef, now: Timestamp) -> TaskSnapshot {
    let stored = StoredStep::all_of(workflow);
    let steps = stored
        .iter()
        .zip(workflow.steps())
        .map(|(stored, step)| StepSnapshot { retry_limit: step.retry().limit, ..stored.into() });
    TaskSnapshot::new(status, now, steps.collect()).unwrap()
}

pub(crate) fn done() -> Ending {
    Ending::Complete(Json::of("done").unwrap())
}

/// A failure after which the step waits so many seconds.
pub(crate) fn retry(seconds: u64) -> Ending {
    Ending::Retry(StepError::retryable("not now"), Duration::from_secs(seconds))
}

/// The failure that uses up the last attempt.
pub(crate) fn exhausted() -> Ending {
    Ending::Failed(StepError::retryable("not now"))
}

pub(crate) fn for_good() -> Ending {
    Ending::Failed(StepError::permanent("never"))
}

pub(crate) const fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}
