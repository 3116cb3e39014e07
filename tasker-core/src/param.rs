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
mod correlation_id;
mod emit;
mod list;
mod output;
mod state;
mod stored;
mod task_id;

pub use annotate::Annotate;
pub use attempt::Attempt;
pub use cancelled::Cancelled;
pub(crate) use collector::Collector;
pub use config::Config;
pub use emit::Emit;
pub(crate) use list::{Given, numbers};
pub use list::{Nth, Provided};
pub use output::Output;
pub use state::{Provides, State};
pub(crate) use stored::StoredResults;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::TraceParent;
use crate::correlation::Correlation;
use crate::step::{Ended, Param, Steps};
use crate::{
    CorrelationId, Json, StepDef, StepError, StepNo, StepSpec, TaskId, Violation, Workflow, WorkflowBuilder,
    WorkflowDef, WorkflowId,
};

/// One execution of a step, as the engine hands it to the step's function.
pub struct Invocation<'a, A> {
    pub(crate) app: &'a A,
    pub(crate) input: &'a StepInput,
}

/// What a step is run with.
#[derive(Debug, Clone)]
pub(crate) struct StepInput {
    pub(crate) workflow: Arc<WorkflowDef>,
    pub(crate) task: TaskId,
    pub(crate) correlation: Correlation,
    /// The span that asked for the task.
    pub(crate) asked: Option<TraceParent>,
    pub(crate) step: StepNo,
    pub(crate) attempt: Attempt,
    /// How many executions of the step may fail.
    pub(crate) limit: u32,
    pub(crate) context: Json,
    /// The results of the ancestors that the step reads.
    pub(crate) results: Vec<(StepNo, Json)>,
    /// Where the results of the other steps are.
    pub(crate) stored: StoredResults,
    /// What it writes beside its result.
    pub(crate) records: Collector,
    pub(crate) cancelled: tokio_util::sync::CancellationToken,
    /// Set by a test that asks only whether the step's `when` lets it run, and where the answer goes.
    pub(crate) only_when: Option<Arc<AtomicBool>>,
}

/// A by-value parameter of a step.
///
/// `from_step` runs before the function of the step, as part of the same attempt: its error is the attempt's.
#[diagnostic::on_unimplemented(
    message = "a step cannot receive a `{Self}`",
    label = "not a step parameter",
    note = "a step takes its context by reference (`ctx: &Context`) and, by value, any of `Output<step>`, `Option<Output<step>>`, `State<T>`, `Config<T>`, `Emit<E>`, `Annotate<A>`, `TaskId`, `CorrelationId`, `Attempt`, `Cancelled`",
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

    /// Adds what `config = …` says to the step that takes the parameter.
    #[doc(hidden)]
    #[must_use]
    fn configure(self, step: StepSpec) -> StepSpec {
        step
    }
}

impl StepInput {
    /// As [`ended_by`] says.
    pub(crate) fn ended_by(&self, when: bool) -> Option<Result<Ended, StepError>> {
        if when || !self.workflow.step(self.step).is_some_and(StepDef::is_optional) {
            self.only_when.as_ref()?.store(true, Ordering::Relaxed);
        }
        Some(Ok(Ended::Skipped))
    }

    /// The result of a step, if it came with the claim.
    pub(crate) fn result(&self, step: StepNo) -> Option<&Json> {
        self.results.iter().find(|(no, _)| *no == step).map(|(_, json)| json)
    }
}

impl<A> Invocation<'_, A> {
    /// The task that the step belongs to.
    #[must_use]
    pub fn task(&self) -> TaskId {
        self.input.task
    }

    /// What the task shares with the request that it came from: what [`Start::correlation_id`](crate::Start::correlation_id) was given,
    /// or else the id of the task.
    #[must_use]
    pub fn correlation_id(&self) -> CorrelationId {
        CorrelationId::from(&self.input.correlation)
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

/// The context of the task.
pub(crate) fn context<W: Workflow, A>(invocation: &Invocation<'_, A>) -> Result<W::Context, StepError> {
    let context = &invocation.input.context;
    context.read().map_err(|violation| does_not_fit::<W::Context>("context of the task", &violation))
}

/// Starts the definition of a workflow that has these steps.
#[must_use]
pub fn workflow<W: Workflow, S: Steps>(
    namespace: &str,
    name: &str,
    version: &str,
    description: &str,
) -> WorkflowBuilder {
    let workflow = WorkflowDef::builder(namespace, name, version);
    S::describe(workflow.description(description).context_schema(schemars::schema_for!(W::Context).into()))
}

/// Adds what most attributes say to a step.
#[must_use]
pub fn told(step: StepSpec, description: &str, depends_on: &[&str]) -> StepSpec {
    step.description(description).depends_on(depends_on.iter().copied())
}

/// The end of a step whose `when` says that there is nothing to do; none if the step is to run, as it does in a task that was started when
/// it had no `when`. Who asked only that is told so, and the step does not run.
#[must_use]
pub(crate) fn ended_by<A>(invocation: &Invocation<'_, A>, when: bool) -> Option<Result<Ended, StepError>> {
    invocation.input.ended_by(when)
}

/// Adds the configuration to the description of its step.
#[must_use]
pub fn configure<S: Param<N>, N>(step: StepSpec, config: S::Ty) -> StepSpec {
    config.configure(step)
}

/// No build makes another value of what is stored, so the step is not tried again by itself.
fn does_not_fit<T>(what: &str, violation: &Violation) -> StepError {
    let message = format!(
        "the stored {what} is no `{}`: {violation}; another build wrote it: once one runs whose type fits, such as by `#[serde(default)]` on \
         a new field, `retry` the task",
        std::any::type_name::<T>()
    );
    StepError::permanent(message).code("STORED_VALUE")
}
