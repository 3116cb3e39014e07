//! The executions of a worker: from the claimed step to its outcome in the batch.

use std::sync::Arc;
use std::time::Duration;

use tokio::task::{AbortHandle, JoinError};
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;
use tracing::Instrument;

use super::run::{ending, run};
use super::span;
use super::worker::Worker;
use crate::correlation::Correlation;
use crate::metrics::Gone;
use crate::param::{Collector, StepInput, StoredResults};
use crate::store::{ClaimedStep, Ending, Execution, Outcome};
use crate::{DefinitionId, Executions, RetryPolicy};

/// A step that runs.
pub(super) struct Running {
    pub(super) definition: DefinitionId,
    pub(super) executions: Executions,
    /// Whether it is this worker's no more.
    pub(super) revoked: bool,
    cancel: CancellationToken,
    abort: AbortHandle,
}

impl Worker<'_> {
    pub(super) fn start(&mut self, claimed: ClaimedStep) {
        let (execution, definition, executions) = (claimed.execution, claimed.definition, claimed.executions);
        self.capacity.take(definition);
        let parts = self.known.runner(definition).and_then(|runner| {
            let handler = Arc::clone(runner.handler(execution.step)?);
            let step = runner.workflow.step(execution.step)?;
            Some((Arc::clone(&runner.workflow), handler, step.retry(), step.timeout()))
        });
        let Some((workflow, handler, policy, timeout)) = parts.filter(|_| !self.stopping) else {
            if !self.stopping {
                // A store that gives out what was not asked for; the step goes back to whom it belongs.
                tracing::error!(worker = %self.id, task = %execution.task, "claimed a step of a workflow that is not registered here; it is handed back");
            }
            let ending = Ending::HandedBack;
            self.batch.push(Outcome { execution, definition, ending, records: Vec::new() });
            return;
        };
        let asked = claimed.traceparent.as_deref().and_then(|text| text.parse().ok());
        let span = || span::of_step(self.id, &claimed, &workflow);
        let (span, around) = self.spans.begins(&claimed, &workflow, asked, span);
        let ClaimedStep { context, results, correlation_id, .. } = claimed;
        if let Some(id) = &correlation_id {
            self.correlations.insert(execution, id.clone());
        }
        let chance = if self.engine.config.jitter { self.random.f64() } else { RetryPolicy::NO_JITTER };
        let max_payload = self.engine.config.max_payload;
        let redaction = self.engine.config.redaction.clone();
        let cancel = self.cancel.child_token();
        let cancelled = cancel.clone();
        let input = StepInput {
            workflow,
            task: execution.task,
            correlation: Correlation::of(execution.task, correlation_id),
            asked,
            step: execution.step,
            attempt: execution.attempt,
            limit: executions.limit,
            context,
            results,
            stored: StoredResults::of(&self.engine.store),
            records: Collector::default(),
            cancelled: cancelled.clone(),
            only_when: None,
        };
        let mut in_hand = self.known.meters.in_hand(definition, execution.step);
        let execute = async move {
            in_hand.begins();
            let ended = run(handler, input, timeout, max_payload, &redaction).await;
            in_hand.ends();
            let (ending, records) = ending(ended, cancelled.is_cancelled(), executions, policy, chance);
            span::ends(&ending);
            Outcome { execution, definition, ending, records }
        };
        let abort = self.runs.spawn(around.within(execute.instrument(span)));
        self.running.insert(execution, Running { definition, executions, revoked: false, cancel, abort });
    }

    /// Adds what has ended to the batch, together with all that ends at the same time.
    pub(super) async fn collect(&mut self, ended: Result<Outcome, JoinError>) {
        self.add(ended);
        self.gather().await;
    }

    /// Lets steps that were just claimed and have nothing to wait for end, so that they go into the same batch.
    pub(super) async fn gather(&mut self) {
        tokio::task::yield_now().await;
        while let Some(ended) = self.runs.try_join_next() {
            self.add(ended);
        }
    }

    pub(super) fn add(&mut self, ended: Result<Outcome, JoinError>) {
        let execution = match &ended {
            Ok(outcome) => Some(outcome.execution),
            // Panics are caught where they happen: this is an abort, of a step that was revoked or by `shut_down`.
            Err(error) => {
                tracing::debug!(worker = %self.id, %error, "an execution was stopped");
                let mut revoked = self.running.iter().filter(|(_, running)| running.revoked);
                revoked.find(|(_, running)| running.abort.id() == error.id()).map(|(&execution, _)| execution)
            }
        };
        let running = execution.and_then(|execution| self.running.remove(&execution));
        match (ended, running) {
            (_, Some(Running { definition, revoked: true, .. })) => {
                if let Some(execution) = execution {
                    self.known.meters.gone(definition, execution.step, Gone::Revoked);
                    self.spans.gone(execution);
                    self.correlations.remove(&execution);
                }
                self.capacity.give_back(definition);
                self.wanted.anything();
            }
            (Ok(outcome), _) => self.batch.push(outcome),
            (Err(_), _) => {}
        }
    }

    /// Stops a step whose outcome would be refused: an operator cancelled its task.
    pub(super) fn revoke(&mut self, execution: Execution) {
        const PATIENCE: Duration = Duration::from_secs(1);
        let Some(running) = self.running.get_mut(&execution).filter(|running| !running.revoked) else {
            return;
        };
        let step = self.known.runnable.step_name(running.definition, execution.step);
        tracing::info!(worker = %self.id, task = %execution.task, step, attempt = execution.attempt.0, "a step is stopped: it was taken from this worker");
        running.revoked = true;
        running.cancel.cancel();
        let abort = running.abort.clone();
        tokio::spawn(async move {
            sleep(PATIENCE).await;
            abort.abort();
        });
    }
}
