//! How held steps change hands, and what follows for their tasks.
//!
//! Settling, retiring and sweeping are the same: executions end, each in one of a few ways. The fence is in the statement
//! that records the ends; all else follows from the rows that it returns.

use std::collections::BTreeMap;

use sea_orm::{DatabaseTransaction, DbErr};
use serde_json::Value as Json;
use tasker_core::store::{Ending, Execution, StoreError};
use tasker_core::{StepError, StepNo, StepState, TaskId, TaskState, WorkerId};
use uuid::Uuid;

use super::{execute, query};
use crate::rows::{Columns, Rows, id};
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
    fn transitions(&self, history: &mut StepHistory) -> Result<(), DbErr> {
        let (mut from, mut revision) = (StepState::InProgress, self.execution.revision);
        for &to in self.path() {
            let to = from.transition(to).map_err(|error| DbErr::Custom(error.to_string()))?;
            revision += 1;
            let error = if to == StepState::Error { self.error()? } else { None };
            history.push(self.execution, revision, from, to, Some(self.worker), error);
            from = to;
        }
        Ok(())
    }
}

/// Transitions of steps, to be recorded together.
#[derive(Default)]
pub(super) struct StepHistory(Rows);

impl StepHistory {
    pub(super) fn push(
        &mut self,
        execution: Execution,
        revision: u32,
        from: StepState,
        to: StepState,
        worker: Option<WorkerId>,
        error: Option<String>,
    ) {
        self.0.push([
            id(execution.task.as_uuid()),
            execution.step.0.into(),
            revision.into(),
            from.as_str().into(),
            to.as_str().into(),
            execution.attempt.0.into(),
            worker.map_or(Json::Null, |worker| id(worker.as_uuid())),
            error.into(),
        ]);
    }

    pub(super) async fn record(self, transaction: &DatabaseTransaction, now: i64) -> Result<(), DbErr> {
        if !self.0.is_empty() {
            execute(transaction, statement::RECORD_STEP_TRANSITIONS, [self.0.into(), now.into()]).await?;
        }
        Ok(())
    }
}

/// What a batch of changes means for one task.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Tally {
    /// Steps that are now complete.
    pub(super) done: i32,
    /// Steps that stopped being active, less those that became so.
    pub(super) idle: i32,
}

/// Which changes were accepted.
pub(super) struct Accepted {
    pub(super) accepted: Vec<bool>,
    pub(super) tallies: BTreeMap<TaskId, Tally>,
}

/// Records ends of executions, behind the fence.
pub(super) async fn change(
    transaction: &DatabaseTransaction,
    changes: &[Change<'_>],
    history: &mut StepHistory,
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
    let rows: Rows = latest.values().map(|&at| changes[at].row()).collect::<Result<_, _>>()?;
    let mut accepted = vec![false; changes.len()];
    let mut tallies: BTreeMap<TaskId, Tally> = BTreeMap::new();
    for row in query(transaction, statement::CHANGE_STEPS, [rows.into()]).await? {
        let (task, step): (Uuid, i32) = (Columns(&row).get(0)?, Columns(&row).get(1)?);
        let task = TaskId::from(task);
        let Some(&at) = latest.get(&(task, StepNo(step as u32))) else { continue };
        accepted[at] = true;
        changes[at].transitions(history)?;
        let tally = tallies.entry(task).or_default();
        match changes[at].path().last() {
            Some(StepState::Complete) => *tally = Tally { done: tally.done + 1, idle: tally.idle + 1 },
            Some(StepState::Error) => tally.idle += 1,
            _ => {}
        }
    }
    Ok(Accepted { accepted, tallies })
}

/// Counts what the changes mean for their tasks, and ends those in which nothing can go on.
pub(super) async fn advance(
    transaction: &DatabaseTransaction,
    tallies: &BTreeMap<TaskId, Tally>,
    now: i64,
) -> Result<Vec<TaskId>, DbErr> {
    let changed = tallies.iter().filter(|(_, tally)| tally.done != 0 || tally.idle != 0);
    let rows: Rows = changed
        .map(|(task, tally)| vec![id(task.as_uuid()), tally.done.into(), (-tally.idle).into()])
        .collect();
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let (mut ended, mut history) = (Vec::new(), TaskHistory::default());
    for row in query(transaction, statement::ADVANCE_TASKS, [rows.into(), now.into()]).await? {
        let row = Columns(&row);
        let (task, state, revision): (Uuid, String, i32) = (row.get(0)?, row.get(1)?, row.get(2)?);
        let (task, state) = (TaskId::from(task), parse_state::<TaskState>(&state)?);
        if state.has_ended() {
            history.push(task, revision, TaskState::InProgress, state)?;
            ended.push(task);
        }
    }
    history.record(transaction, now).await?;
    Ok(ended)
}

/// Transitions of tasks, to be recorded together.
#[derive(Default)]
pub(super) struct TaskHistory(Rows);

impl TaskHistory {
    pub(super) fn push(
        &mut self,
        task: TaskId,
        revision: i32,
        from: TaskState,
        to: TaskState,
    ) -> Result<(), DbErr> {
        let to = from.transition(to).map_err(|error| DbErr::Custom(error.to_string()))?;
        self.0.push([id(task.as_uuid()), revision.into(), from.as_str().into(), to.as_str().into()]);
        Ok(())
    }

    pub(super) async fn record(self, transaction: &DatabaseTransaction, now: i64) -> Result<(), DbErr> {
        if !self.0.is_empty() {
            execute(transaction, statement::RECORD_TASK_TRANSITIONS, [self.0.into(), now.into()]).await?;
        }
        Ok(())
    }
}

/// A state as stored.
pub(super) fn parse_state<S: std::str::FromStr<Err: std::fmt::Display>>(text: &str) -> Result<S, DbErr> {
    text.parse().map_err(|error: S::Err| DbErr::Type(error.to_string()))
}

/// An error as stored.
pub(super) fn parse_error(text: Option<&str>) -> Result<Option<StepError>, StoreError> {
    let parsed = text.map(serde_json::from_str).transpose();
    parsed.map_err(|error| StoreError::Corrupt(format!("the error of a step does not parse: {error}")))
}
