//! What can be asked: on the connections that read, beside the writer.

use std::collections::HashMap;

use sea_orm::{DbErr, QueryResult, Value};
use tasker_core::store::{StoreError, Waiting};
use tasker_core::{
    Attempt, Json, StepError, StepNo, StepState, StepStatus, TaskId, TaskState, TaskStatus, Timestamp,
    WaitingFor, WorkflowId,
};
use uuid::Uuid;

use super::settle::Results;
use super::{SqlStore, parse_state, query};
use crate::batch::{Batch, Cell, Column, ids};
use crate::error::store_error;
use crate::statement::Backend;

impl SqlStore {
    pub(super) async fn states_of(&self, tasks: &[TaskId]) -> Result<Vec<Option<TaskState>>, StoreError> {
        const WHAT: &str = "asking where tasks stand";
        let sql = format!("SELECT id, state FROM tasker_tasks WHERE {}", self.dialect().among("id", "$1"));
        let rows = self.read(WHAT, &sql, [self.ids_of(tasks)]).await?;
        let state_of = |row: &QueryResult| {
            let (task, state): (Uuid, String) = (row.try_get_by_index(0)?, row.try_get_by_index(1)?);
            Ok((TaskId::from(task), parse_state(&state)?))
        };
        let states: Result<HashMap<TaskId, TaskState>, DbErr> = rows.iter().map(state_of).collect();
        let states = states.map_err(|error| store_error(WHAT, error))?;
        Ok(tasks.iter().map(|task| states.get(task).copied()).collect())
    }

    pub(super) async fn statuses_of(&self, wanted: &[TaskId]) -> Result<Vec<Option<TaskStatus>>, StoreError> {
        const WHAT: &str = "reading tasks";
        let (of_tasks, of_steps) =
            (self.dialect().among("t.id", "$1"), self.dialect().among("s.task_id", "$1"));
        let tasks_sql = format!(
            "SELECT t.id, t.state, t.identity, t.created_at, t.ended_at, n.name, w.name, w.version
            FROM tasker_tasks AS t
            JOIN tasker_definitions AS d ON d.id = t.definition_id
            JOIN tasker_named_tasks AS w ON w.id = d.named_task_id
            JOIN tasker_namespaces AS n ON n.id = w.namespace_id
            WHERE {of_tasks}"
        );
        let steps_sql = format!(
            "SELECT s.task_id, s.step_no, n.name, s.state, s.attempt, s.lost, s.error, s.open_dependencies, s.run_at,
                s.waiting_for
            FROM tasker_workflow_steps AS s
            JOIN tasker_named_steps AS n ON n.id = s.named_step_id
            WHERE {of_steps}
            ORDER BY s.task_id, s.step_no"
        );
        let read = || async {
            // One transaction, so that a task and its steps are seen at the same moment.
            let snapshot = self.snapshot().await?;
            let rows = query(&snapshot, tasks_sql.as_str(), [self.ids_of(wanted)]).await?;
            let steps = query(&snapshot, steps_sql.as_str(), [self.ids_of(wanted)]).await?;
            let now = self.now_in(&snapshot).await?;
            snapshot.commit().await?;
            assemble(&rows, &steps, Timestamp::from_micros(now))
        };
        let found = self.repeated(WHAT, read).await?;
        Ok(wanted.iter().map(|task| found.get(task).cloned()).collect())
    }

    pub(super) async fn open_tasks_after(
        &self,
        after: Option<TaskId>,
        limit: usize,
    ) -> Result<Vec<TaskId>, StoreError> {
        const WHAT: &str = "listing open tasks";
        let sql = "
            SELECT id FROM tasker_tasks WHERE state IN ('pending', 'in_progress') AND id > $1 ORDER BY id LIMIT $2";
        let after = after.map_or(Uuid::nil(), TaskId::as_uuid);
        let rows = self.read(WHAT, sql, [after.into(), (limit as i64).into()]).await?;
        let tasks = rows.iter().map(|row| row.try_get_by_index::<Uuid>(0).map(TaskId::from));
        tasks.collect::<Result<_, _>>().map_err(|error| store_error(WHAT, error))
    }

    pub(super) async fn result_of(&self, task: TaskId, step: &str) -> Result<Option<Json>, StoreError> {
        const WHAT: &str = "reading a result";
        let sql = "
            SELECT s.result FROM tasker_workflow_steps AS s
            JOIN tasker_named_steps AS n ON n.id = s.named_step_id
            WHERE s.task_id = $1 AND n.name = $2";
        let rows = self.read(WHAT, sql, [task.as_uuid().into(), step.into()]).await?;
        let result = rows.first().map(|row| row.try_get_by_index::<Option<String>>(0)).transpose();
        let result = result.map_err(|error| store_error(WHAT, error))?.flatten();
        Ok(result.map(Json::from_stored))
    }

    /// The recorded results of steps.
    pub(super) async fn results_of(&self, steps: &[(TaskId, StepNo)]) -> Result<Results, StoreError> {
        const WHAT: &str = "reading what steps take";
        let backend = self.dialect().backend;
        let wanted = match backend {
            Backend::Postgres => "unnest($1::uuid[], $2::int[]) AS w(task_id, step_no)",
            Backend::Sqlite => {
                "(SELECT unhex(value->>0) AS task_id, value->>1 AS step_no FROM json_each($1)) AS w"
            }
        };
        let sql = format!(
            "SELECT s.task_id, s.step_no, s.result FROM {wanted}
            JOIN tasker_workflow_steps AS s ON s.task_id = w.task_id AND s.step_no = w.step_no
            WHERE s.result IS NOT NULL"
        );
        let mut batch = Batch::new(backend, &[Column::Id, Column::Int]);
        for (task, step) in steps {
            batch.push([Cell::Id(task.as_uuid()), Cell::Int(step.0 as i32)]);
        }
        let rows = self.read(WHAT, &sql, batch.into_values()).await?;
        let result_of = |row: &QueryResult| {
            let (task, step): (Uuid, i32) = (row.try_get_by_index(0)?, row.try_get_by_index(1)?);
            Ok(((task.into(), StepNo(step as u32)), Json::from_stored(row.try_get_by_index::<String>(2)?)))
        };
        rows.iter().map(result_of).collect::<Result<_, DbErr>>().map_err(|error| store_error(WHAT, error))
    }

    /// Open tasks in which nothing goes on and nothing is waited for that has a name.
    pub(super) async fn stranded_tasks(&self, limit: usize) -> Result<Vec<TaskId>, StoreError> {
        const WHAT: &str = "looking for tasks that wait without a reason";
        let sql = "
            SELECT t.id FROM tasker_tasks AS t
            WHERE t.state IN ('pending', 'in_progress') AND NOT EXISTS (
                SELECT 1 FROM tasker_workflow_steps AS s
                WHERE s.task_id = t.id AND (
                    (s.state = 'pending' AND s.open_dependencies = 0
                        AND (s.waiting_for IS NULL OR s.waiting_for IN ('time', 'operator')))
                    OR (s.state = 'in_progress' AND EXISTS (SELECT 1 FROM tasker_workers AS w WHERE w.id = s.worker_id))
                )
            )
            ORDER BY t.id LIMIT $1";
        let rows = self.read(WHAT, sql, [(limit as i64).into()]).await?;
        let tasks = rows.iter().map(|row| row.try_get_by_index::<Uuid>(0).map(TaskId::from));
        tasks.collect::<Result<_, _>>().map_err(|error| store_error(WHAT, error))
    }

    fn ids_of(&self, tasks: &[TaskId]) -> Value {
        ids(self.dialect().backend, tasks.iter().map(|task| task.as_uuid()))
    }
}

fn assemble(
    tasks: &[QueryResult],
    steps: &[QueryResult],
    now: Timestamp,
) -> Result<HashMap<TaskId, TaskStatus>, DbErr> {
    let mut found = HashMap::with_capacity(tasks.len());
    for row in tasks {
        let status = task_status(row)?;
        found.insert(status.id, status);
    }
    for row in steps {
        let (task, step, paused) = step_status(row, now)?;
        if let Some(status) = found.get_mut(&task) {
            status.paused |= paused;
            status.steps.push(step);
        }
    }
    Ok(found)
}

fn task_status(row: &QueryResult) -> Result<TaskStatus, DbErr> {
    let (id, state): (Uuid, String) = (row.try_get_by_index(0)?, row.try_get_by_index(1)?);
    let identity: Option<String> = row.try_get_by_index(2)?;
    let (created_at, ended_at): (i64, Option<i64>) = (row.try_get_by_index(3)?, row.try_get_by_index(4)?);
    let identity: Option<(String, String, String)> = identity
        .map(|text| serde_json::from_str(&text))
        .transpose()
        .map_err(|error| DbErr::Type(error.to_string()))?;
    Ok(TaskStatus {
        id: id.into(),
        workflow: WorkflowId {
            namespace: row.try_get_by_index(5)?,
            name: row.try_get_by_index(6)?,
            version: row.try_get_by_index(7)?,
        },
        idempotency_key: identity.map(|(_, _, key)| key),
        state: parse_state(&state)?,
        created_at: Timestamp::from_micros(created_at),
        ended_at: ended_at.map(Timestamp::from_micros),
        paused: false,
        steps: Vec::new(),
    })
}

fn step_status(row: &QueryResult, now: Timestamp) -> Result<(TaskId, StepStatus, bool), DbErr> {
    let (task, no, name): (Uuid, i32, String) =
        (row.try_get_by_index(0)?, row.try_get_by_index(1)?, row.try_get_by_index(2)?);
    let (state, attempt, lost): (String, i32, i32) =
        (row.try_get_by_index(3)?, row.try_get_by_index(4)?, row.try_get_by_index(5)?);
    let (open_dependencies, run_at): (i32, i64) = (row.try_get_by_index(7)?, row.try_get_by_index(8)?);
    let state = parse_state(&state)?;
    let waiting: Option<String> = row.try_get_by_index(9)?;
    let waiting = waiting.map(|text| parse_state::<Waiting>(&text)).transpose()?;
    let waiting_for = (state == StepState::Pending)
        .then(|| WaitingFor::of(open_dependencies as u32, waiting, Timestamp::from_micros(run_at), now));
    let no = StepNo(no as u32);
    let attempts = Attempt(attempt as u32);
    let error = row.try_get_by_index::<Option<String>>(6)?.map(|text| parse_error(&text));
    let paused = waiting == Some(Waiting::Operator);
    Ok((task.into(), StepStatus { no, name, state, attempts, lost: lost as u32, error, waiting_for }, paused))
}

/// An error as stored. One that does not parse is shown as it is: it is no reason to show nothing.
fn parse_error(text: &str) -> StepError {
    serde_json::from_str(text).unwrap_or_else(|_| StepError::retryable(text).code("UNREADABLE"))
}
