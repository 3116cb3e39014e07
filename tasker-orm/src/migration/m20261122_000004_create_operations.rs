//! What operators did: to tasks and their steps, and to whole workflows.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::DbBackend;

pub(super) struct Migration;

const OPERATIONS: &str = "tasker_operations";
const STEPS: &str = "tasker_workflow_steps";
const DEFINITIONS: &str = "tasker_definitions";
const PAUSED: &str = "tasker_definitions_paused";

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m20261122_000004_create_operations"
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
            .table(OPERATIONS)
            .col(ColumnDef::new("id").uuid().not_null())
            .col(ColumnDef::new("task_id").uuid().null())
            .col(ColumnDef::new("step_no").integer().null())
            .col(ColumnDef::new("action").string_len(32).not_null())
            .col(ColumnDef::new("actor").string_len(128).null())
            .col(ColumnDef::new("reason").text().null())
            .col(ColumnDef::new("value").text().null())
            .col(ColumnDef::new("created_at").big_integer().not_null())
            .primary_key(Index::create().col("id"))
            .to_owned();
        if manager.get_database_backend() == DbBackend::Sqlite {
            table.extra("WITHOUT ROWID");
        }
        manager.create_table(table).await?;
        let by_task = Index::create()
            .name(format!("{OPERATIONS}_task"))
            .table(OPERATIONS)
            .col("task_id")
            .and_where(Expr::col("task_id").is_not_null())
            .to_owned();
        manager.create_index(by_task).await?;
        let inputs =
            Table::alter().table(STEPS).add_column(ColumnDef::new("inputs").text().null()).to_owned();
        manager.alter_table(inputs).await?;
        let paused = ColumnDef::new("paused").boolean().not_null().default(false).to_owned();
        manager.alter_table(Table::alter().table(DEFINITIONS).add_column(paused).to_owned()).await?;
        // Empty nearly always: to ask whether anything is paused costs nothing.
        let paused = Index::create()
            .name(PAUSED)
            .table(DEFINITIONS)
            .col("id")
            .and_where(Expr::col("paused"))
            .to_owned();
        manager.create_index(paused).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_index(Index::drop().name(PAUSED).table(DEFINITIONS).to_owned()).await?;
        manager.alter_table(Table::alter().table(DEFINITIONS).drop_column("paused").to_owned()).await?;
        manager.alter_table(Table::alter().table(STEPS).drop_column("inputs").to_owned()).await?;
        manager.drop_table(Table::drop().table(OPERATIONS).to_owned()).await
    }
}
