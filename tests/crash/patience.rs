//! Nothing takes for ever: what other processes do is waited for, but only so long.

use std::time::{Duration, Instant};

/// How long anything may take that a test waits for.
const PATIENCE: Duration = Duration::from_secs(15);

/// Waits until something is so.
pub(crate) async fn soon(what: &str, mut is_so: impl FnMut() -> bool) {
    let began = Instant::now();
    while !is_so() {
        assert!(began.elapsed() < PATIENCE, "waited in vain until {what}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// The same, where it has to be asked.
pub(crate) async fn soon_after_asking(what: &str, mut is_so: impl AsyncFnMut() -> bool) {
    let began = Instant::now();
    while !is_so().await {
        assert!(began.elapsed() < PATIENCE, "waited in vain until {what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// How often a test does its worst: so often, or as `TASKER_CRASH_ROUNDS` says.
pub(crate) fn rounds(few: usize) -> usize {
    std::env::var("TASKER_CRASH_ROUNDS").map_or(few, |rounds| rounds.parse().expect("a number of rounds"))
}

/// A while of chance, between two numbers of milliseconds.
pub(crate) async fn a_while(random: &mut fastrand::Rng, millis: std::ops::Range<u64>) {
    tokio::time::sleep(Duration::from_millis(random.u64(millis))).await;
}
