//! Traces as a collector gets them, of workers that are processes of their own, and of this one.
//!
//! Traces are those of a whole process, so each of these tests has one: nextest does that.

#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test that fails may panic")]

mod collector;
mod here;
mod processes;
mod tree;
mod worker;
mod workflows;
