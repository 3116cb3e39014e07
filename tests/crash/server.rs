//! PostgreSQL breaks connections, restarts and crashes under load. The workers live on.

use crate::audit::Audit;
use crate::load::Load;
use crate::patience::{a_while, rounds};
use crate::process::{Options, Worker};
use crate::site::{Place, Site};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn connections_that_break_lose_nothing() {
    let Some(site) = Site::postgres().await else { return };
    let workers = crew(&site).await;
    let load = Load::begin(&site, 30);
    let mut random = site.random();
    for _ in 0..rounds(6) {
        a_while(&mut random, 50..500).await;
        let Place::Postgres(database) = &site.database else { unreachable!("as it was made") };
        let others = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
                      WHERE datname = current_database() AND pid <> pg_backend_pid()";
        tokio::task::block_in_place(|| database.query(others));
    }
    end(site, workers, load).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_restarts_loses_nothing() {
    the_server_goes_away(|site| match &site.database {
        Place::OwnServer(server) => server.restart_fast(),
        _ => unreachable!("as it was made"),
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_crashes_loses_nothing() {
    the_server_goes_away(|site| match &site.database {
        Place::OwnServer(server) => server.kill_nine_and_start(),
        _ => unreachable!("as it was made"),
    })
    .await;
}

async fn the_server_goes_away(away: fn(&Site)) {
    let Some(site) = Site::own_postgres().await else { return };
    let workers = crew(&site).await;
    let load = Load::begin(&site, 30);
    let mut random = site.random();
    for _ in 0..rounds(2) {
        a_while(&mut random, 300..900).await;
        tokio::task::block_in_place(|| away(&site));
    }
    end(site, workers, load).await;
}

async fn crew(site: &Site) -> [Worker; 2] {
    let options = Options::default();
    [Worker::start_with(site, options.clone()).await, Worker::start_with(site, options).await]
}

/// The same processes are there, everything ends, and nothing that was acknowledged is lost.
async fn end(site: Site, workers: [Worker; 2], load: Load) {
    let before = load.done();
    load.served(before + 50).await;
    let acknowledged = load.finish().await;
    site.all_ended().await;
    for mut worker in workers {
        assert!(worker.is_alive(), "a worker did not survive");
        worker.terminate().await;
    }
    let audit = Audit::of(&site, &acknowledged).await;
    println!(
        "{} tasks, {before} before it was over; {} leases lost, at most {} attempts, {} effects in vain",
        acknowledged.len(),
        site.heard("the lease is lost"),
        audit.most_attempts(),
        audit.effects_in_vain(),
    );
}
