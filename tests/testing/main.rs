//! `tasker::testing`, used as an author of workflows uses it.

#![allow(clippy::unwrap_used, reason = "a test that fails may panic")]

mod checks;
mod fakes;
mod runs;
mod shop;
mod stuck;
mod time;
