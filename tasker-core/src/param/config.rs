use std::ops::Deref;

use super::{FromStep, Invocation};
use crate::step::Payload;
use crate::{StepError, StepSpec, schema};

/// The configuration of the step: `#[step(config = Pricing { fee_cents: 30 })]` and `pricing: Config<Pricing>`.
///
/// What the attribute says is the default. [`TaskerBuilder::configure`](crate::TaskerBuilder::configure) and
/// [`configuration`](crate::TaskerBuilder::configuration) override it, for instance by environment.
#[derive(Debug, Clone, Copy)]
pub struct Config<T>(pub T);

impl<T> Deref for Config<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl<S, T: Payload> FromStep<S> for Config<T> {
    type Resource = ();

    fn from_step<A>(invocation: &Invocation<'_, A>, (): ()) -> Result<Self, StepError> {
        let input = invocation.input;
        let step = input.workflow.step(input.step);
        let config = step.and_then(|step| Some((step, step.config()?)));
        let (step, config) = config.ok_or_else(|| StepError::permanent("the step has no configuration"))?;
        step.while_reading(|| schema::read(config)).map(Self).map_err(|violation| {
            // What serde says quotes values, and those of variables are nobody's business.
            let is_secret = step.config_as_written().is_some();
            let violation = if is_secret { violation.without_value() } else { violation };
            StepError::permanent(format!("the configuration does not fit its type: {violation}"))
        })
    }

    fn describe(step: StepSpec) -> StepSpec {
        step.config_type::<T>()
    }

    fn configure(self, step: StepSpec) -> StepSpec {
        step.config(&self.0)
    }
}
