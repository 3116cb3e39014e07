//! Counts what ended, period by period.
//!
//! A period is gathered on the connections that read, and written in one short transaction if nobody else went on meanwhile. A longer one is
//! put together from the rows of its parts; if more tasks are there than those counted, because some were committed late, it is gathered anew.

use std::collections::BTreeMap;

use sea_orm::{DbErr, QueryResult, Value};
use tasker_core::analytics::{Digest, KEPT, Level, Marks, Period, TaskDigest};
use tasker_core::store::StoreError;
use tasker_core::{DefinitionId, TaskState, Timestamp};

use super::book::Book;
use super::gather::json_at;
use crate::store::{SqlStore, execute, query};

/// What was counted of a part of a period.
struct Part {
    definition: DefinitionId,
    digest: Digest,
}

/// A period, as it is to be written.
struct Counted {
    period: Period,
    digests: BTreeMap<DefinitionId, Digest>,
    /// How many more tasks are complete than were counted in the parts.
    complete: i64,
}

impl SqlStore {
    pub(super) async fn count_next(&self) -> Result<bool, StoreError> {
        self.repeated("counting what ended", || self.try_count_next()).await
    }

    async fn try_count_next(&self) -> Result<bool, DbErr> {
        let now = Timestamp::from_micros(self.now_in(self.reader()).await?);
        let Some(book) = Book::read(self.reader()).await? else { return self.open_book(now).await };
        let first = self.first_ends(&book.marks).await?;
        let Some(period) = book.marks.next(now, |level| first[level as usize]) else { return Ok(false) };
        let counted = self.count_period(&book, period).await?;
        self.write_period(&book, &counted, now).await?;
        Ok(true)
    }

    /// Begins with the last day. What ended before is counted as it is, once.
    async fn open_book(&self, now: Timestamp) -> Result<bool, DbErr> {
        let marks = Marks::begin(now);
        let sql = "SELECT count(*) FROM tasker_tasks WHERE state = 'complete' AND ended_at < $1";
        let rows = query(self.reader(), sql, [marks.counted_until().as_micros().into()]).await?;
        let complete = rows.first().map_or(Ok(0), |row| row.try_get_by_index(0))?;
        let sql = "INSERT INTO tasker_statistics (span, starts_at, definition_id, tasks, steps) VALUES (0, 0, 0, $1, '')
            ON CONFLICT DO NOTHING";
        execute(self.writer(), sql, [Book { marks, complete }.text()?.into()]).await?;
        Ok(true)
    }

    /// For each level, when the first task ended at or after its mark, or the first part began that is to be put into a period of it.
    async fn first_ends(&self, marks: &Marks) -> Result<[Option<Timestamp>; 3], DbErr> {
        let sql = "
            SELECT (SELECT min(ended_at) FROM tasker_tasks WHERE ended_at >= $1),
                (SELECT min(ended_at) FROM tasker_tasks WHERE ended_at >= $2),
                (SELECT min(starts_at) FROM tasker_statistics WHERE span = 60 AND starts_at >= $2),
                (SELECT min(ended_at) FROM tasker_tasks WHERE ended_at >= $3),
                (SELECT min(starts_at) FROM tasker_statistics WHERE span IN (60, 600) AND starts_at >= $3)";
        let mark = |level: Level| marks.of(level).as_micros().into();
        let values: [Value; 3] = [Level::Minute, Level::TenMinutes, Level::Hour].map(mark);
        let rows = query(self.reader(), sql, values).await?;
        let row = rows.first().ok_or_else(|| DbErr::Custom("no answer".to_owned()))?;
        let first = |columns: &[usize]| {
            let found = columns.iter().map(|&column| row.try_get_by_index::<Option<i64>>(column));
            let found: Vec<Option<i64>> = found.collect::<Result<_, _>>()?;
            Ok::<_, DbErr>(found.into_iter().flatten().min().map(Timestamp::from_micros))
        };
        Ok([first(&[0])?, first(&[1, 2])?, first(&[3, 4])?])
    }

    async fn count_period(&self, book: &Book, period: Period) -> Result<Counted, DbErr> {
        let parts = self.parts(period).await?;
        let counted_until = book.counted_until().clamp(period.from, period.to());
        let late = counted_until > period.from && self.has_late(&parts, period.from, counted_until).await?;
        let from = if late { period.from } else { counted_until };
        let mut digests =
            if from < period.to() { self.gather(from, period.to()).await? } else { BTreeMap::new() };
        let complete = |digest: &Digest| digest.tasks.count_of(TaskState::Complete) as i64;
        let before: i64 = parts.iter().map(|part| complete(&part.digest)).sum();
        if !late {
            for part in &parts {
                digests.entry(part.definition).or_default().merge(&part.digest);
            }
        }
        let complete = digests.values().map(complete).sum::<i64>() - before;
        Ok(Counted { period, digests, complete })
    }

    /// Whether more tasks are there, of all or of those that are complete, than were counted in the parts. A task in error that was retried since
    /// is there no more, and a task that is complete stays so until it is removed.
    async fn has_late(&self, parts: &[Part], from: Timestamp, to: Timestamp) -> Result<bool, DbErr> {
        let sql = "SELECT count(*), coalesce(sum(CASE WHEN state = 'complete' THEN 1 ELSE 0 END), 0)
            FROM tasker_tasks WHERE ended_at >= $1 AND ended_at < $2";
        let values: [Value; 2] = [from.as_micros().into(), to.as_micros().into()];
        let rows = query(self.reader(), sql, values).await?;
        let Some(row) = rows.first() else { return Ok(false) };
        let more = |column, counted: fn(&TaskDigest) -> u64| {
            let there: i64 = row.try_get_by_index(column)?;
            Ok::<_, DbErr>(there as u64 > parts.iter().map(|part| counted(&part.digest.tasks)).sum())
        };
        Ok(more(0, TaskDigest::count)? || more(1, |tasks| tasks.count_of(TaskState::Complete))?)
    }

    /// The rows that a period is put together from.
    async fn parts(&self, period: Period) -> Result<Vec<Part>, DbErr> {
        let sql = "SELECT definition_id, tasks, steps FROM tasker_statistics
            WHERE span > 0 AND span < $1 AND starts_at >= $2 AND starts_at < $3";
        let rows = query(self.reader(), sql, bounds(period)).await?;
        let part = |row: &QueryResult| {
            let (tasks, steps) = (json_at::<TaskDigest>(Some(row), 1)?, json_at(Some(row), 2)?);
            Ok(Part { definition: DefinitionId(row.try_get_by_index(0)?), digest: Digest { tasks, steps } })
        };
        rows.iter().map(part).collect()
    }

    /// Writes a period in the place of its parts, unless somebody went on since the book was read.
    async fn write_period(&self, seen: &Book, counted: &Counted, now: Timestamp) -> Result<(), DbErr> {
        let Counted { period, digests, complete } = counted;
        let transaction = self.begin().await?;
        let book = Book::lock(&transaction, self.dialect().backend).await?;
        let Some(book) = book.filter(|book| book.marks == seen.marks) else { return Ok(()) };
        let parts = "DELETE FROM tasker_statistics WHERE span > 0 AND span < $1 AND starts_at >= $2 AND starts_at < $3";
        execute(&transaction, parts, bounds(*period)).await?;
        for (definition, digest) in digests {
            let sql = "INSERT INTO tasker_statistics (span, starts_at, definition_id, tasks, steps) VALUES ($1, $2, $3, $4, $5)";
            let values: [Value; 5] = [
                (period.level.seconds() as i32).into(),
                period.from.as_micros().into(),
                definition.0.into(),
                text(&digest.tasks)?.into(),
                text(&digest.steps)?.into(),
            ];
            execute(&transaction, sql, values).await?;
        }
        if period.level == Level::Hour {
            let sql = "DELETE FROM tasker_statistics WHERE span > 0 AND starts_at < $1";
            execute(&transaction, sql, [(now - KEPT).as_micros().into()]).await?;
        }
        let book = Book { marks: book.marks.after(*period), complete: book.complete + complete };
        book.write(&transaction).await?;
        transaction.commit().await
    }
}

fn bounds(period: Period) -> [Value; 3] {
    let seconds = period.level.seconds() as i32;
    [seconds.into(), period.from.as_micros().into(), period.to().as_micros().into()]
}

fn text<T: serde::Serialize>(digest: &T) -> Result<String, DbErr> {
    serde_json::to_string(digest).map_err(|error| DbErr::Type(error.to_string()))
}
