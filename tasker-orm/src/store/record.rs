//! Events and annotations: written by an exchange together with the outcomes that they belong to, read by task.

use std::collections::{BTreeSet, HashMap};
use std::sync::PoisonError;

use sea_orm::{ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QueryResult, Set, Value};
use tasker_core::store::{Outcome, Record, RecordKind, Recorded, StoreError};
use tasker_core::{Json, TaskId, Timestamp};

use super::SqlStore;
use crate::batch::{Batch, Cell, Column};
use crate::entity::annotation_type;
use crate::error::{somebody_else_did, store_error};
use crate::statement::Backend;

/// The rows of annotation types by name.
pub(super) type AnnotationTypes = HashMap<String, i64>;

/// A record of an end.
#[derive(Debug)]
pub(super) struct Written<'a> {
    /// The place of the end in the list of them.
    end: usize,
    /// The row of its type, if it is an annotation.
    annotation_type: Option<i64>,
    name: &'a str,
    payload: &'a Json,
    /// Its place among the records of the end.
    place: usize,
}

/// End, annotation type, name, payload, place.
const RECORDS: [Column; 5] = [Column::Int, Column::Big, Column::Text, Column::Text, Column::Int];

/// The records as parameters: those of the ends that are part of the batch, by their places in it.
pub(super) fn values(backend: Backend, records: &[Written<'_>], places: &[usize]) -> Vec<Value> {
    let place_of: HashMap<usize, usize> =
        places.iter().enumerate().map(|(place, &end)| (end, place)).collect();
    let mut batch = Batch::new(backend, &RECORDS);
    for record in records {
        let Some(&end) = place_of.get(&record.end) else { continue };
        batch.push([
            Cell::Int(end as i32),
            Cell::OptBig(record.annotation_type),
            Cell::Text(record.name),
            Cell::Text(record.payload.as_str()),
            Cell::Int(record.place as i32),
        ]);
    }
    batch.into_values()
}

impl SqlStore {
    /// What outcomes are to write, if they are accepted.
    pub(super) async fn written<'a>(
        &self,
        what: &str,
        outcomes: &'a [Outcome],
    ) -> Result<Vec<Written<'a>>, StoreError> {
        let records = || outcomes.iter().flat_map(|outcome| &outcome.records);
        let is_annotation = |record: &&Record| record.kind == RecordKind::Annotation;
        let names: BTreeSet<&str> =
            records().filter(is_annotation).map(|record| record.name.as_str()).collect();
        let types = self.annotation_types_of(what, names).await?;
        let mut written = Vec::new();
        for (end, outcome) in outcomes.iter().enumerate() {
            for (place, Record { kind, name, payload }) in outcome.records.iter().enumerate() {
                let annotation_type = match kind {
                    RecordKind::Event => None,
                    RecordKind::Annotation => types.get(name).copied(),
                };
                written.push(Written { end, annotation_type, name, payload, place });
            }
        }
        Ok(written)
    }

    /// The types of these names. Those of registered workflows are known; one that no definition names is made here.
    pub(super) async fn annotation_types_of(
        &self,
        what: &str,
        names: BTreeSet<&str>,
    ) -> Result<AnnotationTypes, StoreError> {
        let (mut types, mut unknown) = (AnnotationTypes::new(), Vec::new());
        if names.is_empty() {
            return Ok(types);
        }
        {
            let known = self.0.annotation_types.lock().unwrap_or_else(PoisonError::into_inner);
            for name in names {
                if let Some(&id) = known.get(name) {
                    types.insert(name.to_owned(), id);
                } else {
                    unknown.push(name);
                }
            }
        }
        if !unknown.is_empty() {
            let made = self.repeated(what, || self.try_make_annotation_types(&unknown)).await?;
            types.extend(made.clone());
            self.know_annotation_types(made);
        }
        Ok(types)
    }

    async fn try_make_annotation_types(&self, names: &[&str]) -> Result<AnnotationTypes, DbErr> {
        let transaction = self.begin().await?;
        let mut types = AnnotationTypes::new();
        for &name in names {
            let id = annotation_type_id(&transaction, name).await.map_err(somebody_else_did)?;
            types.insert(name.to_owned(), id);
        }
        transaction.commit().await?;
        Ok(types)
    }

    /// Keeps the rows of types that are committed: they stay.
    pub(super) fn know_annotation_types(&self, types: AnnotationTypes) {
        self.0.annotation_types.lock().unwrap_or_else(PoisonError::into_inner).extend(types);
    }

    pub(super) async fn records_of(&self, task: TaskId) -> Result<Vec<Recorded>, StoreError> {
        const WHAT: &str = "reading events and annotations";
        // A step is settled before those that wait for it, and stands before them.
        const SQL: &str = "
            SELECT r.annotation, r.name, n.name, r.payload, r.created_at
            FROM (
                SELECT 0 AS annotation, step_no, revision, place, name, payload, created_at
                FROM tasker_events WHERE task_id = $1
                UNION ALL
                SELECT 1, a.step_no, a.revision, a.place, y.name, a.annotation, a.created_at
                FROM tasker_task_annotations AS a JOIN tasker_annotation_types AS y ON y.id = a.annotation_type_id
                WHERE a.task_id = $1
            ) AS r
            JOIN tasker_workflow_steps AS s ON s.task_id = $1 AND s.step_no = r.step_no
            JOIN tasker_named_steps AS n ON n.id = s.named_step_id
            ORDER BY r.created_at, r.step_no, r.revision, r.place";
        let rows = self.read(WHAT, SQL, [task.as_uuid().into()]).await?;
        rows.iter().map(recorded).collect::<Result<_, DbErr>>().map_err(|error| store_error(WHAT, error))
    }
}

fn recorded(row: &QueryResult) -> Result<Recorded, DbErr> {
    let annotation: i32 = row.try_get_by_index(0)?;
    Ok(Recorded {
        kind: if annotation == 1 { RecordKind::Annotation } else { RecordKind::Event },
        name: row.try_get_by_index(1)?,
        step: row.try_get_by_index(2)?,
        payload: Json::from_stored(row.try_get_by_index::<String>(3)?),
        at: Timestamp::from_micros(row.try_get_by_index(4)?),
    })
}

/// The row of an annotation type, which is made if there is none.
pub(super) async fn annotation_type_id<C: ConnectionTrait>(db: &C, name: &str) -> Result<i64, DbErr> {
    use annotation_type::{ActiveModel, Column, Entity};
    if let Some(known) = Entity::find().filter(Column::Name.eq(name)).one(db).await? {
        return Ok(known.id);
    }
    let new = ActiveModel { name: Set(name.to_owned()), ..Default::default() };
    Ok(Entity::insert(new).exec(db).await?.last_insert_id)
}
