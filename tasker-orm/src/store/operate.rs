//! What operators do to tasks. The rules are [`Situation`]'s; here a task is read under locks, and what changed is written.

use sea_orm::sea_query::{LockBehavior, LockType};
use sea_orm::{
    ColumnTrait, DatabaseTransaction, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Set,
};
use tasker_core::store::{
    Action, Created, Move, NewTask, Operated, Order, Situation, StepSituation, StoreError,
};
use tasker_core::{Attempt, Json, StepNo, StoredStep, TaskId, Timestamp};

use super::{SqlStore, execute, parse_state};
use crate::entity::{definition, operation, task, task_transition, workflow_step, workflow_step_transition};
use crate::statement::Dialect;

impl SqlStore {
    pub(super) async fn follow(&self, orders: &[Order]) -> Result<Vec<Operated>, StoreError> {
        self.repeated("doing what an operator wants", || self.try_follow(orders)).await
    }

    async fn try_follow(&self, orders: &[Order]) -> Result<Vec<Operated>, DbErr> {
        let transaction = self.begin().await?;
        let now = self.now_in(&transaction).await?;
        let mut operated = Vec::with_capacity(orders.len());
        for order in orders {
            operated.push(self.follow_one(&transaction, order, now).await?);
        }
        if self.has_company() && operated.contains(&Operated::Done) {
            execute(&transaction, "SELECT pg_notify('tasker', '')", []).await?;
        }
        transaction.commit().await?;
        Ok(operated)
    }

    pub(super) async fn follow_one(
        &self,
        db: &DatabaseTransaction,
        order: &Order,
        now: i64,
    ) -> Result<Operated, DbErr> {
        let row = task::Entity::find_by_id(order.task.as_uuid()).lock_exclusive().one(db).await?;
        let Some(row) = row else { return Ok(Operated::NoTask) };
        // Its answer was lost.
        if operation::Entity::find_by_id(order.id).one(db).await?.is_some() {
            return Ok(Operated::Done);
        }
        let found = Found::read(db, row, Some(&order.action)).await?;
        let mut situation = found.situation.clone();
        let find = |name: &str| found.graph.iter().position(|step| step.name == name).map(StepNo::at);
        let operated = situation.apply(&order.action, find, Timestamp::from_micros(now));
        let operated = operated.map_err(|error| DbErr::Custom(error.to_string()))?;
        if operated == Operated::Done && situation != found.situation {
            found.write(db, &situation, now).await?;
            record(db, order, &found.graph, now).await?;
        }
        Ok(operated)
    }

    /// Passes over the steps that tasks which were just created are to go without.
    pub(super) async fn bypass(
        &self,
        db: &DatabaseTransaction,
        tasks: &[NewTask],
        created: &[Created],
    ) -> Result<(), DbErr> {
        let bypassing = tasks
            .iter()
            .zip(created)
            .filter(|(task, created)| !task.bypass.is_empty() && **created == Created::New(task.id));
        for (new, _) in bypassing {
            let row = task::Entity::find_by_id(new.id.as_uuid()).lock_exclusive().one(db).await?;
            let Some(row) = row else { continue };
            let now = self.now_in(db).await?;
            let found = Found::read(db, row, None).await?;
            let mut situation = found.situation.clone();
            let bypassed = situation.bypass(&new.bypass, Timestamp::from_micros(now));
            bypassed.map_err(|error| DbErr::Custom(error.to_string()))?;
            if situation != found.situation {
                found.write(db, &situation, now).await?;
            }
        }
        Ok(())
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

/// A task as it was found, locked.
struct Found {
    task: task::Model,
    steps: Vec<workflow_step::Model>,
    graph: Vec<StoredStep>,
    situation: Situation,
}

impl Found {
    /// Reads a task that is locked. Whoever claims or settles a step of it may have locked that before the task, and be waiting for the
    /// task; so this does not wait for steps, and the transaction is repeated.
    ///
    /// What is done to the task as a whole needs no edges, so that a graph that cannot be read keeps nobody from stopping its tasks.
    async fn read(
        db: &DatabaseTransaction,
        task: task::Model,
        action: Option<&Action>,
    ) -> Result<Self, DbErr> {
        use workflow_step::{Column, Entity};
        let steps = Entity::find()
            .filter(Column::TaskId.eq(task.id))
            .order_by_asc(Column::StepNo)
            .lock_with_behavior(LockType::Update, LockBehavior::Nowait)
            .all(db)
            .await?;
        let definition = definition::Entity::find_by_id(task.definition_id).one(db).await?;
        let definition =
            definition.ok_or_else(|| DbErr::RecordNotFound(format!("definition {}", task.definition_id)))?;
        let needs_edges = matches!(action, None | Some(Action::Step(..)));
        let graph: Vec<StoredStep> = match serde_json::from_str(&definition.graph) {
            Ok(graph) => graph,
            Err(error) if needs_edges => return Err(DbErr::Type(error.to_string())),
            Err(_) => {
                vec![StoredStep { name: String::new(), depends_on: Vec::new(), optional: false }; steps.len()]
            }
        };
        if graph.len() != steps.len() {
            return Err(DbErr::Custom(format!("task {} has not the steps of its definition", task.id)));
        }
        let mut dependents = vec![Vec::new(); graph.len()];
        for (at, step) in graph.iter().enumerate() {
            for dependency in &step.depends_on {
                dependents
                    .get_mut(dependency.index())
                    .into_iter()
                    .for_each(|steps| steps.push(StepNo::at(at)));
            }
        }
        let situations = steps.iter().zip(&graph).zip(dependents);
        let situations = situations.map(|((row, step), dependents)| situation(row, step, dependents));
        let situation = Situation {
            state: parse_state(&task.state)?,
            concurrent: definition.concurrent,
            steps: situations.collect::<Result<_, DbErr>>()?,
            moves: Vec::new(),
        };
        Ok(Self { task, steps, graph, situation })
    }

    async fn write(&self, db: &DatabaseTransaction, left: &Situation, now: i64) -> Result<(), DbErr> {
        let mut task_revision = self.task.revision;
        let mut revisions: Vec<i32> = self.steps.iter().map(|step| step.revision).collect();
        for moved in &left.moves {
            match *moved {
                Move::Task(from, to) => {
                    task_revision += 1;
                    let transition = task_transition::ActiveModel {
                        task_id: Set(self.task.id),
                        revision: Set(task_revision),
                        from_state: Set(from.as_str().to_owned()),
                        to_state: Set(to.as_str().to_owned()),
                        created_at: Set(now),
                    };
                    task_transition::Entity::insert(transition).exec_without_returning(db).await?;
                }
                Move::Step(no, from, to) => {
                    let (row, revision) = (&self.steps[no.index()], &mut revisions[no.index()]);
                    *revision += 1;
                    let transition = workflow_step_transition::ActiveModel {
                        task_id: Set(row.task_id),
                        step_no: Set(row.step_no),
                        revision: Set(*revision),
                        from_state: Set(from.as_str().to_owned()),
                        to_state: Set(to.as_str().to_owned()),
                        attempt: Set(row.attempt),
                        worker_id: Set(row.worker_id),
                        created_at: Set(now),
                        ..Default::default()
                    };
                    workflow_step_transition::Entity::insert(transition).exec_without_returning(db).await?;
                }
            }
        }
        for (at, row) in self.steps.iter().enumerate() {
            if self.situation.steps[at] != left.steps[at] {
                workflow_step::Entity::update(changed(row, &left.steps[at], revisions[at])).exec(db).await?;
            }
        }
        let before = self.task.ended_at.map(Timestamp::from_micros);
        let change = task::ActiveModel {
            id: Set(self.task.id),
            state: Set(left.state.as_str().to_owned()),
            ended_at: Set(left.ended_at(before, Timestamp::from_micros(now)).map(Timestamp::as_micros)),
            open_steps: Set(left.open_steps() as i32),
            active_steps: Set(left.active_steps() as i32),
            revision: Set(task_revision),
            ..Default::default()
        };
        task::Entity::update(change).exec(db).await.map(|_| ())
    }
}

fn situation(
    row: &workflow_step::Model,
    step: &StoredStep,
    dependents: Vec<StepNo>,
) -> Result<StepSituation, DbErr> {
    Ok(StepSituation {
        state: parse_state(&row.state)?,
        optional: step.optional,
        dependents,
        open_dependencies: row.open_dependencies as u32,
        waiting: row.waiting_for.as_deref().map(parse_state).transpose()?,
        run_at: Timestamp::from_micros(row.run_at),
        attempt: Attempt(row.attempt as u32),
        lost: row.lost as u32,
        retry_limit: row.retry_limit as u32,
        held: row.worker_id.is_some(),
        result: None,
        inputs: None,
    })
}

fn changed(row: &workflow_step::Model, left: &StepSituation, revision: i32) -> workflow_step::ActiveModel {
    let text = |json: &Json| json.as_str().to_owned();
    let mut change = workflow_step::ActiveModel {
        task_id: Set(row.task_id),
        step_no: Set(row.step_no),
        state: Set(left.state.as_str().to_owned()),
        open_dependencies: Set(left.open_dependencies as i32),
        waiting_for: Set(left.waiting.map(|waiting| waiting.as_str().to_owned())),
        run_at: Set(left.run_at.as_micros()),
        attempt: Set(left.attempt.0 as i32),
        lost: Set(left.lost as i32),
        retry_limit: Set(i32::try_from(left.retry_limit).unwrap_or(i32::MAX)),
        worker_id: Set(row.worker_id.filter(|_| left.held)),
        revision: Set(revision),
        ..Default::default()
    };
    if let Some(result) = &left.result {
        change.result = Set(Some(text(result)));
    }
    if let Some(inputs) = &left.inputs {
        change.inputs = Set(Some(text(inputs)));
    }
    if left.state.satisfies_dependents() {
        change.error = Set(None);
    }
    change
}

async fn record(
    db: &DatabaseTransaction,
    order: &Order,
    graph: &[StoredStep],
    now: i64,
) -> Result<(), DbErr> {
    let (step, value) = match &order.action {
        Action::Step(name, action) => {
            (graph.iter().position(|step| step.name == *name).map(|at| at as i32), action.value())
        }
        _ => (None, None),
    };
    let operation = operation::ActiveModel {
        id: Set(order.id),
        task_id: Set(Some(order.task.as_uuid())),
        step_no: Set(step),
        action: Set(order.action.as_str().to_owned()),
        actor: Set(order.by.clone()),
        reason: Set(order.reason.clone()),
        value: Set(value.map(|value| value.as_str().to_owned())),
        created_at: Set(now),
    };
    operation::Entity::insert(operation).exec_without_returning(db).await.map(|_| ())
}
