//! Tasks of three steps that ended in the last day, one after the other, in rows like those that the engine leaves behind: one of twenty was
//! retried, and one of a hundred failed for good.

use std::time::{SystemTime, UNIX_EPOCH};

use sea_orm::sqlx::{AssertSqlSafe, Connection, Executor, PgConnection, SqliteConnection};

use crate::Result;

/// How many workflows they are of.
pub(crate) const WORKFLOWS: u32 = 10;

/// How many tasks go into one transaction.
const AT_ONCE: u64 = 10_000;

const DAY: u64 = 86_400_000_000;

/// Number, id, when it was created, when it ended, and what it is like.
const SQLITE_NEW: &str = "
CREATE TEMP TABLE fresh AS
WITH RECURSIVE number(n) AS (SELECT {first} UNION ALL SELECT n + 1 FROM number WHERE n < {last}),
timed(n, ended, took) AS (
    SELECT n, {start} + n * {apart}, 50000 + (n * 2654435761 % 1000) * (n * 2654435761 % 1000) * 20 FROM number
)
SELECT n, unhex(printf('%012x7%03x8%015x', (ended - took) / 1000, n % 4096, n * 2654435761 % 4294967296)) AS id,
    ended - took AS at, ended, took, CASE WHEN n % 100 = 0 THEN 'failed' WHEN n % 20 = 1 THEN 'retried' ELSE 'plain' END AS kind
FROM timed";

const POSTGRES_NEW: &str = "
CREATE TEMP TABLE fresh AS
WITH timed(n, ended, took) AS (
    SELECT n, {start} + n * {apart}, 50000 + (n * 2654435761 % 1000) * (n * 2654435761 % 1000) * 20
    FROM generate_series({first}::bigint, {last}::bigint) AS n
)
SELECT n, (lpad(to_hex((ended - took) / 1000), 12, '0') || '7' || lpad(to_hex(n % 4096), 3, '0') || '8'
        || lpad(to_hex(n * 2654435761 % 4294967296), 15, '0'))::uuid AS id,
    ended - took AS at, ended, took, CASE WHEN n % 100 = 0 THEN 'failed' WHEN n % 20 = 1 THEN 'retried' ELSE 'plain' END AS kind
FROM timed";

/// The definition of a task: they take turns.
const DEFINITION: &str = "(SELECT min(id) FROM tasker_definitions) + f.n % {workflows}";

const TASKS: &str = "
INSERT INTO tasker_tasks
    (id, definition_id, state, identity, priority, open_steps, active_steps, revision, context, created_at, ended_at)
SELECT f.id, {definition}, CASE f.kind WHEN 'failed' THEN 'error' ELSE 'complete' END, NULL, 0,
    CASE f.kind WHEN 'failed' THEN 1 ELSE 0 END, 0, 2, '{\"number\":' || f.n || '}', f.at, f.ended
FROM fresh AS f ORDER BY f.n";

const TASK_HISTORY: &str = "
INSERT INTO tasker_task_transitions (task_id, revision, from_state, to_state, created_at)
SELECT id, 1, 'pending', 'in_progress', at + 1000 FROM fresh
UNION ALL SELECT id, 2, 'in_progress', CASE kind WHEN 'failed' THEN 'error' ELSE 'complete' END, ended FROM fresh";

/// The steps, and how many transitions each has: the second is the one that is retried, the last the one that fails.
const STEPS: &str = "
INSERT INTO tasker_workflow_steps
    (task_id, step_no, named_step_id, definition_id, state, priority, open_dependencies, attempt, lost, retry_limit, run_at,
     waiting_for, worker_id, revision, result, error)
SELECT f.id, s.step_no, (SELECT min(id) FROM tasker_named_steps) + s.step_no, {definition},
    CASE WHEN f.kind = 'failed' AND s.step_no = 2 THEN 'error' ELSE 'complete' END, 0, 0,
    CASE WHEN f.kind = 'retried' AND s.step_no = 1 THEN 2 ELSE 1 END, 0, 3, f.at, NULL, NULL, 2,
    '{\"text\":\"{text}\"}', NULL
FROM fresh AS f CROSS JOIN (SELECT 0 AS step_no UNION ALL SELECT 1 UNION ALL SELECT 2) AS s ORDER BY f.n, s.step_no";

/// Of each kind of step: the transitions, and after how many tenths of the time that a step has.
const STEP_HISTORY: &str = "
INSERT INTO tasker_workflow_step_transitions
    (task_id, step_no, revision, from_state, to_state, attempt, worker_id, created_at, error)
SELECT f.id, s.step_no, r.revision, r.from_state, r.to_state, r.attempt, {worker}, f.at + f.took * (s.step_no * 10 + r.tenths) / 30,
    CASE r.to_state WHEN 'error' THEN '{\"message\":\"the gateway is busy\",\"kind\":\"retryable\",\"code\":\"BUSY\"}' END
FROM fresh AS f
CROSS JOIN (SELECT 0 AS step_no UNION ALL SELECT 1 UNION ALL SELECT 2) AS s
JOIN (
    SELECT 'plain' AS kind, 1 AS revision, 'pending' AS from_state, 'in_progress' AS to_state, 1 AS attempt, 1 AS tenths
    UNION ALL SELECT 'plain', 2, 'in_progress', 'complete', 1, 10
    UNION ALL SELECT 'failed', 1, 'pending', 'in_progress', 1, 1
    UNION ALL SELECT 'failed', 2, 'in_progress', 'error', 1, 10
    UNION ALL SELECT 'retried', 1, 'pending', 'in_progress', 1, 1
    UNION ALL SELECT 'retried', 2, 'in_progress', 'error', 1, 4
    UNION ALL SELECT 'retried', 3, 'error', 'pending', 1, 4
    UNION ALL SELECT 'retried', 4, 'pending', 'in_progress', 2, 6
    UNION ALL SELECT 'retried', 5, 'in_progress', 'complete', 2, 10
) AS r ON r.kind = CASE
    WHEN f.kind = 'retried' AND s.step_no = 1 THEN 'retried' WHEN f.kind = 'failed' AND s.step_no = 2 THEN 'failed' ELSE 'plain' END
ORDER BY f.n / 100, s.step_no, r.revision, f.n";

enum Any {
    Sqlite(SqliteConnection),
    Postgres(PgConnection),
}

impl Any {
    async fn run(&mut self, sql: &str) -> Result<()> {
        match self {
            Self::Sqlite(connection) => connection.execute(AssertSqlSafe(sql)).await.map(|_| ())?,
            Self::Postgres(connection) => connection.execute(AssertSqlSafe(sql)).await.map(|_| ())?,
        }
        Ok(())
    }
}

/// Writes so many tasks, the last of which ended just now.
pub(crate) async fn fill(url: &str, tasks: u64) -> Result<()> {
    let mut database = if url.starts_with("sqlite") {
        Any::Sqlite(SqliteConnection::connect(url).await?)
    } else {
        Any::Postgres(PgConnection::connect(url).await?)
    };
    let (new, worker, end) = match &database {
        Any::Sqlite(_) => {
            (SQLITE_NEW, "x'0197a1b2c3d47e5f8000000000000001'", "PRAGMA wal_checkpoint(TRUNCATE)")
        }
        Any::Postgres(_) => (POSTGRES_NEW, "'0197a1b2-c3d4-7e5f-8000-000000000001'::uuid", "CHECKPOINT"),
    };
    let now = SystemTime::now().duration_since(UNIX_EPOCH)?.as_micros() as u64;
    for first in (1..=tasks).step_by(AT_ONCE as usize) {
        let numbers = [
            ("{first}", first),
            ("{last}", tasks.min(first + AT_ONCE - 1)),
            ("{start}", now - DAY),
            ("{apart}", DAY / tasks),
            ("{workflows}", WORKFLOWS.into()),
        ];
        let mut text =
            ["BEGIN", new, TASKS, TASK_HISTORY, STEPS, STEP_HISTORY, "DROP TABLE fresh", "COMMIT"].join("; ");
        text = text
            .replace("{definition}", DEFINITION)
            .replace("{worker}", worker)
            .replace("{text}", &"x".repeat(60));
        for (name, number) in numbers {
            text = text.replace(name, &number.to_string());
        }
        database.run(&text).await?;
    }
    database.run(end).await
}
