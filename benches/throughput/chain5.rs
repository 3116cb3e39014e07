//! Short chains, many at once, beside what hand-written SQL reaches in the same run.

use tasker_benches::chain5;

use crate::bed::{Bed, Database, Kind};
use crate::postgres::Observer;
use crate::report::Figure;
use crate::spread::Spread;
use crate::{Result, ceiling, flow};

const STEPS: usize = 5;

pub(crate) async fn run(bed: &Bed<'_>) -> Result<Vec<Figure>> {
    let mut figures = Vec::new();
    for tasks in [1_000, 10_000] {
        figures.push(chains(bed, bed.size(tasks)).await?);
    }
    Ok(figures)
}

async fn chains(bed: &Bed<'_>, tasks: usize) -> Result<Figure> {
    let (mut seconds, mut log_bytes, mut ceilings) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..bed.runs {
        let run = bed.fresh(async |database| measured(bed, database, tasks).await).await?;
        seconds.push(run.seconds);
        log_bytes.extend(run.log_bytes);
        // One after the other, so that both meet the same machine.
        if bed.kind != Kind::Memory {
            ceilings.push(ceiling::best(bed, tasks).await?.steps_per_s);
        }
    }
    let steps = (tasks * STEPS) as f64;
    let per_step = (!log_bytes.is_empty()).then(|| Spread::of(log_bytes).median / steps);
    let figure = Figure::new("chain5", bed, tasks).took(STEPS, Spread::of(seconds));
    let figure = figure.with("wal_bytes_per_step", per_step);
    Ok(if ceilings.is_empty() { figure } else { figure.ceiling(Spread::of(ceilings).median) })
}

struct Run {
    seconds: f64,
    /// How much was written to the log of PostgreSQL.
    log_bytes: Option<f64>,
}

async fn measured(bed: &Bed<'_>, database: &Database, tasks: usize) -> Result<Run> {
    let tasker = database.tasker::<chain5::Workflow>().await?;
    let mut observer = match bed.kind {
        Kind::Postgres => Some(Observer::connect(&database.url).await?),
        _ => None,
    };
    let mut before = 0.0;
    if let Some(observer) = &mut observer {
        observer.checkpoint().await?;
        before = observer.log_bytes().await?;
    }
    let took = flow::run_to_end::<chain5::Workflow>(&tasker, database.store.get(), tasks).await?;
    let log_bytes = match &mut observer {
        Some(observer) => Some(observer.log_bytes().await? - before),
        None => None,
    };
    tasker.shutdown().await;
    Ok(Run { seconds: took.as_secs_f64(), log_bytes })
}
