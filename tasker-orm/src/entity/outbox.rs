//! What a transaction did that subscribers may hear of.

use sea_orm::entity::prelude::*;

/// What a transaction did that subscribers may hear of.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "tasker_outbox")]
pub struct Model {
    /// Its number. Of two transactions that moved the same task the later one has the higher number; others commit in any order.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// 24 bytes for each thing: the task, and a number of 8 bytes: what it was (8 bits), the step (24) and the revision (32).
    #[sea_orm(column_type = "Blob")]
    pub entries: Vec<u8>,
    /// When it was written.
    pub created_at: i64,
}

/// No relation is declared: the store joins by hand.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
