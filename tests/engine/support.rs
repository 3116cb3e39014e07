//! One workflow whose steps do what the test says, and a Tasker around it.

use std::collections::{BTreeMap, VecDeque};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tasker::{
    AppState, Attempt, Cancelled, Clock, Config, MemoryStore, Output, State, StepError, Store, Tasker,
    TaskerBuilder, Timestamp, TokioClock, workflow,
};
use tokio::time::Instant;

/// What one execution of the step `work` is to do.
#[derive(Clone, Debug)]
pub(crate) enum Act {
    Succeed,
    Fail,
    FailAfter(Duration),
    FailForGood,
    Panic,
    Sleep(Duration),
    SleepUntilCancelled,
    /// Sleeps past every limit, and panics when it is dropped.
    PanicWhenStopped,
    Swell(usize),
}

/// What the test says, and what it sees.
#[derive(Clone, Default)]
pub(crate) struct Script(Arc<Mutex<Notes>>);

#[derive(Default)]
struct Notes {
    acts: VecDeque<Act>,
    /// When each execution began, and which it was.
    began: Vec<(Instant, u32)>,
    running: usize,
    most_running: usize,
}

impl Script {
    pub(crate) fn of(acts: impl IntoIterator<Item = Act>) -> Self {
        let script = Self::default();
        script.0.lock().unwrap().acts = acts.into_iter().collect();
        script
    }

    fn begin(&self, attempt: Attempt) -> (Act, Running) {
        let mut notes = self.0.lock().unwrap();
        notes.began.push((Instant::now(), attempt.0));
        notes.running += 1;
        notes.most_running = notes.most_running.max(notes.running);
        (notes.acts.pop_front().unwrap_or(Act::Succeed), Running(self.clone()))
    }

    pub(crate) fn attempts(&self) -> Vec<u32> {
        self.0.lock().unwrap().began.iter().map(|(_, attempt)| *attempt).collect()
    }

    /// Waits until an execution has begun.
    pub(crate) async fn began(&self) {
        wait_until(|| !self.attempts().is_empty()).await;
    }

    /// The waits between executions.
    pub(crate) fn waits(&self) -> Vec<Duration> {
        let notes = self.0.lock().unwrap();
        notes.began.windows(2).map(|pair| pair[1].0 - pair[0].0).collect()
    }

    pub(crate) fn running(&self) -> usize {
        self.0.lock().unwrap().running
    }

    pub(crate) fn most_running(&self) -> usize {
        self.0.lock().unwrap().most_running
    }
}

struct Running(Script);

impl Drop for Running {
    fn drop(&mut self) {
        self.0.0.lock().unwrap().running -= 1;
    }
}

struct Bomb;

impl Drop for Bomb {
    fn drop(&mut self) {
        assert!(std::thread::panicking(), "dropped before its time");
    }
}

/// How many steps run at the same time, by what they are called.
#[derive(Clone, Default)]
pub(crate) struct Gauge(Arc<Mutex<BTreeMap<&'static str, Level>>>);

#[derive(Default, Clone, Copy)]
struct Level {
    now: usize,
    most: usize,
    all: usize,
}

impl Gauge {
    /// Runs for so long.
    async fn run(&self, name: &'static str, time: Duration) {
        {
            let mut levels = self.0.lock().unwrap();
            let level = levels.entry(name).or_default();
            level.now += 1;
            level.all += 1;
            level.most = level.most.max(level.now);
        }
        tokio::time::sleep(time).await;
        self.0.lock().unwrap().entry(name).or_default().now -= 1;
    }

    /// The most at the same time, and how many in all.
    pub(crate) fn most_and_all(&self, name: &str) -> (usize, usize) {
        self.0.lock().unwrap().get(name).map_or((0, 0), |level| (level.most, level.all))
    }
}

#[derive(Clone, AppState)]
pub(crate) struct App {
    pub(crate) script: Script,
    pub(crate) reports: Arc<AtomicUsize>,
    pub(crate) gauge: Gauge,
}

impl App {
    pub(crate) fn new(acts: impl IntoIterator<Item = Act>) -> Self {
        Self { script: Script::of(acts), reports: Arc::default(), gauge: Gauge::default() }
    }

    pub(crate) fn reported(&self) -> usize {
        self.reports.load(Ordering::SeqCst)
    }
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Suffix {
    pub(crate) text: String,
}

/// Prepares, works as the script says, reports.
#[workflow(namespace = "test", version = "1.2.0")]
pub(crate) mod job {
    use super::*;

    #[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
    pub(crate) struct Context {
        #[schemars(range(min = 1, max = 100))]
        pub(crate) number: u32,
        #[serde(default)]
        pub(crate) note: String,
    }

    #[step]
    pub(crate) async fn prepare(ctx: &Context) -> Result<u32, StepError> {
        Ok(ctx.number)
    }

    #[step(depends_on = prepare, timeout = "10s")]
    pub(crate) async fn work(
        number: Output<prepare>,
        script: State<Script>,
        attempt: Attempt,
        cancelled: Cancelled,
    ) -> Result<String, StepError> {
        let (act, _running) = script.begin(attempt);
        match act {
            Act::Succeed => {}
            Act::Fail => return Err(StepError::retryable("it did not work")),
            Act::FailAfter(wait) => return Err(StepError::retryable_after("come back later", wait)),
            Act::FailForGood => return Err(StepError::permanent("it never will").code("NEVER")),
            Act::Panic => panic!("what a mess"),
            Act::Sleep(time) => tokio::time::sleep(time).await,
            Act::SleepUntilCancelled => {
                cancelled.cancelled().await;
                return Err(StepError::retryable("interrupted"));
            }
            Act::PanicWhenStopped => {
                let _bomb = Bomb;
                tokio::time::sleep(Duration::from_hours(1)).await;
            }
            Act::Swell(size) => return Ok("x".repeat(size)),
        }
        Ok(format!("work {}", *number))
    }

    #[step(depends_on = work, config = Suffix { text: "!".into() })]
    pub(crate) async fn report(
        ctx: &Context,
        number: Output<prepare>,
        done: Output<work>,
        suffix: Config<Suffix>,
        reports: State<Arc<AtomicUsize>>,
    ) -> Result<String, StepError> {
        reports.fetch_add(1, Ordering::SeqCst);
        Ok(format!("{} of {} {}{}", *done, *number, ctx.note, suffix.text))
    }
}

/// One step that may run once.
#[workflow(namespace = "test", context = u32)]
pub(crate) mod once {
    use super::{Attempt, Cancelled, Script, State, StepError};

    #[step(no_retry)]
    pub(crate) async fn charge(
        script: State<Script>,
        attempt: Attempt,
        cancelled: Cancelled,
    ) -> Result<(), StepError> {
        let (_, _running) = script.begin(attempt);
        cancelled.cancelled().await;
        std::future::pending().await
    }
}

/// Four steps of a second each that could run side by side.
#[workflow(namespace = "test", context = u32)]
pub(crate) mod wide {
    use super::{Duration, Gauge, State, StepError};

    const SECOND: Duration = Duration::from_secs(1);

    #[step]
    pub(crate) async fn a(gauge: State<Gauge>) -> Result<(), StepError> {
        gauge.run("wide", SECOND).await;
        Ok(())
    }

    #[step]
    pub(crate) async fn b(gauge: State<Gauge>) -> Result<(), StepError> {
        gauge.run("wide", SECOND).await;
        Ok(())
    }

    #[step]
    pub(crate) async fn c(gauge: State<Gauge>) -> Result<(), StepError> {
        gauge.run("wide", SECOND).await;
        Ok(())
    }

    #[step]
    pub(crate) async fn d(gauge: State<Gauge>) -> Result<(), StepError> {
        gauge.run("wide", SECOND).await;
        Ok(())
    }
}

/// The same one by one; the second fails once.
#[workflow(namespace = "test", context = u32, concurrent = false)]
pub(crate) mod narrow {
    use super::{Attempt, Duration, Gauge, State, StepError};

    const SECOND: Duration = Duration::from_secs(1);

    #[step]
    pub(crate) async fn a(gauge: State<Gauge>) -> Result<(), StepError> {
        gauge.run("narrow", SECOND).await;
        Ok(())
    }

    #[step(retry(limit = 2, base = "2s"))]
    pub(crate) async fn b(gauge: State<Gauge>, attempt: Attempt) -> Result<(), StepError> {
        gauge.run("narrow", SECOND).await;
        if attempt.0 == 1 { Err(StepError::retryable("not yet")) } else { Ok(()) }
    }

    #[step(depends_on = a)]
    pub(crate) async fn c(gauge: State<Gauge>) -> Result<(), StepError> {
        gauge.run("narrow", SECOND).await;
        Ok(())
    }
}

/// The seeds to try: so many, or `TASKER_HISTORIES`.
pub(crate) fn seeds(number: u64) -> std::ops::Range<u64> {
    0..std::env::var("TASKER_HISTORIES").map_or(number, |number| number.parse().unwrap())
}

pub(crate) async fn wait_until(mut condition: impl FnMut() -> bool) {
    while !condition() {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// Asks again until there is an answer.
pub(crate) async fn until<T>(mut ask: impl AsyncFnMut() -> Option<T>) -> T {
    loop {
        if let Some(answer) = ask().await {
            return answer;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

pub(crate) fn context(number: u32) -> job::Context {
    job::Context { number, note: String::new() }
}

/// A memory store in virtual time.
pub(crate) fn memory() -> MemoryStore {
    let clock: Arc<dyn Clock> =
        Arc::new(TokioClock::starting_at(Timestamp::from_micros(1_795_000_000_000_000)));
    MemoryStore::with_clock(clock)
}

pub(crate) fn builder(app: &App, store: &(impl Store + Clone)) -> TaskerBuilder<App, Arc<dyn tasker::Store>> {
    Tasker::builder(app.clone())
        .store(store.clone())
        .register::<job::Workflow>()
        .register::<once::Workflow>()
        .register::<wide::Workflow>()
        .register::<narrow::Workflow>()
        .seed(7)
}

pub(crate) async fn tasker(app: &App, store: &(impl Store + Clone)) -> Tasker {
    builder(app, store).build().await.unwrap()
}
