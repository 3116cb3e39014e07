//! Counts what ended, period by period.
//!
//! Every worker does so, each at its own moment of a minute; what one has counted, the others find counted. Where nothing ended, it is one
//! small question a minute.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::sleep;

use crate::store::Store;

/// The pause between two periods, when several are to be counted.
const PAUSE: Duration = Duration::from_millis(50);

/// How often to ask whether there is something to count.
const EVERY: Duration = Duration::from_mins(1);

/// Counts for ever.
pub(super) async fn count(store: Arc<dyn Store>, seed: Option<u64>) {
    let mut random = seed.map_or_else(fastrand::Rng::new, fastrand::Rng::with_seed);
    // Not at once: a process that starts has other things to do, and those that start together do not count together.
    sleep(EVERY.mul_f64(random.f64())).await;
    loop {
        let wait = match store.figures().count_ended().await {
            Ok(true) => PAUSE,
            Ok(false) => EVERY,
            Err(error) => {
                tracing::warn!(%error, "what ended was not counted; it is tried again");
                EVERY
            }
        };
        sleep(wait).await;
    }
}
