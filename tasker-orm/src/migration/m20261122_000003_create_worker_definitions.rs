//! What workers say of definitions: which of them they run, and what keeps them from running others.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::DbBackend;

pub(super) struct Migration;

const TABLE: &str = "tasker_worker_definitions";

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m20261122_000003_create_worker_definitions"
    }
}

#[expect(
    elided_lifetimes_in_paths,
    reason = "the trait elides it, and async_trait takes the two forms for two"
)]
#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let mut table = Table::create()
            .table(TABLE)
            .col(ColumnDef::new("definition_id").big_integer().not_null())
            .col(ColumnDef::new("worker_id").uuid().not_null())
            .col(ColumnDef::new("obstacle").text().null())
            // A status looks for a definition.
            .primary_key(Index::create().col("definition_id").col("worker_id"))
            .to_owned();
        if manager.get_database_backend() == DbBackend::Sqlite {
            table.extra("WITHOUT ROWID");
        }
        manager.create_table(table).await?;
        // A worker that goes takes its rows along.
        let by_worker =
            Index::create().name(format!("{TABLE}_worker")).table(TABLE).col("worker_id").to_owned();
        manager.create_index(by_worker).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table(TABLE).to_owned()).await
    }
}
