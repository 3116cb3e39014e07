mod limit;
mod meanings;
mod options;
mod subscribe;

use std::any::TypeId;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use super::configure::{ConfigurationError, Overrides};
use super::{Client, ClientParts, Identity, Inner, Pulse, Tasker, create_tasks};
use crate::batcher::Batcher;
use crate::engine::{Engine, EngineConfig, Waiters};
use crate::events::Events;
use crate::handler::Handlers;
use crate::metrics::Metrics;
use crate::registry::{RegisterError, Registration, Registry};
use crate::step::{BoxFuture, Executable, Step, Workflow};
use crate::store::{Store, StoreError};
use crate::{DefinitionId, Redaction, Retention, WorkflowBuilder};
use limit::Limits;
use options::wrong_options;
use subscribe::Subscriptions;

/// The type of a builder to which no [`store`](TaskerBuilder::store) was given yet.
#[derive(Debug, Clone, Copy)]
pub struct NoStore;

/// The type of a builder to which a store was given.
#[diagnostic::on_unimplemented(
    message = "no store was given to this builder",
    label = "call `.store(..)` first: where are tasks kept?",
    note = "`.store(SqlStore::connect(\"sqlite://orders.db\").await?)`, or `.store(MemoryStore::new())` in a test"
)]
pub trait HasStore: Sized {
    #[doc(hidden)]
    fn tasker<A: Send + Sync + 'static>(
        builder: TaskerBuilder<A, Self>,
    ) -> BoxFuture<'static, Result<Tasker, BuildError>>;
}

impl HasStore for Arc<dyn Store> {
    fn tasker<A: Send + Sync + 'static>(
        builder: TaskerBuilder<A, Self>,
    ) -> BoxFuture<'static, Result<Tasker, BuildError>> {
        Box::pin(builder.start())
    }
}

/// Puts a [`Tasker`] together.
pub struct TaskerBuilder<A, S = NoStore> {
    app: Arc<A>,
    store: S,
    registry: Registry,
    /// Handlers by name, and the workflows whose steps name them.
    pub(super) handlers: Handlers,
    pub(super) dynamic: Vec<WorkflowBuilder>,
    #[cfg(feature = "yaml")]
    pub(crate) yaml: crate::yaml::Sources,
    pub(super) errors: Vec<BuildError>,
    limits: Limits,
    overrides: Overrides,
    identity: Identity,
    pub(super) subscriptions: Subscriptions,
    config: EngineConfig,
}

/// Why a [`Tasker`] was not built.
#[derive(thiserror::Error)]
pub enum BuildError {
    /// A workflow cannot be registered.
    #[error(transparent)]
    Register(#[from] RegisterError),
    /// YAML files have mistakes.
    #[cfg(feature = "yaml")]
    #[error(transparent)]
    Yaml(#[from] crate::yaml::YamlError),
    /// The overrides of configurations do not fit.
    #[error(transparent)]
    Configuration(#[from] ConfigurationError),
    /// An option makes no sense.
    #[error("{0}")]
    Option(String),
    /// The store did not take the definitions.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// There is more than one of these.
    #[error("the Tasker cannot be built:\n{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
    Several(Vec<BuildError>),
}

impl<A: Send + Sync + 'static> TaskerBuilder<A> {
    pub(crate) fn new(app: Arc<A>) -> Self {
        let config = EngineConfig::default();
        Self {
            app,
            store: NoStore,
            registry: Registry::default(),
            handlers: Handlers::default(),
            dynamic: Vec::new(),
            #[cfg(feature = "yaml")]
            yaml: crate::yaml::Sources::default(),
            errors: Vec::new(),
            limits: Limits::default(),
            overrides: Overrides::default(),
            identity: Identity::default(),
            subscriptions: Subscriptions::default(),
            config,
        }
    }
}

impl<A: Send + Sync + 'static, S> TaskerBuilder<A, S> {
    /// Says where tasks are kept.
    pub fn store(self, store: impl Store) -> TaskerBuilder<A, Arc<dyn Store>> {
        TaskerBuilder {
            app: self.app,
            store: Arc::new(store),
            registry: self.registry,
            handlers: self.handlers,
            dynamic: self.dynamic,
            #[cfg(feature = "yaml")]
            yaml: self.yaml,
            errors: self.errors,
            limits: self.limits,
            overrides: self.overrides,
            identity: self.identity,
            subscriptions: self.subscriptions,
            config: self.config,
        }
    }

    /// Adds a workflow. What is wrong with it is reported by [`build`](TaskerBuilder::build).
    #[must_use]
    pub fn register<W: Executable<A>>(mut self) -> Self {
        let registered =
            Registration::of::<W, A>(&self.app).and_then(|registration| self.registry.add(registration));
        self.errors.extend(registered.err().map(BuildError::from));
        self
    }

    /// Adds a workflow in the place of the one that was registered before it under the same namespace, name and version, on purpose;
    /// [`register`](Self::register) takes that for a mistake. If there is none, it is added.
    #[must_use]
    pub fn replace<W: Executable<A>>(mut self) -> Self {
        let registered = Registration::of::<W, A>(&self.app);
        self.errors.extend(
            registered.map(|registration| self.registry.replace(registration)).err().map(BuildError::from),
        );
        self
    }

    /// What makes two requests of the same workflow the same one, where they are started without an idempotency key. Default:
    /// nothing.
    #[must_use]
    pub fn identity(mut self, identity: Identity) -> Self {
        self.identity = identity;
        self
    }

    /// Overrides the configuration of a step in this process: the patch is merged into what `config = …` says, as in RFC 7396. Of
    /// several overrides of one value the last counts.
    ///
    /// [`build`](TaskerBuilder::build) fails if the result is not of the type that the step takes, or if the patch names something that the
    /// type does not have.
    ///
    /// ```
    /// # use schemars::JsonSchema;
    /// # use serde::{Deserialize, Serialize};
    /// # use tasker_core::{Config, MemoryStore, StepError, Tasker, workflow};
    /// # extern crate tasker_core as tasker;
    /// # #[derive(Serialize, Deserialize, JsonSchema)]
    /// # pub struct Pricing { pub fee_cents: u64, pub currency: String }
    /// # #[workflow(context = u64, namespace = "shop")]
    /// # mod order {
    /// #     use super::*;
    /// #     #[step(config = Pricing { fee_cents: 30, currency: "EUR".into() })]
    /// #     pub async fn charge(ctx: &u64, pricing: Config<Pricing>) -> Result<u64, StepError> { Ok(ctx + pricing.fee_cents) }
    /// # }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let tasker = Tasker::builder(())
    ///     .store(MemoryStore::new())
    ///     .register::<order::Workflow>()
    ///     .configure::<order::charge>(serde_json::json!({ "fee_cents": 25 }))
    ///     .build()
    ///     .await?;
    /// # let task = tasker.start::<order::Workflow>(100).await?;
    /// # task.wait().await?;
    /// # assert_eq!(task.output::<order::charge>().await?, Some(125));
    /// # tasker.shutdown().await;
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn configure<T: Step>(mut self, patch: impl Serialize) -> Self {
        let workflow = T::Workflow::define().id().clone();
        self.overrides.step(TypeId::of::<T::Workflow>(), workflow, T::NAME, &patch);
        self
    }

    /// Overrides configurations by a document, such as a file for each environment: `{"shop.order": {"charge": {"fee_cents": 25}}}`. A
    /// workflow is named with or without its version (`shop.order@1.0.0`); without it all versions are meant that have the step.
    ///
    /// Otherwise as [`configure`](Self::configure). A workflow that is not registered is an error. Of a step that names its handler, as those of
    /// files do, the [handler](crate::StepHandler::check) says whether it can run the step with what comes of it: an API step knows its keys.
    #[must_use]
    pub fn configuration(mut self, overrides: impl Serialize) -> Self {
        self.overrides.document(&overrides);
        self
    }

    /// Overrides configurations by the document that an environment variable holds, if it is set and not empty when the Tasker is built. Otherwise as
    /// [`configuration`](Self::configuration).
    #[must_use]
    pub fn configuration_from_env(mut self, variable: impl Into<String>) -> Self {
        self.overrides.variable(variable.into());
        self
    }

    /// How many steps run at the same time in this process. Default: 200.
    #[must_use]
    pub fn concurrency(mut self, steps: usize) -> Self {
        self.config.concurrency = steps;
        self
    }

    /// How many steps of one workflow run at the same time in this process, for instance because they call a service that bears no
    /// more. Each process has its own limit; there is none over all of them. Where the graph changed and the version did not, tasks in
    /// flight that keep the old graph are counted by themselves. Default: as many as [`concurrency`](Self::concurrency) allows.
    #[must_use]
    pub fn limit<W: Workflow>(mut self, steps: usize) -> Self {
        self.limits.of_type(TypeId::of::<W>(), W::define().id().clone(), steps);
        self
    }

    /// The same by namespace and name, also for workflows that are no modules: those of task files, and those that are
    /// [put together at run time](Self::register_dynamic). It is for all versions that are registered, each of which is counted by
    /// itself. Of several limits for one workflow the last counts. [`build`](TaskerBuilder::build) fails if no such workflow is
    /// registered.
    ///
    /// ```
    /// use tasker_core::{MemoryStore, StepSpec, Tasker, WorkflowDef, handler_fn};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let order = || WorkflowDef::builder("shop", "order", "1.0.0").step(StepSpec::new("charge").handler_class("Charge"));
    /// let builder = || {
    ///     let charge = handler_fn(|_, _, _| async { Ok(serde_json::json!({})) });
    ///     Tasker::builder(()).store(MemoryStore::new()).handler("Charge", charge).register_dynamic(order())
    /// };
    /// let tasker = builder().limit_named("shop", "order", 5).build().await?;
    /// # tasker.shutdown().await;
    ///
    /// let error = builder().limit_named("shop", "ordr", 5).build().await.err().unwrap();
    /// assert_eq!(
    ///     error.to_string(),
    ///     "`limit_named` names workflow `shop.ordr`, which is not registered; did you mean `shop.order`? Registered are `shop.order`"
    /// );
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn limit_named(
        mut self,
        namespace: impl Into<String>,
        name: impl Into<String>,
        steps: usize,
    ) -> Self {
        self.limits.of_name(namespace.into(), name.into(), steps);
        self
    }

    /// Removes tasks of this store, of whatever workflow, some time after they ended. One process that does it is enough. Default: they
    /// are kept for ever.
    #[must_use]
    pub fn retention(mut self, retention: Retention) -> Self {
        self.config.retention = Some(retention);
        self
    }

    /// Forgets the durable subscribers of this store, of whatever process, to which nobody has delivered for so long: what they had not taken
    /// **is lost**, and what was kept for them alone can be removed. If one comes back later, it hears of what happens from then on. The log
    /// has a warning for each. It is looked once an hour; one process that does it is enough. At least an hour, and better some weeks: it
    /// has to be longer than any time for which all processes that deliver to a subscriber may stand still.
    ///
    /// Default: none is forgotten, and everything that they have not read is kept. Once nobody has delivered for a day, the log and
    /// [`Tasker::status`](crate::Tasker::status) say so, and [`Events::unsubscribe`](crate::events::Events::unsubscribe) removes one by hand.
    #[must_use]
    pub fn forget_subscribers_after(mut self, unused: Duration) -> Self {
        self.config.forget_subscribers_after = Some(unused);
        self
    }

    /// How often the worker says that it is alive, and for how long that holds. Default: every 5 s, for 30 s. The heartbeat is at
    /// most a third of the lease.
    ///
    /// When a machine is lost, its steps run elsewhere after the lease. A worker that cannot reach the store for longer than the lease
    /// less a heartbeat stops what it runs, which others then repeat. How long a step takes has nothing to do with it, as long as it leaves
    /// the threads of the runtime free.
    #[must_use]
    pub fn lease(mut self, heartbeat: Duration, lease: Duration) -> Self {
        (self.config.heartbeat, self.config.lease) = (heartbeat, lease);
        self
    }

    /// How long running steps have to end when the engine shuts down. Default: 30 s. The shutdown as a whole may take some 6 s more;
    /// leave that much to whoever kills the process.
    #[must_use]
    pub fn grace(mut self, grace: Duration) -> Self {
        self.config.grace = grace;
        self
    }

    /// How long at most work that another process made goes unnoticed. Default: 1 s. A process that has work looks more
    /// often, one that has none asks the store once in that time. On PostgreSQL processes tell one another, and this is for what
    /// was not heard.
    #[must_use]
    pub fn poll(mut self, poll: Duration) -> Self {
        self.config.poll = poll;
        self
    }

    /// The largest context and the largest result, in bytes of JSON; all events and annotations of one execution together may be as
    /// large. Default: 1 MiB.
    #[must_use]
    pub fn max_payload(mut self, bytes: usize) -> Self {
        self.config.max_payload = bytes;
        self
    }

    /// Hides more than what has the usual names of secrets: `redact(["card_number", "iban"])`, or a [`Redaction`], such as that of the logs. What is
    /// given by several calls adds up.
    ///
    /// It is for what steps say when they fail, before it is stored, so history, events, logs and reports have it without; for the errors of
    /// subscribers; and for what events of the application say as JSON. Results, contexts, annotations and what steps
    /// [keep](crate::StepContext::keep) are data, which nobody changes. The log and the traces are the whole process's, and are told the names
    /// themselves; when this Tasker is built and they do not know one of its names, a warning says so.
    ///
    /// ```
    /// # use schemars::JsonSchema;
    /// # use tasker_core::{MemoryStore, StepError, Tasker, workflow};
    /// # extern crate tasker_core as tasker;
    /// # #[workflow(context = u32)]
    /// # mod pay {
    /// #     use super::StepError;
    /// #
    /// #[step]
    /// pub async fn transfer(ctx: &u32) -> Result<(), StepError> {
    ///     Err(StepError::permanent("refused: iban=DE02120300000000202051, password=hunter2"))
    /// }
    /// # }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let builder = Tasker::builder(()).store(MemoryStore::new()).register::<pay::Workflow>();
    /// let tasker = builder.redact(["iban"]).build().await?;
    /// let task = tasker.start::<pay::Workflow>(1).await?;
    /// task.wait().await?;
    /// let error = task.status().await?.steps[0].error.clone().unwrap();
    /// assert_eq!(error.message(), "refused: iban=[redacted], password=[redacted]");
    /// # tasker.shutdown().await;
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn redact(mut self, more: impl Into<Redaction>) -> Self {
        self.config.redaction = self.config.redaction.and(&more.into());
        self
    }

    /// Makes chance (the jitter of retries and polls) repeatable, for tests.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.config.seed = Some(seed);
        self
    }

    /// Lets each retry wait for exactly as long as its policy says.
    #[cfg(feature = "testing")]
    pub(crate) fn without_jitter(mut self) -> Self {
        self.config.jitter = false;
        self
    }

    /// The workflows that were registered so far and hold together.
    #[cfg(feature = "testing")]
    pub(crate) fn registrations(&mut self) -> impl Iterator<Item = &mut Registration> {
        self.resolve();
        self.registry.iter_mut()
    }

    /// Registers the workflows whose steps name their handlers, now that all handlers are known.
    fn resolve(&mut self) {
        #[cfg(feature = "http")]
        self.handlers.add_kind_unless_there("api", crate::http::ApiHandler::default);
        for workflow in std::mem::take(&mut self.dynamic) {
            let built = workflow.build().map_err(RegisterError::from);
            let registered = built.and_then(|workflow| Registration::dynamic(workflow, &self.handlers));
            let added = registered.and_then(|registration| self.registry.add(registration));
            self.errors.extend(added.err().map(BuildError::from));
        }
        #[cfg(feature = "yaml")]
        self.errors.extend(self.yaml.complete(&mut self.registry).err().map(BuildError::from));
        #[cfg(feature = "yaml")]
        self.errors
            .extend(self.yaml.register(&self.handlers, &mut self.registry).err().map(BuildError::from));
    }

    /// Makes the definitions known to the store and starts the engine on the present tokio runtime.
    ///
    /// # Errors
    /// When a workflow cannot be registered, a configuration does not fit, an option makes no sense, or the store does not answer.
    pub fn build(self) -> BoxFuture<'static, Result<Tasker, BuildError>>
    where
        S: HasStore,
    {
        S::tasker(self)
    }
}

impl<A: Send + Sync + 'static> TaskerBuilder<A, Arc<dyn Store>> {
    async fn start(mut self) -> Result<Tasker, BuildError> {
        self.resolve();
        let Self {
            store,
            mut registry,
            handlers,
            mut errors,
            limits,
            overrides,
            identity,
            #[cfg_attr(not(feature = "yaml"), expect(unused_mut, reason = "files add to them"))]
            mut subscriptions,
            #[cfg(feature = "yaml")]
            mut yaml,
            config,
            ..
        } = self;
        // What is not registered because of a mistake is missing for these.
        if !errors.is_empty() && overrides.is_empty() {
            let checked = registry.iter().map(|registration| registration.check(&BTreeSet::new()));
            errors.extend(checked.filter_map(Result::err).map(BuildError::from));
        } else if errors.is_empty() {
            let mut told = BTreeSet::new();
            errors.extend(overrides.apply(&mut registry, &mut told).err().map(BuildError::from));
            let checked = registry.iter().map(|registration| registration.check(&told));
            errors.extend(checked.filter_map(Result::err).map(BuildError::from));
            errors.extend(limits.mistakes(&registry));
        }
        errors.extend(wrong_options(&config));
        let workflows = || registry.iter().map(|registration| &*registration.workflow);
        errors.extend(meanings::mistakes(workflows()));
        let catalog = subscriptions.catalog(workflows());
        #[cfg(feature = "yaml")]
        match yaml.subscriptions(&catalog) {
            Ok(read) => {
                for one in read {
                    subscriptions.add(one.name, one.subscriber, one.delivery);
                }
            }
            Err(error) => errors.push(error.into()),
        }
        let dispatchers = subscriptions.dispatchers(&catalog, &config.redaction, &mut errors);
        match errors.len() {
            0 => {}
            1 => return Err(errors.remove(0)),
            _ => return Err(BuildError::Several(errors)),
        }
        handlers.tell_of_unused(workflows());
        config.redaction.compare_with_outlets();
        let definitions: Vec<_> =
            registry.iter().map(|registration| Arc::clone(&registration.workflow)).collect();
        let ids = store.install(&definitions).await?;
        let names: Vec<String> = dispatchers.iter().map(|dispatcher| dispatcher.name.clone()).collect();
        if !names.is_empty() {
            store.feed().subscribe(&names).await?;
        }
        let workflows: Vec<_> = ids.into_iter().zip(registry.iter().cloned()).collect();
        let limits = limits.by_definition(&workflows);
        let metrics = Metrics::new(&store, config.concurrency, &workflows);
        let client = client(&store, &config, identity, workflows.clone(), metrics.clone());
        let stop = CancellationToken::new();
        let events = Events {
            store: Arc::clone(&store),
            catalog: Arc::new(catalog),
            pump: Arc::default(),
            stop: stop.clone(),
            redaction: Arc::new(config.redaction.clone()),
        };
        let engine = Engine {
            store,
            dispatchers,
            workflows,
            config,
            waiters: Arc::clone(&client.0.waiters),
            wake: Arc::clone(&client.0.wake),
            look: Arc::clone(&client.0.look),
            pulse: Arc::clone(&client.0.pulse),
            limits,
            stop: stop.clone(),
            metrics,
        };
        let ended = CancellationToken::new();
        let end = ended.clone().drop_guard();
        let running = tokio::spawn(async move {
            engine.run().await;
            drop(end);
        });
        let (guard, engine) = (stop.clone().drop_guard(), running.abort_handle());
        Ok(Tasker(Arc::new(Inner { client, events, stop, ended, engine, _stop_when_dropped: guard })))
    }
}

fn client(
    store: &Arc<dyn Store>,
    config: &EngineConfig,
    identity: Identity,
    workflows: Vec<(DefinitionId, Arc<Registration>)>,
    metrics: Metrics,
) -> Client {
    // One transaction of so many tasks is long enough to be cheap and short enough not to hold others up.
    const MOST_TASKS: usize = 200;
    let (create, states, statuses) = (Arc::clone(store), Arc::clone(store), Arc::clone(store));
    let parallel = store.parallel_settles().clamp(1, 2);
    let counting = metrics.clone();
    Client(Arc::new(ClientParts {
        store: Arc::clone(store),
        workflows,
        identity,
        create: Batcher::start(MOST_TASKS, parallel, move |tasks: Vec<_>| {
            let (store, metrics) = (Arc::clone(&create), counting.clone());
            async move { create_tasks(&store, &metrics, &tasks).await }
        }),
        states: Batcher::start(MOST_TASKS, 1, move |tasks: Vec<_>| {
            let store = Arc::clone(&states);
            async move { store.task_states(&tasks).await }
        }),
        statuses: Batcher::start(MOST_TASKS, 1, move |tasks: Vec<_>| {
            let store = Arc::clone(&statuses);
            async move { store.statuses(&tasks).await }
        }),
        waiters: Arc::new(Waiters::default()),
        wake: Arc::new(Notify::new()),
        look: Arc::new(Notify::new()),
        poll: config.poll,
        lease: config.lease,
        pulse: Arc::new(Pulse::default()),
        max_payload: config.max_payload,
        metrics,
    }))
}
