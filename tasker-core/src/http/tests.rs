//! Calls of a real server on this machine, which misbehaves as it is told to.

mod answers;
mod breaking;
mod connections;
mod encrypted;
mod handlers;
mod redirects;
mod secrets;
mod server;
#[cfg(feature = "yaml")]
mod variables;
mod webhook;

use std::time::Duration;

use super::{Api, ApiConfig};
use crate::{ManualClock, StepError, Timestamp};

/// 2026-11-22 08:00:00 UTC, a Sunday.
const NOW: Timestamp = Timestamp::from_micros(1_795_334_400_000_000);

/// Long enough for any answer that comes, and short enough to wait for one that does not.
const SHORT: Duration = Duration::from_millis(80);

fn api() -> Api {
    Api::builder().without_proxy().clock(ManualClock::starting_at(NOW)).seed(1).build()
}

/// The error of a call, as its code, whether it is final, and its wait in milliseconds.
fn told(error: &StepError) -> (&str, bool, Option<u128>) {
    (error.error_code().unwrap(), error.is_permanent(), error.wait().map(|wait| wait.as_millis()))
}

/// The error of one call.
async fn error(config: ApiConfig) -> StepError {
    api().call(config).await.unwrap_err()
}

/// Tries something with many random inputs. The seed of the one that fails is printed; `TASKER_SEED` repeats it.
pub(super) fn random_cases(case: impl Fn(&mut fastrand::Rng)) {
    struct Told(u64);
    impl Drop for Told {
        fn drop(&mut self) {
            if std::thread::panicking() {
                eprintln!("TASKER_SEED={}", self.0);
            }
        }
    }
    let one = std::env::var("TASKER_SEED").ok().and_then(|seed| seed.parse().ok());
    let seeds = one.map_or_else(|| (0..2_000).map(|_| fastrand::u64(..)).collect(), |seed| vec![seed]);
    for seed in seeds {
        let told = Told(seed);
        case(&mut fastrand::Rng::with_seed(seed));
        drop(told);
    }
}
