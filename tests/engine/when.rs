//! Steps that run on a condition.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tasker::{Attempt, Output, StepError, StepState, TaskState, TaskStatus, Tasker, workflow};

use crate::support::memory;

/// Two conditions that hang on the context, and steps behind them.
#[workflow(namespace = "test")]
mod delivery {
    use super::*;

    #[derive(Serialize, Deserialize, JsonSchema)]
    pub(crate) struct Context {
        pub(crate) express: bool,
        pub(crate) fragile: Option<bool>,
    }

    fn is_express(ctx: &Context) -> bool {
        ctx.express
    }

    #[step]
    pub(crate) async fn pack() -> Result<String, StepError> {
        Ok("a parcel".to_owned())
    }

    /// Says so as a function.
    #[step(depends_on = pack, when = is_express)]
    pub(crate) async fn call_courier(parcel: Output<pack>) -> Result<String, StepError> {
        Ok(format!("a courier for {}", *parcel))
    }

    /// Says so as a closure, and stands behind a step that may be skipped.
    #[step(depends_on = call_courier, when = |ctx| ctx.fragile.expect("somebody knows"))]
    pub(crate) async fn warn_courier(courier: Option<Output<call_courier>>) -> Result<bool, StepError> {
        Ok(courier.is_some())
    }

    #[step(depends_on = warn_courier)]
    pub(crate) async fn send(
        parcel: Output<pack>,
        courier: Option<Output<call_courier>>,
        warned: Option<Output<warn_courier>>,
    ) -> Result<String, StepError> {
        let courier = courier.map_or_else(|| "nobody".to_owned(), |courier| courier.0);
        Ok(format!("{}, {courier}, warned: {:?}", *parcel, warned.map(|warned| warned.0)))
    }
}

/// One step, which may be skipped.
#[workflow(namespace = "test", context = bool)]
mod alone {
    use super::StepError;

    #[step(when = |ctx| *ctx)]
    pub(crate) async fn greet() -> Result<u8, StepError> {
        Ok(1)
    }
}

async fn deliver(express: bool, fragile: Option<bool>) -> (TaskStatus, Option<String>) {
    let builder = Tasker::builder(()).store(memory()).register::<delivery::Workflow>().seed(7);
    let tasker = builder.build().await.unwrap();
    let task = tasker.start::<delivery::Workflow>(delivery::Context { express, fragile }).await.unwrap();
    let status = task.wait().await.unwrap();
    let sent = task.output::<delivery::send>().await.unwrap();
    tasker.shutdown().await;
    (status, sent)
}

fn states(status: &TaskStatus) -> Vec<StepState> {
    status.steps.iter().map(|step| step.state).collect()
}

#[tokio::test(start_paused = true)]
async fn a_step_whose_condition_holds_runs() {
    let (status, sent) = deliver(true, Some(true)).await;
    assert_eq!(states(&status), [StepState::Complete; 4]);
    assert_eq!(sent.as_deref(), Some("a parcel, a courier for a parcel, warned: Some(true)"));
}

#[tokio::test(start_paused = true)]
async fn a_step_whose_condition_does_not_hold_is_skipped_and_those_behind_it_run() {
    use StepState::{Complete, Skipped};
    let (status, sent) = deliver(false, Some(true)).await;
    assert_eq!(status.state, TaskState::Complete);
    assert_eq!(states(&status), [Complete, Skipped, Complete, Complete]);
    assert_eq!(status.step("call_courier").unwrap().attempts, Attempt(1));
    assert_eq!(sent.as_deref(), Some("a parcel, nobody, warned: Some(false)"));

    let (status, sent) = deliver(false, Some(false)).await;
    assert_eq!(states(&status), [Complete, Skipped, Skipped, Complete]);
    assert_eq!(sent.as_deref(), Some("a parcel, nobody, warned: None"));
}

#[tokio::test(start_paused = true)]
async fn a_condition_that_panics_is_a_failure_of_its_step() {
    let (status, sent) = deliver(true, None).await;
    assert_eq!((status.state, sent), (TaskState::Error, None));
    let failed = status.step("warn_courier").unwrap();
    assert_eq!((failed.state, failed.attempts), (StepState::Error, Attempt(3)));
    assert_eq!(failed.error.as_ref().unwrap().error_code(), Some("PANIC"));
}

#[tokio::test(start_paused = true)]
async fn a_task_whose_only_step_is_skipped_is_complete() {
    let tasker = Tasker::builder(()).store(memory()).register::<alone::Workflow>().build().await.unwrap();
    for (greets, result) in [(true, Some(1)), (false, None)] {
        let task = tasker.start::<alone::Workflow>(greets).await.unwrap();
        assert_eq!(task.wait().await.unwrap().state, TaskState::Complete);
        assert_eq!(task.output::<alone::greet>().await.unwrap(), result);
    }
    tasker.shutdown().await;
}

/// A step that nobody but an operator may pass over.
#[workflow(namespace = "test", context = ())]
mod parcel {
    use super::{Output, StepError};

    #[step(skippable, no_retry)]
    pub(crate) async fn weigh() -> Result<u8, StepError> {
        Err(StepError::permanent("the scale is broken"))
    }

    #[step(depends_on = weigh)]
    pub(crate) async fn send(weight: Option<Output<weigh>>) -> Result<Option<u8>, StepError> {
        Ok(weight.map(|weight| weight.0))
    }
}

#[tokio::test(start_paused = true)]
async fn a_skippable_step_runs_until_an_operator_skips_it() {
    let builder = Tasker::builder(()).store(memory()).register::<parcel::Workflow>();
    let tasker = builder.build().await.unwrap();
    let task = tasker.start::<parcel::Workflow>(()).await.unwrap();
    let status = task.wait().await.unwrap();
    assert_eq!(status.state, TaskState::Error);
    assert_eq!(states(&status), [StepState::Error, StepState::Pending]);

    task.step("weigh").skip().await.unwrap();
    let status = task.wait().await.unwrap();
    assert_eq!(status.state, TaskState::Complete);
    assert_eq!(states(&status), [StepState::Skipped, StepState::Complete]);
    assert_eq!(task.output::<parcel::send>().await.unwrap(), Some(None));

    let task = tasker.start::<parcel::Workflow>(()).bypass(["weigh"]).await.unwrap();
    assert_eq!(states(&task.wait().await.unwrap()), [StepState::Skipped, StepState::Complete]);
    tasker.shutdown().await;
}
