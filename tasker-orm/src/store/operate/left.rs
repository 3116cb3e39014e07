//! Tasks as operators leave them: what changed is written, a statement for each table however many tasks there are.

use sea_orm::{DatabaseTransaction, DbErr};
use tasker_core::store::{Action, Lifecycle, Move, Order, Situation, StepSituation, Waiting};
use tasker_core::{Json, StepNo, StepState, TaskState, Timestamp};

use super::super::execute;
use super::super::feed::{push_entry, write_entries};
use super::found::{Found, StepRow};
use crate::batch::{Cell, Column, Rows};
use crate::mark::mark;
use crate::statement::Backend;

/// A task as it was found and as it is left, and the order by which it changed, if it was one.
pub(super) type Change<'a> = (&'a Found, Situation, Option<&'a Order>);

pub(super) async fn write(
    db: &DatabaseTransaction,
    backend: Backend,
    changes: &[Change<'_>],
    now: i64,
) -> Result<(), DbErr> {
    let mut task_moves = Rows::new(backend, &TASK_MOVES);
    let mut step_moves = Rows::new(backend, &STEP_MOVES);
    let mut steps = Rows::new(backend, &STEPS);
    let mut tasks = Rows::new(backend, &TASKS);
    let mut operations = Rows::new(backend, &OPERATIONS);
    let mut entries = Vec::new();
    for (found, left, order) in changes {
        let mut task_revision = found.task.revision;
        let mut revisions: Vec<i32> = found.steps.iter().map(|step| step.revision).collect();
        for moved in &left.moves {
            match *moved {
                Move::Task(from, to) => {
                    task_revision += 1;
                    let what = Lifecycle::of_task(from, to);
                    push_entry(&mut entries, found.task.id, mark(what, StepNo(0), task_revision as u32));
                    task_moves.push(task_move(found, task_revision, from, to, now));
                }
                Move::Step(no, from, to) => {
                    let revision = &mut revisions[no.index()];
                    *revision += 1;
                    let mark = mark(Lifecycle::of_step(from, to), no, *revision as u32);
                    push_entry(&mut entries, found.task.id, mark);
                    step_moves.push(step_move(&found.steps[no.index()], *revision, from, to, now));
                }
            }
        }
        for (at, row) in found.steps.iter().enumerate() {
            if found.situation.steps[at] != left.steps[at] {
                steps.push(step(row, &found.situation.steps[at], &left.steps[at], revisions[at], now));
            }
        }
        tasks.push(task(found, left, task_revision, now));
        if let Some(order) = order {
            let value = match &order.action {
                Action::Step(_, action) => action.value(),
                _ => None,
            };
            operations.push(operation(found, order, value.as_ref(), now));
        }
    }
    // Before the steps, which know who ran them.
    write_rows(db, step_moves, INSERT_STEP_MOVES).await?;
    write_rows(db, task_moves, INSERT_TASK_MOVES).await?;
    write_rows(db, steps, UPDATE_STEPS).await?;
    write_rows(db, tasks, UPDATE_TASKS).await?;
    write_rows(db, operations, INSERT_OPERATIONS).await?;
    write_entries(db, entries, now).await
}

async fn write_rows(db: &DatabaseTransaction, rows: Rows, sql: &str) -> Result<(), DbErr> {
    match rows.into_statement(sql) {
        Some((sql, values)) => execute(db, sql, values).await.map(|_| ()),
        None => Ok(()),
    }
}

const TASKS: [(&str, Column); 6] = [
    ("id", Column::Id),
    ("state", Column::Text),
    ("ended_at", Column::Big),
    ("open_steps", Column::Int),
    ("active_steps", Column::Int),
    ("revision", Column::Int),
];

const UPDATE_TASKS: &str = "
    UPDATE tasker_tasks AS t SET state = b.state, ended_at = nullif(b.ended_at, -1), open_steps = b.open_steps,
        active_steps = b.active_steps, revision = b.revision
    FROM {rows} WHERE t.id = b.id";

fn task(found: &Found, left: &Situation, revision: i32, now: i64) -> [Cell<'static>; 6] {
    let before = found.task.ended_at.map(Timestamp::from_micros);
    let ended_at = left.ended_at(before, Timestamp::from_micros(now));
    [
        Cell::Id(found.task.id),
        Cell::Text(left.state.as_str()),
        Cell::OptBig(ended_at.map(Timestamp::as_micros)),
        Cell::Int(left.open_steps() as i32),
        Cell::Int(left.active_steps() as i32),
        Cell::Int(revision),
    ]
}

const STEPS: [(&str, Column); 15] = [
    ("task_id", Column::Id),
    ("step_no", Column::Int),
    ("state", Column::Text),
    ("open_dependencies", Column::Int),
    ("waiting_for", Column::Text),
    ("run_at", Column::Big),
    ("attempt", Column::Int),
    ("lost", Column::Int),
    ("retry_limit", Column::Int),
    ("held", Column::Int),
    ("revision", Column::Int),
    ("result", Column::Text),
    ("inputs", Column::Text),
    ("is_over", Column::Int),
    ("ready_at", Column::Big),
];

const UPDATE_STEPS: &str = "
    UPDATE tasker_workflow_steps AS s SET state = b.state, open_dependencies = b.open_dependencies,
        waiting_for = nullif(b.waiting_for, ''), run_at = b.run_at, attempt = b.attempt, lost = b.lost,
        retry_limit = b.retry_limit, worker_id = CASE WHEN b.held = 1 THEN s.worker_id END, revision = b.revision,
        result = coalesce(nullif(b.result, ''), s.result), inputs = coalesce(nullif(b.inputs, ''), s.inputs),
        error = CASE WHEN b.is_over = 0 THEN s.error END, ready_at = coalesce(nullif(b.ready_at, -1), s.ready_at)
    FROM {rows} WHERE s.task_id = b.task_id AND s.step_no = b.step_no";

fn step<'a>(
    row: &StepRow,
    before: &StepSituation,
    left: &'a StepSituation,
    revision: i32,
    now: i64,
) -> [Cell<'a>; 15] {
    let released = left.open_dependencies < before.open_dependencies;
    [
        Cell::Id(row.task_id),
        Cell::Int(row.step_no),
        Cell::Text(left.state.as_str()),
        Cell::Int(left.open_dependencies as i32),
        Cell::OptText(left.waiting.map(Waiting::as_str)),
        Cell::Big(left.run_at.as_micros()),
        Cell::Int(left.attempt.0 as i32),
        Cell::Int(left.lost as i32),
        Cell::Int(i32::try_from(left.retry_limit).unwrap_or(i32::MAX)),
        Cell::Int(i32::from(left.held)),
        Cell::Int(revision),
        Cell::OptText(left.result.as_ref().map(Json::as_str)),
        Cell::OptText(left.inputs.as_ref().map(Json::as_str)),
        Cell::Int(i32::from(left.state.satisfies_dependents())),
        Cell::OptBig(released.then_some(now)),
    ]
}

const TASK_MOVES: [(&str, Column); 5] = [
    ("task_id", Column::Id),
    ("revision", Column::Int),
    ("from_state", Column::Text),
    ("to_state", Column::Text),
    ("created_at", Column::Big),
];

const INSERT_TASK_MOVES: &str = "
    INSERT INTO tasker_task_transitions (task_id, revision, from_state, to_state, created_at)
    SELECT b.task_id, b.revision, b.from_state, b.to_state, b.created_at FROM {rows}";

fn task_move(found: &Found, revision: i32, from: TaskState, to: TaskState, now: i64) -> [Cell<'static>; 5] {
    [
        Cell::Id(found.task.id),
        Cell::Int(revision),
        Cell::Text(from.as_str()),
        Cell::Text(to.as_str()),
        Cell::Big(now),
    ]
}

const STEP_MOVES: [(&str, Column); 6] = [
    ("task_id", Column::Id),
    ("step_no", Column::Int),
    ("revision", Column::Int),
    ("from_state", Column::Text),
    ("to_state", Column::Text),
    ("created_at", Column::Big),
];

const INSERT_STEP_MOVES: &str = "
    INSERT INTO tasker_workflow_step_transitions
        (task_id, step_no, revision, from_state, to_state, attempt, worker_id, created_at)
    SELECT b.task_id, b.step_no, b.revision, b.from_state, b.to_state, s.attempt, s.worker_id, b.created_at
    FROM {rows} JOIN tasker_workflow_steps AS s ON s.task_id = b.task_id AND s.step_no = b.step_no";

fn step_move(row: &StepRow, revision: i32, from: StepState, to: StepState, now: i64) -> [Cell<'static>; 6] {
    [
        Cell::Id(row.task_id),
        Cell::Int(row.step_no),
        Cell::Int(revision),
        Cell::Text(from.as_str()),
        Cell::Text(to.as_str()),
        Cell::Big(now),
    ]
}

const OPERATIONS: [(&str, Column); 8] = [
    ("id", Column::Id),
    ("task_id", Column::Id),
    ("step_no", Column::Big),
    ("action", Column::Text),
    ("actor", Column::Text),
    ("reason", Column::Text),
    ("value", Column::Text),
    ("created_at", Column::Big),
];

const INSERT_OPERATIONS: &str = "
    INSERT INTO tasker_operations (id, task_id, step_no, action, actor, reason, value, created_at)
    SELECT b.id, b.task_id, CAST(nullif(b.step_no, -1) AS int), b.action, nullif(b.actor, ''), nullif(b.reason, ''),
        nullif(b.value, ''), b.created_at
    FROM {rows}";

fn operation<'a>(found: &Found, order: &'a Order, value: Option<&'a Json>, now: i64) -> [Cell<'a>; 8] {
    let step = match &order.action {
        Action::Step(name, _) => found.graph.iter().position(|step| step.name == *name),
        _ => None,
    };
    [
        Cell::Id(order.id),
        Cell::Id(found.task.id),
        Cell::OptBig(step.map(|at| at as i64)),
        Cell::Text(order.action.as_str()),
        Cell::OptText(order.by.as_deref()),
        Cell::OptText(order.reason.as_deref()),
        Cell::OptText(value.map(Json::as_str)),
        Cell::Big(now),
    ]
}
