//! The life of a worker in the store.
//!
//! A worker prolongs its lease every few seconds. When it cannot, it must stop what it runs before others may take
//! it over, so it gives up one heartbeat before the lease ends by its own clock, counted from before it asked.

use std::sync::Arc;

use tokio::time::{Instant, sleep, timeout_at};
use tokio_util::sync::CancellationToken;

use super::{EngineConfig, Waiters};
use crate::WorkerId;
use crate::store::{Lease, Store};

pub(super) struct Keeper {
    pub(super) store: Arc<dyn Store>,
    pub(super) worker: WorkerId,
    pub(super) config: EngineConfig,
    pub(super) waiters: Arc<Waiters>,
    /// When the lease was last granted, at the earliest.
    pub(super) granted: Instant,
    /// Cancelled when the lease is lost.
    pub(super) lost: CancellationToken,
    /// Told when the steps of a dead worker came back.
    pub(super) wake: Arc<tokio::sync::Notify>,
}

impl Keeper {
    /// Keeps the lease until it is lost, and sweeps in between.
    pub(super) async fn keep(mut self) {
        loop {
            sleep(self.config.heartbeat).await;
            let asked = Instant::now();
            let last_moment = self.granted + self.config.lease.saturating_sub(self.config.heartbeat);
            match timeout_at(last_moment, self.store.heartbeat(self.worker, self.config.lease)).await {
                Ok(Ok(Lease::Held)) => self.granted = asked,
                Ok(Ok(Lease::Lost)) => return self.give_up("another worker took over its steps"),
                Ok(Err(error)) => {
                    tracing::warn!(worker = %self.worker, %error, "the lease was not prolonged");
                }
                Err(_) => return self.give_up("the store did not answer in time"),
            }
            if Instant::now() >= last_moment && self.granted != asked {
                return self.give_up("the store could not be reached in time");
            }
            self.sweep().await;
        }
    }

    /// Takes back what dead workers held.
    pub(super) async fn sweep(&self) {
        match self.store.sweep().await {
            Ok(swept) => {
                if !swept.workers.is_empty() {
                    let (workers, steps) = (swept.workers.len(), swept.steps);
                    tracing::warn!(workers, steps, "took back the steps of dead workers");
                    self.wake.notify_one();
                }
                self.waiters.ended(&swept.ended);
            }
            Err(error) => tracing::warn!(%error, "cannot look for dead workers"),
        }
    }

    fn give_up(&self, why: &str) {
        tracing::error!(worker = %self.worker, why, "the lease is lost; what runs is stopped and left to other workers");
        self.lost.cancel();
    }
}
