use std::fmt;

use serde::Serialize;
use serde_json::Value;

use super::{Operate, OperatorError};
use crate::client::{Client, TaskHandle};
use crate::registry::Registration;
use crate::schema::{ContextSchema, Refusal, Violation};
use crate::step::StepOf;
use crate::store::{Action, Order, StepAction, StoreError};
use crate::{Json, StepDef, TaskId, TaskStatus, WorkflowId};

/// A step of a task, for operators.
///
/// ```
/// # use tasker_core::{TaskHandle, OperatorError};
/// # async fn mend(task: TaskHandle) -> Result<(), OperatorError> {
/// // The courier was called by phone: what depends on it runs.
/// task.step("call_courier").resolve(serde_json::json!({ "parcel": 17 })).by("ada").because("their API is down").await?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct StepHandle {
    client: Client,
    task: TaskId,
    step: String,
}

impl fmt::Debug for StepHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "StepHandle({}, {})", self.task, self.step)
    }
}

impl<W> TaskHandle<W> {
    /// A step of the task, by its name.
    #[must_use]
    pub fn step(&self, name: impl Into<String>) -> StepHandle {
        StepHandle { client: self.client.clone(), task: self.id(), step: name.into() }
    }

    /// A step of the task, by its type: `task.step_of::<order::charge>()`.
    #[must_use]
    pub fn step_of<S: StepOf<W>>(&self) -> StepHandle {
        self.step(S::NAME)
    }
}

impl StepHandle {
    /// Ends the step, which is pending or runs: it does not begin any more, or is told to stop, and what it returns is not recorded.
    /// The steps that depend on it do not run; when nothing else of the task can go on, the task is in error. A step that is cancelled
    /// already stays so.
    ///
    /// # Errors
    /// When the task has ended, or the step has; or the store does not answer.
    pub fn cancel(&self) -> Operate {
        self.order(StepAction::Cancel)
    }

    /// Runs the failed step again, with all its attempts, and a step that waits for its retry at once. Other steps that failed stay so.
    ///
    /// # Errors
    /// When the step neither failed nor waits for its retry, or the task has ended in another way than in error; or the store does
    /// not answer.
    pub fn retry(&self) -> Operate {
        self.order(StepAction::Retry)
    }

    /// Declares the step, which is pending or failed, done with this result: the steps that depend on it run.
    ///
    /// The result is checked against the schema of what the step returns, if the workflow of the task is registered in this process.
    /// JSON has neither NaN nor infinity: they are null before anybody can look, so that schema is what refuses them, and nothing does
    /// where the step may return null.
    ///
    /// # Errors
    /// When the result does not fit, the step runs or is over, the task has ended in another way than in error; or the store does
    /// not answer.
    pub fn resolve(&self, result: impl Serialize) -> Operate {
        self.give(Given::Result, &result, StepAction::Resolve)
    }

    /// Passes over the step, which is pending or failed and may be skipped: the steps that depend on it run without its result.
    ///
    /// # Errors
    /// When the step may not be skipped, runs or is over, the task has ended in another way than in error; or the store does not
    /// answer.
    pub fn skip(&self) -> Operate {
        self.order(StepAction::Skip)
    }

    /// Says how many executions of the step, which is pending or failed, may fail, the first included; at least 1.
    ///
    /// # Errors
    /// When the limit is 0, the step runs or is over, the task has ended in another way than in error; or the store does not answer.
    pub fn set_retry_limit(&self, executions: u32) -> Operate {
        if executions == 0 {
            let message = "a retry limit of 0 would never let it run; the least is 1".to_owned();
            return Operate::new(&self.client, Err(self.does_not_fit(vec![whole(message)])));
        }
        self.order(StepAction::RetryLimit(executions))
    }

    /// Lets the step, which is pending or failed, take this instead of the context of the task. Other steps go on taking that.
    ///
    /// The inputs are taken as a context is when a task is started, if the workflow of the task is registered in this process and has the
    /// steps of the task: they have to fit schema and type, and defaults are filled in. As in [`resolve`](Self::resolve), NaN and infinity
    /// are null here.
    ///
    /// # Errors
    /// When the inputs do not fit, the step runs or is over, the task has ended in another way than in error; or the store does not
    /// answer.
    pub fn set_inputs(&self, inputs: impl Serialize) -> Operate {
        self.give(Given::Inputs, &inputs, StepAction::Inputs)
    }

    fn order(&self, action: StepAction) -> Operate {
        Operate::new(&self.client, Ok(Order::new(self.task, Action::Step(self.step.clone(), action))))
    }

    fn give(&self, given: Given, value: &impl Serialize, action: fn(Json) -> StepAction) -> Operate {
        let order = serde_json::to_value(value).and_then(|value| Ok((Json::of(&value)?, value)));
        match order {
            Ok((json, value)) => Operate { check: Some((given, value)), ..self.order(action(json)) },
            Err(error) => Operate::new(&self.client, Err(self.does_not_fit(vec![whole(error.to_string())]))),
        }
    }

    fn does_not_fit(&self, violations: Vec<Violation>) -> OperatorError {
        OperatorError::DoesNotFit { task: self.task, step: self.step.clone(), violations }
    }
}

/// What a step is given.
#[derive(Clone, Copy)]
pub(super) enum Given {
    Result,
    Inputs,
}

fn whole(message: String) -> Violation {
    Violation { path: String::new(), message }
}

impl Client {
    /// What a step is to be given as it is stored, where that is not as it came; or what is wrong with it, as far as this process can tell.
    pub(super) async fn fit(
        &self,
        task: TaskId,
        step: &str,
        given: Given,
        value: &Value,
    ) -> Result<Result<Option<Json>, Vec<Violation>>, StoreError> {
        if let Some(too_large) = self.too_large(value) {
            return Ok(Err(vec![too_large]));
        }
        let Some(status) = self.0.statuses.ask(task).await? else { return Ok(Ok(None)) };
        match given {
            Given::Result => {
                let violations = self.misfits(&status.workflow, step, value);
                Ok(if violations.is_empty() { Ok(None) } else { Err(violations) })
            }
            Given::Inputs => Ok(self.context(&status, value).transpose()),
        }
    }

    /// A context of a task that there is, as it is stored. None: another build runs the task, and knows what it takes.
    fn context(&self, task: &TaskStatus, value: &Value) -> Option<Result<Json, Vec<Violation>>> {
        let registration = self.registration(&task.workflow)?;
        if task.steps.iter().any(|step| registration.workflow.find(&step.name).is_none()) {
            return None;
        }
        let accepted = registration.accept(value.clone(), self.0.max_payload);
        Some(accepted.map_err(|refusal| match refusal {
            Refusal::Violations(violations) => violations,
            Refusal::TooLarge(size) => vec![self.larger(size)],
        }))
    }

    fn registration(&self, workflow: &WorkflowId) -> Option<&Registration> {
        let mut known = self.0.workflows.iter().map(|(_, known)| &**known);
        known.find(|known| known.workflow.id() == workflow)
    }

    /// Whether a value is too large to be given to a step.
    pub(super) fn too_large(&self, value: &Value) -> Option<Violation> {
        let size = Json::size_of(value);
        (size > self.0.max_payload).then(|| self.larger(size))
    }

    fn larger(&self, size: usize) -> Violation {
        whole(format!("it has {size} bytes of JSON, more than the limit of {}", self.0.max_payload))
    }

    /// What is wrong with the result that a step of a workflow is to be given, if the workflow is registered in this process.
    pub(super) fn misfits(&self, workflow: &WorkflowId, step: &str, value: &Value) -> Vec<Violation> {
        let Some(Registration { workflow, .. }) = self.registration(workflow) else { return Vec::new() };
        let step = workflow.find(step).and_then(|no| workflow.step(no));
        // A schema that is none was made by the type, not by who asks.
        let schema = ContextSchema::new(step.and_then(StepDef::result_schema));
        schema.map(|schema| schema.violations(value)).unwrap_or_default()
    }
}
