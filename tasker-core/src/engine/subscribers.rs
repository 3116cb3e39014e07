//! Looks after durable subscribers to which nobody delivers any more: everything is kept for them.
//!
//! They are told of in the log, and forgotten if the application says so. Any process does it, because those that would deliver are not
//! there.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, sleep};

use crate::report::span;
use crate::store::{Store, StoreError};

/// How long after the start it is looked first: those that deliver may start just now, too.
const FIRST: Duration = Duration::from_mins(5);

/// How often it is looked.
const EVERY: Duration = Duration::from_hours(1);

/// How often the same is told again.
const AGAIN: Duration = Duration::from_hours(24);

/// Looks for ever.
pub(super) async fn look(store: Arc<dyn Store>, forget_after: Option<Duration>) {
    let mut told = BTreeMap::new();
    sleep(FIRST).await;
    loop {
        if let Err(error) = look_once(&*store, forget_after, &mut told).await {
            tracing::debug!(%error, "not known which subscribers nobody delivers to");
        }
        sleep(EVERY).await;
    }
}

async fn look_once(
    store: &dyn Store,
    forget_after: Option<Duration>,
    told: &mut BTreeMap<String, Instant>,
) -> Result<(), StoreError> {
    let feed = store.feed();
    if let Some(after) = forget_after {
        for name in feed.forget(after).await? {
            tracing::warn!(
                subscriber = name,
                "nobody has delivered to the subscriber for {}: it was forgotten, as `forget_subscribers_after` says, with all that it \
                 had not taken; if it comes back, it hears of what happens from then on",
                span(after)
            );
        }
    }
    let mut left_behind = BTreeMap::new();
    for subscription in feed.subscriptions().await? {
        let Some(warning) = subscription.left_behind() else { continue };
        let before = told.get(&subscription.name).filter(|at| at.elapsed() < AGAIN).copied();
        if before.is_none() {
            tracing::warn!(subscriber = subscription.name, "{warning}");
        }
        left_behind.insert(subscription.name, before.unwrap_or_else(Instant::now));
    }
    *told = left_behind;
    Ok(())
}
