//! What a caller sees who starts many tasks and awaits each of them by its handle, against the end of the
//! work itself.

use std::time::Instant;

use futures_util::future::try_join_all;
use tasker::TaskHandle;
use tasker_benches::chain5;

use crate::bed::Bed;
use crate::report::Figure;
use crate::spread::Spread;
use crate::{Result, flow};

const STEPS: usize = 5;

pub(crate) async fn run(bed: &Bed<'_>) -> Result<Vec<Figure>> {
    let tasks = bed.size(1_000);
    let (mut awaited, mut counted) = (Vec::new(), Vec::new());
    for _ in 0..bed.runs {
        let run = bed.fresh(async |database| {
            let tasker = database.tasker::<chain5::Workflow>().await?;
            let began = Instant::now();
            let handles = tasker.start_many::<chain5::Workflow>(flow::contexts(tasks)).await?;
            try_join_all(handles.iter().map(TaskHandle::wait)).await?;
            let took = began.elapsed();
            tasker.shutdown().await;
            Ok(took)
        });
        awaited.push(run.await?.as_secs_f64());
        let run = bed.fresh(async |database| {
            let tasker = database.tasker::<chain5::Workflow>().await?;
            let took = flow::run_to_end::<chain5::Workflow>(&tasker, database.store.get(), tasks).await?;
            tasker.shutdown().await;
            Ok(took)
        });
        counted.push(run.await?.as_secs_f64());
    }
    let (awaited, counted) = (Spread::of(awaited), Spread::of(counted));
    let ratio = counted.median / awaited.median;
    Ok(vec![Figure::new("handles", bed, tasks).took(STEPS, awaited).ratio(ratio)])
}
