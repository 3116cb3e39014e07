//! The steps that failed, what waits behind them, and what can be done.

use std::cmp::Reverse;

use serde::Serialize;

use super::super::weights;
use super::names;
use crate::report::execution::{HealthStatus, TaskExecution};
use crate::report::reach::{Downstream, LISTED, downstream};
use crate::report::readiness::{RetryStatus, StepReadiness};
use crate::report::serial::{percent, timestamp_if_any};
use crate::report::snapshot::TaskSnapshot;
use crate::report::words::words;
use crate::{StepNo, StepState, TaskState, Timestamp};

/// The steps that failed and have not completed since, those that are tried again included.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ErrorChains {
    /// How many steps failed.
    pub total_error_steps: usize,
    /// All steps.
    pub total_steps: usize,
    /// How many of them failed, in percent.
    pub error_percentage: f64,
    /// How many pending steps are [blocked](crate::report), as in
    /// [`total_blocked_downstream_steps`](super::Bottlenecks::total_blocked_downstream_steps). Each is counted once, however many failed steps
    /// it waits for.
    pub total_blocked_by_errors: usize,
    /// The failed step with the greatest impact.
    pub most_critical_error: Option<String>,
    /// The failed steps, the greatest impact first.
    pub error_chains: Vec<ErrorChain>,
    /// The names of the first three of them: mend these first.
    pub recovery_priority: Vec<String>,
    /// Whether the task does well.
    pub task_health: HealthStatus,
}

/// A step that failed, and what waits behind it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ErrorChain {
    /// The step.
    pub error_step_id: StepNo,
    /// Its name.
    pub error_step_name: String,
    /// What it failed with.
    pub error: Option<String>,
    /// How many executions of it have begun.
    pub error_attempts: u32,
    /// How many executions of it may fail.
    pub retry_limit: u32,
    /// Whether it is tried again.
    pub retry_analysis: RetryAnalysis,
    /// The names of the first 20 steps that wait for it, directly or through others.
    pub downstream_steps: Vec<String>,
    /// The names of the first 20 of those that are [blocked](crate::report).
    pub blocked_downstream_steps: Vec<String>,
    /// How many steps wait for it.
    pub total_downstream_steps: usize,
    /// How many of them are [blocked](crate::report).
    pub total_blocked_downstream_steps: usize,
    /// How much harm it does: a score from [`weights`](crate::report::weights).
    pub total_impact: u64,
    /// What can be done, the first thing first.
    pub recovery_strategies: Vec<RecoveryStrategy>,
}

/// Whether a step that failed is tried again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RetryAnalysis {
    /// Whether it is not tried again.
    pub exhausted: bool,
    /// How many more executions may fail.
    pub remaining_attempts: u32,
    /// Whether it waits for its next attempt.
    pub in_backoff: bool,
    /// When that is.
    #[serde(serialize_with = "timestamp_if_any")]
    pub next_retry_at: Option<Timestamp>,
    /// Whether trying again can help, as far as its error says.
    pub retryable: bool,
}

/// What can be done about a step that failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RecoveryStrategy {
    /// What.
    pub strategy: RecoveryAction,
    /// The same in a sentence.
    pub description: String,
}

words! {
    /// What can be done about a step that failed.
    pub enum RecoveryAction {
        /// Nothing: it is tried again by itself.
        WaitForRetry = "wait_for_retry",
        /// Mend what its error names, since the same attempt would fail again, then retry.
        MendAndRetry = "mend_and_retry",
        /// Retry, with all attempts anew.
        Retry = "retry",
        /// See whether the system that it talks to does well.
        CheckDependentSystem = "check_dependent_system",
        /// Find out why workers die while they run it.
        CheckWorkers = "check_workers",
        /// Skip it: the workflow can do without its result.
        Skip = "skip",
        /// Do its work by hand, and resolve it with the result.
        ResolveManually = "resolve_manually",
    }
}

pub(super) fn find(task: &TaskSnapshot, execution: &TaskExecution) -> ErrorChains {
    let failed: Vec<_> = execution.steps.iter().filter(|step| has_failed(step)).collect();
    let places: Vec<_> = failed.iter().map(|step| step.step_no).collect();
    let is_blocked = |step: StepNo| execution.steps[step.index()].is_permanently_blocked();
    let behind = downstream(task, &places, is_blocked);
    let mut chains: Vec<_> =
        failed.iter().zip(behind).map(|(step, behind)| chain(task, execution, step, &behind)).collect();
    chains.sort_by_key(|chain| (Reverse(chain.total_impact), chain.error_step_id));
    let first = |count| chains.iter().take(count).map(|chain| chain.error_step_name.clone());
    ErrorChains {
        total_error_steps: chains.len(),
        total_steps: execution.total_steps,
        error_percentage: percent(chains.len(), execution.total_steps),
        total_blocked_by_errors: execution.permanently_blocked_steps - execution.failed_steps,
        most_critical_error: first(1).next(),
        recovery_priority: first(3).collect(),
        task_health: execution.health_status,
        error_chains: chains,
    }
}

/// Whether a step failed and has not completed since.
pub(super) fn has_failed(step: &StepReadiness) -> bool {
    step.current_state == StepState::Error || step.is_retrying()
}

fn chain(
    task: &TaskSnapshot,
    execution: &TaskExecution,
    step: &StepReadiness,
    behind: &Downstream,
) -> ErrorChain {
    let retry_analysis = RetryAnalysis::of(step);
    ErrorChain {
        error_step_id: step.step_no,
        error_step_name: step.name.clone(),
        error: step.error.clone(),
        error_attempts: step.attempts,
        retry_limit: step.retry_limit,
        downstream_steps: names(execution, &behind.first),
        blocked_downstream_steps: names(execution, &behind.first_blocked),
        total_downstream_steps: behind.total,
        total_blocked_downstream_steps: behind.blocked,
        total_impact: impact(step, behind, retry_analysis.exhausted),
        recovery_strategies: strategies(task, step),
        retry_analysis,
    }
}

fn impact(step: &StepReadiness, behind: &Downstream, exhausted: bool) -> u64 {
    weights::BLOCKED_WEIGHT * behind.blocked as u64
        + weights::DOWNSTREAM_WEIGHT * behind.total as u64
        + if exhausted { weights::EXHAUSTED_RETRY } else { 0 }
        + weights::RETRY_INSTABILITY * u64::from(step.attempts)
}

impl RetryAnalysis {
    fn of(step: &StepReadiness) -> Self {
        let is_open = step.current_state != StepState::Error;
        let failures = step.attempts.saturating_sub(step.lost_attempts);
        // What runs has begun an attempt that has not failed yet.
        let failures =
            if step.current_state == StepState::InProgress { failures.saturating_sub(1) } else { failures };
        Self {
            exhausted: !is_open,
            remaining_attempts: if is_open { step.retry_limit.saturating_sub(failures) } else { 0 },
            in_backoff: step.retry_status == RetryStatus::WaitingForBackoff,
            next_retry_at: step.next_retry_at,
            retryable: step.retry_status != RetryStatus::PermanentError,
        }
    }
}

/// What can be done about a step that failed, the first thing first.
pub(super) fn strategies(task: &TaskSnapshot, step: &StepReadiness) -> Vec<RecoveryStrategy> {
    use RecoveryAction as Action;
    let name = &step.name;
    let known = &task.steps()[step.step_no.index()];
    let code = task.status().steps[step.step_no.index()].error.as_ref().and_then(|error| error.error_code());
    let mut found = Vec::new();
    let mut add = |strategy, description| found.push(RecoveryStrategy { strategy, description });
    if step.current_state != StepState::Error {
        add(
            Action::WaitForRetry,
            match step.time_until_ready {
                Some(wait) if !wait.is_zero() => {
                    format!("wait: `{name}` is tried again in {}", crate::report::serial::span(wait))
                }
                _ => format!("wait: `{name}` is tried again"),
            },
        );
    } else if step.retry_status == RetryStatus::PermanentError {
        add(
            Action::MendAndRetry,
            format!("`{name}` says that trying again cannot help: mend what its error names, then retry it"),
        );
    }
    if code == Some("WORKER_LOST") {
        add(
            Action::CheckWorkers,
            format!(
                "{} of {} executions of `{name}` were lost with their worker: see why the workers died, such as a lack of memory",
                step.lost_attempts, step.attempts
            ),
        );
    }
    if let Some(system) = &known.dependent_system
        && step.retry_status != RetryStatus::PermanentError
    {
        add(Action::CheckDependentSystem, format!("see whether `{system}` does well: `{name}` talks to it"));
    }
    if step.current_state != StepState::Error || task.status().state == TaskState::Cancelled {
        return found;
    }
    if step.retry_status == RetryStatus::MaxRetriesReached {
        add(Action::Retry, format!("retry `{name}`, with all of its {} attempts anew", step.retry_limit));
    }
    if known.optional {
        add(Action::Skip, format!("skip `{name}`: the workflow can do without its result"));
    }
    add(
        Action::ResolveManually,
        format!("do the work of `{name}` by hand and resolve it, so that what waits for it goes on"),
    );
    found
}

/// That the lists are as long as the documentation says.
const _: () = assert!(LISTED == 20, "the documentation of `ErrorChain` names this number");

#[cfg(test)]
mod tests;
