use std::sync::Arc;

use serde::Serialize;
use tasker_rules::suggest::{did_you_mean, quoted};
use tokio_util::sync::CancellationToken;

use super::catalog::EventCatalog;
use super::{Listener, Pump, TaskerEvent, Topics};
use crate::store::{Delivery, Store, StoreError, SubscriptionStatus};
use crate::{Redaction, Timestamp};

/// Events: which there are, who hears of them, and what was given up. From [`Tasker::events`](crate::Tasker::events).
#[derive(Clone)]
pub struct Events {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) catalog: Arc<EventCatalog>,
    pub(crate) pump: Arc<Pump>,
    pub(crate) stop: CancellationToken,
    pub(crate) redaction: Arc<Redaction>,
}

/// An event that was given up, because its subscriber failed too often.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DeadLetter {
    /// Its number, for [`Events::redeliver`].
    pub id: i64,
    /// The event; none if what is stored cannot be read by this build.
    pub event: Option<TaskerEvent>,
    /// How often it was tried.
    pub attempts: u32,
    /// What the last attempt said.
    pub error: String,
    /// When it was set aside first.
    pub at: Timestamp,
}

/// Why nobody listens.
#[derive(thiserror::Error)]
pub enum ListenError {
    /// There are no such events.
    #[error("{}", .0.join("\n"))]
    Events(Vec<String>),
    /// The store did not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Why nothing can be said of what was given up, or done about it.
#[derive(thiserror::Error)]
pub enum DeadLetterError {
    /// The store knows no subscriber of this name; the text names those that it knows.
    #[error("{0}")]
    NoSubscriber(String),
    /// The store did not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Events {
    /// The events that may be published.
    #[must_use]
    pub fn catalog(&self) -> &EventCatalog {
        &self.catalog
    }

    /// Hears of events from now on, of whatever process, at most once: `task.completed`, `task.*`, `*`. It ends when the Tasker shuts
    /// down.
    ///
    /// ```
    /// # use tasker_core::{MemoryStore, StepError, Tasker, events::{Heard, What}, workflow};
    /// # extern crate tasker_core as tasker;
    /// # #[workflow(context = u32)]
    /// # mod count {
    /// #     use super::StepError;
    /// #     #[step]
    /// #     pub async fn double(ctx: &u32) -> Result<u32, StepError> { Ok(ctx * 2) }
    /// # }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let tasker = Tasker::builder(()).store(MemoryStore::new()).register::<count::Workflow>().build().await?;
    /// let mut listener = tasker.events().listen(&["task.completed"]).await?;
    /// let task = tasker.start::<count::Workflow>(21).await?;
    /// if let Some(Heard::Event(event)) = listener.next().await {
    ///     let What::TaskCompleted(completed) = &event.what else { panic!("{event:?}") };
    ///     assert_eq!(completed.task.task_id, task.id());
    /// }
    /// # tasker.shutdown().await;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// When there is no such event, or the store does not answer.
    pub async fn listen(&self, events: &[&str]) -> Result<Listener, ListenError> {
        let topics = Topics::of(events, &self.catalog).map_err(ListenError::Events)?;
        let heard = self.pump.listen(&self.store, &self.stop, &self.redaction).await?;
        Ok(Listener::new(heard, topics))
    }

    /// How the durable subscribers stand, those of other processes, too: how far behind, what they did not take, the last error.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn subscriptions(&self) -> Result<Vec<SubscriptionStatus>, StoreError> {
        self.store.feed().subscriptions().await
    }

    /// The events that were given up for a subscriber, of whatever process, the oldest first, at most `limit`.
    ///
    /// # Errors
    /// When there is no such subscriber, or the store does not answer.
    pub async fn dead_letters(
        &self,
        subscriber: &str,
        limit: usize,
    ) -> Result<Vec<DeadLetter>, DeadLetterError> {
        let dead = self.store.feed().set_aside(subscriber, true, limit).await?;
        if dead.is_empty() {
            self.is_known(subscriber).await?;
        }
        let dead = dead.into_iter().map(|Delivery { id, event, attempts, error, at, .. }| DeadLetter {
            id,
            event: serde_json::from_str::<TaskerEvent>(event.as_str())
                .ok()
                .map(|event| event.redacted(&self.redaction).into_owned()),
            attempts,
            error,
            at,
        });
        Ok(dead.collect())
    }

    /// Has events that were given up delivered again: these, or all; how many. They come after what happened to the same tasks meanwhile.
    ///
    /// # Errors
    /// When there is no such subscriber, or the store does not answer. A number that none of them has is no error; it does not count.
    pub async fn redeliver(&self, subscriber: &str, ids: Option<&[i64]>) -> Result<u64, DeadLetterError> {
        let revived = self.store.feed().revive(subscriber, ids).await?;
        if revived == 0 {
            self.is_known(subscriber).await?;
        }
        Ok(revived)
    }

    /// An empty answer may be one about a name that nobody has.
    async fn is_known(&self, subscriber: &str) -> Result<(), DeadLetterError> {
        let known = self.subscriptions().await?;
        let names = || known.iter().map(|one| one.name.as_str());
        if names().any(|name| name == subscriber) {
            return Ok(());
        }
        let there = match did_you_mean(subscriber, names()) {
            _ if known.is_empty() => ", nor any other: nobody subscribed durably".to_owned(),
            none if none.is_empty() => format!("; there are {}", quoted(names())),
            near => format!("{near} There are {}", quoted(names())),
        };
        Err(DeadLetterError::NoSubscriber(format!("there is no subscriber `{subscriber}`{there}")))
    }

    /// Forgets a subscriber with all that was set aside for it; whether there was one: `false` may also be a name that is misspelt. As long as a subscriber is known, what it has not
    /// read is kept, and so are the tasks that it is about, whatever their retention: one that is not used any more has to be removed.
    /// [`TaskerBuilder::forget_subscribers_after`](crate::TaskerBuilder::forget_subscribers_after) does it some time later.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn unsubscribe(&self, subscriber: &str) -> Result<bool, StoreError> {
        self.store.feed().unsubscribe(subscriber).await
    }
}
