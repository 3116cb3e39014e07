-- Ends executions, releases the steps that waited for them, ends tasks, gives steps to a worker and records it all.
-- One statement, so one trip and one commit. All its parts see the tables as they were when it began; what they hand to one
-- another are the rows that they return. An update that had to wait for another transaction goes by the row as that one left it.
--
-- $1 the time, or null for the database's clock   $2 the worker that gets steps   $3-$12 the ends, by column
-- $13 the tasks to lock first   $14, $15, $16 of which definition how many steps, and how many ready ones to look at   $17 how many in all
-- $18-$22 the records of the ends, by column
--
-- Lines between `--[x` and `--]` are there only if the exchange has `ends`, `shared` tasks, has to make a `choice` or gives out `all` that it
-- releases, gives out what is `due`, or has somebody to `tell`, or `records` of
-- the ends to write: each node of a plan costs something, whether there are rows or not.
WITH
-- Who is forgotten gets nothing, and who gets something is not forgotten meanwhile.
me AS MATERIALIZED (SELECT id FROM tasker_workers WHERE id = $2 FOR KEY SHARE),
--[ends
given AS MATERIALIZED (
    SELECT * FROM unnest(
        $3::uuid[], $4::int[], $5::int[], $6::uuid[], $7::text[], $8::int[], $9::text[], $10::text[], $11::bigint[], $12::text[]
    ) WITH ORDINALITY AS g(task_id, step_no, revision, worker_id, state, kind, error, result, wait, dependents, ord)
),
--]
--[shared
-- Others may settle steps of the same tasks: everybody locks tasks in the same order, and before their steps.
locked AS MATERIALIZED (SELECT id FROM tasker_tasks WHERE id = ANY($13::uuid[]) ORDER BY id FOR UPDATE),
--]
--[ends
-- The fence: an end counts if the worker still holds this very execution. A step that a worker holds is in progress; the state is
-- not asked for, so that the planner finds the rows by their key and not by the index of all steps in progress.
ends AS (
    UPDATE tasker_workflow_steps AS s SET
        state = g.state,
        error = CASE WHEN g.kind = 1 THEN s.error ELSE nullif(g.error, '') END,
        result = nullif(g.result, ''),
        run_at = CASE WHEN g.wait < 0 THEN s.run_at ELSE {now} + g.wait END,
        waiting_for = CASE
            WHEN g.state <> 'pending' THEN NULL
            WHEN s.waiting_for = 'operator' THEN 'operator'
            WHEN g.wait >= 0 THEN 'time'
        END,
        attempt = s.attempt - (g.kind = 1)::int,
        lost = s.lost + (g.kind = 2)::int,
        revision = s.revision + CASE WHEN g.state = 'pending' AND g.kind <> 1 THEN 2 ELSE 1 END,
        worker_id = NULL
    FROM given AS g
    WHERE s.task_id = g.task_id AND s.step_no = g.step_no AND s.revision = g.revision AND s.worker_id = g.worker_id
--]
--[shared
      AND (SELECT count(*) FROM locked) >= 0
--]
--[ends
    RETURNING g.ord - 1 AS ord, g.task_id, g.step_no, g.revision, g.worker_id, g.state, g.kind, nullif(g.error, '') AS error,
        s.attempt + (g.kind = 1)::int AS attempt, g.dependents
),
released AS MATERIALIZED (
    SELECT e.task_id, d::int AS step_no, count(*)::int AS satisfied
    FROM ends AS e, unnest(string_to_array(e.dependents, ',')) AS d
    WHERE e.state IN ('complete', 'skipped') AND e.dependents <> ''
    GROUP BY 1, 2
),
--]
--[choice
rooms AS MATERIALIZED (
    SELECT * FROM unnest($14::bigint[], $15::int[], $16::int[]) AS r(definition_id, room, look)
    WHERE r.definition_id <> ALL (ARRAY(SELECT id FROM tasker_definitions WHERE paused))
),
-- The steps that could be given out: what is ready, what is due, and what is about to be released.
candidates AS (
    SELECT s.*, r.definition_id, r.room, 0 AS satisfied, false AS due, true AS free
    FROM rooms AS r, LATERAL (
        SELECT task_id, step_no, priority, run_at FROM tasker_workflow_steps
        WHERE definition_id = r.definition_id AND state = 'pending' AND open_dependencies = 0 AND waiting_for IS NULL
        ORDER BY priority DESC, run_at, task_id, step_no LIMIT r.look
    ) AS s
--]
--[choice due
    UNION ALL
    SELECT s.*, r.definition_id, r.room, 0, true, true
    FROM rooms AS r, LATERAL (
        SELECT task_id, step_no, priority, run_at FROM tasker_workflow_steps
        WHERE definition_id = r.definition_id AND state = 'pending' AND waiting_for = 'time' AND run_at <= {now}
        ORDER BY run_at, task_id, step_no LIMIT r.look
    ) AS s
--]
--[choice ends
    UNION ALL
    SELECT s.task_id, s.step_no, s.priority, s.run_at, s.definition_id, coalesce(r.room, 0), e.satisfied, false,
        s.open_dependencies = e.satisfied AND s.state = 'pending' AND s.waiting_for IS NULL
    FROM released AS e
    JOIN tasker_workflow_steps AS s ON s.task_id = e.task_id AND s.step_no = e.step_no
    LEFT JOIN rooms AS r ON r.definition_id = s.definition_id
--]
--[choice
),
-- Definitions take turns, so that a flood of one starves no other.
ranked AS (
    SELECT *, row_number() OVER (
        PARTITION BY free, definition_id ORDER BY priority DESC, run_at, task_id, step_no
    ) AS rank FROM candidates
),
placed AS MATERIALIZED (
    SELECT *, free AND rank <= room AND EXISTS (SELECT FROM me) AND row_number() OVER (
        ORDER BY free AND rank <= room DESC, priority DESC, rank, run_at, task_id, step_no
    ) <= $17 AS chosen FROM ranked
),
--]
--[ends
-- Of a step that several transactions release at once, the last one finds no open dependency left.
freed AS (
    UPDATE tasker_workflow_steps AS s SET
        open_dependencies = s.open_dependencies - p.satisfied,
        ready_at = {now},
        state = CASE WHEN {go} THEN 'in_progress' ELSE s.state END,
        attempt = s.attempt + ({go})::int,
        revision = s.revision + ({go})::int,
        worker_id = CASE WHEN {go} THEN $2 END
--]
--[ends choice
    FROM placed AS p WHERE p.satisfied > 0
--]
--[ends all
    FROM (
        SELECT r.*, EXISTS (SELECT FROM me) AND NOT (
            EXISTS (SELECT FROM tasker_definitions WHERE paused) AND EXISTS (
                SELECT FROM tasker_tasks AS t JOIN tasker_definitions AS d ON d.id = t.definition_id WHERE t.id = r.task_id AND d.paused
            )
        ) AS chosen FROM released AS r
    ) AS p WHERE true
--]
--[ends
      AND s.task_id = p.task_id AND s.step_no = p.step_no
    RETURNING s.task_id, s.step_no, s.definition_id, s.attempt, s.lost, s.retry_limit, s.revision, s.state, s.worker_id,
        s.open_dependencies, s.waiting_for, s.inputs, s.ready_at, s.run_at
),
--]
--[choice
wanted AS MATERIALIZED (
    SELECT definition_id, due, count(*) AS steps FROM placed WHERE chosen AND satisfied = 0 GROUP BY definition_id, due
),
picked AS MATERIALIZED (
    SELECT p.*, w.due FROM wanted AS w, LATERAL (
        SELECT s.task_id, s.step_no FROM tasker_workflow_steps AS s
        WHERE s.definition_id = w.definition_id AND s.state = 'pending' AND s.open_dependencies = 0 AND s.waiting_for IS NULL
        ORDER BY s.priority DESC, s.run_at, s.task_id, s.step_no LIMIT w.steps {skip_locked}
    ) AS p WHERE NOT w.due
--]
--[choice due
    UNION ALL
    -- Not simply those that were due first: they stand among the ready ones by their priority.
    SELECT p.*, w.due FROM wanted AS w, LATERAL (
        SELECT s.task_id, s.step_no FROM placed AS c
        JOIN tasker_workflow_steps AS s ON s.task_id = c.task_id AND s.step_no = c.step_no
        WHERE c.due AND c.definition_id = w.definition_id AND s.state = 'pending' AND s.waiting_for = 'time'
          AND s.run_at <= {now}
        ORDER BY c.rank LIMIT w.steps {skip_locked}
    ) AS p WHERE w.due
--]
--[choice
),
taken AS (
    UPDATE tasker_workflow_steps AS s SET
        state = 'in_progress', attempt = s.attempt + 1, revision = s.revision + 1, worker_id = $2, waiting_for = NULL
    FROM picked AS p
    WHERE s.task_id = p.task_id AND s.step_no = p.step_no AND s.state = 'pending' AND s.open_dependencies = 0
      AND (s.waiting_for IS NULL OR (s.waiting_for = 'time' AND s.run_at <= {now}))
    RETURNING s.task_id, s.step_no, s.definition_id, s.attempt, s.lost, s.retry_limit, s.revision, s.inputs, s.ready_at, s.run_at
),
--]
--[ends
tally AS (
    SELECT task_id, sum(done)::int AS done, sum(active)::int AS active FROM (
        SELECT task_id, (state IN ('complete', 'skipped'))::int AS done, -(state <> 'pending')::int AS active FROM ends
        UNION ALL
        SELECT task_id, 0, 1 FROM freed WHERE open_dependencies = 0 AND state IN ('pending', 'in_progress')
    ) AS changes GROUP BY task_id HAVING sum(done) <> 0 OR sum(active) <> 0 ORDER BY task_id
),
advanced AS (
    UPDATE tasker_tasks AS t SET
        open_steps = t.open_steps - a.done,
        active_steps = t.active_steps + a.active,
        state = CASE WHEN t.open_steps = a.done THEN 'complete' WHEN t.active_steps + a.active = 0 THEN 'error' ELSE t.state END,
        ended_at = CASE WHEN t.open_steps = a.done OR t.active_steps + a.active = 0 THEN {now} ELSE t.ended_at END,
        revision = t.revision + (t.open_steps = a.done OR t.active_steps + a.active = 0)::int
    FROM tally AS a WHERE t.id = a.task_id
    RETURNING t.id, t.state, t.revision
),
--]
--[choice
begun AS (
    UPDATE tasker_tasks AS t SET state = 'in_progress', revision = t.revision + 1
    FROM (SELECT DISTINCT task_id FROM taken ORDER BY task_id) AS b
    WHERE t.id = b.task_id AND t.state = 'pending'
    RETURNING t.id, t.revision
),
--]
claimed AS (
--[ends
    SELECT task_id, step_no, definition_id, attempt, lost, retry_limit, revision, inputs, ready_at, run_at FROM freed WHERE worker_id IS NOT NULL
--]
--[ends choice
    UNION ALL
--]
--[choice
    SELECT * FROM taken
--]
),
--[ends
left_over AS (
    SELECT count(*) AS steps FROM freed
    WHERE open_dependencies = 0 AND state = 'pending' AND waiting_for IS NULL
),
--]
--[records
-- With an end that counts, or not at all.
written AS MATERIALIZED (
    SELECT e.task_id, e.step_no, e.revision + 1 AS revision, w.*
    FROM unnest($18::int[], $19::bigint[], $20::text[], $21::text[], $22::int[]) AS w(ord, annotation_type_id, name, payload, place)
    JOIN ends AS e ON e.ord = w.ord
),
events AS (
    INSERT INTO tasker_events (task_id, step_no, revision, place, name, payload, created_at)
    SELECT task_id, step_no, revision, place, name, payload, {now} FROM written WHERE annotation_type_id < 0 ORDER BY ord, place
    RETURNING task_id, step_no, revision
),
annotations AS (
    INSERT INTO tasker_task_annotations (task_id, step_no, revision, place, annotation_type_id, annotation, created_at)
    SELECT task_id, step_no, revision, place, annotation_type_id, payload, {now} FROM written WHERE annotation_type_id >= 0
    ORDER BY ord, place
),
--]
step_history AS (
    INSERT INTO tasker_workflow_step_transitions
        (task_id, step_no, revision, from_state, to_state, attempt, worker_id, error, created_at)
--[ends
    SELECT task_id, step_no, revision + 1, 'in_progress', CASE WHEN state = 'pending' AND kind <> 1 THEN 'error' ELSE state END,
        attempt, worker_id, error, {now} FROM ends
    UNION ALL
    SELECT task_id, step_no, revision + 2, 'error', 'pending', attempt, worker_id, NULL, {now} FROM ends
    WHERE state = 'pending' AND kind <> 1
    UNION ALL
--]
    SELECT task_id, step_no, revision, 'pending', 'in_progress', attempt, $2, NULL, {now} FROM claimed
    RETURNING task_id, step_no, revision, from_state, to_state
),
task_history AS (
    INSERT INTO tasker_task_transitions (task_id, revision, from_state, to_state, created_at)
--[ends
    SELECT id, revision, 'in_progress', state, {now} FROM advanced WHERE state NOT IN ('pending', 'in_progress')
--]
--[ends choice
    UNION ALL
--]
--[choice
    SELECT id, revision, 'pending', 'in_progress', {now} FROM begun
--]
    RETURNING task_id, revision, from_state, to_state
),
-- For subscribers, if there are any. It is made of what was done, so its number is given under all the locks: of two transactions that
-- move the same task the later one has the higher number.
outbox AS (
    INSERT INTO tasker_outbox (entries, created_at)
    SELECT string_agg(uuid_send(task_id) || int8send(mark), ''), {now} FROM (
        SELECT task_id, {step_mark} AS mark FROM step_history
        UNION ALL
        SELECT task_id, {task_mark} FROM task_history
--[records
        UNION ALL
        SELECT task_id, {event_mark} FROM (SELECT DISTINCT * FROM events) AS e
--]
    ) AS done
    WHERE EXISTS (SELECT FROM tasker_subscriptions) HAVING count(*) > 0
)
--[tell
-- Others look for what was left to them, for what came back, and whether the task that they wait for has ended.
, told AS MATERIALIZED (SELECT pg_notify('tasker', '') WHERE (
    (SELECT steps FROM left_over) > 0 OR EXISTS (SELECT FROM ends WHERE state = 'pending')
    OR EXISTS (SELECT FROM advanced WHERE state NOT IN ('pending', 'in_progress'))
))
--]
SELECT 2 AS kind, c.step_no AS number, c.task_id, c.definition_id, c.attempt, c.lost, c.retry_limit, c.revision,
    coalesce(c.inputs, t.context), {now} - greatest(c.ready_at, c.run_at), t.correlation_id, t.traceparent
FROM claimed AS c JOIN tasker_tasks AS t ON t.id = c.task_id
--[ends
UNION ALL
SELECT 0, ord::int, NULL, 0, 0, 0, 0, 0, NULL, NULL, NULL, NULL FROM ends
UNION ALL
SELECT 1, (state = 'error')::int, id, 0, 0, 0, 0, 0, NULL, NULL, NULL, NULL FROM advanced WHERE state NOT IN ('pending', 'in_progress')
UNION ALL
SELECT 3, steps::int, NULL, 0, 0, 0, 0, 0, NULL, NULL, NULL, NULL FROM left_over WHERE steps > 0
--]
--[due
UNION ALL
SELECT 4, 0, NULL, 0, 0, 0, 0, 0, NULL, NULL, NULL, NULL FROM me
WHERE (SELECT count(*) FROM placed WHERE due) > (SELECT count(*) FROM picked WHERE due)
UNION ALL
SELECT 6, 0, NULL, min(s.run_at) - {now}, 0, 0, 0, 0, NULL, NULL, NULL, NULL
FROM rooms AS r, LATERAL (
    SELECT run_at FROM tasker_workflow_steps
    WHERE definition_id = r.definition_id AND state = 'pending' AND waiting_for = 'time' AND run_at > {now}
    ORDER BY run_at LIMIT 1
) AS s
HAVING min(s.run_at) IS NOT NULL
--]
--[tell
-- What nobody selects from is not done.
UNION ALL
SELECT 5, count(*)::int, NULL, 0, 0, 0, 0, 0, NULL, NULL, NULL, NULL FROM told
--]
