//! Real processes on real databases: workers that are killed, frozen and replaced, connections that break, servers that crash, files that
//! are locked and disks that are full. Afterwards nothing is lost and nothing was accepted twice.
//!
//! Every process that a test starts ends with it. `TASKER_CRASH_ROUNDS=50` does everything more often; `TASKER_SEED` repeats the
//! chances of a run, as far as processes let themselves be repeated.

#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test that fails may panic")]

mod audit;
mod busy;
mod deploy;
mod freeze;
#[cfg(target_os = "linux")]
mod full;
mod halfway;
mod heard;
mod kill;
mod load;
mod log;
mod patience;
mod process;
mod server;
mod site;
mod unknown;
mod worker;
mod workflows;
