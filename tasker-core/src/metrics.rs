//! Counters, gauges and histograms of what an engine does, for Prometheus. The feature `prometheus` brings it.
//!
//! [`Tasker::metrics`](crate::Tasker::metrics) has them, and [`render`](Metrics::render) writes them as text that the HTTP server of the
//! application gives to whoever asks: Prometheus, or anything else that reads its format.
//!
//! ```
//! use tasker_core::metrics::CONTENT_TYPE;
//! # use tasker_core::{MemoryStore, StepError, Tasker, workflow};
//! # extern crate tasker_core as tasker;
//! # #[workflow(namespace = "shop", context = u32)]
//! # mod order {
//! #     use super::StepError;
//! #     #[step]
//! #     pub async fn charge(ctx: &u32) -> Result<u32, StepError> { Ok(*ctx) }
//! # }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let tasker = Tasker::builder(()).store(MemoryStore::new()).register::<order::Workflow>().build().await?;
//! tasker.start::<order::Workflow>(1250).await?.wait().await?;
//! let (header, body) = (CONTENT_TYPE, tasker.metrics().render());
//! # assert!(header.starts_with("application/openmetrics-text"));
//! assert!(body.contains(r#"tasker_tasks_ended_total{namespace="shop",workflow="order",state="complete"} 1"#));
//! # tasker.shutdown().await;
//! # Ok(())
//! # }
//! ```
//!
//! # What there is
//!
#![doc = include_str!("metrics/table.md")]
//!
//! A duration is in seconds. An execution ends as
//!
//! | `outcome` | |
//! |---|---|
//! | `complete`, `skipped` | its result is recorded, or that there was nothing to do |
//! | `retried` | it failed, and the step runs again |
//! | `failed` | it failed, and the step is in error |
//! | `handed_back` | it did not end here, and another worker runs the step at no cost of attempts, as after a shutdown |
//! | `refused` | the store did not take its outcome: it had it already and the answer was lost, or the step was taken from this worker |
//! | `revoked` | it was stopped, because an operator took the step from this worker |
//! | `lost` | this worker lost its lease, or had to go; another one finds out |
//!
//! so that `tasker_claimed_steps_total` is the sum of these and of what this process has in hand, as long as no answer of the store is
//! lost.
//!
//! # What it costs
//!
//! No label is an id, so the number of series is that of the workflows, steps and subscribers. The series of a workflow that is
//! registered are there from the start, at zero. Versions of a workflow share theirs. A step has 36 of them.
//!
//! What is measured of a step is added to handles that were made when the engine began. What is known of subscribers is asked of the
//! store at each heartbeat, not when it is rendered. It is of the store and not of the process: of several processes take the largest.

mod families;
mod kinds;
mod meters;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;
use tokio::time::{Instant, sleep};
use tokio_util::task::AbortOnDropHandle;

use families::{Families, Labels};
pub(crate) use kinds::{By, Gone, StoreCall};
pub(crate) use meters::Meters;
use meters::tasks_ended;

use crate::registry::Registration;
use crate::store::{
    Action, ClaimedStep, Created, NewTask, Outcome, PoolStatus, Store, StoreError, SubscriptionStatus, Swept,
};
use crate::{DefinitionId, TaskState, WorkflowDef};

/// The `Content-Type` of what [`Metrics::render`] writes.
pub const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// What an engine did since it was built. Clones are the same.
#[derive(Clone)]
pub struct Metrics(Arc<Shared>);

struct Shared {
    store: Arc<dyn Store>,
    registry: Registry,
    families: Families,
    /// Of the workflows of this build.
    registered: Meters,
    calls: [Call; StoreCall::ALL.len()],
    found: Counter,
    nothing_found: Counter,
}

struct Call {
    seconds: Histogram,
    errors: Counter,
}

impl fmt::Debug for Metrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Metrics").finish_non_exhaustive()
    }
}

impl Metrics {
    /// All metrics in the text format of [OpenMetrics](https://prometheus.io/docs/specs/om/open_metrics_spec/), as they stand. It asks
    /// nobody, and takes some microseconds for each step that is registered.
    #[must_use]
    pub fn render(&self) -> String {
        self.0.families.of_pools(&self.0.store.pools());
        let mut text = String::new();
        if let Err(error) = encode(&mut text, &self.0.registry) {
            // A number that the format does not know; there is none.
            tracing::error!(%error, "the metrics cannot be written in full");
        }
        text
    }

    pub(crate) fn new(
        store: &Arc<dyn Store>,
        concurrency: usize,
        workflows: &[(DefinitionId, Arc<Registration>)],
    ) -> Self {
        let (families, registry) = Families::new();
        families.concurrency.set(i64::try_from(concurrency).unwrap_or(i64::MAX));
        let registered = workflows.iter().map(|(id, registration)| (*id, &registration.workflow));
        let claims = |result: &str| families.claims.get_or_create_owned(&one("result", result));
        Self(Arc::new(Shared {
            store: Arc::clone(store),
            registered: Meters::new(&families, registered),
            calls: StoreCall::ALL.map(|call| {
                let labels = one("call", call.as_str());
                Call {
                    seconds: families.store_call.get_or_create_owned(&labels),
                    errors: families.store_errors.get_or_create_owned(&labels),
                }
            }),
            found: claims("steps"),
            nothing_found: claims("nothing"),
            registry,
            families,
        }))
    }

    /// Handles for the steps of these definitions.
    pub(crate) fn meters<'a>(
        &self,
        definitions: impl IntoIterator<Item = (DefinitionId, &'a Arc<WorkflowDef>)>,
    ) -> Meters {
        Meters::new(&self.0.families, definitions)
    }

    /// Asks the store, and measures how long it takes to answer.
    pub(crate) async fn timed<T>(
        &self,
        call: StoreCall,
        asking: impl Future<Output = Result<T, StoreError>>,
    ) -> Result<T, StoreError> {
        let began = Instant::now();
        let answer = asking.await;
        let call = &self.0.calls[call as usize];
        call.seconds.observe(began.elapsed().as_secs_f64());
        if answer.is_err() {
            call.errors.inc();
        }
        answer
    }

    /// Tasks were created, or were there.
    pub(crate) fn created(&self, tasks: &[NewTask], created: &[Created]) {
        for (task, created) in tasks.iter().zip(created) {
            let Some(of) = self.0.registered.of(task.definition) else { continue };
            match created {
                Created::New(_) => {
                    of.created.inc();
                    // With all its steps passed over it ended at once.
                    if task.bypass.len() == task.workflow.steps().len() {
                        of.complete.inc();
                    }
                }
                Created::Existing(_) => {
                    of.existing.inc();
                }
            }
        }
    }

    /// An operator did this to so many tasks.
    pub(crate) fn ordered(&self, action: &Action, tasks: usize) {
        let orders = self.0.families.task_orders.get_or_create_owned(&one("action", action.as_str()));
        orders.inc_by(tasks as u64);
    }

    pub(crate) fn claim_answered(&self, steps: &[ClaimedStep]) {
        if steps.is_empty() { &self.0.nothing_found } else { &self.0.found }.inc();
    }

    pub(crate) fn settles(&self, outcomes: &[Outcome]) {
        self.0.families.settle_outcomes.observe(f64::from(u32::try_from(outcomes.len()).unwrap_or(u32::MAX)));
    }

    pub(crate) fn lease_lost(&self) {
        self.0.families.lease_losses.inc();
    }

    pub(crate) async fn swept(&self, swept: &Swept) {
        let families = &self.0.families;
        families.dead_workers.inc_by(swept.workers.len() as u64);
        families.taken_back_steps.inc_by(swept.steps as u64);
        if swept.ended.is_empty() {
            return;
        }
        // They may be of workflows that this process does not know.
        match self.0.store.statuses(&swept.ended).await {
            Ok(statuses) => statuses.into_iter().flatten().for_each(|status| {
                tasks_ended(families, &status.workflow, TaskState::Error).inc();
            }),
            Err(error) => tracing::debug!(%error, "tasks that ended with a dead worker are not counted"),
        }
    }

    /// Asks again and again how subscribers stand, until it is dropped.
    pub(crate) fn watcher(&self, every: Duration) -> AbortOnDropHandle<()> {
        let metrics = self.clone();
        AbortOnDropHandle::new(tokio::spawn(async move {
            let mut known = Vec::new();
            loop {
                let asking = metrics.0.store.feed().subscriptions();
                match metrics.timed(StoreCall::Subscriptions, asking).await {
                    Ok(subscriptions) => metrics.0.families.of_subscriptions(&mut known, &subscriptions),
                    Err(error) => tracing::debug!(%error, "not known how subscribers stand"),
                }
                sleep(every).await;
            }
        }))
    }
}

impl Families {
    fn of_subscriptions(&self, known: &mut Vec<String>, subscriptions: &[SubscriptionStatus]) {
        let now: Vec<String> = subscriptions.iter().map(|of| of.name.clone()).collect();
        for gone in std::mem::replace(known, now).iter().filter(|name| !known.contains(name)) {
            let labels = one("subscription", gone);
            self.outbox_behind.remove(&labels);
            self.outbox_lag.remove(&labels);
            self.outbox_waiting.remove(&labels);
            self.outbox_dead.remove(&labels);
        }
        for SubscriptionStatus { name, behind, lag_micros, waiting, dead, .. } in subscriptions {
            let labels = one("subscription", name);
            self.outbox_behind.get_or_create_owned(&labels).set(signed(*behind));
            self.outbox_lag
                .get_or_create_owned(&labels)
                .set(Duration::from_micros(*lag_micros).as_secs_f64());
            self.outbox_waiting.get_or_create_owned(&labels).set(signed(*waiting));
            self.outbox_dead.get_or_create_owned(&labels).set(signed(*dead));
        }
    }

    fn of_pools(&self, pools: &[PoolStatus]) {
        for PoolStatus { name, busy, idle, most } in pools {
            for (state, connections) in [("busy", busy), ("idle", idle)] {
                let labels = vec![("pool", (*name).to_owned()), ("state", state.to_owned())];
                self.pool_connections.get_or_create_owned(&labels).set(i64::from(*connections));
            }
            self.pool_limit.get_or_create_owned(&one("pool", name)).set(i64::from(*most));
        }
    }
}

fn one(name: &'static str, value: &str) -> Labels {
    vec![(name, value.to_owned())]
}

fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
