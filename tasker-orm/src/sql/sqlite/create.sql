-- Creates tasks with their steps, and tells which were there before, by id or by identity: the places of their rows with their ids.
-- The statements of the procedure; in a transaction of the host, whose connection has no procedures, they are sent as they are.
--
-- {tasks}, {steps}, {now}, {attributes}: see `prepare.sql`   {answer}: where the answer goes, if not to the caller
{answer} SELECT json_group_array(json_array(n.key, hex(t.id)))
FROM json_each({tasks}) AS n
CROSS JOIN tasker_tasks AS t ON t.id = unhex(n.value->>0) OR t.identity = n.value->>2;

INSERT INTO tasker_workflow_steps
    (task_id, step_no, named_step_id, definition_id, state, priority, open_dependencies, attempt, lost, retry_limit, run_at,
     waiting_for, revision)
SELECT n.id, p.value->>1, p.value->>2, n.definition_id, 'pending', n.priority, p.value->>3, 0, 0, p.value->>4, {now}, p.value->>5, 0
FROM (
    SELECT unhex(value->>0) AS id, value->>1 AS definition_id, value->>2 AS identity, value->>3 AS priority FROM json_each({tasks})
) AS n
CROSS JOIN json_each({steps}) AS p ON p.value->>0 = n.definition_id
WHERE NOT EXISTS (SELECT 1 FROM tasker_tasks AS t WHERE t.id = n.id OR t.identity = n.identity);

-- For subscribers, if there are any.
INSERT INTO tasker_outbox (entries, created_at)
SELECT unhex(group_concat((n.value->>0) || printf('%016X', {created_mark}), '')), {now} FROM json_each({tasks}) AS n
WHERE EXISTS (SELECT 1 FROM tasker_subscriptions)
    AND NOT EXISTS (SELECT 1 FROM tasker_tasks AS t WHERE t.id = unhex(n.value->>0) OR t.identity = n.value->>2)
HAVING count(*) > 0;

INSERT INTO tasker_tasks
    (id, definition_id, state, identity, priority, open_steps, active_steps, revision, context, created_at)
SELECT unhex(n.value->>0), n.value->>1, 'pending', n.value->>2, n.value->>3, p.open, p.active, 0, n.value->>4, {now}
FROM json_each({tasks}) AS n
JOIN (
    SELECT value->>0 AS definition_id, count(*) AS open, sum(value->>3 = 0) AS active FROM json_each({steps}) GROUP BY 1
) AS p ON p.definition_id = n.value->>1
WHERE true
ON CONFLICT DO NOTHING;

-- Those that were there before have theirs.
UPDATE tasker_tasks SET initiator = a.value->>1, source_system = a.value->>2, reason = a.value->>3, requested_at = a.value->>4,
    correlation_id = a.value->>6, traceparent = a.value->>7
FROM (SELECT value FROM json_each({attributes}) LIMIT -1) AS a
WHERE tasker_tasks.id = unhex(a.value->>0);

INSERT OR IGNORE INTO tasker_task_tags (tag, task_id)
SELECT t.value, unhex(a.value->>0)
FROM json_each({attributes}) AS a CROSS JOIN json_each(a.value->>5) AS t
WHERE EXISTS (SELECT 1 FROM tasker_tasks WHERE id = unhex(a.value->>0));
