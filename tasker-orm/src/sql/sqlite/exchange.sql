-- Ends executions, releases the steps that waited for them, ends tasks, gives steps to a worker and records it all.
-- Several statements in one text, so one trip to the connection's thread; what they hand to one another lies in the temporary tables
-- of `prepare.sql`. Nobody else writes in between. A bare parameter as a limit would be looked at by the planner, and the statement prepared
-- anew each time; hence `abs`.
--
-- $1 the ends   $2 how many steps of which definition   $3 the worker that gets steps   $4 how many in all   $5 the time
-- from $6 on: definition, how many steps of it
--
-- Lines between `--[x` and `--]` are there only if the exchange has `ends`, or sequential tasks in which the turn is
-- passed, or gives steps of `many` definitions, or of `one`.
DELETE FROM tasker_ends;
DELETE FROM tasker_released;
DELETE FROM tasker_candidates;
DELETE FROM tasker_chosen;
--[ends

-- The fence: an end counts if the worker still holds this very execution.
INSERT INTO tasker_ends
SELECT g.key, s.task_id, s.step_no, s.attempt, s.revision, s.worker_id, g.value->>4, g.value->>5, g.value->>6, g.value->>7,
    $5 + (g.value->>8), g.value->>9
FROM json_each($1) AS g
CROSS JOIN tasker_workflow_steps AS s ON s.task_id = unhex(g.value->>0) AND s.step_no = g.value->>1
WHERE s.revision = g.value->>2 AND +s.worker_id = unhex(g.value->>3) AND +s.state = 'in_progress';

INSERT INTO tasker_released
SELECT s.task_id, s.step_no, count(*), s.definition_id, s.priority, s.run_at,
    s.open_dependencies = count(*) AND s.state = 'pending',
    s.open_dependencies = count(*) AND s.state = 'pending' AND s.waiting_for IS NULL
FROM tasker_ends AS e
CROSS JOIN json_each(e.dependents) AS d
CROSS JOIN tasker_workflow_steps AS s ON s.task_id = e.task_id AND s.step_no = d.value
WHERE e.state = 'complete'
GROUP BY s.task_id, s.step_no;
--]

-- The steps that could be given out: what is ready, what is due, and what is about to be released.
--{arms}
--[ends
INSERT INTO tasker_candidates
SELECT e.task_id, e.step_no, e.definition_id, e.priority, e.run_at, r.value->>1, 0, 1
FROM tasker_released AS e JOIN json_each($2) AS r ON r.value->>0 = e.definition_id
WHERE e.free;

--]
--[many
-- Definitions take turns, so that a flood of one starves no other.
INSERT INTO tasker_chosen
SELECT task_id, step_no, due, released FROM (
    SELECT *, row_number() OVER (PARTITION BY definition_id ORDER BY priority DESC, run_at, task_id, step_no) AS rank
    FROM tasker_candidates
)
WHERE rank <= room AND EXISTS (SELECT 1 FROM tasker_workers WHERE id = $3)
ORDER BY priority DESC, rank, run_at, task_id, step_no LIMIT abs($4);
--]
--[one
INSERT INTO tasker_chosen
SELECT task_id, step_no, due, released FROM tasker_candidates
WHERE EXISTS (SELECT 1 FROM tasker_workers WHERE id = $3)
ORDER BY priority DESC, run_at, task_id, step_no LIMIT min($4, $7);
--]
--[ends
UPDATE tasker_workflow_steps AS s SET
    state = e.state,
    error = CASE WHEN e.kind = 1 THEN s.error ELSE e.error END,
    result = e.result,
    run_at = coalesce(e.due, s.run_at),
    waiting_for = CASE
        WHEN e.state <> 'pending' THEN NULL
        WHEN s.waiting_for = 'operator' THEN 'operator'
        WHEN e.due IS NOT NULL THEN 'time'
    END,
    attempt = s.attempt - (e.kind = 1),
    lost = s.lost + (e.kind = 2),
    revision = s.revision + CASE WHEN e.state = 'pending' AND e.kind <> 1 THEN 2 ELSE 1 END,
    worker_id = NULL
FROM tasker_ends AS e WHERE s.task_id = e.task_id AND s.step_no = e.step_no;

UPDATE tasker_workflow_steps AS s SET
    open_dependencies = s.open_dependencies - r.satisfied,
    state = iif(r.chosen, 'in_progress', s.state),
    attempt = s.attempt + r.chosen,
    revision = s.revision + r.chosen,
    worker_id = iif(r.chosen, $3, NULL)
FROM (
    SELECT r.task_id, r.step_no, r.satisfied, c.step_no IS NOT NULL AS chosen
    FROM tasker_released AS r LEFT JOIN tasker_chosen AS c ON c.task_id = r.task_id AND c.step_no = r.step_no
) AS r WHERE s.task_id = r.task_id AND s.step_no = r.step_no;
--]

UPDATE tasker_workflow_steps AS s SET
    state = 'in_progress', attempt = s.attempt + 1, revision = s.revision + 1, worker_id = $3, waiting_for = NULL
FROM tasker_chosen AS c WHERE NOT c.released AND s.task_id = c.task_id AND s.step_no = c.step_no;

--[ends
UPDATE tasker_tasks AS t SET
    open_steps = t.open_steps - a.done,
    active_steps = t.active_steps + a.active,
    state = CASE WHEN t.open_steps = a.done THEN 'complete' WHEN t.active_steps + a.active = 0 THEN 'error' ELSE t.state END,
    ended_at = CASE WHEN t.open_steps = a.done OR t.active_steps + a.active = 0 THEN $5 ELSE t.ended_at END,
    revision = t.revision + (t.open_steps = a.done OR t.active_steps + a.active = 0)
FROM (
    SELECT task_id, sum(done) AS done, sum(active) AS active FROM (
        SELECT task_id, state = 'complete' AS done, -(state <> 'pending') AS active FROM tasker_ends
        UNION ALL
        SELECT task_id, 0, 1 FROM tasker_released WHERE active
    ) GROUP BY task_id
) AS a WHERE t.id = a.task_id AND (a.done <> 0 OR a.active <> 0);
--]

INSERT INTO tasker_task_transitions (task_id, revision, from_state, to_state, created_at)
SELECT id, revision, 'in_progress', state, $5 FROM tasker_tasks
WHERE id IN (SELECT task_id FROM tasker_ends) AND state NOT IN ('pending', 'in_progress')
UNION ALL
SELECT id, revision + 1, state, 'in_progress', $5 FROM tasker_tasks
WHERE id IN (SELECT task_id FROM tasker_chosen WHERE NOT released) AND state = 'pending';

UPDATE tasker_tasks SET state = 'in_progress', revision = revision + 1
WHERE id IN (SELECT task_id FROM tasker_chosen WHERE NOT released) AND state = 'pending';

INSERT INTO tasker_workflow_step_transitions
    (task_id, step_no, revision, from_state, to_state, attempt, worker_id, error, created_at)
SELECT task_id, step_no, revision + 1, 'in_progress', iif(state = 'pending' AND kind <> 1, 'error', state), attempt, worker_id,
    error, $5 FROM tasker_ends
UNION ALL
SELECT task_id, step_no, revision + 2, 'error', 'pending', attempt, worker_id, NULL, $5 FROM tasker_ends
WHERE state = 'pending' AND kind <> 1
UNION ALL
SELECT s.task_id, s.step_no, s.revision, 'pending', 'in_progress', s.attempt, $3, NULL, $5
FROM tasker_chosen AS c CROSS JOIN tasker_workflow_steps AS s ON s.task_id = c.task_id AND s.step_no = c.step_no;

--[turns
{pass_turns};
--]
SELECT json_array(
    (SELECT json_group_array(ord) FROM tasker_ends),
    (SELECT json_group_array(hex(id)) FROM tasker_tasks
     WHERE id IN (SELECT task_id FROM tasker_ends) AND state NOT IN ('pending', 'in_progress')),
    (SELECT json_group_array(json_array(
        hex(s.task_id), s.step_no, s.definition_id, s.attempt, s.lost, s.retry_limit, s.revision, t.context
     ))
     FROM tasker_chosen AS c
     CROSS JOIN tasker_workflow_steps AS s ON s.task_id = c.task_id AND s.step_no = c.step_no
     CROSS JOIN tasker_tasks AS t ON t.id = c.task_id),
    (SELECT count(*) FROM tasker_released AS r
     WHERE r.free AND NOT EXISTS (SELECT 1 FROM tasker_chosen AS c WHERE c.task_id = r.task_id AND c.step_no = r.step_no)),
    (SELECT count(*) FROM tasker_candidates WHERE due AND EXISTS (SELECT 1 FROM tasker_workers WHERE id = $3))
        - (SELECT count(*) FROM tasker_chosen WHERE due)
)
