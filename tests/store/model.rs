//! Random histories: a database against the `MemoryStore`, and both against the invariants.
//!
//! Both stores are told the same, in the same order, by the same clock. Every answer must be the same, and after every deed every task
//! that it changed; all tasks and all tables are looked at every few deeds. A history is a list of numbers, each of which decides one deed; when one fails it is shrunk by leaving deeds out, and printed.
//!
//! What of the eight invariants of the architecture is checked, and where:
//!
//! 1. *Acknowledged is committed*: `ledger` keeps what the database said, and finds it in every later look, through other connections
//!    (`audit`) and after the database was opened again in the middle of a history (`Deed::Reopen`).
//! 2. *One outcome, once, for good*: `ledger` (no execution is given out or accepted twice, no complete step runs again), `audit` (every
//!    accepted result is stored as it was given). Outcomes come late, twice, and from others (`settle`).
//! 3. *Dependencies first*: `ledger` at every claim, by what was accepted before; `audit` counts the open ones again.
//! 4. *Nobody waits without a reason*: `stranded` is empty on both stores after every deed, and the reasons are counted again from
//!    what a status shows (`reasons`).
//! 5. *Any process may be killed*: workers crash and are swept; at its end every history is brought to the end of all its tasks. A
//!    database that is killed is another test's.
//! 6. *Nothing special is needed*: the histories run with `Profile::PLAIN`, too. The clock is the test's, so whose clock counts is
//!    not seen here.
//! 7. *Every transaction may be repeated*: what may be asked again is asked again. That it is repeated where it cannot be
//!    serialized, `concurrent` shows.
//! 8. *Cost*: is measured, not tested.
//!
//! `TASKER_HISTORIES` says how many histories each store has to stand, `TASKER_SEED` repeats one.

pub(crate) mod audit;
mod deeds;
mod feed;
mod flaws;
mod history;
mod lane;
mod ledger;
mod operate;
mod reasons;
mod settle;
mod side;

use std::fmt::Write;
use std::panic::AssertUnwindSafe;

use futures_util::{FutureExt, StreamExt};
use tasker::Profile;

use history::History;
use lane::{Lane, Place};

use crate::databases::database;

/// What was expected and what came instead, or nothing.
type Check = Result<(), String>;

/// How a history failed.
struct Failure {
    /// The deed at which it did.
    at: usize,
    message: String,
    log: Vec<String>,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sqlite_database_in_memory_behaves_like_the_model() {
    let lanes = [Lane::open(Place::memory()).await, Lane::open(Place::memory()).await];
    stand("SQLite in memory", lanes, 300).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sqlite_file_behaves_like_the_model() {
    let lanes = [Lane::open(Place::file()).await, Lane::open(Place::file()).await];
    stand("a SQLite file", lanes, 200).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_postgres_database_behaves_like_the_model() {
    on_postgres("PostgreSQL", Profile::POSTGRES).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_postgres_database_without_anything_special_behaves_like_the_model() {
    on_postgres("PostgreSQL, plain", Profile::PLAIN).await;
}

async fn on_postgres(what: &str, profile: Profile) {
    let Some((one, other)) = database().await.zip(database().await) else { return };
    let lanes =
        [Lane::open(Place::postgres(one, profile)).await, Lane::open(Place::postgres(other, profile)).await];
    stand(what, lanes, 200).await;
}

/// Runs histories, as many as were asked for, half of them in each lane.
async fn stand(what: &str, lanes: [Lane; 2], usually: usize) {
    let asked = |name| std::env::var(name).ok().map(|value| value.parse().expect("a number"));
    let seeds: Vec<u64> = match asked("TASKER_SEED") {
        Some(seed) => vec![seed],
        None => (0..asked("TASKER_HISTORIES").map_or(usually, |many| many as usize))
            .map(|_| fastrand::u64(..))
            .collect(),
    };
    let (seeds, began) = (futures_util::lock::Mutex::new(seeds), std::time::Instant::now());
    let (seeds, histories) = (&seeds, &std::sync::atomic::AtomicUsize::new(0));
    let run = async |mut lane: Lane| {
        while let Some(seed) = { seeds.lock().await.pop() } {
            if let Err(failure) = lane.run(&deeds_of(seed)).await {
                panic!("{}", report(what, seed, &mut lane, failure).await);
            }
            histories.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        }
    };
    futures_util::stream::iter(lanes).for_each_concurrent(2, run).await;
    println!("{what}: {histories:?} histories in {:?}", began.elapsed());
}

/// A history in numbers.
fn deeds_of(seed: u64) -> Vec<u64> {
    let mut random = fastrand::Rng::with_seed(seed);
    (0..history::DEEDS).map(|_| random.u64(..)).collect()
}

impl Lane {
    /// Runs one history on an empty database.
    async fn run(&mut self, deeds: &[u64]) -> Result<(), Failure> {
        let mut history = History::new(self).await;
        for at in 0..=deeds.len() {
            // After the last one everything is brought to its end.
            let deed = deeds.get(at).copied();
            let done = AssertUnwindSafe(history.step(deed)).catch_unwind().await;
            let done = done.unwrap_or_else(|_| Err("a panic".to_owned()));
            if let Err(message) = done {
                return Err(Failure { at, message, log: history.log });
            }
        }
        Ok(())
    }

    /// Leaves out what comes after the failure, and then every deed without which it still fails.
    async fn shrink(&mut self, mut deeds: Vec<u64>, mut failure: Failure) -> (usize, Failure) {
        deeds.truncate(failure.at + 1);
        let mut at = deeds.len();
        while at > 0 {
            at -= 1;
            let mut fewer = deeds.clone();
            fewer.remove(at);
            if let Err(again) = self.run(&fewer).await {
                fewer.truncate(again.at + 1);
                (deeds, failure) = (fewer, again);
                at = at.min(deeds.len());
            }
        }
        (deeds.len(), failure)
    }
}

async fn report(what: &str, seed: u64, lane: &mut Lane, failure: Failure) -> String {
    let Failure { at, message, .. } = &failure;
    let mut report = format!("{what}: TASKER_SEED={seed} failed at deed {at}: {message}\n");
    let (left, failure) = lane.shrink(deeds_of(seed), failure).await;
    let _ = writeln!(report, "These {left} deeds fail, too: {}", failure.message);
    for line in &failure.log {
        let _ = writeln!(report, "  {line}");
    }
    report
}
