//! Finished chains of five steps, in rows like those that the engine leaves behind.

use sea_orm::sqlx::{self, AssertSqlSafe, Connection, Executor, PgConnection, SqliteConnection};

use crate::Result;
use crate::bed::Kind;

/// How many tasks go into one transaction.
const AT_ONCE: usize = 5_000;

/// Numbers from `{first}` to `{last}` with the ids of their tasks, which look like those that clients make:
/// version 7, growing, and older than any that is made now. On SQLite.
const SQLITE_NEW: &str = "
WITH RECURSIVE number(n) AS (SELECT {first} UNION ALL SELECT n + 1 FROM number WHERE n < {last}),
new(n, id, at) AS (
    SELECT n, unhex(printf('%012x7%03x8%015x', 1750000000000 + n, n % 4096, n * 2654435761 % 4294967296)),
        1750000000000000 + n * 1000
    FROM number
)";

/// The same on PostgreSQL.
const POSTGRES_NEW: &str = "
WITH new(n, id, at) AS (
    SELECT n, (lpad(to_hex(1750000000000 + n), 12, '0') || '7' || lpad(to_hex(n % 4096), 3, '0') || '8'
            || lpad(to_hex(n * 2654435761 % 4294967296), 15, '0'))::uuid,
        1750000000000000 + n * 1000
    FROM generate_series({first}::bigint, {last}::bigint) AS n
)";

/// The steps as they are in the database, in order.
const PLAN: &str = "
SELECT d.id AS definition_id, s.id AS named_step_id,
    row_number() OVER (
        ORDER BY CASE s.name WHEN 'one' THEN 0 WHEN 'two' THEN 1 WHEN 'three' THEN 2 WHEN 'four' THEN 3 ELSE 4 END
    ) - 1 AS step_no
FROM tasker_definitions AS d, tasker_named_steps AS s";

const TASKS: &str = "
INSERT INTO tasker_tasks
    (id, definition_id, state, identity, priority, open_steps, active_steps, revision, context, created_at, ended_at)
SELECT id, (SELECT id FROM tasker_definitions), 'complete', NULL, 0, 0, 0, 2, '{\"number\":' || n || '}', at,
    at + 50000
FROM new";

const TASK_HISTORY: &str = "
INSERT INTO tasker_task_transitions (task_id, revision, from_state, to_state, created_at)
SELECT id, 1, 'pending', 'in_progress', at + 1000 FROM new
UNION ALL SELECT id, 2, 'in_progress', 'complete', at + 50000 FROM new";

const STEPS: &str = "
INSERT INTO tasker_workflow_steps
    (task_id, step_no, named_step_id, definition_id, state, priority, open_dependencies, attempt, lost, retry_limit, run_at,
     waiting_for, worker_id, revision, result, error)
SELECT new.id, p.step_no, p.named_step_id, p.definition_id, 'complete', 0, 0, 1, 0, 3, new.at, NULL, NULL, 2,
    '{\"text\":\"{text}\"}', NULL
FROM new CROSS JOIN ({plan}) AS p ORDER BY new.n, p.step_no";

const STEP_HISTORY: &str = "
INSERT INTO tasker_workflow_step_transitions
    (task_id, step_no, revision, from_state, to_state, attempt, worker_id, created_at, error)
SELECT new.id, p.step_no, r.revision, CASE r.revision WHEN 1 THEN 'pending' ELSE 'in_progress' END,
    CASE r.revision WHEN 1 THEN 'in_progress' ELSE 'complete' END, 1, {worker}, new.at + p.step_no * 10000, NULL
FROM new CROSS JOIN ({plan}) AS p CROSS JOIN (SELECT 1 AS revision UNION ALL SELECT 2) AS r
ORDER BY new.n / 100, p.step_no, r.revision, new.n";

/// Writes so many finished tasks.
pub(super) async fn fill(kind: Kind, url: &str, tasks: usize) -> Result<()> {
    let mut database = Any::connect(kind, url).await?;
    for first in (1..=tasks).step_by(AT_ONCE) {
        let last = tasks.min(first + AT_ONCE - 1);
        let statements =
            [TASKS, TASK_HISTORY, STEPS, STEP_HISTORY].map(|text| database.text(text, first, last));
        database.run(&format!("BEGIN; {}; COMMIT", statements.join("; "))).await?;
    }
    database.checkpoint().await
}

/// Fails if what was filled in and what the engine has written since can be told apart by anything but ids
/// and times.
pub(super) async fn check(kind: Kind, url: &str) -> Result<()> {
    let mut database = Any::connect(kind, url).await?;
    let kinds_of_rows = [
        (
            1,
            "definition_id, state, identity, priority, open_steps, active_steps, revision, ended_at IS NULL FROM tasker_tasks",
        ),
        (2, "revision, from_state, to_state FROM tasker_task_transitions"),
        (
            5,
            "step_no, named_step_id, definition_id, state, priority, open_dependencies, attempt, lost, retry_limit, waiting_for,
            worker_id, revision, result, error FROM tasker_workflow_steps",
        ),
        (
            10,
            "step_no, revision, from_state, to_state, attempt, worker_id IS NULL, error FROM tasker_workflow_step_transitions",
        ),
    ];
    for (expected, columns) in kinds_of_rows {
        let found =
            database.count(&format!("SELECT count(*) FROM (SELECT DISTINCT {columns}) AS kinds")).await?;
        if found != expected {
            return Err(format!("{found} kinds of rows instead of {expected}: {columns}").into());
        }
    }
    Ok(())
}

enum Any {
    Sqlite(SqliteConnection),
    Postgres(PgConnection),
}

impl Any {
    async fn connect(kind: Kind, url: &str) -> Result<Self> {
        Ok(match kind {
            Kind::Postgres => Self::Postgres(PgConnection::connect(url).await?),
            _ => Self::Sqlite(SqliteConnection::connect(url).await?),
        })
    }

    fn text(&self, statement: &str, first: usize, last: usize) -> String {
        let (new, worker) = match self {
            Self::Sqlite(_) => (SQLITE_NEW, "x'0197a1b2c3d47e5f8000000000000001'"),
            Self::Postgres(_) => (POSTGRES_NEW, "'0197a1b2-c3d4-7e5f-8000-000000000001'::uuid"),
        };
        let new = new.replace("{first}", &first.to_string()).replace("{last}", &last.to_string());
        let statement = statement.replace("{plan}", PLAN).replace("{worker}", worker);
        new + &statement.replace("{text}", &"x".repeat(180))
    }

    async fn run(&mut self, sql: &str) -> Result<()> {
        match self {
            Self::Sqlite(connection) => connection.execute(AssertSqlSafe(sql)).await.map(|_| ())?,
            Self::Postgres(connection) => connection.execute(AssertSqlSafe(sql)).await.map(|_| ())?,
        }
        Ok(())
    }

    /// Moves what was filled in to its place, so that nobody has to while others are measured.
    async fn checkpoint(&mut self) -> Result<()> {
        self.run(match self {
            Self::Sqlite(_) => "PRAGMA wal_checkpoint(TRUNCATE)",
            Self::Postgres(_) => "CHECKPOINT",
        })
        .await
    }

    async fn count(&mut self, sql: &str) -> Result<i64> {
        let query = sqlx::query_scalar(AssertSqlSafe(sql));
        Ok(match self {
            Self::Sqlite(connection) => query.fetch_one(connection).await?,
            Self::Postgres(connection) => {
                sqlx::query_scalar(AssertSqlSafe(sql)).fetch_one(connection).await?
            }
        })
    }
}
