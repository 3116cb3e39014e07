//! One short chain after the other on an engine with nothing else to do, from `start` to the end of `wait`.

use std::time::{Duration, Instant};

use tasker::Tasker;
use tasker_benches::chain5;

use crate::bed::Bed;
use crate::report::Figure;
use crate::spread::{Spread, p50_and_p95};
use crate::{Result, flow};

/// Chains that come first and are not counted.
const WARM_UP: usize = 5;

pub(crate) async fn run(bed: &Bed<'_>) -> Result<Vec<Figure>> {
    let tasks = bed.size(200);
    let mut latencies = Vec::new();
    for _ in 0..bed.runs {
        let run = bed.fresh(async |database| {
            let tasker = database.tasker::<chain5::Workflow>().await?;
            let times = one_by_one(&tasker, tasks).await?;
            tasker.shutdown().await;
            Ok(times)
        });
        latencies.push(p50_and_p95(&run.await?));
    }
    let p50 = Spread::of(latencies.iter().map(|latency| latency.0));
    let p95 = Spread::of(latencies.iter().map(|latency| latency.1));
    Ok(vec![Figure::new("idle_latency", bed, tasks).latency(p50, p95)])
}

/// How long each of so many chains takes that run one after the other.
pub(crate) async fn one_by_one(tasker: &Tasker, tasks: usize) -> Result<Vec<Duration>> {
    let mut times = Vec::with_capacity(tasks);
    for context in flow::contexts(WARM_UP + tasks) {
        let began = Instant::now();
        tasker.start::<chain5::Workflow>(context).await?.wait().await?;
        times.push(began.elapsed());
    }
    Ok(times.split_off(WARM_UP))
}
