-- Procedures, as far as SQLite has such: an insert into a view does what the view's triggers say, as one statement and so as a
-- transaction of its own, which takes the lock of the writers from its start, and of which nothing is left if it fails. What
-- it answers lies in `tasker_answer` when it is done.
--
-- All of this belongs to one connection, the one that writes; nobody else sees it. The tables live in memory. Made when the tables of
-- the database may not be there yet, it does not name them before it runs; but a table that it names cannot be dropped and another be
-- renamed to it on this connection, unless `PRAGMA legacy_alter_table` is on.
CREATE TEMP TABLE tasker_answer (json);

-- Ends executions, releases the steps that waited for them, ends tasks, gives steps to a worker and records it all.
--
-- `ends`: task, step, revision, worker, new state, kind, error, result, wait, dependents   `rooms`: definition, how many of its steps
-- `worker_id`: who gets steps   `room`: how many in all   `now`: the time   `ready`, `due`: whether steps that were ready before,
-- and those whose time has come, are given out   `turns`: whether the turn is passed in sequential tasks
-- `records`: null, or what the ends write: which end, annotation type or null for an event, name, payload, place
CREATE TEMP VIEW tasker_exchange (ends, rooms, worker_id, room, now, ready, due, turns, records) AS
SELECT NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL;

-- Its parts: what could be given out of a definition's steps, as many as there is room for; which of that is given out, of how many
-- definitions; the turn; the records; what subscribers hear of.
CREATE TEMP VIEW tasker_rooms (definition_id, room, now, ready, due) AS SELECT NULL, NULL, NULL, NULL, NULL;
CREATE TEMP VIEW tasker_choice (rooms, worker_id, room) AS SELECT NULL, NULL, NULL;
CREATE TEMP VIEW tasker_turns (turns, now) AS SELECT NULL, NULL;
CREATE TEMP VIEW tasker_records (records, now) AS SELECT NULL, NULL;
CREATE TEMP VIEW tasker_publication (records, now) AS SELECT NULL, NULL;

-- Creates tasks with their steps.
--
-- `tasks`: id, definition, identity, priority, context   `steps`: of each definition: definition, number, named step, open
-- dependencies, retry limit, what it waits for   `now`: the time
-- `attributes`: null, or of the tasks that have some: id, initiator, source system, reason, when it was asked for, tags, correlation id,
-- trace parent
CREATE TEMP VIEW tasker_create (tasks, steps, now, attributes) AS SELECT NULL, NULL, NULL, NULL;

-- What the statements of an exchange hand to one another; empty before and after.
CREATE TEMP TABLE tasker_ends (
    ord INTEGER PRIMARY KEY, task_id, step_no, attempt, revision, worker_id, state, kind, error, result, due, dependents
);
-- `satisfied`: how many of its dependencies are complete now.
CREATE TEMP TABLE tasker_released (
    task_id, step_no, satisfied, definition_id, priority, run_at, active, free, PRIMARY KEY (task_id, step_no)
) WITHOUT ROWID;
-- `satisfied` is 0 unless the step is one of those that are released.
CREATE TEMP TABLE tasker_candidates (task_id, step_no, definition_id, priority, run_at, room, due, satisfied);
CREATE TEMP TABLE tasker_chosen (
    task_id, step_no, due, satisfied, PRIMARY KEY (task_id, step_no)
) WITHOUT ROWID;
-- What becomes of tasks.
CREATE TEMP TABLE tasker_moved (task_id, open_steps, active_steps, revision, from_state, to_state);
-- What has become of steps, when their rows are written.
CREATE TEMP VIEW tasker_steps_moved (task_id, step_no, revision, from_state, to_state, attempt, worker_id, error) AS
SELECT task_id, step_no, revision + 1, 'in_progress', iif(state = 'pending' AND kind <> 1, 'error', state), attempt, worker_id, error
FROM tasker_ends
UNION ALL
SELECT task_id, step_no, revision + 2, 'error', 'pending', attempt, worker_id, NULL FROM tasker_ends
WHERE state = 'pending' AND kind <> 1
UNION ALL
SELECT s.task_id, s.step_no, s.revision, 'pending', 'in_progress', s.attempt, s.worker_id, NULL
FROM tasker_chosen AS c CROSS JOIN tasker_workflow_steps AS s ON s.task_id = c.task_id AND s.step_no = c.step_no;

CREATE TEMP TRIGGER tasker_created INSTEAD OF INSERT ON tasker_create
BEGIN
    DELETE FROM tasker_answer;
    {create}
END;
