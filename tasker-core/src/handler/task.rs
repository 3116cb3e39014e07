use std::fmt;
use std::sync::Arc;

use serde::de::DeserializeOwned;
use serde_json::Value;

use super::execution::{Execution, member, stored};
use crate::{CorrelationId, StepError, TaskId, WorkflowId};

/// The task that a step belongs to, as its [handler](crate::StepHandler) sees it. Clones are the same.
#[derive(Clone)]
pub struct Task(pub(super) Arc<Execution>);

/// What the context is called in messages.
const CONTEXT: &str = "context of the task";

impl Task {
    /// The id of the task.
    #[must_use]
    pub fn id(&self) -> TaskId {
        self.0.input.task
    }

    /// What it shares with the request that it came from: what [`Start::correlation_id`](crate::Start::correlation_id) was given, or else its
    /// id.
    #[must_use]
    pub fn correlation_id(&self) -> CorrelationId {
        CorrelationId::from(&self.0.input.correlation)
    }

    /// Namespace, name and version of what it runs.
    #[must_use]
    pub fn workflow(&self) -> &WorkflowId {
        self.0.input.workflow.id()
    }

    /// One value of the context: `let order_id: u64 = task.get("order_id")?`. What is not there reads as null, which is `None` for an
    /// `Option`.
    ///
    /// # Errors
    /// Permanent, when it is not there or does not fit the type; the message says what there is.
    pub fn get<T: DeserializeOwned>(&self, key: &str) -> Result<T, StepError> {
        member(CONTEXT, self.context_value()?, key)
    }

    /// The context as a type.
    ///
    /// # Errors
    /// Permanent, when it does not fit.
    pub fn context<T: DeserializeOwned>(&self) -> Result<T, StepError> {
        stored(CONTEXT, &self.0.input.context)
    }

    /// The context as it is stored.
    ///
    /// # Errors
    /// Permanent, when what is stored is no JSON.
    pub fn context_value(&self) -> Result<&Value, StepError> {
        let value = self.0.context.get_or_init(|| stored(CONTEXT, &self.0.input.context));
        value.as_ref().map_err(Clone::clone)
    }

    /// The configuration of the workflow as a whole: what a YAML file says under `handler_config` beside its steps.
    #[must_use]
    pub fn config_value(&self) -> Option<&Value> {
        self.0.input.workflow.config()
    }
}

impl fmt::Debug for Task {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Task({} of {})", self.id(), self.workflow())
    }
}
