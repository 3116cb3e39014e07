//! The engine, seen through the typed client.
//!
//! Most tests run on the memory store in virtual time: tokio's clock is paused and jumps to the next timer when nothing else
//! is to be done, so hours of backoff take no time and no test sleeps.

#![allow(clippy::unwrap_used, clippy::similar_names, reason = "a test that fails may panic")]

mod analytics;
mod bulk;
mod client;
mod configuration;
mod correlation;
mod crash;
mod events;
mod failure;
mod faults;
mod handlers;
mod health;
mod idle;
mod lifecycle;
mod limits;
mod listing;
mod logs;
mod metrics;
mod misfits;
mod operate;
mod operate_many;
mod overlap;
mod places;
mod records;
mod requests;
mod retention;
mod support;
mod versions;
mod when;
