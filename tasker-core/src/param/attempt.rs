use std::fmt;

use serde::Serialize;

use super::{FromStep, Invocation};
use crate::StepError;

/// The number of an execution of a step, from 1; also a parameter that tells a step which execution it is.
///
/// Every execution that began has a number of its own, those that were lost with their worker included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct Attempt(pub u32);

impl fmt::Display for Attempt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl<S> FromStep<S> for Attempt {
    type Resource = ();

    fn from_step<A>(invocation: &Invocation<'_, A>, (): ()) -> Result<Self, StepError> {
        Ok(invocation.attempt())
    }
}
