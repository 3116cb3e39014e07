//! Where events and annotations come from, and their order: the step that wrote one, the transition of the step that it was written
//! with, and its place among what was written with that. Rows that no step wrote have none of it.

use sea_orm_migration::prelude::*;

pub(super) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m20261122_000002_place_records"
    }
}

/// Each column on its own: SQLite adds one at a time.
const COLUMNS: [(&str, &str); 5] = [
    ("tasker_events", "revision"),
    ("tasker_events", "place"),
    ("tasker_task_annotations", "step_no"),
    ("tasker_task_annotations", "revision"),
    ("tasker_task_annotations", "place"),
];

#[expect(
    elided_lifetimes_in_paths,
    reason = "the trait elides it, and async_trait takes the two forms for two"
)]
#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for (table, column) in COLUMNS {
            let column = ColumnDef::new(column).integer().null().to_owned();
            manager.alter_table(Table::alter().table(table).add_column(column).to_owned()).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for (table, column) in COLUMNS {
            manager.alter_table(Table::alter().table(table).drop_column(column).to_owned()).await?;
        }
        Ok(())
    }
}
