use std::ops::Deref;

use super::{FromStep, Invocation, does_not_fit};
use crate::step::{Certain, DependsOn, Returned, Step, StepResult};
use crate::{Json, StepError, StepSpec};

/// The result of an ancestor, by its step: `cart: Output<validate_cart>`.
///
/// It derefs to the value; `.0` takes the value out. A step may take the result of any step that it depends on, directly
/// or through others. Of a step that may be skipped it takes `Option<Output<step>>`, which is `None` where that happened.
pub struct Output<D: Step>(pub Returned<D>)
where
    // Known beforehand, so that an `Output` of what is no step is not also one of unknown size.
    Returned<D>: Sized;

impl<D: Step> Deref for Output<D> {
    type Target = Returned<D>;

    fn deref(&self) -> &Returned<D> {
        &self.0
    }
}

impl<S: DependsOn<D>, D: Certain> FromStep<S> for Output<D> {
    type Resource = ();

    fn from_step<A>(invocation: &Invocation<'_, A>, (): ()) -> Result<Self, StepError> {
        let stored = invocation
            .result(D::NAME)
            .ok_or_else(|| StepError::permanent(format!("there is no stored result of `{}`", D::NAME)))?;
        read(stored)
    }

    fn describe(step: StepSpec) -> StepSpec {
        step.reads([D::NAME])
    }
}

impl<S: DependsOn<D>, D: Step> FromStep<S> for Option<Output<D>> {
    type Resource = ();

    fn from_step<A>(invocation: &Invocation<'_, A>, (): ()) -> Result<Self, StepError> {
        invocation.result(D::NAME).map(read).transpose()
    }

    fn describe(step: StepSpec) -> StepSpec {
        step.reads_optional([D::NAME])
    }
}

fn read<D: Step>(stored: &Json) -> Result<Output<D>, StepError> {
    D::Returned::from_json(stored).map(Output).map_err(|violation| {
        does_not_fit::<Returned<D>>(&format!("result of step `{}`", D::NAME), &violation)
    })
}
