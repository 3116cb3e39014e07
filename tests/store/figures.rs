//! What is counted is what happened: the numbers of every store against those that a test counts from the histories of all tasks.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use sea_orm::{ConnectionTrait, Database, DatabaseConnection};
use tasker::analytics::{Digest, Histogram, window_start};
use tasker::store::{
    Action, Digests, Ending, Figures, Operated, Order, Outcome, Population, Room, Store, Wanted, What,
};
use tasker::{
    Clock, ManualClock, SqlStore, SqlStoreOptions, StepError, StepState, TaskId, TaskState, Timestamp,
};

use crate::databases::{database, options};
use crate::fixture::{Bench, LEASE, chain, clock, diamond, done, failed, outcome, retry};

const HOUR: Duration = Duration::from_hours(1);

/// What the test counts: durations in microseconds, in order.
#[derive(Debug, Default, PartialEq, Eq)]
struct Plain {
    /// By workflow and state.
    tasks: BTreeMap<(String, TaskState), Vec<u64>>,
    /// By step: its executions.
    runs: BTreeMap<String, Vec<u64>>,
    /// By step: how long it waited for its first execution.
    queues: BTreeMap<String, Vec<u64>>,
    /// By step and code.
    errors: BTreeMap<(String, String), u64>,
}

impl Plain {
    /// Counts all tasks that ended since then and stand there, from their histories.
    async fn count(bench: &Bench<impl Store>, tasks: &[TaskId], since: Timestamp) -> Self {
        let mut plain = Self::default();
        for &task in tasks {
            let status = bench.status(task).await;
            let Some(ended_at) = status.ended_at.filter(|&at| at >= since) else { continue };
            let name = status.workflow.name.clone();
            plain
                .tasks
                .entry((name.clone(), status.state))
                .or_default()
                .push(between(status.created_at, ended_at));
            plain.count_steps(bench, task, &name, status.created_at).await;
        }
        let lists = plain.tasks.values_mut().chain(plain.runs.values_mut()).chain(plain.queues.values_mut());
        lists.for_each(|list| list.sort_unstable());
        plain
    }

    async fn count_steps(
        &mut self,
        bench: &Bench<impl Store>,
        task: TaskId,
        workflow: &str,
        created: Timestamp,
    ) {
        let history = bench.store.history(task).await.unwrap();
        let anew = history
            .iter()
            .rev()
            .find(|happened| matches!(happened.what, What::Task { from: TaskState::Error, .. }));
        let anew = anew.map_or(created, |happened| happened.at);
        let (mut began, mut over) = (BTreeMap::new(), BTreeMap::new());
        let mut first: BTreeMap<String, Timestamp> = BTreeMap::new();
        for happened in &history {
            let What::Step { step, from, to, error, .. } = &happened.what else { continue };
            if *to == StepState::InProgress {
                began.insert(step.clone(), happened.at);
                first.entry(step.clone()).or_insert(happened.at);
            }
            if to.satisfies_dependents() {
                over.insert(step.clone(), happened.at);
            }
            let outcome = matches!(to, StepState::Complete | StepState::Skipped | StepState::Error);
            if *from == StepState::InProgress && outcome && happened.at >= anew {
                let key = format!("{workflow}.{step}");
                self.runs.entry(key.clone()).or_default().push(between(began[step], happened.at));
                if *to == StepState::Error {
                    let code = error.as_ref().and_then(|error| error.error_code()).unwrap_or_default();
                    *self.errors.entry((key, code.to_owned())).or_default() += 1;
                }
            }
        }
        let known = bench.workflows.iter().find(|(_, known)| known.id().name == workflow).unwrap();
        for (step, first) in first.into_iter().filter(|(_, first)| *first >= anew) {
            let no = known.1.find(&step).unwrap();
            let dependencies = known.1.graph().dependencies(no);
            let ends = dependencies.iter().map(|&no| over[known.1.step(no).unwrap().name()]);
            let released = ends.max().unwrap_or(created);
            self.queues.entry(format!("{workflow}.{step}")).or_default().push(between(released, first));
        }
    }
}

fn between(from: Timestamp, to: Timestamp) -> u64 {
    to.since(from).as_micros() as u64
}

/// All that is told, by workflow.
fn together(digests: &Digests) -> BTreeMap<String, Digest> {
    let mut all: BTreeMap<String, Digest> = BTreeMap::new();
    for period in &digests.periods {
        all.entry(period.workflow.name.clone()).or_default().merge(&period.digest);
    }
    all
}

/// That a histogram is of these durations, which are in order.
fn assert_durations(what: &str, told: &Histogram, expected: &[u64]) {
    assert_eq!(told.count(), expected.len() as u64, "{what}: {expected:?}");
    assert_eq!(told.sum(), Duration::from_micros(expected.iter().sum()), "{what}: {expected:?}");
    assert_eq!(told.longest(), expected.last().map(|&longest| Duration::from_micros(longest)), "{what}");
    for percent in [50, 95, 99] {
        let Some(told) = told.percentile(percent) else { continue };
        let expected = expected[(expected.len() * usize::from(percent)).div_ceil(100) - 1];
        let told = told.as_micros() as u64;
        assert!(told.abs_diff(expected) * 16 <= expected, "p{percent} of {what}: {told}, not {expected}");
    }
}

fn assert_same(told: &BTreeMap<String, Digest>, plain: &Plain) {
    let states = |(name, digest): (&String, &Digest)| {
        digest.tasks.ended.keys().map(|&state| (name.clone(), state)).collect::<Vec<_>>()
    };
    let ended: Vec<_> = told.iter().flat_map(states).collect();
    assert_eq!(ended, plain.tasks.keys().cloned().collect::<Vec<_>>());
    for ((name, state), took) in &plain.tasks {
        assert_durations(&format!("{name} {state}"), &told[name].tasks.ended[state], took);
    }
    let empty = Histogram::default();
    for (workflow, digest) in told {
        assert_eq!(digest.tasks.looked_at, digest.tasks.count(), "{workflow}");
        let all: u64 = digest.steps.by_name.values().map(|step| step.run.count()).sum();
        assert_eq!(all, digest.tasks.run.count());
    }
    let step = |key: &str| {
        let (workflow, step) = key.split_once('.').unwrap();
        told[workflow].steps.by_name.get(step)
    };
    for (key, runs) in &plain.runs {
        assert_durations(key, step(key).map_or(&empty, |step| &step.run), runs);
    }
    for (key, queues) in &plain.queues {
        assert_durations(
            &format!("the queue of {key}"),
            step(key).map_or(&empty, |step| &step.queue),
            queues,
        );
    }
    let errors = told.iter().flat_map(|(workflow, digest)| {
        let steps = digest.steps.by_name.iter();
        steps.flat_map(move |(step, told)| {
            told.errors
                .iter()
                .map(move |(code, error)| ((format!("{workflow}.{step}"), code.clone()), error.times))
        })
    });
    assert_eq!(errors.collect::<BTreeMap<_, _>>(), plain.errors);
    let failures: u64 = told.values().map(|digest| digest.tasks.failures).sum();
    assert_eq!(failures, plain.errors.values().sum::<u64>());
}

/// Works for so long: tasks start, steps run for a while and end in one way or another, and now and then somebody counts.
async fn live(
    bench: &Bench<impl Store>,
    clock: &ManualClock,
    time: Duration,
    random: &mut fastrand::Rng,
) -> Vec<TaskId> {
    let (mut tasks, mut running) = (Vec::new(), Vec::new());
    let until = clock.now() + time;
    let worker = bench.worker().await;
    while clock.now() < until {
        for _ in 0..random.usize(0..4) {
            tasks.push(bench.start(random.usize(0..bench.workflows.len())).await);
        }
        running.extend(bench.claim(worker, random.usize(0..12)).await);
        random.shuffle(&mut running);
        let ended = running.split_off(random.usize(0..=running.len()));
        let ending = |random: &mut fastrand::Rng| match random.u32(0..20) {
            0 => failed(),
            1 => Ending::HandedBack,
            2 => retry(random.u64(0..200)),
            3 => Ending::Retry(StepError::retryable("busy").code("BUSY"), Duration::ZERO),
            4 => Ending::Skipped,
            _ => done(),
        };
        let outcomes: Vec<Outcome> = ended.iter().map(|step| outcome(step, ending(random))).collect();
        bench.settle(worker, &outcomes, 0).await;
        if random.u32(0..10) == 0 && !tasks.is_empty() {
            let task = tasks[random.usize(0..tasks.len())];
            bench.store.operate(&[Order::new(task, Action::Cancel)]).await.unwrap();
        }
        clock.advance(Duration::from_micros(random.u64(1..40_000_000)));
        bench.store.heartbeat(worker, LEASE).await.unwrap();
        if random.u32(0..8) == 0 {
            while bench.store.figures().count_ended().await.unwrap() {}
        }
    }
    bench.store.retire(worker).await.unwrap();
    tasks
}

/// Holds what is told of the last hours against the histories.
async fn compare(bench: &Bench<impl Store>, tasks: &[TaskId], clock: &ManualClock, hours: u32) {
    let digests = bench.store.figures().digests(&Wanted::last(HOUR * hours)).await.unwrap();
    let since = window_start(clock.now(), HOUR * hours);
    assert_eq!((digests.now, digests.from), (clock.now(), since));
    // Rows of an hour that reach into the window are told whole.
    let first = digests.periods.iter().map(|period| period.from).min().unwrap_or(since).min(since);
    assert_same(&together(&digests), &Plain::count(bench, tasks, first).await);
}

pub(crate) async fn what_ended_is_told_as_it_was(store: impl Store, clock: Arc<ManualClock>) {
    let seed = std::env::var("TASKER_SEED").map_or_else(|_| fastrand::u64(..), |seed| seed.parse().unwrap());
    println!("TASKER_SEED={seed}");
    let mut random = fastrand::Rng::with_seed(seed);
    let bench = Bench::new(store, &[chain(), diamond()]).await;
    let mut tasks = Vec::new();
    // Nobody works for a while in between, and nobody counts.
    for (minutes, pause) in [(20, 7), (3, 130), (25, 400), (12, 0)] {
        tasks.extend(live(&bench, &clock, Duration::from_mins(minutes), &mut random).await);
        clock.advance(Duration::from_secs(1));
        for hours in [1, 4, 24] {
            compare(&bench, &tasks, &clock, hours).await;
        }
        clock.advance(Duration::from_mins(pause));
        compare(&bench, &tasks, &clock, 24).await;
    }
    while bench.store.figures().count_ended().await.unwrap() {}
    for hours in [1, 4, 24] {
        compare(&bench, &tasks, &clock, hours).await;
    }
}

pub(crate) async fn a_report_reaches_back_to_where_its_window_begins(
    store: impl Store,
    clock: Arc<ManualClock>,
) {
    let bench = Bench::new(store, &[chain()]).await;
    let worker = bench.worker().await;
    bench.start(0).await;
    bench.run_one(worker, failed()).await;
    let told = async |hours: u32| {
        let digests = bench.store.figures().digests(&Wanted::last(HOUR * hours)).await.unwrap();
        digests.periods.iter().map(|period| period.digest.tasks.count()).sum::<u64>()
    };
    for (minutes, expected) in [(0, [1, 1, 1]), (75, [0, 1, 1]), (240, [0, 0, 1]), (24 * 60, [0, 0, 0])] {
        clock.advance(Duration::from_mins(minutes));
        for counted in [false, true] {
            assert_eq!([told(1).await, told(4).await, told(24).await], expected, "{minutes} {counted}");
            while bench.store.figures().count_ended().await.unwrap() {}
        }
    }
    let of = |namespace: &str, name: &str| Wanted {
        namespace: Some(namespace.to_owned()),
        name: Some(name.to_owned()),
        version: Some("1.0.0".to_owned()),
        ..Wanted::last(HOUR * 24 * 7)
    };
    for (namespace, name, expected) in
        [("test", "chain", 1), ("test", "else", 0), ("else", "chain", 0), ("\0", "chain", 0)]
    {
        let found = bench.store.figures().digests(&of(namespace, name)).await.unwrap();
        assert_eq!(found.periods.len(), expected, "{namespace:?} {name}");
    }
    let without_steps = Wanted { steps: false, ..of("test", "chain") };
    let found = bench.store.figures().digests(&without_steps).await.unwrap();
    assert!(found.periods[0].digest.steps.by_name.is_empty());
    assert_eq!(found.periods[0].digest.tasks.failures, 1);
}

pub(crate) async fn tasks_and_steps_are_counted_where_they_stand(store: impl Store, clock: Arc<ManualClock>) {
    let bench = Bench::new(store, &[chain(), diamond()]).await;
    let worker = bench.worker().await;
    let complete = bench.start(0).await;
    for _ in 0..3 {
        bench.run_one(worker, done()).await;
    }
    let in_error = bench.start(0).await;
    bench.run_one(worker, failed()).await;
    let exhausted = bench.start(0).await;
    bench.run_one(worker, done()).await;
    bench.run_one(worker, done()).await;
    bench.run_one(worker, failed()).await;
    let backoff = bench.start(1).await;
    bench.run_one(worker, retry(60)).await;
    let waits = bench.start(1).await;
    let tally = bench.store.figures().tally().await.unwrap();
    let states = |tally: &tasker::store::Tally| {
        TaskState::ALL.iter().map(|state| tally.tasks[state]).collect::<Vec<_>>()
    };
    assert_eq!(states(&tally), [1, 1, 1, 2, 0, 0], "{tally:?}");
    let steps: Vec<u64> = StepState::ALL.iter().map(|state| tally.steps[state]).collect();
    assert_eq!(steps, [8, 0, 0, 0, 0, 0, 0], "{tally:?}");
    // One of them failed at its first execution of three, the other at its only one.
    assert_eq!((tally.in_backoff, tally.exhausted, tally.failed_at_once), (1, 1, 1), "{tally:?}");
    assert_eq!((tally.workers, tally.oldest_waiting), (1, Some(backoff)), "{tally:?}");
    let population = bench.store.figures().population().await.unwrap();
    assert_eq!(population, Population { open_tasks: 2, namespaces: 1, workflows: 2 });
    clock.advance(Duration::from_mins(5));
    while bench.store.figures().count_ended().await.unwrap() {}
    let later = bench.store.figures().tally().await.unwrap();
    assert_eq!((states(&later), later.in_backoff, later.workers), (states(&tally), 0, 0));
    // What is removed is counted no more, whether its minute was counted or not.
    let worker = bench.worker().await;
    bench.run_one(worker, done()).await;
    assert_eq!(bench.store.operate(&[Order::new(waits, Action::Cancel)]).await.unwrap(), [Operated::Done]);
    assert_eq!(bench.store.purge(Duration::ZERO, 100).await.unwrap(), 4);
    let left = bench.store.figures().tally().await.unwrap();
    assert_eq!(states(&left), [0, 1, 0, 0, 0, 0], "{left:?} {complete} {in_error} {exhausted}");
}

pub(crate) async fn a_task_that_is_retried_counts_with_each_of_its_ends(
    store: impl Store,
    clock: Arc<ManualClock>,
) {
    let bench = Bench::new(store, &[chain()]).await;
    let worker = bench.worker().await;
    let task = bench.start(0).await;
    bench.run_one(worker, failed()).await;
    clock.advance(Duration::from_mins(3));
    while bench.store.figures().count_ended().await.unwrap() {}
    assert_eq!(bench.store.operate(&[Order::new(task, Action::Retry)]).await.unwrap(), [Operated::Done]);
    let worker = bench.worker().await;
    for _ in 0..3 {
        bench.run_one(worker, done()).await;
    }
    let told = together(&bench.store.figures().digests(&Wanted::last(HOUR)).await.unwrap());
    let chain = &told["chain"];
    assert_eq!(chain.tasks.count_of(TaskState::Complete), 1);
    // A store that looks at every task each time knows of the last end alone.
    let ends = chain.tasks.count();
    assert_eq!((chain.tasks.count_of(TaskState::Error), chain.tasks.failures), (ends - 1, ends - 1));
    assert_eq!(chain.tasks.run.count(), 3 + (ends - 1));
    assert_eq!(bench.store.figures().tally().await.unwrap().tasks[&TaskState::Complete], 1);
}

/// Two stores on one database, and a connection of the test's own.
struct Pair {
    stores: [Bench<SqlStore>; 2],
    clock: Arc<ManualClock>,
    db: DatabaseConnection,
}

/// Tries something on a SQLite file and on PostgreSQL.
async fn on_each_database(test: impl AsyncFn(Pair)) {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}", folder.path().join("tasks.db").display());
    test(Pair::open(&url, || SqlStoreOptions::new(&*url)).await).await;
    if let Some(database) = database().await {
        test(Pair::open(database.url(), || options(&database, None)).await).await;
    }
}

impl Pair {
    async fn open(url: &str, options: impl Fn() -> SqlStoreOptions) -> Self {
        let clock = clock();
        let store = async || options().clock(clock.clone()).connect().await.unwrap();
        let stores =
            [Bench::new(store().await, &[chain()]).await, Bench::new(store().await, &[chain()]).await];
        Self { stores, clock, db: Database::connect(url).await.unwrap() }
    }

    /// Ends so many tasks, some seconds after one another.
    async fn end(&self, tasks: usize) -> Vec<TaskId> {
        let [bench, _] = &self.stores;
        let worker = bench.worker().await;
        let mut ended = Vec::new();
        for _ in 0..tasks {
            ended.push(bench.start(0).await);
            for _ in 0..3 {
                bench.run_one(worker, done()).await;
            }
            self.clock.advance(Duration::from_secs(5));
        }
        bench.store.retire(worker).await.unwrap();
        ended
    }

    async fn counted(&self) -> (u64, u64) {
        let [bench, _] = &self.stores;
        let told = together(&bench.store.figures().digests(&Wanted::last(HOUR * 24)).await.unwrap());
        let tally = bench.store.figures().tally().await.unwrap();
        (told.get("chain").map_or(0, |chain| chain.tasks.count()), tally.tasks[&TaskState::Complete])
    }

    async fn count_all(&self) {
        while self.stores[0].store.count_ended().await.unwrap() {}
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_many_count_at_the_same_time_is_counted_once() {
    on_each_database(async |pair: Pair| {
        for round in 1..=3_u64 {
            pair.end(40).await;
            pair.clock.advance(Duration::from_mins(30));
            let count = |bench: &Bench<SqlStore>| {
                let store = bench.store.clone();
                tokio::spawn(async move { while store.count_ended().await.unwrap() {} })
            };
            let counting: Vec<_> =
                pair.stores.iter().flat_map(|bench| [count(bench), count(bench)]).collect();
            for counting in counting {
                counting.await.unwrap();
            }
            assert_eq!(pair.counted().await, (40 * round, 40 * round));
        }
        // They are put together, too.
        pair.clock.advance(HOUR * 6);
        pair.count_all().await;
        assert_eq!(pair.counted().await, (120, 120));
        let left = pair
            .db
            .query_all_raw(of(&pair.db, "SELECT DISTINCT span FROM tasker_statistics ORDER BY span"))
            .await;
        let spans: Vec<i32> = left.unwrap().iter().map(|row| row.try_get_by_index(0).unwrap()).collect();
        assert_eq!(spans, [0, 3600]);
    })
    .await;
}

#[tokio::test]
async fn what_is_committed_late_is_counted_when_periods_are_put_together() {
    on_each_database(async |pair: Pair| {
        let tasks = pair.end(6).await;
        // As if the transaction that ended it had not come to its end yet.
        let late = tasks[2].as_uuid().simple().to_string();
        let id = if pair.db.get_database_backend() == sea_orm::DbBackend::Sqlite {
            format!("x'{late}'")
        } else {
            format!("'{late}'::uuid")
        };
        let ended_at = pair.stores[0].status(tasks[2]).await.ended_at.unwrap().as_micros();
        let change = async |what: String| {
            pair.db
                .execute_unprepared(&format!("UPDATE tasker_tasks SET {what} WHERE id = {id}"))
                .await
                .unwrap();
        };
        change("state = 'in_progress', ended_at = NULL".to_owned()).await;
        pair.clock.advance(Duration::from_mins(3));
        pair.count_all().await;
        assert_eq!(pair.counted().await, (5, 5));
        change(format!("state = 'complete', ended_at = {ended_at}")).await;
        pair.count_all().await;
        pair.clock.advance(Duration::from_mins(12));
        pair.count_all().await;
        assert_eq!(pair.counted().await, (6, 6));
        pair.clock.advance(HOUR * 7);
        pair.count_all().await;
        assert_eq!(pair.counted().await, (6, 6));
    })
    .await;
}

#[tokio::test]
async fn what_was_counted_stays_known_when_the_tasks_are_removed() {
    on_each_database(async |pair: Pair| {
        pair.end(12).await;
        pair.clock.advance(Duration::from_mins(3));
        pair.count_all().await;
        let [bench, _] = &pair.stores;
        assert_eq!(bench.store.purge(Duration::ZERO, 100).await.unwrap(), 12);
        for hours in [0, 1, 6] {
            pair.clock.advance(HOUR * hours);
            pair.count_all().await;
            assert_eq!(pair.counted().await, (12, 0));
        }
        // And is forgotten after eight days, once something new is counted.
        pair.clock.advance(HOUR * 24 * 9);
        pair.end(1).await;
        pair.clock.advance(HOUR * 7);
        pair.count_all().await;
        let rows =
            pair.db.query_all_raw(of(&pair.db, "SELECT span FROM tasker_statistics WHERE span > 0")).await;
        assert_eq!(rows.unwrap().len(), 1);
    })
    .await;
}

#[tokio::test]
async fn where_many_end_some_stand_for_all() {
    const TASKS: usize = 700;
    on_each_database(async |pair: Pair| {
        let [bench, _] = &pair.stores;
        let worker = bench.worker().await;
        let tasks: Vec<_> = (0..TASKS).map(|_| bench.task(0)).collect();
        bench.store.create(&tasks).await.unwrap();
        for _ in 0..3 {
            let steps = bench.claim(worker, TASKS).await;
            pair.clock.advance(Duration::from_secs(1));
            bench.complete(worker, &steps, &Room::new(0)).await;
        }
        let check = async |least: u64, most: u64| {
            let told = together(&bench.store.figures().digests(&Wanted::last(HOUR)).await.unwrap());
            let chain = &told["chain"];
            assert_eq!((chain.tasks.count(), chain.tasks.run.count()), (700, 3 * 700));
            assert_eq!(chain.steps.by_name["b"].run.sum(), Duration::from_secs(700));
            assert!((least..=most).contains(&chain.tasks.looked_at), "{}", chain.tasks.looked_at);
        };
        check(1, 640).await;
        pair.clock.advance(Duration::from_mins(3));
        pair.count_all().await;
        check(200, 200).await;
    })
    .await;
}

fn of(db: &DatabaseConnection, sql: &str) -> sea_orm::Statement {
    sea_orm::Statement::from_string(db.get_database_backend(), sql)
}
