//! How the connections stand.

use sea_orm::{DatabaseConnection, DatabaseConnectionType, sqlx};
use tasker_core::store::PoolStatus;

use super::Inner;
use crate::statement::Backend;

/// The pools by what they are for.
pub(super) fn statuses(inner: &Inner) -> Vec<PoolStatus> {
    let pools: &[_] = match inner.dialect.backend {
        Backend::Postgres => {
            &[("write", &inner.writer), ("read_by_key", &inner.by_key), ("read", &inner.reader)]
        }
        Backend::Sqlite if is_file(inner) => &[("write", &inner.writer), ("read", &inner.reader)],
        Backend::Sqlite => &[("write", &inner.writer)],
    };
    pools.iter().filter_map(|(name, connection)| status(name, connection)).collect()
}

/// A database in memory has one connection for all, and no lock files beside it.
fn is_file(inner: &Inner) -> bool {
    inner.presence.is_some()
}

fn status(name: &'static str, connection: &DatabaseConnection) -> Option<PoolStatus> {
    match &connection.inner {
        #[cfg(feature = "sqlite")]
        DatabaseConnectionType::SqlxSqlitePoolConnection(_) => {
            Some(of(name, connection.get_sqlite_connection_pool()))
        }
        #[cfg(feature = "postgres")]
        DatabaseConnectionType::SqlxPostgresPoolConnection(_) => {
            Some(of(name, connection.get_postgres_connection_pool()))
        }
        #[allow(unreachable_patterns, reason = "there are others with other features of sea-orm")]
        _ => None,
    }
}

fn of<D: sqlx::Database>(name: &'static str, pool: &sqlx::Pool<D>) -> PoolStatus {
    let (open, idle) = (pool.size(), u32::try_from(pool.num_idle()).unwrap_or(u32::MAX));
    // The two numbers are not of one moment.
    PoolStatus { name, busy: open.saturating_sub(idle), idle, most: pool.options().get_max_connections() }
}
