//! Tasks from YAML files: what a file may say, what is told about mistakes in it, and how its tasks run.

#![allow(clippy::unwrap_used, reason = "a test that fails may panic")]

mod built;
mod convert;
mod environments;
mod files;
mod log;
mod module;
mod rebuild;
mod schema;
mod support;
mod tasks;
mod told_in_the_log;
mod variables;
mod wrong;
