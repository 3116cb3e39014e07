//! Listeners: who hears of events as they come, at most once.
//!
//! All listeners of a process share one reader of the outbox, the pump, which begins with the first of them and ends with the last. It
//! keeps nothing up: what was removed before it came there is not heard.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::broadcast;
use tokio::sync::broadcast::error::RecvError;
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::{TaskerEvent, Topics};
use crate::Redaction;
use crate::store::{EPHEMERAL, Kinds, Lead, Store, StoreError};

/// How many events a listener may be behind.
const BEHIND: usize = 16_384;

/// For how long the store keeps a reader that does not say that it is there.
const LEASE: Duration = Duration::from_secs(30);

const SHORTEST_PAUSE: Duration = Duration::from_millis(20);
const LONGEST_PAUSE: Duration = Duration::from_millis(250);

/// How long to wait after the store did not answer.
const PAUSE: Duration = Duration::from_secs(1);

const PAGE: usize = 64;

/// Hears of events from now on; see [`Events::listen`](super::Events::listen).
#[derive(Debug)]
pub struct Listener {
    events: broadcast::Receiver<Arc<TaskerEvent>>,
    topics: Topics,
}

/// What a [`Listener`] hears.
#[derive(Debug, Clone, PartialEq)]
pub enum Heard {
    /// An event.
    Event(Arc<TaskerEvent>),
    /// So many events, wanted or not, were missed, because the listener was too slow.
    Missed(u64),
}

impl Listener {
    pub(super) const fn new(events: broadcast::Receiver<Arc<TaskerEvent>>, topics: Topics) -> Self {
        Self { events, topics }
    }

    /// The next thing to hear of; none when the Tasker has shut down. It may be dropped while it waits.
    pub async fn next(&mut self) -> Option<Heard> {
        loop {
            match self.events.recv().await {
                Ok(event) if self.topics.wants(&event) && self.topics.has(&event) => {
                    return Some(Heard::Event(event));
                }
                Ok(_) => {}
                Err(RecvError::Lagged(missed)) => return Some(Heard::Missed(missed)),
                Err(RecvError::Closed) => return None,
            }
        }
    }
}

/// Reads the outbox for all listeners of a process.
#[derive(Debug, Default)]
pub(crate) struct Pump(Mutex<Option<broadcast::Sender<Arc<TaskerEvent>>>>);

impl Pump {
    /// What a new listener hears, from the moment at which this returns.
    pub(super) async fn listen(
        self: &Arc<Self>,
        store: &Arc<dyn Store>,
        stop: &CancellationToken,
        redaction: &Arc<Redaction>,
    ) -> Result<broadcast::Receiver<Arc<TaskerEvent>>, StoreError> {
        if let Some(known) = self.sender().as_ref() {
            return Ok(known.subscribe());
        }
        let name = format!("{EPHEMERAL}{}", Uuid::now_v7());
        store.feed().subscribe(std::slice::from_ref(&name)).await?;
        let mut sender = self.sender();
        // Somebody else may have begun meanwhile; the name that was made for this one is forgotten with its lease.
        if let Some(known) = sender.as_ref() {
            return Ok(known.subscribe());
        }
        let (events, receiver) = broadcast::channel(BEHIND);
        *sender = Some(events.clone());
        let (pump, store, stop) = (Arc::clone(self), Arc::clone(store), stop.clone());
        let redaction = Arc::clone(redaction);
        tokio::spawn(async move {
            let reader = Reader { pump, events, redaction, name, leader: Uuid::now_v7() };
            stop.run_until_cancelled(reader.read(&*store)).await;
            reader.pump.forget(&reader.events);
            let forgotten = async {
                store.feed().unsubscribe(&reader.name).await?;
                store.feed().trim().await
            };
            if let Err(error) = forgotten.await {
                tracing::debug!(%error, "a listener is forgotten when its lease has run out");
            }
        });
        Ok(receiver)
    }

    fn sender(&self) -> std::sync::MutexGuard<'_, Option<broadcast::Sender<Arc<TaskerEvent>>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Forgets a reader that nobody hears any more; whether that is so.
    fn end(&self, reader: &broadcast::Sender<Arc<TaskerEvent>>) -> bool {
        let mut sender = self.sender();
        // Whoever begins to listen does so under the same lock.
        let unheard = reader.receiver_count() == 0;
        if unheard {
            sender.take_if(|known| known.same_channel(reader));
        }
        unheard
    }

    /// Forgets a reader, and not one that began since.
    fn forget(&self, reader: &broadcast::Sender<Arc<TaskerEvent>>) {
        self.sender().take_if(|known| known.same_channel(reader));
    }
}

struct Reader {
    pump: Arc<Pump>,
    events: broadcast::Sender<Arc<TaskerEvent>>,
    redaction: Arc<Redaction>,
    name: String,
    leader: Uuid,
}

impl Reader {
    /// Reads until nobody listens any more.
    async fn read(&self, store: &dyn Store) {
        while !self.pump.end(&self.events) {
            if let Err(error) = self.read_on(store).await {
                tracing::warn!(%error, "events are not heard; trying again");
                sleep(PAUSE).await;
            }
        }
    }

    /// Reads until nobody listens any more, or it is not known to the store any more: then it begins anew.
    async fn read_on(&self, store: &dyn Store) -> Result<(), StoreError> {
        let feed = store.feed();
        let Lead::Own(mut cursor) = feed.lead(&self.name, self.leader, LEASE).await? else {
            return feed.subscribe(std::slice::from_ref(&self.name)).await;
        };
        let mut leased = Instant::now();
        let mut pause = SHORTEST_PAUSE;
        while !self.pump.end(&self.events) {
            let page = feed.read_on(&cursor, Kinds::ALL, PAGE).await?;
            pause = if page.cursor == cursor { (pause * 2).min(LONGEST_PAUSE) } else { SHORTEST_PAUSE };
            cursor = page.cursor;
            for event in page.occurrences.into_iter().filter_map(TaskerEvent::of) {
                // Nobody listens any more: the loop ends.
                let _ = self.events.send(Arc::new(event.redacted(&self.redaction).into_owned()));
            }
            if leased.elapsed() > LEASE / 3 {
                leased = Instant::now();
                if feed.lead(&self.name, self.leader, LEASE).await? == Lead::Unknown {
                    return Ok(());
                }
                feed.trim().await?;
            }
            if !page.more {
                sleep(pause).await;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reader_that_ends_takes_none_away_that_began_since() {
        let pump = Pump::default();
        let (old, hears_old) = broadcast::channel(1);
        *pump.sender() = Some(old.clone());
        assert!(!pump.end(&old), "somebody listens");
        drop(hears_old);
        assert!(pump.end(&old) && pump.sender().is_none());
        let (new, _hears_new) = broadcast::channel(1);
        *pump.sender() = Some(new.clone());
        // The old one is told to end once more when its task ends.
        assert!(pump.end(&old));
        pump.forget(&old);
        assert!(pump.sender().as_ref().is_some_and(|known| known.same_channel(&new)) && !pump.end(&new));
        pump.forget(&new);
        assert!(pump.sender().is_none());
    }
}
