//! The statements of the hot path, as SQLite reads them.
//!
//! Each takes a batch as JSON (see [`rows`](crate::rows)) and tells by `RETURNING` what it did. The parts of a
//! transaction run in one order everywhere: steps, then tasks, then history.

use std::fmt::Write;

/// Changes steps that a worker holds: the fence is in the `WHERE`.
/// Rows: task, step, revision, worker, new state, error kept?, error, result, due, attempts counted back, lost, transitions.
pub(crate) const CHANGE_STEPS: &str = "
UPDATE tasker_workflow_steps AS s SET
    state = c.state,
    error = CASE WHEN c.keep_error THEN s.error ELSE c.error END,
    result = c.result,
    run_at = coalesce(c.due, s.run_at),
    waiting_for = CASE WHEN c.due IS NULL THEN NULL ELSE 'time' END,
    attempt = s.attempt - c.uncounted,
    lost = s.lost + c.lost,
    revision = s.revision + c.transitions,
    worker_id = NULL
FROM (
    SELECT unhex(value->>0) AS task_id, value->>1 AS step_no, value->>2 AS revision, unhex(value->>3) AS worker_id,
           value->>4 AS state, value->>5 AS keep_error, value->>6 AS error, value->>7 AS result, value->>8 AS due,
           value->>9 AS uncounted, value->>10 AS lost, value->>11 AS transitions
    FROM json_each(?)
) AS c
WHERE s.task_id = c.task_id AND s.step_no = c.step_no AND s.revision = c.revision AND s.worker_id = c.worker_id
  AND s.state = 'in_progress'
RETURNING task_id, step_no";

/// Counts dependencies down. Rows: task, step, by how many.
pub(crate) const RELEASE_STEPS: &str = "
UPDATE tasker_workflow_steps AS s SET open_dependencies = s.open_dependencies - r.satisfied
FROM (SELECT unhex(value->>0) AS task_id, value->>1 AS step_no, value->>2 AS satisfied FROM json_each(?)) AS r
WHERE s.task_id = r.task_id AND s.step_no = r.step_no
RETURNING task_id, open_dependencies";

/// Counts the open and the active steps of tasks, and ends those in which nothing can go on.
/// Rows: task, steps done, change of the active ones; then the time.
pub(crate) const ADVANCE_TASKS: &str = "
UPDATE tasker_tasks AS t SET
    open_steps = t.open_steps - a.done,
    active_steps = t.active_steps + a.active,
    state = CASE WHEN t.open_steps = a.done THEN 'complete' WHEN t.active_steps + a.active = 0 THEN 'error' ELSE t.state END,
    ended_at = CASE WHEN t.open_steps = a.done OR t.active_steps + a.active = 0 THEN ?2 ELSE t.ended_at END,
    revision = t.revision + (t.open_steps = a.done OR t.active_steps + a.active = 0)
FROM (SELECT unhex(value->>0) AS task_id, value->>1 AS done, value->>2 AS active FROM json_each(?1)) AS a
WHERE t.id = a.task_id
RETURNING id, state, revision";

/// Marks tasks whose first step begins. Rows: task.
pub(crate) const BEGIN_TASKS: &str = "
UPDATE tasker_tasks SET state = 'in_progress', revision = revision + 1
WHERE id IN (SELECT unhex(value->>0) FROM json_each(?)) AND state = 'pending'
RETURNING id, revision";

/// Rows: task, revision, from, to; then the time.
pub(crate) const RECORD_TASK_TRANSITIONS: &str = "
INSERT INTO tasker_task_transitions (task_id, revision, from_state, to_state, created_at)
SELECT unhex(value->>0), value->>1, value->>2, value->>3, ?2 FROM json_each(?1)";

/// Rows: task, step, revision, from, to, attempt, worker, error; then the time.
pub(crate) const RECORD_STEP_TRANSITIONS: &str = "
INSERT INTO tasker_workflow_step_transitions
    (task_id, step_no, revision, from_state, to_state, attempt, worker_id, error, created_at)
SELECT unhex(value->>0), value->>1, value->>2, value->>3, value->>4, value->>5, unhex(value->>6), value->>7, ?2
FROM json_each(?1)";

/// The results that claimed steps read. Rows: task, step.
pub(crate) const RESULTS: &str = "
SELECT s.task_id, s.step_no, s.result
FROM json_each(?) AS r
JOIN tasker_workflow_steps AS s ON s.task_id = unhex(r.value->>0) AND s.step_no = r.value->>1
WHERE s.result IS NOT NULL";

/// Creates tasks. Rows: task, definition, identity, priority, open steps, active steps, context; then the time.
pub(crate) const CREATE_TASKS: &str = "
INSERT INTO tasker_tasks
    (id, definition_id, state, identity, priority, open_steps, active_steps, revision, context, created_at)
SELECT unhex(value->>0), value->>1, 'pending', value->>2, value->>3, value->>4, value->>5, 0, value->>6, ?2
FROM json_each(?1) WHERE true
ON CONFLICT DO NOTHING
RETURNING id";

/// Creates the steps of tasks of one definition. Rows: task, priority; then rows: step, named step, open dependencies,
/// retry limit; then the definition and the time.
pub(crate) const CREATE_STEPS: &str = "
INSERT INTO tasker_workflow_steps
    (task_id, step_no, named_step_id, definition_id, state, priority, open_dependencies, attempt, lost, retry_limit,
     run_at, revision)
SELECT unhex(t.value->>0), s.value->>0, s.value->>1, ?3, 'pending', t.value->>1, s.value->>2, 0, 0, s.value->>3, ?4, 0
FROM json_each(?1) AS t CROSS JOIN json_each(?2) AS s";

/// Which tasks exist, by id or by identity. Rows: task, identity.
pub(crate) const FIND_TASKS: &str = "
SELECT k.key, t.id
FROM json_each(?) AS k
JOIN tasker_tasks AS t ON t.id = unhex(k.value->>0) OR t.identity = k.value->>1";

/// The steps that workers hold. Rows: worker.
pub(crate) const HELD_STEPS: &str = "
SELECT s.task_id, s.step_no, s.attempt, s.revision, s.worker_id, s.definition_id, s.lost, s.retry_limit
FROM tasker_workflow_steps AS s
WHERE s.state = 'in_progress' AND s.worker_id IN (SELECT unhex(value->>0) FROM json_each(?))
ORDER BY s.task_id, s.step_no";

/// Gives ready steps to a worker. Written for a number of definitions, so that however many steps of other definitions wait,
/// each arm reads no more index entries than the limit.
/// Parameters: the worker, the limit, the time, then the definitions.
pub(crate) fn claim(definitions: usize) -> String {
    let mut arms = String::new();
    for arm in 0..definitions {
        let (union, definition) = (if arm == 0 { "" } else { " UNION ALL " }, arm + 4);
        let _ = write!(
            arms,
            "{union}SELECT * FROM (
                SELECT task_id, step_no, priority, run_at FROM tasker_workflow_steps
                WHERE definition_id = ?{definition} AND state = 'pending' AND open_dependencies = 0 AND waiting_for IS NULL
                ORDER BY priority DESC, run_at, task_id, step_no LIMIT ?2)
            UNION ALL SELECT * FROM (
                SELECT task_id, step_no, priority, run_at FROM tasker_workflow_steps
                WHERE definition_id = ?{definition} AND state = 'pending' AND waiting_for = 'time' AND run_at <= ?3
                ORDER BY run_at, task_id, step_no LIMIT ?2)"
        );
    }
    format!(
        "UPDATE tasker_workflow_steps SET
            state = 'in_progress', attempt = attempt + 1, worker_id = ?1, waiting_for = NULL, revision = revision + 1
        WHERE (task_id, step_no) IN (
            SELECT task_id, step_no FROM ({arms}) ORDER BY priority DESC, run_at, task_id, step_no LIMIT ?2)
          AND EXISTS (SELECT 1 FROM tasker_workers WHERE id = ?1)
        RETURNING task_id, step_no, definition_id, attempt, lost, retry_limit, revision,
            (SELECT state FROM tasker_tasks WHERE id = task_id), (SELECT context FROM tasker_tasks WHERE id = task_id)"
    )
}

/// Whether a step can be claimed now, and when the next one that waits for a time can be.
/// Parameters: the time, then the definitions.
pub(crate) fn outlook(definitions: usize) -> String {
    let (mut ready, mut due) = (String::from("0"), String::new());
    for arm in 0..definitions {
        let (union, definition) = (if arm == 0 { "" } else { " UNION ALL " }, arm + 2);
        let _ = write!(
            ready,
            " OR EXISTS (SELECT 1 FROM tasker_workflow_steps
                WHERE definition_id = ?{definition} AND state = 'pending' AND open_dependencies = 0 AND waiting_for IS NULL)
            OR EXISTS (SELECT 1 FROM tasker_workflow_steps
                WHERE definition_id = ?{definition} AND state = 'pending' AND waiting_for = 'time' AND run_at <= ?1)"
        );
        let _ = write!(
            due,
            "{union}SELECT * FROM (SELECT run_at FROM tasker_workflow_steps
                WHERE definition_id = ?{definition} AND state = 'pending' AND waiting_for = 'time' AND run_at > ?1
                ORDER BY run_at LIMIT 1)"
        );
    }
    format!("SELECT {ready}, (SELECT min(run_at) FROM ({due}))")
}
