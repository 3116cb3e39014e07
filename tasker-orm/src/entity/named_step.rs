//! A step by its name, whatever the workflow.

use sea_orm::entity::prelude::*;

/// A step by its name, whatever the workflow.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "tasker_named_steps")]
pub struct Model {
    /// Its number in this database.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// The system that it talks to.
    pub dependent_system_id: i64,
    /// Its name; unique with the system.
    #[sea_orm(column_type = "String(StringLen::N(128))")]
    pub name: String,
    /// What it does.
    pub description: Option<String>,
}

/// No relation is declared: the store joins by hand.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
