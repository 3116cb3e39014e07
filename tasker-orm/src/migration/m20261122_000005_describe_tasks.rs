//! Who asked for a task and how it is found again: its attributes, its tags, and what lists of tasks are looked up by.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::DbBackend;

pub(super) struct Migration;

const TASKS: &str = "tasker_tasks";
const TAGS: &str = "tasker_task_tags";
const ANNOTATIONS: &str = "tasker_task_annotations";
const MAPS: &str = "tasker_dependent_system_object_maps";

/// The indexes that lists use, by table.
const INDEXES: [(&str, &str); 6] = [
    (TASKS, "definition"),
    (TASKS, "ended_badly"),
    (TAGS, "task"),
    (ANNOTATIONS, "type"),
    (ANNOTATIONS, "request"),
    (MAPS, "two"),
];

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m20261122_000005_describe_tasks"
    }
}

#[expect(
    elided_lifetimes_in_paths,
    reason = "the trait elides it, and async_trait takes the two forms for two"
)]
#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for (table, column) in columns() {
            manager.alter_table(Table::alter().table(table).add_column(column).to_owned()).await?;
        }
        let mut tags = Table::create()
            .table(TAGS)
            .col(ColumnDef::new("tag").string_len(64).not_null())
            .col(ColumnDef::new("task_id").uuid().not_null())
            // A list looks for a tag; those that have it come by the age of their tasks.
            .primary_key(Index::create().col("tag").col("task_id"))
            .to_owned();
        if manager.get_database_backend() == DbBackend::Sqlite {
            tags.extra("WITHOUT ROWID");
        }
        manager.create_table(tags).await?;
        for index in indexes() {
            manager.create_index(index).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for (table, what) in INDEXES {
            let index = Index::drop().name(format!("{table}_{what}")).table(table).to_owned();
            manager.drop_index(index).await?;
        }
        manager.drop_table(Table::drop().table(TAGS).to_owned()).await?;
        for (table, column) in columns() {
            let column = column.get_column_name();
            manager.alter_table(Table::alter().table(table).drop_column(column).to_owned()).await?;
        }
        Ok(())
    }
}

/// Nullable, each on its own: SQLite adds one at a time.
fn columns() -> Vec<(&'static str, ColumnDef)> {
    let short = |name: &'static str| ColumnDef::new(name).string_len(128).null().to_owned();
    vec![
        (TASKS, short("initiator")),
        (TASKS, short("source_system")),
        (TASKS, short("reason")),
        (TASKS, ColumnDef::new("requested_at").big_integer().null().to_owned()),
        (ANNOTATIONS, short("actor")),
        (ANNOTATIONS, ColumnDef::new("request_id").uuid().null().to_owned()),
    ]
}

fn indexes() -> [IndexCreateStatement; INDEXES.len()] {
    let index = |place: usize, columns: &[&'static str]| {
        let (table, what) = INDEXES[place];
        let mut index = Index::create().name(format!("{table}_{what}")).table(table).to_owned();
        for &column in columns {
            index.col(column);
        }
        index
    };
    let mut ended_badly = index(1, &["state", "id"]);
    ended_badly.and_where(Expr::col("state").is_in(["error", "cancelled", "resolved_manually"]));
    // What is noted from outside is noted once, however often it is asked for.
    let mut request = index(4, &["request_id"]);
    request.unique().and_where(Expr::col("request_id").is_not_null());
    [
        index(0, &["definition_id", "id"]),
        ended_badly,
        index(2, &["task_id"]),
        index(3, &["annotation_type_id", "task_id"]),
        request,
        index(5, &["system_two_id", "remote_id_two"]),
    ]
}
