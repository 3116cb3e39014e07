//! One durable run of a workflow.

use sea_orm::entity::prelude::*;

/// One durable run of a workflow.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "tasker_tasks")]
pub struct Model {
    /// Its id, made by the client.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// What it runs by.
    pub definition_id: i64,
    /// Where it stands.
    #[sea_orm(column_type = "String(StringLen::N(32))")]
    pub state: String,
    /// Namespace, name and idempotency key as a JSON array, for tasks that have one.
    #[sea_orm(unique, column_type = "Text")]
    pub identity: Option<String>,
    /// Steps of tasks with a higher priority go first.
    pub priority: i16,
    /// Steps that are not complete, resolved or skipped; at 0 the task is complete.
    pub open_steps: i32,
    /// Steps that run or can go on by themselves; at 0, with steps still open, the task is in error.
    pub active_steps: i32,
    /// How many transitions it has made.
    pub revision: i32,
    /// What its steps take as context, as JSON.
    #[sea_orm(column_type = "Text")]
    pub context: String,
    /// When it was created.
    pub created_at: i64,
    /// When it ended.
    pub ended_at: Option<i64>,
    /// Who asked for it, if that was said.
    #[sea_orm(column_type = "String(StringLen::N(128))", nullable)]
    pub initiator: Option<String>,
    /// The system that asked for it, if that was said.
    #[sea_orm(column_type = "String(StringLen::N(128))", nullable)]
    pub source_system: Option<String>,
    /// Why it was asked for, if that was said.
    #[sea_orm(column_type = "String(StringLen::N(128))", nullable)]
    pub reason: Option<String>,
    /// When it was asked for, if that was not when it was created.
    pub requested_at: Option<i64>,
    /// What it shares with the request that it came from, if that was said; otherwise its id stands for it.
    #[sea_orm(column_type = "String(StringLen::N(100))", nullable)]
    pub correlation_id: Option<String>,
    /// The span that asked for it, as the header `traceparent` of the W3C.
    #[sea_orm(column_type = "String(StringLen::N(64))", nullable)]
    pub traceparent: Option<String>,
}

/// No relation is declared: the store joins by hand.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
