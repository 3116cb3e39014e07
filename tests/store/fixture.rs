//! Workflows without functions, and a store with a clock that stands still.

use std::sync::Arc;
use std::time::Duration;

use tasker::store::{
    Attributes, ClaimedStep, Ending, NewTask, Offer, Outcome, Room, Runnable, Settled, Store,
};
use tasker::{
    DefinitionId, Json, ManualClock, RetryPolicy, StepError, StepSpec, StepState, TaskId, TaskState,
    TaskStatus, Timestamp, WaitingFor, WorkerId, WorkflowBuilder, WorkflowDef,
};

pub(crate) const LEASE: Duration = Duration::from_secs(30);

/// A moment in 2026, so that times look like times.
pub(crate) fn clock() -> Arc<ManualClock> {
    Arc::new(ManualClock::starting_at(Timestamp::from_micros(1_795_000_000_000_000)))
}

/// A workflow of steps `(name, dependencies, retry limit)`; each reads what it depends on.
pub(crate) fn workflow(name: &str, steps: &[(&str, &[&str], u32)]) -> Arc<WorkflowDef> {
    build(WorkflowDef::builder("test", name, "1.0.0"), steps)
}

pub(crate) fn build(builder: WorkflowBuilder, steps: &[(&str, &[&str], u32)]) -> Arc<WorkflowDef> {
    let steps = steps.iter().map(|&(step, dependencies, limit)| {
        let retry = RetryPolicy { limit, ..RetryPolicy::DEFAULT };
        StepSpec::new(step)
            .depends_on(dependencies.iter().copied())
            .reads(dependencies.iter().copied())
            .retry(retry)
    });
    Arc::new(steps.fold(builder, WorkflowBuilder::step).build().expect("a workflow that holds together"))
}

pub(crate) fn chain() -> Arc<WorkflowDef> {
    workflow("chain", &[("a", &[], 3), ("b", &["a"], 3), ("c", &["b"], 1)])
}

pub(crate) fn diamond() -> Arc<WorkflowDef> {
    workflow(
        "diamond",
        &[("top", &[], 3), ("left", &["top"], 2), ("right", &["top"], 3), ("join", &["left", "right"], 3)],
    )
}

/// Two parts that have nothing to do with each other.
pub(crate) fn forest() -> Arc<WorkflowDef> {
    workflow("forest", &[("a", &[], 1), ("b", &["a"], 3), ("x", &[], 3), ("y", &["x"], 3)])
}

/// Runs one step of a task at a time: `a`, `b`, then `c`, which depends on `a`.
pub(crate) fn sequence() -> Arc<WorkflowDef> {
    let builder = WorkflowDef::builder("test", "sequence", "1.0.0").concurrent(false);
    build(builder, &[("a", &[], 3), ("b", &[], 1), ("c", &["a"], 3)])
}

/// One step at a time, of which some depend on others: a task in error has steps that never could run.
pub(crate) fn sequential_diamond() -> Arc<WorkflowDef> {
    let builder = WorkflowDef::builder("test", "sequential_diamond", "1.0.0").concurrent(false);
    build(
        builder,
        &[("top", &[], 3), ("left", &["top"], 2), ("right", &["top"], 3), ("join", &["left", "right"], 3)],
    )
}

/// One step, then six, then one that waits for them all.
pub(crate) fn fan() -> Arc<WorkflowDef> {
    const SPREAD: [&str; 6] = ["s0", "s1", "s2", "s3", "s4", "s5"];
    let spread = SPREAD.map(|step| (step, &["open"][..], 3));
    let mut steps = vec![("open", &[][..], 3)];
    steps.extend(spread);
    steps.push(("close", &SPREAD[..], 2));
    workflow("fan", &steps)
}

/// A store with workflows installed.
pub(crate) struct Bench<S> {
    pub(crate) store: S,
    pub(crate) workflows: Vec<(DefinitionId, Arc<WorkflowDef>)>,
    pub(crate) runnable: Runnable,
}

impl<S: Store> Bench<S> {
    pub(crate) async fn new(store: S, workflows: &[Arc<WorkflowDef>]) -> Self {
        let ids = store.install(workflows).await.expect("installed");
        let workflows: Vec<_> = ids.into_iter().zip(workflows.iter().cloned()).collect();
        let runnable = Runnable::new(workflows.iter().cloned());
        Self { store, workflows, runnable }
    }

    pub(crate) fn task(&self, workflow: usize) -> NewTask {
        let (definition, workflow) = self.workflows[workflow].clone();
        let id = TaskId::random();
        let context = Json::of(&id.to_string()).expect("a string");
        NewTask {
            id,
            definition,
            workflow,
            idempotency_key: None,
            context,
            priority: 0,
            attributes: Attributes::default(),
            bypass: Vec::new(),
        }
    }

    pub(crate) async fn start(&self, workflow: usize) -> TaskId {
        let task = self.task(workflow);
        self.store.create(std::slice::from_ref(&task)).await.expect("created");
        task.id
    }

    pub(crate) async fn worker(&self) -> WorkerId {
        self.worker_with(&self.offers()).await
    }

    /// A worker that says this of what is installed.
    pub(crate) async fn worker_with(&self, offers: &[Offer]) -> WorkerId {
        let worker = WorkerId::random();
        self.store.enlist(worker, LEASE, offers).await.expect("enlisted");
        worker
    }

    /// That everything can be run.
    pub(crate) fn offers(&self) -> Vec<Offer> {
        self.workflows.iter().map(|(definition, _)| Offer::to_run(*definition)).collect()
    }

    pub(crate) async fn claim(&self, worker: WorkerId, limit: usize) -> Vec<ClaimedStep> {
        self.store.claim(worker, &self.runnable, &Room::new(limit)).await.expect("claimed").steps
    }

    /// The names of the steps that a claim finds, in order.
    pub(crate) async fn claimed(&self, worker: WorkerId, room: &Room) -> Vec<String> {
        let claim = self.store.claim(worker, &self.runnable, room).await.expect("claimed");
        self.names(&claim.steps)
    }

    /// Why the steps of a task wait.
    pub(crate) async fn waiting(&self, task: TaskId) -> Vec<Option<WaitingFor>> {
        self.status(task).await.steps.into_iter().map(|step| step.waiting_for).collect()
    }

    pub(crate) async fn states(&self, task: TaskId) -> (TaskState, Vec<StepState>) {
        let status = self.status(task).await;
        (status.state, status.steps.iter().map(|step| step.state).collect())
    }

    pub(crate) async fn settle(&self, worker: WorkerId, outcomes: &[Outcome], room: usize) -> Settled {
        self.store.settle(worker, &self.runnable, outcomes, &Room::new(room)).await.expect("settled")
    }

    /// Completes claimed steps.
    pub(crate) async fn complete(&self, worker: WorkerId, steps: &[ClaimedStep], room: &Room) -> Settled {
        let outcomes: Vec<_> = steps.iter().map(|step| outcome(step, done())).collect();
        self.store.settle(worker, &self.runnable, &outcomes, room).await.expect("settled")
    }

    /// Claims one step, which must be there, and lets it end.
    pub(crate) async fn run_one(&self, worker: WorkerId, ending: Ending) -> Settled {
        let claimed = self.claim(worker, 1).await;
        self.settle(worker, &[outcome(&claimed[0], ending)], 0).await
    }

    pub(crate) async fn status(&self, task: TaskId) -> TaskStatus {
        self.store.statuses(&[task]).await.expect("answered").remove(0).expect("the task exists")
    }

    /// The names of claimed steps.
    pub(crate) fn names(&self, claimed: &[ClaimedStep]) -> Vec<String> {
        let steps = claimed.iter().map(|step| {
            let workflow = self.runnable.workflow(step.definition).expect("runnable");
            workflow.step(step.execution.step).expect("a step").name().to_owned()
        });
        let mut names: Vec<_> = steps.collect();
        names.sort();
        names
    }
}

/// The outcome of a claimed step.
pub(crate) fn outcome(step: &ClaimedStep, ending: Ending) -> Outcome {
    Outcome { execution: step.execution, definition: step.definition, ending, records: Vec::new() }
}

pub(crate) fn done() -> Ending {
    Ending::Complete(Json::of("done").expect("a string"))
}

pub(crate) fn result(text: &str) -> Ending {
    Ending::Complete(Json::of(text).expect("a string"))
}

pub(crate) fn retry(seconds: u64) -> Ending {
    Ending::Retry(StepError::retryable("not now"), Duration::from_secs(seconds))
}

pub(crate) fn failed() -> Ending {
    Ending::Failed(StepError::permanent("never").code("NEVER"))
}
