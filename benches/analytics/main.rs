//! How long it takes to ask how the system does, beside a million tasks that ended in the last day.
//!
//! Each question is asked many times, through `Tasker`, by a process that runs no steps itself; a line of JSON for each says how long the answers
//! took. `counted` is false before anything was counted into periods, and `count` is what that costs: how long each period took.

#![expect(clippy::cast_precision_loss, reason = "what is counted here is far below 2^52")]

mod fill;

use std::error::Error;
use std::time::{Duration, Instant};

use serde_json::json;
use tasker::store::{Figures, Store};
use tasker::{SqlStore, StepSpec, Tasker, WorkflowDef};
use tasker_tests::postgres::Private;
use tempfile::TempDir;

type Result<T> = std::result::Result<T, Box<dyn Error + Send + Sync>>;

/// What is asked for on the command line.
struct Options {
    tasks: u64,
    runs: usize,
    stores: Vec<String>,
}

const HELP: &str = "cargo bench -p tasker-benches --bench analytics -- [--tasks 1000000] [--runs 40] [--store sqlite|postgres]";

/// Durable, on the disk, with memory and log of a size that a server of one's own has.
const SETTINGS: [(&str, &str); 4] =
    [("fsync", "on"), ("shared_buffers", "512MB"), ("max_wal_size", "4GB"), ("autovacuum", "on")];

#[tokio::main]
async fn main() -> Result<()> {
    let options = options()?;
    let tasks = options.tasks;
    for store in &options.stores {
        if store == "sqlite" {
            let folder = TempDir::new_in(env!("CARGO_TARGET_TMPDIR"))?;
            let url = format!("sqlite://{}", folder.path().join("bench.db").display());
            measure(store, &url, tasks, options.runs).await?;
        } else {
            let server = Private::start(&SETTINGS)?;
            measure(store, &server.url("postgres"), tasks, options.runs).await?;
        }
    }
    Ok(())
}

fn options() -> Result<Options> {
    let mut options = Options { tasks: 1_000_000, runs: 40, stores: Vec::new() };
    let mut arguments = std::env::args().skip(1).filter(|argument| argument != "--bench");
    while let Some(argument) = arguments.next() {
        let value = arguments.next();
        match (argument.as_str(), value) {
            ("--tasks", Some(tasks)) => options.tasks = tasks.parse()?,
            ("--runs", Some(runs)) => options.runs = runs.parse()?,
            ("--store", Some(store)) if ["sqlite", "postgres"].contains(&&*store) => {
                options.stores.push(store);
            }
            _ => return Err(HELP.into()),
        }
    }
    if options.stores.is_empty() {
        options.stores = vec!["sqlite".to_owned(), "postgres".to_owned()];
    }
    Ok(options)
}

async fn measure(kind: &str, url: &str, tasks: u64, runs: usize) -> Result<()> {
    let store = SqlStore::connect(url).await?;
    let workflow = |number: u32| {
        let steps = [
            StepSpec::new("one"),
            StepSpec::new("two").depends_on(["one"]),
            StepSpec::new("three").depends_on(["two"]),
        ];
        let builder = WorkflowDef::builder("bench", format!("chain{number}"), "1.0.0");
        steps.into_iter().fold(builder, tasker::WorkflowBuilder::step).build().map(std::sync::Arc::new)
    };
    let workflows = (0..fill::WORKFLOWS).map(workflow).collect::<std::result::Result<Vec<_>, _>>()?;
    store.install(&workflows).await?;
    fill::fill(url, tasks).await?;
    let tasker = Tasker::builder(()).store(store.clone()).build().await?;
    tasker.shutdown().await;
    ask(&tasker, kind, tasks, runs.min(5), false).await?;
    count(&store, kind, tasks).await?;
    ask(&tasker, kind, tasks, runs, true).await
}

/// Counts everything, period by period.
async fn count(store: &SqlStore, kind: &str, tasks: u64) -> Result<()> {
    let mut took = Vec::new();
    loop {
        let asked = Instant::now();
        if !store.count_ended().await? {
            break;
        }
        took.push(asked.elapsed());
    }
    tell(kind, "count", tasks, true, &took);
    Ok(())
}

async fn ask(tasker: &Tasker, kind: &str, tasks: u64, runs: usize, counted: bool) -> Result<()> {
    let analytics = tasker.analytics();
    macro_rules! ask {
        ($what:literal, $question:expr) => {{
            let mut took = Vec::new();
            for _ in 0..runs {
                let asked = Instant::now();
                let answer = $question;
                took.push(asked.elapsed());
                drop(answer);
            }
            tell(kind, $what, tasks, counted, &took);
        }};
    }
    ask!("health", tasker.health().await);
    ask!("status", tasker.status().await?);
    ask!("performance", analytics.performance().await?);
    ask!("bottlenecks", analytics.bottlenecks().await?);
    ask!("bottlenecks of one workflow", analytics.bottlenecks().name("chain3").await?);
    ask!("bottlenecks of an hour", analytics.bottlenecks().period(Duration::from_hours(1)).await?);
    let status = tasker.status().await?;
    if status.total_tasks != tasks {
        return Err(format!("{} tasks were told, not {tasks}", status.total_tasks).into());
    }
    Ok(())
}

fn tell(store: &str, question: &str, tasks: u64, counted: bool, took: &[Duration]) {
    let mut ms: Vec<f64> = took.iter().map(|took| took.as_secs_f64() * 1e3).collect();
    ms.sort_by(f64::total_cmp);
    let at = |percent: usize| {
        ms.get(ms.len().saturating_sub(1) * percent / 100).map(|ms| (ms * 100.0).round() / 100.0)
    };
    let sum = ms.iter().sum::<f64>();
    let line = json!({
        "bench": "analytics", "store": store, "question": question, "n": tasks, "counted": counted, "runs": ms.len(),
        "p50_ms": at(50), "p95_ms": at(95), "longest_ms": at(100), "mean_ms": sum / ms.len().max(1) as f64,
    });
    println!("{line}");
}
