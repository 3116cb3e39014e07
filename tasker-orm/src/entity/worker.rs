//! A worker that is alive, or was when it last said so.

use sea_orm::entity::prelude::*;

/// A worker that is alive, or was when it last said so.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "tasker_workers")]
pub struct Model {
    /// Its id, made by itself.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// Until when it counts as alive.
    pub lease_until: i64,
    /// When it enlisted.
    pub started_at: i64,
}

/// No relation is declared: the store joins by hand.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
