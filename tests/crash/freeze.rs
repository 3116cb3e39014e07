//! A worker that is taken for dead and is not: frozen for longer than its lease, or declared dead while it works.

use std::time::Duration;

use sea_orm::{
    ColumnTrait, ConnectOptions, ConnectionTrait, Database, DatabaseConnection, EntityTrait, QueryFilter,
    Statement,
};
use tasker::orm::entity::workflow_step;

use crate::audit::Audit;
use crate::patience::{a_while, rounds, soon, soon_after_asking};
use crate::process::{Options, Worker};
use crate::site::{Site, complete};

const LEASE: Duration = Duration::from_secs(1);
/// How long a step takes, in milliseconds: some hold on when their process is frozen.
const NAP: u64 = 250;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_frozen_worker_comes_back_as_another_on_sqlite() {
    a_worker_is_frozen(Site::sqlite().await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_frozen_worker_comes_back_as_another_on_postgres() {
    if let Some(site) = Site::postgres().await {
        a_worker_is_frozen(site).await;
    }
}

async fn a_worker_is_frozen(site: Site) {
    let options = Options { lease: LEASE, ..Options::default() };
    let frozen = Worker::start_with(&site, options.clone()).await;
    let mut started = Vec::new();
    let mut taken_over = 0;
    let mut random = site.random();
    for round in 0..rounds(1) as u64 {
        let other = Worker::start_with(&site, options.clone()).await;
        let mut tasks = Vec::new();
        for number in 0..20 {
            tasks.push(site.start(round * 100 + number, NAP).await);
        }
        let held = freeze(&site, &frozen, &mut random).await;
        let was = *frozen.said.workers().last().unwrap();
        for task in &tasks {
            started.push(complete(task).await);
        }
        // The others did its work. It does not know yet.
        let losses = frozen.said.count("the lease is lost");
        frozen.signal("CONT");
        soon("the frozen worker finds that it is late", || frozen.said.count("the lease is lost") > losses)
            .await;
        soon("it comes back as another", || frozen.said.workers().last() != Some(&was)).await;
        other.terminate().await;
        // Now nobody else is there.
        let alone = site.start(round * 100 + 50, 5).await;
        started.push(complete(&alone).await);
        let is = *frozen.said.workers().last().unwrap();

        let steps = workflow_step::Entity::find().all(site.store.reader()).await.unwrap();
        // What it had said last may have reached the database after it was frozen.
        let lost = |step: &&workflow_step::Model| {
            held.iter().any(|held| {
                (held.task_id, held.step_no) == (step.task_id, step.step_no) && held.attempt < step.attempt
            })
        };
        let lost: Vec<_> = steps.iter().filter(lost).collect();
        assert!(!lost.is_empty(), "nothing was taken over, so the test says nothing");
        for step in &lost {
            let by = format!("\"process\":{},", frozen.pid());
            assert!(!step.result.as_ref().unwrap().contains(&by), "what it did late was accepted: {step:?}");
        }
        taken_over += lost.len();
        assert_ne!(was, is);
    }
    frozen.terminate().await;
    let audit = Audit::of(&site, &started).await;
    println!(
        "{}: {taken_over} steps were taken over, {} effects in vain",
        site.name(),
        audit.effects_in_vain(),
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_worker_says_after_its_end_is_refused_on_sqlite() {
    a_worker_is_declared_dead(Site::sqlite().await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_worker_says_after_its_end_is_refused_on_postgres() {
    if let Some(site) = Site::postgres().await {
        a_worker_is_declared_dead(site).await;
    }
}

/// As if its clock were slow: the lease has run out in the database, and the worker does not know.
async fn a_worker_is_declared_dead(site: Site) {
    let workers = [
        Worker::start_with(&site, Options::default()).await,
        Worker::start_with(&site, Options::default()).await,
    ];
    let [late, _] = &workers;
    let db = connect(&site, Duration::from_secs(5)).await;
    let mut started = Vec::new();
    for round in 0.. {
        assert!(round < 20, "it was never late");
        let mut tasks = Vec::new();
        for number in 0..20 {
            tasks.push(site.start(round * 100 + number, NAP).await);
        }
        soon_after_asking("it holds steps", async || !held(&site, late).await.is_empty()).await;
        let before = late.said.count("the lease is lost");
        soon_after_asking("it loses its lease", async || {
            // It prolongs the lease, until another worker has seen that it is over.
            let over = "UPDATE tasker_workers SET lease_until = 0 WHERE id = $1";
            let worker = *late.said.workers().last().unwrap();
            let over = Statement::from_sql_and_values(db.get_database_backend(), over, [worker.into()]);
            drop(db.execute_raw(over).await);
            late.said.count("the lease is lost") > before
        })
        .await;
        for task in &tasks {
            started.push(complete(task).await);
        }
        if late.said.count("an outcome was refused") > 0 {
            break;
        }
    }
    let refused = late.said.count("an outcome was refused");
    db.close().await.unwrap();
    for worker in workers {
        worker.terminate().await;
    }
    let audit = Audit::of(&site, &started).await;
    println!(
        "{}: {refused} late outcomes were refused, {} effects in vain",
        site.name(),
        audit.effects_in_vain()
    );
    assert!(audit.effects_in_vain() >= refused, "an outcome was refused and yet accepted");
}

/// A connection of the test's own, which waits so long for a lock.
async fn connect(site: &Site, patience: Duration) -> DatabaseConnection {
    let mut options = ConnectOptions::new(site.url());
    options.max_connections(1).sqlx_logging(false);
    options.map_sqlx_sqlite_opts(move |options| options.busy_timeout(patience));
    Database::connect(options).await.unwrap()
}

/// Stops a worker while it holds steps; returns them.
async fn freeze(site: &Site, worker: &Worker, random: &mut fastrand::Rng) -> Vec<workflow_step::Model> {
    loop {
        soon_after_asking("the worker holds steps", async || held(site, worker).await.len() >= 3).await;
        a_while(random, 0..100).await;
        worker.signal("STOP");
        let held = held(site, worker).await;
        if held.len() >= 3 && !in_the_way(site).await {
            return held;
        }
        worker.signal("CONT");
        a_while(random, 20..100).await;
    }
}

async fn held(site: &Site, worker: &Worker) -> Vec<workflow_step::Model> {
    use workflow_step::Column;
    let of_worker = Column::WorkerId.is_in(worker.said.workers());
    workflow_step::Entity::find().filter(of_worker).all(site.store.reader()).await.unwrap()
}

/// Whether nobody can write to the database: on SQLite a process that is frozen while it writes holds up all others, until it goes on or dies.
async fn in_the_way(site: &Site) -> bool {
    if !site.is_sqlite() {
        return false;
    }
    let db = connect(site, Duration::from_millis(150)).await;
    let locked = db.execute_unprepared("BEGIN IMMEDIATE").await.is_err();
    if !locked {
        db.execute_unprepared("ROLLBACK").await.unwrap();
    }
    db.close().await.unwrap();
    locked
}
