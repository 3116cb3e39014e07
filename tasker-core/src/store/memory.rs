//! A store that lives and ends with the process.
//!
//! It is what tests run on, and the reference that databases are compared with: each rule of the
//! [`Store`] is written here once in plain Rust, under one lock, in the order in which it happens. Nothing survives the
//! process; two engines that share one `MemoryStore` behave as two processes that share a database.

mod catalog;
mod feed;
mod figures;
mod find;
mod operate;
mod queue;
mod task;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;

use queue::{Among, Queue, Ready, ready};
use task::{Task, corrupt};

use super::{
    Catalog, Claim, ClaimedStep, Created, Ending, Execution, Feed, Figures, Happened, Lease, NewAnnotation,
    NewTask, Offer, Operated, Order, Outcome, Parked, RecordKind, Recorded, Room, Runnable, Settled, Store,
    StoreError, Swept, TaskAnnotation, TaskFilter, TaskQuery, TaskStatus, TaskSummary, WorkflowOrder,
};
use crate::report::TaskSnapshot;
use crate::{
    Clock, DefinitionId, Json, StepError, StepNo, StoredDefinition, StoredStep, SystemClock, TaskId,
    TaskState, Timestamp, WorkerId, WorkflowDef,
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
    ended: BTreeSet<(Timestamp, TaskId)>,
    queue: Queue,
    workers: BTreeMap<WorkerId, Worker>,
    known: catalog::Known,
    /// The definitions whose tasks stand still.
    paused: BTreeSet<DefinitionId>,
    workflow_orders: Vec<(Timestamp, WorkflowOrder)>,
    outbox: feed::Outbox,
}

#[derive(Debug)]
struct Worker {
    started_at: Timestamp,
    lease_until: Timestamp,
    /// What keeps it from running a definition, if anything does.
    offers: HashMap<DefinitionId, Option<String>>,
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

    async fn siblings(&self, definitions: &[DefinitionId]) -> Result<Vec<Vec<StoredDefinition>>, StoreError> {
        let tables = self.tables();
        Ok(definitions.iter().map(|&definition| tables.siblings(definition)).collect())
    }

    async fn create(&self, tasks: &[NewTask]) -> Result<Vec<Created>, StoreError> {
        let now = self.clock.now();
        let mut tables = self.tables();
        tasks.iter().map(|task| tables.create(task, now)).collect()
    }

    async fn enlist(&self, worker: WorkerId, lease: Duration, offers: &[Offer]) -> Result<(), StoreError> {
        let now = self.clock.now();
        // Asked for again, it changes nothing.
        self.tables().workers.entry(worker).or_insert_with(|| Worker {
            started_at: now,
            lease_until: now + lease,
            offers: offers.iter().map(|offer| (offer.definition, offer.obstacle.clone())).collect(),
            holds: BTreeSet::new(),
        });
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
            tables.put(task, step);
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
                tables.lose_execution(task, step, worker, now)?;
                tables.pass_turn(task, now);
                swept.ended.extend(tables.end_task(task, now)?);
                swept.steps += 1;
            }
            tables.workers.remove(&worker);
            swept.workers.push(worker);
        }
        swept.next_end = tables.workers.values().map(|worker| worker.lease_until.since(now)).min();
        Ok(swept)
    }

    async fn claim(&self, worker: WorkerId, runnable: &Runnable, room: &Room) -> Result<Claim, StoreError> {
        let now = self.clock.now();
        let mut tables = self.tables();
        let (steps, left_due) = tables.claim(worker, runnable, room, &Among::ReadyAndDue(now), now)?;
        let next_due = || {
            let ids = tables.claimable(runnable).into_iter().filter(|&id| room.of(id) > 0);
            tables.queue.next_due(ids, now).map(|due| due.since(now))
        };
        Ok(Claim { next_due: if left_due { Some(Duration::ZERO) } else { next_due() }, steps })
    }

    async fn settle(
        &self,
        worker: WorkerId,
        runnable: &Runnable,
        outcomes: &[Outcome],
        room: &Room,
    ) -> Result<Settled, StoreError> {
        let now = self.clock.now();
        let mut tables = self.tables();
        let mut settled = Settled::default();
        let (mut released, mut ended) = (Vec::new(), Vec::new());
        for outcome in outcomes {
            let Outcome { execution, definition, ending, records } = outcome;
            for record in records.iter().filter(|record| record.kind == RecordKind::Annotation) {
                tables.known.annotation(&record.name);
            }
            let Execution { task, step, .. } = *execution;
            if !tables.holds_execution(worker, *execution) {
                settled.refused.push(*execution);
                continue;
            }
            tables.task(task)?.record(step, records, now);
            tables.end_execution(task, step, ending.clone(), now)?;
            ended.push((task, step));
            if ending.satisfies_dependents() {
                for &dependent in runnable.dependents(*definition, step) {
                    tables.release(task, dependent, now);
                    released.push((task, dependent));
                }
            }
            // Others may take what is handed back, and whose turn it is shows only when all is recorded.
            let sequential = !tables.task(task)?.workflow.is_concurrent();
            settled.left |= sequential || matches!(ending, Ending::HandedBack);
            if let Some(task) = tables.end_task(task, now)? {
                settled.ended.push(task);
                settled.in_error.extend((tables.task(task)?.state == TaskState::Error).then_some(task));
            }
        }
        let among = if room.is_for_released() {
            Among::Released(released.iter().map(|&(task, step)| tables.place(task, step)).collect())
        } else {
            Among::Ready
        };
        settled.claimed = tables.claim(worker, runnable, room, &among, now)?.0;
        settled.left |= released.iter().any(|&(task, step)| tables.is_ready(task, step));
        for (task, step) in ended {
            tables.put(task, step);
            tables.pass_turn(task, now);
        }
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
        Ok(tasks.iter().map(|task| tables.tasks.get(task).map(|task| tables.status(task, now))).collect())
    }

    async fn snapshots(&self, tasks: &[TaskId]) -> Result<Vec<Option<TaskSnapshot>>, StoreError> {
        let now = self.clock.now();
        let tables = self.tables();
        let snapshot = |task: &Task| {
            let snapshot = TaskSnapshot::of_known(tables.status(task, now), now, task.known());
            snapshot.map_err(|error| StoreError::Corrupt(error.to_string()))
        };
        tasks.iter().map(|task| tables.tasks.get(task).map(snapshot).transpose()).collect()
    }

    async fn open_tasks(&self, after: Option<TaskId>, limit: usize) -> Result<Vec<TaskId>, StoreError> {
        let tables = self.tables();
        let open = tables.open.iter().copied().filter(|&task| after.is_none_or(|after| task > after));
        Ok(open.take(limit).collect())
    }

    async fn find(&self, query: &TaskQuery) -> Result<Vec<TaskSummary>, StoreError> {
        Ok(self.tables().find(query))
    }

    async fn count(&self, filter: &TaskFilter) -> Result<u64, StoreError> {
        Ok(self.tables().count(filter))
    }

    async fn result(&self, task: TaskId, step: &str) -> Result<Option<Json>, StoreError> {
        let tables = self.tables();
        Ok(tables.tasks.get(&task).and_then(|task| task.result(step)))
    }

    async fn records(&self, task: TaskId) -> Result<Vec<Recorded>, StoreError> {
        let tables = self.tables();
        Ok(tables.tasks.get(&task).map(Task::records).unwrap_or_default())
    }

    async fn annotate(&self, annotation: &NewAnnotation) -> Result<bool, StoreError> {
        let now = self.clock.now();
        Ok(self.tables().annotate(annotation, now))
    }

    async fn annotations(&self, task: TaskId) -> Result<Vec<TaskAnnotation>, StoreError> {
        let tables = self.tables();
        Ok(tables.tasks.get(&task).map(Task::annotations).unwrap_or_default())
    }

    fn catalog(&self) -> &dyn Catalog {
        self
    }

    fn feed(&self) -> &dyn Feed {
        self
    }

    fn clock(&self) -> Option<Arc<dyn Clock>> {
        Some(Arc::clone(&self.clock))
    }

    fn figures(&self) -> &dyn Figures {
        self
    }

    async fn history(&self, task: TaskId) -> Result<Vec<Happened>, StoreError> {
        let tables = self.tables();
        Ok(tables.tasks.get(&task).map(Task::history).unwrap_or_default())
    }

    async fn operate(&self, orders: &[Order]) -> Result<Vec<Operated>, StoreError> {
        let now = self.clock.now();
        let mut tables = self.tables();
        orders.iter().map(|order| tables.operate(order, now)).collect()
    }

    async fn operate_workflow(&self, order: &WorkflowOrder) -> Result<bool, StoreError> {
        let now = self.clock.now();
        Ok(self.tables().operate_workflow(order, now))
    }

    async fn workflow_history(&self, namespace: &str, name: &str) -> Result<Vec<Happened>, StoreError> {
        let tables = self.tables();
        let of_it =
            |(_, order): &&(Timestamp, WorkflowOrder)| (&*order.namespace, &*order.name) == (namespace, name);
        let orders = tables.workflow_orders.iter().filter(of_it);
        Ok(orders.map(|(at, order)| Happened { at: *at, what: order.what() }).collect())
    }

    async fn purge(&self, age: Duration, limit: usize) -> Result<usize, StoreError> {
        let until = self.clock.now() - age;
        Ok(self.tables().purge(until, limit))
    }

    async fn stranded(&self, limit: usize) -> Result<Vec<TaskId>, StoreError> {
        let tables = self.tables();
        let stranded = tables.open.iter().copied().filter(|task| tables.is_stranded(&tables.tasks[task]));
        Ok(stranded.take(limit).collect())
    }
}

impl Tables {
    /// The definitions of which steps may be given out.
    fn claimable(&self, runnable: &Runnable) -> Vec<DefinitionId> {
        runnable.ids().iter().copied().filter(|id| !self.paused.contains(id)).collect()
    }

    fn install(&mut self, workflow: &Arc<WorkflowDef>) -> DefinitionId {
        self.known.workflow(workflow);
        let same =
            |known: &Arc<WorkflowDef>| known.id() == workflow.id() && known.shape() == workflow.shape();
        let place = self.definitions.iter().position(same).unwrap_or_else(|| {
            // What is paused at a version is paused in every shape.
            let others = self.definitions.iter().enumerate().filter(|(_, other)| other.id() == workflow.id());
            let paused =
                others.map(|(place, _)| DefinitionId(place as i64)).any(|id| self.paused.contains(&id));
            self.definitions.push(Arc::clone(workflow));
            let place = self.definitions.len() - 1;
            if paused {
                self.paused.insert(DefinitionId(place as i64));
            }
            place
        });
        DefinitionId(place as i64)
    }

    fn siblings(&self, definition: DefinitionId) -> Vec<StoredDefinition> {
        let known = |place: usize| (DefinitionId(place as i64), &self.definitions[place]);
        let all: Vec<_> = (0..self.definitions.len()).map(known).collect();
        let Some((_, own)) = all.iter().find(|(id, _)| *id == definition) else { return Vec::new() };
        let others = all.iter().filter(|(id, other)| *id != definition && other.id() == own.id());
        let siblings = others.map(|&(id, workflow)| StoredDefinition {
            id,
            shape: workflow.shape(),
            concurrent: workflow.is_concurrent(),
            steps: StoredStep::all_of(workflow),
            has_waiting: self.queue.has_any(id) || self.runs_any(id),
        });
        siblings.collect()
    }

    fn status(&self, task: &Task, now: Timestamp) -> TaskStatus {
        let paused = self.paused.contains(&task.definition);
        task.status(now, self.parked(task.definition, now).as_ref(), paused)
    }

    /// Whether a step of a definition runs.
    fn runs_any(&self, definition: DefinitionId) -> bool {
        let mut held = self.workers.values().flat_map(|worker| &worker.holds);
        held.any(|(task, _)| self.tasks[task].definition == definition)
    }

    /// Whether workers are alive and none of them can run a definition, and what the newest one that knows it says.
    fn parked(&self, definition: DefinitionId, now: Timestamp) -> Option<Parked> {
        let alive = self.workers.iter().filter(|(_, worker)| worker.lease_until > now);
        let alive: Vec<_> =
            alive.map(|(id, worker)| (worker.offers.get(&definition), worker.started_at, id)).collect();
        if alive.is_empty() || alive.iter().any(|(offer, ..)| *offer == Some(&None)) {
            return None;
        }
        let newest =
            alive.into_iter().filter(|(offer, ..)| offer.is_some()).max_by_key(|&(_, at, id)| (at, id));
        Some(Parked(newest.and_then(|(offer, ..)| offer.cloned().flatten())))
    }

    fn create(&mut self, new: &NewTask, now: Timestamp) -> Result<Created, StoreError> {
        if self.tasks.contains_key(&new.id) {
            return Ok(Created::New(new.id)); // asked for again
        }
        if let Some(key) = key(&new.workflow, new.idempotency_key.as_deref()) {
            if let Some(&existing) = self.keys.get(&key) {
                return Ok(Created::Existing(existing));
            }
            self.keys.insert(key, new.id);
        }
        let mut task = Task::new(new, self.outbox.clone(), now);
        if !new.bypass.is_empty() {
            let mut situation = task.situation();
            situation.bypass(&new.bypass, now).map_err(|error| corrupt(&error))?;
            task.become_as(situation, now)?;
        }
        for at in 0..task.steps.len() {
            self.queue.put(&task, StepNo::at(at));
        }
        match task.ended_at {
            Some(ended_at) => self.ended.insert((ended_at, new.id)),
            None => self.open.insert(new.id),
        };
        self.tasks.insert(new.id, task);
        Ok(Created::New(new.id))
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

    /// Puts a step where it is found, if it can be claimed, now or at a time.
    fn put(&mut self, task: TaskId, step: StepNo) {
        if let Some(task) = self.tasks.get(&task) {
            self.queue.put(task, step);
        }
    }

    fn is_ready(&self, task: TaskId, step: StepNo) -> bool {
        let step = self.tasks[&task].step(step);
        step.is_active_pending() && step.waiting.is_none()
    }

    /// Where a step stands among the ready ones, if it is one.
    fn place(&self, task: TaskId, step: StepNo) -> Ready {
        ready(&self.tasks[&task], step)
    }

    /// Gives steps to a worker; and whether it left due ones that it saw.
    fn claim(
        &mut self,
        worker: WorkerId,
        runnable: &Runnable,
        room: &Room,
        among: &Among,
        now: Timestamp,
    ) -> Result<(Vec<ClaimedStep>, bool), StoreError> {
        let mut claimed = Vec::new();
        if !self.workers.contains_key(&worker) {
            return Ok((claimed, false));
        }
        let taken = self.queue.take(&self.claimable(runnable), room, among);
        for (task_id, step) in taken.steps {
            let task = self.task(task_id)?;
            let (execution, executions) = task.begin(step, worker, now)?;
            let reads = runnable.reads(task.definition, step);
            claimed.push(ClaimedStep {
                execution,
                executions,
                definition: task.definition,
                context: task.inputs(step).clone(),
                results: task.results(reads),
                queued: now.since(task.step(step).could_run_since()),
                correlation_id: task.attributes.correlation_id.clone(),
                traceparent: task.attributes.traceparent.clone(),
            });
            if let Some(worker) = self.workers.get_mut(&worker) {
                worker.holds.insert((task_id, step));
            }
        }
        Ok((claimed, taken.left_due))
    }

    /// Takes a step from its worker and records how its execution ended. Where the step belongs now, the caller sees to.
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
            Ending::Complete(result) => task.complete(step, result, now)?,
            Ending::Skipped => task.skip(step, now)?,
            Ending::Failed(error) => task.fail(step, error, now)?,
            Ending::Retry(error, wait) => task.retry(step, error, Some(now + wait), now)?,
            Ending::HandedBack => task.hand_back(step, now)?,
        }
        Ok(())
    }

    /// Takes a step from a dead worker: it runs again at once, unless it was lost too often.
    fn lose_execution(
        &mut self,
        task: TaskId,
        step: StepNo,
        worker: WorkerId,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let task = self.tasks.get_mut(&task).ok_or_else(|| no_task(task))?;
        let (last, error) =
            (task.step(step).executions().exhausted_by_loss(), StepError::worker_lost(worker));
        if last {
            task.fail(step, error, now)?;
        } else {
            task.retry(step, error, None, now)?;
        }
        task.step_mut(step).lost += 1;
        self.queue.put(task, step);
        Ok(())
    }

    fn release(&mut self, task: TaskId, step: StepNo, now: Timestamp) {
        if let Some(task) = self.tasks.get_mut(&task) {
            task.release(step, now);
            self.queue.put(task, step);
        }
    }

    /// In a task that runs one step at a time: lets the next one be ready, if none is and none runs.
    fn pass_turn(&mut self, task: TaskId, now: Timestamp) {
        let Some(task) = self.tasks.get_mut(&task) else { return };
        if let Some(step) = task.pass_turn(now) {
            self.queue.put(task, step);
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
        task.go_to(ended, now)?;
        task.ended_at = Some(now);
        self.open.remove(&task_id);
        self.ended.insert((now, task_id));
        Ok(Some(task_id))
    }
}

/// A key as it is unique: with the namespace and the name of its workflow.
fn key(workflow: &WorkflowDef, key: Option<&str>) -> Option<(String, String, String)> {
    let id = workflow.id();
    key.map(|key| (id.namespace.clone(), id.name.clone(), key.to_owned()))
}

fn no_task(task: TaskId) -> StoreError {
    StoreError::Corrupt(format!("there is no task {task}"))
}
