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
    for _ in 0..rounds(5) {
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
    let (back, again) =
        recoveries.iter().fold((0.0_f64, 0.0_f64), |most, one| (most.0.max(one.0), most.1.max(one.1)));
    println!(
        "{}: {} tasks, {} kills, {} leases lost, {} executions lost with their process; given back after at most {back:.2} s, run again after \
         {again:.2} s; at most {} attempts, {} effects in vain",
        site.name(),
        acknowledged.len(),
        deaths.len(),
        site.heard("the lease is lost"),
        recoveries.len(),
        audit.most_attempts(),
        audit.effects_in_vain(),
    );
    assert!(!recoveries.is_empty(), "no kill struck a step, so the test says nothing");
    assert!(
        again < (LEASE + NOTICE).as_secs_f64(),
        "a step ran again only {again:.2} s after its process died"
    );
}
