//! A crowd of workers that do what workers do, and now and then vanish.

use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::future::join_all;
use tasker::store::{ClaimedStep, Created, Ending, Execution, Lease, Room, Store};
use tasker::{SqlStore, TaskId, TaskState, WorkerId, WorkflowDef};

use super::{Many, hardy};
use tasker_tests::operator::Operator as _;

use crate::fixture::{Bench, LEASE, done, outcome, retry};
use crate::model::audit::Tables;

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
        let benches = many.benches(&hardy()).await;
        Self {
            starting: AtomicUsize::new(benches.len()),
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
        let mut everybody = Vec::new();
        for at in 0..crowd.benches.len() {
            let starter = crowd.clone();
            everybody.push(tokio::spawn(async move { starter.start(at).await }));
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
            assert_eq!(task.state, TaskState::Complete.as_str(), "{task:?}");
        }
        let mut accepted: Vec<_> = { self.completed.lock().unwrap().clone() }
            .iter()
            .map(|execution| (execution.task, execution.step.0 as i32))
            .collect();
        accepted.sort_unstable();
        let steps: Vec<_> = tables.steps().map(|step| (step.task_id.into(), step.step_no)).collect();
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
        let task = { fastrand::choice(self.crowd.started.lock().unwrap().keys()).copied() };
        let Some(task) = task else { return };
        if fastrand::bool() {
            self.bench.store.pause(task).await.expect("paused");
        } else {
            self.bench.store.resume(task).await.expect("resumed");
        }
        let stranded = self.bench.store.stranded(1).await.expect("answered");
        assert!(stranded.is_empty(), "{stranded:?}: {}", self.crowd.open().await);
    }

    /// Whether every task has ended. What is paused goes on.
    async fn nothing_is_open(&self) -> bool {
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
