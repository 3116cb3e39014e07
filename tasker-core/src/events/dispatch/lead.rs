//! The lease of a leader.

use tokio::time::{Instant, sleep, timeout_at};
use uuid::Uuid;

use super::Dispatcher;
use crate::store::{Feed, Lead};

impl Dispatcher {
    /// Prolongs the lease until it is lost, or cannot be prolonged in time.
    pub(super) async fn keep(&self, feed: &dyn Feed, leader: Uuid) {
        let every = self.delivery.lease / 3;
        let mut granted = Instant::now();
        loop {
            sleep(every).await;
            let (asked, last_moment) = (Instant::now(), granted + self.delivery.lease - every);
            match timeout_at(last_moment, feed.lead(&self.name, leader, self.delivery.lease)).await {
                Ok(Ok(Lead::Own(_))) => granted = asked,
                Ok(Err(error)) if Instant::now() < last_moment => {
                    tracing::debug!(subscriber = self.name, %error, "the lease was not prolonged");
                }
                Ok(Ok(Lead::Others | Lead::Unknown) | Err(_)) | Err(_) => {
                    tracing::warn!(subscriber = self.name, "another process may deliver to it now");
                    return;
                }
            }
        }
    }
}
