//! The by-value parameters of a step, as a list of their numbers: `(Nth<0>, (Nth<2>, ()))`.
//!
//! A list names numbers and no types, so that a type that does not fit is an error in one place only: where [`Param::Ty`] says it.

use super::{FromStep, Invocation, Provides};
use crate::step::Param;
use crate::{StepError, StepSpec};

/// The number of a parameter, as a type. A number that is written out is a constant that rustc evaluates each time; a type with a name is not.
#[derive(Debug)]
pub enum Nth<const N: usize> {}

/// A list of parameters of the step `S`.
pub trait Given<S> {
    /// A value of each.
    type Values;

    /// Adds what they need to the step that takes them.
    #[must_use]
    fn describe(step: StepSpec) -> StepSpec;
}

/// The application state `A` provides what they need.
pub trait Provided<S, A>: Given<S> {
    /// Makes them for one execution.
    fn values(invocation: &Invocation<'_, A>) -> Result<Self::Values, StepError>;
}

impl<S> Given<S> for () {
    type Values = ();

    fn describe(step: StepSpec) -> StepSpec {
        step
    }
}

impl<S, A> Provided<S, A> for () {
    fn values(_: &Invocation<'_, A>) -> Result<(), StepError> {
        Ok(())
    }
}

impl<S: Param<N>, N, Rest: Given<S>> Given<S> for (N, Rest) {
    type Values = (S::Ty, Rest::Values);

    fn describe(step: StepSpec) -> StepSpec {
        Rest::describe(S::Ty::describe(step))
    }
}

impl<S, A, N, Rest> Provided<S, A> for (N, Rest)
where
    S: Param<N>,
    A: Provides<<S::Ty as FromStep<S>>::Resource>,
    Rest: Provided<S, A>,
{
    fn values(invocation: &Invocation<'_, A>) -> Result<Self::Values, StepError> {
        Ok((S::Ty::from_step(invocation, invocation.app.provide())?, Rest::values(invocation)?))
    }
}

/// The first numbers by name, as the expansion writes them.
pub(crate) mod numbers {
    #![expect(missing_docs, reason = "the name is the number")]

    use super::Nth;

    pub type P0 = Nth<0>;
    pub type P1 = Nth<1>;
    pub type P2 = Nth<2>;
    pub type P3 = Nth<3>;
    pub type P4 = Nth<4>;
    pub type P5 = Nth<5>;
    pub type P6 = Nth<6>;
    pub type P7 = Nth<7>;
}
