//! What a report needs: the periods that were counted, and what ended since the last of them.
//!
//! What was not counted yet is a few minutes while a worker is alive. It is cut into slices, and of each so many tasks stand for all, so
//! that a report costs the same however many tasks end, and however long nobody counted.

use std::fmt::Write;
use std::time::Duration;

use sea_orm::{DbErr, QueryResult, Value};
use tasker_core::Timestamp;
use tasker_core::analytics::{Counting, Digest, Level, StepDigests, window_start};
use tasker_core::store::{Digests, PeriodDigest, StoreError, Wanted};

use super::book::Book;
use super::gather::{TaskRow, json_at, workflow};
use crate::statement::Backend;
use crate::store::query::parse_json;
use crate::store::{SqlStore, query};

/// At most so many slices.
const SLICES: u32 = 16;

/// In all slices together at most so many tasks are looked at.
const LOOKED_AT: i64 = 640;

/// The slices of what was not counted yet.
#[derive(Debug, PartialEq, Eq)]
struct Slices {
    from: Timestamp,
    length: Duration,
    number: u32,
}

impl Slices {
    /// They begin and end where ten minutes do as soon as they are that long, so that windows do not cut through them.
    fn of(from: Timestamp, until: Timestamp) -> Self {
        let all = until.since(from);
        let short = [Duration::from_secs(15), Duration::from_mins(1)];
        let fits = |length: &Duration| all < *length * SLICES;
        let ten = Level::TenMinutes.span();
        let (from, length) = if let Some(length) = short.into_iter().find(fits) {
            (from, length)
        } else {
            let from = Level::TenMinutes.floor(from);
            let tens = until.since(from).as_secs() / (ten.as_secs() * u64::from(SLICES)) + 1;
            (from, Duration::from_secs(ten.as_secs() * tens))
        };
        // The last one has what ends at this moment, too.
        let number = (until.since(from).as_micros() / length.as_micros()) as u32 + 1;
        Self { from, length, number }
    }

    fn slice(&self, number: u32) -> (Timestamp, Timestamp) {
        (self.from + self.length * number, self.from + self.length * (number + 1))
    }
}

impl SqlStore {
    pub(super) async fn digests_of(&self, wanted: &Wanted) -> Result<Digests, StoreError> {
        self.repeated("reading what ended", || self.try_digests(wanted)).await
    }

    async fn try_digests(&self, wanted: &Wanted) -> Result<Digests, DbErr> {
        let now = Timestamp::from_micros(self.now_in(self.reader()).await?);
        let from = window_start(now, wanted.back);
        let (book, mut periods) = self.counted(wanted, from).await?;
        let counted_until = book.map_or(from, |book| book.counted_until()).max(from);
        if counted_until <= now {
            let since =
                self.not_counted(wanted, counted_until, now, book.map(|book| book.counted_until())).await?;
            periods.extend(since);
        }
        Ok(Digests { now, from, periods })
    }

    /// The book, and the rows of periods that reach into a window; in one statement, so that they fit together.
    async fn counted(
        &self,
        wanted: &Wanted,
        from: Timestamp,
    ) -> Result<(Option<Book>, Vec<PeriodDigest>), DbErr> {
        let steps = if wanted.steps { "s.steps" } else { "''" };
        let mut values: Vec<Value> = vec![(from - Level::Hour.span()).as_micros().into()];
        let mut conditions = String::new();
        let filters =
            [("n.name", &wanted.namespace), ("w.name", &wanted.name), ("w.version", &wanted.version)];
        for (column, wanted) in filters {
            if let Some(wanted) = wanted.as_deref().filter(|wanted| !wanted.contains('\0')) {
                values.push(wanted.into());
                // Writing to a string does not fail.
                let _ = write!(conditions, " AND {column} = ${}", values.len());
            }
        }
        let sql = format!(
            "SELECT span, starts_at, '', '', '', tasks, '' FROM tasker_statistics WHERE {}
            UNION ALL
            SELECT s.span, s.starts_at, n.name, w.name, w.version, s.tasks, {steps} FROM tasker_statistics AS s
            JOIN tasker_definitions AS d ON d.id = s.definition_id
            JOIN tasker_named_tasks AS w ON w.id = d.named_task_id
            JOIN tasker_namespaces AS n ON n.id = w.namespace_id
            WHERE s.span IN (60, 600, 3600) AND s.starts_at > $1{conditions}",
            super::book::ROW
        );
        let (mut book, mut periods) = (None, Vec::new());
        for row in query(self.reader(), sql, values).await? {
            let text = row.try_get_by_index::<String>(5)?;
            match Level::of_seconds(row.try_get_by_index::<i32>(0)?.into()) {
                Some(level) => periods.extend(period(&row, level, &text)?.filter(|period| period.to > from)),
                None => book = Some(Book::parse(&text)?),
            }
        }
        periods.retain(|period| wanted.fits(&period.workflow));
        Ok((book, periods))
    }

    /// What ended since. `exactly` is the last mark, if there is one: nothing before it is told once more.
    async fn not_counted(
        &self,
        wanted: &Wanted,
        from: Timestamp,
        now: Timestamp,
        exactly: Option<Timestamp>,
    ) -> Result<Vec<PeriodDigest>, DbErr> {
        let slices = Slices::of(from, now);
        let least = exactly.map_or(slices.from, |mark| mark.max(slices.from));
        let numbers = match self.dialect().backend {
            Backend::Postgres => "generate_series(0::bigint, $3::bigint - 1) AS slice(n)",
            Backend::Sqlite => {
                "(WITH RECURSIVE slice(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM slice WHERE n + 1 < $3) SELECT n FROM slice) AS slice"
            }
        };
        let within = "ended_at >= $1 + slice.n * $2 AND ended_at < $1 + (slice.n + 1) * $2 AND ended_at >= $4 AND ended_at <= $5";
        let sql = format!(
            "SELECT (SELECT count(*) FROM tasker_tasks WHERE {within}),
                (SELECT {} FROM (
                    SELECT id, definition_id, state, created_at, ended_at FROM tasker_tasks WHERE {within}
                    ORDER BY ended_at, id LIMIT $6
                ) AS t)
            FROM {numbers} ORDER BY slice.n",
            self.task_row_sql()
        );
        let micros = |duration: Duration| duration.as_micros() as i64;
        let values: [Value; 6] = [
            slices.from.as_micros().into(),
            micros(slices.length).into(),
            i64::from(slices.number).into(),
            least.as_micros().into(),
            now.as_micros().into(),
            (LOOKED_AT / i64::from(slices.number)).into(),
        ];
        let rows = query(self.reader(), sql, values).await?;
        let mut periods = Vec::new();
        for (row, number) in rows.iter().zip(0..) {
            let tasks: Vec<TaskRow> = json_at(Some(row), 1)?;
            if tasks.is_empty() {
                continue;
            }
            let (all, read) = (row.try_get_by_index::<i64>(0)? as u64, tasks.len() as u64);
            let all = all.max(read);
            let mut counting = Counting::of_at_most(usize::MAX);
            for (task, place) in tasks.iter().zip(0_u64..) {
                counting.count(task.task()?, (place + 1) * all / read - place * all / read);
            }
            let (start, end) = slices.slice(number);
            let (digests, known) = self.finish(counting).await?;
            for (definition, mut digest) in digests {
                let Some(known) = known.get(&definition).filter(|known| wanted.fits(&known.workflow)) else {
                    continue;
                };
                if !wanted.steps {
                    digest.steps = StepDigests::default();
                }
                let workflow = known.workflow.clone();
                periods.push(PeriodDigest {
                    from: start.max(least),
                    to: end.min(now).max(start),
                    workflow,
                    digest,
                });
            }
        }
        Ok(periods)
    }
}

fn period(row: &QueryResult, level: Level, tasks: &str) -> Result<Option<PeriodDigest>, DbErr> {
    let from = Timestamp::from_micros(row.try_get_by_index(1)?);
    let steps = row.try_get_by_index::<String>(6)?;
    let steps = if steps.is_empty() { StepDigests::default() } else { parse_json(&steps)? };
    let digest = Digest { tasks: parse_json(tasks)?, steps };
    Ok(Some(PeriodDigest { from, to: from + level.span(), workflow: workflow(row, 2)?, digest }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_not_counted_is_cut_into_few_slices() {
        let hour = Timestamp::from_micros(1_795_000_000_000_000 / 3_600_000_000 * 3_600_000_000);
        for seconds in [0, 1, 14, 15, 100, 239, 240, 241, 900, 960, 7_200, 100_000, 1_000_000] {
            let until = hour + Duration::from_secs(seconds);
            for from in [hour, hour + Duration::from_mins(3)] {
                let slices = Slices::of(from, until.max(from));
                assert!(slices.number <= SLICES + 1, "{seconds}: {slices:?}");
                let (last, end) = slices.slice(slices.number - 1);
                assert!(last <= until.max(from) && until.max(from) < end, "{seconds}: {slices:?}");
                assert!(slices.from <= from);
            }
        }
    }
}
