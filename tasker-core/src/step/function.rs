//! The function of a step, and how an application runs it.
//!
//! `#[workflow]` prints as little as it can: what a step sees and takes, and the call. What comes before the call and after it is here,
//! once and generic, so that it costs users no time to compile for each step that they write.

use super::{BoxFuture, Ended, HandlerFn, Presence, Step, StepHandler, StepResult, Workflow};
use crate::param::{Given, Invocation, Provided, context, ended_by};
use crate::{StepError, StepSpec, WorkflowBuilder};

/// A step with a function that can be called.
pub trait StepFn: Step {
    /// What it sees of its task: the `Workflow`, if the function or its condition takes the context, or `()`.
    type Sees: Sees;
    /// The numbers of its by-value parameters, as in `(Nth<0>, (Nth<1>, ()))`.
    type Params: Given<Self>;

    /// Adds what its attribute says.
    #[must_use]
    fn describe(step: StepSpec) -> StepSpec {
        step
    }

    /// Whether it is to run at all.
    #[must_use]
    fn when(_: &Seen<Self>) -> bool {
        true
    }

    /// Calls the function.
    fn call(context: &Seen<Self>, values: Values<Self>) -> BoxFuture<'_, Self::Returned>;
}

/// What a step's function returned, as a future of one type. It is here and not in the expansion, because an editor then says nothing of
/// it where the function has a mistake.
pub fn boxed<'a, T>(future: impl Future<Output = T> + Send + 'a) -> BoxFuture<'a, T> {
    Box::pin(future)
}

/// The context, where the step sees it.
pub type Seen<S> = <<S as StepFn>::Sees as Sees>::Context;

/// The values of the by-value parameters.
pub type Values<S> = <<S as StepFn>::Params as Given<S>>::Values;

/// What a step sees of its task before it runs: a workflow its context, `()` nothing, and then nothing is read.
pub trait Sees {
    /// The context.
    type Context: Send + Sync + 'static;

    /// Reads it.
    fn read<A>(invocation: &Invocation<'_, A>) -> Result<Self::Context, StepError>;
}

impl Sees for () {
    type Context = ();

    fn read<A>(_: &Invocation<'_, A>) -> Result<(), StepError> {
        Ok(())
    }
}

impl<W: Workflow> Sees for W {
    type Context = W::Context;

    fn read<A>(invocation: &Invocation<'_, A>) -> Result<W::Context, StepError> {
        context::<W, A>(invocation)
    }
}

impl<A, S> StepHandler<A> for S
where
    A: Sync + 'static,
    S: StepFn<Params: Provided<S, A>>,
{
    fn run<'a>(invocation: &'a Invocation<'a, A>) -> BoxFuture<'a, Result<Ended, StepError>> {
        Box::pin(async move {
            let context = S::Sees::read(invocation)?;
            if let Some(ended) = ended_by(invocation, S::when(&context)) {
                return ended;
            }
            let values = S::Params::values(invocation)?;
            S::call(&context, values).await.into_json().map(Ended::Complete)
        })
    }
}

/// Steps of one workflow: a step, or a tuple of up to 16, which may be tuples in turn.
pub trait Steps {
    /// Adds them to the definition of their workflow.
    #[must_use]
    fn describe(workflow: WorkflowBuilder) -> WorkflowBuilder;
}

/// All of them can run in an application with state `A`.
pub trait Handlers<A>: Steps {
    /// Adds the name of each, and its function.
    fn add(handlers: &mut Vec<(&'static str, HandlerFn<A>)>);
}

/// The name of each step, and its function.
#[must_use]
pub fn handlers<S: Handlers<A>, A>() -> Vec<(&'static str, HandlerFn<A>)> {
    let mut handlers = Vec::new();
    S::add(&mut handlers);
    handlers
}

impl<S: StepFn> Steps for S {
    fn describe(workflow: WorkflowBuilder) -> WorkflowBuilder {
        let step = S::Returned::describe(StepSpec::new(S::NAME).optional(S::Presence::MAYBE));
        workflow.step(S::describe(S::Params::describe(step)))
    }
}

impl<A, S: StepFn + StepHandler<A>> Handlers<A> for S {
    fn add(handlers: &mut Vec<(&'static str, HandlerFn<A>)>) {
        handlers.push((S::NAME, S::run));
    }
}

macro_rules! tuples {
    ($first:ident $($rest:ident)*) => {
        impl<$first: Steps, $($rest: Steps),*> Steps for ($first, $($rest,)*) {
            fn describe(workflow: WorkflowBuilder) -> WorkflowBuilder {
                let workflow = $first::describe(workflow);
                $(let workflow = $rest::describe(workflow);)*
                workflow
            }
        }

        impl<__A, $first: Handlers<__A>, $($rest: Handlers<__A>),*> Handlers<__A> for ($first, $($rest,)*) {
            fn add(handlers: &mut Vec<(&'static str, HandlerFn<__A>)>) {
                $first::add(handlers);
                $($rest::add(handlers);)*
            }
        }

        tuples!($($rest)*);
    };
    () => {};
}

tuples!(A B C D E F G H I J K L M N O P);
