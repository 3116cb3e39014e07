//! One step, then many at the same time, then one that waits for them all.

use std::future::Future;
use std::pin::Pin;

use tasker::{
    Always, DependsOn, Ended, Executable, FromStep, Invocation, Output, Step, StepError, StepResult,
    StepSpec, Workflow, WorkflowBuilder, WorkflowDef,
};

use crate::names::names;
use crate::{Context, Payload};

/// One step, then `WIDTH` steps (at most 10,000) that read its result, then one that depends on all of them
/// and is given the results of all.
#[derive(Debug)]
pub enum Fan<const WIDTH: usize> {}

/// The first step.
enum First<const WIDTH: usize> {}

/// Any of the steps in the middle.
enum Middle<const WIDTH: usize> {}

impl<const WIDTH: usize> Step for First<WIDTH> {
    type Workflow = Fan<WIDTH>;
    type Returned = Result<Payload, StepError>;
    type Presence = Always;
    const NAME: &'static str = "first";
}

impl<const WIDTH: usize> DependsOn<First<WIDTH>> for Middle<WIDTH> {}

impl<const WIDTH: usize> Workflow for Fan<WIDTH> {
    type Context = Context;

    fn define() -> WorkflowBuilder {
        let schema = schemars::schema_for!(Context).into();
        let fan = WorkflowDef::builder("bench", format!("fan_{WIDTH}"), "1.0.0").context_schema(schema);
        let fan = fan.step(StepSpec::new(First::<WIDTH>::NAME));
        let middle = |name| {
            let step = StepSpec::new(name).depends_on([First::<WIDTH>::NAME]);
            <Output<First<WIDTH>> as FromStep<Middle<WIDTH>>>::describe(step)
        };
        let fan = names(WIDTH).fold(fan, |fan, name| fan.step(middle(name)));
        fan.step(StepSpec::new("last").depends_on(names(WIDTH)).reads(names(WIDTH)))
    }
}

type Running<'a> = Pin<Box<dyn Future<Output = Result<Ended, StepError>> + Send + 'a>>;
type Function<A> = for<'a> fn(&'a Invocation<'a, A>) -> Running<'a>;

impl<const WIDTH: usize, A: Sync + 'static> Executable<A> for Fan<WIDTH> {
    fn handlers() -> Vec<(&'static str, Function<A>)> {
        let first: (_, Function<A>) = (First::<WIDTH>::NAME, |_| Box::pin(async { new() }));
        let last: (_, Function<A>) = ("last", |_| Box::pin(async { new() }));
        let middle: Function<A> = |invocation| Box::pin(async { copy::<WIDTH, A>(invocation) });
        [first].into_iter().chain(names(WIDTH).map(|name| (name, middle))).chain([last]).collect()
    }
}

fn new() -> Result<Ended, StepError> {
    Ok::<_, StepError>(Payload::usual()).into_json().map(Ended::Complete)
}

fn copy<const WIDTH: usize, A>(invocation: &Invocation<'_, A>) -> Result<Ended, StepError> {
    let first = <Output<First<WIDTH>> as FromStep<Middle<WIDTH>>>::from_step(invocation, ())?;
    Ok::<_, StepError>(first.0).into_json().map(Ended::Complete)
}
