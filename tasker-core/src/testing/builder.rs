//! How a Tasker for tests is put together.

use std::any::TypeId;
use std::sync::Arc;
use std::time::Duration;

use super::call::{AsyncFake, Call, Fake};
use super::check::Scenario;
use super::handler::Rehearsed;
use super::script::Script;
use super::stage::Stage;
use super::tasker::Tasker;
use crate::{BuildError, Executable, Returned, Step, StepError, Store, TaskerBuilder, Workflow};

/// Once a day: an engine that waits for a year does little in it.
const SELDOM: Duration = Duration::from_hours(24);

/// Some seconds of real time.
const MOST_EXECUTIONS: u32 = 10_000;

type Ingredient<A> = Box<dyn Fn(TaskerBuilder<A>) -> TaskerBuilder<A> + Send + Sync>;

/// Puts a [`Tasker`] for tests together: workflows, and what is different from the real thing.
#[must_use]
pub struct Builder<A> {
    app: Arc<A>,
    /// Whatever makes a real one, so that a second one like it can be made.
    recipe: Vec<Ingredient<A>>,
    registered: Vec<TypeId>,
    script: Script,
    seed: Option<u64>,
    most_executions: u32,
}

impl<A: Send + Sync + 'static> Builder<A> {
    pub(super) fn new(app: A) -> Self {
        Self {
            app: Arc::new(app),
            recipe: Vec::new(),
            registered: Vec::new(),
            script: Script::default(),
            seed: None,
            most_executions: MOST_EXECUTIONS,
        }
    }

    /// Adds a workflow.
    pub fn register<W: Executable<A>>(mut self) -> Self {
        if !self.registered.contains(&TypeId::of::<W>()) {
            self.registered.push(TypeId::of::<W>());
            self.recipe.push(Box::new(TaskerBuilder::register::<W>));
        }
        self
    }

    /// Uses the options of the real builder: `.with(|tasker| tasker.concurrency(1))`. The store is given, and a test has chance of its own
    /// ([`seed`](Self::seed)); an engine of tests looks after its lease and for work of others once a day, unless it is told otherwise here.
    pub fn with(
        mut self,
        options: impl Fn(TaskerBuilder<A>) -> TaskerBuilder<A> + Send + Sync + 'static,
    ) -> Self {
        self.recipe.push(Box::new(options));
        self
    }

    /// Puts a function in the place of a step's own: `.fake::<order::charge>(|call| Ok(..))`. The step's `when`, its time limit and its retries
    /// hold as before.
    ///
    /// The function reads from the [`Call`] what the step could read. Of two fakes of one step the last counts.
    pub fn fake<S: Step>(
        mut self,
        fake: impl Fn(Call<S>) -> Result<Returned<S>, StepError> + Send + Sync + 'static,
    ) -> Self {
        self.script.fake::<S>(Fake::of(fake));
        self
    }

    /// The same with an async function: `.fake_async::<order::charge>(async |call| Ok(..))`.
    pub fn fake_async<S: Step>(mut self, fake: impl AsyncFake<S>) -> Self {
        self.script.fake::<S>(Fake::of_async(fake));
        self
    }

    /// Lets the first executions of a step end with an error, in each task; those that follow run the step, or its fake. Said twice,
    /// the second error follows the first.
    pub fn fail_times<S: Step>(mut self, times: u32, error: StepError) -> Self {
        self.script.fail::<S>(times, error);
        self
    }

    /// Lets chance have its part in the waits of retries, a tenth to either side, as it has outside of tests: the same part for the same
    /// seed. A run that does not end prints it.
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = Some(seed);
        self
    }

    /// How often a step may be executed in one task, 10,000 times unless it is said here: a run in which one is executed more often counts as
    /// one that does not end. A step that always fails and may be tried for ever would otherwise keep a test busy for a virtual year, which
    /// is a million executions.
    ///
    /// ```no_run
    /// # use tasker_core::{StepError, TaskState, workflow};
    /// # extern crate tasker_core as tasker;
    /// use tasker::testing;
    ///
    /// #[workflow(context = u64)]
    /// mod order {
    /// #     use super::*;
    ///     #[step(retry(limit = 4294967295))]
    ///     pub async fn ship() -> Result<(), StepError> {
    ///         Ok(())
    ///     }
    /// }
    ///
    /// // #[tokio::test]
    /// async fn a_warehouse_that_is_busy_for_days_is_asked_for_days() {
    ///     let tasker = testing::Tasker::builder(())
    ///         .register::<order::Workflow>()
    ///         .fail_times::<order::ship>(12_000, StepError::retryable("busy"))
    ///         .most_executions(20_000)
    ///         .build()
    ///         .await;
    ///     let run = tasker.run_to_end::<order::Workflow>(1250).await;
    ///     assert_eq!(run.attempts::<order::ship>(), 12_001);
    /// }
    /// # fn main() { testing::block_on(a_warehouse_that_is_busy_for_days_is_asked_for_days()) }
    /// ```
    pub fn most_executions(mut self, most: u32) -> Self {
        self.most_executions = most;
        self
    }

    /// What the checks run: this, and a task of `W` with that context. It registers `W`.
    pub fn scenario<W: Executable<A>>(self, context: W::Context) -> Scenario<W, A> {
        Scenario::new(self.register::<W>(), context)
    }

    /// Starts the engine, in virtual time.
    ///
    /// # Panics
    /// When a workflow or an option makes no sense, a fake or failure belongs to a workflow that is not registered, or tokio's clock cannot
    /// be paused.
    pub async fn build(self) -> Tasker {
        let stage = self.stage().await;
        let real = self.build_on(&stage, stage.store.clone()).await;
        Tasker::new(real, stage.recorder, self.seed)
    }

    /// Where its runs take place.
    pub(super) async fn stage(&self) -> Stage {
        Stage::new(self.most_executions).await
    }

    /// An engine on that store, one of several perhaps.
    pub(super) async fn build_on(&self, stage: &Stage, store: impl Store) -> crate::Tasker {
        self.build_with_lease(stage, store, SELDOM, SELDOM * 4).await
    }

    /// The same, whose death is noticed after the lease.
    pub(super) async fn build_with_lease(
        &self,
        stage: &Stage,
        store: impl Store,
        heartbeat: Duration,
        lease: Duration,
    ) -> crate::Tasker {
        let mut builder = TaskerBuilder::new(Arc::clone(&self.app))
            .lease(heartbeat, lease)
            .poll(SELDOM)
            .seed(self.seed.unwrap_or(0));
        if self.seed.is_none() {
            builder = builder.without_jitter();
        }
        let mut builder = self.recipe.iter().fold(builder, |builder, ingredient| ingredient(builder));
        self.rehearse(&mut builder, stage);
        let built: Result<_, BuildError> = builder.store(store).build().await;
        built.unwrap_or_else(|error| panic!("the Tasker cannot be built: {error}"))
    }

    /// Puts what the script says in the place of the steps' functions, and the recorder around them all.
    fn rehearse(&self, builder: &mut TaskerBuilder<A>, stage: &Stage) {
        let mut workflows = Vec::new();
        for registration in builder.registrations() {
            let workflow = registration.workflow_type;
            workflows.extend(workflow);
            registration.replace_handlers(|definition, no, real| {
                let step = definition.step(no).zip(workflow);
                let part = step.and_then(|(step, workflow)| self.script.of(workflow, step.name())).cloned();
                if part.as_ref().is_some_and(|part| part.fake.is_some()) {
                    definition.read_dependencies(no);
                }
                Arc::new(Rehearsed { real, recorder: stage.recorder.clone(), part })
            });
        }
        if let Some((step, workflow)) = self.script.stray(&workflows) {
            panic!(
                "step `{step}` is faked or fails, but its workflow `{workflow}` is not registered; call `register` for it"
            );
        }
    }

    pub(super) fn app(&self) -> &Arc<A> {
        &self.app
    }

    pub(super) fn drawn_by(&self) -> Option<u64> {
        self.seed
    }

    /// Lets a step fail before it does whatever else the script says.
    pub(super) fn fail_first<W: Workflow>(&mut self, step: &str, times: u32, error: StepError) {
        self.script.fail_first::<W>(step, times, error);
    }
}
