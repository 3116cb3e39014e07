//! Short chains while somebody looks on, beside the same without.
//!
//! Every run is a process of its own, because logs and traces are those of a whole process. In turns: nobody looks; a durable subscriber takes
//! every event, the metrics are read each second and the log is written at `info`; and the same with a tenth of the traces sent to a
//! collector, which is this process. Each run of a turn meets the same machine, so what counts is the middle of the ratios of all turns.
//! What the subscriber has not taken when the last task ends it takes then: `delivered_s` is from the first start to the last event taken.

mod collector;
mod process;

use std::fmt;

use crate::Result;
use crate::bed::{Bed, Database, Kind};
use crate::report::Figure;
use crate::spread::Spread;

use collector::Collector;
pub(crate) use process::look_on;

const STEPS: usize = 5;

/// Who looks on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Watch {
    Nobody,
    Events,
    Traces,
}

impl Watch {
    const ALL: [Self; 3] = [Self::Nobody, Self::Events, Self::Traces];

    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|watch| watch.to_string() == name)
    }
}

impl fmt::Display for Watch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Nobody => "nobody",
            Self::Events => "events",
            Self::Traces => "traces",
        })
    }
}

/// What a run came to, in seconds.
#[derive(Debug, Clone, Copy)]
struct Run {
    ended: f64,
    delivered: f64,
}

pub(crate) async fn run(bed: &Bed<'_>) -> Result<Vec<Figure>> {
    if bed.kind == Kind::Memory {
        return Ok(Vec::new());
    }
    let tasks = bed.size(10_000);
    let collector = Collector::start().await?;
    let mut runs: [Vec<Run>; 3] = Default::default();
    for turn in 0..bed.runs {
        for place in 0..Watch::ALL.len() {
            // Each is the first of a turn as often as the others.
            let place = (turn + place) % Watch::ALL.len();
            let run = async |database: &Database| {
                process::run(&database.url, Watch::ALL[place], collector.endpoint(), tasks)
            };
            runs[place].push(bed.fresh(run).await?);
        }
    }
    let [plain, observed, traced] = runs;
    let spans = collector.spans() as f64 / bed.runs as f64;
    Ok(vec![
        figure("observed", bed, tasks, &plain, &observed),
        figure("traced", bed, tasks, &plain, &traced).with("spans", Some(spans)),
    ])
}

fn figure(name: &'static str, bed: &Bed<'_>, tasks: usize, plain: &[Run], watched: &[Run]) -> Figure {
    let ended = |runs: &[Run]| Spread::of(runs.iter().map(|run| run.ended));
    let ratios = Spread::of(plain.iter().zip(watched).map(|(plain, watched)| plain.ended / watched.ended));
    Figure::new(name, bed, tasks)
        .took(STEPS, ended(watched))
        .ratio(ratios.median)
        .with("ratio_from", Some(ratios.from))
        .with("ratio_to", Some(ratios.to))
        .with("without", Some((tasks * STEPS) as f64 / ended(plain).median))
        .with("delivered_s", Some(Spread::of(watched.iter().map(|run| run.delivered)).median))
}
