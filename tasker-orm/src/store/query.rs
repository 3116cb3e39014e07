//! What can be asked: on the connections that read, beside the writer.

use std::collections::HashMap;

use sea_orm::{DbErr, QueryResult, TransactionTrait, Value};
use tasker_core::store::StoreError;
use tasker_core::{
    Attempt, Json, StepNo, StepState, StepStatus, TaskId, TaskState, TaskStatus, Timestamp, WaitingFor,
    WorkflowId,
};
use uuid::Uuid;

use super::change::{parse_error, parse_state};
use super::{SqlStore, query, transact};
use crate::error::store_error;
use crate::rows::{Columns, Rows, id};

impl SqlStore {
    async fn read(
        &self,
        what: &str,
        sql: &str,
        values: impl IntoIterator<Item = Value>,
    ) -> Result<Vec<QueryResult>, StoreError> {
        let values: Vec<Value> = values.into_iter().collect();
        transact(what, || query(self.reader(), sql, values.clone())).await
    }

    pub(super) async fn states_of(&self, tasks: &[TaskId]) -> Result<Vec<Option<TaskState>>, StoreError> {
        const WHAT: &str = "asking where tasks stand";
        let sql =
            "SELECT id, state FROM tasker_tasks WHERE id IN (SELECT unhex(value->>0) FROM json_each(?))";
        let rows = self.read(WHAT, sql, [ids(tasks).into()]).await?;
        let state_of = |row: &QueryResult| {
            let (task, state): (Uuid, String) = (Columns(row).get(0)?, Columns(row).get(1)?);
            Ok((TaskId::from(task), parse_state(&state)?))
        };
        let states: Result<HashMap<TaskId, TaskState>, DbErr> = rows.iter().map(state_of).collect();
        let states = states.map_err(|error| store_error(WHAT, error))?;
        Ok(tasks.iter().map(|task| states.get(task).copied()).collect())
    }

    pub(super) async fn statuses_of(&self, wanted: &[TaskId]) -> Result<Vec<Option<TaskStatus>>, StoreError> {
        const WHAT: &str = "reading tasks";
        let tasks_sql = "
            SELECT t.id, t.state, t.identity, t.created_at, t.ended_at, n.name, w.name, w.version
            FROM tasker_tasks AS t
            JOIN tasker_definitions AS d ON d.id = t.definition_id
            JOIN tasker_named_tasks AS w ON w.id = d.named_task_id
            JOIN tasker_namespaces AS n ON n.id = w.namespace_id
            WHERE t.id IN (SELECT unhex(value->>0) FROM json_each(?))";
        let steps_sql = "
            SELECT s.task_id, s.step_no, n.name, s.state, s.attempt, s.lost, s.error, s.open_dependencies, s.run_at
            FROM tasker_workflow_steps AS s
            JOIN tasker_named_steps AS n ON n.id = s.named_step_id
            WHERE s.task_id IN (SELECT unhex(value->>0) FROM json_each(?))
            ORDER BY s.task_id, s.step_no";
        let read = || async {
            // One transaction, so that a task and its steps are seen at the same moment.
            let snapshot = self.reader().begin().await?;
            let rows = query(&snapshot, tasks_sql, [ids(wanted).into()]).await?;
            let steps = query(&snapshot, steps_sql, [ids(wanted).into()]).await?;
            snapshot.commit().await?;
            assemble(&rows, &steps, self.0.clock.now())
        };
        let found = transact(WHAT, read).await?;
        Ok(wanted.iter().map(|task| found.get(task).cloned()).collect())
    }

    pub(super) async fn open_tasks_after(
        &self,
        after: Option<TaskId>,
        limit: usize,
    ) -> Result<Vec<TaskId>, StoreError> {
        const WHAT: &str = "listing open tasks";
        let sql = "
            SELECT id FROM tasker_tasks WHERE state IN ('pending', 'in_progress') AND id > ? ORDER BY id LIMIT ?";
        let after = after.map_or(Uuid::nil(), TaskId::as_uuid);
        let rows = self.read(WHAT, sql, [after.into(), (limit as i64).into()]).await?;
        let tasks = rows.iter().map(|row| Columns(row).get::<Uuid>(0).map(TaskId::from));
        tasks.collect::<Result<_, _>>().map_err(|error| store_error(WHAT, error))
    }

    pub(super) async fn result_of(&self, task: TaskId, step: &str) -> Result<Option<Json>, StoreError> {
        const WHAT: &str = "reading a result";
        let sql = "
            SELECT s.result FROM tasker_workflow_steps AS s
            JOIN tasker_named_steps AS n ON n.id = s.named_step_id
            WHERE s.task_id = ? AND n.name = ?";
        let rows = self.read(WHAT, sql, [task.as_uuid().into(), step.into()]).await?;
        let result = rows.first().map(|row| Columns(row).get::<Option<String>>(0)).transpose();
        let result = result.map_err(|error| store_error(WHAT, error))?.flatten();
        Ok(result.map(Json::from_stored))
    }
}

fn ids(tasks: &[TaskId]) -> Rows {
    tasks.iter().map(|task| vec![id(task.as_uuid())]).collect()
}

fn assemble(
    tasks: &[QueryResult],
    steps: &[QueryResult],
    now: Timestamp,
) -> Result<HashMap<TaskId, TaskStatus>, DbErr> {
    let mut found = HashMap::with_capacity(tasks.len());
    for row in tasks {
        let status = task_status(&Columns(row))?;
        found.insert(status.id, status);
    }
    for row in steps {
        let (task, step) = step_status(&Columns(row), now)?;
        if let Some(status) = found.get_mut(&task) {
            status.steps.push(step);
        }
    }
    Ok(found)
}

fn task_status(row: &Columns<'_>) -> Result<TaskStatus, DbErr> {
    let (id, state): (Uuid, String) = (row.get(0)?, row.get(1)?);
    let identity: Option<String> = row.get(2)?;
    let (created_at, ended_at): (i64, Option<i64>) = (row.get(3)?, row.get(4)?);
    let identity: Option<(String, String, String)> = identity
        .map(|text| serde_json::from_str(&text))
        .transpose()
        .map_err(|error| DbErr::Type(error.to_string()))?;
    Ok(TaskStatus {
        id: id.into(),
        workflow: WorkflowId { namespace: row.get(5)?, name: row.get(6)?, version: row.get(7)? },
        idempotency_key: identity.map(|(_, _, key)| key),
        state: parse_state(&state)?,
        created_at: Timestamp::from_micros(created_at),
        ended_at: ended_at.map(Timestamp::from_micros),
        steps: Vec::new(),
    })
}

fn step_status(row: &Columns<'_>, now: Timestamp) -> Result<(TaskId, StepStatus), DbErr> {
    let (task, no, name): (Uuid, i32, String) = (row.get(0)?, row.get(1)?, row.get(2)?);
    let (state, attempt, lost): (String, i32, i32) = (row.get(3)?, row.get(4)?, row.get(5)?);
    let (open_dependencies, run_at): (i32, i64) = (row.get(7)?, row.get(8)?);
    let state = parse_state(&state)?;
    let waiting_for = (state == StepState::Pending)
        .then(|| WaitingFor::of(open_dependencies as u32, Timestamp::from_micros(run_at), now));
    let no = StepNo(no as u32);
    let attempts = Attempt(attempt as u32);
    let error = row.get::<Option<String>>(6)?.map(|text| parse_error(&text));
    Ok((task.into(), StepStatus { no, name, state, attempts, lost: lost as u32, error, waiting_for }))
}
