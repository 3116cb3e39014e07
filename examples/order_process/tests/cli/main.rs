//! What the example promises, seen from outside: the program is run as a user runs it, and judged by its exit code, its output
//! and its ledger.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod crash;
mod faults;
mod input;
mod kill;
mod options;
mod run;
mod shop;
