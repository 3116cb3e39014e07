//! Tasks of other shapes than a short chain.

use tasker::{Executable, Workflow};
use tasker_benches::{Context, Deep, Fan};

use crate::bed::Bed;
use crate::report::Figure;
use crate::{Result, flow};

/// Forks and joins of two.
pub(crate) async fn diamond(bed: &Bed<'_>) -> Result<Vec<Figure>> {
    run::<tasker_benches::diamond::Workflow>(bed, "diamond", 1_000, 4).await
}

/// Forks and joins of fifty, many at once.
pub(crate) async fn fanout(bed: &Bed<'_>) -> Result<Vec<Figure>> {
    run::<Fan<50>>(bed, "fanout", 200, 52).await
}

/// A fork and a join of ten thousand.
pub(crate) async fn wide(bed: &Bed<'_>) -> Result<Vec<Figure>> {
    run::<Fan<10_000>>(bed, "wide", 1, 10_002).await
}

/// A chain in which nothing can run at the same time.
pub(crate) async fn deep(bed: &Bed<'_>) -> Result<Vec<Figure>> {
    run::<Deep<1_000>>(bed, "deep", 1, 1_000).await
}

async fn run<W>(bed: &Bed<'_>, name: &'static str, tasks: usize, steps: usize) -> Result<Vec<Figure>>
where
    W: Workflow<Context = Context> + Executable<()>,
{
    let tasks = bed.size(tasks);
    let seconds = flow::seconds::<W>(bed, tasks).await?;
    Ok(vec![Figure::new(name, bed, tasks).took(steps, seconds)])
}
