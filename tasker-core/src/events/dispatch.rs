//! What delivers events to a durable subscriber.
//!
//! One process at a time leads: it reads the outbox from the subscriber's cursor on, delivers, and keeps what was taken and how far it
//! is in one transaction. What fails is set aside with its event, and with it what happens to the same task afterwards, so that the
//! order of a task holds and nobody else waits. What was set aside is tried again when its time has come.

mod attempt;
mod lead;

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt;
use tokio::time::{Instant, sleep, timeout};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::{Delivery, Subscriber, TaskerEvent, Topics};
use crate::step::BoxFuture;
use crate::store::{Attempts, Delivery as Aside, Feed, Lead, Progress, SetAside, Store, StoreError, Tried};
use crate::{Json, Redaction, TaskId};

/// How many transactions are read at a time.
const PAGE: usize = 64;

/// How long to wait when there was nothing: twice as long each time.
const SHORTEST_PAUSE: Duration = Duration::from_millis(20);
const LONGEST_PAUSE: Duration = Duration::from_millis(500);

/// How long to wait after the store did not answer.
const PAUSE: Duration = Duration::from_secs(1);

/// How long it is not kept how far a subscriber is, while events come without a break and it takes them: a commit costs the database more
/// than the event. What was taken in this time is delivered again after a crash.
const KEEP: Duration = Duration::from_millis(100);

/// How often what all subscribers have read is removed.
const TRIM: Duration = Duration::from_secs(5);

/// How often a leader looks for what an operator had delivered again.
const LOOK: Duration = Duration::from_secs(1);

/// A subscriber, and how events are delivered to it.
#[derive(Clone)]
pub(crate) struct Dispatcher {
    pub(crate) name: String,
    pub(crate) subscriber: Arc<dyn Subscriber>,
    pub(crate) topics: Topics,
    pub(crate) delivery: Delivery,
    /// What is hidden in events and errors.
    pub(crate) redaction: Redaction,
}

impl Dispatcher {
    /// Delivers whenever this process leads, until it is told to stop; then what is under way may come to its end.
    pub(crate) async fn run(self, store: Arc<dyn Store>, stop: CancellationToken, grace: Duration) {
        let leader = Uuid::now_v7();
        let feed = store.feed();
        while !stop.is_cancelled() {
            let lead = feed.lead(&self.name, leader, self.delivery.lease);
            let pause = match stop.run_until_cancelled(lead).await {
                None => break,
                Some(Ok(Lead::Own(cursor))) => {
                    let (lost, now) = (self.keep(feed, leader), Instant::now());
                    let mut leading = Leading {
                        dispatcher: &self,
                        feed,
                        leader,
                        done: Progress { cursor, ..Progress::default() },
                        unkept: None,
                        aside: Vec::new(),
                        looked: now,
                        trimmed: now,
                    };
                    tokio::select! {
                        () = lost => {}
                        done = leading.deliver(&stop, grace) => if let Err(error) = done {
                            tracing::warn!(subscriber = self.name, %error, "events are not delivered; trying again");
                        },
                    }
                    PAUSE
                }
                Some(Ok(Lead::Others)) => self.delivery.lease / 3,
                Some(Ok(Lead::Unknown)) => {
                    tracing::warn!(
                        subscriber = self.name,
                        "the subscription is gone: an operator removed it, or nobody delivered to it for as long as `forget_subscribers_after` says; nothing \
                         is delivered to it until this process starts again"
                    );
                    return;
                }
                Some(Err(error)) => {
                    tracing::warn!(subscriber = self.name, %error, "cannot ask who delivers; trying again");
                    PAUSE
                }
            };
            stop.run_until_cancelled(sleep(pause)).await;
        }
        // Others need not wait for the lease.
        let _ = timeout(PAUSE, feed.lead(&self.name, leader, Duration::ZERO)).await;
    }
}

/// The work of a leader.
struct Leading<'d> {
    dispatcher: &'d Dispatcher,
    feed: &'d dyn Feed,
    leader: Uuid,
    /// How far it is, and what it did that is not kept yet.
    done: Progress,
    /// Since when there is something to keep.
    unkept: Option<Instant>,
    /// What waits for another attempt, in order.
    aside: Vec<Aside>,
    looked: Instant,
    trimmed: Instant,
}

/// What came of delivering.
#[derive(Default)]
struct Outcome {
    taken: u64,
    error: Option<String>,
    set_aside: Vec<SetAside>,
    tried: Vec<(i64, Tried)>,
}

impl Outcome {
    fn join(mut self, other: Self) -> Self {
        self.taken += other.taken;
        self.error = other.error.or(self.error);
        self.set_aside.extend(other.set_aside);
        self.tried.extend(other.tried);
        self
    }

    fn add_to(self, done: &mut Progress) {
        done.taken += self.taken;
        done.error = self.error.or(done.error.take());
        done.set_aside.extend(self.set_aside);
        done.tried.extend(self.tried);
    }
}

impl Leading<'_> {
    /// Delivers until it is told to stop, or another process leads.
    async fn deliver(&mut self, stop: &CancellationToken, grace: Duration) -> Result<(), StoreError> {
        self.look_aside().await?;
        let mut pause = SHORTEST_PAUSE;
        while !stop.is_cancelled() {
            let done = self.round_until(stop, grace).await?;
            if done == Round::Lost {
                return Ok(());
            }
            // Also where there is always more to read.
            self.trim().await;
            if self.looked.elapsed() >= LOOK {
                self.look_aside().await?;
            }
            if done == Round::More {
                continue;
            }
            pause = if done == Round::Some { SHORTEST_PAUSE } else { (pause * 2).min(LONGEST_PAUSE) };
            let wait = self.next_due().map_or(pause, |due| pause.min(due.max(SHORTEST_PAUSE)));
            stop.run_until_cancelled(sleep(wait)).await;
        }
        // Within the grace period, as all else.
        let _ = timeout(grace, self.keep()).await;
        Ok(())
    }

    /// A round; what is under way when it is told to stop has the grace period.
    async fn round_until(&mut self, stop: &CancellationToken, grace: Duration) -> Result<Round, StoreError> {
        let round = self.round();
        tokio::pin!(round);
        tokio::select! {
            done = &mut round => done,
            () = stop.cancelled() => timeout(grace, &mut round).await.unwrap_or(Ok(Round::Lost)),
        }
    }

    /// Tries again what is due, and delivers what is new.
    async fn round(&mut self) -> Result<Round, StoreError> {
        let again = self.try_again().await;
        let room = self.aside.len() < self.dispatcher.delivery.most_set_aside;
        let page = if room {
            Some(self.feed.read_on(&self.done.cursor, self.dispatcher.topics.kinds, PAGE).await?)
        } else {
            None
        };
        let (events, cursor, more) = match page {
            Some(page) => {
                let events = page.occurrences.into_iter().filter_map(TaskerEvent::of);
                let topics = &self.dispatcher.topics;
                let events: Vec<TaskerEvent> = events.filter(|event| topics.wants(event)).collect();
                (events, page.cursor, page.more)
            }
            None => (Vec::new(), self.done.cursor.clone(), false),
        };
        // What was taken just now is out of the way only when that is kept.
        let behind: HashSet<TaskId> = self.aside.iter().map(|aside| aside.task).collect();
        let outcome = again.join(self.deliver_new(events, &behind).await);
        let moved = cursor != self.done.cursor;
        let changed_aside = !outcome.set_aside.is_empty() || !outcome.tried.is_empty();
        if moved || changed_aside {
            self.unkept.get_or_insert_with(Instant::now);
            outcome.add_to(&mut self.done);
            self.done.cursor = cursor;
        }
        let at_once = changed_aside || !moved;
        if self.unkept.is_some_and(|since| at_once || since.elapsed() >= KEEP) && !self.keep().await? {
            return Ok(Round::Lost);
        }
        if changed_aside {
            self.look_aside().await?;
        }
        Ok(match (moved || changed_aside, more) {
            (false, _) => Round::Nothing,
            (true, true) => Round::More,
            (true, false) => Round::Some,
        })
    }

    /// Keeps what was done so far; whether this process leads still.
    async fn keep(&mut self) -> Result<bool, StoreError> {
        if self.unkept.is_none() {
            return Ok(true);
        }
        let leads = self.feed.advance(&self.dispatcher.name, self.leader, &self.done).await?;
        self.done = Progress { cursor: std::mem::take(&mut self.done.cursor), ..Progress::default() };
        self.unkept = None;
        Ok(leads)
    }

    /// Delivers new events: those of one task one after the other.
    async fn deliver_new(&self, events: Vec<TaskerEvent>, behind: &HashSet<TaskId>) -> Outcome {
        let mut tasks: BTreeMap<TaskId, Vec<TaskerEvent>> = BTreeMap::new();
        for event in events {
            tasks.entry(event.what.task().task_id).or_default().push(event);
        }
        let mut deliveries: Vec<BoxFuture<'_, Outcome>> = Vec::with_capacity(tasks.len());
        for (task, events) in tasks {
            deliveries.push(Box::pin(self.deliver_to_task(task, events, behind.contains(&task))));
        }
        self.side_by_side(deliveries).await
    }

    async fn deliver_to_task(&self, task: TaskId, events: Vec<TaskerEvent>, mut behind: bool) -> Outcome {
        let mut outcome = Outcome::default();
        for event in events {
            let attempts = if behind {
                Attempts { count: 0, error: String::new(), wait: Some(Duration::ZERO) }
            } else {
                match self.dispatcher.attempt(&event, 1).await {
                    Ok(()) => {
                        outcome.taken += 1;
                        continue;
                    }
                    Err(failure) => {
                        outcome.error = Some(failure.error.clone());
                        self.dispatcher.failed(task, Some(&event), 1, failure)
                    }
                }
            };
            behind |= attempts.wait.is_some();
            match serde_json::to_string(&event) {
                Ok(json) => {
                    outcome.set_aside.push(SetAside { task, event: Json::from_stored(json), attempts });
                }
                Err(error) => {
                    tracing::error!(subscriber = self.dispatcher.name, event = event.name(), id = event.id, %error, "an event cannot be written down; it is lost");
                }
            }
        }
        outcome
    }

    /// Tries again what is due: of each task the first event, and when that is taken or given up, the next.
    async fn try_again(&self) -> Outcome {
        let mut tasks: BTreeMap<TaskId, Vec<&Aside>> = BTreeMap::new();
        for aside in &self.aside {
            tasks.entry(aside.task).or_default().push(aside);
        }
        let mut attempts: Vec<BoxFuture<'_, Outcome>> = Vec::new();
        let passed = self.looked.elapsed();
        for events in tasks.into_values() {
            if events[0].wait.is_some_and(|wait| wait <= passed) {
                attempts.push(Box::pin(self.try_task_again(events)));
            }
        }
        self.side_by_side(attempts).await
    }

    async fn side_by_side(&self, deliveries: Vec<BoxFuture<'_, Outcome>>) -> Outcome {
        let outcomes =
            futures_util::stream::iter(deliveries).buffer_unordered(self.dispatcher.delivery.concurrency);
        outcomes.fold(Outcome::default(), |all, one| async { all.join(one) }).await
    }

    async fn try_task_again(&self, events: Vec<&Aside>) -> Outcome {
        let mut outcome = Outcome::default();
        for aside in events {
            let event = aside.event.read::<TaskerEvent>();
            let failure = match &event {
                Ok(event) => self.dispatcher.attempt(event, aside.attempts + 1).await.err(),
                Err(error) => Some(format!("the stored event cannot be read: {error}").into()),
            };
            let Some(failure) = failure else {
                outcome.taken += 1;
                outcome.tried.push((aside.id, Tried::Taken));
                continue;
            };
            outcome.error = Some(failure.error.clone());
            let event = event.as_ref().ok();
            let attempts = self.dispatcher.failed(aside.task, event, aside.attempts + 1, failure);
            let waits = attempts.wait.is_some();
            outcome.tried.push((aside.id, Tried::Failed(attempts)));
            if waits {
                break;
            }
        }
        outcome
    }

    /// How long until something that was set aside may be tried again. Of each task it is the first event that counts: the others wait for it.
    fn next_due(&self) -> Option<Duration> {
        let mut tasks = HashSet::new();
        let first = self.aside.iter().filter(|aside| tasks.insert(aside.task));
        let wait = first.filter_map(|aside| aside.wait).min()?;
        Some(wait.saturating_sub(self.looked.elapsed()))
    }

    async fn look_aside(&mut self) -> Result<(), StoreError> {
        self.looked = Instant::now();
        self.aside = self.feed.set_aside(&self.dispatcher.name, false, usize::MAX >> 1).await?;
        Ok(())
    }

    async fn trim(&mut self) {
        if self.trimmed.elapsed() < TRIM {
            return;
        }
        self.trimmed = Instant::now();
        if let Err(error) = self.feed.trim().await {
            tracing::debug!(%error, "what all subscribers have read was not removed");
        }
    }
}

/// What a round did.
#[derive(PartialEq, Eq)]
enum Round {
    /// Another process leads, or there is no time left.
    Lost,
    /// There is more to read.
    More,
    /// Something happened.
    Some,
    Nothing,
}
