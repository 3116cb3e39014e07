//! Follows the tasks until all have ended.

mod bars;
mod lines;

use std::io::{self, IsTerminal, Write};
use std::time::Duration;

use futures_util::future;
use tasker::{
    Attempt, Clock, ResultError, StepState, StepStatus, SystemClock, TaskHandle, TaskStatus, WaitingFor,
};

use self::bars::Bars;
use self::lines::Lines;
use crate::options::Format;

/// A task to look at.
pub struct Tracked {
    pub handle: TaskHandle,
    /// The number of its order.
    pub order: String,
    pub origin: Origin,
    /// As it was last seen.
    pub status: TaskStatus,
}

/// How a task came to be looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// Started now.
    New,
    /// Left unfinished by an earlier run.
    Resumed,
    /// Of an order that was started before.
    Existing,
}

/// Shows what goes on.
pub trait View {
    /// The task at a place of the list, as it is found.
    fn begin(&mut self, place: usize, task: &Tracked);

    /// The task at a place of the list, with those of its steps that changed.
    fn show(&mut self, place: usize, task: &Tracked, changed: &[&StepStatus]);
}

impl Tracked {
    /// Looks at a task for the first time.
    pub async fn new(handle: TaskHandle, origin: Origin) -> Result<Self, ResultError> {
        let status = handle.status().await?;
        let order = status.idempotency_key.clone().unwrap_or_else(|| handle.id().to_string());
        Ok(Self { handle, order, origin, status })
    }

    /// How many steps are complete.
    pub fn steps_done(&self) -> usize {
        self.status.steps.iter().filter(|step| step.state.satisfies_dependents()).count()
    }
}

/// The view for where the output goes: bars for people who watch, lines for everything else. Where stdout is for
/// programs, it is all on stderr.
pub fn view(format: Format, tasks: usize) -> Box<dyn View> {
    let (out, terminal): (Box<dyn Write>, _) = match format {
        Format::Table => (Box::new(io::stdout()), io::stdout().is_terminal()),
        Format::Json => (Box::new(io::stderr()), io::stderr().is_terminal()),
    };
    if terminal { Box::new(Bars::new(format, tasks)) } else { Box::new(Lines::new(out)) }
}

/// Shows each change once, until all tasks have ended.
pub async fn watch(tasks: &mut [Tracked], view: &mut dyn View) -> Result<(), ResultError> {
    const PAUSE: Duration = Duration::from_millis(100);
    for (place, task) in tasks.iter().enumerate() {
        view.begin(place, task);
        if task.origin == Origin::New {
            let begun: Vec<_> = task.status.steps.iter().filter(|step| is_news(step, None)).collect();
            view.show(place, task, &begun);
        }
    }
    loop {
        let open = tasks.iter_mut().enumerate().filter(|(_, task)| !task.status.state.has_ended());
        let open: Vec<_> = open.collect();
        if open.is_empty() {
            return Ok(());
        }
        // All together: the client asks the database once for all of them.
        let seen = future::try_join_all(open.iter().map(|(_, task)| task.handle.status())).await?;
        for ((place, task), status) in open.into_iter().zip(seen) {
            let before = std::mem::replace(&mut task.status, status);
            let is_new = |step: &&StepStatus| is_news(step, before.step(&step.name));
            let changed: Vec<_> = task.status.steps.iter().filter(is_new).collect();
            view.show(place, task, &changed);
        }
        tokio::time::sleep(PAUSE).await;
    }
}

fn is_news(step: &StepStatus, before: Option<&StepStatus>) -> bool {
    let before = before.map_or((StepState::Pending, Attempt(0)), |step| (step.state, step.attempts));
    (step.state, step.attempts) != before
}

/// A step in words: `pending, retry in 1.8s (attempt 1): the gateway is busy`.
fn describe(step: &StepStatus) -> String {
    let wait = match &step.waiting_for {
        Some(WaitingFor::Time(due)) => {
            format!(", retry in {:.1}s", due.since(SystemClock.now()).as_secs_f64())
        }
        Some(WaitingFor::Worker) => ", waits for a worker".to_owned(),
        Some(WaitingFor::Definition { reason }) => {
            format!(", waits for another build: {}", reason.as_deref().unwrap_or("no worker knows its graph"))
        }
        Some(WaitingFor::Turn) => ", waits for its turn".to_owned(),
        Some(WaitingFor::Operator) => ", paused".to_owned(),
        Some(WaitingFor::Dependencies(_)) | None => String::new(),
    };
    let attempt =
        if step.attempts > Attempt(1) { format!(" (attempt {})", step.attempts) } else { String::new() };
    let error = step.error.as_ref().map_or_else(String::new, |error| format!(": {error}"));
    format!("{}{wait}{attempt}{error}", step.state)
}
