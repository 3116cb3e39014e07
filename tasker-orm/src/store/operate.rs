//! What operators do to a task: one transaction each, recorded in the history.

use sea_orm::sea_query::{Expr, LockBehavior, LockType};
use sea_orm::{ColumnTrait, DatabaseTransaction, DbErr, EntityTrait, QueryFilter, QuerySelect, Set};
use tasker_core::store::{Operated, StoreError};
use tasker_core::{IllegalTransition, StepState, TaskId, TaskState};

use super::{SqlStore, execute, parse_state};
use crate::entity::{definition, task, task_transition, workflow_step, workflow_step_transition};
use crate::statement::Dialect;

/// What an operator does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Action {
    Cancel,
    Retry,
    Pause,
    Resume,
}

impl Action {
    const fn what(self) -> &'static str {
        match self {
            Self::Cancel => "cancelling a task",
            Self::Retry => "retrying a task",
            Self::Pause => "pausing a task",
            Self::Resume => "resuming a task",
        }
    }

    fn is_allowed_from(self, state: TaskState) -> bool {
        match self {
            Self::Retry => state == TaskState::Error,
            Self::Cancel | Self::Pause | Self::Resume => !state.has_ended(),
        }
    }
}

impl SqlStore {
    pub(super) async fn operate(&self, action: Action, task: TaskId) -> Result<Operated, StoreError> {
        self.repeated(action.what(), || self.try_operate(action, task)).await
    }

    async fn try_operate(&self, action: Action, task: TaskId) -> Result<Operated, DbErr> {
        let transaction = self.begin().await?;
        let row = task::Entity::find_by_id(task.as_uuid()).lock_exclusive().one(&transaction).await?;
        let Some(row) = row else { return Ok(Operated::NoTask) };
        let state: TaskState = parse_state(&row.state)?;
        if action == Action::Cancel && state == TaskState::Cancelled {
            return Ok(Operated::Done);
        }
        if !action.is_allowed_from(state) {
            return Ok(Operated::Refused(state));
        }
        let now = self.now_in(&transaction).await?;
        match action {
            Action::Cancel => cancel(&transaction, row, now).await?,
            Action::Retry => self.retry_steps(&transaction, row, now).await?,
            Action::Pause => pause(&transaction, row).await?,
            Action::Resume => self.resume_steps(&transaction, row, now).await?,
        }
        transaction.commit().await?;
        Ok(Operated::Done)
    }

    async fn retry_steps(&self, db: &DatabaseTransaction, row: task::Model, now: i64) -> Result<(), DbErr> {
        let failed = steps(db, &row, &[StepState::Error]).await?;
        let sequential = is_sequential(db, &row).await?;
        for step in &failed {
            record(db, step, StepState::Pending, now).await?;
            let waits = if sequential { Some("turn".to_owned()) } else { None };
            let change = workflow_step::ActiveModel {
                state: Set(StepState::Pending.as_str().to_owned()),
                attempt: Set(0),
                lost: Set(0),
                run_at: Set(now),
                waiting_for: Set(waits),
                revision: Set(step.revision + 1),
                ..key(step)
            };
            workflow_step::Entity::update(change).exec(db).await?;
        }
        // A pause ends with it.
        for step in steps(db, &row, &[StepState::Pending]).await? {
            if step.waiting_for.as_deref() == Some("operator") {
                let waits = if sequential { Some("turn".to_owned()) } else { None };
                let change = workflow_step::ActiveModel { waiting_for: Set(waits), ..key(&step) };
                workflow_step::Entity::update(change).exec(db).await?;
            }
        }
        let task = TaskId::from(row.id);
        let active = row.active_steps + failed.len() as i32;
        end(db, row, TaskState::Pending, None, active, now).await?;
        self.pass_turns(db, &[task]).await
    }

    async fn resume_steps(&self, db: &DatabaseTransaction, row: task::Model, now: i64) -> Result<(), DbErr> {
        let sequential = is_sequential(db, &row).await?;
        for step in steps(db, &row, &[StepState::Pending, StepState::InProgress]).await? {
            if step.waiting_for.as_deref() != Some("operator") {
                continue;
            }
            let pending = step.state == StepState::Pending.as_str();
            let waits = match () {
                () if !pending => None,
                () if sequential => Some("turn"),
                () if step.open_dependencies == 0 && step.run_at > now => Some("time"),
                () => None,
            };
            let change =
                workflow_step::ActiveModel { waiting_for: Set(waits.map(str::to_owned)), ..key(&step) };
            workflow_step::Entity::update(change).exec(db).await?;
        }
        self.pass_turns(db, &[row.id.into()]).await
    }

    /// Gives the turn in sequential tasks in which nobody has it to the first step that waits for it. Other tasks it leaves alone.
    pub(super) async fn pass_turns(&self, db: &DatabaseTransaction, tasks: &[TaskId]) -> Result<(), DbErr> {
        if tasks.is_empty() {
            return Ok(());
        }
        let dialect = self.dialect();
        let now = self.now_in(db).await?;
        let ids = crate::batch::ids(dialect.backend, tasks.iter().map(|task| task.as_uuid()));
        execute(db, Dialect::pass_turns(&dialect.among("t.task_id", "$1"), "$2"), [ids, now.into()])
            .await
            .map(|_| ())
    }
}

async fn cancel(db: &DatabaseTransaction, row: task::Model, now: i64) -> Result<(), DbErr> {
    for step in steps(db, &row, &[StepState::Pending, StepState::InProgress]).await? {
        record(db, &step, StepState::Cancelled, now).await?;
        let change = workflow_step::ActiveModel {
            state: Set(StepState::Cancelled.as_str().to_owned()),
            waiting_for: Set(None),
            worker_id: Set(None),
            revision: Set(step.revision + 1),
            ..key(&step)
        };
        workflow_step::Entity::update(change).exec(db).await?;
    }
    end(db, row, TaskState::Cancelled, Some(now), 0, now).await
}

async fn pause(db: &DatabaseTransaction, row: task::Model) -> Result<(), DbErr> {
    use workflow_step::{Column, Entity};
    let open = [StepState::Pending, StepState::InProgress];
    steps(db, &row, &open).await?;
    Entity::update_many()
        .col_expr(Column::WaitingFor, Expr::value("operator"))
        .filter(Column::TaskId.eq(row.id))
        .filter(Column::State.is_in(open.map(StepState::as_str)))
        .exec(db)
        .await
        .map(|_| ())
}

/// The steps of a task in these states, locked. Whoever claims or settles one may have locked it before the task, and be waiting for
/// that; so this does not wait, and the transaction is repeated.
async fn steps(
    db: &DatabaseTransaction,
    row: &task::Model,
    states: &[StepState],
) -> Result<Vec<workflow_step::Model>, DbErr> {
    use workflow_step::{Column, Entity};
    Entity::find()
        .filter(Column::TaskId.eq(row.id))
        .filter(Column::State.is_in(states.iter().map(|state| state.as_str())))
        .lock_with_behavior(LockType::Update, LockBehavior::Nowait)
        .all(db)
        .await
}

async fn is_sequential(db: &DatabaseTransaction, row: &task::Model) -> Result<bool, DbErr> {
    let definition = definition::Entity::find_by_id(row.definition_id).one(db).await?;
    Ok(definition.is_some_and(|definition| !definition.concurrent))
}

fn key(step: &workflow_step::Model) -> workflow_step::ActiveModel {
    workflow_step::ActiveModel {
        task_id: Set(step.task_id),
        step_no: Set(step.step_no),
        ..Default::default()
    }
}

/// Records that a step goes to another state.
async fn record(
    db: &DatabaseTransaction,
    step: &workflow_step::Model,
    to: StepState,
    now: i64,
) -> Result<(), DbErr> {
    let from: StepState = parse_state(&step.state)?;
    let to = from.transition(to).map_err(|error| illegal(&error))?;
    let transition = workflow_step_transition::ActiveModel {
        task_id: Set(step.task_id),
        step_no: Set(step.step_no),
        revision: Set(step.revision + 1),
        from_state: Set(from.as_str().to_owned()),
        to_state: Set(to.as_str().to_owned()),
        attempt: Set(step.attempt),
        worker_id: Set(step.worker_id),
        created_at: Set(now),
        ..Default::default()
    };
    workflow_step_transition::Entity::insert(transition).exec_without_returning(db).await.map(|_| ())
}

/// Lets a task go to another state, and records it.
async fn end(
    db: &DatabaseTransaction,
    row: task::Model,
    to: TaskState,
    ended_at: Option<i64>,
    active_steps: i32,
    now: i64,
) -> Result<(), DbErr> {
    let from: TaskState = parse_state(&row.state)?;
    let to = from.transition(to).map_err(|error| illegal(&error))?;
    let revision = row.revision + 1;
    let transition = task_transition::ActiveModel {
        task_id: Set(row.id),
        revision: Set(revision),
        from_state: Set(from.as_str().to_owned()),
        to_state: Set(to.as_str().to_owned()),
        created_at: Set(now),
    };
    task_transition::Entity::insert(transition).exec_without_returning(db).await?;
    let change = task::ActiveModel {
        id: Set(row.id),
        state: Set(to.as_str().to_owned()),
        ended_at: Set(ended_at),
        active_steps: Set(active_steps),
        revision: Set(revision),
        ..Default::default()
    };
    task::Entity::update(change).exec(db).await.map(|_| ())
}

fn illegal(error: &IllegalTransition) -> DbErr {
    DbErr::Custom(error.to_string())
}
