//! The short answers: how far a task is, and what to do next.

use serde::Serialize;

use super::execution::{HealthStatus, RecommendedAction, TaskExecution};
use super::words::words;
use crate::TaskState;

/// How far a task is.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct WorkflowSummary {
    /// All its steps.
    pub total_steps: usize,
    /// Those that are complete or were resolved manually.
    pub completed: usize,
    /// Those that have not begun, or wait to begin again.
    pub pending: usize,
    /// Those that run.
    pub in_progress: usize,
    /// Those that failed for good.
    pub failed: usize,
    /// Those that were skipped.
    pub skipped: usize,
    /// Those that were cancelled.
    pub cancelled: usize,
    /// Those that run as soon as a worker has room.
    pub ready: usize,
    /// How much of it is complete, resolved or skipped, in percent.
    pub completion_percentage: f64,
    /// Where it stands.
    pub status: TaskState,
    /// Whether it does well.
    pub health: HealthStatus,
    /// What is to be done about it.
    pub recommended_action: RecommendedAction,
    /// The same in words.
    pub progress_details: ProgressDetails,
}

/// The progress of a task as one would write it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ProgressDetails {
    /// Steps that are complete, resolved or skipped, of all: `3/7`.
    pub completed_ratio: String,
    /// `42.86%`.
    pub completion_percentage: String,
    /// How many steps are not over.
    pub remaining_steps: usize,
    /// How many failed for good.
    pub failed_steps: usize,
    /// How many are ready.
    pub ready_steps: usize,
}

/// What to do about a task.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NextAction {
    /// What.
    pub action: RecommendedAction,
    /// Why, in a sentence.
    pub description: String,
    /// How soon somebody should look.
    pub urgency: Urgency,
    /// Whether the task goes on by itself.
    pub can_proceed: bool,
}

words! {
    /// How soon somebody should look at a task.
    pub enum Urgency {
        /// Need not.
        Low = "low",
        /// When there is time.
        Medium = "medium",
        /// Soon: work waits.
        High = "high",
        /// Now: the task stands still until somebody does.
        Critical = "critical",
    }
}

impl TaskExecution {
    /// How far the task is.
    #[must_use]
    pub fn workflow_summary(&self) -> WorkflowSummary {
        let over = self.steps_over();
        WorkflowSummary {
            total_steps: self.total_steps,
            completed: self.completed_steps,
            pending: self.pending_steps,
            in_progress: self.in_progress_steps,
            failed: self.failed_steps,
            skipped: self.skipped_steps,
            cancelled: self.cancelled_steps,
            ready: self.ready_steps,
            completion_percentage: self.completion_percentage,
            status: self.status,
            health: self.health_status,
            recommended_action: self.recommended_action,
            progress_details: ProgressDetails {
                completed_ratio: format!("{over}/{}", self.total_steps),
                completion_percentage: format!("{}%", self.completion_percentage),
                remaining_steps: self.total_steps - over,
                failed_steps: self.failed_steps,
                ready_steps: self.ready_steps,
            },
        }
    }

    /// What to do about the task.
    #[must_use]
    pub fn next_action_details(&self) -> NextAction {
        let (what, urgency) = match self.recommended_action {
            RecommendedAction::ExecuteReadySteps => ("let workers run what is ready", Urgency::High),
            RecommendedAction::WaitForCompletion => ("wait for what runs", Urgency::Low),
            RecommendedAction::HandleFailures => {
                ("mend what failed, then retry or resolve it, or cancel the task", Urgency::Critical)
            }
            RecommendedAction::FinalizeTask => {
                ("all steps are over; the task is about to end", Urgency::Medium)
            }
            RecommendedAction::WaitForDependencies => ("wait", Urgency::Low),
            RecommendedAction::WaitForRetry => ("wait until it is tried again", Urgency::Low),
            RecommendedAction::ResumeTask => ("resume it", Urgency::Medium),
            RecommendedAction::StartWorker => {
                ("start a build of the application that can run it", Urgency::Critical)
            }
            RecommendedAction::NoAction => ("nothing is to be done: the task has ended", Urgency::Low),
        };
        let description = match &self.waiting_because {
            Some(because) => format!("{what}: {because}"),
            None => what.to_owned(),
        };
        NextAction {
            action: self.recommended_action,
            description,
            urgency,
            can_proceed: self.can_make_progress(),
        }
    }
}
