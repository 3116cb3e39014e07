//! The statement that moves everything: ends of executions in, steps for a worker out.
//!
//! Claiming, settling, retiring and sweeping are the same exchange with one side or the other empty. What happens in it is in
//! `sql/*/exchange.sql`, where the fence is; here its parameters are put together, and its answer is read.

use std::collections::BTreeMap;
use std::time::Duration;

use sea_orm::{ConnectionTrait, DbErr, QueryResult, Value};
use serde::Deserialize;
use tasker_core::store::{ClaimedStep, Ending, Execution};
use tasker_core::{Attempt, DefinitionId, Executions, Json, StepError, StepNo, StepState, TaskId, WorkerId};
use uuid::Uuid;

use super::SqlStore;
use super::record::{self, Written};
use crate::batch::{Batch, Cell, Column, ids};
use crate::statement::{Backend, Dialect, Part};

/// The end of one execution.
#[derive(Debug)]
pub(super) struct End<'a> {
    pub(super) execution: Execution,
    pub(super) worker: WorkerId,
    pub(super) how: How<'a>,
    /// The steps that wait for this one.
    pub(super) dependents: &'a [StepNo],
}

#[derive(Debug)]
pub(super) enum How<'a> {
    /// As the worker says.
    Settled(&'a Ending),
    /// With its worker; whether the step may run again.
    Lost { again: bool },
}

/// What is asked of an exchange.
#[derive(Debug)]
#[expect(clippy::struct_excessive_bools, reason = "they are parameters of the statement, each by itself")]
pub(super) struct Exchange<'a> {
    pub(super) ends: &'a [End<'a>],
    /// What those write that are accepted.
    pub(super) records: Vec<Written<'a>>,
    /// The worker that gets steps, and how many of which definition and in all.
    pub(super) worker: WorkerId,
    pub(super) rooms: Vec<(DefinitionId, usize)>,
    pub(super) room: usize,
    /// Whether steps that are ready already are given out, or only what the ends release.
    pub(super) ready: bool,
    /// Whether there may be more to give out than there is room for.
    pub(super) choice: bool,
    /// Whether steps whose time has come are given out, too.
    pub(super) due: bool,
    /// The tasks whose steps other workers may be settling.
    pub(super) shared: Vec<TaskId>,
    /// Whether a sequential task is among them.
    pub(super) turns: bool,
    /// Whether other processes are to be told of what is left for them.
    pub(super) tell: bool,
}

/// What came of it.
#[derive(Debug, Default)]
pub(super) struct Answer {
    /// For each end, whether it was accepted.
    pub(super) accepted: Vec<bool>,
    pub(super) ended: Vec<TaskId>,
    /// Those of them that ended in error.
    pub(super) in_error: Vec<TaskId>,
    pub(super) claimed: Vec<ClaimedStep>,
    /// Whether released steps were left for the next claim.
    pub(super) left: bool,
    /// Whether due steps that were looked at were left.
    pub(super) due_left: bool,
    /// How long until the next step that waits for a time is due, where the statement tells.
    pub(super) next_due: Option<Duration>,
}

const ENDS: [Column; 10] = [
    Column::Id,
    Column::Int,
    Column::Int,
    Column::Id,
    Column::Text,
    Column::Int,
    Column::Text,
    Column::Text,
    Column::Big,
    Column::Text,
];

impl<'a> Exchange<'a> {
    /// An exchange in which nobody gets steps.
    pub(super) fn of_ends(ends: &'a [End<'a>], tell: bool) -> Self {
        let shared = ends.iter().map(|end| end.execution.task).collect();
        let worker = WorkerId::from(Uuid::nil());
        Self {
            ends,
            records: Vec::new(),
            worker,
            rooms: Vec::new(),
            room: 0,
            ready: false,
            choice: false,
            due: false,
            shared,
            turns: false,
            tell,
        }
    }

    pub(super) fn sql(&self, dialect: Dialect) -> &'static str {
        let ends = !self.ends.is_empty();
        let parts = [
            (Part::Ends, ends),
            // A text has to have something to answer from: without ends, an empty choice.
            (Part::Choice, self.choice || !ends),
            (Part::Shared, ends && !self.shared.is_empty()),
            (Part::Due, self.due),
            (Part::Tell, ends && self.tell),
            (Part::Records, !self.records.is_empty()),
        ];
        let parts: Vec<Part> = parts.into_iter().filter(|(_, there)| *there).map(|(part, _)| part).collect();
        dialect.exchange(&parts)
    }

    /// The parameters. Of the ends of one step only the latest execution's can be the present one; of an execution that is named
    /// twice the first end counts. So `places` says which end stands at which place of the batch.
    pub(super) fn values(
        &self,
        backend: Backend,
        now: Option<i64>,
    ) -> Result<(Vec<Value>, Vec<usize>), DbErr> {
        let mut latest: BTreeMap<(TaskId, StepNo), usize> = BTreeMap::new();
        for (at, End { execution, .. }) in self.ends.iter().enumerate() {
            let place = latest.entry((execution.task, execution.step)).or_insert(at);
            if self.ends[*place].execution.revision < execution.revision {
                *place = at;
            }
        }
        let places: Vec<usize> = latest.into_values().collect();
        let mut batch = Batch::new(backend, &ENDS);
        for &place in &places {
            self.ends[place].push_to(&mut batch)?;
        }
        let values = match backend {
            Backend::Postgres => self.postgres_values(batch, now, &places),
            Backend::Sqlite => self.sqlite_values(batch, now, &places),
        };
        Ok((values, places))
    }

    fn postgres_values(&self, ends: Batch, now: Option<i64>, places: &[usize]) -> Vec<Value> {
        const BACKEND: Backend = Backend::Postgres;
        let mut shared: Vec<Uuid> = self.shared.iter().map(|task| task.as_uuid()).collect();
        shared.sort_unstable();
        shared.dedup();
        let mut values = vec![now.into(), self.worker.as_uuid().into()];
        values.extend(ends.into_values());
        values.push(ids(BACKEND, shared));
        let mut rooms = Batch::new(BACKEND, &[Column::Big, Column::Int, Column::Int]);
        for &(definition, room) in &self.rooms {
            let look = if self.ready { clamped(room) } else { 0 };
            rooms.push([Cell::Big(definition.0), Cell::Int(clamped(room)), Cell::Int(look)]);
        }
        values.extend(rooms.into_values());
        values.push(clamped(self.room).into());
        if !self.records.is_empty() {
            values.extend(record::values(BACKEND, &self.records, places));
        }
        values
    }

    fn sqlite_values(&self, ends: Batch, now: Option<i64>, places: &[usize]) -> Vec<Value> {
        let mut rooms = Batch::new(Backend::Sqlite, &[Column::Big, Column::Int]);
        for &(definition, room) in &self.rooms {
            rooms.push([Cell::Big(definition.0), Cell::Int(clamped(room))]);
        }
        let mut values = ends.into_values();
        values.extend(rooms.into_values());
        values.extend([self.worker.as_uuid().into(), i64::from(clamped(self.room)).into(), now.into()]);
        values.extend([self.ready, self.due, self.turns].map(Value::from));
        if self.records.is_empty() {
            values.push(None::<String>.into());
        } else {
            values.extend(record::values(Backend::Sqlite, &self.records, places));
        }
        values
    }

    /// Reads what the statement answered.
    pub(super) fn answer(
        &self,
        backend: Backend,
        rows: &[QueryResult],
        places: &[usize],
    ) -> Result<Answer, DbErr> {
        let mut answer = Answer { accepted: vec![false; self.ends.len()], ..Answer::default() };
        match backend {
            Backend::Postgres => answer.read_rows(rows, places)?,
            Backend::Sqlite => answer.read_json(rows, places)?,
        }
        Ok(answer)
    }
}

impl End<'_> {
    fn push_to(&self, batch: &mut Batch) -> Result<(), DbErr> {
        // Recorded, handed back, lost: see the statements.
        let (state, kind) = match self.how {
            How::Settled(Ending::Complete(_)) => (StepState::Complete, 0),
            How::Settled(Ending::Skipped) => (StepState::Skipped, 0),
            How::Settled(Ending::Failed(_)) => (StepState::Error, 0),
            How::Settled(Ending::Retry(..)) => (StepState::Pending, 0),
            How::Settled(Ending::HandedBack) => (StepState::Pending, 1),
            How::Lost { again: true } => (StepState::Pending, 2),
            How::Lost { again: false } => (StepState::Error, 2),
        };
        let error = match &self.how {
            How::Settled(Ending::Failed(error) | Ending::Retry(error, _)) => Some(stored(error)?),
            How::Settled(Ending::Complete(_) | Ending::Skipped | Ending::HandedBack) => None,
            How::Lost { .. } => Some(stored(&StepError::worker_lost(self.worker))?),
        };
        let (result, wait, dependents) = match self.how {
            How::Settled(Ending::Complete(result)) => (Some(result.as_str()), None, self.dependents),
            How::Settled(Ending::Skipped) => (None, None, self.dependents),
            How::Settled(Ending::Retry(_, wait)) => (None, Some(micros(*wait)), &[][..]),
            _ => (None, None, &[][..]),
        };
        let dependents: Vec<u32> = dependents.iter().map(|step| step.0).collect();
        batch.push([
            Cell::Id(self.execution.task.as_uuid()),
            Cell::Int(self.execution.step.0 as i32),
            Cell::Int(self.execution.revision as i32),
            Cell::Id(self.worker.as_uuid()),
            Cell::Text(state.as_str()),
            Cell::Int(kind),
            Cell::OptText(error.as_deref()),
            Cell::OptText(result),
            Cell::OptBig(wait),
            Cell::Numbers(&dependents),
        ]);
        Ok(())
    }
}

fn stored(error: &StepError) -> Result<String, DbErr> {
    serde_json::to_string(error).map_err(|error| DbErr::Custom(error.to_string()))
}

/// Room as the databases count it.
fn clamped(room: usize) -> i32 {
    i32::try_from(room).unwrap_or(i32::MAX)
}

/// A wait in microseconds; one that is longer than a few thousand years is not told apart from another.
fn micros(wait: Duration) -> i64 {
    i64::try_from(wait.as_micros()).unwrap_or(i64::MAX).min(1 << 57)
}

/// A step as a database hands it out: task, step, definition, attempt, lost, limit, revision, context, how long it could have run
/// before, correlation id, trace parent.
#[derive(Deserialize)]
struct Given(Uuid, u32, i64, u32, u32, u32, u32, String, i64, Option<String>, Option<String>);

impl From<Given> for ClaimedStep {
    fn from(given: Given) -> Self {
        let Given(
            task,
            step,
            definition,
            attempt,
            lost,
            limit,
            revision,
            context,
            queued,
            correlation_id,
            parent,
        ) = given;
        let attempt = Attempt(attempt);
        Self {
            execution: Execution { task: task.into(), step: StepNo(step), attempt, revision },
            definition: DefinitionId(definition),
            executions: Executions { attempt, lost, limit },
            context: Json::from_stored(context),
            results: Vec::new(),
            queued: Duration::from_micros(u64::try_from(queued).unwrap_or(0)),
            correlation_id,
            traceparent: parent,
        }
    }
}

/// What the statement for SQLite answers, as it stands in the JSON.
type Told = (Vec<usize>, Vec<Uuid>, Vec<Uuid>, Vec<Given>, u32, u32);

impl Answer {
    fn accept(&mut self, place: usize, places: &[usize]) {
        self.accepted[places[place]] = true;
    }

    fn read_json(&mut self, rows: &[QueryResult], places: &[usize]) -> Result<(), DbErr> {
        let text: String =
            rows.last().ok_or_else(|| DbErr::Custom("no answer".to_owned()))?.try_get_by_index(0)?;
        let (accepted, ended, in_error, claimed, left, due_left): Told =
            serde_json::from_str(&text).map_err(|error| DbErr::Type(error.to_string()))?;
        for place in accepted {
            self.accept(place, places);
        }
        self.ended = ended.into_iter().map(TaskId::from).collect();
        self.in_error = in_error.into_iter().map(TaskId::from).collect();
        self.claimed = claimed.into_iter().map(ClaimedStep::from).collect();
        (self.left, self.due_left) = (left > 0, due_left > 0);
        Ok(())
    }

    fn read_rows(&mut self, rows: &[QueryResult], places: &[usize]) -> Result<(), DbErr> {
        for row in rows {
            let number: i32 = row.try_get_by_index(1)?;
            match row.try_get_by_index::<i32>(0)? {
                0 => self.accept(number as usize, places),
                1 => {
                    let task = row.try_get_by_index::<Uuid>(2)?.into();
                    self.ended.push(task);
                    self.in_error.extend((number == 1).then_some(task));
                }
                2 => self.claimed.push(given(row, number)?.into()),
                3 => self.left = true,
                4 => self.due_left = true,
                6 => self.next_due = Some(Duration::from_micros(row.try_get_by_index::<i64>(3)? as u64)),
                _ => {}
            }
        }
        Ok(())
    }
}

fn given(row: &QueryResult, step: i32) -> Result<Given, DbErr> {
    let number = |column| row.try_get_by_index::<i32>(column).map(|number| number as u32);
    Ok(Given(
        row.try_get_by_index(2)?,
        step as u32,
        row.try_get_by_index(3)?,
        number(4)?,
        number(5)?,
        number(6)?,
        number(7)?,
        row.try_get_by_index(8)?,
        row.try_get_by_index(9)?,
        row.try_get_by_index(10)?,
        row.try_get_by_index(11)?,
    ))
}

impl SqlStore {
    /// An exchange as a part of a transaction.
    pub(super) async fn exchange_in<C: ConnectionTrait>(
        &self,
        db: &C,
        exchange: &Exchange<'_>,
        now: Option<i64>,
    ) -> Result<Answer, DbErr> {
        let dialect = self.dialect();
        let (values, places) = exchange.values(dialect.backend, now)?;
        let rows = super::query(db, exchange.sql(dialect), values).await?;
        exchange.answer(dialect.backend, &rows, &places)
    }
}
