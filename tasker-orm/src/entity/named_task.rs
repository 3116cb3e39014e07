//! A workflow at a version.

use sea_orm::entity::prelude::*;

/// A workflow at a version.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "tasker_named_tasks")]
pub struct Model {
    /// Its number in this database.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// Its namespace.
    pub namespace_id: i64,
    /// Its name; unique with namespace and version.
    #[sea_orm(column_type = "String(StringLen::N(64))")]
    pub name: String,
    /// Its semantic version.
    #[sea_orm(column_type = "String(StringLen::N(64))")]
    pub version: String,
    /// What it is for.
    #[sea_orm(column_type = "Text")]
    pub description: String,
}

/// No relation is declared: the store joins by hand.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
