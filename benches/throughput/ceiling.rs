//! What the database itself can do: the rows of many chains of five steps, written into the same tables by
//! hand-written SQL, without an engine.
//!
//! Tasks are created a thousand in a transaction, as `start_many` does. Then a hundred chains at a time go
//! through six transactions: one gives out the first steps, and each of the others completes a step of each
//! chain, fenced by its key and revision, gives out the next, counts the tasks down and writes the history.
//! The time is that of everything from the first task on.

mod postgres;
mod sqlite;

use std::time::Duration;

use tasker_benches::{Payload, chain5};
use uuid::Uuid;

use crate::Result;
use crate::bed::{Bed, Kind};
use crate::report::Figure;
use crate::spread::Spread;

const STEPS: usize = 5;
const CREATED_AT_ONCE: usize = 1_000;
const AT_ONCE: usize = 100;

/// How many connections may work at the same time; the fastest number counts.
const CONNECTIONS: [u32; 3] = [1, 2, 4];

/// The numbers of what is installed.
struct Installed {
    definition: i64,
    /// In the order of the steps.
    named_steps: [i64; STEPS],
}

/// What a step of the chain leaves behind.
fn result() -> String {
    format!("{{\"text\":\"{}\"}}", Payload::usual().text)
}

const DEFINITION: &str = "SELECT id FROM tasker_definitions";
const NAMED_STEPS: &str = "SELECT id FROM tasker_named_steps ORDER BY CASE name
    WHEN 'one' THEN 0 WHEN 'two' THEN 1 WHEN 'three' THEN 2 WHEN 'four' THEN 3 ELSE 4 END";
/// Rows of complete steps and of the history of all, to see that everything was written.
const WRITTEN: &str =
    "SELECT (SELECT count(*) FROM tasker_workflow_steps WHERE state = 'complete' AND result IS NOT NULL)
    + (SELECT count(*) FROM tasker_workflow_step_transitions) + (SELECT count(*) FROM tasker_task_transitions)
    + (SELECT count(*) FROM tasker_tasks WHERE state = 'complete' AND open_steps = 0 AND active_steps = 0)";

pub(crate) struct Ceiling {
    pub(crate) steps_per_s: f64,
    /// How much was written to the log of PostgreSQL.
    log_bytes: Option<f64>,
    connections: u32,
}

/// What a writer has done.
struct Done {
    took: Duration,
    rows: i64,
    log_bytes: Option<f64>,
}

pub(crate) async fn run(bed: &Bed<'_>) -> Result<Vec<Figure>> {
    let tasks = bed.size(10_000);
    let steps = (tasks * STEPS) as f64;
    let mut ceilings = Vec::new();
    for _ in 0..bed.runs {
        ceilings.push(best(bed, tasks).await?);
    }
    let seconds = Spread::of(ceilings.iter().map(|ceiling| steps / ceiling.steps_per_s));
    let connections = Spread::of(ceilings.iter().map(|ceiling| f64::from(ceiling.connections)));
    let log_bytes: Vec<f64> = ceilings.iter().filter_map(|ceiling| ceiling.log_bytes).collect();
    let per_step = (!log_bytes.is_empty()).then(|| Spread::of(log_bytes).median / steps);
    let figure = Figure::new("ceiling", bed, tasks).took(STEPS, seconds);
    Ok(vec![figure.with("connections", Some(connections.median)).with("wal_bytes_per_step", per_step)])
}

/// The best of one run with each number of connections. On SQLite only one can write.
pub(crate) async fn best(bed: &Bed<'_>, tasks: usize) -> Result<Ceiling> {
    let numbers = if bed.kind == Kind::Postgres { &CONNECTIONS[..] } else { &CONNECTIONS[..1] };
    let mut best: Option<Ceiling> = None;
    for &connections in numbers {
        let Done { took, log_bytes, .. } = write(bed, tasks, connections).await?;
        let steps_per_s = (tasks * STEPS) as f64 / took.as_secs_f64();
        if best.as_ref().is_none_or(|best| best.steps_per_s < steps_per_s) {
            best = Some(Ceiling { steps_per_s, log_bytes, connections });
        }
    }
    best.ok_or_else(|| "nothing was measured".into())
}

async fn write(bed: &Bed<'_>, tasks: usize, connections: u32) -> Result<Done> {
    let done = bed.fresh(async |database| {
        database.install::<chain5::Workflow>().await?;
        let ids: Vec<Uuid> = (0..tasks).map(|_| Uuid::now_v7()).collect();
        if bed.kind == Kind::Postgres {
            postgres::write(&database.url, &ids, connections).await
        } else {
            sqlite::write(&database.url, &ids).await
        }
    });
    let done = done.await?;
    // Steps, two transitions of each, two of each task, tasks.
    let expected = tasks * (STEPS + 2 * STEPS + 2 + 1);
    if done.rows as usize != expected {
        return Err(format!("the ceiling wrote {} rows instead of {expected}", done.rows).into());
    }
    Ok(done)
}
