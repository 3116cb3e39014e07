//! On SQLite: one connection, statements with a list of values for a batch.

use std::time::Instant;

use sea_orm::sqlx::sqlite::{SqliteArguments, SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use sea_orm::sqlx::{self, Arguments, AssertSqlSafe, ConnectOptions, Executor, SqliteConnection};
use tasker::{Clock, SystemClock};
use uuid::Uuid;

use super::{AT_ONCE, CREATED_AT_ONCE, DEFINITION, Done, Installed, NAMED_STEPS, STEPS, WRITTEN, result};
use crate::Result;

struct Writer {
    connection: SqliteConnection,
    installed: Installed,
    worker: Uuid,
    result: String,
}

/// The key of a step and the revision of the execution that ends, with its result.
const COMPLETE: &str = "
UPDATE tasker_workflow_steps AS s SET
    state = 'complete', result = c.column4, error = NULL, waiting_for = NULL, worker_id = NULL, revision = s.revision + 1
FROM (VALUES {values}) AS c
WHERE s.task_id = c.column1 AND s.step_no = c.column2 AND s.revision = c.column3 AND +s.worker_id = ?
    AND +s.state = 'in_progress'";

/// The worker, then the keys of steps and of how many dependencies each is released.
const GIVE_OUT: &str = "
UPDATE tasker_workflow_steps AS s SET
    open_dependencies = s.open_dependencies - c.column3, state = 'in_progress', attempt = s.attempt + 1, worker_id = ?,
    revision = s.revision + 1
FROM (VALUES {values}) AS c
WHERE s.task_id = c.column1 AND s.step_no = c.column2";

const BEGIN_TASKS: &str = "
UPDATE tasker_tasks AS t SET state = 'in_progress', revision = t.revision + 1
FROM (VALUES {values}) AS c WHERE t.id = c.column1 AND t.state = 'pending'";

/// The time, then tasks and how many of their steps are active now that were not.
const COUNT_DOWN: &str = "
UPDATE tasker_tasks AS t SET
    open_steps = t.open_steps - 1,
    active_steps = t.active_steps + c.column2,
    state = CASE WHEN t.open_steps = 1 THEN 'complete' ELSE t.state END,
    ended_at = CASE WHEN t.open_steps = 1 THEN ? END,
    revision = t.revision + (t.open_steps = 1)
FROM (VALUES {values}) AS c WHERE t.id = c.column1";

const STEP_HISTORY: &str = "
INSERT INTO tasker_workflow_step_transitions
    (task_id, step_no, revision, from_state, to_state, attempt, worker_id, created_at) VALUES {values}";

const TASK_HISTORY: &str = "
INSERT INTO tasker_task_transitions (task_id, revision, from_state, to_state, created_at) VALUES {values}";

pub(super) async fn write(url: &str, ids: &[Uuid]) -> Result<Done> {
    let mut writer = Writer::connect(url).await?;
    let began = Instant::now();
    writer.write(ids).await?;
    let took = began.elapsed();
    let rows = sqlx::query_scalar(WRITTEN).fetch_one(&mut writer.connection).await?;
    Ok(Done { took, rows, log_bytes: None })
}

impl Writer {
    /// With the settings of the store.
    async fn connect(url: &str) -> Result<Self> {
        let options: SqliteConnectOptions = url.parse()?;
        let mut connection = options
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .pragma("cache_size", "-16000")
            .pragma("temp_store", "memory")
            .pragma("wal_autocheckpoint", "4000")
            .connect()
            .await?;
        let definition = sqlx::query_scalar(DEFINITION).fetch_one(&mut connection).await?;
        let named_steps: Vec<i64> = sqlx::query_scalar(NAMED_STEPS).fetch_all(&mut connection).await?;
        let named_steps = named_steps.try_into().map_err(|_| "the steps are not installed")?;
        let installed = Installed { definition, named_steps };
        Ok(Self { connection, installed, worker: Uuid::now_v7(), result: result() })
    }

    async fn write(&mut self, ids: &[Uuid]) -> Result<()> {
        for ids in ids.chunks(CREATED_AT_ONCE) {
            self.connection.execute("BEGIN IMMEDIATE").await?;
            self.create(ids).await?;
            self.connection.execute("COMMIT").await?;
        }
        for ids in ids.chunks(AT_ONCE) {
            self.connection.execute("BEGIN IMMEDIATE").await?;
            self.begin(ids).await?;
            self.connection.execute("COMMIT").await?;
            for step in 0..STEPS as i32 {
                self.connection.execute("BEGIN IMMEDIATE").await?;
                self.settle(ids, step).await?;
                self.connection.execute("COMMIT").await?;
            }
        }
        Ok(())
    }

    async fn create(&mut self, ids: &[Uuid]) -> Result<()> {
        let Installed { definition, named_steps } = &self.installed;
        let tasks = format!(
            "INSERT INTO tasker_tasks
                (id, definition_id, state, identity, priority, open_steps, active_steps, revision, context, created_at)
            SELECT column1, {definition}, 'pending', NULL, 0, {STEPS}, 1, 0, column2, column3 FROM (VALUES {{values}})"
        );
        let plan =
            named_steps.iter().enumerate().map(|(at, id)| format!("({at}, {id}, {})", i32::from(at > 0)));
        let steps = format!(
            "INSERT INTO tasker_workflow_steps
                (task_id, step_no, named_step_id, definition_id, state, priority, open_dependencies, attempt, lost,
                 retry_limit, run_at, revision)
            SELECT t.column1, p.column1, p.column2, {definition}, 'pending', 0, p.column3, 0, 0, 3, t.column2, 0
            FROM (VALUES {{values}}) AS t CROSS JOIN (VALUES {}) AS p",
            plan.collect::<Vec<_>>().join(", ")
        );
        let now = now();
        let mut arguments = Values::of(3);
        for (number, id) in ids.iter().enumerate() {
            arguments.row().id(*id)?.text(&format!("{{\"number\":{number}}}"))?.number(now)?;
        }
        self.run(&tasks, arguments).await?;
        let mut arguments = Values::of(2);
        for id in ids {
            arguments.row().id(*id)?.number(now)?;
        }
        self.run(&steps, arguments).await
    }

    async fn begin(&mut self, ids: &[Uuid]) -> Result<()> {
        let now = now();
        let (mut steps, mut tasks) = (Values::of(3), Values::of(1));
        let (mut step_history, mut task_history) = (Values::of(8), Values::of(5));
        steps.id(self.worker)?;
        for &id in ids {
            steps.row().id(id)?.number(0)?.number(0)?;
            tasks.row().id(id)?;
            step_history.transition((id, 0, 1), ["pending", "in_progress"], self.worker, now)?;
            task_history.row().id(id)?.number(1)?.text("pending")?.text("in_progress")?.number(now)?;
        }
        self.run(GIVE_OUT, steps).await?;
        self.run(BEGIN_TASKS, tasks).await?;
        self.run(STEP_HISTORY, step_history).await?;
        self.run(TASK_HISTORY, task_history).await
    }

    async fn settle(&mut self, ids: &[Uuid], step: i32) -> Result<()> {
        let now = now();
        let is_last = step as usize + 1 == STEPS;
        let (mut ends, mut next, mut tasks) = (Values::of(4), Values::of(3), Values::of(2));
        let (mut step_history, mut task_history) = (Values::of(8), Values::of(5));
        next.id(self.worker)?;
        tasks.number(now)?;
        for &id in ids {
            ends.row().id(id)?.number(step.into())?.number(1)?.text(&self.result)?;
            tasks.row().id(id)?.number(if is_last { -1 } else { 0 })?;
            step_history.transition((id, step, 2), ["in_progress", "complete"], self.worker, now)?;
            if is_last {
                task_history.row().id(id)?.number(2)?.text("in_progress")?.text("complete")?.number(now)?;
            } else {
                next.row().id(id)?.number((step + 1).into())?.number(1)?;
                step_history.transition((id, step + 1, 1), ["pending", "in_progress"], self.worker, now)?;
            }
        }
        ends.id(self.worker)?;
        self.run(COMPLETE, ends).await?;
        if !is_last {
            self.run(GIVE_OUT, next).await?;
        }
        self.run(COUNT_DOWN, tasks).await?;
        self.run(STEP_HISTORY, step_history).await?;
        if is_last {
            self.run(TASK_HISTORY, task_history).await?;
        }
        Ok(())
    }

    async fn run(&mut self, sql: &str, values: Values) -> Result<()> {
        let sql = sql.replace("{values}", &values.placeholders());
        sqlx::query_with(AssertSqlSafe(sql), values.arguments).execute(&mut self.connection).await?;
        Ok(())
    }
}

fn now() -> i64 {
    SystemClock.now().as_micros()
}

/// Arguments of a statement, most of them in rows of a list of values.
struct Values {
    arguments: SqliteArguments,
    rows: usize,
    width: usize,
}

impl Values {
    /// Rows of so many columns.
    fn of(width: usize) -> Self {
        Self { arguments: SqliteArguments::default(), rows: 0, width }
    }

    /// Begins the next row.
    fn row(&mut self) -> &mut Self {
        self.rows += 1;
        self
    }

    fn placeholders(&self) -> String {
        let row = format!("({})", vec!["?"; self.width].join(","));
        vec![row; self.rows].join(",")
    }

    fn id(&mut self, id: Uuid) -> Result<&mut Self> {
        self.arguments.add(id)?;
        Ok(self)
    }

    fn number(&mut self, number: i64) -> Result<&mut Self> {
        self.arguments.add(number)?;
        Ok(self)
    }

    fn text(&mut self, text: &str) -> Result<&mut Self> {
        self.arguments.add(text.to_owned())?;
        Ok(self)
    }

    /// A row of the history of a step.
    fn transition(
        &mut self,
        (task, step, revision): (Uuid, i32, i64),
        [from, to]: [&str; 2],
        worker: Uuid,
        now: i64,
    ) -> Result<()> {
        self.row().id(task)?.number(step.into())?.number(revision)?.text(from)?.text(to)?;
        self.number(1)?.id(worker)?.number(now)?;
        Ok(())
    }
}
