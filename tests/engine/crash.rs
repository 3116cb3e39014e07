//! A store that is not always there, and workers that lose their lease.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use tasker::store::{Claim, Created, Execution, Lease, NewTask, Operated, Outcome, Room, Runnable, Settled, Swept};
use tasker::{
    Attempt, DefinitionId, Json, MemoryStore, StepState, Store, StoreError, TaskId, TaskState, TaskStatus,
    Tasker, WorkerId, WorkflowDef,
};

use crate::support::{Act, App, context, job, memory};

/// A store whose answers to workers get lost, before or after the call took effect.
#[derive(Clone)]
struct Flaky {
    store: MemoryStore,
    faults: Arc<Faults>,
}

#[derive(Default)]
struct Faults {
    calls: AtomicU32,
    /// Every how manieth call of a worker fails; 0 for none.
    every: AtomicU32,
    /// Whether heartbeats get through.
    cut_off: AtomicBool,
    failed: AtomicU32,
}

impl Flaky {
    fn new(every: u32) -> Self {
        let faults = Faults { every: AtomicU32::new(every), ..Faults::default() };
        Self { store: memory(), faults: Arc::new(faults) }
    }

    /// Loses the answer of some calls: of every second one of them also the call.
    async fn call<T>(&self, call: impl Future<Output = Result<T, StoreError>>) -> Result<T, StoreError> {
        let (number, every) =
            (self.faults.calls.fetch_add(1, Ordering::SeqCst), self.faults.every.load(Ordering::SeqCst));
        if self.faults.cut_off.load(Ordering::SeqCst) {
            return Err(lost());
        }
        if every > 0 && number % every == every - 1 {
            if self.faults.failed.fetch_add(1, Ordering::SeqCst).is_multiple_of(2) {
                call.await?;
            }
            return Err(lost());
        }
        call.await
    }
}

fn lost() -> StoreError {
    let cause = std::io::Error::from(std::io::ErrorKind::ConnectionReset);
    StoreError::Unavailable { what: "talking to the test".to_owned(), cause: Arc::new(cause) }
}

#[async_trait]
impl Store for Flaky {
    async fn install(&self, definitions: &[Arc<WorkflowDef>]) -> Result<Vec<DefinitionId>, StoreError> {
        self.store.install(definitions).await
    }

    async fn create(&self, tasks: &[NewTask]) -> Result<Vec<Created>, StoreError> {
        self.store.create(tasks).await
    }

    async fn enlist(&self, worker: WorkerId, lease: Duration) -> Result<(), StoreError> {
        self.call(self.store.enlist(worker, lease)).await
    }

    async fn heartbeat(&self, worker: WorkerId, lease: Duration) -> Result<Lease, StoreError> {
        self.call(self.store.heartbeat(worker, lease)).await
    }

    async fn retire(&self, worker: WorkerId) -> Result<(), StoreError> {
        self.call(self.store.retire(worker)).await
    }

    async fn sweep(&self) -> Result<Swept, StoreError> {
        self.call(self.store.sweep()).await
    }

    async fn claim(&self, worker: WorkerId, runnable: &Runnable, room: &Room) -> Result<Claim, StoreError> {
        self.call(self.store.claim(worker, runnable, room)).await
    }

    async fn settle(
        &self,
        worker: WorkerId,
        runnable: &Runnable,
        outcomes: &[Outcome],
        room: &Room,
    ) -> Result<Settled, StoreError> {
        self.call(self.store.settle(worker, runnable, outcomes, room)).await
    }

    async fn held(&self, worker: WorkerId) -> Result<Vec<(Execution, DefinitionId)>, StoreError> {
        self.call(self.store.held(worker)).await
    }

    async fn task_states(&self, tasks: &[TaskId]) -> Result<Vec<Option<TaskState>>, StoreError> {
        self.store.task_states(tasks).await
    }

    async fn statuses(&self, tasks: &[TaskId]) -> Result<Vec<Option<TaskStatus>>, StoreError> {
        self.store.statuses(tasks).await
    }

    async fn open_tasks(&self, after: Option<TaskId>, limit: usize) -> Result<Vec<TaskId>, StoreError> {
        self.store.open_tasks(after, limit).await
    }

    async fn result(&self, task: TaskId, step: &str) -> Result<Option<Json>, StoreError> {
        self.store.result(task, step).await
    }

    async fn cancel(&self, task: TaskId) -> Result<Operated, StoreError> {
        self.store.cancel(task).await
    }

    async fn retry(&self, task: TaskId) -> Result<Operated, StoreError> {
        self.store.retry(task).await
    }

    async fn pause(&self, task: TaskId) -> Result<Operated, StoreError> {
        self.store.pause(task).await
    }

    async fn resume(&self, task: TaskId) -> Result<Operated, StoreError> {
        self.store.resume(task).await
    }

    async fn purge(&self, age: Duration, limit: usize) -> Result<usize, StoreError> {
        self.store.purge(age, limit).await
    }

    async fn stranded(&self, limit: usize) -> Result<Vec<TaskId>, StoreError> {
        self.store.stranded(limit).await
    }
}

async fn tasker(app: &App, store: &Flaky) -> Tasker {
    Tasker::builder(app.clone())
        .store(store.clone())
        .register::<job::Workflow>()
        .seed(3)
        .build()
        .await
        .unwrap()
}

#[tokio::test(start_paused = true)]
async fn lost_answers_of_the_store_lose_no_task_and_repeat_no_recorded_step() {
    for every in [3, 5, 7] {
        let (app, store) = (App::new([]), Flaky::new(every));
        let tasker = tasker(&app, &store).await;
        let mut tasks = Vec::new();
        for _ in 0..50 {
            tasks.push(tasker.start::<job::Workflow>(context(1)).await.unwrap());
        }
        for task in &tasks {
            let status = task.wait().await.unwrap();
            assert_eq!(status.state, TaskState::Complete, "every {every}th call lost: {status:?}");
            assert!(
                status.steps.iter().all(|step| step.attempts == Attempt(1)),
                "a lost answer costs no attempt"
            );
        }
        assert!(store.faults.failed.load(Ordering::SeqCst) > 0);
        tasker.shutdown().await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_worker_that_cannot_prolong_its_lease_stops_its_steps_and_begins_anew() {
    let app = App::new([Act::Sleep(Duration::from_secs(9)), Act::Succeed]);
    let store = Flaky::new(0);
    // Short enough to be lost while the step runs.
    let builder = Tasker::builder(app.clone()).store(store.clone()).register::<job::Workflow>();
    let tasker = builder.lease(Duration::from_secs(1), Duration::from_secs(4)).build().await.unwrap();
    let task = tasker.start::<job::Workflow>(context(1)).await.unwrap();
    while app.script.attempts().is_empty() {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    store.faults.cut_off.store(true, Ordering::SeqCst);
    tokio::time::sleep(Duration::from_secs(6)).await;
    store.faults.cut_off.store(false, Ordering::SeqCst);
    let status = task.wait().await.unwrap();
    assert_eq!(status.state, TaskState::Complete);
    assert_eq!((status.steps[1].attempts, status.steps[1].lost), (Attempt(2), 1));
    assert_eq!(app.script.attempts(), [1, 2]);
    assert_eq!(app.reported(), 1);
}

#[tokio::test(start_paused = true)]
async fn what_ended_while_the_store_was_away_is_settled_before_the_shutdown_ends() {
    let app = App::new([Act::Sleep(Duration::from_secs(2))]);
    let store = Flaky::new(0);
    let tasker = tasker(&app, &store).await;
    let task = tasker.start::<job::Workflow>(context(1)).await.unwrap();
    while app.script.attempts().is_empty() {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    store.faults.cut_off.store(true, Ordering::SeqCst);
    let back = async {
        tokio::time::sleep(Duration::from_millis(2_500)).await;
        store.faults.cut_off.store(false, Ordering::SeqCst);
    };
    tokio::join!(tasker.shutdown(), back);
    let status = task.status().await.unwrap();
    assert_eq!((status.steps[1].state, status.steps[1].attempts), (StepState::Complete, Attempt(1)));
}
