//! Random histories: a database against the `MemoryStore`, and both against the invariants.
//!
//! Both stores are told the same, in the same order, by the same clock. Every answer must be the same, and so must
//! every task afterwards. The seed of a history is printed when it fails; `TASKER_SEED` runs that one again.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt;
use tasker::store::{ClaimedStep, Ending, Execution, NewTask, Outcome, Settled, Store};
use tasker::{
    Json, ManualClock, MemoryStore, SqlStore, SqlStoreOptions, StepError, StepNo, StepState, TaskId,
    TaskState, TaskStatus, WaitingFor, WorkerId, WorkflowDef,
};

use crate::fixture::{Bench, LEASE, chain, clock, diamond, forest};

const STEPS: usize = 60;

#[tokio::test(flavor = "multi_thread")]
async fn a_sqlite_database_behaves_like_the_model() {
    let seeds = match std::env::var("TASKER_SEED") {
        Ok(seed) => vec![seed.parse().expect("TASKER_SEED is a number")],
        Err(_) => (0..histories()).map(|_| fastrand::u64(..)).collect(),
    };
    let run = |seed| async move {
        let clock = clock();
        // On a file the connections that read are others than the one that writes; that is slower, so not always.
        let folder = tempfile::tempdir().unwrap();
        let file = format!("sqlite://{}", folder.path().join("tasks.db").display());
        let url = if seed % 10 == 0 { &file } else { "sqlite::memory:" };
        let sql = SqlStoreOptions::new(url).clock(clock.clone()).connect().await.unwrap();
        let memory = MemoryStore::with_clock(clock.clone());
        let history = History::new(seed, clock, sql, memory).await;
        let ended = tokio::spawn(history.run()).await;
        assert!(ended.is_ok(), "the history of TASKER_SEED={seed} failed: {}", ended.unwrap_err());
    };
    futures_util::stream::iter(seeds).for_each_concurrent(4, run).await;
}

/// How many histories to run: 150, or `TASKER_HISTORIES`.
fn histories() -> usize {
    std::env::var("TASKER_HISTORIES")
        .map_or(150, |number| number.parse().expect("TASKER_HISTORIES is a number"))
}

struct History {
    random: fastrand::Rng,
    clock: Arc<ManualClock>,
    sql: Bench<SqlStore>,
    memory: Bench<MemoryStore>,
    workers: Vec<WorkerId>,
    /// What workers believe they hold, those included that lost it.
    held: Vec<(WorkerId, ClaimedStep)>,
    tasks: Vec<TaskId>,
    before: HashMap<TaskId, TaskStatus>,
}

impl History {
    async fn new(seed: u64, clock: Arc<ManualClock>, sql: SqlStore, memory: MemoryStore) -> Self {
        let workflows = [chain(), diamond(), forest()];
        Self {
            random: fastrand::Rng::with_seed(seed),
            clock,
            sql: Bench::new(sql, &workflows).await,
            memory: Bench::new(memory, &workflows).await,
            workers: Vec::new(),
            held: Vec::new(),
            tasks: Vec::new(),
            before: HashMap::new(),
        }
    }

    async fn run(mut self) {
        for _ in 0..STEPS {
            match self.random.u32(0..100) {
                0..15 => self.create().await,
                15..22 => self.enlist().await,
                22..40 => self.claim().await,
                40..75 => self.settle().await,
                75..80 => self.heartbeat().await,
                80..85 => self.retire().await,
                85..92 => self.sweep().await,
                _ => self.clock.advance(Duration::from_secs(self.random.u64(0..20))),
            }
            self.compare().await;
        }
    }

    async fn create(&mut self) {
        let mut tasks: Vec<NewTask> = Vec::new();
        for _ in 0..self.random.usize(1..4) {
            let mut task = self.memory.task(self.random.usize(0..3));
            task.priority = self.random.i16(-1..=1);
            if self.random.u32(0..3) == 0 {
                task.idempotency_key = Some(format!("key-{}", self.random.u32(0..6)));
            }
            tasks.push(task);
        }
        let in_sql: Vec<NewTask> = tasks
            .iter()
            .map(|task| {
                let place = self.memory.workflows.iter().position(|(id, _)| *id == task.definition).unwrap();
                NewTask { definition: self.sql.workflows[place].0, ..task.clone() }
            })
            .collect();
        let created = self.memory.store.create(&tasks).await.unwrap();
        assert_eq!(self.sql.store.create(&in_sql).await.unwrap(), created);
        self.tasks.extend(
            tasks.iter().zip(&created).filter(|(task, made)| made.task() == task.id).map(|(t, _)| t.id),
        );
    }

    async fn enlist(&mut self) {
        let worker = WorkerId::random();
        self.memory.store.enlist(worker, LEASE).await.unwrap();
        self.sql.store.enlist(worker, LEASE).await.unwrap();
        self.workers.push(worker);
    }

    fn worker(&mut self) -> Option<WorkerId> {
        self.random.choice(&self.workers).copied()
    }

    async fn claim(&mut self) {
        let Some(worker) = self.worker() else { return };
        let limit = self.random.usize(1..6);
        let memory = self
            .memory
            .store
            .claim(worker, &self.memory.runnable, &tasker::store::Room::new(limit))
            .await
            .unwrap();
        let sql =
            self.sql.store.claim(worker, &self.sql.runnable, &tasker::store::Room::new(limit)).await.unwrap();
        assert_eq!(in_order(&memory.steps), in_order(&sql.steps));
        assert_eq!(memory.next_due, sql.next_due);
        self.take(worker, memory.steps);
    }

    fn take(&mut self, worker: WorkerId, claimed: Vec<ClaimedStep>) {
        self.held.extend(claimed.into_iter().map(|step| (worker, step)));
    }

    async fn settle(&mut self) {
        let Some(worker) = self.worker() else { return };
        let (mut outcomes, mut kept) = (Vec::new(), Vec::new());
        for (holder, step) in std::mem::take(&mut self.held) {
            if holder == worker && self.random.bool() {
                let ending = self.ending(&step);
                outcomes.push(Outcome { execution: step.execution, definition: step.definition, ending });
                // Now and then an answer is taken for lost, and the outcome sent again.
                if self.random.u32(0..10) == 0 {
                    kept.push((holder, step));
                }
            } else {
                kept.push((holder, step));
            }
        }
        self.held = kept;
        let in_sql: Vec<Outcome> = outcomes
            .iter()
            .map(|outcome| {
                let place =
                    self.memory.workflows.iter().position(|(id, _)| *id == outcome.definition).unwrap();
                Outcome { definition: self.sql.workflows[place].0, ..outcome.clone() }
            })
            .collect();
        let room = self.random.usize(0..4);
        let memory = self.memory.settle(worker, &outcomes, room).await;
        let sql = self.sql.settle(worker, &in_sql, room).await;
        assert_eq!(told(&memory), told(&sql));
        self.take(worker, memory.claimed);
    }

    fn ending(&mut self, step: &ClaimedStep) -> Ending {
        match self.random.u32(0..10) {
            0..6 => Ending::Complete(Json::of(&self.random.u32(..)).unwrap()),
            6..8 if !step.executions.exhausted_by_failure() => {
                Ending::Retry(StepError::retryable("again"), Duration::from_secs(self.random.u64(0..30)))
            }
            8 => Ending::HandedBack,
            _ => Ending::Failed(StepError::permanent("for good")),
        }
    }

    async fn heartbeat(&mut self) {
        let Some(worker) = self.worker() else { return };
        let memory = self.memory.store.heartbeat(worker, LEASE).await.unwrap();
        assert_eq!(self.sql.store.heartbeat(worker, LEASE).await.unwrap(), memory);
    }

    async fn retire(&mut self) {
        let Some(worker) = self.worker() else { return };
        self.memory.store.retire(worker).await.unwrap();
        self.sql.store.retire(worker).await.unwrap();
    }

    async fn sweep(&mut self) {
        let (mut memory, mut sql) =
            (self.memory.store.sweep().await.unwrap(), self.sql.store.sweep().await.unwrap());
        for swept in [&mut memory, &mut sql] {
            swept.workers.sort_unstable();
            swept.ended.sort_unstable();
        }
        assert_eq!(memory, sql);
    }

    /// Both stores show the same, and what they show obeys the invariants.
    async fn compare(&mut self) {
        let memory = self.memory.store.statuses(&self.tasks).await.unwrap();
        let sql = self.sql.store.statuses(&self.tasks).await.unwrap();
        for (memory, sql) in memory.iter().zip(&sql) {
            assert_eq!(memory, sql);
        }
        assert_eq!(
            self.memory.store.open_tasks(None, 1_000).await.unwrap(),
            self.sql.store.open_tasks(None, 1_000).await.unwrap()
        );
        let mut held_now = HashSet::new();
        for &worker in &self.workers {
            let held = self.memory.store.held(worker).await.unwrap();
            let executions: Vec<_> = held.iter().map(|(execution, _)| *execution).collect();
            let in_sql: Vec<_> = self.sql.store.held(worker).await.unwrap().iter().map(|(e, _)| *e).collect();
            assert_eq!(executions, in_sql);
            held_now.extend(executions.iter().map(|execution| (execution.task, execution.step)));
        }
        for status in memory.into_iter().flatten() {
            let workflow = self.memory.workflows.iter().find(|(_, known)| *known.id() == status.workflow);
            check(&status, &workflow.expect("installed").1, &held_now);
            if let Some(before) = self.before.get(&status.id) {
                check_change(before, &status);
            }
            self.before.insert(status.id, status);
        }
    }
}

/// The steps of a claim in an order that both stores have in common.
fn in_order(claimed: &[ClaimedStep]) -> Vec<(Execution, String, Vec<String>)> {
    let steps = claimed.iter().map(|step| {
        let results = step.results.iter().map(|(no, json)| format!("{}={}", no.0, json.as_str())).collect();
        (step.execution, format!("{:?} {}", step.executions, step.context.as_str()), results)
    });
    let mut steps: Vec<_> = steps.collect();
    steps.sort();
    steps
}

fn told(settled: &Settled) -> impl PartialEq + std::fmt::Debug {
    let (mut refused, mut ended) = (settled.refused.clone(), settled.ended.clone());
    refused.sort_unstable();
    ended.sort_unstable();
    (refused, ended, in_order(&settled.claimed))
}

/// Invariants 3 and 4: what a single look at a task must show.
fn check(status: &TaskStatus, workflow: &WorkflowDef, held: &HashSet<(TaskId, StepNo)>) {
    let all_done = status.steps.iter().all(|step| step.state.satisfies_dependents());
    assert_eq!(
        status.state == TaskState::Complete,
        all_done,
        "complete if and only if every step is: {status:?}"
    );
    let mut reasons = 0;
    for step in &status.steps {
        let dependencies = workflow.graph().dependencies(step.no);
        let open =
            dependencies.iter().filter(|no| !status.steps[no.index()].state.satisfies_dependents()).count();
        assert!(open == 0 || step.attempts.0 == 0, "ran before its dependencies were complete: {step:?}");
        match (step.state, step.waiting_for) {
            (StepState::InProgress, _) => {
                assert!(
                    held.contains(&(status.id, step.no)),
                    "in progress without a living worker: {step:?}"
                );
                reasons += 1;
            }
            (StepState::Pending, Some(WaitingFor::Worker | WaitingFor::Time(_))) => reasons += 1,
            (StepState::Pending, Some(WaitingFor::Dependencies(waits_for))) => {
                assert_eq!(waits_for as usize, open);
            }
            (StepState::Pending, None) => panic!("pending without a reason: {step:?}"),
            (_, waiting) => assert_eq!(waiting, None),
        }
    }
    assert_eq!(
        reasons > 0,
        !status.state.has_ended(),
        "an open task goes on, an ended one does not: {status:?}"
    );
}

/// Invariant 2: what is complete stays so.
fn check_change(before: &TaskStatus, after: &TaskStatus) {
    for (before, after) in before.steps.iter().zip(&after.steps) {
        if before.state == StepState::Complete {
            assert_eq!(before, after, "a complete step changed");
        }
    }
    assert!(!before.state.has_ended() || before.state == after.state, "an ended task went on");
}
