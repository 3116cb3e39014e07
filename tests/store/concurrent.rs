//! Many workers at one database at the same time: no task is lost, nothing runs twice, nobody is told of a deadlock.
//!
//! There is no model beside it, because the order in which things happen is the database's. The tables tell afterwards.

mod crowd;
mod ears;

use std::collections::HashSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use tasker::store::{Action, ClaimedStep, Operated, Order, Outcome, Store};
use tasker::{ManualClock, Profile, SqlStore, SqlStoreOptions, TaskId, TaskState, WorkflowDef};
use tasker_tests::postgres::Database;

use crate::databases::{database, options};
use crate::fixture::{Bench, build, clock, done, outcome, workflow};
use crowd::Crowd;

/// Several stores on one database, as several processes have them.
struct Many {
    stores: Vec<SqlStore>,
    /// One with which nobody works.
    idle: SqlStore,
    clock: Arc<ManualClock>,
    /// To look at the tables.
    db: sea_orm::DatabaseConnection,
    _folder: Option<tempfile::TempDir>,
    database: Option<Database>,
}

impl Many {
    async fn sqlite(count: usize) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}", folder.path().join("tasks.db").display());
        let clock = clock();
        let open = || SqlStoreOptions::new(&url).clock(clock.clone()).connect();
        let stores = join_all((0..count).map(|_| open())).await.into_iter().map(Result::unwrap).collect();
        let (idle, db) = (open().await.unwrap(), sea_orm::Database::connect(&url).await.unwrap());
        Self { stores, idle, clock, db, _folder: Some(folder), database: None }
    }

    async fn postgres(count: usize, profile: Profile) -> Option<Self> {
        let (database, clock) = (database().await?, clock());
        let open = || options(&database, Some(profile)).clock(clock.clone()).connect();
        let stores = join_all((0..count).map(|_| open())).await.into_iter().map(Result::unwrap).collect();
        let (idle, db) = (open().await.unwrap(), sea_orm::Database::connect(database.url()).await.unwrap());
        Some(Self { stores, idle, clock, db, _folder: None, database: Some(database) })
    }

    /// What the database had to sort out. The statistics of a connection come with a delay, so these are not all.
    async fn trouble(&self) -> String {
        use sea_orm::{ConnectionTrait, DbBackend, Statement};
        if self.database.is_none() {
            return String::new();
        }
        let sql = "SELECT deadlocks, xact_rollback FROM pg_stat_database WHERE datname = current_database()";
        let row =
            self.db.query_one_raw(Statement::from_string(DbBackend::Postgres, sql)).await.unwrap().unwrap();
        let (deadlocks, rollbacks): (i64, i64) =
            (row.try_get_by_index(0).unwrap(), row.try_get_by_index(1).unwrap());
        format!(", {deadlocks} deadlocks, {rollbacks} rollbacks")
    }

    async fn benches(&self, workflows: &[Arc<WorkflowDef>]) -> Vec<Bench<SqlStore>> {
        let mut benches = Vec::new();
        for store in &self.stores {
            benches.push(Bench::new(store.clone(), workflows).await);
        }
        benches
    }
}

/// Workflows of every form, whose steps do not end because they were lost a few times.
fn hardy() -> Vec<Arc<WorkflowDef>> {
    const MANY: u32 = 10_000;
    const SPREAD: [&str; 8] = ["s0", "s1", "s2", "s3", "s4", "s5", "s6", "s7"];
    let diamond: [(&str, &[&str], u32); 4] = [
        ("top", &[], MANY),
        ("left", &["top"], MANY),
        ("right", &["top"], MANY),
        ("join", &["left", "right"], MANY),
    ];
    let mut fan: Vec<(&str, &[&str], u32)> = vec![("open", &[], MANY)];
    fan.extend(SPREAD.map(|step| (step, &["open"][..], MANY)));
    fan.push(("close", &SPREAD, MANY));
    let sequential = WorkflowDef::builder("test", "sequential", "1.0.0").concurrent(false);
    vec![
        workflow("chain", &[("a", &[], MANY), ("b", &["a"], MANY), ("c", &["b"], MANY)]),
        workflow("diamond", &diamond),
        workflow("forest", &[("a", &[], MANY), ("b", &["a"], MANY), ("x", &[], MANY), ("y", &["x"], MANY)]),
        build(sequential, &diamond),
        workflow("fan", &fan),
    ]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_crowd_on_a_sqlite_file_brings_every_task_to_its_end() {
    Crowd::new(Many::sqlite(2).await, 40).await.run().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_crowd_on_postgres_brings_every_task_to_its_end() {
    let Some(many) = Many::postgres(4, Profile::POSTGRES).await else { return };
    Crowd::new(many, 40).await.run().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_crowd_on_postgres_without_anything_special_brings_every_task_to_its_end() {
    let Some(many) = Many::postgres(4, Profile::PLAIN).await else { return };
    Crowd::new(many, 20).await.run().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_crowd_among_operators_on_a_sqlite_file_keeps_every_rule() {
    Crowd::among_operators(Many::sqlite(2).await, 40).await.run().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_crowd_among_operators_on_postgres_keeps_every_rule() {
    let Some(many) = Many::postgres(4, Profile::POSTGRES).await else { return };
    Crowd::among_operators(many, 40).await.run().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_crowd_among_operators_on_postgres_without_anything_special_keeps_every_rule() {
    let Some(many) = Many::postgres(4, Profile::PLAIN).await else { return };
    Crowd::among_operators(many, 20).await.run().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn no_join_is_lost_when_all_that_it_waits_for_ends_at_once_on_a_sqlite_file() {
    no_join_is_lost(Many::sqlite(2).await, 2).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn no_join_is_lost_when_all_that_it_waits_for_ends_at_once_on_postgres() {
    let Some(many) = Many::postgres(4, Profile::POSTGRES).await else { return };
    no_join_is_lost(many, 6).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn no_join_is_lost_when_all_that_it_waits_for_ends_at_once_on_postgres_without_anything_special() {
    let Some(many) = Many::postgres(4, Profile::PLAIN).await else { return };
    no_join_is_lost(many, 3).await;
}

/// Of each task every store holds two of the eight steps that the last one waits for, and all settle at the same time, each
/// the tasks in an order of its own.
async fn no_join_is_lost(many: Many, rounds: usize) {
    const TASKS: usize = 12;
    let fan = hardy().pop().expect("the fan is the last one");
    let benches = many.benches(std::slice::from_ref(&fan)).await;
    let mut workers = Vec::new();
    for bench in &benches {
        workers.push(bench.worker().await);
    }
    for round in 0..rounds {
        let tasks: Vec<_> = (0..TASKS).map(|_| benches[0].task(0)).collect();
        benches[0].store.create(&tasks).await.unwrap();
        let opened: Vec<_> = benches[0].claim(workers[0], TASKS).await;
        benches[0].settle(workers[0], &ends(&opened), 0).await;
        let mut held: Vec<Vec<ClaimedStep>> = Vec::new();
        for (bench, &worker) in benches.iter().zip(&workers) {
            let mut claim = bench.claim(worker, 8 * TASKS / benches.len()).await;
            fastrand::shuffle(&mut claim);
            held.push(claim);
        }
        assert_eq!(held.iter().map(Vec::len).sum::<usize>(), 8 * TASKS);
        // In two parts each, so that those of one task meet whichever is first.
        let mut joins: Vec<ClaimedStep> = Vec::new();
        for part in 0..2 {
            let settles = benches.iter().zip(&workers).zip(&held).map(|((bench, &worker), held)| {
                let half = held.len() / 2;
                let mine = ends(if part == 0 { &held[..half] } else { &held[half..] });
                async move { bench.settle(worker, &mine, TASKS).await }
            });
            for settled in join_all(settles).await {
                assert!(settled.refused.is_empty());
                joins.extend(settled.claimed);
            }
        }
        // Whoever found a dependency left by another one left it to the other one.
        joins.extend(benches[0].claim(workers[0], TASKS).await);
        let closing: HashSet<TaskId> = joins.iter().map(|step| step.execution.task).collect();
        assert_eq!(
            (closing.len(), joins.len()),
            (TASKS, TASKS),
            "round {round}: each join is given out once"
        );
        for (bench, &worker) in benches.iter().zip(&workers) {
            let held = bench.store.held(worker).await.unwrap();
            let last = held.into_iter().map(|(execution, definition)| Outcome {
                execution,
                definition,
                ending: done(),
                records: Vec::new(),
            });
            bench.settle(worker, &last.collect::<Vec<_>>(), 0).await;
        }
        assert!(benches[0].store.open_tasks(None, 1).await.unwrap().is_empty());
    }
    let tables = crate::model::audit::Tables::read(&many.db).await.unwrap();
    tables.check(|_| Some(&fan)).unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn orders_of_many_tasks_do_not_wait_for_one_that_somebody_works_on() {
    use sea_orm::{ConnectionTrait, TransactionTrait};
    let Some(many) = Many::postgres(1, Profile::POSTGRES).await else { return };
    let bench = &many.benches(&[workflow("chain", &[("a", &[], 3), ("b", &["a"], 3)])]).await[0];
    for (table, id) in [("tasker_tasks", "id"), ("tasker_workflow_steps", "step_no = 1 AND task_id")] {
        let tasks: Vec<_> = (0..5).map(|_| bench.task(0)).collect();
        bench.store.create(&tasks).await.unwrap();
        let held = tasks[2].id;
        let somebody = many.db.begin().await.unwrap();
        let lock = format!("SELECT 1 FROM {table} WHERE {id} = '{held}' FOR UPDATE");
        somebody.execute_unprepared(&lock).await.unwrap();
        let orders: Vec<Order> = tasks.iter().map(|task| Order::new(task.id, Action::Cancel)).collect();
        let store = bench.store.clone();
        let following = tokio::spawn(async move { store.operate(&orders).await });
        let ids: Vec<TaskId> = tasks.iter().map(|task| task.id).collect();
        let cancelled = async || {
            let states = bench.store.task_states(&ids).await.unwrap().into_iter();
            states.map(|state| state == Some(TaskState::Cancelled)).collect::<Vec<_>>()
        };
        let began = Instant::now();
        while cancelled().await != [true, true, false, true, true] {
            let in_time = began.elapsed() < Duration::from_secs(20);
            assert!(in_time && !following.is_finished(), "{table}: {:?}", cancelled().await);
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        somebody.commit().await.unwrap();
        assert_eq!(following.await.unwrap().unwrap(), [Operated::Done; 5], "{table}");
        assert_eq!(cancelled().await, [true; 5], "{table}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_order_that_waited_for_somebody_stands_in_the_history_after_what_he_did() {
    use sea_orm::{ConnectionTrait, DbBackend, Statement, TransactionTrait};
    let Some(database) = database().await else { return };
    let sql = |text: &str| Statement::from_string(DbBackend::Postgres, text);
    let store = options(&database, None).connect().await.unwrap();
    let bench = Bench::new(store, &[workflow("chain", &[("a", &[], 3), ("b", &["a"], 3)])]).await;
    let db = sea_orm::Database::connect(database.url()).await.unwrap();
    let task = bench.start(0).await;
    let somebody = db.begin().await.unwrap();
    let lock = format!("SELECT 1 FROM tasker_tasks WHERE id = '{task}' FOR UPDATE");
    somebody.execute_unprepared(&lock).await.unwrap();
    let ordering = bench.store.clone();
    let cancelling = tokio::spawn(async move { ordering.operate(&[Order::new(task, Action::Cancel)]).await });
    let waits = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
    let began = Instant::now();
    loop {
        let row = db.query_one_raw(sql(waits)).await.unwrap().unwrap();
        if row.try_get_by_index::<i64>(0).unwrap() > 0 {
            break;
        }
        assert!(began.elapsed() < Duration::from_secs(20) && !cancelling.is_finished());
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    // By the clock of the database, which somebody asks before he commits.
    let now = "SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint";
    let did = somebody.query_one_raw(sql(now)).await.unwrap().unwrap();
    let did = tasker::Timestamp::from_micros(did.try_get_by_index(0).unwrap());
    somebody.commit().await.unwrap();
    assert_eq!(cancelling.await.unwrap().unwrap(), [Operated::Done]);
    let history = bench.store.history(task).await.unwrap();
    assert!(history.iter().all(|happened| happened.at >= did), "{did}: {history:?}");
    let status = bench.status(task).await;
    assert!(status.ended_at.unwrap() >= did, "{did}: {status:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_process_without_workers_tells_others_what_it_starts() {
    let Some(many) = Many::postgres(2, Profile::POSTGRES).await else { return };
    let benches = many.benches(&[workflow("chain", &[("a", &[], 3)])]).await;
    let worker = benches[1].worker().await;
    benches[1].store.sweep().await.unwrap();
    let store = benches[1].store.clone();
    let hinted = tokio::spawn(async move { store.hint().await });
    let began = Instant::now();
    // Not before it listens.
    while !hinted.is_finished() {
        assert!(began.elapsed() < Duration::from_secs(20), "nobody was told");
        benches[0].start(0).await;
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert!(!benches[1].claim(worker, 1).await.is_empty());
}

fn ends(steps: &[ClaimedStep]) -> Vec<Outcome> {
    steps.iter().map(|step| outcome(step, done())).collect()
}
