//! The life of a worker in the store, and the death of others.
//!
//! A worker prolongs its lease every few seconds. When it cannot, it must stop what it runs before others may take
//! it over, so it gives up one heartbeat before the lease ends by its own clock, counted from before it asked. Nothing else
//! is done in between: looking for dead workers, which may take a while, goes on beside it.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::{Instant, sleep, timeout_at};
use tokio_util::sync::CancellationToken;

use super::Waiters;
use crate::WorkerId;
use crate::metrics::{Metrics, StoreCall};
use crate::store::{Lease, Store};
use crate::trace;

/// Keeps the lease of a worker.
pub(super) struct Keeper {
    pub(super) store: Arc<dyn Store>,
    pub(super) worker: WorkerId,
    pub(super) heartbeat: Duration,
    pub(super) lease: Duration,
    /// When the lease was last granted, at the earliest.
    pub(super) granted: Instant,
    /// Cancelled when the lease is lost.
    pub(super) lost: CancellationToken,
    /// Told after each heartbeat, so that the worker asks what is still its own.
    pub(super) look: Arc<Notify>,
    pub(super) metrics: Metrics,
}

impl Keeper {
    /// Keeps the lease until it is lost.
    pub(super) async fn keep(mut self) {
        loop {
            sleep(self.heartbeat).await;
            let asked = Instant::now();
            let last_moment = self.granted + self.lease.saturating_sub(self.heartbeat);
            let asking = self.store.heartbeat(self.worker, self.lease);
            match timeout_at(last_moment, self.metrics.timed(StoreCall::Heartbeat, asking)).await {
                Ok(Ok(Lease::Held)) => {
                    self.granted = asked;
                    self.look.notify_one();
                }
                Ok(Ok(Lease::Lost)) => return self.give_up("another worker took over its steps"),
                Ok(Err(error)) => {
                    tracing::warn!(worker = %self.worker, %error, "the lease was not prolonged");
                    if Instant::now() >= last_moment {
                        return self.give_up("the store could not be reached in time");
                    }
                }
                Err(_) => return self.give_up("the store did not answer in time"),
            }
        }
    }

    fn give_up(&self, why: &str) {
        tracing::error!(worker = %self.worker, why, "the lease is lost; what runs is stopped and left to other workers");
        self.metrics.lease_lost();
        self.lost.cancel();
    }
}

/// Takes back what dead workers held.
pub(super) struct Sweeper {
    pub(super) store: Arc<dyn Store>,
    pub(super) every: Duration,
    pub(super) waiters: Arc<Waiters>,
    /// Told when steps came back.
    pub(super) wake: Arc<Notify>,
    pub(super) metrics: Metrics,
}

impl Sweeper {
    /// Sweeps at once, so that a restart resumes what a crash left behind, and then again and again.
    ///
    /// The next time is when the first lease runs out that is not prolonged until then, so that the steps of a dead worker come back
    /// as soon as they may.
    pub(super) async fn sweep(self) {
        loop {
            let mut pause = self.every;
            match self.metrics.timed(StoreCall::Sweep, self.store.sweep()).await {
                Ok(swept) => {
                    pause = swept.next_end.map_or(pause, |end| pause.min(end.max(LEAST_PAUSE)));
                    if !swept.workers.is_empty() {
                        let (workers, steps) = (swept.workers.len(), swept.steps);
                        tracing::warn!(workers, steps, "dead workers were found, and their steps taken back");
                        self.wake.notify_one();
                    }
                    for task in &swept.ended {
                        tracing::warn!(%task, "the task ended in error: a step was lost with its worker too often");
                    }
                    self.waiters.ended(&swept.ended);
                    trace::may_have_ended(&self.store, &swept.ended, true);
                    self.metrics.swept(&swept).await;
                }
                Err(error) => tracing::warn!(%error, "cannot look for dead workers"),
            }
            sleep(pause).await;
        }
    }
}

/// Between two sweeps, however soon the next lease runs out.
const LEAST_PAUSE: Duration = Duration::from_millis(100);
