//! What a step's function may take.
//!
//! The context comes by reference (`ctx: &Context`); everything else is a type that implements [`FromStep`] and comes by value. The
//! wrappers have public fields, so that a test calls the function directly:
//! `charge(Output(cart), State(gateway)).await`.

mod annotate;
mod attempt;
mod cancelled;
mod collector;
mod config;
mod emit;
mod output;
mod state;
mod task_id;

pub use annotate::Annotate;
pub use attempt::Attempt;
pub use cancelled::Cancelled;
pub(crate) use collector::Collector;
pub use config::Config;
pub use emit::Emit;
pub use output::Output;
pub use state::{Provides, State};

use std::sync::Arc;

use crate::step::{Ended, Param, Step, StepResult};
use crate::{
    Json, StepDef, StepError, StepNo, StepSpec, TaskId, Workflow, WorkflowBuilder, WorkflowDef, WorkflowId,
};

/// One execution of a step, as the engine hands it to the step's function.
pub struct Invocation<'a, A> {
    pub(crate) app: &'a A,
    pub(crate) input: &'a StepInput,
}

/// What a step is run with.
#[derive(Debug)]
pub(crate) struct StepInput {
    pub(crate) workflow: Arc<WorkflowDef>,
    pub(crate) task: TaskId,
    pub(crate) step: StepNo,
    pub(crate) attempt: Attempt,
    pub(crate) context: Json,
    /// The results of the ancestors that the step reads.
    pub(crate) results: Vec<(StepNo, Json)>,
    /// What it writes beside its result.
    pub(crate) records: Collector,
    pub(crate) cancelled: tokio_util::sync::CancellationToken,
}

/// A by-value parameter of a step.
///
/// `from_step` runs before the function of the step, as part of the same attempt: its error is the attempt's.
#[diagnostic::on_unimplemented(
    message = "a step cannot receive a `{Self}`",
    label = "not a step parameter",
    note = "a step takes its context by reference (`ctx: &Context`) and, by value, any of `Output<step>`, `Option<Output<step>>`, `State<T>`, `Config<T>`, `Emit<E>`, `Annotate<A>`, `TaskId`, `Attempt`, `Cancelled`",
    note = "to receive your own type, put it in the application state and take `State<{Self}>`"
)]
pub trait FromStep<S>: Sized {
    /// What the application state must provide; `()` for nothing.
    type Resource;

    /// Makes the parameter for one execution.
    fn from_step<A>(invocation: &Invocation<'_, A>, resource: Self::Resource) -> Result<Self, StepError>;

    /// Adds what the parameter needs to the step that takes it.
    #[must_use]
    fn describe(step: StepSpec) -> StepSpec {
        step
    }
}

impl<A> Invocation<'_, A> {
    /// The task that the step belongs to.
    #[must_use]
    pub fn task(&self) -> TaskId {
        self.input.task
    }

    /// Which execution of the step it is, from 1.
    #[must_use]
    pub fn attempt(&self) -> Attempt {
        self.input.attempt
    }

    /// The name of the step, as it is stored.
    #[must_use]
    pub fn step_name(&self) -> &str {
        self.input.workflow.step(self.input.step).map_or("", StepDef::name)
    }

    /// Namespace, name and version of the workflow.
    #[must_use]
    pub fn workflow(&self) -> &WorkflowId {
        self.input.workflow.id()
    }

    /// The result of an ancestor that the step reads.
    fn result(&self, name: &str) -> Option<&Json> {
        let StepInput { workflow, results, .. } = self.input;
        results
            .iter()
            .find(|(no, _)| workflow.step(*no).is_some_and(|step| step.name() == name))
            .map(|(_, json)| json)
    }
}

/// The application state provides what parameter `N` of step `S` needs.
pub trait ProvidesParam<S, const N: usize> {
    #[doc(hidden)]
    fn param(&self, invocation: &Invocation<'_, Self>) -> Result<S::Ty, StepError>
    where
        S: Param<N>,
        Self: Sized;
}

impl<A, S: Param<N>, const N: usize> ProvidesParam<S, N> for A
where
    A: Provides<<S::Ty as FromStep<S>>::Resource>,
{
    fn param(&self, invocation: &Invocation<'_, A>) -> Result<S::Ty, StepError> {
        S::Ty::from_step(invocation, self.provide())
    }
}

/// Parameter `N` of step `S`.
pub fn provide<S: Param<N>, const N: usize, A: ProvidesParam<S, N>>(
    invocation: &Invocation<'_, A>,
) -> Result<S::Ty, StepError> {
    invocation.app.param(invocation)
}

/// The context of the task.
pub fn context<W: Workflow, A>(invocation: &Invocation<'_, A>) -> Result<W::Context, StepError> {
    let context = &invocation.input.context;
    context.parse().map_err(|error| does_not_fit("context", &error))
}

/// What the step's function returned, as it is stored.
pub fn finish<S: Step>(returned: S::Returned) -> Result<Ended, StepError> {
    returned.into_json().map(Ended::Complete)
}

/// The end of a step that has nothing to do.
#[must_use]
pub const fn skipped() -> Ended {
    Ended::Skipped
}

/// Starts the definition of a workflow.
#[must_use]
pub fn workflow<W: Workflow>(namespace: &str, name: &str, version: &str) -> WorkflowBuilder {
    WorkflowDef::builder(namespace, name, version).context_schema(schemars::schema_for!(W::Context).into())
}

/// Starts the description of a step.
#[must_use]
pub fn step<S: Step>() -> StepSpec {
    S::Returned::describe(StepSpec::new(S::NAME))
}

/// Adds what parameter `N` needs to the description of its step.
#[must_use]
pub fn describe<S: Param<N>, const N: usize>(step: StepSpec) -> StepSpec {
    <S::Ty as FromStep<S>>::describe(step)
}

fn does_not_fit(what: &str, error: &serde_json::Error) -> StepError {
    StepError::permanent(format!("the stored {what} does not fit its type: {error}")).code("STORED_VALUE")
}
