//! What ended, counted by period and definition: reports read a few rows of it instead of every task.

use sea_orm_migration::prelude::*;

pub(super) struct Migration;

const STATISTICS: &str = "tasker_statistics";

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m20261122_000010_create_statistics"
    }
}

#[expect(
    elided_lifetimes_in_paths,
    reason = "the trait elides it, and async_trait takes the two forms for two"
)]
#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let table = Table::create()
            .table(STATISTICS)
            .col(ColumnDef::new("span").integer().not_null())
            .col(ColumnDef::new("starts_at").big_integer().not_null())
            .col(ColumnDef::new("definition_id").big_integer().not_null())
            // What every report reads comes first.
            .col(ColumnDef::new("tasks").text().not_null())
            .col(ColumnDef::new("steps").text().not_null())
            // A period of a definition is counted once.
            .primary_key(Index::create().col("span").col("starts_at").col("definition_id"))
            .to_owned();
        manager.create_table(table).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table(STATISTICS).to_owned()).await
    }
}
