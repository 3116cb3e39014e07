//! Reading on in the outbox.

use std::collections::HashMap;

use sea_orm::{DbErr, QueryResult, Value};
use tasker_core::store::{
    Cursor, Emitted, Kinds, Lifecycle, Occurrence, Page, Seen, StepOccurrence, StoreError, TaskOccurrence,
};
use tasker_core::{Attempt, Json, StepNo, TaskId, Timestamp, WorkerId, WorkflowId};
use uuid::Uuid;

use super::super::SqlStore;
use super::super::query::parse_error;
use crate::batch::{Cell, Column, Rows};
use crate::error::store_error;
use crate::mark::{self, ENTRY};
use crate::statement::Backend;

const WHAT: &str = "reading the outbox";

/// An entry of the outbox: what happened, to which task and step, by which transition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Entry {
    task: Uuid,
    what: Lifecycle,
    step: StepNo,
    revision: u32,
}

impl SqlStore {
    pub(super) async fn read_outbox(
        &self,
        after: &Cursor,
        kinds: Kinds,
        limit: usize,
    ) -> Result<Page, StoreError> {
        let rows = self.new_rows(after, limit).await?;
        let more = rows.numbers.len() >= limit;
        let cursor = after.moved(&rows.numbers, rows.seen);
        let wanted: Vec<Entry> = rows.entries.into_iter().filter(|entry| kinds.has(entry.what)).collect();
        let occurrences = if wanted.is_empty() { Vec::new() } else { self.occurrences(&wanted).await? };
        Ok(Page { occurrences, cursor, more })
    }

    /// The rows behind a cursor and those that fill its holes, seen at one moment.
    async fn new_rows(&self, after: &Cursor, limit: usize) -> Result<NewRows, StoreError> {
        let limit = Value::from(i64::try_from(limit).unwrap_or(i64::MAX));
        let rows = match self.dialect().backend {
            Backend::Sqlite => {
                const SQL: &str = "SELECT id, entries FROM tasker_outbox WHERE id > $1 ORDER BY id LIMIT $2";
                self.read(WHAT, SQL, [after.high.into(), limit]).await?
            }
            Backend::Postgres => {
                const SQL: &str = "
                    SELECT o.id, o.entries, pg_snapshot_xmin(pg_current_snapshot())::text::bigint,
                        pg_snapshot_xmax(pg_current_snapshot())::text::bigint
                    FROM (SELECT 1) AS one LEFT JOIN (
                        (SELECT id, entries FROM tasker_outbox WHERE id = ANY (string_to_array($3, ',')::bigint[]))
                        UNION ALL
                        (SELECT id, entries FROM tasker_outbox WHERE id > $1 ORDER BY id LIMIT $2)
                    ) AS o ON true
                    ORDER BY o.id";
                let holes: Vec<String> = after.holes.iter().map(|(hole, _)| hole.to_string()).collect();
                self.read(WHAT, SQL, [after.high.into(), limit, holes.join(",").into()]).await?
            }
        };
        NewRows::of(&rows).map_err(|error| store_error(WHAT, error))
    }

    /// What stands behind entries, in their order. What was removed since is left out.
    async fn occurrences(&self, entries: &[Entry]) -> Result<Vec<Occurrence>, StoreError> {
        let tasks = self.tasks_of(entries).await?;
        let begins =
            entries.iter().enumerate().filter(|(_, entry)| entry.what == Lifecycle::StepExecutionRequested);
        let begins = begins.map(|(at, entry)| ((entry.task, entry.step, entry.revision), at)).collect();
        let mut found = Found { tasks, begins, occurrences: Vec::with_capacity(entries.len()) };
        let of_steps = |entry: &Entry| {
            !matches!(entry.what, Lifecycle::Emitted) && entry.what.rank() > 1 && entry.what.rank() < 6
        };
        self.find(entries, of_steps, STEPS, &mut found).await?;
        self.find(entries, |entry| entry.what == Lifecycle::Emitted, EMITTED, &mut found).await?;
        let of_tasks = |entry: &Entry| {
            entry.what != Lifecycle::TaskInitializeRequested && matches!(entry.what.rank(), 0 | 1 | 6)
        };
        self.find(entries, of_tasks, TASKS, &mut found).await?;
        for (at, entry) in entries.iter().enumerate() {
            if let Some((task, created_at)) = found.tasks.get(&entry.task)
                && entry.what == Lifecycle::TaskInitializeRequested
            {
                let occurrence = Occurrence {
                    what: entry.what,
                    at: *created_at,
                    task: task.clone(),
                    revision: 0,
                    step: None,
                    emitted: None,
                };
                found.occurrences.push((at, 0, occurrence));
            }
        }
        found.occurrences.sort_by_key(|&(at, place, _)| (at, place));
        found.fill_in_beginnings(entries);
        Ok(found.occurrences.into_iter().map(|(.., occurrence)| occurrence).collect())
    }

    async fn tasks_of(
        &self,
        entries: &[Entry],
    ) -> Result<HashMap<Uuid, (TaskOccurrence, Timestamp)>, StoreError> {
        const SQL: &str = "
            SELECT t.id, n.name, w.name, w.version, t.created_at, t.correlation_id, t.traceparent
            FROM {rows}
            JOIN tasker_tasks AS t ON t.id = b.task_id
            JOIN tasker_definitions AS d ON d.id = t.definition_id
            JOIN tasker_named_tasks AS w ON w.id = d.named_task_id
            JOIN tasker_namespaces AS n ON n.id = w.namespace_id";
        let mut tasks: Vec<Uuid> = entries.iter().map(|entry| entry.task).collect();
        tasks.sort_unstable();
        tasks.dedup();
        let mut rows = Rows::new(self.dialect().backend, &[("task_id", Column::Id)]);
        for task in tasks {
            rows.push([Cell::Id(task)]);
        }
        let rows = self.read_rows(rows, SQL).await?;
        rows.iter().map(task).collect::<Result<_, DbErr>>().map_err(|error| store_error(WHAT, error))
    }

    async fn find(
        &self,
        entries: &[Entry],
        which: impl Fn(&Entry) -> bool,
        sql: &str,
        found: &mut Found,
    ) -> Result<(), StoreError> {
        let mut rows = Rows::new(self.dialect().backend, &ENTRIES);
        for (at, entry) in entries.iter().enumerate().filter(|(_, entry)| which(entry)) {
            rows.push([
                Cell::Int(at as i32),
                Cell::Id(entry.task),
                Cell::Int(entry.step.0 as i32),
                Cell::Int(entry.revision as i32),
                Cell::Int(i32::from(!found.begins.contains_key(&entry.begin()))),
            ]);
        }
        for row in self.read_rows(rows, sql).await? {
            found.add(&row, entries).map_err(|error| store_error(WHAT, error))?;
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

/// Each has the entry, its place in that, when it was; then the step, and what was published. When an execution began is looked for by a
/// revision that is null where it need not be: that costs no look into the index.
const STEPS: &str = "
    SELECT b.at, 0, h.created_at, m.name, h.attempt, s.retry_limit, h.worker_id, p.created_at, h.error, s.run_at, NULL, NULL
    FROM {rows}
    JOIN tasker_workflow_step_transitions AS h ON h.task_id = b.task_id AND h.step_no = b.step_no AND h.revision = b.revision
    JOIN tasker_workflow_steps AS s ON s.task_id = b.task_id AND s.step_no = b.step_no
    JOIN tasker_named_steps AS m ON m.id = s.named_step_id
    LEFT JOIN tasker_workflow_step_transitions AS p ON p.task_id = b.task_id AND p.step_no = b.step_no
        AND p.revision = CASE WHEN b.alone = 1 AND h.from_state = 'in_progress' THEN b.revision - 1 END";

const EMITTED: &str = "
    SELECT b.at, e.place, h.created_at, m.name, h.attempt, s.retry_limit, h.worker_id, p.created_at, NULL, s.run_at, e.name, e.payload
    FROM {rows}
    JOIN tasker_events AS e ON e.task_id = b.task_id AND e.step_no = b.step_no AND e.revision = b.revision
    JOIN tasker_workflow_step_transitions AS h ON h.task_id = b.task_id AND h.step_no = b.step_no AND h.revision = b.revision
    JOIN tasker_workflow_steps AS s ON s.task_id = b.task_id AND s.step_no = b.step_no
    JOIN tasker_named_steps AS m ON m.id = s.named_step_id
    LEFT JOIN tasker_workflow_step_transitions AS p ON p.task_id = b.task_id AND p.step_no = b.step_no
        AND p.revision = CASE WHEN b.alone = 1 THEN b.revision - 1 END";

const TASKS: &str = "
    SELECT b.at, 0, h.created_at, NULL, 0, 0, NULL, NULL, NULL, 0, NULL, NULL
    FROM {rows} JOIN tasker_task_transitions AS h ON h.task_id = b.task_id AND h.revision = b.revision";

/// Rows of the outbox.
struct NewRows {
    /// Ascending.
    numbers: Vec<i64>,
    entries: Vec<Entry>,
    seen: Option<Seen>,
}

impl NewRows {
    fn of(rows: &[QueryResult]) -> Result<Self, DbErr> {
        let mut new = Self { numbers: Vec::with_capacity(rows.len()), entries: Vec::new(), seen: None };
        for row in rows {
            if let Ok(oldest_open) = row.try_get_by_index::<i64>(2) {
                let next: i64 = row.try_get_by_index(3)?;
                new.seen = Some(Seen { oldest_open: oldest_open as u64, next: next as u64 });
            }
            let Some(number) = row.try_get_by_index::<Option<i64>>(0)? else { continue };
            let entries: Vec<u8> = row.try_get_by_index(1)?;
            new.numbers.push(number);
            new.entries.extend(read_entries(&entries)?);
        }
        Ok(new)
    }
}

/// The entries of a row, of each task in the order in which they happened.
fn read_entries(bytes: &[u8]) -> Result<Vec<Entry>, DbErr> {
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
            entries.push(Entry { task, what, step, revision });
        }
    }
    entries.sort_by_key(|entry| (entry.task, entry.what.rank(), entry.step, entry.revision));
    Ok(entries)
}

/// What was found behind entries.
struct Found {
    tasks: HashMap<Uuid, (TaskOccurrence, Timestamp)>,
    /// Which of the entries are beginnings of executions.
    begins: HashMap<(Uuid, StepNo, u32), usize>,
    /// The entry, the place in it, what happened.
    occurrences: Vec<(usize, i32, Occurrence)>,
}

impl Found {
    /// When executions began whose beginning is among the entries.
    fn fill_in_beginnings(&mut self, entries: &[Entry]) {
        if self.begins.is_empty() {
            return;
        }
        let mut when = vec![None; entries.len()];
        for (at, _, occurrence) in &self.occurrences {
            when[*at] = Some(occurrence.at);
        }
        for (at, _, occurrence) in &mut self.occurrences {
            if let Some(step) = &mut occurrence.step
                && let Some(&begin) = self.begins.get(&entries[*at].begin())
            {
                step.began_at = when[begin];
            }
        }
    }

    fn add(&mut self, row: &QueryResult, entries: &[Entry]) -> Result<(), DbErr> {
        let (at, place): (i32, Option<i32>) = (row.try_get_by_index(0)?, row.try_get_by_index(1)?);
        let (at, place) = (at as usize, place.unwrap_or_default());
        let Some(entry) = entries.get(at) else { return Ok(()) };
        let Some((task, _)) = self.tasks.get(&entry.task) else { return Ok(()) };
        let time = |column| Ok::<_, DbErr>(Timestamp::from_micros(row.try_get_by_index(column)?));
        let text = |column| row.try_get_by_index::<Option<String>>(column);
        let step = match text(3)? {
            None => None,
            Some(name) => Some(StepOccurrence {
                no: entry.step,
                name,
                attempt: Attempt(row.try_get_by_index::<i32>(4)? as u32),
                retry_limit: row.try_get_by_index::<i32>(5)? as u32,
                worker: row.try_get_by_index::<Option<Uuid>>(6)?.map(WorkerId::from),
                began_at: row.try_get_by_index::<Option<i64>>(7)?.map(Timestamp::from_micros),
                error: text(8)?.as_deref().map(parse_error),
                run_at: time(9)?,
            }),
        };
        let emitted = text(10)?.zip(text(11)?).map(|(name, payload)| Emitted {
            name,
            payload: Json::from_stored(payload),
            place: place as u32,
        });
        let (what, revision) = (entry.what, entry.revision);
        let occurrence = Occurrence { what, at: time(2)?, task: task.clone(), revision, step, emitted };
        self.occurrences.push((at, place, occurrence));
        Ok(())
    }
}

impl Entry {
    /// The beginning of the execution that ends with this, if that is one.
    fn begin(&self) -> (Uuid, StepNo, u32) {
        (self.task, self.step, self.revision.saturating_sub(1))
    }
}

fn task(row: &QueryResult) -> Result<(Uuid, (TaskOccurrence, Timestamp)), DbErr> {
    let id: Uuid = row.try_get_by_index(0)?;
    let created_at = Timestamp::from_micros(row.try_get_by_index(4)?);
    let task = TaskOccurrence {
        id: TaskId::from(id),
        workflow: WorkflowId {
            namespace: row.try_get_by_index(1)?,
            name: row.try_get_by_index(2)?,
            version: row.try_get_by_index(3)?,
        },
        created_at,
        correlation_id: row.try_get_by_index(5)?,
        traceparent: row.try_get_by_index(6)?,
    };
    Ok((id, (task, created_at)))
}
