use std::fmt;

use super::collector::Collector;
use super::{FromStep, Invocation};
use crate::store::RecordKind;
use crate::{Event, Json, StepError, StepSpec};

/// Publishes events: `events: Emit<PaymentAuthorized>`.
///
/// What an execution publishes is stored in the same transaction as its outcome, and only if that is accepted: exactly once with an
/// execution that completed, and never by one that failed, was lost or was cut off by its time limit. So a step that fails twice and
/// then completes has published once. Until then nothing of it is seen anywhere. What is published after the step's function
/// has returned, by something that it left running, is dropped.
///
/// All that one execution writes, events and annotations, counts together against
/// [`max_payload`](crate::TaskerBuilder::max_payload); more than that, or an event that cannot be written as JSON, fails the step for good.
///
/// ```
/// # use schemars::JsonSchema;
/// # use serde::{Deserialize, Serialize};
/// use tasker_core::{Emit, Event, StepError};
///
/// #[derive(Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
/// struct Authorized {
///     cents: u64,
/// }
///
/// impl Event for Authorized {
///     const NAME: &'static str = "payment.authorized";
/// }
///
/// async fn authorize(events: Emit<Authorized>) -> Result<(), StepError> {
///     events.publish(Authorized { cents: 1250 });
///     Ok(())
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), StepError> {
/// // A test calls the function:
/// let events = Emit::detached();
/// authorize(events.clone()).await?;
/// assert_eq!(events.published(), [Authorized { cents: 1250 }]);
/// # Ok(())
/// # }
/// ```
pub struct Emit<E> {
    collector: Collector,
    name: &'static str,
    // Known from the beginning, so that a type that is no event is one error, where it is taken, and not another one at each use.
    json: fn(&E) -> Result<Json, serde_json::Error>,
}

impl<E> Emit<E> {
    /// Publishes an event when the step completes. Its JSON is made at once.
    #[expect(clippy::needless_pass_by_value, reason = "what is published is out of the step's hands")]
    pub fn publish(&self, event: E) {
        self.collector.add(self.name, (self.json)(&event));
    }
}

impl<E: Event> Emit<E> {
    pub(crate) fn to(collector: Collector) -> Self {
        Self { collector, name: E::NAME, json: Json::of }
    }

    /// For a test that calls the step's function: publishes nowhere but to [`published`](Self::published).
    #[must_use]
    pub fn detached() -> Self {
        Self::to(Collector::default())
    }

    /// For a test: what was published so far, in order, as it reads back from its JSON. What has no JSON, or reads back as nothing, is
    /// left out.
    #[must_use]
    pub fn published(&self) -> Vec<E> {
        self.collector.read(RecordKind::Event, E::NAME)
    }
}

impl<E> Clone for Emit<E> {
    fn clone(&self) -> Self {
        Self { collector: self.collector.clone(), ..*self }
    }
}

impl<E> fmt::Debug for Emit<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Emit({})", self.name)
    }
}

impl<S, E: Event> FromStep<S> for Emit<E> {
    type Resource = ();

    fn from_step<A>(invocation: &Invocation<'_, A>, (): ()) -> Result<Self, StepError> {
        Ok(Self::to(invocation.input.records.clone()))
    }

    fn describe(step: StepSpec) -> StepSpec {
        step.emits(E::NAME, schemars::schema_for!(E).into())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use schemars::JsonSchema;
    use serde::{Deserialize, Serialize};

    use super::*;

    #[derive(Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
    struct Packed(u32);

    impl Event for Packed {
        const NAME: &'static str = "parcel.packed";
    }

    /// JSON has no keys that are lists.
    #[derive(Serialize, Deserialize, JsonSchema)]
    struct Odd(HashMap<Vec<u8>, u8>);

    impl Event for Odd {
        const NAME: &'static str = "odd";
    }

    #[test]
    fn events_are_kept_in_order_and_clones_share_them() {
        let events = Emit::detached();
        events.publish(Packed(1));
        events.clone().publish(Packed(2));
        assert_eq!(events.published(), [Packed(1), Packed(2)]);
        let records = events.collector.take(2).unwrap();
        let payloads: Vec<&str> = records.iter().map(|record| record.payload.as_str()).collect();
        assert_eq!((records[0].name.as_str(), payloads), ("parcel.packed", vec!["1", "2"]));
        assert!(events.published().is_empty());
    }

    #[test]
    fn all_that_an_execution_writes_counts_together() {
        let events = Emit::detached();
        events.publish(Packed(12));
        events.publish(Packed(345));
        let error = events.collector.take(4).unwrap_err();
        assert_eq!((error.error_code(), error.is_permanent()), (Some("RECORDS_TOO_LARGE"), true));
        assert!(error.message().starts_with(
            "the 2 events and annotations of this execution are 5 bytes of JSON, more than the limit of 4;"
        ));
    }

    #[test]
    fn an_event_that_is_no_json_is_an_error_that_names_it() {
        let events = Emit::detached();
        events.publish(Odd(HashMap::from([(vec![1], 2)])));
        assert!(events.published().is_empty());
        let error = events.collector.take(99).unwrap_err();
        assert_eq!(
            (error.to_string().as_str(), error.is_permanent()),
            ("the event `odd` is no JSON: key must be a string [RECORD_NOT_JSON]", true)
        );
    }
}
