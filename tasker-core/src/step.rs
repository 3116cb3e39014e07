//! What `#[workflow]` implements: the typed side of a workflow.
//!
//! Each step is an uninhabited type with the name of its function. The traits below tie that type to its result, its edges
//! and its parameters, so that what does not fit is an error of `cargo build` at the place where it is
//! written. The messages of those errors are part of the interface; `tests/ui` holds them.

mod function;
mod presence;
mod wrong;

use std::future::Future;
use std::pin::Pin;

use schemars::JsonSchema;
use serde::Serialize;
use serde::de::DeserializeOwned;

pub use function::{Handlers, Join, Seen, Sees, StepFn, Steps, Values, boxed, handlers};
pub use presence::{Always, Certain, Maybe, Presence};
pub use wrong::Wrong;

use crate::param::{Invocation, Provided};
use crate::{FromStep, Json, StepError, StepSpec, Violation, WorkflowBuilder};

/// A future that a handler returns.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// A step's function behind one signature, for an application whose state is `A`.
pub type HandlerFn<A> = for<'a> fn(&'a Invocation<'a, A>) -> BoxFuture<'a, Result<Ended, StepError>>;

/// What an execution that did not fail came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ended {
    /// The function returned this result, which is stored with the step.
    Complete(Json),
    /// There was nothing to do: the step is recorded as skipped and has no result, and its dependents run as if it were complete.
    Skipped,
}

/// A value that is stored with a task: its context, a step's result, an event or an annotation.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be stored with a task",
    label = "not a stored value",
    note = "it needs all of `#[derive(Serialize, Deserialize, JsonSchema)]`, and so does what it holds",
    note = "a stored value is also `Send + Sync + 'static`"
)]
pub trait Payload: Serialize + DeserializeOwned + JsonSchema + Send + Sync + 'static {}

#[diagnostic::do_not_recommend]
impl<T: Serialize + DeserializeOwned + JsonSchema + Send + Sync + 'static> Payload for T {}

/// A workflow, as a type. Implemented by `#[workflow]` on `Workflow` in the annotated module.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a workflow",
    label = "not a workflow",
    note = "a `#[workflow] mod order {{ .. }}` is the workflow `order::Workflow`"
)]
pub trait Workflow: 'static {
    /// What a task is started with.
    type Context: Payload;

    /// The definition, before it is checked as a whole.
    fn define() -> WorkflowBuilder;
}

/// A step, as a type. Implemented by `#[workflow]` on one type for each step, which shares its name with the step's function.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a step",
    label = "not a step",
    note = "name the function of a step here, as in `Output<fetch_order>`"
)]
pub trait Step: Sized + 'static {
    /// The workflow it belongs to.
    type Workflow: Workflow;
    /// What its function returns.
    type Returned: StepResult;
    /// Whether its result is certain to be there once the step is over: [`Always`], or [`Maybe`] if it may be skipped.
    type Presence: Presence;
    /// Its name in its workflow.
    const NAME: &'static str;
}

/// A step of the workflow `W`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a step of `{W}`",
    label = "not a step of this workflow",
    note = "a task has the results of the steps of its own workflow: `task.output::<order::charge>()` for a task of `order::Workflow`"
)]
pub trait StepOf<W>: Step<Workflow = W> {}

#[diagnostic::do_not_recommend]
impl<W, S: Step<Workflow = W>> StepOf<W> for S {}

/// What the function of a step returns when all goes well.
pub type Returned<S> = <<S as Step>::Returned as StepReturn>::Output;

/// `Self` may read the result of `D`.
#[diagnostic::on_unimplemented(
    message = "step `{Self}` does not depend on step `{D}`",
    label = "the result of `{D}` is not available here",
    note = "if `{D}` is a step of the same workflow, add it to the attribute: `#[step(depends_on = {D})]`",
    note = "a task has no results of other workflows' steps"
)]
pub trait DependsOn<D> {}

/// A parameter of the step's function. `N` stands for its number, as a type.
pub trait Param<N>: Step {
    /// Its type.
    type Ty: FromStep<Self>;
}

/// `Result<T, E>`: the form of what a step returns.
#[diagnostic::on_unimplemented(
    message = "a step must return `Result<T, E>` where `E: Into<StepError>`",
    label = "expected `Result<_, StepError>`"
)]
pub trait StepReturn {
    /// `T`.
    type Output;
}

impl<T, E> StepReturn for Result<T, E> {
    type Output = T;
}

/// What a step may return. Apart from [`StepReturn`], so that a result that cannot be stored is an error where
/// it is returned, not where it is read.
#[diagnostic::on_unimplemented(
    message = "a step must return `Result<T, E>` where `E: Into<StepError>`",
    label = "expected `Result<_, StepError>`"
)]
pub trait StepResult: StepReturn {
    /// `T`, which can be stored. The context of a workflow is named through it too: a type that cannot be stored is then
    /// one error there as well, not one for each trait that a [`Payload`] has.
    #[doc(hidden)]
    type Stored: Payload;
    #[doc(hidden)]
    fn into_json(self) -> Result<Json, StepError>;
    #[doc(hidden)]
    fn json(output: &Self::Output) -> Result<Json, StepError>;
    #[doc(hidden)]
    fn from_json(stored: &Json) -> Result<Self::Output, Violation>;
    #[doc(hidden)]
    fn describe(step: StepSpec) -> StepSpec;
}

impl<T: Payload, E: IntoStepError> StepResult for Result<T, E> {
    type Stored = T;

    fn into_json(self) -> Result<Json, StepError> {
        Self::json(&self.map_err(IntoStepError::into_step_error)?)
    }

    fn json(output: &T) -> Result<Json, StepError> {
        Json::of(output).map_err(|error| StepError::permanent(format!("the result is no JSON: {error}")))
    }

    fn from_json(stored: &Json) -> Result<T, Violation> {
        stored.read()
    }

    fn describe(step: StepSpec) -> StepSpec {
        step.result_schema(schemars::schema_for!(T).into())
    }
}

/// The error of a step: `Into<StepError>`, with a message of its own where a type is none.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not the error of a step",
    label = "`{Self}` does not convert into `StepError`",
    note = "a type of your own implements `std::error::Error`, as with `#[derive(thiserror::Error)]`, or `From<{Self}>` for `StepError`",
    note = "anything else becomes a `StepError` where it is returned: `.map_err(StepError::retryable)`, or `StepError::permanent`"
)]
pub trait IntoStepError {
    #[doc(hidden)]
    fn into_step_error(self) -> StepError;
}

#[diagnostic::do_not_recommend]
impl<E: Into<StepError>> IntoStepError for E {
    fn into_step_error(self) -> StepError {
        self.into()
    }
}

/// A step of a module that can run in an application whose state is `A`.
pub trait RunsIn<A>: StepFn<Params: Provided<Self, A>> {
    /// Takes the parameters out of the invocation and calls the step's function, unless there is nothing for it to do.
    #[must_use]
    fn run<'a>(invocation: &'a Invocation<'a, A>) -> BoxFuture<'a, Result<Ended, StepError>>
    where
        A: Sync + 'static,
    {
        function::run::<Self, A>(invocation)
    }
}

/// A workflow all of whose steps can run in an application with state `A`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a workflow",
    label = "not a workflow",
    note = "a `#[workflow] mod order {{ .. }}` is the workflow `order::Workflow`"
)]
pub trait Executable<A: 'static>: Workflow {
    /// The name of each step, and its function.
    fn handlers() -> Vec<(&'static str, HandlerFn<A>)>;
}
