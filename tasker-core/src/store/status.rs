use std::str::FromStr;

use crate::{Attempt, Step, StepError, StepNo, StepState, TaskId, TaskState, Timestamp, WorkflowId};

/// A task with all its steps, as it stood at one moment.
#[derive(Debug, Clone, PartialEq)]
pub struct TaskStatus {
    /// The task.
    pub id: TaskId,
    /// What it runs.
    pub workflow: WorkflowId,
    /// The key it was started with.
    pub idempotency_key: Option<String>,
    /// What it shares with the request that it came from; its id if that was not said.
    pub correlation_id: String,
    /// The span that asked for it, as the header `traceparent` of the W3C, if that was said.
    pub traceparent: Option<String>,
    /// Where it stands.
    pub state: TaskState,
    /// Whether a step of it waits for an operator.
    pub paused: bool,
    /// When it was created.
    pub created_at: Timestamp,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
    /// The steps in canonical order.
    pub steps: Vec<StepStatus>,
}

/// A step of a [`TaskStatus`].
#[derive(Debug, Clone, PartialEq)]
pub struct StepStatus {
    /// Its place in the definition.
    pub no: StepNo,
    /// Its name.
    pub name: String,
    /// Where it stands.
    pub state: StepState,
    /// How many executions have begun.
    pub attempts: Attempt,
    /// How many of them were lost with their worker.
    pub lost: u32,
    /// The error of the last execution that failed, unless the step completed since.
    pub error: Option<StepError>,
    /// Why it has not begun.
    pub waiting_for: Option<WaitingFor>,
}

/// Why a pending step has not begun.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WaitingFor {
    /// So many of the steps that it depends on.
    Dependencies(u32),
    /// A time: its retry is due then.
    Time(Timestamp),
    /// Its turn: the task runs one step at a time.
    Turn,
    /// An operator: the task is paused, or its workflow.
    Operator,
    /// A worker that has room and can run it: there are some, or no worker is alive at all.
    Worker,
    /// A build of the application that can run it: workers are alive, and none of them can.
    Definition {
        /// What keeps the newest worker that knows the workflow at this version from running this task, and what can be done about it.
        /// None: no live worker knows the workflow, or those that do started before this graph of it was stored.
        reason: Option<String>,
    },
}

/// That no live worker can run a definition, though some are alive, and the obstacle that one of them told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parked(pub Option<String>);

/// What a store keeps about why a step waits, beside its dependencies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Waiting {
    /// For its time.
    Time,
    /// For its turn.
    Turn,
    /// For an operator.
    Operator,
}

/// A text that names nothing a step can wait for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is nothing that a step waits for")]
pub struct UnknownWaiting(String);

impl Waiting {
    /// The name, as stored.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Time => "time",
            Self::Turn => "turn",
            Self::Operator => "operator",
        }
    }
}

impl FromStr for Waiting {
    type Err = UnknownWaiting;

    fn from_str(text: &str) -> Result<Self, UnknownWaiting> {
        let all = [Self::Time, Self::Turn, Self::Operator];
        all.into_iter()
            .find(|waiting| waiting.as_str() == text)
            .ok_or_else(|| UnknownWaiting(text.to_owned()))
    }
}

impl WaitingFor {
    /// Why a pending step waits, from what a store keeps about it.
    #[must_use]
    pub fn of(open_dependencies: u32, waiting: Option<Waiting>, run_at: Timestamp, now: Timestamp) -> Self {
        match waiting {
            _ if open_dependencies > 0 => Self::Dependencies(open_dependencies),
            Some(Waiting::Operator) => Self::Operator,
            Some(Waiting::Turn) => Self::Turn,
            Some(Waiting::Time) if run_at > now => Self::Time(run_at),
            Some(Waiting::Time) | None => Self::Worker,
        }
    }

    /// The same where the workflow may be paused: what would wait for a worker waits for an operator.
    #[must_use]
    pub fn unless_paused(self, paused: bool) -> Self {
        match self {
            Self::Worker if paused => Self::Operator,
            waiting_for => waiting_for,
        }
    }

    /// The same where workers are alive and none of them can run the task's definition: what would wait for a worker waits for another
    /// build.
    #[must_use]
    pub fn unless_parked(self, parked: Option<&Parked>) -> Self {
        match (self, parked) {
            (Self::Worker, Some(Parked(reason))) => Self::Definition { reason: reason.clone() },
            (waiting_for, _) => waiting_for,
        }
    }
}

impl TaskStatus {
    /// A step by its name.
    #[must_use]
    pub fn step(&self, name: &str) -> Option<&StepStatus> {
        self.steps.iter().find(|step| step.name == name)
    }

    /// A step by its type, of a task of its workflow: `status.step_of::<order::charge>()`.
    #[must_use]
    pub fn step_of<S: Step>(&self) -> Option<&StepStatus> {
        self.step(S::NAME)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_step_waits_for_reads_back_from_its_name() {
        for waiting in [Waiting::Time, Waiting::Turn, Waiting::Operator] {
            assert_eq!(waiting.as_str().parse(), Ok(waiting));
        }
        assert!("worker".parse::<Waiting>().is_err());
    }
}
