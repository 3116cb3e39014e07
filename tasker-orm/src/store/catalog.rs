//! Annotation types, dependent systems, which objects of them are the same, and notes on tasks that no step makes.
//!
//! What is found or made is looked for first; of two that make the same at the same time one does, and the other tries again and finds it.

use std::collections::BTreeSet;

use async_trait::async_trait;
use sea_orm::sea_query::LockType;
use sea_orm::{ColumnTrait, Condition, DbErr, EntityTrait, QueryFilter, QueryResult, QuerySelect, Set};
use tasker_core::store::{
    Catalog, DependentSystem, NewAnnotation, ObjectMap, RemoteObject, StoreError, TaskAnnotation,
};
use tasker_core::{Json, TaskId, Timestamp};

use super::{SqlStore, query};
use crate::entity::{
    annotation_type, dependent_system, dependent_system_object_map as object_map, task, task_annotation,
};
use crate::error::{somebody_else_did, store_error};

impl SqlStore {
    /// Whether there is such a task.
    pub(super) async fn annotate_task(&self, new: &NewAnnotation) -> Result<bool, StoreError> {
        const WHAT: &str = "annotating a task";
        let types = self.annotation_types_of(WHAT, BTreeSet::from([new.name.as_str()])).await?;
        let unmade = || StoreError::Corrupt(format!("the annotation type `{}` was not made", new.name));
        let annotation_type = types.get(&new.name).copied().ok_or_else(unmade)?;
        self.repeated(WHAT, || async {
            self.try_annotate(new, annotation_type).await.map_err(somebody_else_did)
        })
        .await
    }

    async fn try_annotate(&self, new: &NewAnnotation, annotation_type: i64) -> Result<bool, DbErr> {
        use task_annotation::{ActiveModel, Column, Entity};
        let transaction = self.begin().await?;
        // Who removes the task waits, or did so before.
        let task = task::Entity::find_by_id(new.task.as_uuid()).lock(LockType::KeyShare);
        let there: Option<(i64,)> =
            task.select_only().column(task::Column::CreatedAt).into_tuple().one(&transaction).await?;
        if there.is_none() {
            return Ok(false);
        }
        let done = Entity::find().filter(Column::RequestId.eq(new.id)).one(&transaction).await?;
        if done.is_none() {
            let row = ActiveModel {
                task_id: Set(new.task.as_uuid()),
                annotation_type_id: Set(annotation_type),
                annotation: Set(new.payload.as_str().to_owned()),
                created_at: Set(self.now_in(&transaction).await?),
                actor: Set(new.by.clone()),
                request_id: Set(Some(new.id)),
                ..Default::default()
            };
            Entity::insert(row).exec_without_returning(&transaction).await?;
        }
        transaction.commit().await?;
        Ok(true)
    }

    pub(super) async fn annotations_of(&self, task: TaskId) -> Result<Vec<TaskAnnotation>, StoreError> {
        const WHAT: &str = "reading annotations";
        // As records come; of one moment those that no step made come last.
        const SQL: &str = "
            SELECT y.name, a.annotation, n.name, a.actor, a.created_at
            FROM tasker_task_annotations AS a
            JOIN tasker_annotation_types AS y ON y.id = a.annotation_type_id
            LEFT JOIN tasker_workflow_steps AS s ON s.task_id = a.task_id AND s.step_no = a.step_no
            LEFT JOIN tasker_named_steps AS n ON n.id = s.named_step_id
            WHERE a.task_id = $1
            ORDER BY a.created_at, a.step_no IS NULL, a.step_no, a.revision, a.place, a.id";
        let rows = self.read(WHAT, SQL, [task.as_uuid().into()]).await?;
        rows.iter().map(annotation).collect::<Result<_, DbErr>>().map_err(|error| store_error(WHAT, error))
    }

    async fn try_system(&self, name: &str, description: Option<&str>) -> Result<DependentSystem, DbErr> {
        use dependent_system::{ActiveModel, Entity};
        let transaction = self.begin().await?;
        let id = super::install::system_id(&transaction, name).await?;
        if let Some(description) = description {
            let description = Set(Some(description.to_owned()));
            Entity::update(ActiveModel { id: Set(id), description, ..Default::default() })
                .exec(&transaction)
                .await?;
        }
        let system = Entity::find_by_id(id).one(&transaction).await?;
        transaction.commit().await?;
        let system = system.ok_or_else(|| DbErr::RecordNotFound(format!("dependent system {id}")))?;
        Ok(DependentSystem { name: system.name, description: system.description })
    }

    async fn try_map(&self, map: &ObjectMap) -> Result<(), DbErr> {
        use object_map::{ActiveModel, Entity};
        let transaction = self.begin().await?;
        let ObjectMap { one, other } = map;
        let one_id = super::install::system_id(&transaction, &one.system).await?;
        let other_id = super::install::system_id(&transaction, &other.system).await?;
        // What came from elsewhere may stand in the other order.
        let either = Condition::any()
            .add(is_map((one_id, &one.id), (other_id, &other.id)))
            .add(is_map((other_id, &other.id), (one_id, &one.id)));
        if Entity::find().filter(either).one(&transaction).await?.is_none() {
            let row = ActiveModel {
                system_one_id: Set(one_id),
                remote_id_one: Set(one.id.clone()),
                system_two_id: Set(other_id),
                remote_id_two: Set(other.id.clone()),
                ..Default::default()
            };
            Entity::insert(row).exec_without_returning(&transaction).await?;
        }
        transaction.commit().await
    }
}

fn is_map((one, one_id): (i64, &str), (two, two_id): (i64, &str)) -> Condition {
    use object_map::Column;
    Condition::all()
        .add(Column::SystemOneId.eq(one))
        .add(Column::RemoteIdOne.eq(one_id))
        .add(Column::SystemTwoId.eq(two))
        .add(Column::RemoteIdTwo.eq(two_id))
}

fn annotation(row: &QueryResult) -> Result<TaskAnnotation, DbErr> {
    Ok(TaskAnnotation {
        name: row.try_get_by_index(0)?,
        payload: Json::from_stored(row.try_get_by_index::<String>(1)?),
        step: row.try_get_by_index(2)?,
        by: row.try_get_by_index(3)?,
        at: Timestamp::from_micros(row.try_get_by_index(4)?),
    })
}

#[async_trait]
impl Catalog for SqlStore {
    async fn annotation_types(&self) -> Result<Vec<String>, StoreError> {
        let types =
            self.repeated("listing annotation types", || annotation_type::Entity::find().all(self.reader()));
        // By their characters, which is not how every database sorts.
        let names: BTreeSet<String> = types.await?.into_iter().map(|known| known.name).collect();
        Ok(names.into_iter().collect())
    }

    async fn dependent_systems(&self) -> Result<Vec<DependentSystem>, StoreError> {
        let systems = self
            .repeated("listing dependent systems", || dependent_system::Entity::find().all(self.reader()));
        let systems = systems.await?.into_iter();
        let systems: BTreeSet<DependentSystem> = systems
            .map(|known| DependentSystem { name: known.name, description: known.description })
            .collect();
        Ok(systems.into_iter().collect())
    }

    async fn dependent_system(
        &self,
        name: &str,
        description: Option<&str>,
    ) -> Result<DependentSystem, StoreError> {
        self.repeated("describing a dependent system", || async {
            self.try_system(name, description).await.map_err(somebody_else_did)
        })
        .await
    }

    async fn map_objects(&self, one: &RemoteObject, other: &RemoteObject) -> Result<ObjectMap, StoreError> {
        let map = ObjectMap::of(one, other);
        let kept = || async { self.try_map(&map).await.map_err(somebody_else_did) };
        self.repeated("mapping objects", kept).await?;
        Ok(map)
    }

    async fn mapped_objects(&self, object: &RemoteObject) -> Result<Vec<RemoteObject>, StoreError> {
        const WHAT: &str = "reading mapped objects";
        const SQL: &str = "
            SELECT s.name, o.id FROM (
                SELECT m.system_two_id AS system_id, m.remote_id_two AS id
                FROM tasker_dependent_system_object_maps AS m JOIN tasker_dependent_systems AS k ON k.id = m.system_one_id
                WHERE k.name = $1 AND m.remote_id_one = $2
                UNION
                SELECT m.system_one_id, m.remote_id_one
                FROM tasker_dependent_system_object_maps AS m JOIN tasker_dependent_systems AS k ON k.id = m.system_two_id
                WHERE k.name = $1 AND m.remote_id_two = $2
            ) AS o
            JOIN tasker_dependent_systems AS s ON s.id = o.system_id";
        let values = || [object.system.as_str().into(), object.id.as_str().into()];
        let rows = self.repeated(WHAT, || query(self.reader(), SQL, values())).await?;
        let other = |row: &QueryResult| {
            Ok(RemoteObject { system: row.try_get_by_index(0)?, id: row.try_get_by_index(1)? })
        };
        let others = rows.iter().map(other).collect::<Result<BTreeSet<_>, DbErr>>();
        Ok(others.map_err(|error| store_error(WHAT, error))?.into_iter().collect())
    }
}
