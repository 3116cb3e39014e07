//! One execution of one step.

use std::any::Any;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;

use crate::param::StepInput;
use crate::registry::Handler;
use crate::step::Ended;
use crate::store::{Ending, Record};
use crate::{Executions, Redaction, RetryPolicy, StepError};

/// Runs the function of a step to its end, to its time limit or to its panic. What it wrote beside its result comes
/// with it, unless it failed; then what it kept comes with the error, which has no secrets in it from here on.
pub(super) async fn run(
    handler: Arc<dyn Handler>,
    input: StepInput,
    timeout: Option<Duration>,
    max_payload: usize,
    redaction: &Redaction,
) -> Result<(Ended, Vec<Record>), StepError> {
    let records = input.records.clone();
    let correlation = input.correlation.clone();
    let running = correlation.scope(input.asked, async move { handler.run(input).await });
    // The time limit is inside, because dropping what did not end in time may panic too.
    let ended = AssertUnwindSafe(within(timeout, running)).catch_unwind().await;
    let result = ended.unwrap_or_else(|panic| {
        Err(StepError::retryable(format!("the step panicked: {}", panic_message(&*panic))).code("PANIC"))
    });
    let ended = match result {
        Ok(Ended::Complete(json)) if json.as_str().len() > max_payload => {
            Err(too_large(json.as_str().len(), max_payload))
        }
        Ok(ended) => records.take(max_payload).map(|records| (ended, records)),
        Err(error) => Err(error),
    };
    ended.map_err(|error| {
        let error = error.redacted(redaction).bounded();
        match records.kept() {
            Some(kept) => error.with_partial_results(kept),
            None => error,
        }
    })
}

async fn within(
    limit: Option<Duration>,
    running: impl Future<Output = Result<Ended, StepError>>,
) -> Result<Ended, StepError> {
    let Some(limit) = limit else { return running.await };
    tokio::time::timeout(limit, running).await.unwrap_or_else(|_| {
        Err(StepError::retryable(format!("not done within its time limit of {limit:?}")).code("TIMEOUT"))
    })
}

fn too_large(size: usize, limit: usize) -> StepError {
    let message = format!(
        "the result is {size} bytes of JSON, more than the limit of {limit}; \
         store it elsewhere and return where it is, or raise the limit with `max_payload`"
    );
    StepError::permanent(message).code("RESULT_TOO_LARGE")
}

pub(crate) fn panic_message(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("no message")
}

/// What becomes of a step whose execution ended like this, and what is recorded with it.
///
/// An error after the step was told to come to an end is no failure, if the step may run again and did not say that this
/// cannot help.
pub(super) fn ending(
    ended: Result<(Ended, Vec<Record>), StepError>,
    told_to_end: bool,
    executions: Executions,
    policy: RetryPolicy,
    chance: f64,
) -> (Ending, Vec<Record>) {
    let ending = match ended {
        Ok((Ended::Complete(json), records)) => return (Ending::Complete(json), records),
        Ok((Ended::Skipped, records)) => return (Ending::Skipped, records),
        Err(error) if error.is_permanent() => Ending::Failed(error),
        Err(_) if told_to_end && executions.may_run_again() => Ending::HandedBack,
        Err(error) if executions.exhausted_by_failure() => Ending::Failed(error),
        Err(error) => {
            let wait =
                error.wait().unwrap_or_else(|| policy.delay_with_jitter(executions.failures(), chance));
            Ending::Retry(error, wait)
        }
    };
    (ending, Vec::new())
}

/// What becomes of a step that was stopped because its worker shuts down.
pub(super) fn stopped(executions: Executions) -> Ending {
    if executions.may_run_again() {
        return Ending::HandedBack;
    }
    let message = "the worker shut down before the step had ended, and it may run only once";
    Ending::Failed(StepError::retryable(message).code("STOPPED"))
}
