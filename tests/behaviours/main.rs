//! What Ruby Tasker promises, line by line: the behaviours of its spec suite, strict where its own specs were lenient.
//!
//! A test is named after its line, `b17_…`. Where we differ on purpose, the name says what holds here, and its documentation begins with
//! `Ours:` and says what holds in Ruby. What touches a store runs on SQLite and on PostgreSQL (`on_both!`): `bench` drives a store step by step,
//! in a time that the test moves; `lab` runs the engine, with waits of milliseconds.
//!
//! Lines without a test here:
//!
//! | lines | what | where |
//! |---|---|---|
//! | 50-60 | REST, GraphQL, authentication | comes with the web surface |
//! | 61 | health endpoints | comes with the health report |
//! | 62, 63 | subscribers of events; `step.failed` with its payload | comes with the event stream; what is recorded of an error is 29 |
//! | 64 | names of custom events in types | a compile error: `tests/ui/records/`; names in files and those that a handler emits are here |
//! | 65, 66 | metrics | comes with the metrics |
//! | 69, 70 | concurrency from the load of the system and the pool | replaced by bounded concurrency: `TaskerBuilder::concurrency` and `limit`, see 7 |
//! | 71 | time limits of batches | replaced by `timeout` of a step; there are no batches that wait for their slowest |
//! | 72 | filtered values in logs and spans | `tests/engine/logs.rs`; HTTP calls redact theirs, in `tasker::http` |

#![allow(clippy::unwrap_used, reason = "a test that fails may panic")]

mod analysis;
mod backoff;
mod bench;
#[path = "../store/databases.rs"]
mod databases;
mod definition;
mod failure;
mod fixture;
mod http;
mod identity;
mod lab;
mod ordering;
mod place;
mod registry;
mod server;
mod states;
