//! A note on a task.

use sea_orm::entity::prelude::*;

/// A note on a task.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "tasker_task_annotations")]
pub struct Model {
    /// Its number in this database.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// The task.
    pub task_id: Uuid,
    /// The step that made it, if one did.
    pub step_no: Option<i32>,
    /// The transition of the step that it was written with.
    pub revision: Option<i32>,
    /// Its place among what was written with that, events and annotations together.
    pub place: Option<i32>,
    /// Its kind.
    pub annotation_type_id: i64,
    /// What it says, as JSON.
    #[sea_orm(column_type = "Text")]
    pub annotation: String,
    /// When it was made.
    pub created_at: i64,
    /// Who made it, if no step did and that was said.
    #[sea_orm(column_type = "String(StringLen::N(128))", nullable)]
    pub actor: Option<String>,
    /// Its id, made by who asked for it, if no step made it.
    pub request_id: Option<Uuid>,
}

/// No relation is declared: the store joins by hand.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
