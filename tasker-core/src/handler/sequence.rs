use std::fmt;
use std::sync::Arc;

use serde::de::DeserializeOwned;
use tasker_rules::suggest::{did_you_mean, quoted};

use super::execution::{Execution, member, stored};
use crate::{Json, StepDef, StepError, StepNo, WorkflowDef};

/// The steps of the task, as the [handler](crate::StepHandler) of one of them sees them: by name.
///
/// The results of the steps that this one names in its `depends_on_steps` came with it. Those of other steps are read from the store when
/// they are asked for, each time.
#[derive(Clone)]
pub struct StepSequence(pub(super) Arc<Execution>);

impl StepSequence {
    /// The names of the steps, in an order in which they could run.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.workflow().steps().iter().map(StepDef::name)
    }

    /// The result of a step: `let payment: Payment = sequence.result("process_payment").await?`. As a `serde_json::Value` it is what is stored.
    ///
    /// # Errors
    /// When there is no such step, it has no result, the result does not fit the type, or the store does not answer. A result that may
    /// still come is worth another try, as is a store that does not answer; otherwise the error is permanent.
    pub async fn result<T: DeserializeOwned>(&self, step: &str) -> Result<T, StepError> {
        let (no, found) = self.find(step).await?;
        let json = found.ok_or_else(|| self.no_result(step, no))?;
        stored(&of(step), &json)
    }

    /// The same of a step that may have none: `None` where it was skipped, or has not ended.
    ///
    /// # Errors
    /// As [`result`](Self::result), if there is one.
    pub async fn optional_result<T: DeserializeOwned>(&self, step: &str) -> Result<Option<T>, StepError> {
        let (_, found) = self.find(step).await?;
        found.map(|json| stored(&of(step), &json)).transpose()
    }

    /// One value of the result of a step: `let ids: Vec<u64> = sequence.get_previous_step_data("fetch_products", "product_ids").await?`. What is
    /// not there reads as null, which is `None` for an `Option`.
    ///
    /// # Errors
    /// As [`result`](Self::result), and when the value is not there; the message says what there is.
    pub async fn get_previous_step_data<T: DeserializeOwned>(
        &self,
        step: &str,
        key: &str,
    ) -> Result<T, StepError> {
        let result = self.result(step).await?;
        member(&of(step), &result, key)
    }

    fn workflow(&self) -> &WorkflowDef {
        &self.0.input.workflow
    }

    async fn find(&self, step: &str) -> Result<(StepNo, Option<Json>), StepError> {
        let no = self.workflow().find(step).ok_or_else(|| self.no_step(step))?;
        let input = &self.0.input;
        if let Some(json) = input.result(no) {
            return Ok((no, Some(json.clone())));
        }
        if self.waited_for(no) {
            return Ok((no, None));
        }
        Ok((no, input.stored.read(input.task, step).await?))
    }

    /// Whether the results of the step would have come with this one.
    fn waited_for(&self, no: StepNo) -> bool {
        let own = self.workflow().step(self.0.input.step);
        own.is_some_and(|own| own.reads().contains(&no))
    }

    fn no_step(&self, step: &str) -> StepError {
        let (near, names) = (did_you_mean(step, self.names()), quoted(self.names()));
        let message = format!(
            "the workflow `{}` has no step `{step}`{near}{} the steps are {names}",
            self.workflow().id(),
            if near.is_empty() { ";" } else { "" }
        );
        StepError::permanent(message).code("NO_SUCH_STEP")
    }

    fn no_result(&self, step: &str, no: StepNo) -> StepError {
        let own = self.0.input.step;
        let name = self.workflow().step(own).map_or("", StepDef::name);
        let error = if own == no {
            StepError::permanent(format!("the step `{name}` asks for its own result"))
        } else if self.workflow().graph().is_ancestor(no, own) {
            StepError::permanent(format!(
                "the step `{step}` has no result, because it was skipped; ask with `optional_result`"
            ))
        } else {
            StepError::retryable(format!(
                "the step `{step}` has no result yet, and `{name}` does not wait for it; name it in the dependencies of `{name}`"
            ))
        };
        error.code("NO_RESULT")
    }
}

/// What the result of a step is called in messages.
fn of(step: &str) -> String {
    format!("result of step `{step}`")
}

impl fmt::Debug for StepSequence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.names()).finish()
    }
}
