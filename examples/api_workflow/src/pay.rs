//! An API step with code of its own: something to add to the call, and only a part of the answer to keep.

use serde_json::Value;
use tasker::http::{Api, ApiRequest};
use tasker::{StepContext, StepError, StepHandler, StepSequence, Task};

/// Pays for a cart.
pub struct Pay {
    pub api: Api,
}

impl StepHandler for Pay {
    async fn process(
        &self,
        task: &Task,
        sequence: &StepSequence,
        step: &StepContext,
    ) -> Result<Value, StepError> {
        let request = ApiRequest::of_step(task, sequence, step).await?;
        // The step may run more than once, and the customer pays once.
        let request = request.header("Idempotency-Key", task.id().to_string());
        Ok(self.api.call(request).await?.body["receipt"].take())
    }
}
