//! What subscribers hear of, and how far each of them has come.
//!
//! Every transaction that moves tasks also writes down that it did, if anybody subscribes: the outbox. A durable subscriber reads it from
//! its own [`Cursor`] on. Each of them has one leader at a time, among the processes that offer to deliver to it; what a leader
//! reports is refused when another one has taken its place.

mod cursor;
mod lifecycle;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use uuid::Uuid;

pub use cursor::{Cursor, Hole, Numbers, Seen};
pub use lifecycle::{Kinds, Lifecycle};

use super::StoreError;
use crate::events::{StepFacts, TaskFacts};
use crate::{Json, StepError, TaskId, Timestamp};

/// What the name of a subscriber begins with that lasts no longer than its lease: nothing is kept for it.
pub const EPHEMERAL: &str = "listener/";

/// Something that happened to a task, as it is stored.
#[derive(Debug, Clone, PartialEq)]
pub struct Occurrence {
    /// What it was.
    pub what: Lifecycle,
    /// When it was recorded.
    pub at: Timestamp,
    /// The task.
    pub task: Arc<TaskFacts>,
    /// The how manieth transition of the task or the step it was; 0 for its creation.
    pub revision: u32,
    /// The step that it happened to, if it was one.
    pub step: Option<StepOccurrence>,
    /// What a step published, if that is what happened.
    pub emitted: Option<Emitted>,
}

/// The step to which something happened.
#[derive(Debug, Clone, PartialEq)]
pub struct StepOccurrence {
    /// Which one it is, and which of its executions it was.
    pub facts: StepFacts,
    /// When the execution began that ended with this.
    pub began_at: Option<Timestamp>,
    /// How the execution failed, if it did.
    pub error: Option<StepError>,
    /// Not before this time it runs again, as it stood when this was read, if that is what is to happen.
    pub run_at: Option<Timestamp>,
}

/// What a step published.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Emitted {
    /// Its name.
    pub name: String,
    /// What it says.
    pub payload: Json,
    /// Its place among what the step wrote.
    pub place: u32,
}

impl Occurrence {
    /// A name of its own that is the same each time that it is read.
    #[must_use]
    pub fn id(&self) -> String {
        let (task, revision) = (self.task.task_id, self.revision);
        match (&self.step, &self.emitted) {
            (Some(step), Some(emitted)) => {
                format!("{task}/{}.{revision}.{}", step.facts.step_id, emitted.place)
            }
            (Some(step), None) => format!("{task}/{}.{revision}", step.facts.step_id),
            (None, _) => format!("{task}/{revision}"),
        }
    }
}

/// A part of the outbox.
#[derive(Debug, Clone, PartialEq)]
pub struct Page {
    /// What happened; to each task in order.
    pub occurrences: Vec<Occurrence>,
    /// Where to go on.
    pub cursor: Cursor,
    /// Whether there is more.
    pub more: bool,
}

/// What came of asking to deliver to a subscriber.
#[derive(Debug, Clone, PartialEq)]
pub enum Lead {
    /// It is the asker who delivers, from there on.
    Own(Cursor),
    /// Another one does.
    Others,
    /// There is no such subscriber.
    Unknown,
}

/// What a leader did.
#[derive(Debug, Clone, Default)]
pub struct Progress {
    /// How far the outbox was read.
    pub cursor: Cursor,
    /// How many events the subscriber took.
    pub taken: u64,
    /// The last error that it gave.
    pub error: Option<String>,
    /// The events that it did not take, to be tried again in this order.
    pub set_aside: Vec<SetAside>,
    /// What became of those that had been set aside.
    pub tried: Vec<(i64, Tried)>,
}

/// An event that a subscriber did not take at once.
#[derive(Debug, Clone)]
pub struct SetAside {
    /// The task that it is about.
    pub task: TaskId,
    /// The event.
    pub event: Json,
    /// How it stands.
    pub attempts: Attempts,
}

/// How often an event was tried, and what came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempts {
    /// How often.
    pub count: u32,
    /// What the last attempt said; empty while none was made.
    pub error: String,
    /// How long to wait for the next one; none when it is given up.
    pub wait: Option<Duration>,
}

/// What became of an event that had been set aside.
#[derive(Debug, Clone)]
pub enum Tried {
    /// The subscriber took it.
    Taken,
    /// It failed again.
    Failed(Attempts),
}

/// An event that was set aside.
#[derive(Debug, Clone, PartialEq)]
pub struct Delivery {
    /// Its number; those of a task are delivered in this order.
    pub id: i64,
    /// The task that it is about.
    pub task: TaskId,
    /// The event.
    pub event: Json,
    /// How often it was tried.
    pub attempts: u32,
    /// How long until it may be tried again; zero when it may be now, none when it was given up.
    pub wait: Option<Duration>,
    /// What the last attempt said.
    pub error: String,
    /// When it was set aside.
    pub at: Timestamp,
}

/// How a subscriber stands.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct SubscriptionStatus {
    /// Its name.
    pub name: String,
    /// How many transactions it has not read.
    pub behind: u64,
    /// How long ago the oldest of these was, in microseconds.
    pub lag_micros: u64,
    /// How many events it took.
    pub delivered: u64,
    /// How many events wait for another attempt.
    pub waiting: u64,
    /// How many were given up.
    pub dead: u64,
    /// The last error that it gave, and when.
    pub error: Option<(String, Timestamp)>,
    /// Whether a process delivers to it.
    pub led: bool,
    /// Since when none does; none while one does.
    pub unled_since: Option<Timestamp>,
    /// For how long none has done so, in microseconds; 0 while one does.
    pub unled_micros: u64,
}

impl SubscriptionStatus {
    /// After how long without a process that delivers to it a subscriber seems to be left behind.
    const LONG: Duration = Duration::from_hours(24);

    /// What an operator has to know: that nobody has delivered to it for more than a day, while something is kept for it.
    #[must_use]
    pub fn left_behind(&self) -> Option<String> {
        let since = self.unled_since.filter(|_| u128::from(self.unled_micros) > Self::LONG.as_micros())?;
        let Self { name, behind, waiting, dead, .. } = self;
        (behind + waiting > 0).then(|| {
            format!(
                "nobody delivers to the subscriber `{name}` since {since}, and the database keeps for it {behind} transactions, the tasks that \
                 they are about, {waiting} events that wait and {dead} that were given up: start a process that subscribes it, or remove \
                 it with `events().unsubscribe(\"{name}\")`"
            )
        })
    }
}

/// What a store keeps for durable subscribers.
#[async_trait]
pub trait Feed: Send + Sync {
    /// Makes subscribers known. A new one hears of what begins from now on.
    async fn subscribe(&self, names: &[String]) -> Result<(), StoreError>;

    /// Forgets a subscriber with all that was set aside for it; whether there was one.
    async fn unsubscribe(&self, name: &str) -> Result<bool, StoreError>;

    /// The same for all durable subscribers to which nobody has delivered for so long; their names.
    async fn forget(&self, unled: Duration) -> Result<Vec<String>, StoreError>;

    /// Asks to deliver to a subscriber for `lease` from now, for the first time or again.
    async fn lead(&self, name: &str, leader: Uuid, lease: Duration) -> Result<Lead, StoreError>;

    /// Reads on after a cursor: what is of these kinds, out of at most `limit` transactions.
    async fn read_on(&self, after: &Cursor, kinds: Kinds, limit: usize) -> Result<Page, StoreError>;

    /// Keeps what a leader did, all of it or nothing; whether it still leads.
    async fn advance(&self, name: &str, leader: Uuid, progress: &Progress) -> Result<bool, StoreError>;

    /// What was set aside for a subscriber, in order, at most `limit`: what waits, or what was given up.
    async fn set_aside(&self, name: &str, dead: bool, limit: usize) -> Result<Vec<Delivery>, StoreError>;

    /// Lets events that were given up be tried again: these, or all. How many.
    async fn revive(&self, name: &str, ids: Option<&[i64]>) -> Result<u64, StoreError>;

    /// All durable subscribers, by name.
    async fn subscriptions(&self) -> Result<Vec<SubscriptionStatus>, StoreError>;

    /// Removes what all durable subscribers have read; how many transactions. Of [ephemeral](EPHEMERAL) ones it forgets those whose lease
    /// has run out; as long as there are no others, what is older than a minute is removed.
    async fn trim(&self) -> Result<u64, StoreError>;
}
