//! An event that a subscriber did not take at once.

use sea_orm::entity::prelude::*;

/// An event that a subscriber did not take at once.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "tasker_deliveries")]
pub struct Model {
    /// Its number; those of one task are delivered in this order.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// The subscriber.
    #[sea_orm(column_type = "String(StringLen::N(64))")]
    pub subscription: String,
    /// The task that the event is about.
    pub task_id: Uuid,
    /// `waiting` for another attempt, or `dead`: given up, for an operator.
    #[sea_orm(column_type = "String(StringLen::N(16))")]
    pub state: String,
    /// The event, as JSON.
    #[sea_orm(column_type = "Text")]
    pub event: String,
    /// How often it was tried.
    pub attempts: i32,
    /// Not to be tried before this time.
    pub next_at: i64,
    /// What the last attempt said; empty while none was made.
    #[sea_orm(column_type = "Text")]
    pub error: String,
    /// When it was put aside.
    pub created_at: i64,
}

/// No relation is declared: the store joins by hand.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
