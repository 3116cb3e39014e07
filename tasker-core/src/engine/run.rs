//! One execution of one step.

use std::any::Any;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;

use crate::param::StepInput;
use crate::registry::Handler;
use crate::store::Ending;
use crate::{Executions, Json, RetryPolicy, StepError};

/// Runs the function of a step to its end, to its time limit or to its panic.
pub(super) async fn run(
    handler: Arc<dyn Handler>,
    input: StepInput,
    timeout: Option<Duration>,
    max_payload: usize,
) -> Result<Json, StepError> {
    let running = AssertUnwindSafe(async move { handler.run(input).await }).catch_unwind();
    let ended = match timeout {
        None => running.await,
        Some(limit) => match tokio::time::timeout(limit, running).await {
            Ok(ended) => ended,
            Err(_) => {
                return Err(StepError::retryable(format!("not done within its time limit of {limit:?}"))
                    .code("TIMEOUT"));
            }
        },
    };
    let result = ended.unwrap_or_else(|panic| {
        Err(StepError::retryable(format!("the step panicked: {}", panic_message(&*panic))).code("PANIC"))
    })?;
    let size = result.as_str().len();
    if size > max_payload {
        return Err(StepError::permanent(format!(
            "the result is {size} bytes of JSON, more than the limit of {max_payload}; \
             store it elsewhere and return where it is, or raise the limit with `max_payload`"
        ))
        .code("RESULT_TOO_LARGE"));
    }
    Ok(result)
}

fn panic_message(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("no message")
}

/// What becomes of a step whose execution ended like this.
pub(super) fn ending(
    result: Result<Json, StepError>,
    executions: Executions,
    policy: RetryPolicy,
    chance: f64,
) -> Ending {
    match result {
        Ok(json) => Ending::Complete(json),
        Err(error) if error.is_permanent() || executions.exhausted_by_failure() => Ending::Failed(error),
        Err(error) => {
            let wait =
                error.wait().unwrap_or_else(|| policy.delay_with_jitter(executions.failures(), chance));
            Ending::Retry(error, wait)
        }
    }
}
