//! Reading on in the outbox.

use std::sync::Arc;

use sea_orm::{DbErr, QueryResult, Value};
use tasker_core::events::TaskFacts;
use tasker_core::store::{Cursor, Kinds, Lifecycle, Numbers, Occurrence, Page, Seen, StoreError};
use tasker_core::{StepNo, TaskId, Timestamp, WorkflowId};
use uuid::Uuid;

use super::super::SqlStore;
use super::found::Found;
use super::holes;
use crate::batch::{Cell, Column, Rows};
use crate::error::store_error;
use crate::mark::{self, ENTRY};
use crate::statement::Backend;

const WHAT: &str = "reading the outbox";

/// How many entries a page has at most, unless a single row has more. A transaction may create or end any number of tasks, and what is
/// told of a page is in memory at once.
const MOST_ENTRIES: usize = 10_000;

/// An entry of the outbox: what happened, to which task and step, by which transition, and when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) task: Uuid,
    pub(super) what: Lifecycle,
    pub(super) step: StepNo,
    pub(super) revision: u32,
    pub(super) at: Timestamp,
}

impl Entry {
    pub(super) const fn is_of_step(&self) -> bool {
        !matches!(self.what.rank(), 0 | 1 | 6)
    }

    /// The beginning of the execution that ends with this, if that is one.
    pub(super) fn begin(&self) -> (Uuid, StepNo, u32) {
        (self.task, self.step, self.revision.saturating_sub(1))
    }
}

impl SqlStore {
    pub(super) async fn read_outbox(
        &self,
        after: &Cursor,
        kinds: Kinds,
        limit: usize,
    ) -> Result<Page, StoreError> {
        let rows = self.new_rows(after, limit).await?;
        let read = rows.numbers.as_slice();
        let more = rows.is_cut || read.len() >= limit;
        let up_to = if more { read.last().copied().unwrap_or_default() } else { i64::MAX };
        let seen = match rows.transactions {
            Some((oldest_open, next)) if after.asks_for_number(read, next) => {
                Some(Seen { oldest_open, next, later: self.transaction_number().await? })
            }
            Some((oldest_open, next)) => Some(Seen { oldest_open, next, later: next }),
            None => None,
        };
        let cursor = after.moved(Numbers { read, up_to }, seen);
        self.0.recent.memory().note(&rows.entries);
        let wanted: Vec<Entry> = rows.entries.into_iter().filter(|entry| kinds.has(entry.what)).collect();
        let occurrences = if wanted.is_empty() { Vec::new() } else { self.occurrences(&wanted).await? };
        Ok(Page { occurrences, cursor, more })
    }

    /// The rows that fill the holes of a cursor and those behind it, seen at one moment: the lowest of them.
    async fn new_rows(&self, after: &Cursor, limit: usize) -> Result<NewRows, StoreError> {
        let most = Value::from(i64::try_from(limit).unwrap_or(i64::MAX));
        let rows = match self.dialect().backend {
            Backend::Sqlite => {
                const SQL: &str =
                    "SELECT id, entries, created_at FROM tasker_outbox WHERE id > $1 ORDER BY id LIMIT $2";
                self.read(WHAT, SQL, [after.high.into(), most]).await?
            }
            Backend::Postgres => {
                const SQL: &str = "
                    SELECT o.id, o.entries, o.created_at, pg_snapshot_xmin(seen)::text::bigint, pg_snapshot_xmax(seen)::text::bigint
                    FROM pg_current_snapshot() AS seen LEFT JOIN (
                        (SELECT f.* FROM unnest($4::bigint[], $5::bigint[]) AS h(first, last), LATERAL (
                            SELECT id, entries, created_at FROM tasker_outbox WHERE id BETWEEN h.first AND h.last ORDER BY id LIMIT $2
                        ) AS f)
                        UNION ALL
                        (SELECT id, entries, created_at FROM tasker_outbox WHERE id > $1 ORDER BY id LIMIT $3)
                    ) AS o ON true
                    ORDER BY o.id LIMIT $2";
                let behind = if after.is_full() { Value::from(0_i64) } else { most.clone() };
                let values = [after.high.into(), most, behind];
                self.read(WHAT, SQL, values.into_iter().chain(holes(after))).await?
            }
        };
        NewRows::of(&rows).map_err(|error| store_error(WHAT, error))
    }

    /// One that is higher than that of any transaction that has written yet.
    async fn transaction_number(&self) -> Result<u64, StoreError> {
        let rows = self.read(WHAT, "SELECT pg_current_xact_id()::text::bigint", []).await?;
        let number = rows.first().map(|row| row.try_get_by_index::<i64>(0)).transpose();
        Ok(number.map_err(|error| store_error(WHAT, error))?.unwrap_or(i64::MAX) as u64)
    }

    /// What stands behind entries, in their order. What was removed since is left out, unless it is still remembered.
    async fn occurrences(&self, entries: &[Entry]) -> Result<Vec<Occurrence>, StoreError> {
        let mut found = Found::new(entries, &self.0.recent.memory());
        let tasks = self.tasks_of(found.unknown_tasks()).await?;
        self.0.recent.memory().remember(tasks.iter().map(|(id, task)| (*id, Arc::clone(task))));
        found.tasks.extend(tasks);
        self.find(STEPS, |entry| entry.what != Lifecycle::Emitted, &mut found).await?;
        self.find(EMITTED, |entry| entry.what == Lifecycle::Emitted, &mut found).await?;
        Ok(found.into_occurrences())
    }

    async fn tasks_of(&self, tasks: Vec<Uuid>) -> Result<Vec<(Uuid, Arc<TaskFacts>)>, StoreError> {
        const SQL: &str = "
            SELECT t.id, n.name, w.name, w.version, t.created_at, t.correlation_id, t.traceparent
            FROM {rows}
            JOIN tasker_tasks AS t ON t.id = b.task_id
            JOIN tasker_definitions AS d ON d.id = t.definition_id
            JOIN tasker_named_tasks AS w ON w.id = d.named_task_id
            JOIN tasker_namespaces AS n ON n.id = w.namespace_id";
        let mut rows = Rows::new(self.dialect().backend, &[("task_id", Column::Id)]);
        for task in tasks {
            rows.push([Cell::Id(task)]);
        }
        let rows = self.read_rows(rows, SQL).await?;
        rows.iter().map(task).collect::<Result<_, DbErr>>().map_err(|error| store_error(WHAT, error))
    }

    /// Asks for the steps that are not known.
    async fn find(
        &self,
        sql: &str,
        which: impl Fn(&Entry) -> bool,
        found: &mut Found<'_>,
    ) -> Result<(), StoreError> {
        let mut rows = Rows::new(self.dialect().backend, &ENTRIES);
        for (at, entry) in found.entries.iter().enumerate() {
            if which(entry) && found.asks_for(at) {
                rows.push([
                    Cell::Int(at as i32),
                    Cell::Id(entry.task),
                    Cell::Int(entry.step.0 as i32),
                    Cell::Int(entry.revision as i32),
                    Cell::Int(i32::from(!found.begins.contains_key(&entry.begin()))),
                ]);
            }
        }
        for row in self.read_rows(rows, sql).await? {
            found.add(&row).map_err(|error| store_error(WHAT, error))?;
        }
        Ok(())
    }

    async fn read_rows(&self, rows: Rows, sql: &str) -> Result<Vec<QueryResult>, StoreError> {
        match rows.into_statement(sql) {
            Some((sql, values)) => self.read(WHAT, &sql, values).await,
            None => Ok(Vec::new()),
        }
    }
}

/// `alone` is 1 where the beginning of the execution is not among the entries.
const ENTRIES: [(&str, Column); 5] = [
    ("at", Column::Int),
    ("task_id", Column::Id),
    ("step_no", Column::Int),
    ("revision", Column::Int),
    ("alone", Column::Int),
];

/// Each has the entry, its place in that, the step, and what was published. When an execution began is looked for by a revision that is
/// null where it need not be: that costs no look into the index.
const STEPS: &str = "
    SELECT b.at, 0, m.name, h.attempt, s.retry_limit, h.worker_id, p.created_at, h.error, s.run_at, NULL, NULL
    FROM {rows}
    JOIN tasker_workflow_step_transitions AS h ON h.task_id = b.task_id AND h.step_no = b.step_no AND h.revision = b.revision
    JOIN tasker_workflow_steps AS s ON s.task_id = b.task_id AND s.step_no = b.step_no
    JOIN tasker_named_steps AS m ON m.id = s.named_step_id
    LEFT JOIN tasker_workflow_step_transitions AS p ON p.task_id = b.task_id AND p.step_no = b.step_no
        AND p.revision = CASE WHEN b.alone = 1 AND h.from_state = 'in_progress' THEN b.revision - 1 END";

const EMITTED: &str = "
    SELECT b.at, e.place, m.name, h.attempt, s.retry_limit, h.worker_id, p.created_at, NULL, s.run_at, e.name, e.payload
    FROM {rows}
    JOIN tasker_events AS e ON e.task_id = b.task_id AND e.step_no = b.step_no AND e.revision = b.revision
    JOIN tasker_workflow_step_transitions AS h ON h.task_id = b.task_id AND h.step_no = b.step_no AND h.revision = b.revision
    JOIN tasker_workflow_steps AS s ON s.task_id = b.task_id AND s.step_no = b.step_no
    JOIN tasker_named_steps AS m ON m.id = s.named_step_id
    LEFT JOIN tasker_workflow_step_transitions AS p ON p.task_id = b.task_id AND p.step_no = b.step_no
        AND p.revision = CASE WHEN b.alone = 1 THEN b.revision - 1 END";

/// Rows of the outbox.
#[derive(Default)]
struct NewRows {
    /// Ascending.
    numbers: Vec<i64>,
    entries: Vec<Entry>,
    /// Whether the last rows were left out, because they would have been too much.
    is_cut: bool,
    /// The lowest transaction number that is still under way, and one behind all that have ended, where that matters.
    transactions: Option<(u64, u64)>,
}

impl NewRows {
    fn of(rows: &[QueryResult]) -> Result<Self, DbErr> {
        let mut new = Self { numbers: Vec::with_capacity(rows.len()), ..Self::default() };
        for row in rows {
            if let (Ok(oldest_open), Ok(next)) =
                (row.try_get_by_index::<i64>(3), row.try_get_by_index::<i64>(4))
            {
                new.transactions = Some((oldest_open as u64, next as u64));
            }
            let Some(number) = row.try_get_by_index::<Option<i64>>(0)? else { continue };
            let entries: Vec<u8> = row.try_get_by_index(1)?;
            let at = Timestamp::from_micros(row.try_get_by_index(2)?);
            let entries = read_entries(&entries, at)?;
            if !new.numbers.is_empty() && new.entries.len() + entries.len() > MOST_ENTRIES {
                new.is_cut = true;
                break;
            }
            new.numbers.push(number);
            new.entries.extend(entries);
        }
        Ok(new)
    }
}

/// The entries of a row, of each task in the order in which they happened.
fn read_entries(bytes: &[u8], at: Timestamp) -> Result<Vec<Entry>, DbErr> {
    if !bytes.len().is_multiple_of(ENTRY) {
        return Err(DbErr::Type(format!(
            "an entry of the outbox has {ENTRY} bytes, and these are {}",
            bytes.len()
        )));
    }
    let mut entries = Vec::with_capacity(bytes.len() / ENTRY);
    for entry in bytes.chunks_exact(ENTRY) {
        let (task, mark) = entry.split_at(16);
        let task = Uuid::from_slice(task).map_err(|error| DbErr::Type(error.to_string()))?;
        let mark = mark.iter().fold(0, |mark, &byte| mark << 8 | i64::from(byte));
        // A newer build may write down what this one does not know.
        if let Some((what, step, revision)) = mark::read(mark) {
            entries.push(Entry { task, what, step, revision, at });
        }
    }
    entries.sort_by_key(|entry| (entry.task, entry.what.rank(), entry.step, entry.revision));
    Ok(entries)
}

fn task(row: &QueryResult) -> Result<(Uuid, Arc<TaskFacts>), DbErr> {
    let id: Uuid = row.try_get_by_index(0)?;
    let workflow = WorkflowId {
        namespace: row.try_get_by_index(1)?,
        name: row.try_get_by_index(2)?,
        version: row.try_get_by_index(3)?,
    };
    let created_at = Timestamp::from_micros(row.try_get_by_index(4)?);
    let (correlation_id, traceparent) = (row.try_get_by_index(5)?, row.try_get_by_index(6)?);
    let facts = TaskFacts::new(TaskId::from(id), &workflow, created_at, correlation_id, traceparent);
    Ok((id, Arc::new(facts)))
}
