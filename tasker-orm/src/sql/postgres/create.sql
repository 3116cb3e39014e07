-- Creates tasks with their steps, and tells which were there before, by id or by identity, and which were created: the
-- places of their rows with their ids. A task that is told neither way lost a race for its identity.
--
-- $1 the time, or null for the database's clock   $2-$6 the tasks, by column   $7-$12 the steps of each definition
-- $13-$19 the attributes of the tasks, by column
--
-- Lines between `--[tell` and `--]` are there only if other processes are to be told, those of `--[attributes` if a task has some.
WITH
new AS MATERIALIZED (
    SELECT * FROM unnest($2::uuid[], $3::bigint[], $4::text[], $5::int[], $6::text[]
--[attributes
        , $13::text[], $14::text[], $15::text[], $16::bigint[], $17::text[], $18::text[], $19::text[]
--]
    ) WITH ORDINALITY AS n(id, definition_id, identity, priority, context,
--[attributes
        initiator, source_system, reason, requested_at, tags, correlation_id, traceparent,
--]
        ord)
),
plan AS MATERIALIZED (
    SELECT * FROM unnest($7::bigint[], $8::int[], $9::bigint[], $10::int[], $11::int[], $12::text[])
        AS p(definition_id, step_no, named_step_id, open_dependencies, retry_limit, waiting_for)
),
counts AS MATERIALIZED (
    SELECT definition_id, count(*)::int AS open, count(*) FILTER (WHERE open_dependencies = 0)::int AS active
    FROM plan GROUP BY definition_id
),
created AS (
    INSERT INTO tasker_tasks
        (id, definition_id, state, identity, priority, open_steps, active_steps, revision, context,
--[attributes
        initiator, source_system, reason, requested_at, correlation_id, traceparent,
--]
        created_at)
    SELECT n.id, n.definition_id, 'pending', nullif(n.identity, ''), n.priority, c.open, c.active, 0, n.context,
--[attributes
        nullif(n.initiator, ''), nullif(n.source_system, ''), nullif(n.reason, ''), nullif(n.requested_at, -1),
        nullif(n.correlation_id, ''), nullif(n.traceparent, ''),
--]
        {now}
    FROM new AS n JOIN counts AS c ON c.definition_id = n.definition_id
    ON CONFLICT DO NOTHING
    RETURNING id, definition_id, priority
),
steps AS (
    INSERT INTO tasker_workflow_steps
        (task_id, step_no, named_step_id, definition_id, state, priority, open_dependencies, attempt, lost, retry_limit, run_at,
         waiting_for, revision)
    SELECT c.id, p.step_no, p.named_step_id, c.definition_id, 'pending', c.priority, p.open_dependencies, 0, 0, p.retry_limit,
        {now}, nullif(p.waiting_for, ''), 0
    FROM created AS c JOIN plan AS p ON p.definition_id = c.definition_id
),
-- For subscribers, if there are any.
outbox AS (
    INSERT INTO tasker_outbox (entries, created_at)
    SELECT string_agg(uuid_send(id) || int8send({created_mark}), ''), {now} FROM created
    WHERE EXISTS (SELECT FROM tasker_subscriptions) HAVING count(*) > 0
)
--[attributes
, tags AS (
    INSERT INTO tasker_task_tags (tag, task_id)
    SELECT t.tag, c.id
    FROM created AS c JOIN new AS n ON n.id = c.id CROSS JOIN LATERAL jsonb_array_elements_text(n.tags::jsonb) AS t(tag)
)
--]
--[tell
, told AS MATERIALIZED (SELECT pg_notify('tasker', ''))
--]
SELECT (n.ord - 1)::int AS place, t.id FROM new AS n JOIN tasker_tasks AS t ON t.id = n.id
UNION ALL
SELECT (n.ord - 1)::int, t.id FROM new AS n JOIN tasker_tasks AS t ON t.identity = n.identity WHERE n.identity <> ''
UNION ALL
SELECT -1, id FROM created
--[tell
-- What nobody selects from is not done.
UNION ALL
SELECT -2, NULL FROM told
--]
