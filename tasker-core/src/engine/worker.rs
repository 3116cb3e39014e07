//! The loop of a worker: claim → run → settle.
//!
//! Outcomes are settled in batches that form by themselves: those that arrive while a settle is under way make the next one,
//! and a lone outcome is settled at once. Each settle also claims for the room there is, so a step that it releases is
//! handed straight back. A worker never holds more executions than its concurrency, and every one it holds is
//! either running, in the batch, or (after an answer of the store was lost) found again by `reconcile`.

use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use tokio::task::{JoinError, JoinSet};
use tokio::time::{Instant, sleep, sleep_until, timeout_at};
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;

use super::lease::{Keeper, Sweeper};
use super::run::{ending, run, stopped};
use super::{Engine, PAUSE, after};
use crate::param::StepInput;
use crate::store::{ClaimedStep, Ending, Execution, Outcome, Room, Runnable, Settled, StoreError};
use crate::{DefinitionId, Executions, StepError, WorkerId};

pub(super) struct Worker<'e> {
    engine: &'e Engine,
    id: WorkerId,
    runnable: &'e Runnable,
    /// When the lease began, at the earliest.
    enlisted: Instant,
    runs: JoinSet<Outcome>,
    /// The executions that are running or in the batch.
    held: HashMap<Execution, Held>,
    batch: Vec<Outcome>,
    next_claim: Instant,
    /// Whether the store may have given out executions of which this worker knows nothing.
    uncertain: bool,
    /// Cancelled when the lease is lost.
    lost: CancellationToken,
    /// Tells the running steps to come to an end.
    cancel: CancellationToken,
    random: fastrand::Rng,
}

struct Held {
    definition: DefinitionId,
    executions: Executions,
}

impl<'e> Worker<'e> {
    pub(super) fn new(engine: &'e Engine, id: WorkerId, enlisted: Instant, runnable: &'e Runnable) -> Self {
        Self {
            engine,
            id,
            runnable,
            enlisted,
            runs: JoinSet::new(),
            held: HashMap::new(),
            batch: Vec::new(),
            next_claim: Instant::now(),
            uncertain: false,
            lost: CancellationToken::new(),
            cancel: CancellationToken::new(),
            random: engine.config.seed.map_or_else(fastrand::Rng::new, fastrand::Rng::with_seed),
        }
    }

    /// Works until the engine stops or the lease is lost.
    pub(super) async fn run(mut self) {
        let engine = self.engine;
        let lost = self.lost.clone();
        let _beside = (self.keeper(), self.sweeper());
        loop {
            let room = self.room() > 0;
            tokio::select! {
                biased;
                () = lost.cancelled() => break self.abandon(),
                () = engine.stop.cancelled() => break self.shut_down().await,
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

    fn keeper(&self) -> AbortOnDropHandle<()> {
        let keeper = Keeper {
            store: Arc::clone(&self.engine.store),
            worker: self.id,
            heartbeat: self.engine.config.heartbeat,
            lease: self.engine.config.lease,
            granted: self.enlisted,
            lost: self.lost.clone(),
        };
        AbortOnDropHandle::new(tokio::spawn(keeper.keep()))
    }

    fn sweeper(&self) -> AbortOnDropHandle<()> {
        let sweeper = Sweeper {
            store: Arc::clone(&self.engine.store),
            every: self.engine.config.heartbeat,
            waiters: Arc::clone(&self.engine.waiters),
            wake: Arc::clone(&self.engine.wake),
        };
        AbortOnDropHandle::new(tokio::spawn(sweeper.sweep()))
    }

    fn room(&self) -> usize {
        (self.engine.config.concurrency + self.batch.len()).saturating_sub(self.held.len())
    }

    /// Adds what has ended to the batch, together with all that ends at the same time.
    async fn collect(&mut self, ended: Result<Outcome, JoinError>) {
        self.add(ended);
        // Steps that were just claimed and have nothing to wait for end now, and go into the same batch.
        tokio::task::yield_now().await;
        while let Some(ended) = self.runs.try_join_next() {
            self.add(ended);
        }
    }

    fn add(&mut self, ended: Result<Outcome, JoinError>) {
        match ended {
            Ok(outcome) => self.batch.push(outcome),
            // Panics are caught where they happen: this is an abort, and `shut_down` knows of those.
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
            let claim = self.engine.store.claim(self.id, self.runnable, &Room::new(room)).await;
            claim.map(|claim| {
                self.look_again_in(claim.next_due.unwrap_or(Duration::MAX));
                self.begin(claim.steps, room);
            })
        } else {
            self.settle(room).await
        };
        if let Err(error) = done {
            self.store_failed(&error).await;
        }
    }

    /// Settles the batch. If the store refuses it, each outcome on its own, so that one that cannot be stored holds up no
    /// other.
    async fn settle(&mut self, room: usize) -> Result<(), StoreError> {
        match self.engine.store.settle(self.id, self.runnable, &self.batch, &Room::new(room)).await {
            Ok(settled) => self.settled(settled, room),
            Err(error) if error.is_transient() => return Err(error),
            Err(error) => {
                tracing::error!(worker = %self.id, %error, "the store refused a batch; settling its outcomes one by one");
                let mut rest = VecDeque::from(std::mem::take(&mut self.batch));
                while let Some(outcome) = rest.pop_front() {
                    if let Err(error) = self.settle_alone(outcome).await {
                        self.batch.extend(rest);
                        return Err(error);
                    }
                }
            }
        }
        Ok(())
    }

    /// Settles one outcome; where it cannot be stored, the step fails with that as its error.
    async fn settle_alone(&mut self, outcome: Outcome) -> Result<(), StoreError> {
        self.batch = vec![outcome];
        for last in [false, true] {
            match self.engine.store.settle(self.id, self.runnable, &self.batch, &Room::default()).await {
                Ok(settled) => {
                    self.settled(settled, 0);
                    break;
                }
                Err(error) if error.is_transient() => return Err(error),
                Err(error) if last => {
                    let task = self.batch.pop().map(|outcome| outcome.execution.task);
                    tracing::error!(worker = %self.id, ?task, %error, "the end of a step cannot be stored in any form");
                }
                Err(error) => {
                    let refused = StepError::permanent(format!("the outcome could not be stored: {error}"));
                    self.batch[0].ending = Ending::Failed(refused.code("NOT_STORED").bounded());
                }
            }
        }
        Ok(())
    }

    fn settled(&mut self, settled: Settled, room: usize) {
        for outcome in std::mem::take(&mut self.batch) {
            self.held.remove(&outcome.execution);
            if let Ending::Retry(_, wait) = outcome.ending {
                self.next_claim = self.next_claim.min(after(wait));
            }
        }
        for execution in settled.refused {
            tracing::warn!(worker = %self.id, task = %execution.task, step = execution.step.0, attempt = %execution.attempt,
                "an outcome was refused: it was recorded before, or the execution was taken from this worker");
        }
        self.engine.waiters.ended(&settled.ended);
        self.begin(settled.claimed, room);
    }

    /// Claims again when the next step is due, or after the poll interval, for what other processes made.
    fn look_again_in(&mut self, due: Duration) {
        let poll = self.engine.config.poll.mul_f64(self.random.f64().mul_add(0.2, 0.9));
        self.next_claim = after(due.min(poll));
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
        self.held.insert(execution, Held { definition, executions });
        let known = self.engine.workflows.iter().find(|(id, _)| *id == definition).map(|(_, known)| known);
        let parts = known.and_then(|known| {
            let handler = Arc::clone(known.handler(execution.step)?);
            let step = known.workflow.step(execution.step)?;
            Some((Arc::clone(&known.workflow), handler, step.retry(), step.timeout()))
        });
        let Some((workflow, handler, policy, timeout)) = parts else {
            // A store that gives out what was not asked for; the step goes back to whom it belongs.
            tracing::error!(task = %execution.task, "claimed a step of a workflow that is not registered here");
            self.batch.push(Outcome { execution, definition, ending: Ending::HandedBack });
            return;
        };
        let (chance, max_payload) = (self.random.f64(), self.engine.config.max_payload);
        let cancelled = self.cancel.clone();
        let input = StepInput {
            workflow,
            step: execution.step,
            attempt: execution.attempt,
            context,
            results,
            cancelled: cancelled.clone(),
        };
        self.runs.spawn(async move {
            let result = run(handler, input, timeout, max_payload).await;
            let ending = ending(result, cancelled.is_cancelled(), executions, policy, chance);
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
                    if let Entry::Vacant(unknown) = self.held.entry(execution) {
                        // It never ran here, so it costs nothing, however often it may run.
                        let executions = Executions { attempt: execution.attempt, lost: 0, limit: u32::MAX };
                        unknown.insert(Held { definition, executions });
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

    /// Lets what runs come to its end within the grace period, then stops and hands back the rest.
    async fn shut_down(mut self) {
        self.cancel.cancel();
        let lost = self.lost.clone();
        let deadline = after(self.engine.config.grace);
        loop {
            tokio::select! {
                biased;
                () = lost.cancelled() => return self.abandon(),
                () = sleep_until(deadline) => break,
                ended = self.runs.join_next() => match ended {
                    Some(ended) => self.collect(ended).await,
                    None => break,
                },
            }
            self.settle_last(Instant::now()).await;
        }
        let all_stopped = self.stop_runs().await;
        self.settle_last(after(5 * PAUSE)).await;
        if !all_stopped || !self.batch.is_empty() {
            // What could not be told is found out as after a crash: the attempt counts.
            tracing::warn!(worker = %self.id, "not everything could be settled; the rest waits for the lease to run out");
            return;
        }
        match self.engine.store.retire(self.id).await {
            Ok(()) => tracing::info!(worker = %self.id, "worker retired"),
            Err(error) => tracing::warn!(worker = %self.id, %error, "not retired; its lease will run out"),
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
        let ended: HashSet<Execution> = self.batch.iter().map(|outcome| outcome.execution).collect();
        for (&execution, held) in &self.held {
            if !ended.contains(&execution) {
                let ending = stopped(held.executions);
                self.batch.push(Outcome { execution, definition: held.definition, ending });
            }
        }
        true
    }

    /// Settles without claiming, again and again until the deadline. What cannot be settled stays in the batch.
    async fn settle_last(&mut self, deadline: Instant) {
        while !self.batch.is_empty() {
            match self.settle(0).await {
                Ok(()) => {}
                Err(error) if Instant::now() >= deadline => {
                    tracing::warn!(worker = %self.id, %error, "outcomes could not be settled while shutting down");
                    return;
                }
                Err(_) => sleep(PAUSE).await,
            }
        }
    }
}
