//! On PostgreSQL: one prepared statement for each transaction, with arrays for a batch.

use std::time::Instant;

use sea_orm::sqlx::postgres::PgConnectOptions;
use sea_orm::sqlx::{self, ConnectOptions, Connection, Executor, PgConnection};
use tasker::{Clock, SystemClock};
use uuid::Uuid;

use super::{AT_ONCE, CREATED_AT_ONCE, DEFINITION, Done, Installed, NAMED_STEPS, STEPS, WRITTEN, result};
use crate::Result;
use crate::postgres::Observer;

struct Writer {
    connection: PgConnection,
    installed: Installed,
    worker: Uuid,
    result: String,
}

/// From the rows of a batch to the rows of a table by their key, as the store does.
const PLANS: &str = "
SET plan_cache_mode = force_generic_plan; SET enable_seqscan = off; SET enable_bitmapscan = off;
SET enable_hashjoin = off; SET enable_mergejoin = off; SET jit = off";

/// $1 tasks   $2 contexts   $3 the definition   $4 named steps   $5 the time
const CREATE: &str = "
WITH new AS MATERIALIZED (SELECT * FROM unnest($1::uuid[], $2::text[]) AS n(id, context)),
tasks AS (
    INSERT INTO tasker_tasks
        (id, definition_id, state, identity, priority, open_steps, active_steps, revision, context, created_at)
    SELECT id, $3, 'pending', NULL, 0, cardinality($4::bigint[]), 1, 0, context, $5 FROM new
)
INSERT INTO tasker_workflow_steps
    (task_id, step_no, named_step_id, definition_id, state, priority, open_dependencies, attempt, lost, retry_limit, run_at,
     revision)
SELECT n.id, p.ord - 1, p.named_step_id, $3, 'pending', 0, (p.ord > 1)::int, 0, 0, 3, $5, 0
FROM new AS n CROSS JOIN unnest($4::bigint[]) WITH ORDINALITY AS p(named_step_id, ord)";

/// $1 tasks   $2 the worker   $3 the time
const BEGIN: &str = "
WITH new AS MATERIALIZED (SELECT id FROM unnest($1::uuid[]) AS n(id)),
given AS (
    UPDATE tasker_workflow_steps AS s SET
        state = 'in_progress', attempt = s.attempt + 1, worker_id = $2, revision = s.revision + 1
    FROM new AS n WHERE s.task_id = n.id AND s.step_no = 0 AND s.state = 'pending'
),
begun AS (
    UPDATE tasker_tasks AS t SET state = 'in_progress', revision = t.revision + 1
    FROM new AS n WHERE t.id = n.id AND t.state = 'pending'
),
history AS (
    INSERT INTO tasker_workflow_step_transitions
        (task_id, step_no, revision, from_state, to_state, attempt, worker_id, created_at)
    SELECT id, 0, 1, 'pending', 'in_progress', 1, $2, $3 FROM new
)
INSERT INTO tasker_task_transitions (task_id, revision, from_state, to_state, created_at)
SELECT id, 1, 'pending', 'in_progress', $3 FROM new";

/// $1 tasks   $2 the worker   $3 the time   $4 the step   $5 results   $6 whether it is the last step
const SETTLE: &str = "
WITH ends AS MATERIALIZED (SELECT * FROM unnest($1::uuid[], $5::text[]) AS e(id, result)),
complete AS (
    UPDATE tasker_workflow_steps AS s SET
        state = 'complete', result = e.result, error = NULL, waiting_for = NULL, worker_id = NULL, revision = s.revision + 1
    FROM ends AS e
    WHERE s.task_id = e.id AND s.step_no = $4 AND s.revision = 1 AND s.worker_id = $2 AND s.state = 'in_progress'
),
next AS (
    UPDATE tasker_workflow_steps AS s SET
        open_dependencies = s.open_dependencies - 1, state = 'in_progress', attempt = s.attempt + 1, worker_id = $2,
        revision = s.revision + 1
    FROM ends AS e WHERE s.task_id = e.id AND s.step_no = $4 + 1
),
counted AS (
    UPDATE tasker_tasks AS t SET
        open_steps = t.open_steps - 1,
        active_steps = t.active_steps - $6::int,
        state = CASE WHEN t.open_steps = 1 THEN 'complete' ELSE t.state END,
        ended_at = CASE WHEN t.open_steps = 1 THEN $3 END,
        revision = t.revision + (t.open_steps = 1)::int
    FROM ends AS e WHERE t.id = e.id
),
history AS (
    INSERT INTO tasker_workflow_step_transitions
        (task_id, step_no, revision, from_state, to_state, attempt, worker_id, created_at)
    SELECT id, $4, 2, 'in_progress', 'complete', 1, $2, $3 FROM ends
    UNION ALL
    SELECT id, $4 + 1, 1, 'pending', 'in_progress', 1, $2, $3 FROM ends WHERE NOT $6
)
INSERT INTO tasker_task_transitions (task_id, revision, from_state, to_state, created_at)
SELECT id, 2, 'in_progress', 'complete', $3 FROM ends WHERE $6";

/// Each connection has tasks of its own.
pub(super) async fn write(url: &str, ids: &[Uuid], connections: u32) -> Result<Done> {
    let share = ids.len().div_ceil(connections as usize);
    let mut writers = Vec::new();
    for ids in ids.chunks(share) {
        writers.push((Writer::connect(url).await?, ids.to_vec()));
    }
    let mut observer = Observer::connect(url).await?;
    observer.checkpoint().await?;
    let log_bytes = observer.log_bytes().await?;
    let began = Instant::now();
    let writers = writers.into_iter().map(|(writer, ids)| tokio::spawn(writer.write(ids)));
    for writer in writers.collect::<Vec<_>>() {
        writer.await??;
    }
    let took = began.elapsed();
    let log_bytes = Some(observer.log_bytes().await? - log_bytes);
    let mut connection = PgConnection::connect(url).await?;
    let rows = sqlx::query_scalar(WRITTEN).fetch_one(&mut connection).await?;
    Ok(Done { took, rows, log_bytes })
}

impl Writer {
    async fn connect(url: &str) -> Result<Self> {
        let mut connection = url.parse::<PgConnectOptions>()?.connect().await?;
        connection.execute(PLANS).await?;
        let definition = sqlx::query_scalar(DEFINITION).fetch_one(&mut connection).await?;
        let named_steps: Vec<i64> = sqlx::query_scalar(NAMED_STEPS).fetch_all(&mut connection).await?;
        let named_steps = named_steps.try_into().map_err(|_| "the steps are not installed")?;
        let installed = Installed { definition, named_steps };
        Ok(Self { connection, installed, worker: Uuid::now_v7(), result: result() })
    }

    async fn write(mut self, ids: Vec<Uuid>) -> Result<()> {
        for ids in ids.chunks(CREATED_AT_ONCE) {
            self.create(ids).await?;
        }
        for ids in ids.chunks(AT_ONCE) {
            let begin = sqlx::query(BEGIN).bind(ids).bind(self.worker).bind(now());
            begin.execute(&mut self.connection).await?;
            let results = vec![self.result.as_str(); ids.len()];
            for step in 0..STEPS as i32 {
                let settle = sqlx::query(SETTLE).bind(ids).bind(self.worker).bind(now());
                let settle = settle.bind(step).bind(&results).bind(step as usize + 1 == STEPS);
                settle.execute(&mut self.connection).await?;
            }
        }
        Ok(())
    }

    async fn create(&mut self, ids: &[Uuid]) -> Result<()> {
        let contexts: Vec<String> = (0..ids.len()).map(|number| format!("{{\"number\":{number}}}")).collect();
        let Installed { definition, named_steps } = &self.installed;
        let create = sqlx::query(CREATE).bind(ids).bind(contexts).bind(*definition);
        create.bind(named_steps.to_vec()).bind(now()).execute(&mut self.connection).await?;
        Ok(())
    }
}

fn now() -> i64 {
    SystemClock.now().as_micros()
}
