//! What a fake is called with, and fakes as functions of steps.

use std::fmt;
use std::future::{Future, ready};

use crate::param::{self, Invocation, StepInput};
use crate::registry::Handler;
use crate::step::{BoxFuture, Certain, DependsOn, Ended, Returned, Step, StepResult, Workflow};
use crate::{Annotate, Annotation, Attempt, Emit, Event, FromStep, Output, StepError, TaskId};

/// An execution of step `S` that a [fake](super::Builder::fake) takes over. What it reads is what the step could read.
///
/// The result of a step that `S` does not depend on cannot be asked for:
///
/// ```compile_fail,E0277
/// # use tasker_core::{StepError, testing, workflow};
/// # extern crate tasker_core as tasker;
/// # #[workflow(context = u64)]
/// # mod order {
/// #     use super::StepError;
/// #     #[step]
/// #     pub async fn price(ctx: &u64) -> Result<u64, StepError> { Ok(*ctx) }
/// #     #[step]
/// #     pub async fn greet() -> Result<(), StepError> { Ok(()) }
/// # }
/// # fn main() {
/// testing::Tasker::builder(()).fake::<order::greet>(|call| {
///     call.output::<order::price>()?; // `greet` runs beside `price`
///     Ok(())
/// });
/// # }
/// ```
pub struct Call<S: Step> {
    input: StepInput,
    context: Context<S>,
}

type Context<S> = <<S as Step>::Workflow as Workflow>::Context;

impl<S: Step> Call<S> {
    fn new(input: StepInput) -> Result<Self, StepError> {
        let context = param::context::<S::Workflow, ()>(&Invocation { app: &(), input: &input })?;
        Ok(Self { input, context })
    }

    /// What the task was started with.
    pub fn context(&self) -> &Context<S> {
        &self.context
    }

    /// The result of a step that `S` names in its `depends_on`, or that its function reads.
    ///
    /// # Errors
    /// When what is stored does not fit the type of the result. `?` in the fake makes that the end of the step.
    pub fn output<D: Certain>(&self) -> Result<Returned<D>, StepError>
    where
        S: DependsOn<D>,
    {
        self.take::<Output<D>>().map(|output| output.0)
    }

    /// The same of a step that may have been skipped; `None` where it was.
    ///
    /// # Errors
    /// As [`output`](Self::output).
    pub fn optional_output<D: Step>(&self) -> Result<Option<Returned<D>>, StepError>
    where
        S: DependsOn<D>,
    {
        self.take::<Option<Output<D>>>().map(|output| output.map(|output| output.0))
    }

    /// Any parameter that the function of the step could take by value, such as `Config<Pricing>` or one's own, except for
    /// `State<T>`: what a fake needs of the application, it has from the test.
    ///
    /// # Errors
    /// When the parameter cannot be made, as in the step itself.
    pub fn take<P: FromStep<S, Resource = ()>>(&self) -> Result<P, StepError> {
        P::from_step(&Invocation { app: &(), input: &self.input }, ())
    }

    /// Which execution of the step it is, from 1.
    pub fn attempt(&self) -> Attempt {
        self.input.attempt
    }

    /// The task.
    pub fn task(&self) -> TaskId {
        self.input.task
    }

    /// Publishes an event, as the step would through [`Emit`]: it is recorded if the fake returns a result.
    pub fn publish<E: Event>(&self, event: E) {
        Emit::to(self.input.records.clone()).publish(event);
    }

    /// Sets an annotation, as the step would through [`Annotate`]: it is recorded if the fake returns a result.
    pub fn annotate<T: Annotation>(&self, value: T) {
        Annotate::to(self.input.records.clone()).set(value);
    }
}

impl<S: Step> fmt::Debug for Call<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Call({} {} of {})", S::NAME, self.input.attempt, self.input.task)
    }
}

/// An async function that can take the place of step `S`: `async |call| Ok(..)`. Every fitting function is one, if its future can be sent
/// to another thread.
pub trait AsyncFake<S: Step>:
    AsyncFn(Call<S>) -> Result<Returned<S>, StepError>
    + Fn(Call<S>) -> <Self as AsyncFake<S>>::Future
    + Send
    + Sync
    + 'static
{
    /// What it returns.
    type Future: Future<Output = Result<Returned<S>, StepError>> + Send + 'static;
}

// `AsyncFn` tells rustc the type of the parameter of an async closure, and `Fn` that its future can be sent.
impl<S, F, R> AsyncFake<S> for F
where
    S: Step,
    F: AsyncFn(Call<S>) -> Result<Returned<S>, StepError> + Fn(Call<S>) -> R + Send + Sync + 'static,
    R: Future<Output = Result<Returned<S>, StepError>> + Send + 'static,
{
    type Future = R;
}

/// A fake in the place of a step's function.
pub(super) struct Fake(Box<Replacement>);

type Replacement = dyn Fn(StepInput) -> BoxFuture<'static, Result<Ended, StepError>> + Send + Sync;

impl Fake {
    pub(super) fn of<S: Step>(
        fake: impl Fn(Call<S>) -> Result<Returned<S>, StepError> + Send + Sync + 'static,
    ) -> Self {
        Self(Box::new(move |input| {
            let ended = Call::new(input).and_then(&fake).and_then(|returned| ended::<S>(&returned));
            Box::pin(ready(ended))
        }))
    }

    pub(super) fn of_async<S: Step>(fake: impl AsyncFake<S>) -> Self {
        Self(Box::new(move |input| {
            let running = Call::new(input).map(&fake);
            Box::pin(async move { ended::<S>(&running?.await?) })
        }))
    }
}

impl Handler for Fake {
    fn run(&self, input: StepInput) -> BoxFuture<'static, Result<Ended, StepError>> {
        (self.0)(input)
    }
}

fn ended<S: Step>(returned: &Returned<S>) -> Result<Ended, StepError> {
    S::Returned::json(returned).map(Ended::Complete)
}
