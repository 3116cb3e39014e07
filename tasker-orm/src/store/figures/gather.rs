//! Tasks that ended, and what their steps did.

use std::collections::{BTreeMap, HashMap};

use sea_orm::{DbErr, QueryResult, Value};
use serde::Deserialize;
use tasker_core::analytics::{Chosen, Counting, Digest, EndedTask, Graph, PastMove, TaskPast};
use tasker_core::{DefinitionId, StepNo, TaskId, Timestamp, WorkflowId};
use uuid::Uuid;

use super::code::code_of;
use crate::batch::{Batch, Cell, Column, ids};
use crate::statement::Backend;
use crate::store::query::parse_json;
use crate::store::{SqlStore, parse_state, query};

/// The steps of so many tasks of each kind in a period are looked at: those that are complete, and the others.
const LOOKED_AT: usize = 200;

/// How many tasks are read at once, and of how many the steps.
const TASKS: i64 = 10_000;
const PASTS: usize = 200;

/// Id, definition, state, when it was created, when it ended.
#[derive(Deserialize)]
pub(super) struct TaskRow(Uuid, i64, String, i64, i64);

impl TaskRow {
    pub(super) fn task(&self) -> Result<EndedTask, DbErr> {
        let Self(id, definition, state, created_at, ended_at) = self;
        Ok(EndedTask {
            id: (*id).into(),
            definition: DefinitionId(*definition),
            state: parse_state(state)?,
            created_at: Timestamp::from_micros(*created_at),
            ended_at: Timestamp::from_micros(*ended_at),
        })
    }
}

/// Number of the step, from, to, when, and the beginning of the error.
#[derive(Deserialize)]
struct MoveRow(u32, String, String, i64, Option<String>);

/// A definition, for those who count.
pub(super) struct Known {
    pub(super) workflow: WorkflowId,
    graph: Graph,
}

impl SqlStore {
    /// JSON of many rows as one, because on SQLite rows come one by one: the aggregate and the array.
    pub(super) fn json_of_rows(&self) -> (&'static str, &'static str) {
        match self.dialect().backend {
            Backend::Postgres => ("json_agg", "json_build_array"),
            Backend::Sqlite => ("json_group_array", "json_array"),
        }
    }

    /// The columns of a [`TaskRow`] as JSON.
    pub(super) fn task_row_sql(&self) -> String {
        let (group, array) = self.json_of_rows();
        let id = match self.dialect().backend {
            Backend::Postgres => "t.id",
            Backend::Sqlite => "hex(t.id)",
        };
        let row = format!("{array}({id}, t.definition_id, t.state, t.created_at, t.ended_at)");
        format!("CAST(coalesce({group}({row} ORDER BY t.ended_at, t.id), '[]') AS text)")
    }

    /// What ended in a period. Of a task that ends in the middle of it all, some is seen and some is not.
    pub(super) async fn gather(
        &self,
        from: Timestamp,
        to: Timestamp,
    ) -> Result<BTreeMap<DefinitionId, Digest>, DbErr> {
        let sql = format!(
            "SELECT {} FROM (
                SELECT id, definition_id, state, created_at, ended_at FROM tasker_tasks
                WHERE ended_at >= $1 AND ended_at < $2 AND (ended_at, id) > ($1, $3) ORDER BY ended_at, id LIMIT {TASKS}
            ) AS t",
            self.task_row_sql()
        );
        let mut counting = Counting::of_at_most(LOOKED_AT);
        let (mut from, mut after) = (from.as_micros(), Uuid::nil());
        loop {
            let values: [Value; 3] = [from.into(), to.as_micros().into(), after.into()];
            let rows = query(self.reader(), sql.as_str(), values).await?;
            let rows: Vec<TaskRow> = json_at(rows.first(), 0)?;
            for row in &rows {
                counting.count(row.task()?, 1);
            }
            match rows.last() {
                Some(TaskRow(id, .., ended_at)) if rows.len() as i64 == TASKS => {
                    (from, after) = (*ended_at, *id);
                }
                _ => break,
            }
        }
        self.finish(counting).await.map(|(digests, _)| digests)
    }

    /// Looks at the steps of the chosen tasks.
    pub(super) async fn finish(
        &self,
        counting: Counting,
    ) -> Result<(BTreeMap<DefinitionId, Digest>, HashMap<DefinitionId, Known>), DbErr> {
        let chosen = counting.chosen();
        let definitions: Vec<DefinitionId> = chosen.iter().map(|chosen| chosen.task.definition).collect();
        let known = self.known_definitions(definitions).await?;
        let mut pasts = HashMap::with_capacity(chosen.len());
        for chosen in chosen.chunks(PASTS) {
            self.add_pasts(chosen, &mut pasts).await?;
        }
        let graphs = known.iter().map(|(&id, known)| (id, known.graph.clone())).collect();
        Ok((counting.finish(&pasts, &graphs), known))
    }

    async fn known_definitions(
        &self,
        mut definitions: Vec<DefinitionId>,
    ) -> Result<HashMap<DefinitionId, Known>, DbErr> {
        definitions.sort_unstable();
        definitions.dedup();
        let backend = self.dialect().backend;
        let among = match backend {
            Backend::Postgres => "d.id = ANY($1::bigint[])",
            Backend::Sqlite => "d.id IN (SELECT value->>0 FROM json_each($1))",
        };
        let sql = format!(
            "SELECT d.id, n.name, w.name, w.version, d.graph FROM tasker_definitions AS d
            JOIN tasker_named_tasks AS w ON w.id = d.named_task_id
            JOIN tasker_namespaces AS n ON n.id = w.namespace_id WHERE {among}"
        );
        let mut wanted = Batch::new(backend, &[Column::Big]);
        for definition in definitions {
            wanted.push([Cell::Big(definition.0)]);
        }
        let rows = query(self.reader(), sql, wanted.into_values()).await?;
        let known = |row: &QueryResult| {
            let workflow = workflow(row, 1)?;
            // One that another version of Tasker wrote is counted, and its steps are not.
            let graph = serde_json::from_str(&row.try_get_by_index::<String>(4)?).unwrap_or_default();
            Ok((DefinitionId(row.try_get_by_index(0)?), Known { workflow, graph }))
        };
        rows.iter().map(known).collect()
    }

    async fn add_pasts(&self, chosen: &[Chosen], pasts: &mut HashMap<TaskId, TaskPast>) -> Result<(), DbErr> {
        let (group, array) = self.json_of_rows();
        let sql = format!(
            "SELECT h.task_id,
                CAST({group}({array}(h.step_no, h.from_state, h.to_state, h.created_at, substr(h.error, 1, 20000))
                    ORDER BY h.step_no, h.revision) AS text),
                (SELECT max(r.created_at) FROM tasker_task_transitions AS r WHERE r.task_id = h.task_id AND r.from_state = 'error')
            FROM tasker_workflow_step_transitions AS h WHERE {} GROUP BY h.task_id",
            self.dialect().among("h.task_id", "$1")
        );
        let tasks = ids(self.dialect().backend, chosen.iter().map(|chosen| chosen.task.id.as_uuid()));
        for row in query(self.reader(), sql, [tasks]).await? {
            let moves: Vec<MoveRow> = json_at(Some(&row), 1)?;
            let moves = moves.into_iter().map(|MoveRow(step, from, to, at, error)| {
                Ok::<_, DbErr>(PastMove {
                    step: StepNo(step),
                    from: parse_state(&from)?,
                    to: parse_state(&to)?,
                    at: Timestamp::from_micros(at),
                    code: error.as_deref().and_then(code_of),
                })
            });
            let since = row.try_get_by_index::<Option<i64>>(2)?.map(Timestamp::from_micros);
            let past = TaskPast { moves: moves.collect::<Result<_, _>>()?, since };
            pasts.insert(row.try_get_by_index::<Uuid>(0)?.into(), past);
        }
        Ok(())
    }
}

/// Namespace, name and version from a column on.
pub(super) fn workflow(row: &QueryResult, at: usize) -> Result<WorkflowId, DbErr> {
    Ok(WorkflowId {
        namespace: row.try_get_by_index(at)?,
        name: row.try_get_by_index(at + 1)?,
        version: row.try_get_by_index(at + 2)?,
    })
}

pub(super) fn json_at<T: serde::de::DeserializeOwned>(
    row: Option<&QueryResult>,
    at: usize,
) -> Result<T, DbErr> {
    let row = row.ok_or_else(|| DbErr::Custom("no answer".to_owned()))?;
    parse_json(&row.try_get_by_index::<String>(at)?)
}
