//! Why a task or a step waits, in a sentence.

use super::execution::{ExecutionStatus, TaskExecution};
use super::readiness::BlockingReason;
use super::serial::{listed, span};
use super::snapshot::TaskSnapshot;
use crate::{StepError, StepNo, StepState, StepStatus, TaskState, Timestamp, WaitingFor};

/// Why a pending step has not begun.
pub(super) fn step_waits(
    task: &TaskSnapshot,
    step: &StepStatus,
    reason: Option<BlockingReason>,
    cause: Option<StepNo>,
    holder: Option<StepNo>,
) -> Option<String> {
    if step.state != StepState::Pending {
        return None;
    }
    Some(match reason {
        None => "it is ready, and waits for a worker that has room".to_owned(),
        Some(BlockingReason::DependencyFailed) => match cause {
            Some(cause) => never_runs(task, cause),
            None => "a step before it failed".to_owned(),
        },
        Some(BlockingReason::WaitingForBackoff) => retry(task, step),
        Some(BlockingReason::WaitingForTurn) => turn(task, holder),
        Some(BlockingReason::TaskPaused) => PAUSED.to_owned(),
        Some(BlockingReason::NoWorkerCanRunIt) => no_worker(step.waiting_for.as_ref()),
        Some(BlockingReason::TaskEnded) => {
            format!("the task has ended as `{}`, and this step with it", task.status().state)
        }
        Some(
            BlockingReason::DependenciesNotSatisfied
            | BlockingReason::RetryNotEligible
            | BlockingReason::InvalidState,
        ) => dependencies(task, step),
    })
}

fn never_runs(task: &TaskSnapshot, cause: StepNo) -> String {
    let name = task.name(cause);
    match task.state(cause) {
        StepState::Cancelled => {
            format!("`{name}`, which it depends on, was cancelled: it never runs")
        }
        _ => format!(
            "`{name}`, which it depends on, ended in error: it runs once that was retried or resolved"
        ),
    }
}

fn retry(task: &TaskSnapshot, step: &StepStatus) -> String {
    let at = match step.waiting_for {
        Some(WaitingFor::Time(at)) => at,
        _ => task.now(),
    };
    let when = in_time(at, task.now());
    let limit = task.steps()[step.no.index()].retry_limit;
    let failures = step.attempts.0.saturating_sub(step.lost);
    match &step.error {
        Some(error) if failures > 0 => {
            let left = limit.saturating_sub(failures);
            format!(
                "attempt {} failed ({}); it is tried again {when}, {} left",
                step.attempts,
                brief(error),
                attempts(left)
            )
        }
        _ => format!("it is to begin {when}"),
    }
}

fn attempts(count: u32) -> String {
    if count == 1 { "1 attempt".to_owned() } else { format!("{count} attempts") }
}

/// Such as `in 12 s (at 2026-11-22T08:30:00.000250Z)`.
fn in_time(at: Timestamp, now: Timestamp) -> String {
    format!("in {} (at {at})", span(at.since(now)))
}

/// The step that has the turn, in a task that runs one step at a time.
pub(super) fn turn_holder(task: &TaskSnapshot) -> Option<StepNo> {
    let has_turn = |step: &&StepStatus| match step.state {
        StepState::InProgress => true,
        StepState::Pending => matches!(
            step.waiting_for,
            Some(WaitingFor::Time(_) | WaitingFor::Worker | WaitingFor::Definition { .. })
        ),
        _ => false,
    };
    task.status().steps.iter().find(has_turn).map(|step| step.no)
}

fn turn(task: &TaskSnapshot, holder: Option<StepNo>) -> String {
    match holder {
        Some(holder) => {
            format!("the task runs one step at a time, and now it is the turn of `{}`", task.name(holder))
        }
        None => "the task runs one step at a time, and its turn has not come".to_owned(),
    }
}

/// An error as a sentence has room for it: in one line, and not too long.
fn brief(error: &StepError) -> String {
    const MOST: usize = 200;
    let line = error.to_string().split_whitespace().collect::<Vec<_>>().join(" ");
    if line.chars().count() <= MOST {
        return line;
    }
    line.chars().take(MOST).chain(['…']).collect()
}

/// A status does not tell which of them it is.
const PAUSED: &str = "the task or its workflow is paused; it goes on when that is resumed";

fn no_worker(waiting_for: Option<&WaitingFor>) -> String {
    match waiting_for {
        Some(WaitingFor::Definition { reason: Some(reason) }) => {
            format!("workers are alive, and none of them can run the task: {reason}")
        }
        _ => "workers are alive, and none of them knows the task's workflow at its version: start one that does"
            .to_owned(),
    }
}

fn dependencies(task: &TaskSnapshot, step: &StepStatus) -> String {
    let depends_on = &task.steps()[step.no.index()].depends_on;
    let open = depends_on.iter().filter(|no| !task.state(**no).satisfies_dependents());
    let names = listed(open.map(|&no| task.name(no)));
    if names.is_empty() {
        // The store said that it waits, so it does; what it waits for ended between two looks.
        return "it waits for steps that it depends on".to_owned();
    }
    format!("it waits for {names}")
}

/// Why a task has not ended, or not well; none for one that is complete, resolved or cancelled.
pub(super) fn task_waits(task: &TaskSnapshot, execution: &TaskExecution) -> Option<String> {
    let steps = &execution.steps;
    let in_state = |state| steps.iter().filter(move |step| step.current_state == state);
    let first_with = |reason| {
        steps
            .iter()
            .find(move |step| step.blocking_reason == Some(reason))
            .and_then(|step| step.waiting_because.clone())
    };
    Some(match execution.execution_status {
        ExecutionStatus::AllComplete | ExecutionStatus::Cancelled | ExecutionStatus::ResolvedManually => {
            return None;
        }
        ExecutionStatus::HasReadySteps => {
            let ready = listed(steps.iter().filter(|step| step.ready_for_execution).map(|step| &*step.name));
            let waits =
                if execution.ready_steps == 1 { "is ready, and waits" } else { "are ready, and wait" };
            format!("{ready} {waits} for a worker that has room")
        }
        ExecutionStatus::Processing => {
            let names = listed(in_state(StepState::InProgress).map(|step| &*step.name));
            format!("{names} {}", if execution.in_progress_steps == 1 { "runs" } else { "run" })
        }
        ExecutionStatus::BlockedByFailures => failures(task, execution),
        ExecutionStatus::Paused => PAUSED.to_owned(),
        ExecutionStatus::Parked => first_with(BlockingReason::NoWorkerCanRunIt)?,
        ExecutionStatus::WaitingForDependencies => {
            let first = steps.iter().filter(|step| step.time_until_ready.is_some());
            match first.min_by_key(|step| step.next_retry_at) {
                Some(step) => format!("`{}`: {}", step.name, step.waiting_because.as_deref()?),
                None => first_with(BlockingReason::WaitingForTurn)
                    .or_else(|| first_with(BlockingReason::DependenciesNotSatisfied))
                    .unwrap_or_else(|| "it has no steps".to_owned()),
            }
        }
    })
}

fn failures(task: &TaskSnapshot, execution: &TaskExecution) -> String {
    let steps = &task.status().steps;
    let failed: Vec<&StepStatus> = steps.iter().filter(|step| step.state == StepState::Error).collect();
    let also = if execution.status == TaskState::Error { "" } else { "; nothing else can go on" };
    match failed[..] {
        [] => {
            let cancelled = steps.iter().filter(|step| step.state == StepState::Cancelled);
            format!(
                "{} cancelled, and without that the task cannot complete",
                was(cancelled.map(|step| &*step.name))
            )
        }
        [only] => match &only.error {
            Some(error) => format!("`{}` failed for good: {}{also}", only.name, brief(error)),
            None => format!("`{}` failed for good{also}", only.name),
        },
        [first, ..] => {
            let names = listed(failed.iter().map(|step| &*step.name));
            match &first.error {
                Some(error) => {
                    format!("{names} failed for good, `{}` with: {}{also}", first.name, brief(error))
                }
                None => format!("{names} failed for good{also}"),
            }
        }
    }
}

fn was<'n>(names: impl Iterator<Item = &'n str> + Clone) -> String {
    let verb = if names.clone().count() == 1 { "was" } else { "were" };
    format!("{} {verb}", listed(names))
}
