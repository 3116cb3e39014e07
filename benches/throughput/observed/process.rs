//! One run, in a process of its own.

use std::fs::OpenOptions;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use tasker::Tasker;
use tasker::events::{Subscriber, SubscriberResult, TaskerEvent};
use tasker::logs::Logs;
use tasker::otel::Traces;
use tasker_benches::chain5;

use super::{Run, STEPS, Watch};
use crate::bed::AnyStore;
use crate::options::LOOK_ON;
use crate::{Result, flow};

/// Of each task: its creation, its start, its end, and each step's beginning and end.
const EVENTS: usize = 3 + 2 * STEPS;

/// Starts this program anew and waits for what it measures.
pub(super) fn run(url: &str, watch: Watch, endpoint: &str, tasks: usize) -> Result<Run> {
    let mut program = Command::new(std::env::current_exe()?);
    program.args([LOOK_ON, &format!("{watch} {endpoint} {tasks} {url}")]);
    let done = tokio::task::block_in_place(|| program.output())?;
    let said = String::from_utf8_lossy(&done.stdout);
    let seconds: Vec<f64> = said.split_whitespace().flat_map(str::parse).collect();
    match seconds[..] {
        [ended, delivered] if done.status.success() => Ok(Run { ended, delivered }),
        _ => Err(format!("a run failed: {said}{}", String::from_utf8_lossy(&done.stderr)).into()),
    }
}

/// What such a process does.
pub(crate) async fn look_on(asked: &str) -> Result<()> {
    let mut words = asked.splitn(4, ' ');
    let mut word = || words.next().ok_or("a word is missing");
    let watch = Watch::named(word()?).ok_or("nobody looks on so")?;
    let (endpoint, tasks, url) = (word()?, word()?.parse()?, word()?);
    let traces = match watch {
        Watch::Traces => Some(Traces::builder().endpoint(endpoint).service("bench").sample(0.1).build()?),
        _ => None,
    };
    if watch != Watch::Nobody {
        let log = Arc::new(OpenOptions::new().write(true).open("/dev/null")?);
        let logs = Logs::json().filter("info").writer(move || Arc::clone(&log));
        match &traces {
            Some(traces) => logs.init_with(traces.layer())?,
            None => logs.init()?,
        }
    }
    let store = AnyStore::connect(url).await?;
    let builder = Tasker::builder(()).register::<chain5::Workflow>();
    let builder = match &store {
        AnyStore::Sql(store) => builder.store(store.clone()),
        AnyStore::Memory(_) => return Err("another process does not see it".into()),
    };
    let taken = Arc::new(AtomicUsize::new(0));
    let builder = match watch {
        Watch::Nobody => builder,
        _ => builder.subscribe("bench", Count(Arc::clone(&taken))),
    };
    let tasker = builder.build().await?;
    let scraper = (watch != Watch::Nobody).then(|| tokio::spawn(scrape(tasker.clone())));
    let began = Instant::now();
    let ended = flow::run_to_end::<chain5::Workflow>(&tasker, store.get(), tasks).await?;
    while watch != Watch::Nobody && taken.load(Ordering::Relaxed) < tasks * EVENTS {
        tokio::time::sleep(Duration::from_millis(4)).await;
    }
    println!("{} {}", ended.as_secs_f64(), began.elapsed().as_secs_f64());
    scraper.inspect(tokio::task::JoinHandle::abort);
    tasker.shutdown().await;
    if let Some(traces) = traces {
        traces.shutdown().await?;
    }
    Ok(())
}

/// As Prometheus does, only more often.
async fn scrape(tasker: Tasker) {
    loop {
        tokio::time::sleep(Duration::from_secs(1)).await;
        assert!(!tasker.metrics().render().is_empty());
    }
}

/// Counts what it hears of.
struct Count(Arc<AtomicUsize>);

#[tasker::async_trait]
impl Subscriber for Count {
    fn events(&self) -> Vec<&str> {
        vec!["*"]
    }

    async fn on_event(&self, _: &TaskerEvent) -> SubscriberResult {
        self.0.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }
}
