//! Definitions: written once per version and shape, by name, so that any number of processes may do it.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError};

use sea_orm::{ColumnTrait, DatabaseTransaction, DbErr, EntityTrait, QueryFilter, Set};
use tasker_core::store::UNKNOWN_SYSTEM;
use tasker_core::{DefinitionId, StepDef, StoredStep, WorkflowDef};

use super::SqlStore;
use super::record::{AnnotationTypes, annotation_type_id};
use crate::entity::{definition, dependent_system, named_step, named_task, named_task_named_step, namespace};
use crate::error::somebody_else_did;

impl SqlStore {
    /// Of two processes that install the same at the same time, one does and the other tries again.
    pub(super) async fn try_install(
        &self,
        definitions: &[Arc<WorkflowDef>],
    ) -> Result<Vec<DefinitionId>, DbErr> {
        self.install_all(definitions).await.map_err(somebody_else_did)
    }

    async fn install_all(&self, definitions: &[Arc<WorkflowDef>]) -> Result<Vec<DefinitionId>, DbErr> {
        let transaction = self.begin().await?;
        let now = self.now_in(&transaction).await?;
        let mut installed = Vec::with_capacity(definitions.len());
        let mut types = AnnotationTypes::new();
        if !definitions.is_empty() {
            system_id(&transaction, UNKNOWN_SYSTEM).await?;
        }
        for workflow in definitions {
            let named_task = named_task_id(&transaction, workflow).await?;
            let definition = definition_id(&transaction, named_task, workflow, now).await?;
            let named_steps = named_step_ids(&transaction, named_task, workflow).await?;
            installed.push((definition, named_steps));
            for annotation in workflow.steps().iter().flat_map(StepDef::annotates) {
                let id = annotation_type_id(&transaction, annotation.name()).await?;
                types.insert(annotation.name().to_owned(), id);
            }
        }
        transaction.commit().await?;
        self.know_annotation_types(types);
        let mut known = self.0.named_steps.lock().unwrap_or_else(PoisonError::into_inner);
        known.extend(installed.iter().map(|(definition, steps)| (*definition, Arc::from(steps.as_slice()))));
        Ok(installed.into_iter().map(|(definition, _)| definition).collect())
    }
}

async fn named_task_id(db: &DatabaseTransaction, workflow: &WorkflowDef) -> Result<i64, DbErr> {
    let id = workflow.id();
    let namespace = namespace_id(db, &id.namespace).await?;
    let known = named_task::Entity::find()
        .filter(named_task::Column::NamespaceId.eq(namespace))
        .filter(named_task::Column::Name.eq(&id.name))
        .filter(named_task::Column::Version.eq(&id.version));
    if let Some(known) = known.one(db).await? {
        return Ok(known.id);
    }
    let new = named_task::ActiveModel {
        namespace_id: Set(namespace),
        name: Set(id.name.clone()),
        version: Set(id.version.clone()),
        description: Set(workflow.description().to_owned()),
        ..Default::default()
    };
    Ok(named_task::Entity::insert(new).exec(db).await?.last_insert_id)
}

async fn namespace_id(db: &DatabaseTransaction, name: &str) -> Result<i64, DbErr> {
    if let Some(known) = namespace::Entity::find().filter(namespace::Column::Name.eq(name)).one(db).await? {
        return Ok(known.id);
    }
    let new = namespace::ActiveModel { name: Set(name.to_owned()), ..Default::default() };
    Ok(namespace::Entity::insert(new).exec(db).await?.last_insert_id)
}

async fn definition_id(
    db: &DatabaseTransaction,
    named_task: i64,
    workflow: &WorkflowDef,
    now: i64,
) -> Result<DefinitionId, DbErr> {
    let shape = workflow.shape().as_i64();
    let known = definition::Entity::find()
        .filter(definition::Column::NamedTaskId.eq(named_task))
        .filter(definition::Column::Shape.eq(shape));
    if let Some(known) = known.one(db).await? {
        return Ok(DefinitionId(known.id));
    }
    // What is paused at a version is paused in every shape.
    let paused = definition::Entity::find()
        .filter(definition::Column::NamedTaskId.eq(named_task))
        .filter(definition::Column::Paused.eq(true));
    let paused = paused.one(db).await?.is_some();
    let graph = serde_json::to_string(&StoredStep::all_of(workflow));
    let graph = graph.map_err(|error| DbErr::Type(error.to_string()))?;
    let new = definition::ActiveModel {
        named_task_id: Set(named_task),
        shape: Set(shape),
        graph: Set(graph),
        concurrent: Set(workflow.is_concurrent()),
        created_at: Set(now),
        paused: Set(paused),
        ..Default::default()
    };
    Ok(DefinitionId(definition::Entity::insert(new).exec(db).await?.last_insert_id))
}

async fn named_step_ids(
    db: &DatabaseTransaction,
    named_task: i64,
    workflow: &WorkflowDef,
) -> Result<Vec<i64>, DbErr> {
    let mut systems: HashMap<&str, i64> = HashMap::new();
    let mut ids = Vec::with_capacity(workflow.steps().len());
    for step in workflow.steps() {
        let name = step.dependent_system().unwrap_or(UNKNOWN_SYSTEM);
        let system = match systems.get(name) {
            Some(&known) => known,
            None => system_id(db, name).await?,
        };
        systems.insert(name, system);
        let id = named_step_id(db, system, step).await?;
        record_policy(db, named_task, id, step).await?;
        ids.push(id);
    }
    Ok(ids)
}

pub(super) async fn system_id(db: &DatabaseTransaction, name: &str) -> Result<i64, DbErr> {
    let known = dependent_system::Entity::find().filter(dependent_system::Column::Name.eq(name));
    if let Some(known) = known.one(db).await? {
        return Ok(known.id);
    }
    let new = dependent_system::ActiveModel { name: Set(name.to_owned()), ..Default::default() };
    Ok(dependent_system::Entity::insert(new).exec(db).await?.last_insert_id)
}

async fn named_step_id(db: &DatabaseTransaction, system: i64, step: &StepDef) -> Result<i64, DbErr> {
    let known = named_step::Entity::find()
        .filter(named_step::Column::DependentSystemId.eq(system))
        .filter(named_step::Column::Name.eq(step.name()));
    if let Some(known) = known.one(db).await? {
        return Ok(known.id);
    }
    let new = named_step::ActiveModel {
        dependent_system_id: Set(system),
        name: Set(step.name().to_owned()),
        description: Set(Some(step.description().to_owned())),
        ..Default::default()
    };
    Ok(named_step::Entity::insert(new).exec(db).await?.last_insert_id)
}

/// Keeps the policies as last installed; tasks that exist keep theirs.
async fn record_policy(
    db: &DatabaseTransaction,
    named_task: i64,
    named_step: i64,
    step: &StepDef,
) -> Result<(), DbErr> {
    use named_task_named_step::{ActiveModel, Column, Entity};
    let limit = step.retry().limit;
    let mut row = ActiveModel {
        named_task_id: Set(named_task),
        named_step_id: Set(named_step),
        skippable: Set(step.is_optional()),
        default_retryable: Set(limit > 1),
        default_retry_limit: Set(i32::try_from(limit).unwrap_or(i32::MAX)),
        ..Default::default()
    };
    let known =
        Entity::find().filter(Column::NamedTaskId.eq(named_task)).filter(Column::NamedStepId.eq(named_step));
    if let Some(known) = known.one(db).await? {
        row.id = Set(known.id);
        Entity::update(row).exec(db).await?;
    } else {
        Entity::insert(row).exec(db).await?;
    }
    Ok(())
}
