-- What an exchange works with. Nobody else sees these tables; they live in memory.
CREATE TEMP TABLE IF NOT EXISTS tasker_ends (
    ord INTEGER PRIMARY KEY, task_id, step_no, attempt, revision, worker_id, state, kind, error, result, due, dependents
);
CREATE TEMP TABLE IF NOT EXISTS tasker_released (
    task_id, step_no, satisfied, definition_id, priority, run_at, active, free, PRIMARY KEY (task_id, step_no)
) WITHOUT ROWID;
CREATE TEMP TABLE IF NOT EXISTS tasker_candidates (task_id, step_no, definition_id, priority, run_at, room, due, released);
CREATE TEMP TABLE IF NOT EXISTS tasker_chosen (
    task_id, step_no, due, released, PRIMARY KEY (task_id, step_no)
) WITHOUT ROWID;
