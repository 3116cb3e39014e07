//! How fast tasks are started while nobody runs them.

use std::time::Instant;

use tasker_benches::chain5;

use crate::bed::Bed;
use crate::report::Figure;
use crate::spread::Spread;
use crate::{Result, flow};

pub(crate) async fn run(bed: &Bed<'_>) -> Result<Vec<Figure>> {
    let tasks = bed.size(20_000);
    let mut seconds = Vec::new();
    for _ in 0..bed.runs {
        let run = bed.fresh(async |database| {
            let tasker = database.tasker::<chain5::Workflow>().await?;
            tasker.shutdown().await;
            let began = Instant::now();
            tasker.start_many::<chain5::Workflow>(flow::contexts(tasks)).await?;
            Ok(began.elapsed())
        });
        seconds.push(run.await?.as_secs_f64());
    }
    Ok(vec![Figure::new("start_many", bed, tasks).started(Spread::of(seconds))])
}
