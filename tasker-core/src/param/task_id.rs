use super::{FromStep, Invocation};
use crate::{StepError, TaskId};

/// The task that the step belongs to: the same in every execution, so that with the name of the step it is an idempotency key for other
/// services.
impl<S> FromStep<S> for TaskId {
    type Resource = ();

    fn from_step<A>(invocation: &Invocation<'_, A>, (): ()) -> Result<Self, StepError> {
        Ok(invocation.task())
    }
}
