//! One attempt to deliver one event.

use std::borrow::Cow;
use std::panic::AssertUnwindSafe;
use std::time::Duration;

use futures_util::FutureExt;
use tokio::time::timeout;
use tracing::field::Empty;
use tracing::{Instrument, info_span};

use super::Dispatcher;
use crate::correlation::Correlation;
use crate::engine::panic_message;
use crate::error::bound;
use crate::events::{GiveUp, RetryIn, SubscriberError, TaskerEvent};
use crate::store::Attempts;
use crate::{TaskId, trace};

/// Why an event was not taken.
pub(super) struct Failure {
    pub(super) error: String,
    then: Then,
}

/// What the subscriber says of trying again.
enum Then {
    Usual,
    After(Duration),
    Never,
}

impl From<String> for Failure {
    fn from(error: String) -> Self {
        Self { error, then: Then::Usual }
    }
}

impl From<SubscriberError> for Failure {
    fn from(error: SubscriberError) -> Self {
        let then = match error.downcast_ref::<RetryIn>() {
            Some(again) => Then::After(again.wait()),
            None if error.is::<GiveUp>() => Then::Never,
            None => Then::Usual,
        };
        Self { error: error.to_string(), then }
    }
}

impl Dispatcher {
    /// Delivers an event for the so manieth time, or says why that failed. What the subscriber logs, starts or calls meanwhile belongs to
    /// the request that the task of the event came from.
    pub(super) async fn attempt(&self, event: &TaskerEvent, attempt: u32) -> Result<(), Failure> {
        let task = event.what.task();
        let asked = task.traceparent.as_deref().and_then(|text| text.parse().ok());
        let (span, around) = trace::delivers(task.task_id, asked, || {
            info_span!(
                target: "tasker",
                "tasker.event.delivery",
                subscriber = self.name,
                event = event.name(),
                task = %task.task_id,
                correlation_id = task.correlation_id,
                attempt,
                otel.status_code = Empty,
                otel.status_description = Empty,
            )
        });
        let correlation = Correlation::of(task.task_id, Some(task.correlation_id.clone()));
        let delivering = correlation.scope(asked, self.deliver(event)).instrument(span.clone());
        let delivered = around.within(delivering).await;
        if let Err(failure) = &delivered {
            span.record("otel.status_code", "ERROR");
            span.record("otel.status_description", &failure.error);
        }
        delivered
    }

    async fn deliver(&self, event: &TaskerEvent) -> Result<(), Failure> {
        let limit = self.delivery.timeout;
        let event = &*event.redacted(&self.redaction);
        let taking = async {
            let taken =
                if self.subscriber.wants(event) { self.subscriber.on_event(event).await } else { Ok(()) };
            // In here, because what the error says is of the subscriber, too, and may panic.
            taken.map_err(Failure::from)
        };
        // The time limit is inside, because dropping what did not end in time may panic too.
        let done = AssertUnwindSafe(timeout(limit, taking)).catch_unwind().await;
        let mut failure: Failure = match done {
            Ok(Ok(Ok(()))) => return Ok(()),
            Ok(Ok(Err(failure))) => failure,
            Ok(Err(_)) => format!("not done within its time limit of {limit:?}").into(),
            Err(panic) => format!("the subscriber panicked: {}", panic_message(&*panic)).into(),
        };
        if let Cow::Owned(shown) = self.redaction.text(&failure.error) {
            failure.error = shown;
        }
        bound(&mut failure.error);
        tracing::warn!(
            target: "tasker",
            subscriber = self.name,
            event = event.name(),
            id = event.id,
            task = %event.what.task().task_id,
            error = failure.error,
            "an event was not taken"
        );
        Err(failure)
    }

    /// How an event of this task stands that failed for the so manieth time. There is none where it cannot be read.
    pub(super) fn failed(
        &self,
        task: TaskId,
        event: Option<&TaskerEvent>,
        count: u32,
        failure: Failure,
    ) -> Attempts {
        let Failure { error, then } = failure;
        let usual = self.delivery.wait_after(count);
        let wait = match then {
            Then::Usual => usual,
            Then::After(wait) => usual.map(|_| self.delivery.within(wait)),
            Then::Never => None,
        };
        if wait.is_none() {
            tracing::warn!(
                target: "tasker",
                subscriber = self.name,
                event = event.map(TaskerEvent::name),
                id = event.map(|event| event.id.as_str()),
                %task,
                correlation_id = event.map(|event| event.what.task().correlation_id.as_str()),
                attempts = count,
                error,
                "an event was given up; `events().dead_letters` shows it, and `redeliver` has it delivered again"
            );
        }
        Attempts { count, error, wait }
    }
}
