//! Where a run takes place: virtual time, an empty store that goes by it, and the notes of what happened.

use std::future::Future;
use std::sync::Arc;
use std::time::{Duration, Instant as RealInstant};

use tokio::runtime::{self, Handle, RuntimeFlavor};
use tokio::time::{Instant, advance, sleep};

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
    /// With no more executions than that of a step in one task.
    pub(super) async fn new(most_executions: u32) -> Self {
        pause_time().await;
        let clock = Arc::new(TokioClock::starting_at(EPOCH));
        Self {
            store: MemoryStore::with_clock(clock.clone()),
            recorder: Recorder::new(clock, most_executions),
        }
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

async fn pause_time() {
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
    go_to_a_whole_millisecond().await;
}

/// Timers go off at whole milliseconds since the runtime began, which tokio does not tell. From a moment in between, a wait of two seconds
/// would take two seconds and a millisecond.
async fn go_to_a_whole_millisecond() {
    const MILLISECOND: u64 = 1_000_000;
    // How long ago the last one was, in nanoseconds: a sleep of a millisecond less that much still ends after one, and if it is any longer,
    // after two. The clock jumps by whole milliseconds, so looking does not change it.
    let (mut least, mut most) = (0, MILLISECOND);
    while least < most {
        let middle = u64::midpoint(least, most);
        let before = Instant::now();
        sleep(Duration::from_nanos(MILLISECOND - middle)).await;
        if before.elapsed() > Duration::from_nanos(MILLISECOND) {
            least = middle + 1;
        } else {
            most = middle;
        }
    }
    advance(Duration::from_nanos(MILLISECOND - least)).await;
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
            Stage::new(1).await;
            assert!(is_paused());
            Stage::new(1).await;
        });
        block_on(async { assert!(is_paused()) });
    }

    #[test]
    fn sleeps_take_exactly_as_long_as_they_are_whenever_time_was_paused() {
        for micros in [0, 1, 250, 999] {
            let runtime =
                runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
            runtime.block_on(async {
                advance(Duration::from_micros(micros)).await;
                go_to_a_whole_millisecond().await;
                let before = Instant::now();
                sleep(Duration::from_secs(2)).await;
                assert_eq!(before.elapsed(), Duration::from_secs(2), "{micros} µs after a millisecond");
            });
        }
    }
}
