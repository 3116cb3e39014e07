//! A namespace of workflows.

use sea_orm::entity::prelude::*;

/// A namespace of workflows.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "tasker_namespaces")]
pub struct Model {
    /// Its number in this database.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// Its name.
    #[sea_orm(unique, column_type = "String(StringLen::N(64))")]
    pub name: String,
    /// What it is for.
    pub description: Option<String>,
}

/// No relation is declared: the store joins by hand.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
