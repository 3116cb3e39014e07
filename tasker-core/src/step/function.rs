//! The function of a step, and how an application runs it.
//!
//! `#[workflow]` prints as little as it can: what a step sees and takes, and the call. What comes before the call and after it is here,
//! once and generic, so that it costs users no time to compile for each step that they write.

use std::marker::PhantomData;

use super::{BoxFuture, Ended, HandlerFn, Presence, RunsIn, Step, StepResult, Workflow};
use crate::param::{Given, Invocation, Provided, context, ended_by};
use crate::{StepError, StepSpec, WorkflowBuilder};

/// A step with a function that can be called.
pub trait StepFn: Step {
    /// What it sees of its task: the `Workflow`, if the function or its condition takes the context, or `()`.
    type Sees: Sees;
    /// The numbers of its by-value parameters, as in `(Nth<0>, (Nth<1>, ()))`.
    type Params: Given<Self>;
    /// Panics if the function cannot be called as it is written: then nothing that runs the step is built.
    const CALLABLE: () = ();

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

/// Takes the parameters out of the invocation and calls the step's function, unless there is nothing for it to do.
pub(super) fn run<'a, S, A>(invocation: &'a Invocation<'a, A>) -> BoxFuture<'a, Result<Ended, StepError>>
where
    A: Sync + 'static,
    S: StepFn<Params: Provided<S, A>>,
{
    const { S::CALLABLE };
    Box::pin(async move {
        let context = S::Sees::read(invocation)?;
        if let Some(ended) = ended_by(invocation, S::when(&context)) {
            return ended;
        }
        let values = S::Params::values(invocation)?;
        S::call(&context, values).await.into_json().map(Ended::Complete)
    })
}

/// The steps of a workflow: a tuple of up to 16, or two such lists. There is one implementation for each form, so that rustc can tell
/// which step it is that cannot run.
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

/// Two lists of steps.
#[derive(Debug)]
pub struct Join<Left, Right>(PhantomData<(Left, Right)>);

/// The name of each step, and its function.
#[must_use]
pub fn handlers<S: Handlers<A>, A>() -> Vec<(&'static str, HandlerFn<A>)> {
    let mut handlers = Vec::new();
    S::add(&mut handlers);
    handlers
}

impl<Left: Steps, Right: Steps> Steps for Join<Left, Right> {
    fn describe(workflow: WorkflowBuilder) -> WorkflowBuilder {
        Right::describe(Left::describe(workflow))
    }
}

impl<A, Left: Handlers<A>, Right: Handlers<A>> Handlers<A> for Join<Left, Right> {
    fn add(handlers: &mut Vec<(&'static str, HandlerFn<A>)>) {
        Left::add(handlers);
        Right::add(handlers);
    }
}

fn described<S: StepFn>(workflow: WorkflowBuilder) -> WorkflowBuilder {
    let step = S::Returned::describe(StepSpec::new(S::NAME).optional(S::Presence::MAYBE));
    workflow.step(S::describe(S::Params::describe(step)))
}

macro_rules! tuple {
    ($($step:ident)*) => {
        impl<$($step: StepFn),*> Steps for ($($step,)*) {
            fn describe(workflow: WorkflowBuilder) -> WorkflowBuilder {
                $(let workflow = described::<$step>(workflow);)*
                workflow
            }
        }

        impl<__A: Sync + 'static, $($step: RunsIn<__A>),*> Handlers<__A> for ($($step,)*) {
            fn add(handlers: &mut Vec<(&'static str, HandlerFn<__A>)>) {
                let these: &[(&'static str, HandlerFn<__A>)] = &[$(($step::NAME, $step::run)),*];
                handlers.extend_from_slice(these);
            }
        }
    };
}

macro_rules! tuples {
    () => {
        tuple!();
    };
    ($first:ident $($rest:ident)*) => {
        tuple!($first $($rest)*);
        tuples!($($rest)*);
    };
}

tuples!(A B C D E F G H I J K L M N O P);
