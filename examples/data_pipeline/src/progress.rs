//! Follows a task until it has ended: a line for each change.

use std::io::{self, Write as _};
use std::time::{Duration, Instant};

use tasker::{
    Attempt, Clock, ResultError, StepState, StepStatus, SystemClock, TaskHandle, TaskState, TaskStatus,
    WaitingFor,
};

/// How long it looks away.
const PAUSE: Duration = Duration::from_millis(20);

/// Prints what happens to the task, and says how it ended.
pub async fn watch<W>(task: &TaskHandle<W>) -> Result<TaskState, ResultError> {
    let start = Instant::now();
    let say = |what: &str, text: &str| {
        // Whoever read this may be gone; the task goes on.
        let _ = writeln!(io::stdout(), "{:>6.2}s  {what:<18}  {text}", start.elapsed().as_secs_f64());
    };
    let mut seen = None;
    if !task.is_new() {
        let status = task.status().await?;
        let done = status.steps.iter().filter(|step| step.state.satisfies_dependents()).count();
        let how = if status.state.has_ended() { "has ended before" } else { "is gone on with" };
        say("pipeline", &format!("{how}, {done} of {} steps complete", status.steps.len()));
        // What went wrong is worth being told again.
        seen = Some(status).filter(|status| status.state != TaskState::Error);
    }
    loop {
        let status = task.status().await?;
        for step in status.steps.iter().filter(|step| is_news(step, seen.as_ref())) {
            say(&step.name, &describe(step));
        }
        if status.state.has_ended() {
            say("pipeline", status.state.as_str());
            return Ok(status.state);
        }
        seen = Some(status);
        tokio::time::sleep(PAUSE).await;
    }
}

fn is_news(step: &StepStatus, seen: Option<&TaskStatus>) -> bool {
    let before = seen.and_then(|status| status.step(&step.name));
    let before = before.map_or((StepState::Pending, Attempt(0)), |step| (step.state, step.attempts));
    (step.state, step.attempts) != before
}

/// A step in words: `pending, retry in 0.9s: the zones are down, for attempt 1 of 2, as asked for [SOURCE_DOWN]`.
fn describe(step: &StepStatus) -> String {
    let wait = match &step.waiting_for {
        Some(WaitingFor::Time(due)) => {
            format!(", retry in {:.1}s", due.since(SystemClock.now()).as_secs_f64())
        }
        _ => String::new(),
    };
    let attempt = match step.attempts {
        Attempt(0 | 1) => String::new(),
        attempt => format!(" (attempt {attempt})"),
    };
    // The error of a step that runs again is that of the execution before.
    let link = if step.state == StepState::InProgress { ", after: " } else { ": " };
    let error = step.error.as_ref().map_or_else(String::new, |error| format!("{link}{error}"));
    format!("{}{wait}{attempt}{error}", step.state)
}
