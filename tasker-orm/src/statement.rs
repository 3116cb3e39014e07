//! The statements of the hot path, as SQLite reads them.
//!
//! Each takes a batch as JSON (see [`rows`](crate::rows)) and answers, if it does, with one row that holds a JSON array: the way
//! to the connection's thread and back costs more than a small statement, and so does every row that comes back. So
//! what can go together is one text of several statements, which share their parameters. Those are written `$1`, as names, because
//! SQLite also counts the places of numbered ones (`?6`) that a statement leaves out.

use std::fmt::Write;

/// Changes steps that a worker holds, and tells which: the places of their rows. The fence is the same in both statements.
/// Rows: task, step, revision, worker, new state, error kept?, error, result, due, attempts counted back, lost, transitions.
pub(crate) const CHANGE_STEPS: &str = "
SELECT json_group_array(c.key)
FROM json_each($1) AS c
JOIN tasker_workflow_steps AS s ON s.task_id = unhex(c.value->>0) AND s.step_no = c.value->>1
WHERE s.revision = c.value->>2 AND s.worker_id = unhex(c.value->>3) AND s.state = 'in_progress';

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
    FROM json_each($1)
) AS c
WHERE s.task_id = c.task_id AND s.step_no = c.step_no AND s.revision = c.revision AND s.worker_id = c.worker_id
  AND s.state = 'in_progress'";

/// Counts dependencies down, then the open and the active steps of the tasks, ends the tasks in which nothing can go on, and
/// tells which those are.
/// Parameters: rows of released steps (task, step, by how many); rows of tasks (task, steps done, change of the active ones
/// but for the released steps); the time.
pub(crate) const ADVANCE: &str = "
UPDATE tasker_workflow_steps AS s SET open_dependencies = s.open_dependencies - r.satisfied
FROM (SELECT unhex(value->>0) AS task_id, value->>1 AS step_no, value->>2 AS satisfied FROM json_each($1)) AS r
WHERE s.task_id = r.task_id AND s.step_no = r.step_no;

UPDATE tasker_tasks AS t SET
    open_steps = t.open_steps - a.done,
    active_steps = t.active_steps + a.active,
    state = CASE WHEN t.open_steps = a.done THEN 'complete' WHEN t.active_steps + a.active = 0 THEN 'error' ELSE t.state END,
    ended_at = CASE WHEN t.open_steps = a.done OR t.active_steps + a.active = 0 THEN $3 ELSE t.ended_at END,
    revision = t.revision + (t.open_steps = a.done OR t.active_steps + a.active = 0)
FROM (
    SELECT task_id, sum(done) AS done, sum(active) AS active FROM (
        SELECT unhex(value->>0) AS task_id, value->>1 AS done, value->>2 AS active FROM json_each($2)
        UNION ALL
        SELECT s.task_id, 0, 1
        FROM json_each($1) AS r
        JOIN tasker_workflow_steps AS s ON s.task_id = unhex(r.value->>0) AND s.step_no = r.value->>1
        WHERE s.open_dependencies = 0
    ) GROUP BY task_id
) AS a
WHERE t.id = a.task_id;

SELECT json_group_array(json_array(hex(t.id), t.state, t.revision))
FROM json_each($2) AS a
JOIN tasker_tasks AS t ON t.id = unhex(a.value->>0)
WHERE t.state NOT IN ('pending', 'in_progress')";

/// Gives steps to a worker, marks the tasks that begin with them, records what happened, and reads what the steps take.
/// Parameters: the worker; rows of claimed steps (task, step); rows of tasks that begin (task); rows of transitions of
/// steps (task, step, revision, from, to, attempt, worker, error); rows of transitions of tasks (task, revision, from, to);
/// rows of results to read (task, step); the time.
pub(crate) const FINISH: &str = "
UPDATE tasker_workflow_steps AS s SET
    state = 'in_progress', attempt = s.attempt + 1, worker_id = $1, waiting_for = NULL, revision = s.revision + 1
FROM (SELECT unhex(value->>0) AS task_id, value->>1 AS step_no FROM json_each($2)) AS c
WHERE s.task_id = c.task_id AND s.step_no = c.step_no;

UPDATE tasker_tasks SET state = 'in_progress', revision = revision + 1
WHERE id IN (SELECT unhex(value->>0) FROM json_each($3));

INSERT INTO tasker_workflow_step_transitions
    (task_id, step_no, revision, from_state, to_state, attempt, worker_id, error, created_at)
SELECT unhex(value->>0), value->>1, value->>2, value->>3, value->>4, value->>5, unhex(value->>6), value->>7, $7
FROM json_each($4);

INSERT INTO tasker_task_transitions (task_id, revision, from_state, to_state, created_at)
SELECT unhex(value->>0), value->>1, value->>2, value->>3, $7 FROM json_each($5);

SELECT json_group_array(json_array(hex(s.task_id), s.step_no, s.result))
FROM json_each($6) AS r
JOIN tasker_workflow_steps AS s ON s.task_id = unhex(r.value->>0) AND s.step_no = r.value->>1
WHERE s.result IS NOT NULL";

/// Creates tasks, and tells which were there before, by id or by identity: the places of their rows with their ids.
/// Rows: task, definition, identity, priority, open steps, active steps, context; then the time.
pub(crate) const CREATE_TASKS: &str = "
SELECT json_group_array(json_array(n.key, hex(t.id)))
FROM json_each($1) AS n
JOIN tasker_tasks AS t ON t.id = unhex(n.value->>0) OR t.identity = n.value->>2;

INSERT INTO tasker_tasks
    (id, definition_id, state, identity, priority, open_steps, active_steps, revision, context, created_at)
SELECT unhex(value->>0), value->>1, 'pending', value->>2, value->>3, value->>4, value->>5, 0, value->>6, $2
FROM json_each($1) WHERE true
ON CONFLICT DO NOTHING";

/// Creates the steps of tasks of one definition. Rows: task, priority; then rows: step, named step, open dependencies,
/// retry limit; then the definition and the time.
pub(crate) const CREATE_STEPS: &str = "
INSERT INTO tasker_workflow_steps
    (task_id, step_no, named_step_id, definition_id, state, priority, open_dependencies, attempt, lost, retry_limit,
     run_at, revision)
SELECT unhex(t.value->>0), s.value->>0, s.value->>1, $3, 'pending', t.value->>1, s.value->>2, 0, 0, s.value->>3, $4, 0
FROM json_each($1) AS t CROSS JOIN json_each($2) AS s";

/// The steps that workers hold. Rows: worker.
pub(crate) const HELD_STEPS: &str = "
SELECT s.task_id, s.step_no, s.attempt, s.revision, s.worker_id, s.definition_id, s.lost, s.retry_limit
FROM tasker_workflow_steps AS s
WHERE s.state = 'in_progress' AND s.worker_id IN (SELECT unhex(value->>0) FROM json_each($1))
ORDER BY s.task_id, s.step_no";

/// For how many definitions a statement is written at most: SQLite takes 500 parts of a `UNION`.
/// A worker of more asks for those of the first hundred first.
pub(crate) const MOST_DEFINITIONS: usize = 100;

/// The steps that a worker is to get, with their tasks. Written for a number of definitions, so that however many steps of other
/// definitions wait, each arm reads no more index entries than the limit.
/// Parameters: the worker, the limit, the time, then the definitions.
pub(crate) fn ready_steps(definitions: usize) -> String {
    let mut arms = String::new();
    for arm in 0..definitions {
        let (union, definition) = (if arm == 0 { "" } else { " UNION ALL " }, arm + 4);
        let _ = write!(
            arms,
            "{union}SELECT * FROM (
                SELECT task_id, step_no, priority, run_at FROM tasker_workflow_steps
                WHERE definition_id = ${definition} AND state = 'pending' AND open_dependencies = 0 AND waiting_for IS NULL
                ORDER BY priority DESC, run_at, task_id, step_no LIMIT $2)
            UNION ALL SELECT * FROM (
                SELECT task_id, step_no, priority, run_at FROM tasker_workflow_steps
                WHERE definition_id = ${definition} AND state = 'pending' AND waiting_for = 'time' AND run_at <= $3
                ORDER BY run_at, task_id, step_no LIMIT $2)"
        );
    }
    format!(
        "SELECT json_group_array(json_array(
            hex(s.task_id), s.step_no, s.definition_id, s.attempt, s.lost, s.retry_limit, s.revision,
            t.state, t.revision, t.context))
        FROM (
            SELECT task_id, step_no FROM ({arms}) ORDER BY priority DESC, run_at, task_id, step_no LIMIT $2
        ) AS c
        JOIN tasker_workflow_steps AS s ON s.task_id = c.task_id AND s.step_no = c.step_no
        JOIN tasker_tasks AS t ON t.id = c.task_id
        WHERE EXISTS (SELECT 1 FROM tasker_workers WHERE id = $1)"
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
                WHERE definition_id = ${definition} AND state = 'pending' AND open_dependencies = 0 AND waiting_for IS NULL)
            OR EXISTS (SELECT 1 FROM tasker_workflow_steps
                WHERE definition_id = ${definition} AND state = 'pending' AND waiting_for = 'time' AND run_at <= $1)"
        );
        let _ = write!(
            due,
            "{union}SELECT * FROM (SELECT run_at FROM tasker_workflow_steps
                WHERE definition_id = ${definition} AND state = 'pending' AND waiting_for = 'time' AND run_at > $1
                ORDER BY run_at LIMIT 1)"
        );
    }
    format!("SELECT {ready}, (SELECT min(run_at) FROM ({due}))")
}
