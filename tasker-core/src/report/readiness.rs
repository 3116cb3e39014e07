//! Whether a step can run, and if not, why: the readiness function of Ruby Tasker, with what the engine here knows beside.
//!
//! What differs from its table: a step that waits for its retry is `pending` and says so; a step in `error` has failed for good; the
//! times of retries are those that the engine goes by, not computed anew; "not retryable" means one execution, not none.

use std::fmt;
use std::time::Duration;

use serde::{Serialize, Serializer};

use super::because;
use super::reach::causes;
use super::serial::{seconds_if_any, timestamp_if_any};
use super::snapshot::{StepSnapshot, TaskSnapshot};
use super::words::words;
use crate::{Executions, StepNo, StepState, StepStatus, Timestamp, WaitingFor};

/// Whether a step can run, and what it waits for if not.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct StepReadiness {
    /// Its place in the definition.
    pub step_no: StepNo,
    /// Its name.
    pub name: String,
    /// Where it stands.
    pub current_state: StepState,
    /// Whether every step that it depends on is complete, resolved or skipped.
    pub dependencies_satisfied: bool,
    /// Whether another execution may begin by itself, now or later, the first one included: it has not ended, and attempts are left. So
    /// [`retry_status`](Self::retry_status) is [`RetryEligible`](RetryStatus::RetryEligible) or
    /// [`WaitingForBackoff`](RetryStatus::WaitingForBackoff). It says nothing of what the step waits for: one that is blocked behind
    /// another may be eligible.
    pub retry_eligible: bool,
    /// Whether it runs as soon as a worker has room.
    pub ready_for_execution: bool,
    /// Why it is not ready; none exactly where it is.
    pub blocking_reason: Option<BlockingReason>,
    /// The same in a sentence, for a step that is pending.
    pub waiting_because: Option<String>,
    /// Where it is [blocked](crate::report) and pending, the step in error or cancelled that keeps it from running, however far before it.
    pub blocked_by: Option<String>,
    /// How many of its dependencies are over.
    pub dependency_status: DependencyStatus,
    /// How many steps it depends on.
    pub total_parents: usize,
    /// How many of them are complete, resolved or skipped.
    pub completed_parents: usize,
    /// Whether it may run again.
    pub retry_status: RetryStatus,
    /// How many executions have begun.
    pub attempts: u32,
    /// How many of them were lost with their worker; they are no failures.
    pub lost_attempts: u32,
    /// How many executions may fail.
    pub retry_limit: u32,
    /// When the last execution began.
    #[serde(serialize_with = "timestamp_if_any")]
    pub last_attempted_at: Option<Timestamp>,
    /// When the last execution failed, unless the step completed since.
    #[serde(serialize_with = "timestamp_if_any")]
    pub last_failure_at: Option<Timestamp>,
    /// When the next execution may begin, where that is a time to come.
    #[serde(serialize_with = "timestamp_if_any")]
    pub next_retry_at: Option<Timestamp>,
    /// Where the wait for it comes from.
    pub backoff_type: BackoffType,
    /// How long it is from the failure to the next execution, in seconds, where both are known.
    #[serde(rename = "effective_backoff_seconds", serialize_with = "seconds_if_any")]
    pub effective_backoff: Option<Duration>,
    /// How long until it is ready, in seconds: nothing if it is; none where no clock can tell.
    #[serde(serialize_with = "seconds_if_any")]
    pub time_until_ready: Option<Duration>,
    /// The error of the last execution that failed, unless the step completed since.
    pub error: Option<String>,
    /// The external system that it talks to.
    pub dependent_system: Option<String>,
}

words! {
    /// Why a step is not ready.
    pub enum BlockingReason {
        /// Steps that it depends on are not over yet, and can still be.
        DependenciesNotSatisfied = "dependencies_not_satisfied",
        /// A step before it ended in error or was cancelled, so that this one never runs unless an operator steps in.
        /// (Ruby Tasker says `dependencies_not_satisfied` here, too.)
        DependencyFailed = "dependency_failed",
        /// It failed for good: no attempts are left, or its error is permanent.
        RetryNotEligible = "retry_not_eligible",
        /// It failed and waits for its next attempt. (Ruby Tasker says `unknown`.)
        WaitingForBackoff = "waiting_for_backoff",
        /// The task runs one step at a time, and another has its turn. (Not in Ruby Tasker.)
        WaitingForTurn = "waiting_for_turn",
        /// The task is paused, or its workflow. (Not in Ruby Tasker.)
        TaskPaused = "task_paused",
        /// Workers are alive, and none of them can run the task's definition. (Not in Ruby Tasker.)
        NoWorkerCanRunIt = "no_worker_can_run_it",
        /// The task has ended without it. (Not in Ruby Tasker.)
        TaskEnded = "task_ended",
        /// It is not waiting: it runs, is over, or was cancelled.
        InvalidState = "invalid_state",
    }

    /// Whether a step may run again.
    pub enum RetryStatus {
        /// It may run, or run again: it has attempts left, and no time to wait for.
        RetryEligible = "retry_eligible",
        /// It does, once its time has come.
        WaitingForBackoff = "waiting_for_backoff",
        /// No attempts are left: it failed for good, or its last execution is under way.
        MaxRetriesReached = "max_retries_reached",
        /// It said itself that trying again cannot help. (Ruby Tasker tries again all the same.)
        PermanentError = "permanent_error",
        /// It is over, or was cancelled. (Ruby Tasker says `retry_eligible`.)
        NotNeeded = "not_needed",
    }

    /// Where the wait for a retry comes from.
    pub enum BackoffType {
        /// The error asked for it, as a `Retry-After` header does.
        Explicit = "explicit_backoff",
        /// The step's retry policy.
        Exponential = "exponential_backoff",
        /// It does not wait for a retry.
        None = "no_backoff",
    }
}

/// How many of a step's dependencies are over: `no_dependencies`, `all_satisfied`, or `2/3_satisfied`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DependencyStatus {
    /// It has none.
    NoDependencies,
    /// All.
    AllSatisfied,
    /// So many of so many.
    Satisfied(usize, usize),
}

impl DependencyStatus {
    fn of(completed: usize, total: usize) -> Self {
        match total {
            0 => Self::NoDependencies,
            _ if completed == total => Self::AllSatisfied,
            _ => Self::Satisfied(completed, total),
        }
    }
}

impl fmt::Display for DependencyStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoDependencies => f.pad("no_dependencies"),
            Self::AllSatisfied => f.pad("all_satisfied"),
            Self::Satisfied(completed, total) => write!(f, "{completed}/{total}_satisfied"),
        }
    }
}

impl Serialize for DependencyStatus {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl StepReadiness {
    /// Whether it failed and is tried again, or runs again already.
    #[must_use]
    pub fn is_retrying(&self) -> bool {
        self.error.is_some() && matches!(self.current_state, StepState::Pending | StepState::InProgress)
    }

    /// Whether it is [blocked](crate::report): never runs, or never runs again, unless somebody steps in.
    #[must_use]
    pub fn is_permanently_blocked(&self) -> bool {
        matches!(
            self.blocking_reason,
            Some(BlockingReason::RetryNotEligible | BlockingReason::DependencyFailed)
        )
    }
}

/// The readiness of every step, in canonical order.
pub(super) fn assess(task: &TaskSnapshot) -> Vec<StepReadiness> {
    let (causes, holder) = (causes(task), because::turn_holder(task));
    let steps = task.status().steps.iter().zip(task.steps()).zip(causes);
    steps.map(|((step, known), cause)| of_step(task, step, known, cause, holder)).collect()
}

fn of_step(
    task: &TaskSnapshot,
    step: &StepStatus,
    known: &StepSnapshot,
    cause: Option<StepNo>,
    turn_holder: Option<StepNo>,
) -> StepReadiness {
    let is_over = |no: &&StepNo| task.state(**no).satisfies_dependents();
    let completed_parents = known.depends_on.iter().filter(is_over).count();
    let total_parents = known.depends_on.len();
    let dependencies_satisfied = completed_parents == total_parents;
    let blocking_reason = blocking_reason(task, step, dependencies_satisfied, cause);
    let next_retry_at = next_retry_at(task, step, known);
    let retry_status = retry_status(step, known, next_retry_at);
    StepReadiness {
        step_no: step.no,
        name: step.name.clone(),
        current_state: step.state,
        dependencies_satisfied,
        retry_eligible: matches!(retry_status, RetryStatus::RetryEligible | RetryStatus::WaitingForBackoff),
        ready_for_execution: blocking_reason.is_none(),
        blocking_reason,
        waiting_because: because::step_waits(task, step, blocking_reason, cause, turn_holder),
        blocked_by: cause.map(|cause| task.name(cause).to_owned()),
        dependency_status: DependencyStatus::of(completed_parents, total_parents),
        total_parents,
        completed_parents,
        retry_status,
        attempts: step.attempts.0,
        lost_attempts: step.lost,
        retry_limit: known.retry_limit,
        last_attempted_at: known.started_at,
        last_failure_at: known.failed_at,
        next_retry_at,
        backoff_type: match &step.error {
            Some(error) if next_retry_at.is_some() && error.wait().is_some() => BackoffType::Explicit,
            _ if next_retry_at.is_some() => BackoffType::Exponential,
            _ => BackoffType::None,
        },
        effective_backoff: next_retry_at.zip(known.failed_at).map(|(next, failed)| next.since(failed)),
        time_until_ready: match blocking_reason {
            None => Some(Duration::ZERO),
            Some(BlockingReason::WaitingForBackoff) => next_retry_at.map(|next| next.since(task.now())),
            Some(_) => None,
        },
        error: step.error.as_ref().map(ToString::to_string),
        dependent_system: known.dependent_system.clone(),
    }
}

fn blocking_reason(
    task: &TaskSnapshot,
    step: &StepStatus,
    dependencies_satisfied: bool,
    cause: Option<StepNo>,
) -> Option<BlockingReason> {
    match step.state {
        StepState::Error => return Some(BlockingReason::RetryNotEligible),
        StepState::Pending => {}
        _ => return Some(BlockingReason::InvalidState),
    }
    let status = task.status();
    if status.state.has_ended() && !(status.state == crate::TaskState::Error && cause.is_some()) {
        return Some(BlockingReason::TaskEnded);
    }
    if cause.is_some() {
        return Some(BlockingReason::DependencyFailed);
    }
    if !dependencies_satisfied {
        return Some(BlockingReason::DependenciesNotSatisfied);
    }
    match step.waiting_for.as_ref()? {
        WaitingFor::Worker => None,
        WaitingFor::Time(at) => (*at > task.now()).then_some(BlockingReason::WaitingForBackoff),
        WaitingFor::Turn => Some(BlockingReason::WaitingForTurn),
        WaitingFor::Operator => Some(BlockingReason::TaskPaused),
        WaitingFor::Definition { .. } => Some(BlockingReason::NoWorkerCanRunIt),
        WaitingFor::Dependencies(_) => Some(BlockingReason::DependenciesNotSatisfied),
    }
}

/// The time may be known although something else holds the step, such as a pause.
fn next_retry_at(task: &TaskSnapshot, step: &StepStatus, known: &StepSnapshot) -> Option<Timestamp> {
    let at = match step.waiting_for {
        Some(WaitingFor::Time(at)) => Some(at),
        _ => known.run_at,
    };
    at.filter(|at| step.state == StepState::Pending && *at > task.now())
}

fn retry_status(step: &StepStatus, known: &StepSnapshot, next_retry_at: Option<Timestamp>) -> RetryStatus {
    let executions = Executions { attempt: step.attempts, lost: step.lost, limit: known.retry_limit };
    match step.state {
        StepState::Error if step.error.as_ref().is_some_and(crate::StepError::is_permanent) => {
            RetryStatus::PermanentError
        }
        StepState::Error => RetryStatus::MaxRetriesReached,
        StepState::Pending if next_retry_at.is_some() => RetryStatus::WaitingForBackoff,
        StepState::InProgress if executions.exhausted_by_failure() => RetryStatus::MaxRetriesReached,
        StepState::Pending | StepState::InProgress => RetryStatus::RetryEligible,
        _ => RetryStatus::NotNeeded,
    }
}

#[cfg(test)]
mod tests;
