//! A tag of a task.

use sea_orm::entity::prelude::*;

/// A tag of a task.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "tasker_task_tags")]
pub struct Model {
    /// The tag.
    #[sea_orm(primary_key, auto_increment = false, column_type = "String(StringLen::N(64))")]
    pub tag: String,
    /// The task that has it.
    #[sea_orm(primary_key, auto_increment = false)]
    pub task_id: Uuid,
}

/// No relation is declared: the store joins by hand.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
