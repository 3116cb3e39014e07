use super::{FromStep, Invocation};
use crate::{CorrelationId, StepError};

/// What the task shares with the request that it came from, for logs and for calls of other systems.
impl<S> FromStep<S> for CorrelationId {
    type Resource = ();

    fn from_step<A>(invocation: &Invocation<'_, A>, (): ()) -> Result<Self, StepError> {
        Ok(invocation.correlation_id())
    }
}
