//! Whole runs on a SQLite file, every commit on the disk (`synchronous = FULL`).
//!
//! * `chain5`: 1,000 chains of five steps, started at once; until all have ended.
//! * `idle_latency`: one chain of five after the other on an engine with nothing else to do; from `start` to the end.
//!
//! `cargo bench -p tasker-benches --bench throughput -- [chain5|idle_latency] [--runs N]`

use std::time::{Duration, Instant};

use tasker::{SqlStore, TaskState, Tasker};
use tasker_benches::chain5;

const TASKS: u32 = 1_000;
const STEPS: u32 = 5;

#[tokio::main]
async fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let runs = arguments.iter().position(|argument| argument == "--runs");
    let runs: usize = runs.map_or(5, |at| arguments[at + 1].parse().expect("--runs takes a number"));
    let wanted = |name: &str| {
        let mut names =
            arguments.iter().filter(|argument| ["chain5", "idle_latency"].contains(&argument.as_str()));
        names.clone().next().is_none() || names.any(|wanted| wanted == name)
    };
    if wanted("chain5") {
        let mut rates = Vec::new();
        for _ in 0..runs {
            rates.push(chains().await);
        }
        rates.sort_by(f64::total_cmp);
        println!(
            "chain5        sqlite  {TASKS} tasks at once, {runs} runs: {:.0} steps/s (from {:.0} to {:.0})",
            rates[rates.len() / 2],
            rates[0],
            rates[rates.len() - 1]
        );
    }
    if wanted("idle_latency") {
        let times = idle().await;
        let at = |percent: usize| times[(times.len() - 1) * percent / 100].as_secs_f64() * 1e3;
        println!(
            "idle_latency  sqlite  {} tasks one by one: p50 {:.2} ms, p95 {:.2} ms",
            times.len(),
            at(50),
            at(95)
        );
    }
}

async fn tasker(folder: &tempfile::TempDir) -> Tasker {
    let url = std::env::var("URL")
        .unwrap_or_else(|_| format!("sqlite://{}", folder.path().join("bench.db").display()));
    let store = SqlStore::connect(&url).await.expect("a database");
    Tasker::builder(()).store(store).register::<chain5::Workflow>().build().await.expect("built")
}

/// Steps a second, from the first start to the last end.
async fn chains() -> f64 {
    let folder = tempfile::tempdir().expect("a folder");
    let tasker = tasker(&folder).await;
    let began = Instant::now();
    let starts = (0..TASKS).map(|number| {
        let tasker = tasker.clone();
        tokio::spawn(async move {
            let task = tasker
                .start::<chain5::Workflow>(chain5::Context { number: number.into() })
                .await
                .expect("started");
            assert_eq!(task.wait().await.expect("ended").state, TaskState::Complete);
        })
    });
    for task in starts.collect::<Vec<_>>() {
        task.await.expect("complete");
    }
    let took = began.elapsed();
    tasker.shutdown().await;
    f64::from(TASKS * STEPS) / took.as_secs_f64()
}

/// The times from start to end, in order.
async fn idle() -> Vec<Duration> {
    let folder = tempfile::tempdir().expect("a folder");
    let tasker = tasker(&folder).await;
    let mut times = Vec::new();
    for number in 0..200_u32 {
        let began = Instant::now();
        let task = tasker
            .start::<chain5::Workflow>(chain5::Context { number: number.into() })
            .await
            .expect("started");
        task.wait().await.expect("ended");
        times.push(began.elapsed());
    }
    tasker.shutdown().await;
    times.sort();
    times
}
