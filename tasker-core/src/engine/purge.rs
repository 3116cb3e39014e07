//! Removes what has ended long ago.
//!
//! It is done in small batches with pauses in between, so that the work of the day is not held up. One process of many would
//! be enough; that all may do it needs no arrangement.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::sleep;

use crate::Retention;
use crate::metrics::{Metrics, StoreCall};
use crate::store::Store;

/// The pause between two full batches.
const PAUSE: Duration = Duration::from_millis(50);

/// Purges for ever.
pub(super) async fn purge(store: Arc<dyn Store>, retention: Retention, metrics: Metrics) {
    loop {
        let purging = store.purge(retention.age, retention.batch);
        let wait = match metrics.timed(StoreCall::Purge, purging).await {
            Ok(purged) => {
                if purged > 0 {
                    tracing::debug!(purged, "tasks that ended long ago were removed");
                }
                if purged >= retention.batch { PAUSE } else { retention.every }
            }
            Err(error) => {
                tracing::warn!(%error, "tasks that ended long ago could not be removed");
                retention.every
            }
        };
        sleep(wait).await;
    }
}
