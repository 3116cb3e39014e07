//! How a worker comes to its end in order.

use std::time::Duration;

use tokio::time::{Instant, sleep_until, timeout, timeout_at};

use super::run::stopped;
use super::worker::Worker;
use super::{LAST_ANSWER, PAUSE, after};
use crate::metrics::{Gone, StoreCall};
use crate::store::Outcome;

/// For how long a store that does not answer is asked again.
const SHORTLY: Duration = PAUSE.saturating_mul(5);

impl Worker<'_> {
    /// Lets what runs come to its end within the grace period, then stops and hands back the rest. It claims no more;
    /// what a claim under way brings is handed back.
    pub(super) async fn shut_down(mut self) {
        self.stopping = true;
        self.cancel.cancel();
        let lost = self.lost.clone();
        let deadline = after(self.engine.config.grace);
        while !self.runs.is_empty() || (!self.all_is_told() && !self.uncertain) {
            tokio::select! {
                biased;
                () = lost.cancelled() => return self.abandon(),
                () = sleep_until(deadline) => break,
                () = self.next() => {}
            }
        }
        let all_stopped = self.stop_runs().await;
        let (soon, at_last) = (after(SHORTLY), after(LAST_ANSWER));
        while !self.all_is_told() {
            let deadline = if self.uncertain { soon } else { at_last };
            if deadline <= Instant::now() {
                break;
            }
            tokio::select! {
                biased;
                () = lost.cancelled() => return self.abandon(),
                () = sleep_until(deadline) => {}
                () = self.next() => {}
            }
        }
        if !all_stopped || !self.all_is_told() {
            // What could not be told is found out as after a crash: the attempt counts.
            tracing::warn!(worker = %self.id, "not everything could be settled; the rest waits for the lease to run out");
            self.count_lost();
            return;
        }
        let retiring = self.engine.metrics.timed(StoreCall::Retire, self.engine.store.retire(self.id));
        match timeout(LAST_ANSWER, retiring).await {
            Ok(Ok(())) => tracing::info!(worker = %self.id, "worker retired"),
            Err(_) => {
                tracing::warn!(worker = %self.id, "the store does not answer; not retired, its lease will run out");
            }
            Ok(Err(error)) => {
                tracing::warn!(worker = %self.id, %error, "not retired; its lease will run out");
            }
        }
    }

    /// Drops everything: it belongs to other workers.
    pub(super) fn abandon(mut self) {
        self.cancel.cancel();
        self.runs.abort_all();
        self.count_lost();
    }

    /// Counts what another worker finds out about.
    fn count_lost(&self) {
        let running = self.running.iter().map(|(execution, running)| (*execution, running.definition));
        for (execution, definition) in running.chain(self.batch.executions()) {
            self.known.meters.gone(definition, execution.step, Gone::Lost);
        }
    }

    /// Stops what still runs. A step that does not let itself be stopped, because it never waits, is left behind; then the
    /// answer is no.
    async fn stop_runs(&mut self) -> bool {
        const PATIENCE: Duration = Duration::from_secs(1);
        self.runs.abort_all();
        let deadline = after(PATIENCE);
        while let Ok(Some(ended)) = timeout_at(deadline, self.runs.join_next()).await {
            self.add(ended);
        }
        if !self.runs.is_empty() {
            return false;
        }
        for (execution, running) in self.running.drain() {
            if !running.revoked {
                let (definition, ending) = (running.definition, stopped(running.executions));
                self.batch.push(Outcome { execution, definition, ending, records: Vec::new() });
            }
        }
        true
    }

    /// Whether no outcome is left that the store may not have.
    fn all_is_told(&self) -> bool {
        self.batch.is_empty() && !self.calls.change_something()
    }
}
