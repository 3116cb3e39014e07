//! A step of a workflow at a version, with its policies as last installed.

use sea_orm::entity::prelude::*;

/// A step of a workflow at a version, with its policies as last installed.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "tasker_named_tasks_named_steps")]
pub struct Model {
    /// Its number in this database.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// The workflow.
    pub named_task_id: i64,
    /// The step; unique with the workflow.
    pub named_step_id: i64,
    /// Whether it may be skipped.
    pub skippable: bool,
    /// Whether it may be executed more than once.
    pub default_retryable: bool,
    /// How many executions may fail.
    pub default_retry_limit: i32,
}

/// No relation is declared: the store joins by hand.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
