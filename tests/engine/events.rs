//! Who hears of what happens to tasks.

mod durable;
mod heard;
mod routed;
mod wrong;

use std::collections::BTreeMap;
use std::error::Error;
use std::fmt;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tasker::events::{Subscriber, SubscriberResult, TaskerEvent};
use tasker::{TaskId, async_trait};
use tokio::time::sleep;

/// What a subscriber is to do with an event.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Do {
    Take,
    Fail,
    /// Says very much about why not.
    Rant,
    Panic,
    /// Returns an error that cannot say what it is.
    Mumble,
    Sleep(Duration),
}

type Decide = Arc<dyn Fn(&TaskerEvent, usize) -> Do + Send + Sync>;

/// Does what the test says with each event, by how often it was tried before, and remembers what it took and what it was asked to take.
#[derive(Clone)]
struct Ear {
    wants: Vec<&'static str>,
    decide: Decide,
    took: Arc<Mutex<Vec<TaskerEvent>>>,
    tried: Arc<Mutex<BTreeMap<String, usize>>>,
}

impl Ear {
    fn new(wants: &[&'static str]) -> Self {
        Self::that(wants, |_, _| Do::Take)
    }

    fn that(
        wants: &[&'static str],
        decide: impl Fn(&TaskerEvent, usize) -> Do + Send + Sync + 'static,
    ) -> Self {
        let (took, tried) = (Arc::default(), Arc::default());
        Self { wants: wants.to_vec(), decide: Arc::new(decide), took, tried }
    }

    fn took(&self) -> Vec<TaskerEvent> {
        self.took.lock().unwrap().clone()
    }

    /// What it took of a task: the events' names, with the steps' ones.
    fn of(&self, task: TaskId) -> Vec<String> {
        let took = self.took();
        let of_task = took.iter().filter(|event| event.what.task().task_id == task);
        of_task.map(said).collect()
    }

    /// Waits until it has taken so many events.
    async fn has(&self, many: usize) {
        while self.took.lock().unwrap().len() < many {
            sleep(Duration::from_millis(10)).await;
        }
    }

    fn tried(&self) -> Vec<usize> {
        self.tried.lock().unwrap().values().copied().collect()
    }
}

#[derive(Debug)]
struct Mumbled;

impl fmt::Display for Mumbled {
    fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        Err(fmt::Error)
    }
}

impl Error for Mumbled {}

fn said(event: &TaskerEvent) -> String {
    match event.what.step() {
        Some(step) => format!("{} {}", event.name(), step.step_name),
        None => event.name().to_owned(),
    }
}

#[async_trait]
impl Subscriber for Ear {
    fn events(&self) -> Vec<&str> {
        self.wants.clone()
    }

    async fn on_event(&self, event: &TaskerEvent) -> SubscriberResult {
        let before = {
            let mut tried = self.tried.lock().unwrap();
            let tried = tried.entry(event.id.clone()).or_default();
            *tried += 1;
            *tried - 1
        };
        match (self.decide)(event, before) {
            Do::Take => {}
            Do::Rant => return Err("no thänk you ".repeat(100_000).into()),
            Do::Fail => return Err("no thank you".into()),
            Do::Panic => panic!("what an event"),
            Do::Mumble => return Err(Mumbled.into()),
            Do::Sleep(time) => sleep(time).await,
        }
        self.took.lock().unwrap().push(event.clone());
        Ok(())
    }
}

/// All that happens to a task of `job` that nothing goes wrong with.
const ALL_OF_A_JOB: [&str; 9] = [
    "task.initialize_requested",
    "task.start_requested",
    "step.execution_requested prepare",
    "step.completed prepare",
    "step.execution_requested work",
    "step.completed work",
    "step.execution_requested report",
    "step.completed report",
    "task.completed",
];
