use uuid::Uuid;

use super::What;
use crate::{Json, StepState, TaskId, TaskState, WorkflowId};

/// What an operator wants to be done to a task.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Order {
    /// Its id, made by who asks, so that asking twice does it once.
    pub id: Uuid,
    /// The task.
    pub task: TaskId,
    /// What is to be done.
    pub action: Action,
    /// Who wants it.
    pub by: Option<String>,
    /// Why.
    pub reason: Option<String>,
}

impl Order {
    /// An order of nobody in particular.
    #[must_use]
    pub fn new(task: TaskId, action: Action) -> Self {
        Self { id: Uuid::now_v7(), task, action, by: None, reason: None }
    }

    /// As it stands in the history.
    #[must_use]
    pub fn what(&self) -> What {
        let (step, value) = match &self.action {
            Action::Step(step, action) => (Some(step.clone()), action.value()),
            _ => (None, None),
        };
        let action = self.action.as_str().to_owned();
        What::Ordered { action, step, by: self.by.clone(), reason: self.reason.clone(), value }
    }
}

/// What an operator wants to be done to a workflow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WorkflowOrder {
    /// Its id, made by who asks, so that asking twice does it once.
    pub id: Uuid,
    /// The namespace of the workflow.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// Its version; none for all versions that the store knows.
    pub version: Option<String>,
    /// Whether its tasks are to stand still, or to go on.
    pub paused: bool,
    /// Who wants it.
    pub by: Option<String>,
    /// Why.
    pub reason: Option<String>,
}

impl WorkflowOrder {
    /// As it stands in the history of the workflow.
    #[must_use]
    pub fn what(&self) -> What {
        let version =
            self.version.as_ref().map(|version| Json::from_stored(serde_json::json!(version).to_string()));
        What::Ordered {
            action: self.action().to_owned(),
            step: None,
            by: self.by.clone(),
            reason: self.reason.clone(),
            value: version,
        }
    }

    /// The name of what is done, as stored and shown.
    #[must_use]
    pub const fn action(&self) -> &'static str {
        if self.paused { "pause_workflow" } else { "resume_workflow" }
    }

    /// Whether it is about this workflow.
    #[must_use]
    pub fn concerns(&self, workflow: &WorkflowId) -> bool {
        (&self.namespace, &self.name) == (&workflow.namespace, &workflow.name)
            && self.version.as_ref().is_none_or(|version| *version == workflow.version)
    }
}

/// What can be done to a task.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// Ends an open task: no step of it begins any more, and what still runs is refused when it ends.
    Cancel,
    /// Opens a task in error again: its failed steps run as if they never had.
    Retry,
    /// Declares a task in error done as it is.
    Resolve,
    /// Lets no further step of an open task begin; what runs may come to its end.
    Pause,
    /// Lets a paused task go on.
    Resume,
    /// Something that is done to one step, by its name.
    Step(String, StepAction),
}

/// What can be done to a step of a task that is open or in error.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StepAction {
    /// Ends a step that is pending or runs, in an open task. What depends on it will not run.
    Cancel,
    /// Runs a failed step as if it never had, and one that waits for its retry at once.
    Retry,
    /// Declares a pending or failed step done, with this result: what depends on it runs.
    Resolve(Json),
    /// Passes over a pending or failed step that may be skipped: what depends on it runs.
    Skip,
    /// Says how many executions of a pending or failed step may fail.
    RetryLimit(u32),
    /// Lets a pending or failed step take this instead of the task's context.
    Inputs(Json),
}

impl Action {
    /// The name, as stored and shown.
    #[must_use]
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Cancel => "cancel",
            Self::Retry => "retry",
            Self::Resolve => "resolve",
            Self::Pause => "pause",
            Self::Resume => "resume",
            Self::Step(_, action) => action.as_str(),
        }
    }

    /// The name of the step that it is about; empty if it is about the whole task.
    #[must_use]
    pub fn step(&self) -> &str {
        match self {
            Self::Step(step, _) => step,
            _ => "",
        }
    }

    /// The states of a task in which it can be done.
    #[must_use]
    pub const fn allowed_tasks(&self) -> &'static [TaskState] {
        use TaskState::{Cancelled, Error, InProgress, Pending};
        match self {
            Self::Cancel => &[Pending, InProgress, Cancelled],
            Self::Retry | Self::Resolve => &[Error],
            Self::Pause | Self::Resume | Self::Step(_, StepAction::Cancel) => &[Pending, InProgress],
            Self::Step(..) => &[Pending, InProgress, Error],
        }
    }
}

impl StepAction {
    /// The name, as stored and shown.
    #[must_use]
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Cancel => "cancel_step",
            Self::Retry => "retry_step",
            Self::Resolve(_) => "resolve_step",
            Self::Skip => "skip_step",
            Self::RetryLimit(_) => "change_retry_limit",
            Self::Inputs(_) => "change_inputs",
        }
    }

    /// What the step is given, for the history. A result is kept with the step.
    #[must_use]
    pub fn value(&self) -> Option<Json> {
        match self {
            Self::RetryLimit(limit) => Some(Json::from_stored(limit.to_string())),
            Self::Inputs(inputs) => Some(inputs.clone()),
            Self::Cancel | Self::Retry | Self::Resolve(_) | Self::Skip => None,
        }
    }

    /// The states of a step in which it can be done. A pending step can be retried only while it waits for its retry.
    #[must_use]
    pub const fn allowed_steps(&self) -> &'static [StepState] {
        use StepState::{Cancelled, Error, InProgress, Pending};
        match self {
            Self::Cancel => &[Pending, InProgress, Cancelled],
            Self::Retry | Self::Resolve(_) | Self::Skip | Self::RetryLimit(_) | Self::Inputs(_) => {
                &[Pending, Error]
            }
        }
    }
}

/// What came of an [`Order`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operated {
    /// It was done, now or when the same order came before.
    Done,
    /// It was so already; nothing changed.
    Unchanged,
    /// The task stands in a state in which this cannot be done; nothing changed.
    Refused(TaskState),
    /// The step stands in a state in which this cannot be done; nothing changed.
    RefusedStep(StepState),
    /// The step may not be skipped; nothing changed.
    NotSkippable,
    /// No step of the task failed that could be retried: it is in error because of steps that were cancelled; nothing changed.
    NothingFailed,
    /// There is no such task.
    NoTask,
    /// The task has no such step.
    NoStep,
}
