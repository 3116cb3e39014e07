//! One attempt to deliver one event.

use std::panic::AssertUnwindSafe;

use futures_util::FutureExt;
use tokio::time::timeout;

use super::Dispatcher;
use crate::engine::panic_message;
use crate::events::TaskerEvent;
use crate::store::Attempts;

impl Dispatcher {
    /// Delivers an event, or says why that failed.
    pub(super) async fn attempt(&self, event: &TaskerEvent) -> Result<(), String> {
        let limit = self.delivery.timeout;
        let taking = async {
            if self.subscriber.wants(event) { self.subscriber.on_event(event).await } else { Ok(()) }
        };
        // The time limit is inside, because dropping what did not end in time may panic too.
        let done = AssertUnwindSafe(timeout(limit, taking)).catch_unwind().await;
        let error = match done {
            Ok(Ok(Ok(()))) => return Ok(()),
            Ok(Ok(Err(error))) => error.to_string(),
            Ok(Err(_)) => format!("not done within its time limit of {limit:?}"),
            Err(panic) => format!("the subscriber panicked: {}", panic_message(&*panic)),
        };
        tracing::warn!(
            subscriber = self.name,
            event = event.name(),
            id = event.id,
            error,
            "an event was not taken"
        );
        Err(error)
    }

    /// How an event stands that failed for the so manieth time.
    pub(super) fn failed(&self, count: u32, mut error: String) -> Attempts {
        const MESSAGE: usize = 8 << 10;
        error.truncate(error.floor_char_boundary(MESSAGE));
        Attempts { count, error, wait: self.delivery.wait_after(count) }
    }
}
