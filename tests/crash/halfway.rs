//! Calls to the store that stop half-way, because whoever asked is gone or frozen.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use futures_util::future::join_all;
use sea_orm::{ConnectionTrait, Database, EntityTrait};
use serde_json::json;
use tasker::orm::entity::worker;
use tasker::{SqlStore, Store, WorkerId};
use tasker_tests::operator::Operator as _;
use tasker_tests::postgres;

use crate::patience::soon;
use crate::site::{Place, Site};

/// More than any of these calls waits for.
const MOST_WAITS: usize = 40;

/// Lets a call go on until it waits for the n-th time, and drops it there; says whether it came to its end before.
async fn drop_at_wait(waits: usize, call: impl Future) -> bool {
    let mut call = pin!(call);
    let mut polls = 0;
    poll_fn(|context| {
        polls += 1;
        match call.as_mut().poll(context) {
            Poll::Ready(_) => Poll::Ready(true),
            Poll::Pending if polls == waits => Poll::Ready(false),
            Poll::Pending => Poll::Pending,
        }
    })
    .await
}

/// How many connections are in a transaction and wait for its owner.
fn open_transactions(database: &postgres::Database) -> usize {
    let open = "SELECT count(*) FROM pg_stat_activity
                WHERE datname = current_database() AND state LIKE 'idle in transaction%'";
    tokio::task::block_in_place(|| database.query(open)).parse().unwrap()
}

/// Otherwise what the next one does on that connection would be acknowledged and never committed.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_call_that_is_dropped_leaves_no_transaction_open() {
    let Some(site) = Site::postgres().await else { return };
    let Place::Postgres(database) = &site.database else { unreachable!("as it was made") };
    let task = site.start(0, 0).await.id();
    let (store, lease) = (&site.store, Duration::from_mins(1));
    for call in ["sweep", "retire", "pause", "statuses"] {
        for waits in 1..MOST_WAITS {
            let worker = WorkerId::random();
            let lease = if call == "sweep" { Duration::ZERO } else { lease };
            store.enlist(worker, lease, &[]).await.unwrap();
            let ended = match call {
                "sweep" => drop_at_wait(waits, store.sweep()).await,
                "retire" => drop_at_wait(waits, store.retire(worker)).await,
                "pause" => drop_at_wait(waits, store.pause(task)).await,
                _ => drop_at_wait(waits, store.statuses(&[task])).await,
            };
            let what = format!("no transaction is open after `{call}` was dropped at its wait {waits}");
            soon(&what, || open_transactions(database) == 0).await;
            if ended {
                break;
            }
        }
    }
}

/// A process that is frozen, or cut off from the database, while it takes back what a dead worker held keeps others from doing that
/// for some seconds, not for as long as it is frozen.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sweep_that_is_frozen_is_overtaken() {
    let Some(site) = Site::postgres().await else { return };
    let Place::Postgres(database) = &site.database else { unreachable!("as it was made") };
    let other = SqlStore::connect(site.url()).await.unwrap();
    let row = "SELECT count(*) < (SELECT count(*) FROM tasker_workers)
               FROM (SELECT 1 FROM tasker_workers FOR UPDATE SKIP LOCKED) AS free";
    let locked = || tokio::task::block_in_place(|| database.query(row)) == "t";
    // The database may answer so soon that a sweep is at its end before it was seen to hold the lock; then the next one is frozen.
    let mut sweeps = 0;
    let (dead, frozen) = loop {
        let dead = WorkerId::random();
        site.store.enlist(dead, Duration::ZERO, &[]).await.unwrap();
        let mut frozen = Box::pin(site.store.sweep());
        let mut waits = true;
        while waits && !locked() {
            waits = poll_fn(|context| Poll::Ready(frozen.as_mut().poll(context).is_pending())).await;
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        if waits {
            break (dead, frozen);
        }
        sweeps += 1;
        assert!(sweeps < 100, "no sweep was seen to hold the lock");
    };
    soon("the database waits for the frozen process", || open_transactions(database) == 1).await;
    let swept = tokio::time::timeout(Duration::from_secs(15), other.sweep()).await;
    let swept = swept.expect("the sweep does not wait for ever").unwrap();
    assert_eq!(swept.workers, [dead]);
    let late = frozen.await;
    assert!(
        late.as_ref().map_or_else(tasker::StoreError::is_transient, |swept| swept.workers.is_empty()),
        "{late:?}"
    );
}

/// What others ask of the same connection meanwhile is not part of the transaction that failed.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_transaction_that_fails_takes_nothing_else_with_it() {
    const OTHERS: usize = 20;
    let site = Site::sqlite().await;
    let db = Database::connect(site.url()).await.unwrap();
    let refuse =
        "CREATE TRIGGER refuse BEFORE INSERT ON tasker_workflow_steps BEGIN SELECT RAISE(ABORT, 'no'); END";
    db.execute_unprepared(refuse).await.unwrap();
    let mut enlisted = Vec::new();
    for _ in 0..20 {
        let workers: Vec<_> = (0..OTHERS).map(|_| WorkerId::random()).collect();
        let others = workers.iter().map(|&worker| site.store.enlist(worker, Duration::from_mins(1), &[]));
        let task = site.client.start_named("crash", "chain", "0.1.0", json!({"number": 0, "nap": 0}));
        let (started, others) = tokio::join!(task, join_all(others));
        assert!(started.unwrap_err().to_string().ends_with("no"), "the trigger is not there");
        others.into_iter().collect::<Result<Vec<_>, _>>().unwrap();
        enlisted.extend(workers);
    }
    let there = worker::Entity::find().all(&db).await.unwrap();
    let lost = enlisted.iter().filter(|&worker| there.iter().all(|row| row.id != worker.as_uuid())).count();
    assert_eq!(lost, 0, "of {} that were acknowledged", enlisted.len());
}
