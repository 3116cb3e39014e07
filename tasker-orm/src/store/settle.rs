//! Settling and claiming: an exchange that is its own transaction.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use tasker_core::store::{Claim, ClaimedStep, Ending, Outcome, Room, Runnable, Settled, StoreError};
use tasker_core::{DefinitionId, Json, StepNo, TaskId, WorkerId};

use super::SqlStore;
use super::exchange::{Answer, End, Exchange, How};
use crate::error::store_error;

/// Results by task and step.
pub(super) type Results = HashMap<(TaskId, StepNo), Json>;

impl SqlStore {
    pub(super) async fn settle_outcomes(
        &self,
        worker: WorkerId,
        runnable: &Runnable,
        outcomes: &[Outcome],
        room: &Room,
    ) -> Result<Settled, StoreError> {
        const WHAT: &str = "settling outcomes";
        let ends: Vec<End<'_>> = outcomes
            .iter()
            .map(|outcome| End {
                execution: outcome.execution,
                worker,
                how: How::Settled(&outcome.ending),
                dependents: runnable.dependents(outcome.definition, outcome.execution.step),
            })
            .collect();
        let sequential =
            |definition| runnable.workflow(definition).is_some_and(|workflow| !workflow.is_concurrent());
        let exchange = Exchange {
            ends: &ends,
            records: self.written(WHAT, outcomes).await?,
            worker,
            rooms: rooms(runnable, room),
            room: room.total(),
            ready: !room.is_for_released(),
            choice: !(room.is_for_released() && is_enough(room, runnable, outcomes)),
            due: false,
            shared: shared(runnable, outcomes),
            turns: outcomes.iter().any(|outcome| sequential(outcome.definition)),
            tell: self.has_company(),
        };
        let Answer { accepted, ended, in_error, mut claimed, mut left, .. } =
            self.exchange(WHAT, &exchange).await?;
        self.0.recent.given(worker, runnable, &claimed);
        let (mut results, mut refused) = (Results::new(), Vec::new());
        for (outcome, accepted) in outcomes.iter().zip(accepted) {
            if !accepted {
                refused.push(outcome.execution);
                continue;
            }
            left |= sequential(outcome.definition) || matches!(outcome.ending, Ending::HandedBack);
            if let Ending::Complete(result) = &outcome.ending {
                results.insert((outcome.execution.task, outcome.execution.step), result.clone());
            }
        }
        self.provide(runnable, &mut claimed, results).await?;
        Ok(Settled { refused, ended, in_error, claimed, left })
    }

    pub(super) async fn claim_steps(
        &self,
        worker: WorkerId,
        runnable: &Runnable,
        room: &Room,
    ) -> Result<Claim, StoreError> {
        const WHAT: &str = "claiming steps";
        let rooms = rooms(runnable, room);
        let mut next_due = None;
        if !self.is_postgres() {
            // An idle worker looks without taking the lock of the writers.
            let outlook = self.outlook(WHAT, &rooms).await?;
            next_due = outlook.next_due;
            if !outlook.ready {
                return Ok(Claim { steps: Vec::new(), next_due });
            }
        }
        let (ends, shared) = (&[][..], Vec::new());
        let room = room.total();
        let exchange = Exchange {
            ends,
            records: Vec::new(),
            worker,
            rooms,
            room,
            ready: true,
            choice: true,
            due: true,
            shared,
            turns: false,
            tell: false,
        };
        let mut answer = self.exchange(WHAT, &exchange).await?;
        self.0.recent.given(worker, runnable, &answer.claimed);
        self.provide(runnable, &mut answer.claimed, Results::new()).await?;
        let next_due = if answer.due_left { Some(Duration::ZERO) } else { answer.next_due.or(next_due) };
        Ok(Claim { steps: answer.claimed, next_due })
    }

    async fn exchange(&self, what: &str, exchange: &Exchange<'_>) -> Result<Answer, StoreError> {
        let dialect = self.dialect();
        let (values, places) =
            exchange.values(dialect.backend, self.fixed_now()).map_err(|error| store_error(what, error))?;
        let sql = exchange.sql(dialect);
        let rows = if exchange.turns && self.is_postgres() {
            let tasks: Vec<_> = exchange.ends.iter().map(|end| end.execution.task).collect();
            self.exchange_and_pass_turns(what, sql, &values, &tasks).await?
        } else {
            self.exchange_alone(what, sql, &values).await?
        };
        exchange.answer(dialect.backend, &rows, &places).map_err(|error| afterwards(store_error(what, error)))
    }

    /// Gives claimed steps the results that they read: those at hand, and those in the database. Results do not change any
    /// more, so they may be read after the claim.
    async fn provide(
        &self,
        runnable: &Runnable,
        claimed: &mut [ClaimedStep],
        mut results: Results,
    ) -> Result<(), StoreError> {
        let mut missing = Vec::new();
        for step in claimed.iter() {
            let task = step.execution.task;
            for &read in runnable.reads(step.definition, step.execution.step) {
                if !results.contains_key(&(task, read)) {
                    missing.push((task, read));
                }
            }
        }
        if !missing.is_empty() {
            results.extend(self.results_of(&missing).await.map_err(afterwards)?);
        }
        for step in claimed {
            let reads = runnable.reads(step.definition, step.execution.step).iter();
            let found =
                reads.filter_map(|&read| Some((read, results.get(&(step.execution.task, read))?.clone())));
            step.results = found.collect();
        }
        Ok(())
    }
}

/// An error after the exchange took effect: whatever it is, what was claimed is the worker's, which has to find out.
fn afterwards(error: StoreError) -> StoreError {
    match error {
        StoreError::Refused { what, cause } => StoreError::Unavailable { what, cause },
        error => error,
    }
}

fn rooms(runnable: &Runnable, room: &Room) -> Vec<(DefinitionId, usize)> {
    let rooms = runnable.ids().iter().map(|&definition| (definition, room.of(definition)));
    rooms.filter(|&(_, room)| room > 0).collect()
}

/// Whether there is room for all that outcomes may release.
fn is_enough(room: &Room, runnable: &Runnable, outcomes: &[Outcome]) -> bool {
    let mut released: BTreeMap<DefinitionId, usize> = BTreeMap::new();
    for outcome in outcomes {
        *released.entry(outcome.definition).or_default() += runnable.most_released(outcome);
    }
    released.values().sum::<usize>() <= room.total()
        && released.iter().all(|(&definition, &steps)| steps <= room.of(definition))
}

/// The tasks of which another worker may be settling a step at this moment: those that can have more than one step active.
fn shared(runnable: &Runnable, outcomes: &[Outcome]) -> Vec<TaskId> {
    let shared = outcomes.iter().filter(|outcome| !runnable.is_chain(outcome.definition));
    shared.map(|outcome| outcome.execution.task).collect()
}
