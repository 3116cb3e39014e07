//! The tables of the first release.
//!
//! Tasks and their steps are named by the task's id, and on SQLite their tables are stored by that key (`WITHOUT ROWID`): all of
//! a task lies together, and new tasks are added at the end, because their ids grow with time.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::DbBackend;

pub(super) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m20261122_000001_create_tables"
    }
}

/// In the order in which they can be created; the reverse is the order in which they can be dropped.
const TABLES: [fn(DbBackend) -> TableCreateStatement; 15] = [
    namespaces,
    named_tasks,
    definitions,
    dependent_systems,
    dependent_system_object_maps,
    named_steps,
    named_tasks_named_steps,
    tasks,
    workflow_steps,
    task_transitions,
    workflow_step_transitions,
    annotation_types,
    task_annotations,
    workers,
    events,
];

/// Rows of tasks and steps are written a few times each, soon after one another: room beside them keeps their versions together. What is
/// written often is cleaned up often, a little at a time.
const POSTGRES_STORAGE: &str = "
ALTER TABLE tasker_tasks SET (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.05, autovacuum_analyze_scale_factor = 0.05);
ALTER TABLE tasker_workflow_steps SET (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.05, autovacuum_analyze_scale_factor = 0.05);
ALTER TABLE tasker_workers SET (fillfactor = 50);";

#[expect(
    elided_lifetimes_in_paths,
    reason = "the trait elides it, and async_trait takes the two forms for two"
)]
#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let backend = manager.get_database_backend();
        for table in TABLES {
            manager.create_table(table(backend)).await?;
        }
        for index in indexes() {
            manager.create_index(index).await?;
        }
        if backend == DbBackend::Postgres {
            manager.get_connection().execute_unprepared(POSTGRES_STORAGE).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let backend = manager.get_database_backend();
        for table in TABLES.iter().rev() {
            let name = table(backend).get_table_name().cloned();
            if let Some(name) = name {
                manager.drop_table(Table::drop().table(name).to_owned()).await?;
            }
        }
        Ok(())
    }
}

fn table(name: &'static str) -> TableCreateStatement {
    Table::create().table(name).to_owned()
}

/// The key of a row that the database numbers.
fn number(backend: DbBackend) -> ColumnDef {
    let mut column = ColumnDef::new("id");
    match backend {
        // Only a column of exactly this type is the table's own row number.
        DbBackend::Sqlite => column.integer().not_null().primary_key(),
        _ => column.big_integer().not_null().auto_increment().primary_key(),
    };
    column
}

fn big(name: &'static str) -> ColumnDef {
    ColumnDef::new(name).big_integer().not_null().to_owned()
}

fn int(name: &'static str) -> ColumnDef {
    ColumnDef::new(name).integer().not_null().to_owned()
}

fn uuid(name: &'static str) -> ColumnDef {
    ColumnDef::new(name).uuid().not_null().to_owned()
}

fn text(name: &'static str) -> ColumnDef {
    ColumnDef::new(name).text().not_null().to_owned()
}

fn short(name: &'static str, length: u32) -> ColumnDef {
    ColumnDef::new(name).string_len(length).not_null().to_owned()
}

fn optional(mut column: ColumnDef) -> ColumnDef {
    column.null();
    column
}

/// A table of rows that belong to a task, stored by their key.
fn by_task(
    mut table: TableCreateStatement,
    key: &[&'static str],
    backend: DbBackend,
) -> TableCreateStatement {
    let mut index = Index::create();
    for &column in key {
        index.col(column);
    }
    table.primary_key(&mut index);
    if backend == DbBackend::Sqlite {
        table.extra("WITHOUT ROWID");
    }
    table
}

fn namespaces(backend: DbBackend) -> TableCreateStatement {
    table("tasker_namespaces")
        .col(number(backend))
        .col(short("name", 64).unique_key())
        .col(ColumnDef::new("description").string().to_owned())
        .to_owned()
}

fn named_tasks(backend: DbBackend) -> TableCreateStatement {
    table("tasker_named_tasks")
        .col(number(backend))
        .col(big("namespace_id"))
        .col(short("name", 64))
        .col(short("version", 64))
        .col(text("description"))
        .to_owned()
}

fn definitions(backend: DbBackend) -> TableCreateStatement {
    table("tasker_definitions")
        .col(number(backend))
        .col(big("named_task_id"))
        .col(big("shape"))
        .col(text("graph"))
        .col(ColumnDef::new("concurrent").boolean().not_null().to_owned())
        .col(big("created_at"))
        .to_owned()
}

fn dependent_systems(backend: DbBackend) -> TableCreateStatement {
    table("tasker_dependent_systems")
        .col(number(backend))
        .col(short("name", 64).unique_key())
        .col(ColumnDef::new("description").string().to_owned())
        .to_owned()
}

fn dependent_system_object_maps(backend: DbBackend) -> TableCreateStatement {
    table("tasker_dependent_system_object_maps")
        .col(number(backend))
        .col(big("system_one_id"))
        .col(short("remote_id_one", 128))
        .col(big("system_two_id"))
        .col(short("remote_id_two", 128))
        .to_owned()
}

fn named_steps(backend: DbBackend) -> TableCreateStatement {
    table("tasker_named_steps")
        .col(number(backend))
        .col(big("dependent_system_id"))
        .col(short("name", 128))
        .col(ColumnDef::new("description").string().to_owned())
        .to_owned()
}

fn named_tasks_named_steps(backend: DbBackend) -> TableCreateStatement {
    table("tasker_named_tasks_named_steps")
        .col(number(backend))
        .col(big("named_task_id"))
        .col(big("named_step_id"))
        .col(ColumnDef::new("skippable").boolean().not_null().to_owned())
        .col(ColumnDef::new("default_retryable").boolean().not_null().to_owned())
        .col(int("default_retry_limit"))
        .to_owned()
}

fn tasks(backend: DbBackend) -> TableCreateStatement {
    let table = table("tasker_tasks")
        .col(uuid("id"))
        .col(big("definition_id"))
        .col(short("state", 32))
        .col(optional(text("identity")).unique_key())
        .col(ColumnDef::new("priority").small_integer().not_null().to_owned())
        .col(int("open_steps"))
        .col(int("active_steps"))
        .col(int("revision"))
        .col(text("context"))
        .col(big("created_at"))
        .col(optional(big("ended_at")))
        .to_owned();
    by_task(table, &["id"], backend)
}

fn workflow_steps(backend: DbBackend) -> TableCreateStatement {
    let table = table("tasker_workflow_steps")
        .col(uuid("task_id"))
        .col(int("step_no"))
        .col(big("named_step_id"))
        .col(big("definition_id"))
        .col(short("state", 32))
        .col(ColumnDef::new("priority").small_integer().not_null().to_owned())
        .col(int("open_dependencies"))
        .col(int("attempt"))
        .col(int("lost"))
        .col(int("retry_limit"))
        .col(big("run_at"))
        .col(optional(short("waiting_for", 32)))
        .col(optional(uuid("worker_id")))
        .col(int("revision"))
        .col(optional(text("result")))
        .col(optional(text("error")))
        .to_owned();
    by_task(table, &["task_id", "step_no"], backend)
}

/// History is only ever added to: in the order in which it happens, not by its key, so that a transaction writes to few pages.
fn task_transitions(_: DbBackend) -> TableCreateStatement {
    table("tasker_task_transitions")
        .col(uuid("task_id"))
        .col(int("revision"))
        .col(short("from_state", 32))
        .col(short("to_state", 32))
        .col(big("created_at"))
        .primary_key(Index::create().col("task_id").col("revision"))
        .to_owned()
}

fn workflow_step_transitions(_: DbBackend) -> TableCreateStatement {
    table("tasker_workflow_step_transitions")
        .col(uuid("task_id"))
        .col(int("step_no"))
        .col(int("revision"))
        .col(short("from_state", 32))
        .col(short("to_state", 32))
        .col(int("attempt"))
        .col(optional(uuid("worker_id")))
        .col(big("created_at"))
        .col(optional(text("error")))
        .primary_key(Index::create().col("task_id").col("step_no").col("revision"))
        .to_owned()
}

fn annotation_types(backend: DbBackend) -> TableCreateStatement {
    table("tasker_annotation_types")
        .col(number(backend))
        .col(short("name", 64).unique_key())
        .col(ColumnDef::new("description").string().to_owned())
        .to_owned()
}

fn task_annotations(backend: DbBackend) -> TableCreateStatement {
    table("tasker_task_annotations")
        .col(number(backend))
        .col(uuid("task_id"))
        .col(big("annotation_type_id"))
        .col(text("annotation"))
        .col(big("created_at"))
        .to_owned()
}

fn workers(backend: DbBackend) -> TableCreateStatement {
    let table =
        table("tasker_workers").col(uuid("id")).col(big("lease_until")).col(big("started_at")).to_owned();
    by_task(table, &["id"], backend)
}

fn events(backend: DbBackend) -> TableCreateStatement {
    table("tasker_events")
        .col(number(backend))
        .col(uuid("task_id"))
        .col(optional(int("step_no")))
        .col(short("name", 128))
        .col(text("payload"))
        .col(big("created_at"))
        .to_owned()
}

fn unique(table: &'static str, columns: &[&'static str]) -> IndexCreateStatement {
    let mut index = index(table, columns, "unique");
    index.unique();
    index
}

fn index(table: &'static str, columns: &[&'static str], what: &str) -> IndexCreateStatement {
    let mut index = Index::create();
    index.name(format!("{table}_{what}")).table(table);
    for &column in columns {
        index.col(column);
    }
    index
}

fn indexes() -> Vec<IndexCreateStatement> {
    const STEPS: &str = "tasker_workflow_steps";
    let state = |state: &'static str| Expr::col("state").eq(state);
    let mut ready = Index::create();
    ready
        .name(format!("{STEPS}_ready"))
        .table(STEPS)
        .col("definition_id")
        .col(("priority", IndexOrder::Desc))
        .col("run_at")
        .col("task_id")
        .col("step_no")
        .and_where(state("pending"))
        .and_where(Expr::col("open_dependencies").eq(0))
        .and_where(Expr::col("waiting_for").is_null());
    let mut due = index(STEPS, &["definition_id", "run_at", "task_id", "step_no"], "due");
    due.and_where(state("pending")).and_where(Expr::col("waiting_for").eq("time"));
    let mut held = index(STEPS, &["worker_id"], "held");
    held.and_where(state("in_progress"));
    let mut open = index("tasker_tasks", &["id"], "open");
    open.and_where(Expr::col("state").is_in(["pending", "in_progress"]));
    let mut ended = index("tasker_tasks", &["ended_at", "id"], "ended");
    ended.and_where(Expr::col("ended_at").is_not_null());
    vec![
        unique("tasker_named_tasks", &["namespace_id", "name", "version"]),
        unique("tasker_definitions", &["named_task_id", "shape"]),
        unique("tasker_named_steps", &["dependent_system_id", "name"]),
        unique("tasker_named_tasks_named_steps", &["named_task_id", "named_step_id"]),
        unique(
            "tasker_dependent_system_object_maps",
            &["system_one_id", "remote_id_one", "system_two_id", "remote_id_two"],
        ),
        index("tasker_task_annotations", &["task_id"], "task"),
        index("tasker_events", &["task_id"], "task"),
        ready,
        due,
        held,
        open,
        ended,
    ]
}
