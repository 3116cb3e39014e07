//! What a worker says of a definition.

use sea_orm::entity::prelude::*;

/// What a worker says of a definition.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "tasker_worker_definitions")]
pub struct Model {
    /// The definition.
    #[sea_orm(primary_key, auto_increment = false)]
    pub definition_id: i64,
    /// The worker; its row in `tasker_workers` says whether it is alive.
    #[sea_orm(primary_key, auto_increment = false)]
    pub worker_id: Uuid,
    /// What keeps it from running the definition; null if it runs it.
    #[sea_orm(column_type = "Text", nullable)]
    pub obstacle: Option<String>,
}

/// No relation is declared: the store joins by hand.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
