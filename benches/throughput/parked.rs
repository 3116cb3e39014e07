//! Many tasks that wait for tomorrow: what each costs in memory, and whether others are slower for them.
//!
//! They are parked by the engine itself: each is started, claimed, run, and put off by its step.

use std::sync::atomic::Ordering;
use std::time::Duration;

use sea_orm::{ConnectionTrait, Statement};
use tasker::Tasker;
use tasker_benches::{chain5, parked};

use crate::bed::{AnyStore, Bed, Database};
use crate::idle_latency::one_by_one;
use crate::process::resident_bytes;
use crate::report::Figure;
use crate::spread::{Spread, p50_and_p95};
use crate::{Result, flow};

/// How many are started at once, so that what a start takes for a moment is little beside what stays.
const AT_ONCE: usize = 5_000;

pub(crate) async fn run(bed: &Bed<'_>) -> Result<Vec<Figure>> {
    let tasks = bed.size(100_000);
    Ok(vec![bed.fresh(async |database| measured(bed, database, tasks).await).await?])
}

async fn measured(bed: &Bed<'_>, database: &Database, tasks: usize) -> Result<Figure> {
    let tasker = tasker(&database.store).await?;
    let chains = bed.size(200);
    let before = p50_and_p95(&one_by_one(&tasker, chains).await?);
    // As many as are started at once later, so that memory which is only kept for the next is there before.
    park(&tasker, &database.store, AT_ONCE, AT_ONCE).await?;
    let memory_before = resident_bytes();
    park(&tasker, &database.store, tasks, AT_ONCE + tasks).await?;
    let memory_after = resident_bytes();
    let beside = p50_and_p95(&one_by_one(&tasker, chains).await?);
    tasker.shutdown().await;

    let per_task = memory_after.zip(memory_before).map(|(after, before)| (after - before) / tasks as f64);
    let megabytes = |bytes: f64| bytes / f64::from(1 << 20);
    let figure = Figure::new("parked", bed, tasks).latency(Spread::of([beside.0]), Spread::of([beside.1]));
    Ok(figure
        .ratio(before.0 / beside.0)
        .with("bytes_per_task", per_task)
        .with("rss_before_mb", memory_before.map(megabytes))
        .with("rss_after_mb", memory_after.map(megabytes)))
}

async fn tasker(store: &AnyStore) -> Result<Tasker> {
    let builder = Tasker::builder(()).register::<chain5::Workflow>().register::<parked::Workflow>();
    Ok(match store {
        AnyStore::Sql(store) => builder.store(store.clone()).build().await?,
        AnyStore::Memory(store) => builder.store(store.clone()).build().await?,
    })
}

/// Starts so many tasks and waits until `all` are parked.
async fn park(tasker: &Tasker, store: &AnyStore, tasks: usize, all: usize) -> Result<()> {
    const LOOK: Duration = Duration::from_millis(20);
    let ran_before = parked::RUNS.load(Ordering::Relaxed);
    let mut started = 0;
    while started < tasks {
        let some = AT_ONCE.min(tasks - started);
        tasker.start_many::<parked::Workflow>(flow::contexts(some)).await?;
        started += some;
        while parked::RUNS.load(Ordering::Relaxed) < ran_before + started {
            tokio::time::sleep(LOOK).await;
        }
    }
    while !are_parked(store, all).await? {
        tokio::time::sleep(LOOK).await;
    }
    Ok(())
}

/// Whether the outcomes of the steps that ran are stored.
async fn are_parked(store: &AnyStore, tasks: usize) -> Result<bool> {
    const WAITING: &str = "SELECT count(*) FROM tasker_workflow_steps WHERE waiting_for = 'time'";
    let AnyStore::Sql(store) = store else {
        // It takes some microseconds.
        tokio::time::sleep(Duration::from_millis(100)).await;
        return Ok(true);
    };
    let reader = store.reader();
    let statement = Statement::from_string(reader.get_database_backend(), WAITING);
    let row = reader.query_one_raw(statement).await?.ok_or("no answer")?;
    Ok(row.try_get_by_index::<i64>(0)? as usize == tasks)
}
