//! New tasks: one statement for any number of them, and one for the steps of those of each definition.

use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, HashMap, HashSet};

use sea_orm::{DatabaseTransaction, DbErr};
use serde_json::Value as Json;
use tasker_core::store::{Created, NewTask};
use tasker_core::{DefinitionId, StepNo, TaskId};
use uuid::Uuid;

use super::{SqlStore, execute, query};
use crate::rows::{Rows, answer, id};
use crate::statement;

/// The largest retry limit that the column holds; at a second each, 68 years of tries.
const MOST_EXECUTIONS: u32 = i32::MAX as u32;

impl SqlStore {
    pub(super) async fn try_create(&self, tasks: &[NewTask]) -> Result<Vec<Created>, DbErr> {
        let now = self.now();
        let mut created: Vec<Created> = tasks.iter().map(|task| Created::New(task.id)).collect();
        let new = without_repeats(tasks, &mut created);
        let rows: Rows = new.iter().map(|&at| task_row(&tasks[at])).collect();
        let transaction = self.begin().await?;
        let mut there: HashSet<usize> = HashSet::new();
        let rows = query(&transaction, statement::CREATE_TASKS, [rows.into(), now.into()]).await?;
        for (place, existing) in answer::<(usize, Uuid)>(&rows)? {
            let (at, existing) = (new[place], TaskId::from(existing));
            there.insert(at);
            if existing != tasks[at].id {
                created[at] = Created::Existing(existing);
            }
        }
        let new = new.into_iter().filter(|at| !there.contains(at)).map(|at| &tasks[at]);
        self.create_steps(&transaction, new, now).await?;
        transaction.commit().await?;
        Ok(follow(created, tasks))
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
                vec![
                    at.into(),
                    named_step.into(),
                    dependencies.into(),
                    step.retry().limit.min(MOST_EXECUTIONS).into(),
                ]
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

/// The places of the tasks that no earlier one of the batch takes the id or the key of. The others get what the earlier one gets.
fn without_repeats(tasks: &[NewTask], created: &mut [Created]) -> Vec<usize> {
    let (mut ids, mut keys) = (HashSet::new(), HashMap::<String, usize>::new());
    let mut new = Vec::with_capacity(tasks.len());
    for (at, task) in tasks.iter().enumerate() {
        if !ids.insert(task.id) {
            continue;
        }
        match identity(task).map(|key| keys.entry(key)) {
            Some(Entry::Occupied(first)) => created[at] = Created::Existing(tasks[*first.get()].id),
            Some(Entry::Vacant(entry)) => {
                entry.insert(at);
                new.push(at);
            }
            None => new.push(at),
        }
    }
    new
}

/// Where a task got an earlier one of the batch that itself turned out to exist, names the one that exists.
fn follow(mut created: Vec<Created>, tasks: &[NewTask]) -> Vec<Created> {
    let made: HashMap<TaskId, Created> =
        tasks.iter().map(|task| task.id).zip(created.iter().copied()).collect();
    for outcome in &mut created {
        if let Created::Existing(first) = *outcome
            && let Some(Created::Existing(existing)) = made.get(&first)
        {
            *outcome = Created::Existing(*existing);
        }
    }
    created
}
