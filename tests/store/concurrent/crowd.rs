//! A crowd of workers that do what workers do, and now and then vanish.

use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::future::join_all;
use sea_orm::TransactionTrait;
use tasker::store::{
    Action, ClaimedStep, Created, Ending, Execution, Lease, Order, Room, StepAction, Store, WorkflowOrder,
};
use tasker::{Json, SqlStore, StepState, TaskId, TaskState, WorkerId, WorkflowDef};

use super::ears::Ear;
use super::{Many, hardy};
use tasker_tests::operator::Operator as _;

use crate::fixture::{Bench, LEASE, done, failed, outcome, retry};
use crate::model::audit::Tables;
use crate::steps::skippable;

/// Each store has so many workers.
const WORKERS: usize = 2;
/// How long the whole may take, many times what it does.
const PATIENCE: Duration = Duration::from_mins(1);

pub(super) struct Crowd {
    many: Many,
    benches: Vec<Bench<SqlStore>>,
    /// How many tasks each store starts.
    tasks: usize,
    started: Mutex<HashMap<TaskId, Arc<WorkflowDef>>>,
    starting: AtomicUsize,
    given: Mutex<HashSet<Execution>>,
    completed: Mutex<Vec<Execution>>,
    operators: Operators,
}

/// What operators do meanwhile.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Operators {
    /// They pause tasks and resume them, so that each comes to its end.
    Wait,
    /// Whatever they can, also what ends a task in another way.
    Meddle,
}

/// A worker process.
struct Worker<'c> {
    crowd: &'c Crowd,
    bench: &'c Bench<SqlStore>,
    id: WorkerId,
    holds: Vec<ClaimedStep>,
    crashes: usize,
}

impl Crowd {
    pub(super) async fn new(many: Many, tasks: usize) -> Self {
        Self::of(many, tasks, &hardy(), Operators::Wait).await
    }

    /// One among operators who do all that there is to do.
    pub(super) async fn among_operators(many: Many, tasks: usize) -> Self {
        let workflows: Vec<_> = hardy().into_iter().chain([skippable()]).collect();
        Self::of(many, tasks, &workflows, Operators::Meddle).await
    }

    async fn of(many: Many, tasks: usize, workflows: &[Arc<WorkflowDef>], operators: Operators) -> Self {
        let benches = many.benches(workflows).await;
        Self {
            operators,
            // On SQLite a host that keeps a transaction open lets nobody else write.
            starting: AtomicUsize::new(benches.len() * if many.database.is_some() { 2 } else { 1 }),
            many,
            benches,
            tasks,
            started: Mutex::default(),
            given: Mutex::default(),
            completed: Mutex::default(),
        }
    }

    pub(super) async fn run(self) {
        let crowd = Arc::new(self);
        let over = Arc::new(AtomicBool::new(false));
        let (mut everybody, mut ears) = (Vec::new(), Vec::new());
        for at in 0..crowd.benches.len() {
            ears.push(Ear::new(&crowd.benches[at].store, &format!("ear {at}")).await);
        }
        let from = ears[0].cursor();
        let hearing = ears.into_iter().map(|mut ear| {
            let over = over.clone();
            tokio::spawn(async move {
                ear.listen(&over).await;
                ear
            })
        });
        let hearing: Vec<_> = hearing.collect();
        for at in 0..crowd.benches.len() {
            let starter = crowd.clone();
            everybody.push(tokio::spawn(async move { starter.start(at).await }));
            if crowd.many.database.is_some() {
                let host = crowd.clone();
                everybody.push(tokio::spawn(async move { host.start_in_transactions(at).await }));
            }
            for _ in 0..WORKERS {
                let worker = crowd.clone();
                everybody.push(tokio::spawn(async move { worker.work(at).await }));
            }
        }
        let began = std::time::Instant::now();
        let Ok(ended) = tokio::time::timeout(PATIENCE, join_all(everybody)).await else {
            panic!("not at its end after {PATIENCE:?}: {}", crowd.open().await)
        };
        for end in ended {
            end.expect("nobody failed");
        }
        let (took, trouble) = (began.elapsed(), crowd.many.trouble().await);
        println!("{} executions in {took:?}{trouble}", crowd.given.lock().unwrap().len());
        crowd.check().await;
        over.store(true, Ordering::SeqCst);
        let whole = Ear::afterwards(&crowd.many.idle, from).await;
        for ear in join_all(hearing).await {
            ear.expect("it heard").check(&whole);
        }
    }

    /// Starts tasks; some under keys that all stores want to have.
    async fn start(&self, at: usize) {
        let bench = &self.benches[at];
        for batch in 0..self.tasks / 5 {
            let mut tasks: Vec<_> =
                (0..5).map(|place| bench.task((batch + place) % bench.workflows.len())).collect();
            tasks[0].idempotency_key = Some(format!("key-{batch}"));
            let created = bench.store.create(&tasks).await.expect("created");
            let mut started = self.started.lock().unwrap();
            for (task, created) in tasks.into_iter().zip(created) {
                if created == Created::New(task.id) {
                    started.insert(task.id, task.workflow);
                }
            }
        }
        self.starting.fetch_sub(1, Ordering::SeqCst);
    }

    /// Starts tasks as a host does that has transactions of its own, of which some take long, and some are undone, or a part of them.
    async fn start_in_transactions(&self, at: usize) {
        let bench = &self.benches[at];
        for _ in 0..self.tasks / 5 {
            let transaction = self.many.db.begin().await.expect("begun");
            let mut tasks = Vec::new();
            for _ in 0..fastrand::usize(1..6) {
                let task = bench.task(fastrand::usize(0..bench.workflows.len()));
                let part = transaction.begin().await.expect("begun");
                bench.store.create_in(&part, std::slice::from_ref(&task)).await.expect("created");
                if fastrand::u32(0..3) == 0 {
                    part.rollback().await.expect("undone");
                } else {
                    part.commit().await.expect("a part of it");
                    tasks.push((task.id, task.workflow));
                }
                tokio::time::sleep(Duration::from_millis(fastrand::u64(0..20))).await;
            }
            if fastrand::u32(0..3) == 0 {
                transaction.rollback().await.expect("undone");
            } else {
                transaction.commit().await.expect("committed");
                self.started.lock().unwrap().extend(tasks);
            }
        }
        self.starting.fetch_sub(1, Ordering::SeqCst);
    }

    async fn work(&self, at: usize) {
        let bench = &self.benches[at];
        let mut worker =
            Worker { crowd: self, bench, id: bench.worker().await, holds: Vec::new(), crashes: 0 };
        for round in 0_usize.. {
            worker.round(round).await;
            let all_started = self.starting.load(Ordering::SeqCst) == 0;
            if worker.holds.is_empty() && all_started && worker.nothing_is_open().await {
                return;
            }
        }
    }

    /// What an operator wants of a task.
    fn wish(&self, workflow: &WorkflowDef) -> Action {
        let wishes = if self.operators == Operators::Meddle { 16 } else { 2 };
        let done = Json::of("done").expect("a string");
        let step = match fastrand::u32(0..wishes) {
            0 | 2 | 4 => return Action::Pause,
            1 | 3 | 5 => return Action::Resume,
            6 => return Action::Cancel,
            7 | 8 => return Action::Retry,
            9 => return Action::Resolve,
            10 => StepAction::Cancel,
            11 | 12 => StepAction::Retry,
            13 => StepAction::Skip,
            14 => StepAction::Resolve(done),
            _ if fastrand::bool() => StepAction::RetryLimit(fastrand::u32(1..9)),
            _ => StepAction::Inputs(done),
        };
        let name = fastrand::choice(workflow.steps()).expect("a workflow has steps").name();
        Action::Step(name.to_owned(), step)
    }

    async fn open(&self) -> String {
        let store = &self.benches[0].store;
        let open = store.open_tasks(None, 5).await.unwrap();
        format!("{:#?}", store.statuses(&open).await.unwrap())
    }

    async fn check(&self) {
        let tables = Tables::read(&self.many.db).await.unwrap();
        let started = self.started.lock().unwrap();
        assert_eq!(tables.tasks().count(), started.len(), "a key is given to one task");
        tables.check(|task| started.get(&task).map(|workflow| &**workflow)).unwrap();
        for task in tables.tasks() {
            let state: TaskState = task.state.parse().unwrap();
            match self.operators {
                Operators::Wait => assert_eq!(state, TaskState::Complete, "{task:?}"),
                Operators::Meddle => assert!(state.has_ended(), "{task:?}"),
            }
        }
        let mut accepted: Vec<_> = { self.completed.lock().unwrap().clone() }
            .iter()
            .map(|execution| (execution.task, execution.step.0 as i32))
            .collect();
        accepted.sort_unstable();
        let complete = tables
            .steps()
            .filter(|step| self.operators == Operators::Wait || step.state == StepState::Complete.as_str());
        let steps: Vec<_> = complete.map(|step| (step.task_id.into(), step.step_no)).collect();
        assert_eq!(accepted, steps, "every step was accepted once");
        assert_eq!(tables.completions().collect::<Vec<_>>(), steps, "and recorded once");
    }
}

impl Worker<'_> {
    async fn round(&mut self, round: usize) {
        match fastrand::u32(0..40) {
            0 if self.crashes < 10 => return self.crash().await,
            1 | 2 => {
                self.bench.store.sweep().await.expect("swept");
            }
            3..6 => self.interfere().await,
            _ => {}
        }
        if round.is_multiple_of(4)
            && self.bench.store.heartbeat(self.id, LEASE).await.expect("answered") == Lease::Lost
        {
            return self.crash().await;
        }
        if self.holds.len() < 4 {
            let room = Room::new(fastrand::usize(1..6));
            let claim = self.bench.store.claim(self.id, &self.bench.runnable, &room).await.expect("claimed");
            self.take(claim.steps);
        }
        fastrand::shuffle(&mut self.holds);
        let ending = self.holds.len().min(fastrand::usize(1..6));
        let ended: Vec<ClaimedStep> = self.holds.drain(..ending).collect();
        if ended.is_empty() {
            // Others hold what there is, or held it: time passes.
            self.crowd.many.clock.advance(Duration::from_millis(500));
            return tokio::task::yield_now().await;
        }
        self.crowd.many.clock.advance(Duration::from_millis(50));
        let outcomes: Vec<_> = ended
            .iter()
            .map(|step| match fastrand::u32(0..12) {
                0 => outcome(step, Ending::HandedBack),
                1 => outcome(step, retry(fastrand::u64(0..3))),
                2 if self.crowd.operators == Operators::Meddle => outcome(step, failed()),
                _ => outcome(step, done()),
            })
            .collect();
        let room = Room::new(fastrand::usize(0..5));
        let settled =
            self.bench.store.settle(self.id, &self.bench.runnable, &outcomes, &room).await.expect("settled");
        let accepted = outcomes.iter().filter(|outcome| !settled.refused.contains(&outcome.execution));
        let complete = accepted.filter(|outcome| matches!(outcome.ending, Ending::Complete(_)));
        self.crowd.completed.lock().unwrap().extend(complete.map(|outcome| outcome.execution));
        self.take(settled.claimed);
    }

    /// What an operator does, and what one asks now and then.
    async fn interfere(&self) {
        let several = if self.crowd.operators == Operators::Meddle { fastrand::usize(1..4) } else { 1 };
        let orders: Vec<Order> = {
            let started = self.crowd.started.lock().unwrap();
            let chosen = fastrand::choose_multiple(started.iter(), several).into_iter();
            chosen.map(|(task, workflow)| Order::new(*task, self.crowd.wish(workflow))).collect()
        };
        let answers = self.bench.store.operate(&orders).await.expect("answered");
        assert_eq!(answers.len(), orders.len());
        if self.crowd.operators == Operators::Meddle && fastrand::u32(0..8) == 0 {
            self.pause_or_resume_a_workflow(fastrand::bool()).await;
        }
        let stranded = self.bench.store.stranded(1).await.expect("answered");
        assert!(stranded.is_empty(), "{stranded:?}: {}", self.crowd.open().await);
    }

    async fn pause_or_resume_a_workflow(&self, paused: bool) {
        let Some((_, workflow)) = fastrand::choice(&self.bench.workflows) else { return };
        let id = workflow.id();
        let order = WorkflowOrder {
            id: TaskId::random().as_uuid(),
            namespace: id.namespace.clone(),
            name: id.name.clone(),
            version: None,
            paused,
            by: None,
            reason: None,
        };
        assert!(self.bench.store.operate_workflow(&order).await.expect("answered"));
    }

    /// Whether every task has ended. What is paused goes on.
    async fn nothing_is_open(&self) -> bool {
        if self.crowd.operators == Operators::Meddle {
            self.pause_or_resume_a_workflow(false).await;
        }
        let open = self.bench.store.open_tasks(None, 100).await.expect("answered");
        for &task in &open {
            if fastrand::u32(0..4) == 0 {
                self.bench.store.resume(task).await.expect("resumed");
            }
        }
        open.is_empty()
    }

    fn take(&mut self, steps: Vec<ClaimedStep>) {
        let mut given = self.crowd.given.lock().unwrap();
        for step in steps {
            assert!(given.insert(step.execution), "given out twice: {step:?}");
            self.holds.push(step);
        }
    }

    /// Forgets everything; another one takes its place.
    async fn crash(&mut self) {
        self.crashes += 1;
        self.holds.clear();
        self.id = self.bench.worker().await;
    }
}
