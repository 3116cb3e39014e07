//! New tasks: two statements for any number of them, and one more where keys are taken.

use std::collections::{BTreeMap, HashSet};

use sea_orm::{DatabaseTransaction, DbErr};
use serde_json::Value as Json;
use tasker_core::store::{Created, NewTask};
use tasker_core::{DefinitionId, StepNo, TaskId};
use uuid::Uuid;

use super::{SqlStore, execute, query};
use crate::rows::{Columns, Rows, id};
use crate::statement;

impl SqlStore {
    pub(super) async fn try_create(&self, tasks: &[NewTask]) -> Result<Vec<Created>, DbErr> {
        let now = self.now();
        let transaction = self.begin().await?;
        let rows: Rows = tasks.iter().map(task_row).collect();
        let new: HashSet<Uuid> = query(&transaction, statement::CREATE_TASKS, [rows.into(), now.into()])
            .await?
            .iter()
            .map(|row| Columns(row).get(0))
            .collect::<Result<_, _>>()?;
        self.create_steps(&transaction, tasks.iter().filter(|task| new.contains(&task.id.as_uuid())), now)
            .await?;
        let created = outcomes(&transaction, tasks, &new).await?;
        transaction.commit().await?;
        Ok(created)
    }

    async fn create_steps<'t>(
        &self,
        transaction: &DatabaseTransaction,
        tasks: impl Iterator<Item = &'t NewTask>,
        now: i64,
    ) -> Result<(), DbErr> {
        let mut by_definition: BTreeMap<DefinitionId, Vec<&NewTask>> = BTreeMap::new();
        for task in tasks {
            by_definition.entry(task.definition).or_default().push(task);
        }
        for (definition, tasks) in by_definition {
            let task_rows: Rows =
                tasks.iter().map(|task| vec![id(task.id.as_uuid()), task.priority.into()]).collect();
            let steps = self.step_rows(tasks[0])?;
            let values = [task_rows.into(), steps.into(), definition.0.into(), now.into()];
            execute(transaction, statement::CREATE_STEPS, values).await?;
        }
        Ok(())
    }

    /// What the steps of every task of a definition begin as.
    fn step_rows(&self, task: &NewTask) -> Result<Rows, DbErr> {
        let named_steps = self.named_steps(task.definition)?;
        let graph = task.workflow.graph();
        let steps = task.workflow.steps().iter().zip(named_steps.iter()).enumerate();
        Ok(steps
            .map(|(at, (step, &named_step))| {
                let dependencies = graph.dependencies(StepNo::at(at)).len();
                vec![at.into(), named_step.into(), dependencies.into(), step.retry().limit.into()]
            })
            .collect())
    }
}

fn task_row(task: &NewTask) -> Vec<Json> {
    let roots = task.workflow.graph().roots().count();
    vec![
        id(task.id.as_uuid()),
        task.definition.0.into(),
        identity(task).into(),
        task.priority.into(),
        task.workflow.steps().len().into(),
        roots.into(),
        task.context.as_str().into(),
    ]
}

/// What no two tasks may have in common: an array, because names may hold any separator.
fn identity(task: &NewTask) -> Option<String> {
    let id = task.workflow.id();
    let key = task.idempotency_key.as_ref()?;
    Some(serde_json::json!([id.namespace, id.name, key]).to_string())
}

/// What became of each task: those that were not created exist already, by their id or by their key.
async fn outcomes(
    db: &DatabaseTransaction,
    tasks: &[NewTask],
    new: &HashSet<Uuid>,
) -> Result<Vec<Created>, DbErr> {
    let mut created: Vec<Created> = tasks.iter().map(|task| Created::New(task.id)).collect();
    let taken: Vec<usize> = (0..tasks.len()).filter(|&at| !new.contains(&tasks[at].id.as_uuid())).collect();
    if taken.is_empty() {
        return Ok(created);
    }
    let rows: Rows =
        taken.iter().map(|&at| vec![id(tasks[at].id.as_uuid()), identity(&tasks[at]).into()]).collect();
    for row in query(db, statement::FIND_TASKS, [rows.into()]).await? {
        let (place, existing): (i32, Uuid) = (Columns(&row).get(0)?, Columns(&row).get(1)?);
        let at = taken[place as usize];
        let existing = TaskId::from(existing);
        if existing != tasks[at].id {
            created[at] = Created::Existing(existing);
        }
    }
    Ok(created)
}
