//! What runs the steps.
//!
//! One engine runs for each [`Tasker`](crate::Tasker). It is a worker of the store, under one identity from its enlistment until it
//! shuts down or loses its lease; then, if it is not to stop, it begins again as another. Everything it holds in memory
//! may vanish at any instruction: the store knows what it held, and gives it to another worker.
//!
//! * `worker` is the loop: claim → run → settle, with group commit; `shutdown` is its end.
//! * `known` is which definitions it runs, among them what other builds stored.
//! * `call` is what the worker asks of the store, and `answer` what it makes of the answers; `capacity` is how much they may bring,
//!   `poll` and `wanted` when to ask.
//! * `batch` is what has ended until the store has it; `execution` is a step from its claim to its outcome, `run` what happens in between: bounded in time, panics caught.
//! * `lease` keeps the worker alive in the store, and takes back what dead workers held.
//! * `waiters` tells whoever waits that a task has ended.
//! * `dispatch` lets [events](crate::events) be delivered beside it.
//! * `purge` removes what has ended long ago, `count` counts what ended lately, `subscribers` looks after those to which nobody delivers.

mod answer;
mod batch;
mod call;
mod capacity;
mod count;
mod execution;
mod known;
mod lease;
mod poll;
mod purge;
mod run;
mod shutdown;
mod span;
mod subscribers;
mod waiters;
mod wanted;
mod worker;

use std::collections::BTreeMap;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use tokio::sync::Notify;
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout};
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;

use known::Known;
pub(crate) use run::panic_message;
pub(crate) use waiters::Waiters;
use worker::Worker;

use crate::client::Pulse;
use crate::events::Dispatcher;
use crate::metrics::{Metrics, StoreCall};
use crate::registry::Registration;
use crate::store::Store;
use crate::{DefinitionId, Redaction, Retention, WorkerId};

/// How an engine works.
#[derive(Debug, Clone)]
pub(crate) struct EngineConfig {
    pub(crate) concurrency: usize,
    pub(crate) heartbeat: Duration,
    pub(crate) lease: Duration,
    pub(crate) grace: Duration,
    pub(crate) poll: Duration,
    pub(crate) max_payload: usize,
    pub(crate) seed: Option<u64>,
    /// Whether chance has a part in the waits of retries.
    pub(crate) jitter: bool,
    pub(crate) retention: Option<Retention>,
    /// After how long without deliveries durable subscribers are forgotten.
    pub(crate) forget_subscribers_after: Option<Duration>,
    /// What is hidden in errors before they are stored.
    pub(crate) redaction: Redaction,
}

impl Default for EngineConfig {
    fn default() -> Self {
        Self {
            concurrency: 200,
            heartbeat: Duration::from_secs(5),
            lease: Duration::from_secs(30),
            grace: Duration::from_secs(30),
            poll: Duration::from_secs(1),
            max_payload: 1 << 20,
            seed: None,
            jitter: true,
            retention: None,
            forget_subscribers_after: None,
            redaction: Redaction::new(),
        }
    }
}

impl EngineConfig {
    /// Whether a worker whose enlistment was answered after so long will prolong its lease in time, if the next answer is as slow.
    /// Otherwise what it claims would be lost, and count as lost, before it is done.
    fn bears_answers_after(&self, wait: Duration) -> bool {
        wait + self.heartbeat + wait <= self.lease.saturating_sub(self.heartbeat)
    }
}

/// What the worker of an engine has in hand for as long as the engine runs.
pub(crate) struct Engine {
    pub(crate) store: Arc<dyn Store>,
    /// What delivers events to durable subscribers.
    pub(crate) dispatchers: Vec<Dispatcher>,
    /// The workflows of this build, by their definitions.
    pub(crate) workflows: Vec<(DefinitionId, Arc<Registration>)>,
    pub(crate) config: EngineConfig,
    /// How many steps of a workflow may run at the same time, where that is limited.
    pub(crate) limits: BTreeMap<DefinitionId, usize>,
    pub(crate) waiters: Arc<Waiters>,
    /// A hint that there may be something to claim.
    pub(crate) wake: Arc<Notify>,
    /// A hint that a step which runs here may have been taken from this worker.
    pub(crate) look: Arc<Notify>,
    /// Tells which worker it is.
    pub(crate) pulse: Arc<Pulse>,
    /// Asks the engine to shut down.
    pub(crate) stop: CancellationToken,
    pub(crate) metrics: Metrics,
}

impl Engine {
    /// Runs until it is told to stop, then shuts down in order.
    pub(crate) async fn run(self) {
        let watcher = self.metrics.watcher(self.config.heartbeat);
        let _beside = (self.listener(), self.purger(), self.counter(), self.subscribers(), watcher);
        let mut dispatchers = self.dispatch();
        while !self.stop.is_cancelled() {
            let Some((id, asked, known)) = self.enlist().await else { break };
            tracing::info!(worker = %id, "worker enlisted");
            known.warn();
            let worker = Worker::new(&self, id, asked, &known);
            self.pulse.set(Some(id));
            if AssertUnwindSafe(worker.run()).catch_unwind().await.is_err() {
                // A bug; what it held comes back when its lease has run out.
                tracing::error!(worker = %id, "the worker panicked; another one takes its place");
                self.pause().await;
            }
            self.pulse.set(None);
        }
        // They were told to stop, and end within the grace period.
        while let Some(ended) = dispatchers.join_next().await {
            if let Err(error) = ended {
                tracing::error!(%error, "a subscriber was left without deliveries until the shutdown: a bug");
            }
        }
    }

    fn dispatch(&self) -> JoinSet<()> {
        let mut running = JoinSet::new();
        for dispatcher in self.dispatchers.iter().cloned() {
            running.spawn(dispatcher.run(Arc::clone(&self.store), self.stop.clone(), self.config.grace));
        }
        running
    }

    /// Passes on what the store has heard of other processes.
    fn listener(&self) -> AbortOnDropHandle<()> {
        let (store, wake, waiters) =
            (Arc::clone(&self.store), Arc::clone(&self.wake), Arc::clone(&self.waiters));
        AbortOnDropHandle::new(tokio::spawn(async move {
            loop {
                store.hint().await;
                wake.notify_one();
                waiters.nudge();
                // A store that says so all the time keeps nobody else from working.
                tokio::task::yield_now().await;
            }
        }))
    }

    fn purger(&self) -> Option<AbortOnDropHandle<()>> {
        let retention = self.config.retention?;
        let purging = purge::purge(Arc::clone(&self.store), retention, self.metrics.clone());
        Some(AbortOnDropHandle::new(tokio::spawn(purging)))
    }

    fn counter(&self) -> AbortOnDropHandle<()> {
        AbortOnDropHandle::new(tokio::spawn(count::count(Arc::clone(&self.store), self.config.seed)))
    }

    fn subscribers(&self) -> AbortOnDropHandle<()> {
        let looking = subscribers::look(Arc::clone(&self.store), self.config.forget_subscribers_after);
        AbortOnDropHandle::new(tokio::spawn(looking))
    }

    /// A new identity, when it was asked for, and what it can run; none if the engine is to stop first.
    async fn enlist(&self) -> Option<(WorkerId, Instant, Known)> {
        while !self.stop.is_cancelled() {
            let asking = timeout(self.config.lease, Known::ask(self));
            let known = match self.unless_stopped(asking).await? {
                Ok(Ok(known)) => known,
                Ok(Err(error)) => {
                    tracing::warn!(%error, "cannot ask which definitions there are; trying again");
                    self.pause().await;
                    continue;
                }
                Err(_) => {
                    tracing::warn!("the store does not answer; asking again which definitions there are");
                    continue;
                }
            };
            let (worker, asked, lease) = (WorkerId::random(), Instant::now(), self.config.lease);
            // One that is to stop meanwhile waits a little all the same, so that no worker is left behind that nobody retires.
            let soon = async {
                self.stop.cancelled().await;
                tokio::time::sleep(LAST_ANSWER).await;
            };
            let enlisting = self.store.enlist(worker, lease, &known.offers);
            let enlisted = tokio::select! {
                () = soon => return None,
                enlisted = timeout(lease, self.metrics.timed(StoreCall::Enlist, enlisting)) => enlisted,
            };
            match enlisted {
                Ok(Ok(())) if self.config.bears_answers_after(asked.elapsed()) => {
                    return Some((worker, asked, known));
                }
                Ok(Ok(())) => tracing::warn!("the store answers too slowly for the lease; enlisting again"),
                Ok(Err(error)) => tracing::warn!(%error, "cannot enlist as a worker; trying again"),
                Err(_) => tracing::warn!("the store does not answer; trying again to enlist as a worker"),
            }
            self.pause().await;
        }
        None
    }

    /// A short wait after the store did not answer.
    async fn pause(&self) {
        self.unless_stopped(tokio::time::sleep(PAUSE)).await;
    }

    /// What comes of something that nobody needs once the engine is to stop.
    async fn unless_stopped<T>(&self, asking: impl Future<Output = T>) -> Option<T> {
        self.stop.run_until_cancelled(asking).await
    }
}

/// For how long an engine that stops waits for the answer to what it asked last.
const LAST_ANSWER: Duration = Duration::from_secs(5);

/// How long the engine waits before it asks a store again that did not answer.
const PAUSE: Duration = Duration::from_millis(200);

/// The moment after a wait, however long a step or a server asks for.
fn after(wait: Duration) -> Instant {
    const LONGEST: Duration = Duration::from_hours(24 * 365 * 30);
    Instant::now() + wait.min(LONGEST)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lease_bears_answers_that_leave_time_for_the_next_one() {
        let config = EngineConfig::default();
        assert!(config.bears_answers_after(Duration::from_secs(10)));
        assert!(!config.bears_answers_after(Duration::from_millis(10_001)));
    }
}
