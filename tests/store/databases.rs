//! A PostgreSQL database for each test, copied from one that was migrated once.

use std::hash::{DefaultHasher, Hash, Hasher};

use tasker::{Profile, SqlStore, SqlStoreOptions};
use tasker_tests::postgres::{Database, server_or_skip};

/// A new database with our tables; none where there is no PostgreSQL.
pub(crate) async fn database() -> Option<Database> {
    let server = server_or_skip()?;
    let migrate = async |url: String| {
        SqlStore::connect(&url).await.expect("migrated");
    };
    Some(server.database(&template(), migrate).await)
}

/// The store on a database, with a profile of its own or as the server is.
pub(crate) fn options(database: &Database, profile: Option<Profile>) -> SqlStoreOptions {
    let options = SqlStoreOptions::new(database.url());
    match profile {
        Some(profile) => options.profile(profile),
        None => options,
    }
}

/// A name for this version of the tables.
fn template() -> String {
    let mut hasher = DefaultHasher::new();
    for migration in [
        include_str!("../../tasker-orm/src/migration/m20261122_000001_create_tables.rs"),
        include_str!("../../tasker-orm/src/migration/m20261122_000002_place_records.rs"),
        include_str!("../../tasker-orm/src/migration/m20261122_000003_create_worker_definitions.rs"),
        include_str!("../../tasker-orm/src/migration/m20261122_000004_create_operations.rs"),
        include_str!("../../tasker-orm/src/migration/m20261122_000005_describe_tasks.rs"),
        include_str!("../../tasker-orm/src/migration/m20261122_000006_create_outbox.rs"),
        include_str!("../../tasker-orm/src/migration/m20261122_000010_create_statistics.rs"),
        include_str!("../../tasker-orm/src/migration/m20261122_000011_index_correlations.rs"),
    ] {
        migration.hash(&mut hasher);
    }
    format!("tasker_{:016x}", hasher.finish())
}
