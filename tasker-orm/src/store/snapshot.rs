//! Tasks with all that is known of them, for reports.

use std::collections::HashMap;

use sea_orm::{DbErr, QueryResult};
use serde::Deserialize;
use tasker_core::report::{KnownStep, KnownTask, StepMove, TaskSnapshot};
use tasker_core::store::{StoreError, UNKNOWN_SYSTEM};
use tasker_core::{StepNo, TaskId, Timestamp};

use super::query::{STATUS_COLUMNS, parse_json, status};
use super::{SqlStore, parse_state, query};
use crate::statement::Backend;

impl SqlStore {
    pub(super) async fn snapshots_of(
        &self,
        wanted: &[TaskId],
    ) -> Result<Vec<Option<TaskSnapshot>>, StoreError> {
        let sql = self.statuses_sql(&self.known_sql());
        let read = || async {
            let values = [self.fixed_now().into(), self.ids_of(wanted)];
            let rows = query(self.reader(), sql.as_str(), values).await?;
            let mut found = HashMap::with_capacity(rows.len());
            for row in &rows {
                match snapshot(row) {
                    Ok(task) => {
                        found.insert(task.status().id, task);
                    }
                    // Of several tasks it is one, and the others are asked for, too.
                    Err(error) if rows.len() > 1 => {
                        tracing::warn!(%error, "a task cannot be read; it is left out of the reports of several");
                    }
                    Err(error) => return Err(error),
                }
            }
            Ok(found)
        };
        let mut found = self.repeated("reading tasks with all that is known of them", read).await?;
        Ok(wanted.iter().map(|task| found.remove(task)).collect())
    }

    /// The graph, whether steps run side by side, the steps, and their transitions.
    fn known_sql(&self) -> String {
        let (array, group) = match self.dialect().backend {
            Backend::Postgres => ("json_build_array", "json_agg"),
            Backend::Sqlite => ("json_array", "json_group_array"),
        };
        format!(
            ", d.graph, d.concurrent,
            CAST(coalesce((
                SELECT {group}({array}(s.retry_limit, s.run_at, y.name) ORDER BY s.step_no)
                FROM tasker_workflow_steps AS s
                JOIN tasker_named_steps AS m ON m.id = s.named_step_id
                JOIN tasker_dependent_systems AS y ON y.id = m.dependent_system_id
                WHERE s.task_id = t.id
            ), '[]') AS text),
            CAST(coalesce((
                SELECT {group}({array}(h.step_no, h.from_state, h.to_state, h.created_at) ORDER BY h.step_no, h.revision)
                FROM tasker_workflow_step_transitions AS h WHERE h.task_id = t.id
            ), '[]') AS text)"
        )
    }
}

/// Retry limit, when it may run, system.
#[derive(Deserialize)]
struct StepRow(u32, i64, String);

/// Number, from, to, when.
#[derive(Deserialize)]
struct MoveRow(u32, String, String, i64);

fn snapshot(row: &QueryResult) -> Result<TaskSnapshot, DbErr> {
    let text = |column| row.try_get_by_index::<String>(STATUS_COLUMNS + column);
    let steps: Vec<StepRow> = parse_json(&text(2)?)?;
    let moves: Vec<MoveRow> = parse_json(&text(3)?)?;
    let steps = steps.into_iter().map(|StepRow(retry_limit, run_at, system)| KnownStep {
        retry_limit,
        run_at: Timestamp::from_micros(run_at),
        dependent_system: Some(system).filter(|system| system != UNKNOWN_SYSTEM),
    });
    let moves = moves.into_iter().map(|MoveRow(no, from, to, at)| {
        let (from, to) = (parse_state(&from)?, parse_state(&to)?);
        Ok(StepMove { step: StepNo(no), from, to, at: Timestamp::from_micros(at) })
    });
    let known = KnownTask {
        graph: parse_json(&text(0)?)?,
        concurrent: row.try_get_by_index(STATUS_COLUMNS + 1)?,
        steps: steps.collect(),
        moves: moves.collect::<Result<_, DbErr>>()?,
    };
    let (status, now) = status(row)?;
    TaskSnapshot::of_known(status, now, known).map_err(|error| DbErr::Type(error.to_string()))
}
