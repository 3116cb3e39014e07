//! What an engine costs that has nothing to do.

use std::time::{Duration, Instant};

use tasker_benches::chain5;

use crate::Result;
use crate::bed::{Bed, Kind};
use crate::postgres::Observer;
use crate::process::cpu_time;
use crate::report::Figure;

/// How long an engine without work becomes slower in asking for it, and PostgreSQL (15 and newer) at most keeps a count to itself.
const SETTLE: Duration = Duration::from_secs(12);

pub(crate) async fn run(bed: &Bed<'_>) -> Result<Vec<Figure>> {
    let time = Duration::from_secs(if bed.quick { 5 } else { 10 });
    let measured = bed.fresh(async |database| {
        let tasker = database.tasker::<chain5::Workflow>().await?;
        let mut observer = match bed.kind {
            Kind::Postgres => Some(Observer::connect(&database.url).await?),
            _ => None,
        };
        tokio::time::sleep(SETTLE).await;
        let (began, cpu, before) = (Instant::now(), cpu_time(), transactions(&mut observer).await?);
        tokio::time::sleep(time).await;
        let after = transactions(&mut observer).await?;
        let (seconds, cpu) = (began.elapsed().as_secs_f64(), cpu_time().zip(cpu));
        tasker.shutdown().await;
        // The first look is a transaction, too.
        let statements = after.zip(before).map(|(after, before)| (after - before - 1.0) / seconds);
        let cpu = cpu.map(|(after, before)| after.saturating_sub(before).as_secs_f64() / seconds * 100.0);
        let figure = Figure::new("idle", bed, 0).over(seconds);
        Ok(figure.with("statements_per_s", statements).with("cpu_percent", cpu))
    });
    Ok(vec![measured.await?])
}

async fn transactions(observer: &mut Option<Observer>) -> Result<Option<f64>> {
    match observer {
        Some(observer) => observer.transactions().await.map(Some),
        None => Ok(None),
    }
}
