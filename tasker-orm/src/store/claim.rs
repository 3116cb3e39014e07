//! Claiming: which steps a worker gets, and with what it runs them.

use std::collections::HashMap;
use std::time::Duration;

use sea_orm::{ConnectionTrait, DatabaseTransaction, DbErr, Value};
use serde::Deserialize;
use tasker_core::store::{Claim, ClaimedStep, Execution, Runnable};
use tasker_core::{Attempt, DefinitionId, Executions, Json, StepNo, StepState, TaskId, TaskState, WorkerId};
use uuid::Uuid;

use super::change::{Given, History, finish};
use super::{SqlStore, query};
use crate::rows::{Columns, answer, id};
use crate::statement;

impl SqlStore {
    pub(super) async fn try_claim(
        &self,
        worker: WorkerId,
        runnable: &Runnable,
        limit: usize,
    ) -> Result<Claim, DbErr> {
        // An idle worker looks without taking the lock of the writers.
        let Outlook { ready, next_due } = self.outlook(self.reader(), runnable).await?;
        if !ready {
            return Ok(Claim { steps: Vec::new(), next_due });
        }
        let transaction = self.begin().await?;
        let steps =
            self.claim_in(&transaction, worker, runnable, limit, Results::new(), History::default()).await?;
        transaction.commit().await?;
        Ok(Claim { steps, next_due })
    }

    /// Claims as the last part of a transaction, and records its history. The results that it settled are at hand for the
    /// steps that read them.
    pub(super) async fn claim_in(
        &self,
        transaction: &DatabaseTransaction,
        worker: WorkerId,
        runnable: &Runnable,
        limit: usize,
        mut results: Results,
        mut history: History,
    ) -> Result<Vec<ClaimedStep>, DbErr> {
        let now = self.now();
        let (mut claimed, mut given) = (Vec::new(), Given::default());
        for step in ready_steps(transaction, worker, runnable, limit, now).await? {
            claimed.push(step.begin(worker, &mut given, &mut history)?);
        }
        for step in &claimed {
            for &read in runnable.reads(step.definition, step.execution.step) {
                if !results.contains_key(&(step.execution.task, read)) {
                    given.reads.push([id(step.execution.task.as_uuid()), read.0.into()]);
                }
            }
        }
        for (task, step, result) in finish(transaction, worker, given, history, now).await? {
            results.insert((task.into(), StepNo(step)), Json::from_stored(result));
        }
        for step in &mut claimed {
            let reads = runnable.reads(step.definition, step.execution.step).iter();
            let found =
                reads.filter_map(|&read| Some((read, results.get(&(step.execution.task, read))?.clone())));
            step.results = found.collect();
        }
        Ok(claimed)
    }

    async fn outlook<C: ConnectionTrait>(&self, db: &C, runnable: &Runnable) -> Result<Outlook, DbErr> {
        let now = self.now();
        let mut outlook = Outlook::default();
        for ids in runnable.ids().chunks(statement::MOST_DEFINITIONS) {
            let values = [now].into_iter().chain(ids.iter().map(|definition| definition.0)).map(Value::from);
            let rows = query(db, statement::outlook(ids.len()), values).await?;
            let Some(row) = rows.first().map(Columns) else { continue };
            let (ready, due): (bool, Option<i64>) = (row.get(0)?, row.get(1)?);
            let due = due.map(|due| Duration::from_micros(u64::try_from(due - now).unwrap_or(0)));
            outlook.ready |= ready;
            outlook.next_due = outlook.next_due.into_iter().chain(due).min();
        }
        Ok(outlook)
    }
}

/// What a worker can expect.
#[derive(Default)]
struct Outlook {
    /// Whether a step can be claimed now.
    ready: bool,
    /// How long until the next step that waits for a time can be.
    next_due: Option<Duration>,
}

/// Results by task and step.
pub(super) type Results = HashMap<(TaskId, StepNo), Json>;

/// A step that can be claimed, and its task.
#[derive(Deserialize)]
struct ReadyStep {
    task: Uuid,
    step: u32,
    definition: i64,
    attempt: u32,
    lost: u32,
    limit: u32,
    revision: u32,
    task_state: String,
    task_revision: u32,
    context: String,
}

async fn ready_steps(
    transaction: &DatabaseTransaction,
    worker: WorkerId,
    runnable: &Runnable,
    limit: usize,
    now: i64,
) -> Result<Vec<ReadyStep>, DbErr> {
    let ids = runnable.ids();
    let mut steps = Vec::new();
    for ids in ids.chunks(statement::MOST_DEFINITIONS) {
        let room = limit - steps.len();
        if room == 0 {
            break;
        }
        let mut values: Vec<Value> = vec![worker.as_uuid().into(), (room as i64).into(), now.into()];
        values.extend(ids.iter().map(|definition| Value::from(definition.0)));
        let rows = query(transaction, statement::ready_steps(ids.len()), values).await?;
        steps.extend(answer::<ReadyStep>(&rows)?);
    }
    Ok(steps)
}

impl ReadyStep {
    fn begin(self, worker: WorkerId, given: &mut Given, history: &mut History) -> Result<ClaimedStep, DbErr> {
        let (step, attempt) = (StepNo(self.step), Attempt(self.attempt + 1));
        let execution = Execution { task: self.task.into(), step, attempt, revision: self.revision + 1 };
        given.steps.push([id(self.task), self.step.into()]);
        history.step(execution, StepState::Pending, StepState::InProgress, worker, None);
        // The first step of a task that is claimed begins it, and only one of those that are claimed together.
        if self.task_state == TaskState::Pending.as_str() && given.begins(self.task) {
            history.task(self.task, self.task_revision + 1, TaskState::Pending, TaskState::InProgress)?;
        }
        Ok(ClaimedStep {
            execution,
            definition: DefinitionId(self.definition),
            executions: Executions { attempt, lost: self.lost, limit: self.limit },
            context: Json::from_stored(self.context),
            results: Vec::new(),
        })
    }
}
