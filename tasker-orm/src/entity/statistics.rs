//! What ended in a period, of one definition.

use sea_orm::entity::prelude::*;

/// What ended in a period, of one definition. One row is none of these, that with zeros as its key: it says up to where periods were counted.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "tasker_statistics")]
pub struct Model {
    /// How long the period is, in seconds.
    #[sea_orm(primary_key, auto_increment = false)]
    pub span: i32,
    /// When it began.
    #[sea_orm(primary_key, auto_increment = false)]
    pub starts_at: i64,
    /// What the tasks ran.
    #[sea_orm(primary_key, auto_increment = false)]
    pub definition_id: i64,
    /// What is told of tasks and of all steps together, as JSON.
    #[sea_orm(column_type = "Text")]
    pub tasks: String,
    /// What is told of each step, as JSON.
    #[sea_orm(column_type = "Text")]
    pub steps: String,
}

/// No relation is declared: the store joins by hand.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
