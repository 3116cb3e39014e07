//! A call to the store that is dropped half-way leaves no transaction open behind it: what the next one does on that connection would be
//! acknowledged and never committed.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use tasker::{Store, WorkerId};

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

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_call_that_is_dropped_leaves_no_transaction_open() {
    let Some(site) = Site::postgres().await else { return };
    let Place::Postgres(database) = &site.database else { unreachable!("as it was made") };
    let task = site.start(0, 0).await.id();
    let (store, lease) = (&site.store, Duration::from_secs(60));
    for call in ["sweep", "retire", "pause", "statuses"] {
        for waits in 1..MOST_WAITS {
            let worker = WorkerId::random();
            let lease = if call == "sweep" { Duration::ZERO } else { lease };
            store.enlist(worker, lease).await.unwrap();
            let ended = match call {
                "sweep" => drop_at_wait(waits, store.sweep()).await,
                "retire" => drop_at_wait(waits, store.retire(worker)).await,
                "pause" => drop_at_wait(waits, store.pause(task)).await,
                _ => drop_at_wait(waits, store.statuses(&[task])).await,
            };
            let open = "SELECT count(*) FROM pg_stat_activity
                        WHERE datname = current_database() AND state LIKE 'idle in transaction%'";
            let what = format!("no transaction is open after `{call}` was dropped at its wait {waits}");
            soon(&what, || tokio::task::block_in_place(|| database.query(open)) == "0").await;
            if ended {
                break;
            }
        }
    }
}
