//! Something that an operator did.

use sea_orm::entity::prelude::*;

/// Something that an operator did.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "tasker_operations")]
pub struct Model {
    /// Its id, made by who asked.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The task that it was done to; null if it was a workflow.
    pub task_id: Option<Uuid>,
    /// The step that it was done to; null if it was the whole task.
    pub step_no: Option<i32>,
    /// What was done.
    #[sea_orm(column_type = "String(StringLen::N(32))")]
    pub action: String,
    /// Who wanted it, if that was said.
    #[sea_orm(column_type = "String(StringLen::N(128))", nullable)]
    pub actor: Option<String>,
    /// Why, if that was said.
    #[sea_orm(column_type = "Text", nullable)]
    pub reason: Option<String>,
    /// What a step was given, or which workflow it was done to, as JSON.
    #[sea_orm(column_type = "Text", nullable)]
    pub value: Option<String>,
    /// When it was done.
    pub created_at: i64,
}

/// No relation is declared: the store joins by hand.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
