//! What becomes of a task when one of its steps fails.

use super::super::run::Run;
use super::super::trace::Change;
use super::{Scenario, each_step};
use crate::{Executable, StepDef, StepError};

/// Lets each step fail for good, one in each run, and checks the run: `check` gets the name of the step, the run and the state of the
/// application.
///
/// A step that the scenario does not come to, or skips, is left out.
///
/// ```
/// # use tasker_core::{AppState, Output, State, StepError, StepState, TaskState, workflow};
/// # use std::sync::{Arc, atomic::{AtomicU64, Ordering}};
/// # extern crate tasker_core as tasker;
/// use tasker::testing;
/// #
/// # #[derive(AppState, Default)]
/// # pub struct Shop { charged: Arc<AtomicU64> }
/// # #[workflow(context = u64)]
/// # mod order {
/// #     use super::*;
/// #     #[step]
/// #     pub async fn reserve() -> Result<(), StepError> { Ok(()) }
/// #     #[step(depends_on = reserve)]
/// #     pub async fn charge(ctx: &u64, charged: State<Arc<AtomicU64>>) -> Result<(), StepError> {
/// #         charged.store(*ctx, Ordering::Relaxed);
/// #         Ok(())
/// #     }
/// # }
///
/// // #[tokio::test]
/// async fn nobody_pays_for_an_order_that_failed() {
///     let setup = || testing::Tasker::builder(Shop::default()).scenario::<order::Workflow>(1250);
///     testing::fail_each_step(setup, |_failed, run, shop| {
///         assert_eq!(run.state(), TaskState::Error);
///         assert_eq!(shop.charged.load(Ordering::Relaxed), 0);
///     })
///     .await;
/// }
/// # fn main() { testing::block_on(nobody_pays_for_an_order_that_failed()) }
/// ```
///
/// # Panics
/// When the check does, with the name of the step before its message; when a run does not end; when no step could be made to fail.
pub async fn fail_each_step<W: Executable<A>, A: Send + Sync + 'static>(
    setup: impl Fn() -> Scenario<W, A>,
    check: impl FnMut(&str, &Run<W>, &A),
) {
    let error = StepError::permanent("the test lets this step fail for good").code("TEST");
    fail(|step| format!("while `{step}` failed for good"), error, setup, check).await;
}

/// Lets the first execution of each step fail with an error after which it may run again; otherwise as [`fail_each_step`]. A step
/// with `no_retry` is over with it.
///
/// # Panics
/// As [`fail_each_step`].
pub async fn fail_each_step_once<W: Executable<A>, A: Send + Sync + 'static>(
    setup: impl Fn() -> Scenario<W, A>,
    check: impl FnMut(&str, &Run<W>, &A),
) {
    let error = StepError::retryable("the test lets this step fail once").code("TEST");
    fail(|step| format!("while `{step}` failed once"), error, setup, check).await;
}

async fn fail<W: Executable<A>, A: Send + Sync + 'static>(
    what: impl Fn(&str) -> String,
    error: StepError,
    setup: impl Fn() -> Scenario<W, A>,
    check: impl FnMut(&str, &Run<W>, &A),
) {
    let failed = Change::Failed(error.clone());
    let play = async |mut scenario: Scenario<W, A>, step: &StepDef| {
        scenario.builder.fail_first::<W>(step.name(), 1, error.clone());
        let run = scenario.run().await;
        let has_failed =
            run.trace().iter().any(|moment| moment.step == step.name() && moment.change == failed);
        has_failed.then_some(run)
    };
    each_step(what, setup, play, check).await;
}
