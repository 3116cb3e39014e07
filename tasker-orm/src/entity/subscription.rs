//! A durable subscriber, and how far it has come.

use sea_orm::entity::prelude::*;

/// A durable subscriber, and how far it has come.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "tasker_subscriptions")]
pub struct Model {
    /// Its name.
    #[sea_orm(primary_key, auto_increment = false, column_type = "String(StringLen::N(64))")]
    pub name: String,
    /// How far it has read the outbox, as JSON.
    #[sea_orm(column_type = "Text")]
    pub cursor: String,
    /// The process that delivers to it.
    pub leader: Option<Uuid>,
    /// Until when that process alone does.
    pub lease_until: i64,
    /// How many events it took.
    pub delivered: i64,
    /// The last error that it gave.
    #[sea_orm(column_type = "Text", nullable)]
    pub error: Option<String>,
    /// When it gave that.
    pub error_at: Option<i64>,
    /// When it began to subscribe.
    pub created_at: i64,
}

/// No relation is declared: the store joins by hand.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
