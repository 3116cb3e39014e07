use crate::{Attempt, StepError, StepNo, StepState, TaskId, TaskState, Timestamp, WorkflowId};

/// A task with all its steps, as it stood at one moment.
#[derive(Debug, Clone, PartialEq)]
pub struct TaskStatus {
    /// The task.
    pub id: TaskId,
    /// What it runs.
    pub workflow: WorkflowId,
    /// The key it was started with.
    pub idempotency_key: Option<String>,
    /// Where it stands.
    pub state: TaskState,
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
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WaitingFor {
    /// So many of the steps that it depends on.
    Dependencies(u32),
    /// A time: its retry is due then.
    Time(Timestamp),
    /// A worker that has room and can run it.
    Worker,
}

impl WaitingFor {
    /// Why a pending step waits, from what a store keeps about it.
    #[must_use]
    pub fn of(open_dependencies: u32, run_at: Timestamp, now: Timestamp) -> Self {
        if open_dependencies > 0 {
            Self::Dependencies(open_dependencies)
        } else if run_at > now {
            Self::Time(run_at)
        } else {
            Self::Worker
        }
    }
}

impl TaskStatus {
    /// A step by its name.
    #[must_use]
    pub fn step(&self, name: &str) -> Option<&StepStatus> {
        self.steps.iter().find(|step| step.name == name)
    }
}
