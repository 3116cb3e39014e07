//! What durable subscribers hear of.

use std::collections::vec_deque::Iter;
use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use uuid::Uuid;

use super::MemoryStore;
use crate::store::{
    Attempts, Cursor, Delivery, EPHEMERAL, Feed, Kinds, Lead, Occurrence, Page, Progress, SetAside,
    StoreError, SubscriptionStatus, Tried,
};
use crate::{StepNo, Timestamp};

/// What happens is written here; tasks have it at hand.
#[derive(Debug, Clone, Default)]
pub(super) struct Outbox(Arc<Mutex<Written>>);

#[derive(Debug, Default)]
struct Written {
    /// By number, ascending.
    log: VecDeque<(i64, Occurrence)>,
    last: i64,
    subscriptions: BTreeMap<String, Subscription>,
    /// By number.
    deliveries: BTreeMap<i64, Put>,
    last_delivery: i64,
}

#[derive(Debug)]
struct Subscription {
    cursor: Cursor,
    leader: Option<Uuid>,
    lease_until: Timestamp,
    delivered: u64,
    error: Option<(String, Timestamp)>,
}

/// An event that was set aside.
#[derive(Debug)]
struct Put {
    subscription: String,
    delivery: Delivery,
    /// None when it was given up.
    due: Option<Timestamp>,
}

impl Outbox {
    fn written(&self) -> MutexGuard<'_, Written> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// For subscribers, if there are any.
    pub(super) fn write(&self, occurrence: impl FnOnce() -> Occurrence) {
        let mut written = self.written();
        if written.subscriptions.is_empty() {
            return;
        }
        written.last += 1;
        let number = written.last;
        written.log.push_back((number, occurrence()));
    }
}

impl Outbox {
    /// Since when something happened that not all durable subscribers have read.
    pub(super) fn unread_since(&self) -> Option<Timestamp> {
        let written = self.written();
        let durable = written.subscriptions.keys().any(|name| !name.starts_with(EPHEMERAL));
        written.log.front().filter(|_| durable).map(|(_, occurrence)| occurrence.at)
    }
}

impl Put {
    fn set(&mut self, attempts: &Attempts, now: Timestamp) {
        self.delivery.attempts = attempts.count;
        self.delivery.error.clone_from(&attempts.error);
        self.due = attempts.wait.map(|wait| now + wait);
    }
}

impl Written {
    fn put_aside(
        &mut self,
        subscription: &str,
        SetAside { task, event, attempts }: &SetAside,
        now: Timestamp,
    ) {
        self.last_delivery += 1;
        let id = self.last_delivery;
        let (attempts_made, error, at) = (0, String::new(), now);
        let delivery = Delivery {
            id,
            task: *task,
            event: event.clone(),
            attempts: attempts_made,
            wait: None,
            error,
            at,
        };
        let mut put = Put { subscription: subscription.to_owned(), delivery, due: None };
        put.set(attempts, now);
        self.deliveries.insert(id, put);
    }

    /// What has a higher number.
    fn after(&self, number: i64) -> Iter<'_, (i64, Occurrence)> {
        self.log.range(self.log.partition_point(|(known, _)| *known <= number)..)
    }

    fn of<'s>(&'s self, name: &'s str, dead: bool) -> impl Iterator<Item = &'s Put> {
        self.deliveries.values().filter(move |put| put.subscription == name && put.due.is_none() == dead)
    }
}

#[async_trait]
impl Feed for MemoryStore {
    async fn subscribe(&self, names: &[String]) -> Result<(), StoreError> {
        let now = self.clock.now();
        let outbox = self.outbox();
        let mut written = outbox.written();
        for name in names {
            let cursor = Cursor::after(written.last);
            written.subscriptions.entry(name.clone()).or_insert(Subscription {
                cursor,
                leader: None,
                lease_until: now,
                delivered: 0,
                error: None,
            });
        }
        Ok(())
    }

    async fn unsubscribe(&self, name: &str) -> Result<bool, StoreError> {
        let outbox = self.outbox();
        let mut written = outbox.written();
        written.deliveries.retain(|_, put| put.subscription != name);
        Ok(written.subscriptions.remove(name).is_some())
    }

    async fn forget(&self, unled: Duration) -> Result<Vec<String>, StoreError> {
        let now = self.clock.now();
        let outbox = self.outbox();
        let mut written = outbox.written();
        let unused = written
            .subscriptions
            .iter()
            .filter(|(name, of)| !name.starts_with(EPHEMERAL) && of.lease_until + unled <= now);
        let unused: Vec<String> = unused.map(|(name, _)| name.clone()).collect();
        written.deliveries.retain(|_, put| !unused.contains(&put.subscription));
        written.subscriptions.retain(|name, _| !unused.contains(name));
        Ok(unused)
    }

    async fn lead(&self, name: &str, leader: Uuid, lease: Duration) -> Result<Lead, StoreError> {
        let now = self.clock.now();
        let outbox = self.outbox();
        let mut written = outbox.written();
        let Some(subscription) = written.subscriptions.get_mut(name) else { return Ok(Lead::Unknown) };
        if subscription.leader != Some(leader) && subscription.lease_until > now {
            return Ok(Lead::Others);
        }
        subscription.leader = Some(leader);
        subscription.lease_until = now + lease;
        Ok(Lead::Own(subscription.cursor.clone()))
    }

    async fn read_on(&self, after: &Cursor, kinds: Kinds, limit: usize) -> Result<Page, StoreError> {
        let tables = self.tables();
        let written = tables.outbox.written();
        let mut new = written.after(after.high);
        let read: Vec<_> = new.by_ref().take(limit).collect();
        let cursor = Cursor::after(read.last().map_or(after.high, |(number, _)| *number));
        let occurrences = read.into_iter().filter(|(_, occurrence)| kinds.has(occurrence.what));
        let occurrences = occurrences.map(|(_, occurrence)| {
            let mut occurrence = occurrence.clone();
            if let (Some(step), Some(task)) =
                (&mut occurrence.step, tables.tasks.get(&occurrence.task.task_id))
            {
                let now = task.step(StepNo(step.facts.step_id)).run_at;
                step.run_at = step.run_at.map(|_| now);
            }
            occurrence
        });
        Ok(Page { occurrences: occurrences.collect(), cursor, more: new.next().is_some() })
    }

    async fn advance(&self, name: &str, leader: Uuid, progress: &Progress) -> Result<bool, StoreError> {
        let now = self.clock.now();
        let outbox = self.outbox();
        let mut written = outbox.written();
        let Some(subscription) = written.subscriptions.get_mut(name) else { return Ok(false) };
        if subscription.leader != Some(leader) {
            return Ok(false);
        }
        subscription.cursor = progress.cursor.clone();
        subscription.delivered += progress.taken;
        if let Some(error) = &progress.error {
            subscription.error = Some((error.clone(), now));
        }
        for event in &progress.set_aside {
            written.put_aside(name, event, now);
        }
        for (id, tried) in &progress.tried {
            match tried {
                Tried::Taken => {
                    written.deliveries.remove(id);
                }
                Tried::Failed(attempts) => {
                    if let Some(put) = written.deliveries.get_mut(id) {
                        put.set(attempts, now);
                    }
                }
            }
        }
        Ok(true)
    }

    async fn set_aside(&self, name: &str, dead: bool, limit: usize) -> Result<Vec<Delivery>, StoreError> {
        let now = self.clock.now();
        let outbox = self.outbox();
        let written = outbox.written();
        let delivery =
            |put: &Put| Delivery { wait: put.due.map(|due| due.since(now)), ..put.delivery.clone() };
        Ok(written.of(name, dead).take(limit).map(delivery).collect())
    }

    async fn revive(&self, name: &str, ids: Option<&[i64]>) -> Result<u64, StoreError> {
        let now = self.clock.now();
        let outbox = self.outbox();
        let mut written = outbox.written();
        let dead = written.deliveries.values_mut().filter(|put| {
            put.subscription == name
                && put.due.is_none()
                && ids.is_none_or(|ids| ids.contains(&put.delivery.id))
        });
        let mut revived = 0;
        for put in dead {
            put.set(
                &Attempts { count: 0, error: put.delivery.error.clone(), wait: Some(Duration::ZERO) },
                now,
            );
            revived += 1;
        }
        Ok(revived)
    }

    async fn subscriptions(&self) -> Result<Vec<SubscriptionStatus>, StoreError> {
        let now = self.clock.now();
        let outbox = self.outbox();
        let written = outbox.written();
        let status = |(name, of): (&String, &Subscription)| {
            let mut unread = written.after(of.cursor.high);
            let oldest = unread.next().map(|(_, occurrence)| now.since(occurrence.at));
            let led = of.leader.is_some() && of.lease_until > now;
            SubscriptionStatus {
                name: name.clone(),
                behind: u64::from(oldest.is_some()) + unread.count() as u64,
                lag_micros: oldest.map_or(0, |lag| lag.as_micros() as u64),
                delivered: of.delivered,
                waiting: written.of(name, false).count() as u64,
                dead: written.of(name, true).count() as u64,
                error: of.error.clone(),
                led,
                unled_since: (!led).then_some(of.lease_until),
                unled_micros: if led { 0 } else { now.since(of.lease_until).as_micros() as u64 },
            }
        };
        Ok(written
            .subscriptions
            .iter()
            .filter(|(name, _)| !name.starts_with(EPHEMERAL))
            .map(status)
            .collect())
    }

    async fn trim(&self) -> Result<u64, StoreError> {
        let now = self.clock.now();
        let outbox = self.outbox();
        let mut written = outbox.written();
        written.subscriptions.retain(|name, of| !name.starts_with(EPHEMERAL) || of.lease_until > now);
        let durable = written.subscriptions.iter().filter(|(name, _)| !name.starts_with(EPHEMERAL));
        let read = durable.map(|(_, of)| of.cursor.high).min();
        let is_over = |(number, occurrence): &(i64, Occurrence)| match read {
            Some(read) => *number <= read,
            None => written.subscriptions.is_empty() || occurrence.at < now - KEPT,
        };
        let removed = written.log.iter().take_while(|row| is_over(row)).count();
        written.log.drain(..removed);
        Ok(removed as u64)
    }
}

/// For how long what happens is kept for those who only listen.
const KEPT: Duration = Duration::from_mins(1);

impl MemoryStore {
    fn outbox(&self) -> Outbox {
        self.tables().outbox.clone()
    }
}
