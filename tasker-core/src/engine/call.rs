//! What a worker asks of the store. Each call is made beside the worker's loop, which goes on meanwhile.

use std::collections::VecDeque;
use std::sync::Arc;

use super::capacity::Places;
use crate::store::{Claim, Ending, Execution, Outcome, Room, Runnable, Settled, Store, StoreError};
use crate::{DefinitionId, StepError, WorkerId};

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
}

/// Who asks, and for what.
#[derive(Clone)]
pub(super) struct Caller {
    pub(super) store: Arc<dyn Store>,
    pub(super) worker: WorkerId,
    pub(super) runnable: Arc<Runnable>,
}

impl Caller {
    pub(super) async fn claim(self, room: Room, kept: Places) -> Answer {
        let claim = self.store.claim(self.worker, &self.runnable, &room).await;
        Answer::Claimed { room, kept, claim }
    }

    pub(super) async fn held(self, running: Vec<Execution>, complete: bool) -> Answer {
        let held = self.store.held(self.worker).await;
        Answer::Held { running, complete, held }
    }

    /// Settles a batch. If the store refuses it, each outcome on its own, so that one that cannot be stored holds up no
    /// other.
    pub(super) async fn settle(self, outcomes: Vec<Outcome>, room: Room, kept: Places) -> Answer {
        let settling = match self.store.settle(self.worker, &self.runnable, &outcomes, &room).await {
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

    async fn settle_each(&self, outcomes: Vec<Outcome>) -> Settling {
        let mut settling = Settling::default();
        // Whatever is released, nothing was claimed for the room.
        settling.settled.left = true;
        let mut rest = VecDeque::from(outcomes);
        while let Some(mut outcome) = rest.pop_front() {
            match self.settle_alone(&mut outcome).await {
                Ok(settled) => {
                    settling.settled.refused.extend(settled.refused);
                    settling.settled.ended.extend(settled.ended);
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
            match self.store.settle(self.worker, &self.runnable, alone, &Room::default()).await {
                Err(error) if !error.is_transient() => {
                    if last {
                        tracing::error!(worker = %self.worker, task = %outcome.execution.task, step = outcome.execution.step.0, %error,
                            "the end of a step cannot be stored in any form");
                    } else {
                        let refused = format!("the outcome could not be stored: {error}");
                        outcome.ending =
                            Ending::Failed(StepError::permanent(refused).code("NOT_STORED").bounded());
                    }
                }
                answer => return answer,
            }
        }
        Ok(Settled::default())
    }
}
