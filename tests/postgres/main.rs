//! The throw-away PostgreSQL: what tests may rely on.

#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test that fails may panic")]

mod private;
mod process;
mod shared;
mod template;
