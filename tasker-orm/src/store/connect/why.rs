//! Why a database was not opened, in words for who set it up: what is wrong, and what to do about it.
//!
//! What the driver said stays beneath, as the source of the error. No text shows a password.

use std::error::Error;
use std::fmt;
use std::sync::Arc;

use sea_orm::{DbErr, SqlxError};
use tasker_core::store::StoreError;

use super::Url;
use crate::error::sqlx_error;

/// What is wrong, with what the driver said as its source.
struct Why {
    told: String,
    said: Arc<dyn Error + Send + Sync>,
}

impl fmt::Debug for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.told)
    }
}

impl Error for Why {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&*self.said)
    }
}

/// The error of opening a database, with a cause that says what to do.
pub(super) fn explained(error: StoreError, url: &Url) -> StoreError {
    let why = |said: Arc<dyn Error + Send + Sync>| -> Arc<dyn Error + Send + Sync> {
        match said.downcast_ref::<DbErr>().map(|error| told(error, url)) {
            Some(told) => Arc::new(Why { told, said }),
            None => said,
        }
    };
    match error {
        StoreError::Unavailable { what, cause } => StoreError::Unavailable { what, cause: why(cause) },
        StoreError::Refused { what, cause } => StoreError::Refused { what, cause: why(cause) },
        other => other,
    }
}

fn told(error: &DbErr, url: &Url) -> String {
    let Some(error) = sqlx_error(error) else {
        return match error {
            // Ours.
            DbErr::Custom(told) => told.clone(),
            other => other.to_string(),
        };
    };
    let known: Option<String> = match url.scheme() {
        #[cfg(feature = "sqlite")]
        Some("sqlite") => super::sqlite::why(&url.0, error),
        #[cfg(feature = "postgres")]
        Some("postgres" | "postgresql") => super::postgres::why(&url.0, error),
        _ => None,
    };
    known.unwrap_or_else(|| said(error))
}

/// What the driver said, without what it puts before it.
pub(super) fn said(error: &SqlxError) -> String {
    match error {
        SqlxError::Database(error) => error.message().to_owned(),
        SqlxError::Configuration(error) | SqlxError::Tls(error) => error.to_string(),
        SqlxError::Io(error) => error.to_string(),
        SqlxError::PoolTimedOut => "no connection could be had within 30 seconds".to_owned(),
        other => other.to_string(),
    }
}
