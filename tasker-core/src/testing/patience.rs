//! For how long a run is waited for, and what is said when it does not end.

use std::fmt::Write;
use std::time::Duration;

use tokio::time::timeout;

use super::trace::Recorder;
use crate::{StepState, StepStatus, TaskHandle, TaskStatus, WaitingFor};

/// An engine in virtual time is through it in a moment. A step that waits for longer, as `retry(base = "3650d", ..)` can say, counts as one
/// that never ends.
const LONGEST: Duration = Duration::from_hours(24 * 365);

/// How much of what happened is told: the end of it.
const SHOWN: usize = 40;

/// How a task ended.
pub(super) async fn end_of<W>(handle: &TaskHandle<W>, recorder: &Recorder, seed: Option<u64>) -> TaskStatus {
    let waited = tokio::select! {
        // An end counts, also that of the last execution.
        biased;
        waited = timeout(LONGEST, handle.wait()) => waited.map_err(|_| "a virtual year".to_owned()),
        step = recorder.is_over(handle.id()) => {
            let most = recorder.most();
            Err(format!("{most} executions of `{step}`, which `most_executions` of the builder allows"))
        }
    };
    let error = match waited {
        Ok(Ok(status)) => return status,
        Ok(Err(error)) => error.to_string(),
        Err(after) => match handle.status().await {
            Ok(status) => no_end(&after, &status, recorder),
            Err(error) => error.to_string(),
        },
    };
    let seed = seed.map(|seed| format!("\n(seed {seed})")).unwrap_or_default();
    panic!("{error}{seed}");
}

fn no_end(after: &str, status: &TaskStatus, recorder: &Recorder) -> String {
    let TaskStatus { workflow, state, .. } = status;
    let mut message = format!("a run of `{workflow}` has not ended after {after}; it is {state}:");
    for step in status.steps.iter().filter(|step| !step.state.satisfies_dependents()) {
        let _ = write!(message, "\n  {}", step_line(step));
    }
    let trace = recorder.trace(status.id, status.created_at);
    let (left_out, shown) = trace.split_at(trace.len().saturating_sub(SHOWN));
    if !shown.is_empty() {
        message += "\nwhat happened:";
    }
    if !left_out.is_empty() {
        let _ = write!(message, "\n({} moments before)", left_out.len());
    }
    for moment in shown {
        let _ = write!(message, "\n{moment}");
    }
    message
}

fn step_line(step: &StepStatus) -> String {
    let StepStatus { name, attempts, state, waiting_for, .. } = step;
    let waits = match (state, waiting_for) {
        (StepState::InProgress, _) => format!("has not returned from execution {attempts}"),
        (_, Some(WaitingFor::Operator)) => "waits for an operator, who paused the task".to_owned(),
        (_, Some(WaitingFor::Dependencies(steps))) => {
            format!("waits for {steps} of the steps that it depends on")
        }
        (_, Some(WaitingFor::Time(time))) => format!("waits until {time}"),
        (_, Some(WaitingFor::Turn)) => "waits for its turn".to_owned(),
        (_, Some(WaitingFor::Worker)) => "waits for a worker; was the Tasker shut down?".to_owned(),
        (_, Some(WaitingFor::Definition { reason })) => {
            let reason = reason.as_deref().unwrap_or("no Tasker that is alive has its workflow registered");
            format!("waits for another build: {reason}")
        }
        (state, None) => format!("is {state}"),
    };
    format!("`{name}` {waits}")
}
