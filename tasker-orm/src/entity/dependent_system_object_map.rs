//! The same object under its ids in two external systems.

use sea_orm::entity::prelude::*;

/// The same object under its ids in two external systems.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "tasker_dependent_system_object_maps")]
pub struct Model {
    /// Its number in this database.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// One system.
    pub system_one_id: i64,
    /// The id there.
    #[sea_orm(column_type = "String(StringLen::N(128))")]
    pub remote_id_one: String,
    /// The other system.
    pub system_two_id: i64,
    /// The id there.
    #[sea_orm(column_type = "String(StringLen::N(128))")]
    pub remote_id_two: String,
}

/// No relation is declared: the store joins by hand.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
