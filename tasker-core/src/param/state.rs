use std::ops::Deref;

use super::{FromStep, Invocation};
use crate::StepError;

/// A resource of the host application: `gateway: State<Gateway>`.
///
/// The application state given to [`Tasker::builder`](crate::Tasker::builder) provides it: derive
/// [`AppState`](derive@crate::AppState) on a struct that has a field of the type. Each execution gets a clone, so put what is large
/// behind an `Arc`.
#[derive(Debug, Clone, Copy)]
pub struct State<T>(pub T);

impl<T> Deref for State<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

/// The application state has a `T`. Implemented by [`AppState`](derive@crate::AppState) for each field.
#[diagnostic::on_unimplemented(
    message = "the application state `{Self}` does not provide `{T}`",
    label = "a step of this workflow takes `State<{T}>`",
    note = "what `Tasker::builder` is given needs `#[derive(AppState)]` and a field of type `{T}`"
)]
pub trait Provides<T> {
    /// Gives it to one execution of a step.
    fn provide(&self) -> T;
}

impl<A> Provides<()> for A {
    fn provide(&self) {}
}

impl<S, T> FromStep<S> for State<T> {
    type Resource = T;

    fn from_step<A>(_: &Invocation<'_, A>, resource: T) -> Result<Self, StepError> {
        Ok(Self(resource))
    }
}
