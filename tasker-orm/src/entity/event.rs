//! Something that happened, for those who listen; written with what it tells of.

use sea_orm::entity::prelude::*;

/// Something that happened, for those who listen; written with what it tells of.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "tasker_events")]
pub struct Model {
    /// Its number in this database.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// The task.
    pub task_id: Uuid,
    /// The step, if it is about one.
    pub step_no: Option<i32>,
    /// The transition of the step that it was written with.
    pub revision: Option<i32>,
    /// Its place among what was written with that, events and annotations together.
    pub place: Option<i32>,
    /// What happened, such as `task.completed`.
    #[sea_orm(column_type = "String(StringLen::N(128))")]
    pub name: String,
    /// The facts, as JSON.
    #[sea_orm(column_type = "Text")]
    pub payload: String,
    /// When.
    pub created_at: i64,
}

/// No relation is declared: the store joins by hand.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
