//! The loop of a worker: claim → run → settle.
//!
//! Outcomes are settled in batches that form by themselves: those that arrive while as many settles are under way as the store works
//! on at the same time make the next one, and a lone outcome is settled at once. Each settle also claims for the room
//! there is, so a step that it releases is handed straight back.
//!
//! Every execution that the store has given to this worker is running, in the batch, part of a settle under way, or was
//! claimed by a call whose answer was lost. After a lost answer nothing else is asked until the other calls have
//! ended and the store has said what the worker holds; what it did not know of is handed back.

use std::collections::{HashMap, HashSet};
use std::panic::resume_unwind;
use std::sync::Arc;
use std::time::Duration;

use tokio::task::{AbortHandle, JoinError, JoinSet};
use tokio::time::{Instant, sleep, sleep_until};
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;

use super::call::{Answer, Caller, Settling};
use super::capacity::Capacity;
use super::lease::{Keeper, Sweeper};
use super::poll::Poll;
use super::run::{ending, run};
use super::wanted::Wanted;
use super::{Engine, PAUSE, after};
use crate::param::StepInput;
use crate::store::{Claim, ClaimedStep, Ending, Execution, Outcome, Room, Runnable, StoreError};
use crate::{DefinitionId, Executions, WorkerId};

pub(super) struct Worker<'e> {
    pub(super) engine: &'e Engine,
    pub(super) id: WorkerId,
    caller: Caller,
    /// When the lease began, at the earliest.
    enlisted: Instant,
    pub(super) runs: JoinSet<Outcome>,
    pub(super) running: HashMap<Execution, Running>,
    /// What has ended and is not being settled.
    pub(super) batch: Vec<Outcome>,
    capacity: Capacity,
    calls: JoinSet<Answer>,
    /// How many claims and settles are among the calls, and how many there may be.
    pub(super) under_way: usize,
    parallel: usize,
    claiming: bool,
    looking: bool,
    poll: Poll,
    wanted: Wanted,
    /// Whether to ask what is still this worker's.
    look: bool,
    /// Whether the store may have given out executions of which this worker knows nothing.
    uncertain: bool,
    /// When to ask the store again, after it did not answer.
    patient_until: Instant,
    pub(super) stopping: bool,
    /// Cancelled when the lease is lost.
    pub(super) lost: CancellationToken,
    /// Tells the running steps to come to an end.
    pub(super) cancel: CancellationToken,
    random: fastrand::Rng,
}

/// A step that runs.
pub(super) struct Running {
    pub(super) definition: DefinitionId,
    pub(super) executions: Executions,
    /// Whether it is this worker's no more.
    pub(super) revoked: bool,
    cancel: CancellationToken,
    abort: AbortHandle,
}

impl<'e> Worker<'e> {
    pub(super) fn new(engine: &'e Engine, id: WorkerId, enlisted: Instant, runnable: &Arc<Runnable>) -> Self {
        let mut random = engine.config.seed.map_or_else(fastrand::Rng::new, fastrand::Rng::with_seed);
        let poll = Poll::new(engine.config.poll, random.fork());
        Self {
            engine,
            id,
            caller: Caller { store: Arc::clone(&engine.store), worker: id, runnable: Arc::clone(runnable) },
            enlisted,
            runs: JoinSet::new(),
            running: HashMap::new(),
            batch: Vec::new(),
            capacity: Capacity::new(engine.config.concurrency, engine.limits.clone()),
            calls: JoinSet::new(),
            under_way: 0,
            parallel: engine.store.parallel_settles().max(1),
            claiming: false,
            looking: false,
            poll,
            wanted: Wanted::default(),
            look: false,
            uncertain: false,
            patient_until: Instant::now(),
            stopping: false,
            lost: CancellationToken::new(),
            cancel: CancellationToken::new(),
            random,
        }
    }

    /// Works until the engine stops or the lease is lost.
    pub(super) async fn run(mut self) {
        let engine = self.engine;
        let lost = self.lost.clone();
        let _beside = (self.keeper(), self.sweeper());
        loop {
            tokio::select! {
                biased;
                () = lost.cancelled() => break self.abandon(),
                () = engine.stop.cancelled() => break self.shut_down().await,
                () = self.next() => {}
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
            look: Arc::clone(&self.engine.look),
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

    /// Asks of the store what there is to ask, then waits for the next thing that happens and deals with it. May be
    /// dropped while it waits.
    pub(super) async fn next(&mut self) {
        self.ask();
        let (engine, alarm) = (self.engine, self.alarm());
        tokio::select! {
            biased;
            Some(answer) = self.calls.join_next() => self.answered(answer),
            Some(ended) = self.runs.join_next() => self.collect(ended).await,
            () = engine.wake.notified(), if !self.stopping => {
                self.wanted.anything();
                self.poll.expect();
            }
            () = engine.look.notified() => self.look = true,
            () = sleep_until(alarm.unwrap_or_else(Instant::now)), if alarm.is_some() => {}
        }
    }

    /// When to ask again, if nothing happens before.
    fn alarm(&self) -> Option<Instant> {
        if self.patient_until > Instant::now() {
            return Some(self.patient_until);
        }
        let idle = !self.uncertain && !self.claiming && self.under_way < self.parallel;
        (idle && !self.room().is_empty()).then(|| self.poll.next())
    }

    fn room(&self) -> Room {
        if self.stopping { Room::default() } else { self.capacity.room() }
    }

    /// Begins every call that can begin now.
    fn ask(&mut self) {
        let now = Instant::now();
        if now < self.patient_until {
            return;
        }
        if self.uncertain {
            // An answer under way may bring what the store says that this worker holds.
            if self.calls.is_empty() {
                self.ask_what_is_held();
            }
            return;
        }
        if self.look && !self.looking {
            self.look = false;
            if !self.running.is_empty() {
                self.ask_what_is_held();
            }
        }
        while self.under_way < self.parallel {
            let room = self.room();
            let can_claim = !self.claiming && !room.is_empty();
            if can_claim && self.poll.next() <= now {
                self.claim(room);
            } else if !self.batch.is_empty() {
                // With all places taken, what is due would wait for ever behind what is ready.
                let make_room = room.is_empty() && !self.claiming && self.poll.is_overdue(now);
                self.settle(make_room);
            } else if can_claim && self.wanted.fits(&room) {
                self.claim(room);
            } else {
                break;
            }
        }
    }

    fn claim(&mut self, room: Room) {
        self.under_way += 1;
        self.claiming = true;
        self.poll.ask();
        self.wanted.look(&room, self.capacity.limited());
        let kept = self.capacity.reserve(&room, &[]);
        self.calls.spawn(self.caller.clone().claim(room, kept));
    }

    fn settle(&mut self, make_room: bool) {
        self.under_way += 1;
        let size = self.batch.len().min(self.engine.config.concurrency);
        let outcomes: Vec<Outcome> = self.batch.drain(..size).collect();
        for outcome in &outcomes {
            self.capacity.give_back(outcome.definition);
        }
        let room = if make_room { Room::default() } else { self.room() };
        self.wanted.look(&room, self.capacity.limited());
        let kept = self.capacity.reserve(&room, &outcomes);
        self.calls.spawn(self.caller.clone().settle(outcomes, room, kept));
    }

    fn ask_what_is_held(&mut self) {
        self.looking = true;
        let running = self.running.keys().copied().collect();
        self.calls.spawn(self.caller.clone().held(running, self.uncertain));
    }

    fn answered(&mut self, answer: Result<Answer, JoinError>) {
        let answer = match answer {
            Ok(answer) => answer,
            Err(error) if error.is_panic() => resume_unwind(error.into_panic()),
            Err(error) => {
                return tracing::error!(worker = %self.id, %error, "a call to the store was stopped");
            }
        };
        match answer {
            Answer::Claimed { room, kept, claim } => {
                self.under_way -= 1;
                self.claiming = false;
                self.capacity.release(&kept);
                match claim {
                    Ok(claim) => self.claimed(claim, &room),
                    Err(error) => self.store_failed(&error),
                }
            }
            Answer::Settled { room, kept, settling } => {
                self.under_way -= 1;
                self.capacity.release(&kept);
                self.settled(settling, &room);
            }
            Answer::Held { running, complete, held } => {
                self.looking = false;
                match held {
                    Ok(held) => {
                        self.revoke_others(&running, &held);
                        if complete {
                            self.hand_back_unknown(&held);
                        }
                    }
                    Err(error) if complete => self.store_failed(&error),
                    // Nothing hangs on it; the next heartbeat asks again.
                    Err(error) => tracing::debug!(worker = %self.id, %error, "not known what is still held"),
                }
            }
        }
    }

    fn claimed(&mut self, claim: Claim, room: &Room) {
        self.poll.answered(!claim.steps.is_empty(), claim.next_due);
        self.begin(claim.steps, room);
    }

    fn settled(&mut self, settling: Settling, room: &Room) {
        let Settling { settled, told, untold, error } = settling;
        for outcome in &told {
            if let Ending::Retry(_, wait) = outcome.ending {
                self.poll.due_in(wait);
            }
        }
        if settled.left {
            self.wanted.of(told.iter().map(|outcome| outcome.definition));
        }
        for execution in &settled.refused {
            tracing::warn!(worker = %self.id, task = %execution.task, step = execution.step.0, attempt = %execution.attempt,
                "an outcome was refused: it was recorded before, or the execution was taken from this worker");
        }
        self.engine.waiters.ended(&settled.ended);
        for outcome in &untold {
            self.capacity.take(outcome.definition);
        }
        self.batch.splice(..0, untold);
        self.begin(settled.claimed, room);
        if let Some(error) = error {
            self.store_failed(&error);
        }
    }

    /// Runs what was claimed. Where all the room was filled there may be more.
    fn begin(&mut self, claimed: Vec<ClaimedStep>, room: &Room) {
        if !room.is_empty() && claimed.len() >= room.total() {
            self.wanted.anything();
        }
        for definition in self.capacity.limited().filter(|&definition| room.of(definition) > 0) {
            if claimed.iter().filter(|step| step.definition == definition).count() >= room.of(definition) {
                self.wanted.of([definition]);
            }
        }
        for step in claimed {
            self.start(step);
        }
    }

    fn start(&mut self, claimed: ClaimedStep) {
        let ClaimedStep { execution, definition, executions, context, results } = claimed;
        self.capacity.take(definition);
        let known = self.engine.workflows.iter().find(|(id, _)| *id == definition).map(|(_, known)| known);
        let parts = known.and_then(|known| {
            let handler = Arc::clone(known.handler(execution.step)?);
            let step = known.workflow.step(execution.step)?;
            Some((Arc::clone(&known.workflow), handler, step.retry(), step.timeout()))
        });
        let Some((workflow, handler, policy, timeout)) = parts.filter(|_| !self.stopping) else {
            if !self.stopping {
                // A store that gives out what was not asked for; the step goes back to whom it belongs.
                tracing::error!(task = %execution.task, "claimed a step of a workflow that is not registered here");
            }
            self.batch.push(Outcome { execution, definition, ending: Ending::HandedBack });
            return;
        };
        let (chance, max_payload) = (self.random.f64(), self.engine.config.max_payload);
        let cancel = self.cancel.child_token();
        let cancelled = cancel.clone();
        let input = StepInput {
            workflow,
            step: execution.step,
            attempt: execution.attempt,
            context,
            results,
            cancelled: cancelled.clone(),
        };
        let abort = self.runs.spawn(async move {
            let result = run(handler, input, timeout, max_payload).await;
            let ending = ending(result, cancelled.is_cancelled(), executions, policy, chance);
            Outcome { execution, definition, ending }
        });
        self.running.insert(execution, Running { definition, executions, revoked: false, cancel, abort });
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

    pub(super) fn add(&mut self, ended: Result<Outcome, JoinError>) {
        let execution = match &ended {
            Ok(outcome) => Some(outcome.execution),
            // Panics are caught where they happen: this is an abort, of a step that was revoked or by `shut_down`.
            Err(error) => {
                tracing::debug!(%error, "an execution was stopped");
                let mut revoked = self.running.iter().filter(|(_, running)| running.revoked);
                revoked.find(|(_, running)| running.abort.id() == error.id()).map(|(&execution, _)| execution)
            }
        };
        let running = execution.and_then(|execution| self.running.remove(&execution));
        match (ended, running) {
            (_, Some(Running { definition, revoked: true, .. })) => {
                self.capacity.give_back(definition);
                self.wanted.anything();
            }
            (Ok(outcome), _) => self.batch.push(outcome),
            (Err(_), _) => {}
        }
    }

    fn store_failed(&mut self, error: &StoreError) {
        tracing::warn!(worker = %self.id, %error, "the store did not answer; trying again");
        self.uncertain = true;
        self.patient_until = after(PAUSE);
        self.wanted.anything();
    }

    /// Stops what ran when the store was asked, and is not this worker's.
    fn revoke_others(&mut self, ran: &[Execution], held: &[(Execution, DefinitionId)]) {
        let mine: HashSet<Execution> = held.iter().map(|(execution, _)| *execution).collect();
        for execution in ran.iter().filter(|execution| !mine.contains(execution)) {
            self.revoke(*execution);
        }
    }

    /// Hands back what the store gave out without this worker's knowing, because the answer was lost.
    fn hand_back_unknown(&mut self, held: &[(Execution, DefinitionId)]) {
        self.uncertain = false;
        let ended: HashSet<Execution> = self.batch.iter().map(|outcome| outcome.execution).collect();
        for &(execution, definition) in held {
            if !self.running.contains_key(&execution) && !ended.contains(&execution) {
                // It never ran here, so it costs nothing, however often it may run.
                self.capacity.take(definition);
                self.batch.push(Outcome { execution, definition, ending: Ending::HandedBack });
            }
        }
    }

    /// Stops a step whose outcome would be refused: an operator cancelled its task.
    fn revoke(&mut self, execution: Execution) {
        const PATIENCE: Duration = Duration::from_secs(1);
        let Some(running) = self.running.get_mut(&execution).filter(|running| !running.revoked) else {
            return;
        };
        tracing::info!(worker = %self.id, task = %execution.task, step = execution.step.0, "a step is stopped: it was taken from this worker");
        running.revoked = true;
        running.cancel.cancel();
        let abort = running.abort.clone();
        tokio::spawn(async move {
            sleep(PATIENCE).await;
            abort.abort();
        });
    }
}
