//! The stores that a test is tried on, in real time.

#[path = "../store/databases.rs"]
mod databases;

pub(crate) use databases::database;

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
                let Some(database) = $crate::places::database().await else { return };
                super::$test(tasker::SqlStore::connect(database.url()).await.unwrap()).await;
            })*
        }
    };
}

pub(crate) use on_every_store;
