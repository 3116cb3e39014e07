//! Checks that take each step of a workflow in turn, do something to it, and let the test say whether the run that comes of it is right.

mod crash;
mod fail;

use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use futures_util::FutureExt;

pub use crash::{crash_after_each_record, crash_before_each_record, run_each_step_twice};
pub use fail::{fail_each_step, fail_each_step_once};

use super::builder::Builder;
use super::run::Run;
use crate::engine::panic_message;
use crate::{Executable, StepDef, Workflow};

/// What a check runs, once for each step: an application with its fakes, and what a task is started with. Made by
/// [`Builder::scenario`].
#[must_use]
pub struct Scenario<W: Workflow, A> {
    builder: Builder<A>,
    context: W::Context,
}

impl<W: Executable<A>, A: Send + Sync + 'static> Scenario<W, A> {
    pub(super) fn new(builder: Builder<A>, context: W::Context) -> Self {
        Self { builder, context }
    }

    /// Runs it to its end, with nothing done to it.
    ///
    /// # Panics
    /// As [`Builder::build`] and [`Tasker::run_to_end`](super::Tasker::run_to_end).
    pub async fn run(self) -> Run<W> {
        self.builder.build().await.run_to_end::<W>(self.context).await
    }
}

/// Plays a scenario for each step, and checks the run if what was to be done to the step could be done.
///
/// `what` says in a message what was done to the step with that name.
async fn each_step<W: Executable<A>, A: Send + Sync + 'static>(
    what: impl Fn(&str) -> String,
    setup: impl Fn() -> Scenario<W, A>,
    play: impl AsyncFn(Scenario<W, A>, &StepDef) -> Option<Run<W>>,
    mut check: impl FnMut(&str, &Run<W>, &A),
) {
    let workflow = W::define().build().unwrap_or_else(|error| panic!("{error}"));
    let mut checked = false;
    for step in workflow.steps() {
        let one = async {
            let scenario = setup();
            let app = Arc::clone(scenario.builder.app());
            let run = play(scenario, step).await;
            run.map(|run| check(step.name(), &run, &app)).is_some()
        };
        match AssertUnwindSafe(one).catch_unwind().await {
            Ok(done) => checked |= done,
            Err(panic) => panic!("{}: {}", what(step.name()), panic_message(&*panic)),
        }
    }
    assert!(
        checked,
        "nothing was checked: no step of `{}` ran to where something could be done to it",
        workflow.id()
    );
}
