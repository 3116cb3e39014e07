//! What a definition tells about a workflow: the schemas of all that is stored, and what is done with them.

#![allow(clippy::unwrap_used, reason = "a test that fails may panic")]

mod schemas;
