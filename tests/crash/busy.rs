//! Somebody else writes to the SQLite file, for longer than anybody waits for it.

use std::time::Duration;

use sea_orm::{ConnectOptions, ConnectionTrait, Database};
use tokio::time::sleep;

use crate::audit::Audit;
use crate::load::Load;
use crate::patience::{a_while, rounds};
use crate::process::{Options, Worker};
use crate::site::Site;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_that_somebody_else_locks_loses_nothing() {
    /// Longer than a connection waits for the lock, once.
    const LONG: Duration = Duration::from_millis(5_500);
    let site = Site::sqlite().await;
    let mut workers = [
        Worker::start_with(&site, Options::default()).await,
        Worker::start_with(&site, Options::default()).await,
    ];
    let load = Load::begin(&site, 30);
    let mut options = ConnectOptions::new(site.url());
    options.max_connections(1).sqlx_logging(false);
    let other = Database::connect(options).await.unwrap();
    let mut random = site.random();
    let mut locked = Duration::ZERO;
    for round in 0..rounds(2) {
        a_while(&mut random, 300..700).await;
        let hold = if round == 0 { LONG } else { Duration::from_millis(random.u64(300..2_000)) };
        while other.execute_unprepared("BEGIN IMMEDIATE").await.is_err() {}
        sleep(hold).await;
        other.execute_unprepared("ROLLBACK").await.unwrap();
        locked += hold;
    }
    let before = load.done();
    load.served(before + 50).await;
    let acknowledged = load.finish().await;
    site.all_ended().await;
    assert!(workers.iter_mut().all(Worker::is_alive), "a worker did not survive");
    assert!(site.heard("the lease is lost") > 0, "nobody noticed, so the test says nothing");
    for worker in workers {
        worker.terminate().await;
    }
    other.close().await.unwrap();
    let audit = Audit::of(&site, &acknowledged).await;
    println!(
        "{} tasks, locked for {locked:?}; {} leases lost, at most {} attempts, {} effects in vain",
        acknowledged.len(),
        site.heard("the lease is lost"),
        audit.most_attempts(),
        audit.effects_in_vain(),
    );
}
