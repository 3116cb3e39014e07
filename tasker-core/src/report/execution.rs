//! How a task stands as a whole: Ruby Tasker's task execution context.
//!
//! The rows of its table are tried in order, and the first that holds says what the task does and what is recommended. Rows were added
//! where the table has no true answer:
//!
//! | order | status | action | holds when |
//! |---|---|---|---|
//! | 1 | `cancelled` | `no_action` | the task was cancelled |
//! | 2 | `resolved_manually` | `no_action` | an operator declared the task done |
//! | 3 | `all_complete` | `no_action` | the task is complete |
//! | 4 | `has_ready_steps` | `execute_ready_steps` | a step is ready |
//! | 5 | `processing` | `wait_for_completion` | a step runs |
//! | 6 | `all_complete` | `finalize_task` | every step is complete, resolved or skipped, and the task has yet to be told |
//! | 7 | `paused` | `resume_task` | the task is paused, or its workflow |
//! | 8 | `parked` | `start_worker` | workers are alive, and none of them can run the task |
//! | 9 | `waiting_for_dependencies` | `wait_for_retry` | a step waits for its next attempt |
//! | 10 | `blocked_by_failures` | `handle_failures` | a step failed for good or was cancelled, and nothing else goes on |
//! | 11 | `waiting_for_dependencies` | `wait_for_dependencies` | otherwise, and where there are no steps |
//!
//! In Ruby Tasker rows 9 and 10 are one behind the other, so that a step that failed for good hides one that is about to run again.

use serde::Serialize;

use super::because;
use super::readiness::{BlockingReason, StepReadiness, assess};
use super::serial::{full_name, percent, timestamp, timestamp_if_any};
use super::snapshot::TaskSnapshot;
use super::words::words;
use crate::{StepState, TaskId, TaskState, Timestamp, WorkflowId};

words! {
    /// What a task does.
    pub enum ExecutionStatus {
        /// Steps are ready.
        HasReadySteps = "has_ready_steps",
        /// Steps run, and none is ready.
        Processing = "processing",
        /// A step failed for good or was cancelled, and nothing else goes on.
        BlockedByFailures = "blocked_by_failures",
        /// Every step is complete, resolved or skipped.
        AllComplete = "all_complete",
        /// Nothing runs, and something will by itself: when a step's time or turn has come.
        WaitingForDependencies = "waiting_for_dependencies",
        /// An operator paused it, or its workflow. (Not in Ruby Tasker.)
        Paused = "paused",
        /// No worker that is alive can run it. (Not in Ruby Tasker.)
        Parked = "parked",
        /// An operator stopped it. (Ruby Tasker says `waiting_for_dependencies`.)
        Cancelled = "cancelled",
        /// An operator declared it done. (Ruby Tasker says `blocked_by_failures`.)
        ResolvedManually = "resolved_manually",
    }

    /// What is to be done about a task.
    pub enum RecommendedAction {
        /// Workers take the ready steps as they have room.
        ExecuteReadySteps = "execute_ready_steps",
        /// Nothing but wait for what runs.
        WaitForCompletion = "wait_for_completion",
        /// Look at the errors; retry, resolve or cancel.
        HandleFailures = "handle_failures",
        /// The task is about to be marked as complete.
        FinalizeTask = "finalize_task",
        /// Nothing but wait.
        WaitForDependencies = "wait_for_dependencies",
        /// Nothing but wait until a step is tried again. (Ruby Tasker says `wait_for_dependencies`.)
        WaitForRetry = "wait_for_retry",
        /// Resume it, or its workflow, whichever is paused. (Not in Ruby Tasker.)
        ResumeTask = "resume_task",
        /// Start a build of the application that can run it. (Not in Ruby Tasker.)
        StartWorker = "start_worker",
        /// It has ended. (Ruby Tasker still says `finalize_task`.)
        NoAction = "no_action",
    }

    /// Whether a task does well. (Ruby Tasker's `unknown` is not among them: no task is.)
    pub enum HealthStatus {
        /// No step failed, or the task has ended well or by an operator's wish.
        Healthy = "healthy",
        /// Steps failed, and are tried again, or others are ready.
        Recovering = "recovering",
        /// Somebody has to step in: a step failed for good or was cancelled and none is ready, or no worker can run the task.
        Blocked = "blocked",
    }
}

/// A task as a whole, and every step of it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TaskExecution {
    /// The task.
    pub task_id: TaskId,
    /// What it runs, as `namespace.name@version`.
    #[serde(serialize_with = "full_name")]
    pub workflow: WorkflowId,
    /// Where it stands.
    pub status: TaskState,
    /// Whether it is paused, or its workflow.
    pub paused: bool,
    /// All its steps. Each is in exactly one of the next six counts.
    pub total_steps: usize,
    /// Those that have not begun, or wait to begin again.
    pub pending_steps: usize,
    /// Those that run.
    pub in_progress_steps: usize,
    /// Those that are complete or were resolved manually.
    pub completed_steps: usize,
    /// Those that failed for good. (In Ruby Tasker also those that are tried again.)
    pub failed_steps: usize,
    /// Those that were skipped.
    pub skipped_steps: usize,
    /// Those that were cancelled.
    pub cancelled_steps: usize,
    /// Pending steps that run as soon as a worker has room.
    pub ready_steps: usize,
    /// Those that are [blocked](crate::report): the failed ones, and the pending ones that wait for them or for a cancelled step. (In Ruby
    /// Tasker only the former.)
    pub permanently_blocked_steps: usize,
    /// Pending steps that wait for their next attempt.
    pub in_backoff_steps: usize,
    /// Steps that failed and are tried again: in backoff, ready, or running.
    pub retrying_steps: usize,
    /// What it does.
    pub execution_status: ExecutionStatus,
    /// What is to be done about it.
    pub recommended_action: RecommendedAction,
    /// How much of it is complete, resolved or skipped, in percent, rounded to two decimals; 0 where there are no steps.
    pub completion_percentage: f64,
    /// Whether it does well.
    pub health_status: HealthStatus,
    /// Why it has not ended, or not well, in a sentence.
    pub waiting_because: Option<String>,
    /// When the next of the steps in backoff is tried again.
    #[serde(serialize_with = "timestamp_if_any")]
    pub next_retry_at: Option<Timestamp>,
    /// The moment at which all this was so.
    #[serde(serialize_with = "timestamp")]
    pub as_of: Timestamp,
    /// Every step, in canonical order.
    pub steps: Vec<StepReadiness>,
}

impl TaskSnapshot {
    /// How the task stands, and why it waits.
    #[must_use]
    pub fn execution(&self) -> TaskExecution {
        let steps = assess(self);
        let count = |is: &dyn Fn(&StepReadiness) -> bool| steps.iter().filter(|step| is(step)).count();
        let in_state = |state| count(&|step| step.current_state == state);
        let in_backoff =
            |step: &&StepReadiness| step.blocking_reason == Some(BlockingReason::WaitingForBackoff);
        let status = self.status();
        let mut execution = TaskExecution {
            task_id: status.id,
            workflow: status.workflow.clone(),
            status: status.state,
            paused: status.paused,
            total_steps: steps.len(),
            pending_steps: in_state(StepState::Pending),
            in_progress_steps: in_state(StepState::InProgress),
            completed_steps: in_state(StepState::Complete) + in_state(StepState::ResolvedManually),
            failed_steps: in_state(StepState::Error),
            skipped_steps: in_state(StepState::Skipped),
            cancelled_steps: in_state(StepState::Cancelled),
            ready_steps: count(&|step| step.ready_for_execution),
            permanently_blocked_steps: count(&StepReadiness::is_permanently_blocked),
            in_backoff_steps: count(&|step| in_backoff(&step)),
            retrying_steps: count(&StepReadiness::is_retrying),
            execution_status: ExecutionStatus::WaitingForDependencies,
            recommended_action: RecommendedAction::WaitForDependencies,
            completion_percentage: 0.0,
            health_status: HealthStatus::Healthy,
            waiting_because: None,
            next_retry_at: steps.iter().filter(in_backoff).filter_map(|step| step.next_retry_at).min(),
            as_of: self.now(),
            steps,
        };
        (execution.execution_status, execution.recommended_action) = execution.row();
        execution.completion_percentage = percent(execution.steps_over(), execution.total_steps);
        execution.health_status = execution.health();
        execution.waiting_because = because::task_waits(self, &execution);
        execution
    }
}

impl TaskExecution {
    /// How many steps are complete, resolved or skipped.
    #[must_use]
    pub fn steps_over(&self) -> usize {
        self.completed_steps + self.skipped_steps
    }

    /// Whether steps are ready or run.
    #[must_use]
    pub fn has_work_to_do(&self) -> bool {
        self.ready_steps > 0 || self.in_progress_steps > 0
    }

    /// Whether the task goes on by itself, now or later.
    #[must_use]
    pub fn can_make_progress(&self) -> bool {
        matches!(
            self.recommended_action,
            RecommendedAction::ExecuteReadySteps
                | RecommendedAction::WaitForCompletion
                | RecommendedAction::FinalizeTask
                | RecommendedAction::WaitForRetry
        )
    }

    /// Whether somebody has to step in, so that the task can complete.
    #[must_use]
    pub fn needs_intervention(&self) -> bool {
        let waits_for_somebody =
            matches!(self.execution_status, ExecutionStatus::Paused | ExecutionStatus::Parked);
        waits_for_somebody || self.is_open_or_in_error() && self.has_failures()
    }

    /// Whether every step is complete, resolved or skipped.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.execution_status == ExecutionStatus::AllComplete
    }

    /// Whether it waits for somebody to mend what failed.
    #[must_use]
    pub fn is_blocked(&self) -> bool {
        self.execution_status == ExecutionStatus::BlockedByFailures
    }

    fn is_open_or_in_error(&self) -> bool {
        !self.status.has_ended() || self.status == TaskState::Error
    }

    /// Whether a step failed for good, or was cancelled, so that the task cannot complete by itself.
    fn has_failures(&self) -> bool {
        self.permanently_blocked_steps + self.cancelled_steps > 0
    }

    fn row(&self) -> (ExecutionStatus, RecommendedAction) {
        use {ExecutionStatus as Status, RecommendedAction as Action};
        let any = |reason| self.steps.iter().any(|step| step.blocking_reason == Some(reason));
        match self.status {
            TaskState::Cancelled => return (Status::Cancelled, Action::NoAction),
            TaskState::ResolvedManually => return (Status::ResolvedManually, Action::NoAction),
            TaskState::Complete => return (Status::AllComplete, Action::NoAction),
            TaskState::Error => return (Status::BlockedByFailures, Action::HandleFailures),
            TaskState::Pending | TaskState::InProgress => {}
        }
        if self.ready_steps > 0 {
            (Status::HasReadySteps, Action::ExecuteReadySteps)
        } else if self.in_progress_steps > 0 {
            (Status::Processing, Action::WaitForCompletion)
        } else if self.total_steps > 0 && self.steps_over() == self.total_steps {
            (Status::AllComplete, Action::FinalizeTask)
        } else if self.paused {
            (Status::Paused, Action::ResumeTask)
        } else if any(BlockingReason::NoWorkerCanRunIt) {
            (Status::Parked, Action::StartWorker)
        } else if self.in_backoff_steps > 0 {
            (Status::WaitingForDependencies, Action::WaitForRetry)
        } else if self.has_failures() {
            (Status::BlockedByFailures, Action::HandleFailures)
        } else {
            (Status::WaitingForDependencies, Action::WaitForDependencies)
        }
    }

    fn health(&self) -> HealthStatus {
        if !self.is_open_or_in_error() {
            HealthStatus::Healthy
        } else if self.execution_status == ExecutionStatus::Parked {
            HealthStatus::Blocked
        } else if self.failed_steps + self.retrying_steps + self.cancelled_steps == 0 {
            HealthStatus::Healthy
        } else if self.has_failures() && self.ready_steps == 0 {
            HealthStatus::Blocked
        } else {
            HealthStatus::Recovering
        }
    }
}

#[cfg(test)]
mod tests;
