//! What a worker makes of the answers of the store.

use std::collections::HashSet;

use super::call::{Answer, Settling};
use super::worker::Worker;
use super::{PAUSE, after};
use crate::metrics::By;
use crate::store::{Claim, ClaimedStep, Ending, Execution, Outcome, Room, Settled, StoreError};
use crate::{DefinitionId, WorkflowId};

/// For how many heartbeats after a lost answer it is asked what the worker holds, though nothing runs.
const LOOKS_IN_DOUBT: u32 = 12;

impl Worker<'_> {
    pub(super) fn answered(&mut self, answer: Answer) {
        match answer {
            Answer::Claimed { room, kept, claim } => {
                self.capacity.release(&kept);
                match claim {
                    Ok(claim) => self.claimed(claim, &room),
                    Err(error) => self.store_failed(&error),
                }
            }
            Answer::Settled { room, kept, settling } => {
                self.capacity.release(&kept);
                self.settled(settling, &room);
            }
            Answer::Held { running, complete, held } => match held {
                Ok(held) => {
                    self.revoke_others(&running, &held);
                    if complete {
                        self.uncertain = false;
                        self.hand_back(self.unknown(&held));
                    } else {
                        self.hand_back_what_stays_unknown(&held);
                    }
                }
                Err(error) if complete => self.store_failed(&error),
                // Nothing hangs on it; the next heartbeat asks again.
                Err(error) => {
                    tracing::debug!(worker = %self.id, %error, "not known what is still held; it is asked again");
                }
            },
        }
    }

    fn claimed(&mut self, claim: Claim, room: &Room) {
        self.poll.answered(!claim.steps.is_empty(), claim.next_due);
        self.engine.metrics.claim_answered(&claim.steps);
        self.known.meters.claimed(&claim.steps, By::Claim);
        self.begin(claim.steps, room);
    }

    fn settled(&mut self, settling: Settling, room: &Room) {
        let Settling { settled, told, untold, error, in_doubt } = settling;
        for outcome in &told {
            if let Ending::Retry(_, wait) = outcome.ending {
                self.poll.due_in(wait);
            }
        }
        if settled.left {
            self.wanted.of(told.iter().map(|outcome| outcome.definition));
        }
        for execution in &settled.refused {
            let of = told.iter().find(|outcome| outcome.execution == *execution);
            let step = of.map_or("", |of| self.known.runnable.step_name(of.definition, execution.step));
            tracing::warn!(worker = %self.id, task = %execution.task, step, attempt = execution.attempt.0,
                "an outcome was refused: it was recorded before, or the execution was taken from this worker");
        }
        self.tell_of_ended(&settled, &told);
        self.engine.waiters.ended(&settled.ended);
        self.known.meters.settled(&told, &settled);
        self.spans.settled(&told, &settled);
        if !self.correlations.is_empty() {
            for outcome in &told {
                self.correlations.remove(&outcome.execution);
            }
        }
        self.known.meters.claimed(&settled.claimed, By::Settle);
        for outcome in &untold {
            self.capacity.take(outcome.definition);
        }
        self.batch.settled(&told, untold);
        self.begin(settled.claimed, room);
        if in_doubt {
            // One by one, and without the search that was to be part of it.
            self.uncertain = true;
            self.wanted.anything();
        }
        if let Some(error) = error {
            self.store_failed(&error);
        }
    }

    /// Says in the log which tasks ended with these outcomes.
    fn tell_of_ended(&self, settled: &Settled, told: &[Outcome]) {
        // Most of them are complete, of which only those are told who want to know of everything.
        let all = tracing::enabled!(tracing::Level::DEBUG);
        for task in if all { &settled.ended } else { &settled.in_error } {
            // An outcome of it ended it.
            let Some(of) = told.iter().find(|outcome| outcome.execution.task == *task) else { continue };
            let Some(workflow) = self.known.runnable.workflow(of.definition) else { continue };
            let own = task.to_string();
            let correlation_id = self.correlations.get(&of.execution).unwrap_or(&own);
            let WorkflowId { namespace, name, version } = workflow.id();
            if settled.in_error.contains(task) {
                tracing::warn!(worker = %self.id, %task, correlation_id, namespace, workflow = name, version,
                    "the task ended in error; when what failed is mended, `retry` it, or resolve what cannot be");
            } else {
                tracing::debug!(worker = %self.id, %task, correlation_id, namespace, workflow = name, version, "the task is complete");
            }
        }
    }

    /// Runs what was claimed. Where all the room was filled there may be more.
    fn begin(&mut self, claimed: Vec<ClaimedStep>, room: &Room) {
        if !room.is_for_released() {
            self.expect_more(&claimed, room);
        }
        for step in claimed {
            self.start(step);
        }
    }

    fn expect_more(&mut self, claimed: &[ClaimedStep], room: &Room) {
        if !room.is_empty() && claimed.len() >= room.total() {
            self.wanted.anything();
        }
        for definition in self.capacity.limited().filter(|&definition| room.of(definition) > 0) {
            if claimed.iter().filter(|step| step.definition == definition).count() >= room.of(definition) {
                self.wanted.of([definition]);
            }
        }
    }

    fn store_failed(&mut self, error: &StoreError) {
        tracing::warn!(worker = %self.id, %error, "the store did not answer; it is asked again");
        self.uncertain = true;
        self.doubts = LOOKS_IN_DOUBT;
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

    /// What the store gave out without this worker's knowing, because the answer was lost.
    fn unknown(&self, held: &[(Execution, DefinitionId)]) -> Vec<(Execution, DefinitionId)> {
        let is_known =
            |execution: &Execution| self.running.contains_key(execution) || self.batch.has(execution);
        held.iter().copied().filter(|(execution, _)| !is_known(execution)).collect()
    }

    fn hand_back(&mut self, unknown: Vec<(Execution, DefinitionId)>) {
        for (execution, definition) in unknown {
            // It never ran here, so it costs nothing, however often it may run.
            self.capacity.take(definition);
            let (ending, records) = (Ending::HandedBack, Vec::new());
            self.batch.push(Outcome { execution, definition, ending, records });
        }
    }

    /// A call whose answer was lost may take effect long after: a database goes on with a statement whose asker is gone. So what
    /// is unknown at two looks, and no call brought that was under way at the first one, is handed back too.
    fn hand_back_what_stays_unknown(&mut self, held: &[(Execution, DefinitionId)]) {
        let unknown = self.unknown(held);
        let suspects = std::mem::replace(&mut self.suspects, unknown.iter().map(|(e, _)| *e).collect());
        let first_look = std::mem::replace(&mut self.looked_after, self.calls.begun());
        if self.calls.have_ended(first_look) {
            self.hand_back(
                unknown.into_iter().filter(|(execution, _)| suspects.contains(execution)).collect(),
            );
        }
    }
}
