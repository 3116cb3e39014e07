//! What a store really says about a task, from its creation to its end.

use std::sync::Arc;
use std::time::Duration;

use super::super::*;
use crate::report::{StepSnapshot, TaskSnapshot};
use crate::store::{Ending, NewTask, Offer, Outcome, Room, Runnable, Store};
use crate::{
    Attributes, DefinitionId, Json, ManualClock, MemoryStore, StepError, StepSpec, StoredStep, Timestamp,
    WorkerId, WorkflowDef,
};

/// A task of a workflow in a store of its own.
struct Stage {
    clock: Arc<ManualClock>,
    store: MemoryStore,
    workflow: Arc<WorkflowDef>,
    definition: DefinitionId,
    worker: WorkerId,
    task: TaskId,
}

impl Stage {
    /// charge, stock → ship, which one worker can run, or cannot.
    async fn new(concurrent: bool, obstacle: Option<&str>) -> Self {
        let clock = Arc::new(ManualClock::starting_at(Timestamp::from_micros(1_700_000_000_000_000)));
        let store = MemoryStore::with_clock(clock.clone());
        let workflow = WorkflowDef::builder("shop", "order", "1.0.0")
            .concurrent(concurrent)
            .step(StepSpec::new("charge"))
            .step(StepSpec::new("stock"))
            .step(StepSpec::new("ship").depends_on(["charge", "stock"]));
        let workflow = Arc::new(workflow.build().unwrap());
        let definition = store.install(std::slice::from_ref(&workflow)).await.unwrap()[0];
        let (worker, task) = (WorkerId::random(), TaskId::random());
        let offer = match obstacle {
            Some(obstacle) => Offer::obstacle(definition, obstacle),
            None => Offer::to_run(definition),
        };
        store.enlist(worker, Duration::from_hours(1), &[offer]).await.unwrap();
        let new = NewTask {
            id: task,
            definition,
            workflow: workflow.clone(),
            idempotency_key: None,
            context: Json::of("{}").unwrap(),
            attributes: Attributes::default(),
            priority: 0,
        };
        store.create(&[new]).await.unwrap();
        Self { clock, store, workflow, definition, worker, task }
    }

    fn runnable(&self) -> Runnable {
        Runnable::new([(self.definition, self.workflow.clone())])
    }

    /// Claims one step and lets it end so.
    async fn run(&self, ending: Ending) {
        let claim = self.store.claim(self.worker, &self.runnable(), &Room::new(1)).await.unwrap();
        let execution = claim.steps[0].execution;
        let outcome = Outcome { execution, definition: self.definition, ending, records: Vec::new() };
        self.store.settle(self.worker, &self.runnable(), &[outcome], &Room::new(0)).await.unwrap();
    }

    async fn look(&self) -> TaskExecution {
        let status = self.store.statuses(&[self.task]).await.unwrap().remove(0).unwrap();
        let steps = StoredStep::all_of(&self.workflow);
        let steps = steps.iter().map(|step| StepSnapshot { retry_limit: 3, ..step.into() }).collect();
        TaskSnapshot::new(status, crate::Clock::now(&*self.clock), steps).unwrap().execution()
    }

    /// Status, action and health.
    async fn row(&self) -> (&'static str, &'static str, &'static str) {
        let TaskExecution { execution_status, recommended_action, health_status, .. } = self.look().await;
        (execution_status.as_str(), recommended_action.as_str(), health_status.as_str())
    }
}

fn done() -> Ending {
    Ending::Complete(Json::of(&()).unwrap())
}

#[tokio::test]
async fn a_task_that_fails_once_and_then_completes_is_told_so_all_the_way() {
    let stage = Stage::new(true, None).await;
    assert_eq!(stage.row().await, ("has_ready_steps", "execute_ready_steps", "healthy"));
    stage.run(Ending::Retry(StepError::retryable("busy"), Duration::from_secs(12))).await;
    assert_eq!(stage.row().await, ("has_ready_steps", "execute_ready_steps", "recovering"));
    stage.run(done()).await;
    let look = stage.look().await;
    assert_eq!(stage.row().await, ("waiting_for_dependencies", "wait_for_retry", "recovering"));
    assert_eq!(look.next_retry_at, Some(look.as_of + Duration::from_secs(12)));
    assert_eq!(look.steps[2].waiting_because.as_deref(), Some("it waits for `charge`"));
    stage.clock.advance(Duration::from_secs(12));
    assert_eq!(stage.row().await, ("has_ready_steps", "execute_ready_steps", "recovering"));
    stage.store.claim(stage.worker, &stage.runnable(), &Room::new(1)).await.unwrap();
    assert_eq!(stage.row().await, ("processing", "wait_for_completion", "recovering"));
    stage.store.retire(stage.worker).await.unwrap();
    stage
        .store
        .enlist(stage.worker, Duration::from_hours(1), &[Offer::to_run(stage.definition)])
        .await
        .unwrap();
    stage.run(done()).await;
    stage.run(done()).await;
    assert_eq!(stage.row().await, ("all_complete", "no_action", "healthy"));
}

#[tokio::test]
async fn a_task_that_fails_for_good_is_blocked_and_names_the_step() {
    let stage = Stage::new(true, None).await;
    stage.run(Ending::Failed(StepError::permanent("no such card"))).await;
    assert_eq!(stage.row().await, ("has_ready_steps", "execute_ready_steps", "recovering"));
    stage.run(done()).await;
    let look = stage.look().await;
    assert_eq!((look.status, look.permanently_blocked_steps), (TaskState::Error, 2));
    assert_eq!(stage.row().await, ("blocked_by_failures", "handle_failures", "blocked"));
    assert_eq!(look.waiting_because.as_deref(), Some("`charge` failed for good: no such card"));
    assert_eq!(look.steps[2].blocking_reason, Some(BlockingReason::DependencyFailed));
}

#[tokio::test]
async fn in_a_task_of_one_step_at_a_time_the_others_wait_for_their_turn() {
    let stage = Stage::new(false, None).await;
    stage.run(Ending::Retry(StepError::retryable("busy"), Duration::from_secs(12))).await;
    let look = stage.look().await;
    assert_eq!(look.steps[1].blocking_reason, Some(BlockingReason::WaitingForTurn));
    assert_eq!(
        look.steps[1].waiting_because.as_deref(),
        Some("the task runs one step at a time, and now it is the turn of `charge`")
    );
    assert_eq!(stage.row().await, ("waiting_for_dependencies", "wait_for_retry", "recovering"));
}

#[tokio::test]
async fn a_task_that_no_worker_can_run_is_parked_with_the_reason() {
    let stage = Stage::new(true, Some("step `ship` of these tasks has no function")).await;
    assert_eq!(stage.row().await, ("parked", "start_worker", "blocked"));
    assert!(
        stage.look().await.waiting_because.unwrap().ends_with("step `ship` of these tasks has no function")
    );
}
