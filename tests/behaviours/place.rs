//! The databases that a behaviour is tried on.

use std::sync::Arc;

use tasker::{ManualClock, SqlStore, SqlStoreOptions, Timestamp};
use tasker_tests::postgres::Database;

/// A database of one test.
pub(crate) struct Place {
    options: SqlStoreOptions,
    /// It lives as long as the test.
    database: Option<Database>,
}

/// Runs each test on SQLite in memory and on PostgreSQL.
macro_rules! on_both {
    ($($test:ident,)*) => {
        mod sqlite {
            $(#[tokio::test]
            async fn $test() {
                super::$test($crate::place::Place::sqlite()).await;
            })*
        }

        mod postgres {
            $(#[tokio::test]
            async fn $test() {
                let Some(place) = $crate::place::Place::postgres().await else { return };
                super::$test(place).await;
            })*
        }
    };
}

pub(crate) use on_both;

impl Place {
    pub(crate) fn sqlite() -> Self {
        Self { options: SqlStoreOptions::new("sqlite::memory:"), database: None }
    }

    /// None where there is no PostgreSQL.
    pub(crate) async fn postgres() -> Option<Self> {
        let database = crate::databases::database().await?;
        Some(Self { options: crate::databases::options(&database, None), database: Some(database) })
    }

    /// Its store; the time is that of the database. The database stays until what is returned beside it goes.
    pub(crate) async fn open(self) -> (SqlStore, Option<Database>) {
        (self.options.connect().await.expect("connected"), self.database)
    }

    /// The same in a time that the test moves.
    pub(crate) async fn open_at(self, clock: Arc<ManualClock>) -> (SqlStore, Option<Database>) {
        (self.options.clock(clock).connect().await.expect("connected"), self.database)
    }
}

/// A clock that stands still at a moment in 2026, so that times look like times.
pub(crate) fn clock() -> Arc<ManualClock> {
    Arc::new(ManualClock::starting_at(Timestamp::from_micros(1_795_000_000_000_000)))
}
