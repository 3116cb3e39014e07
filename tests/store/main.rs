//! What every store must do, tried on each of them.
//!
//! `verbs` states the rules one by one, with `turns` (who is next), `operators` and `steps` (what they do to tasks and to single steps), `records` (what steps write beside their results) `offers` (who can run what), `requests` (who asked for a task, and its tags), `find` (lists of tasks), `figures` (what is counted), `annotations`, `object_maps` `transactions` (tasks created in those of the host) and `remembered` (what a process knows without asking). `model` runs random histories on a database and on the
//! `MemoryStore` beside it, compares every answer, and checks the invariants after every step. `concurrent` lets many workers at one
//! database at the same time, and looks at what they left.

#![allow(clippy::unwrap_used, clippy::similar_names, reason = "a test that fails may panic")]

mod annotations;
mod concurrent;
mod connect;
mod databases;
mod figures;
mod find;
mod fixture;
mod model;
mod object_maps;
mod offers;
mod operators;
mod records;
mod remembered;
mod requests;
mod sqlite;
mod steps;
mod transactions;
mod turns;
mod verbs;
