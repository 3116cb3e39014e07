//! Many tasks, from the first start to the last end.
//!
//! The task that was started last is awaited, of whose end this process is told. Then the store is asked every few milliseconds for one
//! open task, which others may be: to ask from the start would take a good part of a core from a database that works. Awaiting a
//! handle each costs the reads of all their statuses at the end, which the bench `handles` shows.

use std::time::{Duration, Instant};

use tasker::{Executable, Store, Tasker, Workflow};
use tasker_benches::Context;

use crate::Result;
use crate::bed::Bed;
use crate::spread::Spread;

/// How often to look for the end; on average half of it is measured too much.
const LOOK: Duration = Duration::from_millis(4);

/// The contexts of so many tasks.
pub(crate) fn contexts(tasks: usize) -> impl Iterator<Item = Context> {
    (0..tasks as u64).map(|number| Context { number })
}

/// How long so many tasks take from the first start to the last end.
pub(crate) async fn run_to_end<W: Workflow<Context = Context>>(
    tasker: &Tasker,
    store: &dyn Store,
    tasks: usize,
) -> Result<Duration> {
    let began = Instant::now();
    let started = tasker.start_many::<W>(contexts(tasks)).await?;
    if let Some(last) = started.last() {
        last.wait().await?;
    }
    all_ended(store).await?;
    Ok(began.elapsed())
}

/// Waits until no task is open.
pub(crate) async fn all_ended(store: &dyn Store) -> Result<()> {
    while !store.open_tasks(None, 1).await?.is_empty() {
        tokio::time::sleep(LOOK).await;
    }
    Ok(())
}

/// The seconds of several runs of so many tasks, each run on a fresh database.
pub(crate) async fn seconds<W>(bed: &Bed<'_>, tasks: usize) -> Result<Spread>
where
    W: Workflow<Context = Context> + Executable<()>,
{
    let mut seconds = Vec::new();
    for _ in 0..bed.runs {
        let run = bed.fresh(async |database| {
            let tasker = database.tasker::<W>().await?;
            let took = run_to_end::<W>(&tasker, database.store.get(), tasks).await?;
            tasker.shutdown().await;
            Ok(took)
        });
        seconds.push(run.await?.as_secs_f64());
    }
    Ok(Spread::of(seconds))
}
