//! Claiming: which steps a worker gets, and with what it runs them.

use std::collections::{BTreeSet, HashMap};
use std::time::Duration;

use sea_orm::{ConnectionTrait, DatabaseTransaction, DbErr, Value};
use tasker_core::store::{Claim, ClaimedStep, Ending, Execution, Outcome, Runnable};
use tasker_core::{Attempt, DefinitionId, Executions, Json, StepNo, StepState, TaskId, TaskState, WorkerId};
use uuid::Uuid;

use super::change::{StepHistory, TaskHistory};
use super::{SqlStore, query};
use crate::rows::{Columns, Rows, id};
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
        let mut history = StepHistory::default();
        let steps = self.claim_in(&transaction, worker, runnable, limit, &[], &mut history).await?;
        history.record(&transaction, self.now()).await?;
        transaction.commit().await?;
        let next_due = next_due.filter(|_| steps.is_empty());
        Ok(Claim { steps, next_due })
    }

    /// Claims within the transaction of a settle, whose outcomes are at hand for the steps that read them.
    pub(super) async fn claim_in(
        &self,
        transaction: &DatabaseTransaction,
        worker: WorkerId,
        runnable: &Runnable,
        limit: usize,
        outcomes: &[Outcome],
        history: &mut StepHistory,
    ) -> Result<Vec<ClaimedStep>, DbErr> {
        let (now, ids) = (self.now(), runnable.ids());
        if limit == 0 || ids.is_empty() {
            return Ok(Vec::new());
        }
        let mut values: Vec<Value> = vec![worker.as_uuid().into(), (limit as i64).into(), now.into()];
        values.extend(ids.iter().map(|definition| Value::from(definition.0)));
        let rows = query(transaction, statement::claim(ids.len()), values).await?;
        let (mut steps, mut new_tasks) = (Vec::with_capacity(rows.len()), BTreeSet::new());
        for row in &rows {
            steps.push(begin_step(&Columns(row), worker, history, &mut new_tasks)?);
        }
        begin_tasks(transaction, &new_tasks, now).await?;
        read_results(transaction, runnable, outcomes, &mut steps).await?;
        Ok(steps)
    }

    async fn outlook<C: ConnectionTrait>(&self, db: &C, runnable: &Runnable) -> Result<Outlook, DbErr> {
        let (now, ids) = (self.now(), runnable.ids());
        if ids.is_empty() {
            return Ok(Outlook::default());
        }
        let values = [now].into_iter().chain(ids.iter().map(|definition| definition.0)).map(Value::from);
        let rows = query(db, statement::outlook(ids.len()), values).await?;
        let Some(row) = rows.first().map(Columns) else { return Ok(Outlook::default()) };
        let (ready, due): (bool, Option<i64>) = (row.get(0)?, row.get(1)?);
        let next_due = due.map(|due| Duration::from_micros(u64::try_from(due - now).unwrap_or(0)));
        Ok(Outlook { ready, next_due })
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

fn begin_step(
    row: &Columns<'_>,
    worker: WorkerId,
    history: &mut StepHistory,
    new_tasks: &mut BTreeSet<Uuid>,
) -> Result<ClaimedStep, DbErr> {
    let (task, step): (Uuid, i32) = (row.get(0)?, row.get(1)?);
    let (definition, attempt): (i64, i32) = (row.get(2)?, row.get(3)?);
    let (lost, limit, revision): (i32, i32, i32) = (row.get(4)?, row.get(5)?, row.get(6)?);
    let (state, context): (String, String) = (row.get(7)?, row.get(8)?);
    if state == TaskState::Pending.as_str() {
        new_tasks.insert(task);
    }
    let (step, attempt) = (StepNo(step as u32), Attempt(attempt as u32));
    let execution = Execution { task: task.into(), step, attempt, revision: revision as u32 };
    history.push(execution, execution.revision, StepState::Pending, StepState::InProgress, Some(worker), None);
    Ok(ClaimedStep {
        execution,
        definition: DefinitionId(definition),
        executions: Executions { attempt, lost: lost as u32, limit: limit as u32 },
        context: Json::from_stored(context),
        results: Vec::new(),
    })
}

/// Marks the tasks whose first step begins.
async fn begin_tasks(transaction: &DatabaseTransaction, tasks: &BTreeSet<Uuid>, now: i64) -> Result<(), DbErr> {
    if tasks.is_empty() {
        return Ok(());
    }
    let tasks: Rows = tasks.iter().map(|&task| vec![id(task)]).collect();
    let mut history = TaskHistory::default();
    for row in query(transaction, statement::BEGIN_TASKS, [tasks.into()]).await? {
        let (task, revision): (Uuid, i32) = (Columns(&row).get(0)?, Columns(&row).get(1)?);
        history.push(task.into(), revision, TaskState::Pending, TaskState::InProgress)?;
    }
    history.record(transaction, now).await
}

/// Hands out the results that the steps read, and no others: those just settled from memory, the rest from the database.
async fn read_results(
    transaction: &DatabaseTransaction,
    runnable: &Runnable,
    outcomes: &[Outcome],
    steps: &mut [ClaimedStep],
) -> Result<(), DbErr> {
    let settled = outcomes.iter().filter_map(|outcome| match &outcome.ending {
        Ending::Complete(result) => Some(((outcome.execution.task, outcome.execution.step), result.clone())),
        _ => None,
    });
    let mut results: HashMap<(TaskId, StepNo), Json> = settled.collect();
    let mut wanted = Rows::default();
    for step in steps.iter() {
        for &read in runnable.reads(step.definition, step.execution.step) {
            if !results.contains_key(&(step.execution.task, read)) {
                wanted.push([id(step.execution.task.as_uuid()), read.0.into()]);
            }
        }
    }
    if !wanted.is_empty() {
        for row in query(transaction, statement::RESULTS, [wanted.into()]).await? {
            let row = Columns(&row);
            let (task, step, result): (Uuid, i32, String) = (row.get(0)?, row.get(1)?, row.get(2)?);
            results.insert((task.into(), StepNo(step as u32)), Json::from_stored(result));
        }
    }
    for step in steps {
        let reads = runnable.reads(step.definition, step.execution.step);
        let found = reads.iter().filter_map(|&read| Some((read, results.get(&(step.execution.task, read))?.clone())));
        step.results = found.collect();
    }
    Ok(())
}
