//! What a worker asks of the store. Each call is made beside the worker's loop, which goes on meanwhile.

use std::collections::{BTreeSet, VecDeque};
use std::panic::resume_unwind;
use std::sync::Arc;

use tokio::task::JoinSet;

use super::capacity::Places;
use crate::metrics::{Metrics, StoreCall};
use crate::store::{Claim, Ending, Execution, Outcome, Room, Runnable, Settled, Store, StoreError};
use crate::{DefinitionId, Redaction, StepError, WorkerId};

/// The calls under way.
pub(super) struct Calls {
    answers: JoinSet<(u64, Answer)>,
    /// How many calls have begun, and which of them are under way, by number.
    begun: u64,
    under_way: BTreeSet<u64>,
    /// How many of them are claims and settles, and how many may be.
    changes: usize,
    most: usize,
    /// How many of them search for steps that are ready.
    searches: usize,
    claiming: bool,
    looking: bool,
}

impl Calls {
    pub(super) fn new(most: usize) -> Self {
        Self {
            answers: JoinSet::new(),
            begun: 0,
            under_way: BTreeSet::new(),
            changes: 0,
            most: most.max(1),
            searches: 0,
            claiming: false,
            looking: false,
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.answers.is_empty()
    }

    /// Whether a claim or a settle is under way.
    pub(super) fn change_something(&self) -> bool {
        self.changes > 0
    }

    /// How many claims and settles there may be.
    pub(super) fn most(&self) -> usize {
        self.most
    }

    /// Whether one more claim or settle may begin.
    pub(super) fn have_place(&self) -> bool {
        self.changes < self.most
    }

    /// Whether a claim or a settle searches for steps that are ready.
    pub(super) fn search(&self) -> bool {
        self.searches > 0
    }

    pub(super) fn claiming(&self) -> bool {
        self.claiming
    }

    /// Whether it is being asked what the worker holds.
    pub(super) fn looking(&self) -> bool {
        self.looking
    }

    pub(super) fn claim(&mut self, caller: Caller, room: Room, kept: Places) {
        self.changes += 1;
        self.claiming = true;
        self.searches += usize::from(searches(&room));
        self.begin(caller.claim(room, kept));
    }

    pub(super) fn settle(&mut self, caller: Caller, outcomes: Vec<Outcome>, room: Room, kept: Places) {
        self.changes += 1;
        self.searches += usize::from(searches(&room));
        self.begin(caller.settle(outcomes, room, kept));
    }

    pub(super) fn look(&mut self, caller: Caller, running: Vec<Execution>, complete: bool) {
        self.looking = true;
        self.begin(caller.held(running, complete));
    }

    fn begin(&mut self, call: impl Future<Output = Answer> + Send + 'static) {
        self.begun += 1;
        let number = self.begun;
        self.under_way.insert(number);
        self.answers.spawn(async move { (number, call.await) });
    }

    /// How many calls have begun.
    pub(super) fn begun(&self) -> u64 {
        self.begun
    }

    /// Whether all of the first so many calls have ended.
    pub(super) fn have_ended(&self, first: u64) -> bool {
        self.under_way.first().is_none_or(|&oldest| oldest > first)
    }

    /// The next answer; none if no call is under way.
    ///
    /// # Panics
    /// When the store did.
    pub(super) async fn next(&mut self) -> Option<Answer> {
        let (number, answer) = match self.answers.join_next().await? {
            Ok(answered) => answered,
            Err(error) => match error.try_into_panic() {
                Ok(panic) => resume_unwind(panic),
                // Only the end of the runtime stops a call, and the worker with it.
                Err(_) => std::future::pending().await,
            },
        };
        self.under_way.remove(&number);
        if let Answer::Claimed { room, .. } | Answer::Settled { room, .. } = &answer {
            self.changes -= 1;
            self.searches -= usize::from(searches(room));
        }
        match answer {
            Answer::Claimed { .. } => self.claiming = false,
            Answer::Settled { .. } => {}
            Answer::Held { .. } => self.looking = false,
        }
        Some(answer)
    }
}

fn searches(room: &Room) -> bool {
    !room.is_empty() && !room.is_for_released()
}

/// What a call came to, with what the worker needs to go on.
pub(super) enum Answer {
    Claimed {
        room: Room,
        kept: Places,
        claim: Result<Claim, StoreError>,
    },
    Settled {
        room: Room,
        kept: Places,
        settling: Settling,
    },
    Held {
        /// What ran when it was asked.
        running: Vec<Execution>,
        /// Whether no other call was under way, so that this is all that the worker holds.
        complete: bool,
        held: Result<Vec<(Execution, DefinitionId)>, StoreError>,
    },
}

/// How far a settle came.
#[derive(Default)]
pub(super) struct Settling {
    pub(super) settled: Settled,
    /// The outcomes that the store has, and those of which it wants to know nothing.
    pub(super) told: Vec<Outcome>,
    /// The outcomes of which nobody knows whether the store has them, because of the error.
    pub(super) untold: Vec<Outcome>,
    pub(super) error: Option<StoreError>,
    /// Whether the store may have given out executions all the same.
    pub(super) in_doubt: bool,
}

/// Who asks, and for what.
#[derive(Clone)]
pub(super) struct Caller {
    pub(super) store: Arc<dyn Store>,
    pub(super) worker: WorkerId,
    pub(super) runnable: Arc<Runnable>,
    pub(super) metrics: Metrics,
    pub(super) redaction: Redaction,
}

impl Caller {
    async fn claim(self, room: Room, kept: Places) -> Answer {
        let asking = self.store.claim(self.worker, &self.runnable, &room);
        let claim = self.metrics.timed(StoreCall::Claim, asking).await;
        Answer::Claimed { room, kept, claim }
    }

    async fn held(self, running: Vec<Execution>, complete: bool) -> Answer {
        let held = self.metrics.timed(StoreCall::Held, self.store.held(self.worker)).await;
        Answer::Held { running, complete, held }
    }

    /// Settles a batch. If the store refuses it, each outcome on its own, so that one that cannot be stored holds up no
    /// other.
    async fn settle(self, outcomes: Vec<Outcome>, room: Room, kept: Places) -> Answer {
        let settling = match self.ask_to_settle(&outcomes, &room).await {
            Ok(settled) => Settling { settled, told: outcomes, ..Settling::default() },
            Err(error) if error.is_transient() => {
                Settling { untold: outcomes, error: Some(error), ..Settling::default() }
            }
            Err(error) => {
                tracing::error!(worker = %self.worker, %error, "the store refused a batch; settling its outcomes one by one");
                self.settle_each(outcomes).await
            }
        };
        Answer::Settled { room, kept, settling }
    }

    async fn ask_to_settle(&self, outcomes: &[Outcome], room: &Room) -> Result<Settled, StoreError> {
        let asking = self.store.settle(self.worker, &self.runnable, outcomes, room);
        self.metrics.timed(StoreCall::Settle, asking).await
    }

    async fn settle_each(&self, outcomes: Vec<Outcome>) -> Settling {
        let mut settling = Settling { in_doubt: true, ..Settling::default() };
        // Whatever is released, nothing was claimed for the room.
        settling.settled.left = true;
        let mut rest = VecDeque::from(outcomes);
        while let Some(mut outcome) = rest.pop_front() {
            match self.settle_alone(&mut outcome).await {
                Ok(settled) => {
                    settling.settled.refused.extend(settled.refused);
                    settling.settled.ended.extend(settled.ended);
                    settling.settled.in_error.extend(settled.in_error);
                    settling.told.push(outcome);
                }
                Err(error) => {
                    settling.untold.push(outcome);
                    settling.untold.extend(rest);
                    settling.error = Some(error);
                    break;
                }
            }
        }
        settling
    }

    /// Settles one outcome; where it cannot be stored, the step fails with that as its error. An error is a transient one.
    async fn settle_alone(&self, outcome: &mut Outcome) -> Result<Settled, StoreError> {
        for last in [false, true] {
            let alone = std::slice::from_ref(&*outcome);
            match self.ask_to_settle(alone, &Room::default()).await {
                Err(error) if !error.is_transient() => {
                    if last {
                        let Execution { task, step, attempt, .. } = outcome.execution;
                        let step = self.runnable.step_name(outcome.definition, step);
                        tracing::error!(worker = %self.worker, %task, step, attempt = attempt.0, %error,
                            "the end of a step cannot be stored in any form; the step runs again when the lease has run out");
                    } else {
                        let refused = format!("the outcome could not be stored: {error}");
                        let error = StepError::permanent(refused).code("NOT_STORED");
                        outcome.ending = Ending::Failed(error.redacted(&self.redaction).bounded());
                        // It is a failure now, and one of them may be what cannot be stored.
                        outcome.records.clear();
                    }
                }
                answer => return answer,
            }
        }
        Ok(Settled::default())
    }
}
