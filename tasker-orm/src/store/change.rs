//! How held steps change hands, and what follows for their tasks.
//!
//! Settling, retiring and sweeping are the same: executions end, each in one of a few ways. The fence is in the statement
//! that records the ends; all else follows from the rows that it returns.

use std::collections::{BTreeMap, BTreeSet};

use sea_orm::{DatabaseTransaction, DbErr};
use serde_json::Value as Json;
use tasker_core::store::{Ending, Execution};
use tasker_core::{IllegalTransition, StepError, StepNo, StepState, TaskId, TaskState, WorkerId};
use uuid::Uuid;

use super::query;
use crate::rows::{Rows, answer, id};
use crate::statement;

/// The end of one execution.
#[derive(Debug)]
pub(super) struct Change<'a> {
    pub(super) execution: Execution,
    pub(super) worker: WorkerId,
    pub(super) end: End<'a>,
}

#[derive(Debug)]
pub(super) enum End<'a> {
    /// As the worker says; with the time at which a retry is due.
    Settled(&'a Ending, Option<i64>),
    /// With its worker; whether the step may run again.
    Lost { again: bool },
}

impl Change<'_> {
    /// The states that the step goes through, from `in_progress`.
    fn path(&self) -> &'static [StepState] {
        match self.end {
            End::Settled(Ending::Complete(_), _) => &[StepState::Complete],
            End::Settled(Ending::Failed(_), _) | End::Lost { again: false } => &[StepState::Error],
            End::Settled(Ending::Retry(..), _) | End::Lost { again: true } => {
                &[StepState::Error, StepState::Pending]
            }
            End::Settled(Ending::HandedBack, _) => &[StepState::Pending],
        }
    }

    fn error(&self) -> Result<Option<String>, DbErr> {
        let error = match &self.end {
            End::Settled(Ending::Failed(error) | Ending::Retry(error, _), _) => error,
            End::Settled(Ending::Complete(_) | Ending::HandedBack, _) => return Ok(None),
            End::Lost { .. } => &StepError::worker_lost(self.worker),
        };
        serde_json::to_string(error).map(Some).map_err(|error| DbErr::Custom(error.to_string()))
    }

    fn row(&self) -> Result<Vec<Json>, DbErr> {
        let path = self.path();
        let result = match self.end {
            End::Settled(Ending::Complete(result), _) => Some(result.as_str()),
            _ => None,
        };
        let handed_back = matches!(self.end, End::Settled(Ending::HandedBack, _));
        let due = match self.end {
            End::Settled(_, due) => due,
            End::Lost { .. } => None,
        };
        Ok(vec![
            id(self.execution.task.as_uuid()),
            self.execution.step.0.into(),
            self.execution.revision.into(),
            id(self.worker.as_uuid()),
            path[path.len() - 1].as_str().into(),
            i32::from(handed_back).into(),
            self.error()?.into(),
            result.into(),
            due.into(),
            i32::from(handed_back).into(),
            i32::from(matches!(self.end, End::Lost { .. })).into(),
            path.len().into(),
        ])
    }

    /// The history of the change.
    fn transitions(&self, history: &mut History) -> Result<(), DbErr> {
        let (mut from, mut revision) = (StepState::InProgress, self.execution.revision);
        for &to in self.path() {
            let to = from.transition(to).map_err(|error| illegal(&error))?;
            revision += 1;
            let error = if to == StepState::Error { self.error()? } else { None };
            history.step(Execution { revision, ..self.execution }, from, to, self.worker, error);
            from = to;
        }
        Ok(())
    }
}

/// Transitions, to be recorded together at the end of the transaction.
#[derive(Default)]
pub(super) struct History {
    pub(super) steps: Rows,
    pub(super) tasks: Rows,
}

impl History {
    pub(super) fn step(
        &mut self,
        at: Execution,
        from: StepState,
        to: StepState,
        worker: WorkerId,
        error: Option<String>,
    ) {
        self.steps.push([
            id(at.task.as_uuid()),
            at.step.0.into(),
            at.revision.into(),
            from.as_str().into(),
            to.as_str().into(),
            at.attempt.0.into(),
            id(worker.as_uuid()),
            error.into(),
        ]);
    }

    pub(super) fn task(
        &mut self,
        task: Uuid,
        revision: u32,
        from: TaskState,
        to: TaskState,
    ) -> Result<(), DbErr> {
        let to = from.transition(to).map_err(|error| illegal(&error))?;
        self.tasks.push([id(task), revision.into(), from.as_str().into(), to.as_str().into()]);
        Ok(())
    }
}

/// What a batch of changes means for one task.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Tally {
    /// Steps that are now complete.
    done: i32,
    /// Steps that neither run nor can go on any more.
    idle: i32,
}

/// Which changes were accepted, and what they mean for their tasks.
pub(super) struct Accepted {
    pub(super) changes: Vec<bool>,
    tallies: BTreeMap<TaskId, Tally>,
}

/// Records ends of executions, behind the fence.
pub(super) async fn change(
    transaction: &DatabaseTransaction,
    changes: &[Change<'_>],
    history: &mut History,
) -> Result<Accepted, DbErr> {
    // Of the executions of one step only the latest can be the present one; of one that is named twice the first end
    // counts.
    let mut latest: BTreeMap<(TaskId, StepNo), usize> = BTreeMap::new();
    for (at, Change { execution, .. }) in changes.iter().enumerate() {
        let place = latest.entry((execution.task, execution.step)).or_insert(at);
        if changes[*place].execution.revision < execution.revision {
            *place = at;
        }
    }
    let latest: Vec<usize> = latest.into_values().collect();
    let rows: Rows = latest.iter().map(|&at| changes[at].row()).collect::<Result<_, _>>()?;
    let mut accepted = Accepted { changes: vec![false; changes.len()], tallies: BTreeMap::new() };
    if rows.is_empty() {
        return Ok(accepted);
    }
    for place in answer::<usize>(&query(transaction, statement::CHANGE_STEPS, [rows.into()]).await?)? {
        let at = latest[place];
        accepted.changes[at] = true;
        changes[at].transitions(history)?;
        let tally = accepted.tallies.entry(changes[at].execution.task).or_default();
        match changes[at].path().last() {
            Some(StepState::Complete) => *tally = Tally { done: tally.done + 1, idle: tally.idle + 1 },
            Some(StepState::Error) => tally.idle += 1,
            _ => {}
        }
    }
    Ok(accepted)
}

/// Releases the steps that waited for completed ones, counts what the changes mean for their tasks, and ends those in
/// which nothing can go on.
pub(super) async fn advance(
    transaction: &DatabaseTransaction,
    accepted: &Accepted,
    released: &BTreeMap<(TaskId, StepNo), u32>,
    now: i64,
    history: &mut History,
) -> Result<Vec<TaskId>, DbErr> {
    let changed = accepted.tallies.iter().filter(|(_, tally)| tally.idle != 0);
    let tasks: Rows = changed
        .map(|(task, tally)| vec![id(task.as_uuid()), tally.done.into(), (-tally.idle).into()])
        .collect();
    if tasks.is_empty() {
        return Ok(Vec::new());
    }
    let released: Rows =
        released.iter().map(|((task, step), &n)| vec![id(task.as_uuid()), step.0.into(), n.into()]).collect();
    let rows = query(transaction, statement::ADVANCE, [released.into(), tasks.into(), now.into()]).await?;
    let mut ended = Vec::new();
    for (task, state, revision) in answer::<(Uuid, String, u32)>(&rows)? {
        history.task(task, revision, TaskState::InProgress, parse_state(&state)?)?;
        ended.push(task.into());
    }
    Ok(ended)
}

/// Steps that are given to a worker.
#[derive(Default)]
pub(super) struct Given {
    /// The steps.
    pub(super) steps: Rows,
    /// The results that they read.
    pub(super) reads: Rows,
    /// The tasks that begin with them.
    tasks: BTreeSet<Uuid>,
}

impl Given {
    /// Notes that a task begins; whether this is news.
    pub(super) fn begins(&mut self, task: Uuid) -> bool {
        self.tasks.insert(task)
    }
}

/// The last part of every transaction: gives steps to a worker, and records what happened. Returns the results asked for.
pub(super) async fn finish(
    transaction: &DatabaseTransaction,
    worker: WorkerId,
    given: Given,
    history: History,
    now: i64,
) -> Result<Vec<(Uuid, u32, String)>, DbErr> {
    if history.steps.is_empty() && history.tasks.is_empty() {
        return Ok(Vec::new());
    }
    let values = [
        worker.as_uuid().into(),
        given.steps.into(),
        given.tasks.into_iter().map(|task| vec![id(task)]).collect::<Rows>().into(),
        history.steps.into(),
        history.tasks.into(),
        given.reads.into(),
        now.into(),
    ];
    answer(&query(transaction, statement::FINISH, values).await?)
}

fn illegal(error: &IllegalTransition) -> DbErr {
    DbErr::Custom(error.to_string())
}

/// A state as stored.
pub(super) fn parse_state<S: std::str::FromStr<Err: std::fmt::Display>>(text: &str) -> Result<S, DbErr> {
    text.parse().map_err(|error: S::Err| DbErr::Type(error.to_string()))
}

/// An error as stored. One that does not parse is shown as it is: it is no reason to show nothing.
pub(super) fn parse_error(text: &str) -> StepError {
    serde_json::from_str(text).unwrap_or_else(|_| StepError::retryable(text).code("UNREADABLE"))
}
