//! Short chains while somebody hears of all that happens, beside the same without.
//!
//! One after the other, so that both meet the same machine. The subscriber wants every event; what it has not taken when the last task
//! ends it takes then, and that is measured, too: `delivered_s` is from the first start to the last event taken.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use tasker::Tasker;
use tasker::events::{Subscriber, SubscriberResult, TaskerEvent};
use tasker_benches::chain5;

use crate::bed::{AnyStore, Bed, Database};
use crate::report::Figure;
use crate::spread::Spread;
use crate::{Result, flow};

const STEPS: usize = 5;

/// Of each task: its creation, its start, its end, and each step's beginning and end.
const EVENTS: usize = 3 + 2 * STEPS;

pub(crate) async fn run(bed: &Bed<'_>) -> Result<Vec<Figure>> {
    let tasks = bed.size(10_000);
    let (mut plain, mut observed, mut delivered) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..bed.runs {
        plain.push(bed.fresh(async |database| without(database, tasks).await).await?);
        let (ended, taken) = bed.fresh(async |database| with(database, tasks).await).await?;
        observed.push(ended);
        delivered.push(taken);
    }
    let ratio = Spread::of(plain).median / Spread::of(observed.clone()).median;
    let figure = Figure::new("observed", bed, tasks).took(STEPS, Spread::of(observed)).ratio(ratio);
    Ok(vec![figure.with("delivered_s", Some(Spread::of(delivered).median))])
}

async fn without(database: &Database, tasks: usize) -> Result<f64> {
    let tasker = database.tasker::<chain5::Workflow>().await?;
    let took = flow::run_to_end::<chain5::Workflow>(&tasker, database.store.get(), tasks).await?;
    tasker.shutdown().await;
    Ok(took.as_secs_f64())
}

async fn with(database: &Database, tasks: usize) -> Result<(f64, f64)> {
    let taken = Arc::new(AtomicUsize::new(0));
    let builder = Tasker::builder(()).register::<chain5::Workflow>();
    let tasker = match &database.store {
        AnyStore::Sql(store) => builder.store(store.clone()),
        AnyStore::Memory(store) => builder.store(store.clone()),
    };
    let tasker = tasker.subscribe("bench", Count(Arc::clone(&taken))).build().await?;
    let began = Instant::now();
    let took = flow::run_to_end::<chain5::Workflow>(&tasker, database.store.get(), tasks).await?;
    while taken.load(Ordering::Relaxed) < tasks * EVENTS {
        tokio::time::sleep(Duration::from_millis(4)).await;
    }
    let delivered = began.elapsed();
    tasker.shutdown().await;
    Ok((took.as_secs_f64(), delivered.as_secs_f64()))
}

/// Counts what it hears of.
struct Count(Arc<AtomicUsize>);

#[tasker::async_trait]
impl Subscriber for Count {
    fn events(&self) -> Vec<&str> {
        vec!["*"]
    }

    async fn on_event(&self, _: &TaskerEvent) -> SubscriberResult {
        self.0.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }
}
