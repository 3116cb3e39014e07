//! Steps that have nothing to do, in a workflow that no macro wrote.

use tasker::__private::{self, BoxFuture, HandlerFn};
use tasker::{
    DependsOn, Ended, Executable, Invocation, Maybe, Output, Param, Step, StepError, StepHandler, StepState,
    TaskHandle, TaskState, TaskStatus, Tasker, Workflow, WorkflowBuilder,
};

use crate::support::memory;

/// Asks for a quote if its context says so, then ships.
enum Shipping {}

enum Quote {}

enum Ship {}

impl Workflow for Shipping {
    type Context = bool;

    fn define() -> WorkflowBuilder {
        let ship = __private::describe::<Ship, 0>(__private::step::<Ship>()).depends_on([Quote::NAME]);
        __private::workflow::<Self>("test", "shipping", "1.0.0").step(__private::step::<Quote>()).step(ship)
    }
}

impl Step for Quote {
    type Workflow = Shipping;
    type Returned = Result<u32, StepError>;
    type Presence = Maybe;
    const NAME: &'static str = "quote";
}

impl StepHandler<()> for Quote {
    fn run<'a>(invocation: &'a Invocation<'a, ()>) -> BoxFuture<'a, Result<Ended, StepError>> {
        Box::pin(async move {
            if __private::context::<Shipping, ()>(invocation)? {
                __private::finish::<Self>(Ok(12))
            } else {
                Ok(__private::skipped())
            }
        })
    }
}

impl Step for Ship {
    type Workflow = Shipping;
    type Returned = Result<String, StepError>;
    type Presence = tasker::Always;
    const NAME: &'static str = "ship";
}

impl DependsOn<Quote> for Ship {}

impl Param<0> for Ship {
    type Ty = Option<Output<Quote>>;
}

impl StepHandler<()> for Ship {
    fn run<'a>(invocation: &'a Invocation<'a, ()>) -> BoxFuture<'a, Result<Ended, StepError>> {
        Box::pin(async move {
            let quote = __private::provide::<Self, 0, ()>(invocation)?;
            __private::finish::<Self>(Ok(format!("for {:?}", quote.map(|quote| *quote))))
        })
    }
}

impl Executable<()> for Shipping {
    fn handlers() -> Vec<(&'static str, HandlerFn<()>)> {
        vec![(Quote::NAME, <Quote as StepHandler<()>>::run), (Ship::NAME, <Ship as StepHandler<()>>::run)]
    }
}

async fn run(with_quote: bool) -> (TaskHandle<Shipping>, TaskStatus) {
    let tasker = Tasker::builder(()).store(memory()).register::<Shipping>().build().await.unwrap();
    let task = tasker.start::<Shipping>(with_quote).await.unwrap();
    let status = task.wait().await.unwrap();
    tasker.shutdown().await;
    (task, status)
}

#[tokio::test(start_paused = true)]
async fn a_skipped_step_has_no_output_and_its_dependents_run() {
    let (task, status) = run(false).await;
    let states: Vec<_> = status.steps.iter().map(|step| step.state).collect();
    assert_eq!((status.state, states), (TaskState::Complete, vec![StepState::Skipped, StepState::Complete]));
    assert_eq!(task.output::<Quote>().await.unwrap(), None);
    assert_eq!(task.output::<Ship>().await.unwrap().unwrap(), "for None");
}

#[tokio::test(start_paused = true)]
async fn a_step_that_may_be_skipped_and_is_not_has_its_output() {
    let (task, status) = run(true).await;
    assert_eq!(status.steps[0].state, StepState::Complete);
    assert_eq!(task.output::<Quote>().await.unwrap(), Some(12));
    assert_eq!(task.output::<Ship>().await.unwrap().unwrap(), "for Some(12)");
}
