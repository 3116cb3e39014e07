//! What every event says of its task and its step.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{TaskId, Timestamp, WorkerId, WorkflowId};

/// The task to which something happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TaskFacts {
    /// Its id.
    #[schemars(with = "String")]
    pub task_id: TaskId,
    /// The namespace of its workflow.
    pub namespace: String,
    /// The name of its workflow.
    pub task_name: String,
    /// The version of its workflow.
    pub version: String,
    /// What it shares with the request that it came from, or its id.
    pub correlation_id: String,
    /// When it was created.
    pub created_at: Timestamp,
    /// The span that asked for it, as the header `traceparent` of the W3C, if that was said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub traceparent: Option<String>,
}

/// The step to which something happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct StepFacts {
    /// Its number in the workflow.
    pub step_id: u32,
    /// Its name.
    pub step_name: String,
    /// The execution that began or ended, from 1, or the last one there was.
    pub attempt_number: u32,
    /// How many executions may fail.
    pub retry_limit: u32,
    /// The worker that took the step or had it.
    #[schemars(with = "Option<String>")]
    pub worker_id: Option<WorkerId>,
}

impl TaskFacts {
    /// Of a task whose request did not say what it shares with others, that is its id.
    #[must_use]
    pub fn new(
        id: TaskId,
        workflow: &WorkflowId,
        created_at: Timestamp,
        correlation_id: Option<String>,
        traceparent: Option<String>,
    ) -> Self {
        let WorkflowId { namespace, name, version } = workflow.clone();
        Self {
            task_id: id,
            namespace,
            task_name: name,
            version,
            correlation_id: correlation_id.unwrap_or_else(|| id.to_string()),
            created_at,
            traceparent,
        }
    }
}
