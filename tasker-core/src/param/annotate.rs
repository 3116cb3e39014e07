use std::fmt;

use super::collector::Collector;
use super::{FromStep, Invocation};
use crate::store::RecordKind;
use crate::{Annotation, Json, StepError, StepSpec};

/// Makes a note on the task: `score: Annotate<FraudScore>`.
///
/// Of what one execution sets the last counts. It is stored in the same transaction as the outcome of the execution, and only if that
/// is accepted and the execution did not fail, as what [`Emit`](crate::Emit) publishes is, and counts with it against the limit.
/// Several steps may set the same annotation; each of theirs is kept, and
/// [`TaskHandle::annotation`](crate::TaskHandle::annotation) gives the latest.
pub struct Annotate<A> {
    collector: Collector,
    name: &'static str,
    // Known from the beginning, so that a type that is no annotation is one error, where it is taken, and not another one at each use.
    json: fn(&A) -> Result<Json, serde_json::Error>,
}

impl<A> Annotate<A> {
    /// Sets the annotation when the step completes, in the place of what the execution set before. Its JSON is made at once.
    #[expect(clippy::needless_pass_by_value, reason = "what is set is out of the step's hands")]
    pub fn set(&self, value: A) {
        self.collector.set(self.name, (self.json)(&value));
    }
}

impl<A: Annotation> Annotate<A> {
    pub(crate) fn to(collector: Collector) -> Self {
        Self { collector, name: A::NAME, json: Json::of }
    }

    /// For a test that calls the step's function: sets nothing but [`value`](Self::value).
    #[must_use]
    pub fn detached() -> Self {
        Self::to(Collector::default())
    }

    /// For a test: what was set last, as it reads back from its JSON; none if that is no JSON or reads back as nothing.
    #[must_use]
    pub fn value(&self) -> Option<A> {
        self.collector.read(RecordKind::Annotation, A::NAME).pop()
    }
}

impl<A> Clone for Annotate<A> {
    fn clone(&self) -> Self {
        Self { collector: self.collector.clone(), ..*self }
    }
}

impl<A> fmt::Debug for Annotate<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Annotate({})", self.name)
    }
}

impl<S, T: Annotation> FromStep<S> for Annotate<T> {
    type Resource = ();

    fn from_step<A>(invocation: &Invocation<'_, A>, (): ()) -> Result<Self, StepError> {
        Ok(Self::to(invocation.input.records.clone()))
    }

    fn describe(step: StepSpec) -> StepSpec {
        step.annotates(T::NAME, schemars::schema_for!(T).into())
    }
}

#[cfg(test)]
mod tests {
    use schemars::JsonSchema;
    use serde::{Deserialize, Serialize};

    use super::*;

    #[derive(Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
    struct Score(u32);

    impl Annotation for Score {
        const NAME: &'static str = "fraud_score";
    }

    #[test]
    fn the_last_value_counts() {
        let score = Annotate::detached();
        assert_eq!(score.value(), None);
        score.set(Score(1));
        score.clone().set(Score(2));
        assert_eq!(score.value(), Some(Score(2)));
        let records = score.collector.take(1).unwrap();
        assert_eq!(records.len(), 1);
        assert_eq!((records[0].kind, records[0].payload.as_str()), (RecordKind::Annotation, "2"));
    }
}
