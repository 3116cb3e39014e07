//! How many tasks and steps stand where.
//!
//! Open tasks and those that ended badly have indexes of their own, and are few; how many are complete, the book knows but for the last minutes. They are
//! asked for on the connections whose plans go by keys: the planner would read all steps beside a million tasks.

use sea_orm::{DbErr, QueryResult, Value};
use tasker_core::store::{Population, StoreError, Tally};
use tasker_core::{StepState, TaskState, Timestamp};
use uuid::Uuid;

use super::book::Book;
use crate::store::{SqlStore, parse_state, query};

/// Those that are not complete.
const TASKS: &str = "
    SELECT state, count(*) FROM tasker_tasks WHERE state IN ('pending', 'in_progress') GROUP BY state
    UNION ALL
    SELECT state, count(*) FROM tasker_tasks WHERE state IN ('error', 'cancelled', 'resolved_manually') GROUP BY state";

/// Of open tasks, by state: how many steps, and how many of them are in backoff. The cross join tells SQLite to begin with the tasks.
const STEPS: &str = "
    SELECT s.state, count(*),
        coalesce(sum(CASE WHEN s.state = 'pending' AND s.waiting_for = 'time' AND s.run_at > $1 AND s.attempt > 0
            THEN 1 ELSE 0 END), 0)
    FROM tasker_tasks AS t CROSS JOIN tasker_workflow_steps AS s
    WHERE s.task_id = t.id AND t.state IN ('pending', 'in_progress')
    GROUP BY s.state";

/// Of the youngest tasks in error: how many steps failed as often as they may, and how many otherwise.
const FAILED: &str = "
    SELECT coalesce(sum(CASE WHEN s.attempt - s.lost >= s.retry_limit THEN 1 ELSE 0 END), 0),
        coalesce(sum(CASE WHEN s.attempt - s.lost >= s.retry_limit THEN 0 ELSE 1 END), 0)
    FROM (SELECT id FROM tasker_tasks {by_state}
        WHERE state = 'error' AND state IN ('error', 'cancelled', 'resolved_manually') ORDER BY id DESC LIMIT $1) AS t
    CROSS JOIN tasker_workflow_steps AS s
    WHERE s.task_id = t.id AND s.state = 'error'";

/// SQLite would look for tasks in error among all tasks, the youngest first, however rare they are. It takes an index only if its condition
/// stands in the statement as it is.
const BY_STATE: &str = "INDEXED BY tasker_tasks_ended_badly";

/// Workers, and the oldest task that waits.
const OTHERS: &str = "
    SELECT (SELECT count(*) FROM tasker_workers WHERE lease_until > $1),
        (SELECT t.id FROM tasker_tasks AS t WHERE t.state IN ('pending', 'in_progress') AND EXISTS (
            SELECT 1 FROM tasker_workflow_steps AS s
            WHERE s.task_id = t.id AND s.state = 'pending' AND s.open_dependencies = 0
        ) ORDER BY t.id LIMIT 1)";

/// Open tasks, namespaces, workflows.
const POPULATION: &str = "
    SELECT (SELECT count(*) FROM tasker_tasks WHERE state IN ('pending', 'in_progress')),
        (SELECT count(*) FROM tasker_namespaces),
        (SELECT count(*) FROM (SELECT DISTINCT namespace_id, name FROM tasker_named_tasks) AS w)";

impl SqlStore {
    pub(super) async fn population_now(&self) -> Result<Population, StoreError> {
        self.repeated("counting open tasks and workflows", || async {
            let rows = query(&self.0.by_key, POPULATION, []).await?;
            let row = rows.first().ok_or_else(|| DbErr::Custom("no answer".to_owned()))?;
            Ok(Population {
                open_tasks: number(row, 0)?,
                namespaces: number(row, 1)?,
                workflows: number(row, 2)?,
            })
        })
        .await
    }

    pub(super) async fn tally_now(&self) -> Result<Tally, StoreError> {
        self.repeated("counting tasks and steps", || self.try_tally()).await
    }

    async fn try_tally(&self) -> Result<Tally, DbErr> {
        let now = self.now_in(&self.0.by_key).await?;
        let mut tally = Tally::empty(Timestamp::from_micros(now));
        for row in query(&self.0.by_key, TASKS, []).await? {
            tally.tasks.insert(parse_state(&row.try_get_by_index::<String>(0)?)?, number(&row, 1)?);
        }
        let badly = tally.tasks.iter().filter(|(state, _)| state.has_ended()).map(|(_, tasks)| tasks).sum();
        tally.tasks.insert(TaskState::Complete, self.complete(badly).await?);
        for row in query(&self.0.by_key, STEPS, [now.into()]).await? {
            let state: StepState = parse_state(&row.try_get_by_index::<String>(0)?)?;
            tally.steps.insert(state, number(&row, 1)?);
            tally.in_backoff += number(&row, 2)?;
        }
        let failed = FAILED.replace("{by_state}", if self.is_postgres() { "" } else { BY_STATE });
        if let Some(row) = query(&self.0.by_key, failed, [(Tally::LOOKED_AT as i64).into()]).await?.first() {
            (tally.exhausted, tally.failed_at_once) = (number(row, 0)?, number(row, 1)?);
        }
        if let Some(row) = query(&self.0.by_key, OTHERS, [now.into()]).await?.first() {
            tally.workers = number(row, 0)?;
            tally.oldest_waiting = row.try_get_by_index::<Option<Uuid>>(1)?.map(Into::into);
        }
        Ok(tally)
    }

    /// How many tasks are complete: those of the book, and those that ended since. Before there is a book, all that ended but not badly.
    async fn complete(&self, badly: u64) -> Result<u64, DbErr> {
        let Some(book) = Book::read(&self.0.by_key).await? else {
            let sql = "SELECT count(*) FROM tasker_tasks WHERE ended_at IS NOT NULL";
            let rows = query(&self.0.by_key, sql, []).await?;
            let ended = rows.first().map_or(Ok(0), |row| number(row, 0))?;
            return Ok(ended.saturating_sub(badly));
        };
        let (before, since) = (book.complete, book.counted_until().as_micros());
        let sql = "SELECT count(*) FROM tasker_tasks WHERE ended_at >= $1 AND state = 'complete'";
        let values: [Value; 1] = [since.into()];
        let rows = query(&self.0.by_key, sql, values).await?;
        let after = rows.first().map_or(Ok(0), |row| row.try_get_by_index::<i64>(0))?;
        Ok(u64::try_from(before + after).unwrap_or_default())
    }
}

fn number(row: &QueryResult, at: usize) -> Result<u64, DbErr> {
    Ok(row.try_get_by_index::<i64>(at)? as u64)
}
