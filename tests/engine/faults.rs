//! A store that fails when the test says so, takes its time, and keeps account of what it was asked.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use async_trait::async_trait;
use tasker::report::TaskSnapshot;
use tasker::store::{
    Catalog, Claim, Created, Digests, Ending, Execution, Feed, Figures, Happened, Lease, NewAnnotation,
    NewTask, Offer, Operated, Order, Outcome, Population, Probe, Room, Runnable, Settled, Swept, Tally,
    TaskAnnotation, TaskFilter, TaskQuery, TaskSummary, Wanted, WorkflowOrder,
};
use tasker::{
    Clock, DefinitionId, Json, MemoryStore, Recorded, StepNo, Store, StoreError, StoredDefinition, TaskId,
    TaskState, TaskStatus, WorkerId, WorkflowDef,
};
use tokio::sync::Notify;

use crate::support::memory;

/// What a store can be asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Verb {
    Install,
    Siblings,
    Create,
    Enlist,
    Heartbeat,
    Retire,
    Sweep,
    Claim,
    Settle,
    Held,
    TaskStates,
    Statuses,
    OpenTasks,
    Find,
    Annotate,
    Result,
    Records,
    Operate,
    Purge,
    Stranded,
    Probe,
    Figures,
    Count,
}

impl Verb {
    /// What a run of tasks asks for.
    pub(crate) const OF_A_RUN: [Self; 11] = [
        Self::Siblings,
        Self::Create,
        Self::Enlist,
        Self::Heartbeat,
        Self::Retire,
        Self::Sweep,
        Self::Claim,
        Self::Settle,
        Self::Held,
        Self::TaskStates,
        Self::Statuses,
    ];

    /// What workers ask for, and not clients.
    pub(crate) fn is_a_workers(self) -> bool {
        use Verb::{Claim, Enlist, Heartbeat, Held, Retire, Settle, Siblings, Sweep};
        matches!(self, Siblings | Enlist | Heartbeat | Retire | Sweep | Claim | Settle | Held)
    }
}

/// Whether a call that fails takes effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// The database was not reached.
    Before,
    /// The answer was lost.
    After,
    /// The answer was lost, and the call takes effect long after: of claims only.
    Late(Duration),
    /// The database refuses.
    Refused,
    /// No answer comes, ever.
    Silence,
}

/// A call, as the rule sees it: what is asked, and how often that was asked before.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Call {
    pub(crate) verb: Verb,
    pub(crate) before: u32,
}

type Rule = Box<dyn FnMut(Call) -> Option<Fault> + Send>;
type Poison = Box<dyn Fn(&Outcome) -> bool + Send>;

/// A memory store in virtual time, with faults. Clones are the same store.
#[derive(Clone)]
pub(crate) struct Faulty {
    pub(crate) store: MemoryStore,
    parallel: usize,
    delay: Duration,
    /// Whether each call takes another time, so that calls overtake each other.
    uneven: bool,
    notes: Arc<Mutex<Notes>>,
    hint: Arc<Notify>,
}

#[derive(Default)]
struct Notes {
    random: Option<fastrand::Rng>,
    rule: Option<Rule>,
    /// What takes effect later, if the call is to.
    late: Option<Box<dyn FnOnce(Duration) + Send>>,
    poison: Option<Poison>,
    calls: HashMap<Verb, u32>,
    all: u32,
    failed: u32,
    settling: usize,
    most_settling: usize,
    searches: u32,
    /// Of which tasks outcomes are being settled, once for each settle.
    settled_now: Vec<TaskId>,
    /// Whether two settles were ever under way in one task.
    crossed: bool,
    most_held: usize,
    most_outcomes: usize,
    completed: HashMap<(TaskId, StepNo), u32>,
}

impl Faulty {
    /// A store without faults.
    pub(crate) fn new() -> Self {
        Self {
            store: memory(),
            parallel: 1,
            delay: Duration::ZERO,
            uneven: false,
            notes: Arc::default(),
            hint: Arc::default(),
        }
    }

    /// Works on so many settles at the same time.
    pub(crate) fn parallel(mut self, settles: usize) -> Self {
        self.parallel = settles;
        self
    }

    /// Takes so long for each call of a worker.
    pub(crate) fn delay(mut self, delay: Duration) -> Self {
        self.delay = delay;
        self
    }

    /// Takes up to so long on the way there, and up to so long on the way back.
    pub(crate) fn uneven_delay(mut self, delay: Duration, seed: u64) -> Self {
        (self.delay, self.uneven) = (delay, true);
        self.notes().random = Some(fastrand::Rng::with_seed(seed));
        self
    }

    /// Fails by this rule from now on.
    pub(crate) fn fail(&self, rule: impl FnMut(Call) -> Option<Fault> + Send + 'static) {
        self.notes().rule = Some(Box::new(rule));
    }

    /// Fails no more.
    pub(crate) fn heal(&self) {
        self.notes().rule = None;
    }

    /// Refuses every settle that has such an outcome in it.
    pub(crate) fn poison(&self, poison: impl Fn(&Outcome) -> bool + Send + 'static) {
        self.notes().poison = Some(Box::new(poison));
    }

    /// Hints that another process did something.
    pub(crate) fn hint_now(&self) {
        self.hint.notify_one();
    }

    pub(crate) fn calls(&self, verb: Verb) -> u32 {
        self.notes().calls.get(&verb).copied().unwrap_or_default()
    }

    pub(crate) fn all_calls(&self) -> u32 {
        self.notes().all
    }

    pub(crate) fn failed(&self) -> u32 {
        self.notes().failed
    }

    /// Whether two settles were ever under way in one task.
    pub(crate) fn crossed(&self) -> bool {
        self.notes().crossed
    }

    /// How many settles searched for more than what they released.
    pub(crate) fn searches(&self) -> u32 {
        self.notes().searches
    }

    /// The most settles at the same time.
    pub(crate) fn most_settling(&self) -> usize {
        self.notes().most_settling
    }

    /// The most executions that one worker held.
    pub(crate) fn most_held(&self) -> usize {
        self.notes().most_held
    }

    /// The largest batch.
    pub(crate) fn most_outcomes(&self) -> usize {
        self.notes().most_outcomes
    }

    /// How often each step of a task was accepted as complete.
    pub(crate) fn completed(&self, task: TaskId) -> Vec<u32> {
        let notes = self.notes();
        let mut steps: Vec<_> = notes.completed.iter().filter(|((of, _), _)| *of == task).collect();
        steps.sort();
        steps.into_iter().map(|(_, times)| *times).collect()
    }

    fn notes(&self) -> MutexGuard<'_, Notes> {
        self.notes.lock().unwrap()
    }

    async fn call<T>(
        &self,
        verb: Verb,
        call: impl Future<Output = Result<T, StoreError>>,
    ) -> Result<T, StoreError> {
        let fault = self.notes().fault(verb);
        let way = async || {
            if verb.is_a_workers() && !self.delay.is_zero() {
                let part = self.notes().random.as_mut().map_or(1.0, fastrand::Rng::f64);
                tokio::time::sleep(self.delay.mul_f64(part)).await;
            }
        };
        way().await;
        if let (Some(Fault::Late(wait)), Some(late)) = (fault, self.notes().late.take()) {
            late(wait);
        }
        let answer = match fault {
            None => call.await,
            Some(Fault::Before | Fault::Late(_)) => Err(unavailable()),
            Some(Fault::After) => call.await.and(Err(unavailable())),
            Some(Fault::Refused) => Err(refused()),
            Some(Fault::Silence) => std::future::pending().await,
        };
        if self.uneven {
            way().await;
        }
        answer
    }

    /// Sees how much a worker holds after what it was given.
    async fn count_held(&self, worker: WorkerId) {
        let held = self.store.held(worker).await.unwrap().len();
        let mut notes = self.notes();
        notes.most_held = notes.most_held.max(held);
    }
}

impl Notes {
    fn fault(&mut self, verb: Verb) -> Option<Fault> {
        let before = self.calls.entry(verb).or_default();
        let call = Call { verb, before: *before };
        *before += 1;
        self.all += 1;
        let fault = self.rule.as_mut().and_then(|rule| rule(call));
        self.failed += u32::from(fault.is_some());
        fault
    }
}

fn unavailable() -> StoreError {
    let cause = std::io::Error::from(std::io::ErrorKind::ConnectionReset);
    StoreError::Unavailable { what: "talking to the test".to_owned(), cause: Arc::new(cause) }
}

fn refused() -> StoreError {
    let cause = std::io::Error::from(std::io::ErrorKind::InvalidData);
    StoreError::Refused { what: "talking to the test".to_owned(), cause: Arc::new(cause) }
}

#[async_trait]
impl Figures for Faulty {
    async fn probe(&self) -> Result<Probe, StoreError> {
        self.call(Verb::Probe, self.store.probe()).await
    }

    async fn population(&self) -> Result<Population, StoreError> {
        self.call(Verb::Figures, self.store.population()).await
    }

    async fn tally(&self) -> Result<Tally, StoreError> {
        self.call(Verb::Figures, self.store.tally()).await
    }

    async fn digests(&self, wanted: &Wanted) -> Result<Digests, StoreError> {
        self.call(Verb::Figures, self.store.digests(wanted)).await
    }

    async fn count_ended(&self) -> Result<bool, StoreError> {
        self.call(Verb::Count, self.store.count_ended()).await
    }
}

#[async_trait]
impl Store for Faulty {
    async fn install(&self, definitions: &[Arc<WorkflowDef>]) -> Result<Vec<DefinitionId>, StoreError> {
        self.call(Verb::Install, self.store.install(definitions)).await
    }

    async fn create(&self, tasks: &[NewTask]) -> Result<Vec<Created>, StoreError> {
        self.call(Verb::Create, self.store.create(tasks)).await
    }

    async fn siblings(&self, definitions: &[DefinitionId]) -> Result<Vec<Vec<StoredDefinition>>, StoreError> {
        self.call(Verb::Siblings, self.store.siblings(definitions)).await
    }

    async fn enlist(&self, worker: WorkerId, lease: Duration, offers: &[Offer]) -> Result<(), StoreError> {
        self.call(Verb::Enlist, self.store.enlist(worker, lease, offers)).await
    }

    async fn heartbeat(&self, worker: WorkerId, lease: Duration) -> Result<Lease, StoreError> {
        self.call(Verb::Heartbeat, self.store.heartbeat(worker, lease)).await
    }

    async fn retire(&self, worker: WorkerId) -> Result<(), StoreError> {
        self.call(Verb::Retire, self.store.retire(worker)).await
    }

    async fn sweep(&self) -> Result<Swept, StoreError> {
        self.call(Verb::Sweep, self.store.sweep()).await
    }

    async fn claim(&self, worker: WorkerId, runnable: &Runnable, room: &Room) -> Result<Claim, StoreError> {
        let late = (self.store.clone(), runnable.clone(), room.clone());
        self.notes().late = Some(Box::new(move |wait| {
            tokio::spawn(async move {
                tokio::time::sleep(wait).await;
                late.0.claim(worker, &late.1, &late.2).await
            });
        }));
        let claim = async {
            let claim = self.store.claim(worker, runnable, room).await;
            self.count_held(worker).await;
            claim
        };
        self.call(Verb::Claim, claim).await
    }

    async fn settle(
        &self,
        worker: WorkerId,
        runnable: &Runnable,
        outcomes: &[Outcome],
        room: &Room,
    ) -> Result<Settled, StoreError> {
        {
            let mut notes = self.notes();
            notes.settling += 1;
            notes.most_settling = notes.most_settling.max(notes.settling);
            notes.most_outcomes = notes.most_outcomes.max(outcomes.len());
            let tasks: HashSet<TaskId> = outcomes.iter().map(|outcome| outcome.execution.task).collect();
            notes.crossed |= tasks.iter().any(|task| notes.settled_now.contains(task));
            notes.settled_now.extend(tasks);
            notes.searches += u32::from(!room.is_empty() && !room.is_for_released());
        }
        let settle = async {
            if self.notes().poison.as_ref().is_some_and(|poison| outcomes.iter().any(poison)) {
                return Err(refused());
            }
            let settled = self.store.settle(worker, runnable, outcomes, room).await?;
            self.count_held(worker).await;
            let mut notes = self.notes();
            for Outcome { execution, ending, .. } in outcomes {
                if matches!(ending, Ending::Complete(_)) && !settled.refused.contains(execution) {
                    *notes.completed.entry((execution.task, execution.step)).or_default() += 1;
                }
            }
            Ok(settled)
        };
        let settled = self.call(Verb::Settle, settle).await;
        let mut notes = self.notes();
        notes.settling -= 1;
        notes.settled_now.retain(|task| !outcomes.iter().any(|outcome| outcome.execution.task == *task));
        drop(notes);
        settled
    }

    async fn held(&self, worker: WorkerId) -> Result<Vec<(Execution, DefinitionId)>, StoreError> {
        self.call(Verb::Held, self.store.held(worker)).await
    }

    async fn task_states(&self, tasks: &[TaskId]) -> Result<Vec<Option<TaskState>>, StoreError> {
        self.call(Verb::TaskStates, self.store.task_states(tasks)).await
    }

    async fn statuses(&self, tasks: &[TaskId]) -> Result<Vec<Option<TaskStatus>>, StoreError> {
        self.call(Verb::Statuses, self.store.statuses(tasks)).await
    }

    async fn snapshots(&self, tasks: &[TaskId]) -> Result<Vec<Option<TaskSnapshot>>, StoreError> {
        self.call(Verb::Statuses, self.store.snapshots(tasks)).await
    }

    async fn open_tasks(&self, after: Option<TaskId>, limit: usize) -> Result<Vec<TaskId>, StoreError> {
        self.call(Verb::OpenTasks, self.store.open_tasks(after, limit)).await
    }

    async fn find(&self, query: &TaskQuery) -> Result<Vec<TaskSummary>, StoreError> {
        self.call(Verb::Find, self.store.find(query)).await
    }

    async fn count(&self, filter: &TaskFilter) -> Result<u64, StoreError> {
        self.call(Verb::Find, self.store.count(filter)).await
    }

    async fn result(&self, task: TaskId, step: &str) -> Result<Option<Json>, StoreError> {
        self.call(Verb::Result, self.store.result(task, step)).await
    }

    async fn records(&self, task: TaskId) -> Result<Vec<Recorded>, StoreError> {
        self.call(Verb::Records, self.store.records(task)).await
    }

    async fn annotate(&self, annotation: &NewAnnotation) -> Result<bool, StoreError> {
        self.call(Verb::Annotate, self.store.annotate(annotation)).await
    }

    async fn annotations(&self, task: TaskId) -> Result<Vec<TaskAnnotation>, StoreError> {
        self.call(Verb::Records, self.store.annotations(task)).await
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
        self
    }

    async fn history(&self, task: TaskId) -> Result<Vec<Happened>, StoreError> {
        self.call(Verb::Records, self.store.history(task)).await
    }

    async fn operate(&self, orders: &[Order]) -> Result<Vec<Operated>, StoreError> {
        self.call(Verb::Operate, self.store.operate(orders)).await
    }

    async fn operate_workflow(&self, order: &WorkflowOrder) -> Result<bool, StoreError> {
        self.call(Verb::Operate, self.store.operate_workflow(order)).await
    }

    async fn workflow_history(&self, namespace: &str, name: &str) -> Result<Vec<Happened>, StoreError> {
        self.call(Verb::Records, self.store.workflow_history(namespace, name)).await
    }

    async fn purge(&self, age: Duration, limit: usize) -> Result<usize, StoreError> {
        self.call(Verb::Purge, self.store.purge(age, limit)).await
    }

    async fn stranded(&self, limit: usize) -> Result<Vec<TaskId>, StoreError> {
        self.call(Verb::Stranded, self.store.stranded(limit)).await
    }

    async fn hint(&self) {
        self.hint.notified().await;
    }

    fn parallel_settles(&self) -> usize {
        self.parallel
    }
}
