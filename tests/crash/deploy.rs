//! A deploy: one worker after the other is told to terminate, and another takes its place.

use std::time::Duration;

use crate::audit::Audit;
use crate::load::Load;
use crate::patience::{a_while, rounds};
use crate::process::{Options, Worker};
use crate::site::Site;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_deploy_costs_no_attempt_on_sqlite() {
    workers_are_replaced(Site::sqlite().await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_deploy_costs_no_attempt_on_postgres() {
    if let Some(site) = Site::postgres().await {
        workers_are_replaced(site).await;
    }
}

async fn workers_are_replaced(site: Site) {
    // Long enough that nobody loses it because the machine is busy.
    let options = Options { lease: Duration::from_secs(30), ..Options::default() };
    let mut workers = Vec::new();
    for _ in 0..3 {
        workers.push(Worker::start_with(&site, options.clone()).await);
    }
    let load = Load::begin(&site, 40);
    let mut random = site.random();
    for _ in 0..rounds(3) {
        a_while(&mut random, 100..400).await;
        workers.remove(0).terminate().await;
        workers.push(Worker::start_with(&site, options.clone()).await);
    }
    load.served(150).await;
    let acknowledged = load.finish().await;
    for worker in workers {
        worker.terminate().await;
    }
    let audit = Audit::of(&site, &acknowledged).await;
    println!("{}: {} tasks", site.name(), acknowledged.len());
    assert_eq!(site.heard("the lease is lost"), 0);
    assert_eq!((audit.most_attempts(), audit.effects_in_vain()), (1, 0), "a deploy cost an attempt");
}
