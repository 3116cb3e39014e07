//! The stores that a test is tried on, in real time.

#[path = "../store/databases.rs"]
mod databases;

use tasker::{Profile, SqlStore};
use tasker_tests::postgres::Database;

/// A store on PostgreSQL, and the database, which stays until it goes; none where there is no PostgreSQL.
pub(crate) async fn postgres(profile: Option<Profile>) -> Option<(SqlStore, Database)> {
    let database = databases::database().await?;
    let store = databases::options(&database, profile).connect().await.unwrap();
    Some((store, database))
}

/// Runs each test on every store.
macro_rules! on_every_store {
    ($($test:ident,)*) => {
        mod on_memory {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $test() {
                super::$test(tasker::MemoryStore::new()).await;
            })*
        }

        mod on_sqlite {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $test() {
                let folder = tempfile::tempdir().unwrap();
                let url = format!("sqlite://{}", folder.path().join("tasks.db").display());
                super::$test(tasker::SqlStore::connect(&url).await.unwrap()).await;
            })*
        }

        mod on_postgres {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $test() {
                let Some((store, _database)) = $crate::places::postgres(None).await else { return };
                super::$test(store).await;
            })*
        }
    };
}

pub(crate) use on_every_store;
