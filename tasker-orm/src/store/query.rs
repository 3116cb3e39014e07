//! What can be asked, beside what is written.

use std::collections::HashMap;

use sea_orm::{DbErr, QueryResult, Value};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use tasker_core::store::{Parked, StoreError, Waiting};
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
        let sql = self.statuses_sql("");
        let read = || async {
            let values = [self.fixed_now().into(), self.ids_of(wanted)];
            let rows = query(&self.0.by_key, sql.as_str(), values).await?;
            let statuses = rows.iter().map(|row| status(row).map(|(status, _)| (status.id, status)));
            statuses.collect::<Result<HashMap<_, _>, _>>()
        };
        let found = self.repeated(WHAT, read).await?;
        Ok(wanted.iter().map(|task| found.get(task).cloned()).collect())
    }

    /// One statement, so that a task and its steps are seen at the same moment, and one row for a task: on SQLite rows come one by one.
    /// After the [`STATUS_COLUMNS`] it has `more`.
    pub(super) fn statuses_sql(&self, more: &str) -> String {
        let (array, group) = match self.dialect().backend {
            Backend::Postgres => ("json_build_array", "json_agg"),
            Backend::Sqlite => ("json_array", "json_group_array"),
        };
        let (now, of_tasks) = (self.now_sql(), self.dialect().among("t.id", "$2"));
        let parked = parked_sql(now);
        format!(
            "SELECT t.id, t.state, t.identity, t.created_at, t.ended_at, n.name, w.name, w.version, {now},
                CAST(coalesce((
                    SELECT {group}({array}(s.step_no, m.name, s.state, s.attempt, s.lost, s.error, s.open_dependencies, s.run_at,
                        s.waiting_for) ORDER BY s.step_no)
                    FROM tasker_workflow_steps AS s JOIN tasker_named_steps AS m ON m.id = s.named_step_id
                    WHERE s.task_id = t.id
                ), '[]') AS text),
                {parked}, d.paused, t.correlation_id, t.traceparent{more}
            FROM tasker_tasks AS t
            JOIN tasker_definitions AS d ON d.id = t.definition_id
            JOIN tasker_named_tasks AS w ON w.id = d.named_task_id
            JOIN tasker_namespaces AS n ON n.id = w.namespace_id
            WHERE {of_tasks}"
        )
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
        let values = [after.into(), (limit as i64).into()];
        let rows = self.repeated(WHAT, || query(self.reader(), sql, values.clone())).await?;
        let tasks = rows.iter().map(|row| row.try_get_by_index::<Uuid>(0).map(TaskId::from));
        tasks.collect::<Result<_, _>>().map_err(|error| store_error(WHAT, error))
    }

    pub(super) async fn result_of(&self, task: TaskId, step: &str) -> Result<Option<Json>, StoreError> {
        const WHAT: &str = "reading a result";
        // No step is called so, and PostgreSQL would not read it.
        if step.contains('\0') {
            return Ok(None);
        }
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
        // By keys: otherwise the planner reads all steps, however few tasks are open.
        let rows = self.read(WHAT, sql, [(limit as i64).into()]).await?;
        let tasks = rows.iter().map(|row| row.try_get_by_index::<Uuid>(0).map(TaskId::from));
        tasks.collect::<Result<_, _>>().map_err(|error| store_error(WHAT, error))
    }

    pub(super) fn ids_of(&self, tasks: &[TaskId]) -> Value {
        ids(self.dialect().backend, tasks.iter().map(|task| task.as_uuid()))
    }
}

/// Of an open task: what the newest live worker that knows its definition says keeps it from running it, if workers are alive and none
/// of them runs it; empty if none of them knows it.
fn parked_sql(now: &str) -> String {
    let offers = format!(
        "FROM tasker_worker_definitions AS o JOIN tasker_workers AS a ON a.id = o.worker_id
        WHERE o.definition_id = t.definition_id AND a.lease_until > {now}"
    );
    format!(
        "CASE
            WHEN t.state IN ('pending', 'in_progress')
                AND NOT EXISTS (SELECT 1 {offers} AND o.obstacle IS NULL)
                AND EXISTS (SELECT 1 FROM tasker_workers AS a WHERE a.lease_until > {now})
            THEN coalesce((SELECT o.obstacle {offers} ORDER BY a.started_at DESC, a.id DESC LIMIT 1), '')
        END"
    )
}

/// How many columns make a status.
pub(super) const STATUS_COLUMNS: usize = 14;

/// A task, and when it was read.
pub(super) fn status(row: &QueryResult) -> Result<(TaskStatus, Timestamp), DbErr> {
    let (id, state): (Uuid, String) = (row.try_get_by_index(0)?, row.try_get_by_index(1)?);
    let identity: Option<String> = row.try_get_by_index(2)?;
    let (created_at, ended_at): (i64, Option<i64>) = (row.try_get_by_index(3)?, row.try_get_by_index(4)?);
    let identity: Option<(String, String, String)> = identity.map(|text| parse_json(&text)).transpose()?;
    let now = Timestamp::from_micros(row.try_get_by_index(8)?);
    let obstacle: Option<String> = row.try_get_by_index(10)?;
    let parked = obstacle.map(|obstacle| Parked(Some(obstacle).filter(|obstacle| !obstacle.is_empty())));
    let steps: Vec<StepRow> = parse_json(&row.try_get_by_index::<String>(9)?)?;
    let workflow_paused: bool = row.try_get_by_index(11)?;
    let mut paused = false;
    let mut step_status = |StepRow(no, name, state, attempts, lost, error, open, run_at, waiting)| {
        let state = parse_state(&state)?;
        let waiting = waiting.map(|text: String| parse_state::<Waiting>(&text)).transpose()?;
        paused |= waiting == Some(Waiting::Operator);
        let waiting_for = (state == StepState::Pending).then(|| {
            WaitingFor::of(open, waiting, Timestamp::from_micros(run_at), now)
                .unless_paused(workflow_paused)
                .unless_parked(parked.as_ref())
        });
        paused |= waiting_for == Some(WaitingFor::Operator);
        let error = error.map(|text: String| parse_error(&text));
        Ok(StepStatus { no: StepNo(no), name, state, attempts: Attempt(attempts), lost, error, waiting_for })
    };
    let steps = steps.into_iter().map(&mut step_status).collect::<Result<_, DbErr>>()?;
    let status = TaskStatus {
        id: id.into(),
        workflow: WorkflowId {
            namespace: row.try_get_by_index(5)?,
            name: row.try_get_by_index(6)?,
            version: row.try_get_by_index(7)?,
        },
        idempotency_key: identity.map(|(_, _, key)| key),
        correlation_id: row.try_get_by_index::<Option<String>>(12)?.unwrap_or_else(|| id.to_string()),
        traceparent: row.try_get_by_index(13)?,
        state: parse_state(&state)?,
        created_at: Timestamp::from_micros(created_at),
        ended_at: ended_at.map(Timestamp::from_micros),
        paused,
        steps,
    };
    Ok((status, now))
}

/// Number, name, state, attempt, lost, error, open dependencies, when it may run, what it waits for.
#[derive(Deserialize)]
struct StepRow(u32, String, String, u32, u32, Option<String>, u32, i64, Option<String>);

pub(super) fn parse_json<T: DeserializeOwned>(text: &str) -> Result<T, DbErr> {
    serde_json::from_str(text).map_err(|error| DbErr::Type(error.to_string()))
}

/// An error as stored. One that does not parse is shown as it is: it is no reason to show nothing.
pub(super) fn parse_error(text: &str) -> StepError {
    serde_json::from_str(text).unwrap_or_else(|_| StepError::retryable(text).code("UNREADABLE"))
}
