//! What creates the tables.
//!
//! [`SqlStore::connect`](crate::SqlStore::connect) applies it under a lock, so that any number of processes may start at the same
//! time. A host with a migrator of its own splices [`migrations`] into it; both note what they applied in a table, ours
//! in `tasker_migrations`, so use one of the two for one database and `SqlStoreOptions::migrate(false)` with your own.

mod m20261122_000001_create_tables;
mod m20261122_000002_place_records;
mod m20261122_000003_create_worker_definitions;
mod m20261122_000004_create_operations;
mod m20261122_000005_describe_tasks;
mod m20261122_000006_create_outbox;
mod m20261122_000010_create_statistics;
mod m20261122_000011_index_correlations;

use sea_orm_migration::sea_orm::DynIden;
use sea_orm_migration::{MigrationTrait, MigratorTrait};

/// Every migration, in order.
#[must_use]
pub fn migrations() -> Vec<Box<dyn MigrationTrait>> {
    vec![
        Box::new(m20261122_000001_create_tables::Migration),
        Box::new(m20261122_000002_place_records::Migration),
        Box::new(m20261122_000003_create_worker_definitions::Migration),
        Box::new(m20261122_000004_create_operations::Migration),
        Box::new(m20261122_000005_describe_tasks::Migration),
        Box::new(m20261122_000006_create_outbox::Migration),
        Box::new(m20261122_000010_create_statistics::Migration),
        Box::new(m20261122_000011_index_correlations::Migration),
    ]
}

/// Applies [`migrations`], and notes what it applied in `tasker_migrations`.
#[derive(Debug)]
pub struct Migrator;

impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        migrations()
    }

    fn migration_table_name() -> DynIden {
        "tasker_migrations".into()
    }
}
