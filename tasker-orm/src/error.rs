//! What a failed statement means: wait and try again, or not.

use std::sync::Arc;

use sea_orm::{DbErr, RuntimeErr, SqlxError};
use tasker_core::StoreError;

/// What a database said, as the port's error.
pub(crate) fn store_error(what: &str, error: DbErr) -> StoreError {
    let what = what.to_owned();
    match Verdict::of(&error) {
        Verdict::Busy | Verdict::Unavailable => StoreError::Unavailable { what, cause: Arc::new(error) },
        Verdict::Refused => StoreError::Refused { what, cause: Arc::new(error) },
    }
}

/// What can be done about an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Somebody else holds a lock: the transaction did not happen and can be repeated at once.
    Busy,
    /// The database is out of reach, or out of space: later, perhaps.
    Unavailable,
    /// The same statement will fail again.
    Refused,
}

impl Verdict {
    pub(crate) fn of(error: &DbErr) -> Self {
        let runtime = match error {
            DbErr::ConnectionAcquire(_) => return Self::Unavailable,
            DbErr::Conn(error) | DbErr::Exec(error) | DbErr::Query(error) => error,
            _ => return Self::Refused,
        };
        match runtime {
            RuntimeErr::SqlxError(error) => match &**error {
                SqlxError::Database(error) => {
                    error.code().and_then(|code| code.parse().ok()).map_or(Self::Refused, Self::of_sqlite)
                }
                SqlxError::Io(_)
                | SqlxError::PoolTimedOut
                | SqlxError::PoolClosed
                | SqlxError::WorkerCrashed => Self::Unavailable,
                _ => Self::Refused,
            },
            RuntimeErr::Internal(_) => Self::Refused,
        }
    }

    /// By the primary result code, the low byte of an extended one (sqlite.org/rescode.html).
    fn of_sqlite(code: i32) -> Self {
        const BUSY: i32 = 5;
        const LOCKED: i32 = 6;
        const NOMEM: i32 = 7;
        const READONLY: i32 = 8;
        const IOERR: i32 = 10;
        const FULL: i32 = 13;
        const CANTOPEN: i32 = 14;
        const PROTOCOL: i32 = 15;
        match code & 0xff {
            BUSY | LOCKED | PROTOCOL => Self::Busy,
            NOMEM | READONLY | IOERR | FULL | CANTOPEN => Self::Unavailable,
            _ => Self::Refused,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn extended_codes_count_as_their_primary_code() {
        assert_eq!(Verdict::of_sqlite(5), Verdict::Busy);
        assert_eq!(Verdict::of_sqlite(5 | (2 << 8)), Verdict::Busy); // SQLITE_BUSY_SNAPSHOT
        assert_eq!(Verdict::of_sqlite(13), Verdict::Unavailable);
        assert_eq!(Verdict::of_sqlite(19), Verdict::Refused); // SQLITE_CONSTRAINT
    }
}
