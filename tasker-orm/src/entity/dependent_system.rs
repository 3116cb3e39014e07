//! An external system that steps talk to.

use sea_orm::entity::prelude::*;

/// An external system that steps talk to.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "tasker_dependent_systems")]
pub struct Model {
    /// Its number in this database.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// Its name; `unknown` for steps that name none.
    #[sea_orm(unique, column_type = "String(StringLen::N(64))")]
    pub name: String,
    /// What it is.
    pub description: Option<String>,
}

/// No relation is declared: the store joins by hand.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
