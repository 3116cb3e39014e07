//! The outbox and those who read it.
//!
//! * here is what every transaction writes for them;
//! * `read` reads on: which rows are new, and what stands in the history that they point to;
//! * `recent` is what of that need not be asked for, and `found` puts both together;
//! * `subscriber` is who reads and how far, and what a subscriber did not take.

mod found;
mod read;
mod recent;
mod subscriber;

use std::time::Duration;

use async_trait::async_trait;
use sea_orm::{ConnectionTrait, DbErr, Value};
use tasker_core::store::{
    Cursor, Delivery, Feed, Kinds, Lead, Page, Progress, StoreError, SubscriptionStatus,
};
use uuid::Uuid;

pub(super) use recent::Recent;

use super::{SqlStore, execute};
use crate::batch::{Batch, Cell, Column};
use crate::mark::ENTRY;
use crate::statement::Backend;

/// Adds an entry for something that happened to a task: see [`mark`](crate::mark).
pub(super) fn push_entry(entries: &mut Vec<u8>, task: Uuid, mark: i64) {
    entries.reserve(ENTRY);
    entries.extend_from_slice(task.as_bytes());
    entries.extend_from_slice(&mark.to_be_bytes());
}

/// Writes entries for subscribers, if there are any. The tasks are locked.
pub(super) async fn write_entries<C: ConnectionTrait>(
    db: &C,
    entries: Vec<u8>,
    now: i64,
) -> Result<(), DbErr> {
    const SQL: &str = "INSERT INTO tasker_outbox (entries, created_at)
        SELECT $1, $2 WHERE EXISTS (SELECT 1 FROM tasker_subscriptions)";
    if entries.is_empty() {
        return Ok(());
    }
    execute(db, SQL, [entries.into(), now.into()]).await.map(|_| ())
}

/// For PostgreSQL: the holes of a cursor as two arrays, of what is first in them and what is last.
fn holes(cursor: &Cursor) -> Vec<Value> {
    let mut holes = Batch::new(Backend::Postgres, &[Column::Big, Column::Big]);
    for hole in &cursor.holes {
        holes.push([Cell::Big(hole.first), Cell::Big(hole.last)]);
    }
    holes.into_values()
}

#[async_trait]
impl Feed for SqlStore {
    async fn subscribe(&self, names: &[String]) -> Result<(), StoreError> {
        self.repeated("subscribing", || self.try_subscribe(names)).await
    }

    async fn unsubscribe(&self, name: &str) -> Result<bool, StoreError> {
        self.repeated("unsubscribing", || self.try_unsubscribe(name)).await
    }

    async fn forget(&self, unled: Duration) -> Result<Vec<String>, StoreError> {
        self.repeated("forgetting subscribers that nobody delivers to", || self.try_forget(unled)).await
    }

    async fn lead(&self, name: &str, leader: Uuid, lease: Duration) -> Result<Lead, StoreError> {
        self.repeated("asking to deliver to a subscriber", || self.try_lead(name, leader, lease)).await
    }

    async fn read_on(&self, after: &Cursor, kinds: Kinds, limit: usize) -> Result<Page, StoreError> {
        self.read_outbox(after, kinds, limit).await
    }

    async fn advance(&self, name: &str, leader: Uuid, progress: &Progress) -> Result<bool, StoreError> {
        // Asked again after a lost answer it is the same, but for what was set aside: that would be there twice.
        self.once("keeping what a subscriber took", || self.try_advance(name, leader, progress)).await
    }

    async fn set_aside(&self, name: &str, dead: bool, limit: usize) -> Result<Vec<Delivery>, StoreError> {
        self.read_set_aside(name, dead, limit).await
    }

    async fn revive(&self, name: &str, ids: Option<&[i64]>) -> Result<u64, StoreError> {
        self.repeated("trying events again", || self.try_revive(name, ids)).await
    }

    async fn subscriptions(&self) -> Result<Vec<SubscriptionStatus>, StoreError> {
        self.read_subscriptions().await
    }

    async fn trim(&self) -> Result<u64, StoreError> {
        self.repeated("removing what all subscribers have read", || self.try_trim()).await
    }
}
