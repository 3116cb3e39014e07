//! One change of the state of a step.

use sea_orm::entity::prelude::*;

/// One change of the state of a step.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "tasker_workflow_step_transitions")]
pub struct Model {
    /// The task.
    #[sea_orm(primary_key, auto_increment = false)]
    pub task_id: Uuid,
    /// The step.
    #[sea_orm(primary_key, auto_increment = false)]
    pub step_no: i32,
    /// The how manieth, from 1; unique with what is before it.
    #[sea_orm(primary_key, auto_increment = false)]
    pub revision: i32,
    /// From this state.
    #[sea_orm(column_type = "String(StringLen::N(32))")]
    pub from_state: String,
    /// To this one.
    #[sea_orm(column_type = "String(StringLen::N(32))")]
    pub to_state: String,
    /// The execution it belongs to.
    pub attempt: i32,
    /// The worker that ran it.
    pub worker_id: Option<Uuid>,
    /// When.
    pub created_at: i64,
    /// Why, as JSON, where the execution failed.
    #[sea_orm(column_type = "Text")]
    pub error: Option<String>,
}

/// No relation is declared: the store joins by hand.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
