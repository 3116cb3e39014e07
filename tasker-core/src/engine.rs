//! What runs the steps.
//!
//! One engine runs for each [`Tasker`](crate::Tasker). It is a worker of the store, under one identity from its enlistment until it
//! shuts down or loses its lease; then, if it is not to stop, it begins again as another. Everything it holds in memory
//! may vanish at any instruction: the store knows what it held, and gives it to another worker.
//!
//! * `worker` is the loop: claim → run → settle, with group commit.
//! * `run` is one execution of one step: bounded in time, panics caught.
//! * `lease` keeps the worker alive in the store, and takes back what dead workers held.
//! * `waiters` tells whoever waits that a task has ended.

mod lease;
mod run;
mod waiters;
mod worker;

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

pub(crate) use waiters::Waiters;

use crate::DefinitionId;
use crate::WorkerId;
use crate::registry::Registration;
use crate::store::{Runnable, Store};

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
}

impl Default for EngineConfig {
    fn default() -> Self {
        Self {
            concurrency: 100,
            heartbeat: Duration::from_secs(5),
            lease: Duration::from_secs(30),
            grace: Duration::from_secs(30),
            poll: Duration::from_millis(500),
            max_payload: 1 << 20,
            seed: None,
        }
    }
}

/// What the worker of an engine has in hand for as long as the engine runs.
pub(crate) struct Engine {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) workflows: Vec<(DefinitionId, Arc<Registration>)>,
    pub(crate) config: EngineConfig,
    pub(crate) waiters: Arc<Waiters>,
    /// A hint that there may be something to claim.
    pub(crate) wake: Arc<Notify>,
    /// Asks the engine to shut down.
    pub(crate) stop: CancellationToken,
}

impl Engine {
    /// Runs until it is told to stop, then shuts down in order.
    pub(crate) async fn run(self) {
        let workflows = self.workflows.iter();
        let runnable =
            Runnable::new(workflows.map(|(id, registration)| (*id, Arc::clone(&registration.workflow))));
        while !self.stop.is_cancelled() {
            let worker = WorkerId::random();
            if let Err(error) = self.store.enlist(worker, self.config.lease).await {
                tracing::warn!(%error, "cannot enlist as a worker; trying again");
                self.pause().await;
                continue;
            }
            tracing::info!(%worker, "worker enlisted");
            worker::Worker::new(&self, worker, &runnable).run().await;
        }
    }

    /// A short wait after the store did not answer.
    async fn pause(&self) {
        tokio::select! {
            () = self.stop.cancelled() => {}
            () = tokio::time::sleep(self.config.poll) => {}
        }
    }
}
