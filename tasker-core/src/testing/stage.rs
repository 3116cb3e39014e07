//! Where a run takes place: virtual time, an empty store that goes by it, and the notes of what happened.

use std::future::Future;
use std::sync::Arc;
use std::time::{Duration, Instant as RealInstant};

use tokio::runtime::{self, Handle, RuntimeFlavor};
use tokio::time::Instant;

use super::trace::Recorder;
use crate::{MemoryStore, Timestamp, TokioClock};

/// 2026-01-01T00:00:00Z: the same in each run, so that what a test prints is too.
const EPOCH: Timestamp = Timestamp::from_micros(1_767_225_600_000_000);

#[derive(Clone)]
pub(super) struct Stage {
    pub(super) store: MemoryStore,
    pub(super) recorder: Recorder,
}

impl Stage {
    pub(super) fn new() -> Self {
        pause_time();
        let clock = Arc::new(TokioClock::starting_at(EPOCH));
        Self { store: MemoryStore::with_clock(clock.clone()), recorder: Recorder::new(clock) }
    }
}

/// Runs a test in virtual time to its end: for a `#[test]` that is no `#[tokio::test]`.
///
/// # Panics
/// When it is called from an async function, or when tokio cannot make a runtime.
///
/// ```
/// use std::time::Duration;
/// use tasker_core::testing;
///
/// let slept = testing::block_on(async {
///     tokio::time::sleep(Duration::from_hours(100)).await;
///     100
/// });
/// assert_eq!(slept, 100);
/// ```
pub fn block_on<T>(test: impl Future<Output = T>) -> T {
    match runtime::Builder::new_current_thread().enable_all().start_paused(true).build() {
        Ok(runtime) => runtime.block_on(test),
        Err(error) => panic!("tokio cannot make a runtime: {error}"),
    }
}

fn pause_time() {
    if is_paused() {
        return;
    }
    match Handle::current().runtime_flavor() {
        RuntimeFlavor::CurrentThread => tokio::time::pause(),
        _ => panic!(
            "workflows are tested in virtual time, which tokio has on its single-threaded runtime only: \
             write `#[tokio::test]` without `flavor`, or `#[test]` and `tasker::testing::block_on`"
        ),
    }
}

/// Whether tokio's clock stands still while the real one goes on; tokio does not tell.
fn is_paused() -> bool {
    let (before, real) = (Instant::now(), RealInstant::now());
    while real.elapsed() < Duration::from_micros(1) {
        std::hint::spin_loop();
    }
    before.elapsed().is_zero()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_is_paused_once_a_stage_is_made_and_before_where_the_test_did_it() {
        let runtime = runtime::Builder::new_current_thread().enable_time().build().unwrap();
        runtime.block_on(async {
            assert!(!is_paused());
            Stage::new();
            assert!(is_paused());
            Stage::new();
        });
        block_on(async { assert!(is_paused()) });
    }
}
