//! Whether work is slower beside much that is finished: the same chains on an empty and on a full database,
//! in turns.
//!
//! What fills the database is written by SQL, in rows like the engine's, and nobody tells the planner about
//! it: if it is to know, it has to find out as in production.

mod fill;

use tasker_benches::chain5;

use crate::bed::Bed;
use crate::report::Figure;
use crate::spread::Spread;
use crate::{Result, flow};

const STEPS: usize = 5;

pub(crate) async fn run(bed: &Bed<'_>) -> Result<Vec<Figure>> {
    let (tasks, finished) = (1_000, bed.size(200_000));
    let (empty, full) = bed
        .fresh(async |empty| {
            bed.fresh(async |full| {
                full.install::<chain5::Workflow>().await?;
                fill::fill(bed.kind, &full.url, finished).await?;
                let (mut without, mut with) = (Vec::new(), Vec::new());
                for _ in 0..bed.runs {
                    for (database, seconds) in [(empty, &mut without), (full, &mut with)] {
                        let tasker = database.tasker::<chain5::Workflow>().await?;
                        let took = flow::run_to_end::<chain5::Workflow>(&tasker, database.store.get(), tasks)
                            .await?;
                        tasker.shutdown().await;
                        seconds.push(took.as_secs_f64());
                    }
                }
                fill::check(bed.kind, &full.url).await?;
                Ok((Spread::of(without), Spread::of(with)))
            })
            .await
        })
        .await?;
    let figure = |beside: usize, seconds| {
        let figure = Figure::new("flat", bed, tasks).took(STEPS, seconds);
        figure.with("finished_steps", Some((beside * STEPS) as f64))
    };
    let (empty, full) = (figure(0, empty), figure(finished, full));
    let ratio = full.steps_per_s() / empty.steps_per_s();
    Ok(vec![empty, full.ratio(ratio)])
}
