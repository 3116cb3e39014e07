//! What becomes of a task when the process dies behind one of its steps.

use std::time::Duration;

use super::super::mortal::{Death, Mortal, When};
use super::super::patience;
use super::super::run::Run;
use super::super::trace::Change;
use super::{Scenario, each_step};
use crate::{Executable, StepDef};

/// How often the worker that is to die says that it is alive, and after what time its silence is taken for its death.
const HEARTBEAT: Duration = Duration::from_secs(5);
const LEASE: Duration = Duration::from_secs(30);

/// Lets each step succeed twice, one in each run: the worker dies when the step has its result and nobody has heard of it, and another one
/// runs it again after the lease. Steps whose outcomes would have been recorded together run again together. `check` gets the name of the
/// step, the run and the state of the application, which both workers share.
///
/// A step that is not idempotent is found here. Left out are steps that never succeed twice, because they fail, are skipped, are `no_retry` or
/// have used up their attempts.
///
/// ```should_panic
/// # use tasker_core::{AppState, State, StepError, TaskState, workflow};
/// # use std::sync::{Arc, atomic::{AtomicU64, Ordering}};
/// # extern crate tasker_core as tasker;
/// use tasker::testing;
/// #
/// # #[derive(AppState, Default)]
/// # pub struct Shop { charged: Arc<AtomicU64> }
///
/// #[workflow(context = u64)]
/// mod order {
/// #     use super::*;
///     #[step]
///     pub async fn charge(ctx: &u64, charged: State<Arc<AtomicU64>>) -> Result<(), StepError> {
///         charged.fetch_add(*ctx, Ordering::Relaxed); // and again, if it runs again
///         Ok(())
///     }
/// }
///
/// // #[tokio::test]
/// async fn customers_pay_once() {
///     let setup = || testing::Tasker::builder(Shop::default()).scenario::<order::Workflow>(1250);
///     testing::run_each_step_twice(setup, |_twice, run, shop| {
///         assert_eq!(run.state(), TaskState::Complete);
///         assert_eq!(shop.charged.load(Ordering::Relaxed), 1250); // while `charge` ran twice: ..
///     })
///     .await;
/// }
/// # fn main() { testing::block_on(customers_pay_once()) }
/// ```
///
/// # Panics
/// When the check does, with the name of the step before its message; when a run does not end; when no step ran twice.
pub async fn run_each_step_twice<W: Executable<A>, A: Send + Sync + 'static>(
    setup: impl Fn() -> Scenario<W, A>,
    check: impl FnMut(&str, &Run<W>, &A),
) {
    let play = async |scenario: Scenario<W, A>, step: &StepDef| {
        let run = crash(scenario, step, When::BeforeResult).await?;
        let succeeded =
            run.trace().iter().filter(|one| one.step == step.name() && one.change == Change::Completed);
        (succeeded.count() > 1).then_some(run)
    };
    each_step(|step| format!("while `{step}` ran twice"), setup, play, check).await;
}

/// Lets the worker die when each step has ended and its outcome is not recorded, one in each run; another worker goes on after the lease.
/// It is [`run_each_step_twice`] for all steps and outcomes: one with `no_retry` does not run again, and its task ends in error.
///
/// # Panics
/// As [`run_each_step_twice`].
pub async fn crash_before_each_record<W: Executable<A>, A: Send + Sync + 'static>(
    setup: impl Fn() -> Scenario<W, A>,
    check: impl FnMut(&str, &Run<W>, &A),
) {
    let play =
        async |scenario: Scenario<W, A>, step: &StepDef| crash(scenario, step, When::BeforeRecord).await;
    let what = |step: &str| format!("when the worker died before the outcome of `{step}` was recorded");
    each_step(what, setup, play, check).await;
}

/// Lets the worker die right after the outcome of each step was recorded, one in each run; another worker goes on. No recorded step runs
/// again, but a step that was running beside it does. What the dead worker was given next, in the transaction of that record, is lost with
/// it and counts as an attempt, though it never began: with `no_retry` it is over.
///
/// # Panics
/// As [`run_each_step_twice`].
pub async fn crash_after_each_record<W: Executable<A>, A: Send + Sync + 'static>(
    setup: impl Fn() -> Scenario<W, A>,
    check: impl FnMut(&str, &Run<W>, &A),
) {
    let play =
        async |scenario: Scenario<W, A>, step: &StepDef| crash(scenario, step, When::AfterRecord).await;
    let what = |step: &str| format!("when the worker died after the outcome of `{step}` was recorded");
    each_step(what, setup, play, check).await;
}

/// Two engines on one store: the first dies with the outcome of the step, the second goes on. None if the step had no outcome.
async fn crash<W: Executable<A>, A: Send + Sync + 'static>(
    scenario: Scenario<W, A>,
    step: &StepDef,
    when: When,
) -> Option<Run<W>> {
    let Scenario { builder, context } = scenario;
    let (stage, seed) = (builder.stage().await, builder.drawn_by());
    let death = Death { workflow: W::define().id().clone(), step: step.name().to_owned(), when };
    let mortal = Mortal::new(stage.store.clone(), death);
    let first = builder.build_with_lease(&stage, mortal.clone(), HEARTBEAT, LEASE).await;
    mortal.of(first.engine());
    let task = first.start::<W>(context).await;
    let task = task.unwrap_or_else(|error| panic!("the task cannot be started: {error}"));
    tokio::select! {
        biased;
        lost = mortal.died() => lost.iter().for_each(|one| stage.recorder.lost(one)),
        _ = patience::end_of(&task, &stage.recorder, seed) => return None,
    }
    drop(first);
    let second = builder.build_on(&stage, stage.store.clone()).await;
    let task = second.task(task.id());
    let status = patience::end_of(&task, &stage.recorder, seed).await;
    Some(Run::read(&task, status, &stage.recorder).await)
}
