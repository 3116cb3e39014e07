//! One step of one task.

use sea_orm::entity::prelude::*;

/// One step of one task.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "tasker_workflow_steps")]
pub struct Model {
    /// Its task.
    #[sea_orm(primary_key, auto_increment = false)]
    pub task_id: Uuid,
    /// Its place in the definition.
    #[sea_orm(primary_key, auto_increment = false)]
    pub step_no: i32,
    /// Its name.
    pub named_step_id: i64,
    /// Its task's definition, for the claim.
    pub definition_id: i64,
    /// Where it stands.
    #[sea_orm(column_type = "String(StringLen::N(32))")]
    pub state: String,
    /// Its task's priority, for the claim.
    pub priority: i16,
    /// Steps that it still waits for.
    pub open_dependencies: i32,
    /// How many executions have begun.
    pub attempt: i32,
    /// How many of them were lost with their worker.
    pub lost: i32,
    /// How many executions may fail.
    pub retry_limit: i32,
    /// Not before this time; among ready steps, the earliest goes first.
    pub run_at: i64,
    /// What it waits for beside its dependencies: `time` for its retry, `turn` in a sequential task, `operator` in a paused one.
    #[sea_orm(column_type = "String(StringLen::N(32))")]
    pub waiting_for: Option<String>,
    /// The worker that runs it.
    pub worker_id: Option<Uuid>,
    /// How many transitions it has made.
    pub revision: i32,
    /// Its result, as JSON.
    #[sea_orm(column_type = "Text")]
    pub result: Option<String>,
    /// The error of the last execution that failed, as JSON.
    #[sea_orm(column_type = "Text")]
    pub error: Option<String>,
    /// What it takes instead of the context of its task, as JSON.
    #[sea_orm(column_type = "Text", nullable)]
    pub inputs: Option<String>,
    /// When the last step that it waited for was done; null for one that waits for none.
    pub ready_at: Option<i64>,
}

/// No relation is declared: the store joins by hand.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
