use uuid::Uuid;

use crate::{Attempt, Json, StepError, StepNo, StepState, TaskState, Timestamp, WorkerId};

/// Something that happened to a task.
#[derive(Debug, Clone, PartialEq)]
pub struct Happened {
    /// When it was recorded.
    pub at: Timestamp,
    /// What it was.
    pub what: What,
}

/// What a [`Happened`] was.
#[derive(Debug, Clone, PartialEq)]
pub enum What {
    /// An operator had something done.
    Ordered {
        /// What was done, as [`Action::as_str`](super::Action::as_str) names it.
        action: String,
        /// The step it was done to, if it was to one.
        step: Option<String>,
        /// Who wanted it, if that was said.
        by: Option<String>,
        /// Why, if that was said.
        reason: Option<String>,
        /// What the step was given: a retry limit or inputs. A result is the step's.
        value: Option<Json>,
    },
    /// The task went to another state.
    Task {
        /// Where it stood.
        from: TaskState,
        /// Where it stands since.
        to: TaskState,
    },
    /// A step went to another state.
    Step {
        /// The step.
        step: String,
        /// Where it stood.
        from: StepState,
        /// Where it stands since.
        to: StepState,
        /// The execution that began or ended, or the last one there was.
        attempt: Attempt,
        /// The worker that took it or had it.
        worker: Option<WorkerId>,
        /// How the execution failed, if it did.
        error: Option<StepError>,
    },
}

/// Where something stands among what happened to its task: by time; of one moment first what operators wanted, then the task's
/// beginning, what became of its steps, and the task's end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct HistoryPlace {
    at: Timestamp,
    rank: u8,
    /// The step, or zero.
    step: u32,
    /// The how manieth transition of the task or the step it was, or zero.
    revision: u32,
    /// The order, or nil.
    order: Uuid,
}

impl HistoryPlace {
    /// The place of an order.
    #[must_use]
    pub const fn order(at: Timestamp, order: Uuid) -> Self {
        Self { at, rank: 0, step: 0, revision: 0, order }
    }

    /// The place of a task's transition.
    #[must_use]
    pub const fn task(at: Timestamp, revision: u32, to: TaskState) -> Self {
        Self { at, rank: if to.has_ended() { 3 } else { 1 }, step: 0, revision, order: Uuid::nil() }
    }

    /// The place of a step's transition.
    #[must_use]
    pub const fn step(at: Timestamp, step: StepNo, revision: u32) -> Self {
        Self { at, rank: 2, step: step.0, revision, order: Uuid::nil() }
    }
}
