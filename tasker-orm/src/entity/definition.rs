//! A workflow at a version, in one shape: what a task runs by.

use sea_orm::entity::prelude::*;

/// A workflow at a version, in one shape: what a task runs by.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "tasker_definitions")]
pub struct Model {
    /// Its number in this database.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// The workflow.
    pub named_task_id: i64,
    /// The digest of its steps and edges; unique with the workflow.
    pub shape: i64,
    /// The steps in canonical order with the places of their dependencies, as JSON: `[{"name":"ship","depends_on":[0]}]`; one that may
    /// be skipped has `"optional":true`.
    #[sea_orm(column_type = "Text")]
    pub graph: String,
    /// Whether steps of one task may run at the same time.
    pub concurrent: bool,
    /// When it was first installed.
    pub created_at: i64,
    /// Whether no step of its tasks is to begin.
    pub paused: bool,
}

/// No relation is declared: the store joins by hand.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
