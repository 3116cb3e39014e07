//! Many steps, one after the other.

use std::future::Future;
use std::pin::Pin;

use tasker::{
    Ended, Executable, Invocation, StepError, StepResult, StepSpec, Workflow, WorkflowBuilder, WorkflowDef,
};

use crate::names::names;
use crate::{Context, Payload};

/// `LENGTH` steps (at most 10,000), one after the other, each given the result of the one before.
#[derive(Debug)]
pub enum Deep<const LENGTH: usize> {}

impl<const LENGTH: usize> Workflow for Deep<LENGTH> {
    type Context = Context;

    fn define() -> WorkflowBuilder {
        let schema = schemars::schema_for!(Context).into();
        let deep = WorkflowDef::builder("bench", format!("deep_{LENGTH}"), "1.0.0").context_schema(schema);
        let before = [None].into_iter().chain(names(LENGTH).map(Some));
        names(LENGTH).zip(before).fold(deep, |deep, (name, before)| {
            deep.step(StepSpec::new(name).depends_on(before).reads(before))
        })
    }
}

type Running<'a> = Pin<Box<dyn Future<Output = Result<Ended, StepError>> + Send + 'a>>;
type Function<A> = for<'a> fn(&'a Invocation<'a, A>) -> Running<'a>;

impl<const LENGTH: usize, A: Sync + 'static> Executable<A> for Deep<LENGTH> {
    fn handlers() -> Vec<(&'static str, Function<A>)> {
        let step: Function<A> =
            |_| Box::pin(async { Ok::<_, StepError>(Payload::usual()).into_json().map(Ended::Complete) });
        names(LENGTH).map(|name| (name, step)).collect()
    }
}
