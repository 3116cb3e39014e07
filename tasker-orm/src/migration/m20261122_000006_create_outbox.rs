//! What subscribers hear of: the outbox, who reads it and how far, and what could not be delivered at once. And what traces and logs
//! take from a task: the id that it shares with the request it came from, the trace that it is a part of, and since when a step could
//! have run.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::DbBackend;

pub(super) struct Migration;

const OUTBOX: &str = "tasker_outbox";
const SUBSCRIPTIONS: &str = "tasker_subscriptions";
const DELIVERIES: &str = "tasker_deliveries";

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m20261122_000006_create_outbox"
    }
}

/// A row of the outbox is read soon and removed then: it lies in the table as it is, not compressed and, up to the size of a page, not
/// aside.
const POSTGRES_STORAGE: &str = "
ALTER TABLE tasker_outbox ALTER COLUMN entries SET STORAGE EXTERNAL;
ALTER TABLE tasker_outbox SET (toast_tuple_target = 8160, autovacuum_vacuum_scale_factor = 0.05, autovacuum_analyze_scale_factor = 0.05);
ALTER TABLE tasker_subscriptions SET (fillfactor = 50);";

#[expect(
    elided_lifetimes_in_paths,
    reason = "the trait elides it, and async_trait takes the two forms for two"
)]
#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let backend = manager.get_database_backend();
        for table in [outbox(backend), subscriptions(backend), deliveries(backend)] {
            manager.create_table(table).await?;
        }
        let due = Index::create()
            .name(format!("{DELIVERIES}_waiting"))
            .table(DELIVERIES)
            .col("subscription")
            .col("state")
            .col("id")
            .to_owned();
        manager.create_index(due).await?;
        for (table, column) in columns() {
            manager.alter_table(Table::alter().table(table).add_column(column).to_owned()).await?;
        }
        if backend == DbBackend::Postgres {
            manager.get_connection().execute_unprepared(POSTGRES_STORAGE).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for (table, column) in columns() {
            let name = column.get_column_name();
            manager.alter_table(Table::alter().table(table).drop_column(name).to_owned()).await?;
        }
        for table in [DELIVERIES, SUBSCRIPTIONS, OUTBOX] {
            manager.drop_table(Table::drop().table(table).to_owned()).await?;
        }
        Ok(())
    }
}

/// Numbers are never given twice, though rows are removed.
fn number(backend: DbBackend) -> ColumnDef {
    let mut column = ColumnDef::new("id");
    match backend {
        DbBackend::Sqlite => column.integer(),
        _ => column.big_integer(),
    };
    column.not_null().auto_increment().primary_key();
    column
}

fn big(name: &'static str) -> ColumnDef {
    ColumnDef::new(name).big_integer().not_null().to_owned()
}

fn short(name: &'static str, length: u32) -> ColumnDef {
    ColumnDef::new(name).string_len(length).not_null().to_owned()
}

fn outbox(backend: DbBackend) -> TableCreateStatement {
    Table::create()
        .table(OUTBOX)
        .col(number(backend))
        .col(ColumnDef::new("entries").blob().not_null())
        .col(big("created_at"))
        .to_owned()
}

fn subscriptions(backend: DbBackend) -> TableCreateStatement {
    let mut table = Table::create()
        .table(SUBSCRIPTIONS)
        .col(short("name", 64))
        .col(ColumnDef::new("cursor").text().not_null())
        .col(ColumnDef::new("leader").uuid().null())
        .col(big("lease_until"))
        .col(big("delivered"))
        .col(ColumnDef::new("error").text().null())
        .col(ColumnDef::new("error_at").big_integer().null())
        .col(big("created_at"))
        .primary_key(Index::create().col("name"))
        .to_owned();
    if backend == DbBackend::Sqlite {
        table.extra("WITHOUT ROWID");
    }
    table
}

fn deliveries(backend: DbBackend) -> TableCreateStatement {
    Table::create()
        .table(DELIVERIES)
        .col(number(backend))
        .col(short("subscription", 64))
        .col(ColumnDef::new("task_id").uuid().not_null())
        .col(short("state", 16))
        .col(ColumnDef::new("event").text().not_null())
        .col(ColumnDef::new("attempts").integer().not_null())
        .col(big("next_at"))
        .col(ColumnDef::new("error").text().not_null())
        .col(big("created_at"))
        .to_owned()
}

/// Each column on its own: SQLite adds one at a time.
fn columns() -> [(&'static str, ColumnDef); 3] {
    [
        ("tasker_tasks", ColumnDef::new("correlation_id").string_len(100).null().to_owned()),
        ("tasker_tasks", ColumnDef::new("traceparent").string_len(64).null().to_owned()),
        ("tasker_workflow_steps", ColumnDef::new("ready_at").big_integer().null().to_owned()),
    ]
}
