//! What a failed statement means: wait and try again, or not.

use std::sync::Arc;

use sea_orm::{DbErr, RuntimeErr, SqlxError};
use tasker_core::StoreError;

/// What a database said, as the port's error.
pub(crate) fn store_error(what: &str, error: DbErr) -> StoreError {
    let what = what.to_owned();
    match Verdict::of(&error) {
        Verdict::Busy | Verdict::Lost | Verdict::Unavailable => {
            StoreError::Unavailable { what, cause: Arc::new(error) }
        }
        Verdict::Refused => StoreError::Refused { what, cause: Arc::new(error) },
    }
}

/// What can be done about an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Somebody else holds a lock: the transaction did not happen and can be repeated at once.
    Busy,
    /// The connection was lost. Nobody knows whether the transaction happened; another connection may be there at once.
    Lost,
    /// The database is out of reach, or out of space: later, perhaps.
    Unavailable,
    /// The same statement will fail again, whatever becomes of the database.
    Refused,
}

/// In place of a row or a table that another process created meanwhile, an error after which asking again finds it.
pub(crate) fn somebody_else_did(error: DbErr) -> DbErr {
    const UNIQUE_VIOLATION: &str = "23505";
    const DUPLICATE_TABLE: &str = "42P07";
    const DUPLICATE_OBJECT: &str = "42710";
    match sql_state(&error).as_deref() {
        Some(UNIQUE_VIOLATION | DUPLICATE_TABLE | DUPLICATE_OBJECT) => DbErr::RecordNotInserted,
        _ => error,
    }
}

/// What the database calls the error: a SQLSTATE, or a number of SQLite's.
fn sql_state(error: &DbErr) -> Option<String> {
    match sqlx_error(error)? {
        SqlxError::Database(error) => error.code().map(Into::into),
        _ => None,
    }
}

pub(crate) fn sqlx_error(error: &DbErr) -> Option<&SqlxError> {
    match error {
        DbErr::Conn(RuntimeErr::SqlxError(error))
        | DbErr::Exec(RuntimeErr::SqlxError(error))
        | DbErr::Query(RuntimeErr::SqlxError(error)) => Some(error),
        _ => None,
    }
}

impl Verdict {
    pub(crate) fn of(error: &DbErr) -> Self {
        match error {
            DbErr::ConnectionAcquire(_) => return Self::Unavailable,
            DbErr::RecordNotInserted => return Self::Busy,
            _ => {}
        }
        match sqlx_error(error) {
            Some(SqlxError::Database(error)) => {
                error.code().map_or(Self::Refused, |code| Self::of_code(&code))
            }
            Some(SqlxError::Io(_)) => Self::Lost,
            Some(
                SqlxError::Tls(_)
                | SqlxError::Protocol(_)
                | SqlxError::PoolTimedOut
                | SqlxError::PoolClosed
                | SqlxError::WorkerCrashed,
            ) => Self::Unavailable,
            _ => Self::Refused,
        }
    }

    /// A SQLSTATE has five places; SQLite's numbers have fewer.
    fn of_code(code: &str) -> Self {
        match code.parse() {
            Ok(number) if code.len() < 5 => Self::of_sqlite(number),
            _ => Self::of_sql_state(code),
        }
    }

    /// By class or code (postgresql.org/docs/current/errcodes-appendix.html).
    fn of_sql_state(code: &str) -> Self {
        match code {
            // serialization_failure, deadlock_detected, lock_not_available
            "40001" | "40P01" | "55P03" => Self::Busy,
            // read_only_sql_transaction: a server that was demoted. idle_in_transaction_session_timeout: this process stood still.
            "25006" | "25P03" => Self::Unavailable,
            // admin_shutdown, crash_shutdown, cannot_connect_now
            "57P01" | "57P02" | "57P03" => Self::Lost,
            _ => match code.get(..2) {
                Some("08") => Self::Lost,
                // The data does not fit, breaks a rule, or is too much.
                Some("21" | "22" | "23" | "54") => Self::Refused,
                // All else is about the database, the login, the schema, and may be mended: no outcome is given up for it.
                _ => Self::Unavailable,
            },
        }
    }

    /// By the primary result code, the low byte of an extended one (sqlite.org/rescode.html).
    fn of_sqlite(code: i32) -> Self {
        const BUSY: i32 = 5;
        const LOCKED: i32 = 6;
        const PROTOCOL: i32 = 15;
        const TOOBIG: i32 = 18;
        const CONSTRAINT: i32 = 19;
        const MISMATCH: i32 = 20;
        match code & 0xff {
            BUSY | LOCKED | PROTOCOL => Self::Busy,
            TOOBIG | CONSTRAINT | MISMATCH => Self::Refused,
            _ => Self::Unavailable,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sql_state_counts_as_its_class() {
        assert_eq!(Verdict::of_code("40001"), Verdict::Busy);
        assert_eq!(Verdict::of_code("57P01"), Verdict::Lost); // admin_shutdown
        assert_eq!(Verdict::of_code("08006"), Verdict::Lost); // connection_failure
        assert_eq!(Verdict::of_code("53300"), Verdict::Unavailable); // too_many_connections
        assert_eq!(Verdict::of_code("22001"), Verdict::Refused); // string_data_right_truncation
        assert_eq!(Verdict::of_code("28P01"), Verdict::Unavailable); // invalid_password
        assert_eq!(Verdict::of_code("42P01"), Verdict::Unavailable); // undefined_table
        assert_eq!(Verdict::of_code("2067"), Verdict::Refused); // SQLITE_CONSTRAINT_UNIQUE
    }

    #[test]
    fn extended_codes_count_as_their_primary_code() {
        assert_eq!(Verdict::of_sqlite(5), Verdict::Busy);
        assert_eq!(Verdict::of_sqlite(5 | (2 << 8)), Verdict::Busy); // SQLITE_BUSY_SNAPSHOT
        assert_eq!(Verdict::of_sqlite(13), Verdict::Unavailable);
        assert_eq!(Verdict::of_sqlite(19), Verdict::Refused); // SQLITE_CONSTRAINT
    }
}
