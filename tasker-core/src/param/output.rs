use std::ops::Deref;

use super::{FromStep, Invocation, does_not_fit};
use crate::step::{DependsOn, Returned, Step, StepResult};
use crate::{StepError, StepSpec};

/// The result of an ancestor, by its step: `cart: Output<validate_cart>`.
///
/// It derefs to the value; `.0` takes the value out. A step may take the result of any step that it depends on, directly
/// or through others.
pub struct Output<D: Step>(pub Returned<D>);

impl<D: Step> Deref for Output<D> {
    type Target = Returned<D>;

    fn deref(&self) -> &Returned<D> {
        &self.0
    }
}

impl<S: DependsOn<D>, D: Step> FromStep<S> for Output<D> {
    type Resource = ();

    fn from_step<A>(invocation: &Invocation<'_, A>, (): ()) -> Result<Self, StepError> {
        let stored = invocation
            .result(D::NAME)
            .ok_or_else(|| StepError::permanent(format!("there is no stored result of `{}`", D::NAME)))?;
        D::Returned::from_json(stored)
            .map(Self)
            .map_err(|error| does_not_fit::<Returned<D>>(&format!("result of step `{}`", D::NAME), &error))
    }

    fn describe(step: StepSpec) -> StepSpec {
        step.reads([D::NAME])
    }
}
