//! What a process remembers of what it did, for those who read the outbox in it, is what the database holds.

use sea_orm::prelude::Uuid;
use sea_orm::{ConnectionTrait, Database};
use tasker::SqlStore;
use tasker::store::{ClaimedStep, Cursor, Ending, Kinds, Lead, Lifecycle, Occurrence, Outcome, Store};

use crate::databases::database;
use crate::fixture::{Bench, LEASE, chain, diamond, done, failed, outcome, retry};

const PAGE: usize = 100;

/// A reader of the outbox, of one of the processes.
struct Ear<'s> {
    store: &'s SqlStore,
    kinds: Kinds,
    cursor: Cursor,
}

impl Ear<'_> {
    async fn hear(&mut self) -> Vec<Occurrence> {
        let page = self.store.feed().read_on(&self.cursor, self.kinds, PAGE).await.unwrap();
        assert!(!page.more);
        self.cursor = page.cursor;
        page.occurrences
    }
}

async fn subscribe(store: &SqlStore) -> Cursor {
    store.feed().subscribe(&["ear".to_owned()]).await.unwrap();
    match store.feed().lead("ear", Uuid::now_v7(), LEASE).await.unwrap() {
        Lead::Own(cursor) => cursor,
        other => panic!("{other:?}"),
    }
}

/// Of all that steps can come to, by turns.
fn endings(turn: usize, steps: &[ClaimedStep]) -> Vec<Outcome> {
    let ending = |at: usize| match (turn + at) % 7 {
        0 => retry(0),
        1 => Ending::HandedBack,
        2 => Ending::Skipped,
        3 if turn > 12 => failed(),
        _ => done(),
    };
    steps.iter().enumerate().map(|(at, step)| outcome(step, ending(at))).collect()
}

async fn what_is_remembered_is_what_is_stored(url: &str) {
    let bench = Bench::new(SqlStore::connect(url).await.unwrap(), &[chain(), diamond()]).await;
    let other = SqlStore::connect(url).await.unwrap();
    let cursor = subscribe(&bench.store).await;
    let ear = |store, kinds| Ear { store, kinds, cursor: cursor.clone() };
    // Only who reads the beginnings knows from them when something began.
    let ends = Kinds::from_iter([Lifecycle::StepCompleted, Lifecycle::TaskCompleted]);
    let [mut here, mut there] = [&bench.store, &other].map(|store| ear(store, Kinds::ALL));
    let [mut ends_here, mut ends_there] = [&bench.store, &other].map(|store| ear(store, ends));
    assert!(here.hear().await.is_empty());
    let worker = bench.worker().await;
    let (mut held, mut heard) = (Vec::new(), 0);
    for turn in 0..24 {
        bench.start(turn % 2).await;
        held.extend(bench.claim(worker, 4).await);
        if turn % 3 > 0 {
            let settled = bench.settle(worker, &endings(turn, &held), 4).await;
            assert!(settled.refused.is_empty());
            held = settled.claimed;
        }
        let told = here.hear().await;
        assert_eq!(told, there.hear().await, "turn {turn}");
        heard += told.len();
        if turn % 5 == 0 {
            assert_eq!(ends_here.hear().await, ends_there.hear().await, "turn {turn}");
        }
    }
    assert!(heard > 200, "{heard}");
}

/// The history is not asked for what is remembered, which is tried by taking it away.
async fn what_is_remembered_is_not_asked_for(url: &str) {
    let bench = Bench::new(SqlStore::connect(url).await.unwrap(), &[chain()]).await;
    let other = SqlStore::connect(url).await.unwrap();
    let cursor = subscribe(&bench.store).await;
    let [mut here, mut there] =
        [&bench.store, &other].map(|store| Ear { store, kinds: Kinds::ALL, cursor: cursor.clone() });
    assert!(here.hear().await.is_empty());
    let (worker, task) = (bench.worker().await, bench.start(0).await);
    for _ in 0..3 {
        bench.run_one(worker, done()).await;
    }
    let host = Database::connect(url).await.unwrap();
    host.execute_unprepared("DELETE FROM tasker_workflow_step_transitions").await.unwrap();
    let kinds = |all: Vec<Occurrence>| -> Vec<Lifecycle> {
        assert!(all.iter().all(|occurrence| occurrence.task.task_id == task));
        all.into_iter().map(|occurrence| occurrence.what).collect()
    };
    let step = [Lifecycle::StepExecutionRequested, Lifecycle::StepCompleted];
    let mut all = vec![Lifecycle::TaskInitializeRequested, Lifecycle::TaskStartRequested];
    all.extend(step.repeat(3));
    all.push(Lifecycle::TaskCompleted);
    assert_eq!(kinds(here.hear().await), all);
    all.retain(|what| !step.contains(what));
    assert_eq!(kinds(there.hear().await), all);
}

fn file(folder: &tempfile::TempDir) -> String {
    format!("sqlite://{}", folder.path().join("tasks.db").display())
}

#[tokio::test]
async fn on_sqlite_what_is_remembered_is_what_is_stored() {
    what_is_remembered_is_what_is_stored(&file(&tempfile::tempdir().unwrap())).await;
}

#[tokio::test]
async fn on_postgres_what_is_remembered_is_what_is_stored() {
    let Some(database) = database().await else { return };
    what_is_remembered_is_what_is_stored(database.url()).await;
}

#[tokio::test]
async fn on_sqlite_what_is_remembered_is_not_asked_for() {
    what_is_remembered_is_not_asked_for(&file(&tempfile::tempdir().unwrap())).await;
}

#[tokio::test]
async fn on_postgres_what_is_remembered_is_not_asked_for() {
    let Some(database) = database().await else { return };
    what_is_remembered_is_not_asked_for(database.url()).await;
}
