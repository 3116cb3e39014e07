//! The loop of a worker: claim → run → settle.
//!
//! Outcomes are settled in batches that form by themselves: those that arrive while a settle is under way make the next one,
//! and a lone outcome is settled at once. Each settle also claims for the room there is, so a step that it releases is
//! handed straight back. A worker never holds more executions than its concurrency, and every one it holds is
//! either running, in the batch, or (after an answer of the store was lost) found again by `reconcile`.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until, timeout_at};
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;

use super::Engine;
use super::lease::Keeper;
use super::run::{ending, run};
use crate::param::StepInput;
use crate::store::{ClaimedStep, Ending, Execution, Outcome, Runnable, Settled, StoreError};
use crate::{DefinitionId, WorkerId};

pub(super) struct Worker<'e> {
    engine: &'e Engine,
    id: WorkerId,
    runnable: &'e Runnable,
    enlisted: Instant,
    /// What runs; what is not in `held` any more was taken away.
    runs: JoinSet<Outcome>,
    /// The executions that are running or in the batch, with their definitions.
    held: HashMap<Execution, DefinitionId>,
    batch: Vec<Outcome>,
    next_claim: Instant,
    /// Whether the store may have given out executions of which this worker knows nothing.
    uncertain: bool,
    /// Tells the running steps to come to an end.
    cancel: CancellationToken,
    random: fastrand::Rng,
}

impl<'e> Worker<'e> {
    pub(super) fn new(engine: &'e Engine, id: WorkerId, runnable: &'e Runnable) -> Self {
        Self {
            engine,
            id,
            runnable,
            enlisted: Instant::now(),
            runs: JoinSet::new(),
            held: HashMap::new(),
            batch: Vec::new(),
            next_claim: Instant::now(),
            uncertain: false,
            cancel: CancellationToken::new(),
            random: engine.config.seed.map_or_else(fastrand::Rng::new, fastrand::Rng::with_seed),
        }
    }

    /// Works until the engine stops or the lease is lost.
    pub(super) async fn run(mut self) {
        let engine = self.engine;
        let lost = CancellationToken::new();
        let keeper = Keeper {
            store: Arc::clone(&engine.store),
            worker: self.id,
            config: engine.config.clone(),
            waiters: Arc::clone(&engine.waiters),
            granted: self.enlisted,
            lost: lost.clone(),
            wake: Arc::clone(&engine.wake),
        };
        // What a crash left behind comes first: a restart resumes at once.
        keeper.sweep().await;
        let _keeper = AbortOnDropHandle::new(tokio::spawn(keeper.keep()));
        loop {
            let room = self.room() > 0;
            tokio::select! {
                biased;
                () = lost.cancelled() => break self.abandon(),
                () = engine.stop.cancelled() => break self.shut_down(&lost).await,
                Some(ended) = self.runs.join_next() => self.collect(ended).await,
                () = engine.wake.notified(), if room => {}
                () = sleep_until(self.next_claim), if room => {}
            }
            tokio::select! {
                biased;
                () = lost.cancelled() => break self.abandon(),
                () = self.turn() => {}
            }
        }
    }

    fn room(&self) -> usize {
        self.engine.config.concurrency.saturating_sub(self.held.len() - self.batch.len())
    }

    /// Adds what has ended to the batch, together with all that ends at the same time.
    async fn collect(&mut self, ended: Result<Outcome, tokio::task::JoinError>) {
        self.add(ended);
        // Steps that were just claimed and have nothing to wait for end now, and go into the same batch.
        tokio::task::yield_now().await;
        while let Some(ended) = self.runs.try_join_next() {
            self.add(ended);
        }
    }

    fn add(&mut self, ended: Result<Outcome, tokio::task::JoinError>) {
        match ended {
            Ok(outcome) => self.batch.push(outcome),
            // Panics of steps are caught where they run; this is the end of the runtime, or an abort.
            Err(error) => tracing::debug!(%error, "an execution was stopped"),
        }
    }

    /// Settles the batch, or claims if there is none.
    async fn turn(&mut self) {
        if self.uncertain && !self.reconcile().await {
            return;
        }
        let room = self.room();
        let done = if self.batch.is_empty() {
            let claim = self.engine.store.claim(self.id, self.runnable, room).await;
            claim.map(|claim| {
                self.look_again_in(claim.next_due.unwrap_or(Duration::MAX));
                self.begin(claim.steps, room);
            })
        } else {
            let settled = self.engine.store.settle(self.id, self.runnable, &self.batch, room).await;
            settled.map(|settled| self.settled(settled, room))
        };
        if let Err(error) = done {
            self.store_failed(&error).await;
        }
    }

    fn settled(&mut self, settled: Settled, room: usize) {
        for outcome in std::mem::take(&mut self.batch) {
            self.held.remove(&outcome.execution);
            if let Ending::Retry(_, wait) = outcome.ending {
                self.next_claim = self.next_claim.min(Instant::now() + wait);
            }
        }
        for execution in settled.refused {
            tracing::warn!(worker = %self.id, task = %execution.task, step = execution.step.0, attempt = %execution.attempt,
                "an outcome was refused: the execution was taken from this worker");
        }
        self.engine.waiters.ended(&settled.ended);
        self.begin(settled.claimed, room);
    }

    /// Claims again when the next step is due, or after the poll interval, for what other processes made.
    fn look_again_in(&mut self, due: Duration) {
        let poll = self.engine.config.poll.mul_f64(self.random.f64().mul_add(0.2, 0.9));
        self.next_claim = Instant::now() + due.min(poll);
    }

    /// Runs what was claimed. Where all the room was filled there may be more.
    fn begin(&mut self, claimed: Vec<ClaimedStep>, room: usize) {
        if claimed.len() == room {
            self.next_claim = Instant::now();
        }
        for step in claimed {
            self.start(step);
        }
    }

    fn start(&mut self, claimed: ClaimedStep) {
        let ClaimedStep { execution, definition, executions, context, results } = claimed;
        self.held.insert(execution, definition);
        let registration =
            self.engine.workflows.iter().find(|(id, _)| *id == definition).map(|(_, known)| known);
        let Some((workflow, handler)) = registration.and_then(|known| {
            Some((Arc::clone(&known.workflow), Arc::clone(known.handler(execution.step)?)))
        }) else {
            // A store that gives out what was not asked for; the step goes back to whom it belongs.
            tracing::error!(task = %execution.task, "claimed a step of a workflow that is not registered here");
            self.batch.push(Outcome { execution, definition, ending: Ending::HandedBack });
            return;
        };
        let Some(step) = workflow.step(execution.step) else { return };
        let (policy, timeout) = (step.retry(), step.timeout());
        let (chance, max_payload) = (self.random.f64(), self.engine.config.max_payload);
        let cancelled = self.cancel.clone();
        let input = StepInput {
            workflow: Arc::clone(&workflow),
            step: execution.step,
            attempt: execution.attempt,
            context,
            results,
            cancelled: cancelled.clone(),
        };
        self.runs.spawn(async move {
            let result = run(handler, input, timeout, max_payload).await;
            let ending = match result {
                // It was told to come to an end and did: that is no failure.
                Err(_) if cancelled.is_cancelled() => Ending::HandedBack,
                result => ending(result, executions, policy, chance),
            };
            Outcome { execution, definition, ending }
        });
    }

    async fn store_failed(&mut self, error: &StoreError) {
        tracing::warn!(worker = %self.id, %error, "the store did not answer; trying again");
        self.uncertain = true;
        self.engine.pause().await;
    }

    /// Hands back what the store gave this worker without its knowing, because the answer was lost.
    async fn reconcile(&mut self) -> bool {
        match self.engine.store.held(self.id).await {
            Ok(held) => {
                for (execution, definition) in held {
                    if self.held.insert(execution, definition).is_none() {
                        self.batch.push(Outcome { execution, definition, ending: Ending::HandedBack });
                    }
                }
                self.uncertain = false;
                true
            }
            Err(error) => {
                self.store_failed(&error).await;
                false
            }
        }
    }

    /// Drops everything: it belongs to other workers.
    fn abandon(mut self) {
        self.cancel.cancel();
        self.runs.abort_all();
    }

    /// Lets what runs come to its end within the grace period, then hands the rest back.
    async fn shut_down(mut self, lost: &CancellationToken) {
        self.cancel.cancel();
        let deadline = Instant::now() + self.engine.config.grace;
        while let Ok(Some(ended)) = timeout_at(deadline, self.runs.join_next()).await {
            if lost.is_cancelled() {
                return self.abandon();
            }
            self.collect(ended).await;
            self.settle_last().await;
        }
        self.runs.abort_all();
        while let Some(ended) = self.runs.join_next().await {
            self.add(ended);
        }
        self.settle_last().await;
        // What is still held was aborted: retiring hands it back.
        match self.engine.store.retire(self.id).await {
            Ok(()) => tracing::info!(worker = %self.id, handed_back = self.held.len(), "worker retired"),
            Err(error) => tracing::warn!(worker = %self.id, %error, "not retired; its lease will run out"),
        }
    }

    /// Settles without claiming. What cannot be settled now stays in the batch for the next time; in the end it is
    /// executed again by whoever takes over.
    async fn settle_last(&mut self) {
        if self.batch.is_empty() {
            return;
        }
        match self.engine.store.settle(self.id, self.runnable, &self.batch, 0).await {
            Ok(settled) => self.settled(settled, 0),
            Err(error) => self.store_failed(&error).await,
        }
    }
}
