//! `kill -9` of one worker after the other, under load.

use std::time::Duration;

use crate::audit::Audit;
use crate::load::Load;
use crate::patience::{a_while, rounds};
use crate::process::{Options, Worker};
use crate::site::Site;

/// How long a step may wait after its process died: the lease, and some time to notice.
const LEASE: Duration = Duration::from_secs(1);
const NOTICE: Duration = Duration::from_secs(2);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_workers_lose_nothing_on_sqlite() {
    workers_are_killed(Site::sqlite().await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_workers_lose_nothing_on_postgres() {
    if let Some(site) = Site::postgres().await {
        workers_are_killed(site).await;
    }
}

async fn workers_are_killed(site: Site) {
    const WORKERS: usize = 3;
    let options = Options { lease: LEASE, starts: true, ..Options::default() };
    let mut random = site.random();
    let mut workers = Vec::new();
    for _ in 0..WORKERS {
        workers.push(Worker::start_with(&site, options.clone()).await);
    }
    let load = Load::begin(&site, 40);
    let mut deaths = Vec::new();
    for _ in 0..rounds(4) {
        a_while(&mut random, 150..600).await;
        let victim = workers.swap_remove(random.usize(0..WORKERS));
        deaths.push(victim.kill());
        workers.push(Worker::start_with(&site, options.clone()).await);
    }
    load.served(200).await;
    let mut acknowledged = load.finish().await;
    site.all_ended().await;
    for worker in workers {
        worker.terminate().await;
    }
    acknowledged.extend(site.said().iter().flat_map(crate::process::Said::started));

    let audit = Audit::of(&site, &acknowledged).await;
    let recoveries = audit.recoveries(&deaths);
    assert!(!recoveries.is_empty(), "no kill struck a step, so the test says nothing");
    let back = recoveries.iter().map(|one| one.0).max().unwrap();
    let again = recoveries.iter().map(|one| one.1).max().unwrap();
    println!(
        "{}: {} tasks, {} kills, {} leases lost, {} executions lost with their process; \
         given back after at most {back:.2?}, run again after {again:.2?}; at most {} attempts, {} effects in vain",
        site.name(),
        acknowledged.len(),
        deaths.len(),
        site.heard("the lease is lost"),
        recoveries.len(),
        audit.most_attempts(),
        audit.effects_in_vain(),
    );
    assert!(again < LEASE + NOTICE, "a step ran again only {again:?} after its process died");
}
