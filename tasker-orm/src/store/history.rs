//! What happened to a task: its transitions, those of its steps, and what operators did.

use sea_orm::{DbErr, QueryResult};
use tasker_core::store::{Happened, HistoryPlace, StoreError, What, in_order};
use tasker_core::{Attempt, Json, StepNo, TaskId, Timestamp, WorkerId};
use uuid::Uuid;

use super::query::parse_error;
use super::{SqlStore, parse_state};
use crate::error::store_error;

/// A row of each kind: what it is, when, its step, its columns, and the how manieth it is or which order.
const SQL: &str = "
    SELECT h.kind, h.at, m.name, h.first, h.second, h.third, h.attempt, h.worker_id, h.fourth, h.step_no, h.revision, h.order_id
    FROM (
        SELECT 2 AS kind, created_at AS at, step_no, from_state AS first, to_state AS second, error AS third, NULL AS fourth, attempt,
            worker_id, revision, NULL AS order_id
        FROM tasker_workflow_step_transitions WHERE task_id = $1
        UNION ALL
        SELECT 0, created_at, step_no, action, actor, reason, value, 0, NULL, 0, id FROM tasker_operations WHERE task_id = $1
        UNION ALL
        SELECT 1, created_at, NULL, from_state, to_state, NULL, NULL, 0, NULL, revision, NULL
        FROM tasker_task_transitions WHERE task_id = $1
    ) AS h
    LEFT JOIN tasker_workflow_steps AS s ON s.task_id = $1 AND s.step_no = h.step_no
    LEFT JOIN tasker_named_steps AS m ON m.id = s.named_step_id";

impl SqlStore {
    pub(super) async fn history_of(&self, task: TaskId) -> Result<Vec<Happened>, StoreError> {
        const WHAT: &str = "reading what happened to a task";
        let rows = self.read(WHAT, SQL, [task.as_uuid().into()]).await?;
        let history = rows.iter().map(happened).collect::<Result<Vec<_>, DbErr>>();
        Ok(in_order(history.map_err(|error| store_error(WHAT, error))?))
    }
}

fn happened(row: &QueryResult) -> Result<(HistoryPlace, Happened), DbErr> {
    let at = Timestamp::from_micros(row.try_get_by_index(1)?);
    let step: Option<String> = row.try_get_by_index(2)?;
    let first: String = row.try_get_by_index(3)?;
    let second: Option<String> = row.try_get_by_index(4)?;
    let third: Option<String> = row.try_get_by_index(5)?;
    let (from, to) = (first.as_str(), second.as_deref().unwrap_or_default());
    let no = StepNo(row.try_get_by_index::<Option<i32>>(9)?.unwrap_or_default() as u32);
    let revision = row.try_get_by_index::<i32>(10)? as u32;
    let (place, what) = match row.try_get_by_index::<i32>(0)? {
        0 => {
            let value = row.try_get_by_index::<Option<String>>(8)?.map(Json::from_stored);
            let place = HistoryPlace::order(at, row.try_get_by_index(11)?);
            (place, What::Ordered { action: first, step, by: second, reason: third, value })
        }
        1 => {
            let (from, to) = (parse_state(from)?, parse_state(to)?);
            (HistoryPlace::task(at, revision, to), What::Task { from, to })
        }
        _ => {
            let what = What::Step {
                step: step.unwrap_or_default(),
                from: parse_state(from)?,
                to: parse_state(to)?,
                attempt: Attempt(row.try_get_by_index::<i32>(6)? as u32),
                worker: row.try_get_by_index::<Option<Uuid>>(7)?.map(WorkerId::from),
                error: third.as_deref().map(parse_error),
            };
            (HistoryPlace::step(at, no, revision), what)
        }
    };
    Ok((place, Happened { at, what }))
}
