//! How far what ended was counted, and how many tasks that are complete that comes to.
//!
//! It is one row, which whoever changes it locks: so each period is counted by one worker, however many try. The number is of the tasks that are there:
//! who removes tasks takes them off.

use sea_orm::{ConnectionTrait, DbErr};
use serde::{Deserialize, Serialize};
use tasker_core::Timestamp;
use tasker_core::analytics::Marks;

use crate::statement::Backend;
use crate::store::query::parse_json;
use crate::store::{execute, query};

/// What is in the row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Book {
    pub(super) marks: Marks,
    /// How many tasks are complete that ended before the last mark, and are still there.
    pub(super) complete: i64,
}

/// The condition by which the row is found.
pub(super) const ROW: &str = "span = 0 AND starts_at = 0 AND definition_id = 0";

impl Book {
    pub(super) fn parse(text: &str) -> Result<Self, DbErr> {
        parse_json(text)
    }

    pub(super) fn text(&self) -> Result<String, DbErr> {
        serde_json::to_string(self).map_err(|error| DbErr::Type(error.to_string()))
    }

    pub(super) fn counted_until(&self) -> Timestamp {
        self.marks.counted_until()
    }

    /// As it is now; none before anything was counted.
    pub(super) async fn read<C: ConnectionTrait>(db: &C) -> Result<Option<Self>, DbErr> {
        Self::select(db, "").await
    }

    /// The same, and nobody else changes it before the transaction has ended.
    pub(super) async fn lock<C: ConnectionTrait>(db: &C, backend: Backend) -> Result<Option<Self>, DbErr> {
        Self::select(db, if backend == Backend::Postgres { "FOR UPDATE" } else { "" }).await
    }

    async fn select<C: ConnectionTrait>(db: &C, lock: &str) -> Result<Option<Self>, DbErr> {
        let rows = query(db, format!("SELECT tasks FROM tasker_statistics WHERE {ROW} {lock}"), []).await?;
        let text = rows.first().map(|row| row.try_get_by_index::<String>(0)).transpose()?;
        text.map(|text| Self::parse(&text)).transpose()
    }

    pub(super) async fn write<C: ConnectionTrait>(&self, db: &C) -> Result<(), DbErr> {
        let sql = format!("UPDATE tasker_statistics SET tasks = $1 WHERE {ROW}");
        execute(db, sql, [self.text()?.into()]).await.map(|_| ())
    }
}

/// Takes off tasks that are removed: when each of those that are complete ended.
pub(in crate::store) async fn forget_complete<C: ConnectionTrait>(
    db: &C,
    backend: Backend,
    ended_at: &[i64],
) -> Result<(), DbErr> {
    if ended_at.is_empty() {
        return Ok(());
    }
    let Some(mut book) = Book::lock(db, backend).await? else { return Ok(()) };
    let until = book.counted_until().as_micros();
    book.complete -= ended_at.iter().filter(|&&ended_at| ended_at < until).count() as i64;
    book.write(db).await
}
