//! Tasks as operators find them, locked. What they were given and what they returned is not read: it may be large, and nobody asks.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use sea_orm::sea_query::{LockBehavior, LockType};
use sea_orm::{
    ColumnTrait, DatabaseTransaction, DbErr, EntityTrait, FromQueryResult, QueryFilter, QueryOrder,
    QuerySelect, Select,
};
use tasker_core::store::{Situation, StepSituation};
use tasker_core::{Attempt, StepNo, StoredStep, TaskId, Timestamp};
use uuid::Uuid;

use super::super::parse_state;
use crate::entity::{definition, task, workflow_step};

/// What becomes of tasks that somebody else has locked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Locks {
    /// They are not found.
    PassOver,
    /// Whoever claims or settles a step may have locked that before its task, and be waiting for the task. So the task is waited for,
    /// a step is not, and the transaction is repeated.
    Wait,
}

impl Locks {
    fn task<E: EntityTrait>(self, select: Select<E>) -> Select<E> {
        match self {
            Self::PassOver => select.lock_with_behavior(LockType::Update, LockBehavior::SkipLocked),
            Self::Wait => select.lock_exclusive(),
        }
    }

    fn steps<E: EntityTrait>(self, select: Select<E>) -> Select<E> {
        let behavior = match self {
            Self::PassOver => LockBehavior::SkipLocked,
            Self::Wait => LockBehavior::Nowait,
        };
        select.lock_with_behavior(LockType::Update, behavior)
    }
}

/// A task as it was found.
pub(super) struct Found {
    pub(super) task: TaskRow,
    pub(super) steps: Vec<StepRow>,
    pub(super) graph: Arc<Vec<StoredStep>>,
    pub(super) situation: Situation,
}

#[derive(FromQueryResult)]
pub(super) struct TaskRow {
    pub(super) id: Uuid,
    definition_id: i64,
    state: String,
    pub(super) ended_at: Option<i64>,
    pub(super) revision: i32,
}

#[derive(FromQueryResult)]
pub(super) struct StepRow {
    pub(super) task_id: Uuid,
    pub(super) step_no: i32,
    state: String,
    open_dependencies: i32,
    waiting_for: Option<String>,
    run_at: i64,
    attempt: i32,
    lost: i32,
    retry_limit: i32,
    worker_id: Option<Uuid>,
    pub(super) revision: i32,
}

/// The tasks that were found.
pub(super) struct All(HashMap<Uuid, Found>);

impl All {
    pub(super) fn of(&self, task: TaskId) -> Option<&Found> {
        self.0.get(&task.as_uuid())
    }
}

impl Found {
    /// Reads tasks and locks them.
    ///
    /// What is done to a task as a whole needs no edges, so that a graph that cannot be read keeps nobody from stopping its tasks.
    pub(super) async fn read(
        db: &DatabaseTransaction,
        tasks: &[TaskId],
        needs_edges: impl Fn(TaskId) -> bool,
        locks: Locks,
    ) -> Result<All, DbErr> {
        let rows = task_rows(db, tasks, locks).await?;
        if rows.is_empty() {
            return Ok(All(HashMap::new()));
        }
        let mut steps = step_rows(db, &rows, locks).await?;
        let graphs = graphs(db, &rows).await?;
        let mut found = HashMap::with_capacity(rows.len());
        for task in rows {
            let graph = graphs.get(&task.definition_id).ok_or_else(|| {
                DbErr::RecordNotFound(format!("definition {} of task {}", task.definition_id, task.id))
            })?;
            let steps = steps.remove(&task.id).unwrap_or_default();
            if locks == Locks::PassOver && !graph.fits(&steps) {
                continue;
            }
            let edges = needs_edges(task.id.into());
            found.insert(task.id, Self::of(task, steps, graph, edges)?);
        }
        Ok(All(found))
    }

    fn of(task: TaskRow, steps: Vec<StepRow>, graph: &Graph, needs_edges: bool) -> Result<Self, DbErr> {
        let stored = match &graph.steps {
            Ok(stored) => Arc::clone(stored),
            Err(error) if needs_edges => return Err(DbErr::Type(error.clone())),
            Err(_) => {
                let unknown = StoredStep { name: String::new(), depends_on: Vec::new(), optional: false };
                Arc::new(vec![unknown; steps.len()])
            }
        };
        if stored.len() != steps.len() {
            return Err(DbErr::Custom(format!("task {} has not the steps of its definition", task.id)));
        }
        let mut dependents = vec![Vec::new(); stored.len()];
        for (at, step) in stored.iter().enumerate() {
            for dependency in &step.depends_on {
                dependents
                    .get_mut(dependency.index())
                    .into_iter()
                    .for_each(|steps| steps.push(StepNo::at(at)));
            }
        }
        let situations = steps.iter().zip(stored.iter()).zip(dependents);
        let situations = situations.map(|((row, step), dependents)| row.situation(step, dependents));
        let situation = Situation {
            state: parse_state(&task.state)?,
            concurrent: graph.concurrent,
            steps: situations.collect::<Result<_, DbErr>>()?,
            moves: Vec::new(),
        };
        Ok(Self { task, steps, graph: stored, situation })
    }
}

impl StepRow {
    fn situation(&self, step: &StoredStep, dependents: Vec<StepNo>) -> Result<StepSituation, DbErr> {
        Ok(StepSituation {
            state: parse_state(&self.state)?,
            optional: step.optional,
            dependents,
            open_dependencies: self.open_dependencies as u32,
            waiting: self.waiting_for.as_deref().map(parse_state).transpose()?,
            run_at: Timestamp::from_micros(self.run_at),
            attempt: Attempt(self.attempt as u32),
            lost: self.lost as u32,
            retry_limit: self.retry_limit as u32,
            held: self.worker_id.is_some(),
            result: None,
            inputs: None,
        })
    }
}

/// What is known of a definition.
struct Graph {
    concurrent: bool,
    /// Its steps, or why they cannot be read.
    steps: Result<Arc<Vec<StoredStep>>, String>,
}

impl Graph {
    /// Whether all steps of a task are there. Where nobody knows how many there are, they are looked at one task at a time.
    fn fits(&self, steps: &[StepRow]) -> bool {
        self.steps.as_ref().is_ok_and(|stored| stored.len() == steps.len())
    }
}

async fn task_rows(db: &DatabaseTransaction, tasks: &[TaskId], locks: Locks) -> Result<Vec<TaskRow>, DbErr> {
    use task::{Column, Entity};
    let select = Entity::find()
        .select_only()
        .columns([Column::Id, Column::DefinitionId, Column::State, Column::EndedAt, Column::Revision])
        .filter(Column::Id.is_in(tasks.iter().map(|task| task.as_uuid())))
        .order_by_asc(Column::Id);
    locks.task(select).into_model().all(db).await
}

async fn step_rows(
    db: &DatabaseTransaction,
    tasks: &[TaskRow],
    locks: Locks,
) -> Result<HashMap<Uuid, Vec<StepRow>>, DbErr> {
    use workflow_step::{Column, Entity};
    let columns = [
        Column::TaskId,
        Column::StepNo,
        Column::State,
        Column::OpenDependencies,
        Column::WaitingFor,
        Column::RunAt,
        Column::Attempt,
        Column::Lost,
        Column::RetryLimit,
        Column::WorkerId,
        Column::Revision,
    ];
    let select = Entity::find()
        .select_only()
        .columns(columns)
        .filter(Column::TaskId.is_in(tasks.iter().map(|task| task.id)))
        .order_by_asc(Column::TaskId)
        .order_by_asc(Column::StepNo);
    let mut steps: HashMap<Uuid, Vec<StepRow>> = HashMap::with_capacity(tasks.len());
    for row in locks.steps(select).into_model::<StepRow>().all(db).await? {
        steps.entry(row.task_id).or_default().push(row);
    }
    Ok(steps)
}

async fn graphs(db: &DatabaseTransaction, tasks: &[TaskRow]) -> Result<HashMap<i64, Graph>, DbErr> {
    let ids: BTreeSet<i64> = tasks.iter().map(|task| task.definition_id).collect();
    let rows = definition::Entity::find().filter(definition::Column::Id.is_in(ids)).all(db).await?;
    let graphs = rows.into_iter().map(|row| {
        let steps = serde_json::from_str(&row.graph).map(Arc::new).map_err(|error| error.to_string());
        (row.id, Graph { concurrent: row.concurrent, steps })
    });
    Ok(graphs.collect())
}
