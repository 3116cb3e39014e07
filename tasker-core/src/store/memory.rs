//! A store that lives and ends with the process.
//!
//! It is what tests run on, and the reference that databases are compared with: each rule of the
//! [`Store`] is written here once in plain Rust, under one lock, in the order in which it happens. Nothing survives the
//! process; two engines that share one `MemoryStore` behave as two processes that share a database.

mod queue;
mod task;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;

use queue::Queue;
use task::Task;

use super::{
    Claim, ClaimedStep, Created, Ending, Execution, Lease, NewTask, Outcome, Runnable, Settled, Store,
    StoreError, Swept, TaskStatus,
};
use crate::{
    Clock, DefinitionId, Json, StepError, StepNo, SystemClock, TaskId, TaskState, Timestamp, WorkerId,
    WorkflowDef,
};

/// Keeps tasks in memory. Clones are the same store.
#[derive(Debug, Clone)]
pub struct MemoryStore {
    clock: Arc<dyn Clock>,
    tables: Arc<Mutex<Tables>>,
}

#[derive(Debug, Default)]
struct Tables {
    definitions: Vec<Arc<WorkflowDef>>,
    tasks: HashMap<TaskId, Task>,
    /// By namespace, name and key.
    keys: HashMap<(String, String, String), TaskId>,
    open: BTreeSet<TaskId>,
    queue: Queue,
    workers: BTreeMap<WorkerId, Worker>,
}

#[derive(Debug)]
struct Worker {
    lease_until: Timestamp,
    holds: BTreeSet<(TaskId, StepNo)>,
}

impl MemoryStore {
    /// An empty store that goes by the system's clock.
    #[must_use]
    pub fn new() -> Self {
        Self::with_clock(Arc::new(SystemClock))
    }

    /// An empty store that goes by the given clock.
    #[must_use]
    pub fn with_clock(clock: Arc<dyn Clock>) -> Self {
        Self { clock, tables: Arc::default() }
    }

    fn tables(&self) -> MutexGuard<'_, Tables> {
        self.tables.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for MemoryStore {
    fn default() -> Self {
        Self::new()
    }
}

#[async_trait]
impl Store for MemoryStore {
    async fn install(&self, definitions: &[Arc<WorkflowDef>]) -> Result<Vec<DefinitionId>, StoreError> {
        let mut tables = self.tables();
        Ok(definitions.iter().map(|workflow| tables.install(workflow)).collect())
    }

    async fn create(&self, tasks: &[NewTask]) -> Result<Vec<Created>, StoreError> {
        let now = self.clock.now();
        let mut tables = self.tables();
        Ok(tasks.iter().map(|task| tables.create(task, now)).collect())
    }

    async fn enlist(&self, worker: WorkerId, lease: Duration) -> Result<(), StoreError> {
        let lease_until = self.clock.now() + lease;
        self.tables().workers.insert(worker, Worker { lease_until, holds: BTreeSet::new() });
        Ok(())
    }

    async fn heartbeat(&self, worker: WorkerId, lease: Duration) -> Result<Lease, StoreError> {
        let lease_until = self.clock.now() + lease;
        Ok(self.tables().workers.get_mut(&worker).map_or(Lease::Lost, |worker| {
            worker.lease_until = lease_until;
            Lease::Held
        }))
    }

    async fn retire(&self, worker: WorkerId) -> Result<(), StoreError> {
        let now = self.clock.now();
        let mut tables = self.tables();
        for (task, step) in tables.holds(worker) {
            tables.end_execution(task, step, Ending::HandedBack, now)?;
        }
        tables.workers.remove(&worker);
        Ok(())
    }

    async fn sweep(&self) -> Result<Swept, StoreError> {
        let now = self.clock.now();
        let mut tables = self.tables();
        let dead: Vec<WorkerId> = tables
            .workers
            .iter()
            .filter(|(_, worker)| worker.lease_until <= now)
            .map(|(&id, _)| id)
            .collect();
        let mut swept = Swept::default();
        for worker in dead {
            for (task, step) in tables.holds(worker) {
                tables.lose_execution(task, step, worker)?;
                swept.ended.extend(tables.end_task(task, now)?);
                swept.steps += 1;
            }
            tables.workers.remove(&worker);
            swept.workers.push(worker);
        }
        Ok(swept)
    }

    async fn claim(&self, worker: WorkerId, runnable: &Runnable, limit: usize) -> Result<Claim, StoreError> {
        let now = self.clock.now();
        let mut tables = self.tables();
        let steps = tables.claim(worker, runnable, limit, now)?;
        let next_due = tables.queue.next_due(runnable.ids(), now);
        Ok(Claim { steps, next_due: next_due.map(|due| due.since(now)) })
    }

    async fn settle(
        &self,
        worker: WorkerId,
        runnable: &Runnable,
        outcomes: &[Outcome],
        room: usize,
    ) -> Result<Settled, StoreError> {
        let now = self.clock.now();
        let mut tables = self.tables();
        let mut settled = Settled::default();
        for outcome in outcomes {
            let Outcome { execution, definition, ending } = outcome;
            if !tables.holds_execution(worker, *execution) {
                settled.refused.push(*execution);
                continue;
            }
            tables.end_execution(execution.task, execution.step, ending.clone(), now)?;
            if matches!(ending, Ending::Complete(_)) {
                for &dependent in runnable.dependents(*definition, execution.step) {
                    tables.release(execution.task, dependent);
                }
            }
            settled.ended.extend(tables.end_task(execution.task, now)?);
        }
        settled.claimed = tables.claim(worker, runnable, room, now)?;
        Ok(settled)
    }

    async fn held(&self, worker: WorkerId) -> Result<Vec<(Execution, DefinitionId)>, StoreError> {
        let tables = self.tables();
        let steps = tables.holds(worker).into_iter().map(|(task, step)| (&tables.tasks[&task], step));
        Ok(steps.map(|(task, step)| (task.execution(step), task.definition)).collect())
    }

    async fn task_states(&self, tasks: &[TaskId]) -> Result<Vec<Option<TaskState>>, StoreError> {
        let tables = self.tables();
        Ok(tasks.iter().map(|task| tables.tasks.get(task).map(|task| task.state)).collect())
    }

    async fn statuses(&self, tasks: &[TaskId]) -> Result<Vec<Option<TaskStatus>>, StoreError> {
        let now = self.clock.now();
        let tables = self.tables();
        Ok(tasks.iter().map(|task| tables.tasks.get(task).map(|task| task.status(now))).collect())
    }

    async fn open_tasks(&self, after: Option<TaskId>, limit: usize) -> Result<Vec<TaskId>, StoreError> {
        let tables = self.tables();
        let open = tables.open.iter().copied().filter(|&task| after.is_none_or(|after| task > after));
        Ok(open.take(limit).collect())
    }

    async fn result(&self, task: TaskId, step: &str) -> Result<Option<Json>, StoreError> {
        let tables = self.tables();
        Ok(tables.tasks.get(&task).and_then(|task| task.result(step)))
    }
}

impl Tables {
    fn install(&mut self, workflow: &Arc<WorkflowDef>) -> DefinitionId {
        let same =
            |known: &Arc<WorkflowDef>| known.id() == workflow.id() && known.shape() == workflow.shape();
        let place = self.definitions.iter().position(same).unwrap_or_else(|| {
            self.definitions.push(Arc::clone(workflow));
            self.definitions.len() - 1
        });
        DefinitionId(place as i64)
    }

    fn create(&mut self, new: &NewTask, now: Timestamp) -> Created {
        if self.tasks.contains_key(&new.id) {
            return Created::New(new.id); // asked for again
        }
        if let Some(key) = &new.idempotency_key {
            let id = new.workflow.id();
            let key = (id.namespace.clone(), id.name.clone(), key.clone());
            if let Some(&existing) = self.keys.get(&key) {
                return Created::Existing(existing);
            }
            self.keys.insert(key, new.id);
        }
        let task = Task::new(new, now);
        for step in new.workflow.graph().roots() {
            self.queue.push_ready(&task, step);
        }
        self.open.insert(new.id);
        self.tasks.insert(new.id, task);
        Created::New(new.id)
    }

    fn holds(&self, worker: WorkerId) -> Vec<(TaskId, StepNo)> {
        self.workers.get(&worker).map(|worker| worker.holds.iter().copied().collect()).unwrap_or_default()
    }

    /// The fence.
    fn holds_execution(&self, worker: WorkerId, execution: Execution) -> bool {
        let held =
            self.workers.get(&worker).is_some_and(|w| w.holds.contains(&(execution.task, execution.step)));
        held && self.tasks[&execution.task].execution(execution.step) == execution
    }

    fn task(&mut self, task: TaskId) -> Result<&mut Task, StoreError> {
        self.tasks.get_mut(&task).ok_or_else(|| no_task(task))
    }

    fn claim(
        &mut self,
        worker: WorkerId,
        runnable: &Runnable,
        limit: usize,
        now: Timestamp,
    ) -> Result<Vec<ClaimedStep>, StoreError> {
        let mut claimed = Vec::new();
        let room = if self.workers.contains_key(&worker) { limit } else { 0 };
        for (task_id, step) in self.queue.take(runnable.ids(), room, now) {
            let task = self.task(task_id)?;
            let (execution, executions) = task.begin(step, worker)?;
            let reads = runnable.reads(task.definition, step);
            claimed.push(ClaimedStep {
                execution,
                executions,
                definition: task.definition,
                context: task.context.clone(),
                results: task.results(reads),
            });
            if let Some(worker) = self.workers.get_mut(&worker) {
                worker.holds.insert((task_id, step));
            }
        }
        Ok(claimed)
    }

    /// Takes a step from its worker and records how its execution ended.
    fn end_execution(
        &mut self,
        task: TaskId,
        step: StepNo,
        ending: Ending,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let task = self.tasks.get_mut(&task).ok_or_else(|| no_task(task))?;
        if let Some(worker) = task.step(step).worker.and_then(|worker| self.workers.get_mut(&worker)) {
            worker.holds.remove(&(task.id, step));
        }
        match ending {
            Ending::Complete(result) => task.complete(step, result)?,
            Ending::Failed(error) => task.fail(step, error)?,
            Ending::Retry(error, wait) => {
                task.fail(step, error)?;
                task.retry(step, Some(now + wait))?;
                self.queue.push_waiting(task, step);
            }
            Ending::HandedBack => {
                task.hand_back(step)?;
                self.queue.push_ready(task, step);
            }
        }
        Ok(())
    }

    /// Takes a step from a dead worker: it runs again at once, unless it was lost too often.
    fn lose_execution(&mut self, task: TaskId, step: StepNo, worker: WorkerId) -> Result<(), StoreError> {
        let task = self.tasks.get_mut(&task).ok_or_else(|| no_task(task))?;
        let last = task.step(step).executions().exhausted_by_loss();
        task.fail(step, StepError::worker_lost(worker))?;
        task.step_mut(step).lost += 1;
        if !last {
            task.retry(step, None)?;
            self.queue.push_ready(task, step);
        }
        Ok(())
    }

    fn release(&mut self, task: TaskId, step: StepNo) {
        if let Some(task) = self.tasks.get_mut(&task)
            && task.release(step)
        {
            self.queue.push_ready(task, step);
        }
    }

    /// Ends a task in which nothing can go on.
    fn end_task(&mut self, task_id: TaskId, now: Timestamp) -> Result<Option<TaskId>, StoreError> {
        let task = self.task(task_id)?;
        let ended = if task.steps.iter().all(|step| step.state.satisfies_dependents()) {
            TaskState::Complete
        } else if task.steps.iter().any(task::Step::can_go_on) {
            return Ok(None);
        } else {
            TaskState::Error
        };
        task.go_to(ended)?;
        task.ended_at = Some(now);
        self.open.remove(&task_id);
        Ok(Some(task_id))
    }
}

fn no_task(task: TaskId) -> StoreError {
    StoreError::Corrupt(format!("there is no task {task}"))
}
