//! The loop of a worker: claim → run → settle.
//!
//! Outcomes are settled in batches that form by themselves: those that arrive while as many settles are under way as the store works
//! on at the same time make the next one, and a lone outcome is settled at once. Each settle also claims for the room there is, while
//! more may be ready, or else what it releases: so a step that it releases is handed straight back.
//!
//! Every execution that the store has given to this worker is running, in the batch, part of a settle under way, or was
//! claimed by a call whose answer was lost. After a lost answer nothing else is asked until the other calls have
//! ended and the store has said what the worker holds; what it did not know of is handed back.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;

use super::Engine;
use super::batch::Batch;
use super::call::{Caller, Calls};
use super::capacity::Capacity;
use super::execution::Running;
use super::known::Known;
use super::lease::{Keeper, Sweeper};
use super::poll::Poll;
use super::wanted::Wanted;
use crate::WorkerId;
use crate::store::{Execution, Outcome, Room};
use crate::trace::Spans;

pub(super) struct Worker<'e> {
    pub(super) engine: &'e Engine,
    pub(super) id: WorkerId,
    pub(super) known: &'e Known,
    caller: Caller,
    /// When the lease began, at the earliest.
    enlisted: Instant,
    pub(super) runs: JoinSet<Outcome>,
    pub(super) running: HashMap<Execution, Running>,
    /// What has ended, until the store has it.
    pub(super) batch: Batch,
    pub(super) capacity: Capacity,
    pub(super) calls: Calls,
    pub(super) poll: Poll,
    pub(super) spans: Spans,
    /// The correlation ids of what runs and was not told yet, where it is not the id of the task.
    pub(super) correlations: HashMap<Execution, String>,
    pub(super) wanted: Wanted,
    /// Whether to ask what is still this worker's.
    look: bool,
    /// What the last look found held that nobody here knew of, and how many calls had begun by then.
    pub(super) suspects: HashSet<Execution>,
    pub(super) looked_after: u64,
    /// How many looks are still due though nothing runs, because an answer was lost.
    pub(super) doubts: u32,
    /// Whether the store may have given out executions of which this worker knows nothing.
    pub(super) uncertain: bool,
    /// When to ask the store again, after it did not answer.
    pub(super) patient_until: Instant,
    pub(super) stopping: bool,
    /// Cancelled when the lease is lost.
    pub(super) lost: CancellationToken,
    /// Tells the running steps to come to an end.
    pub(super) cancel: CancellationToken,
    pub(super) random: fastrand::Rng,
}

impl<'e> Worker<'e> {
    pub(super) fn new(engine: &'e Engine, id: WorkerId, enlisted: Instant, known: &'e Known) -> Self {
        let mut random = engine.config.seed.map_or_else(fastrand::Rng::new, fastrand::Rng::with_seed);
        let poll = Poll::new(engine.config.poll, random.fork());
        Self {
            engine,
            id,
            known,
            caller: Caller {
                store: Arc::clone(&engine.store),
                worker: id,
                runnable: Arc::clone(&known.runnable),
                metrics: engine.metrics.clone(),
                redaction: engine.config.redaction.clone(),
            },
            enlisted,
            runs: JoinSet::new(),
            running: HashMap::new(),
            batch: Batch::default(),
            capacity: Capacity::new(engine.config.concurrency, known.limits.clone()),
            calls: Calls::new(engine.store.parallel_settles()),
            poll,
            spans: Spans::new(),
            correlations: HashMap::new(),
            wanted: Wanted::default(),
            look: false,
            suspects: HashSet::new(),
            looked_after: 0,
            doubts: 0,
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
            metrics: self.engine.metrics.clone(),
        };
        AbortOnDropHandle::new(tokio::spawn(keeper.keep()))
    }

    fn sweeper(&self) -> AbortOnDropHandle<()> {
        let sweeper = Sweeper {
            store: Arc::clone(&self.engine.store),
            every: self.engine.config.heartbeat,
            waiters: Arc::clone(&self.engine.waiters),
            wake: Arc::clone(&self.engine.wake),
            metrics: self.engine.metrics.clone(),
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
            Some(answer) = self.calls.next() => {
                self.answered(answer);
                self.gather().await;
            }
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
        let idle = !self.uncertain && !self.calls.claiming() && self.calls.have_place();
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
        if self.look && !self.calls.looking() {
            self.look = false;
            if !self.running.is_empty() || self.doubts > 0 {
                self.doubts = self.doubts.saturating_sub(1);
                self.ask_what_is_held();
            }
        }
        while self.calls.have_place() {
            let room = self.room();
            let can_claim = !self.calls.claiming() && !room.is_empty();
            if can_claim && self.poll.next() <= now {
                self.claim(room);
            } else if self.batch_is_worth_a_settle() {
                // With all places taken, what is due would wait for ever behind what is ready.
                let make_room = room.is_empty() && !self.calls.claiming() && self.poll.is_overdue(now);
                self.settle(make_room);
            } else if can_claim && self.wanted.fits(&room) {
                self.claim(room);
            } else {
                break;
            }
        }
    }

    /// While a settle is under way the next one waits until it has its share, so that one large and one small batch
    /// do not go by turns.
    fn batch_is_worth_a_settle(&self) -> bool {
        let size = self.batch.size();
        size > 0 && (!self.calls.change_something() || size * 2 >= self.share())
    }

    /// How many outcomes make a settle: what each of those under way has, if all the steps that there is room for end at the same time.
    fn share(&self) -> usize {
        self.engine.config.concurrency.div_ceil(self.calls.most())
    }

    fn claim(&mut self, room: Room) {
        self.poll.ask();
        self.wanted.look(&room, self.capacity.limited());
        let kept = self.capacity.reserve(&room, &[]);
        self.calls.claim(self.caller.clone(), room, kept);
    }

    fn settle(&mut self, make_room: bool) {
        let outcomes = self.batch.take(self.share(), &self.caller.runnable);
        self.engine.metrics.settles(&outcomes);
        for outcome in &outcomes {
            self.capacity.give_back(outcome.definition);
        }
        let room = if make_room { Room::default() } else { self.room() };
        let room = if self.wanted.fits(&room) || self.calls.search() || room.is_empty() {
            self.wanted.look(&room, self.capacity.limited());
            room
        } else {
            // All that was ready has been taken, with room left: nothing to look for beside what these outcomes release.
            let most_released = outcomes.iter().map(|outcome| self.caller.runnable.most_released(outcome));
            room.for_released(most_released.sum())
        };
        let kept = self.capacity.reserve(&room, &outcomes);
        self.calls.settle(self.caller.clone(), outcomes, room, kept);
    }

    fn ask_what_is_held(&mut self) {
        let running = self.running.keys().copied().collect();
        self.calls.look(self.caller.clone(), running, self.uncertain);
    }
}
