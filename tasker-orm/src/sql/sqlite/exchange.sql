-- What an exchange does; see `prepare.sql`. Nobody else writes in between.

CREATE TEMP TRIGGER tasker_ready INSTEAD OF INSERT ON tasker_rooms WHEN NEW.ready
BEGIN
    INSERT INTO tasker_candidates
    SELECT task_id, step_no, definition_id, priority, run_at, NEW.room, 0, 0 FROM tasker_workflow_steps
    WHERE definition_id = NEW.definition_id AND state = 'pending' AND open_dependencies = 0 AND waiting_for IS NULL
    ORDER BY priority DESC, run_at, task_id, step_no LIMIT NEW.room;
END;

CREATE TEMP TRIGGER tasker_due INSTEAD OF INSERT ON tasker_rooms WHEN NEW.due
BEGIN
    INSERT INTO tasker_candidates
    SELECT task_id, step_no, definition_id, priority, run_at, NEW.room, 1, 0 FROM tasker_workflow_steps
    WHERE definition_id = NEW.definition_id AND state = 'pending' AND waiting_for = 'time' AND run_at <= NEW.now
    ORDER BY run_at, task_id, step_no LIMIT NEW.room;
END;

CREATE TEMP TRIGGER tasker_freed INSTEAD OF INSERT ON tasker_rooms
BEGIN
    INSERT INTO tasker_candidates
    SELECT task_id, step_no, definition_id, priority, run_at, NEW.room, 0, satisfied FROM tasker_released
    WHERE free AND definition_id = NEW.definition_id;
END;

CREATE TEMP TRIGGER tasker_chosen_of_one INSTEAD OF INSERT ON tasker_choice WHEN json_array_length(NEW.rooms) = 1
BEGIN
    INSERT INTO tasker_chosen
    SELECT task_id, step_no, due, satisfied FROM tasker_candidates
    WHERE EXISTS (SELECT 1 FROM tasker_workers WHERE id = NEW.worker_id)
    ORDER BY priority DESC, run_at, task_id, step_no LIMIT min(NEW.room, NEW.rooms->>0->>1);
END;

-- Definitions take turns, so that a flood of one starves no other.
CREATE TEMP TRIGGER tasker_chosen_of_many INSTEAD OF INSERT ON tasker_choice WHEN json_array_length(NEW.rooms) > 1
BEGIN
    INSERT INTO tasker_chosen
    SELECT task_id, step_no, due, satisfied FROM (
        SELECT *, row_number() OVER (PARTITION BY definition_id ORDER BY priority DESC, run_at, task_id, step_no) AS rank
        FROM tasker_candidates
    )
    WHERE rank <= room AND EXISTS (SELECT 1 FROM tasker_workers WHERE id = NEW.worker_id)
    ORDER BY priority DESC, rank, run_at, task_id, step_no LIMIT NEW.room;
END;

CREATE TEMP TRIGGER tasker_turns_passed INSTEAD OF INSERT ON tasker_turns WHEN NEW.turns
BEGIN
    {pass_turns};
END;

-- With an end that counts, or not at all.
CREATE TEMP TRIGGER tasker_recorded INSTEAD OF INSERT ON tasker_records WHEN NEW.records IS NOT NULL
BEGIN
    INSERT INTO tasker_events (task_id, step_no, revision, place, name, payload, created_at)
    SELECT e.task_id, e.step_no, e.revision + 1, w.value->>4, w.value->>2, w.value->>3, NEW.now
    FROM (SELECT key, value FROM json_each(NEW.records) LIMIT -1) AS w
    CROSS JOIN tasker_ends AS e ON e.ord = w.value->>0
    WHERE w.value->>1 IS NULL ORDER BY w.key;

    INSERT INTO tasker_task_annotations (task_id, step_no, revision, place, annotation_type_id, annotation, created_at)
    SELECT e.task_id, e.step_no, e.revision + 1, w.value->>4, w.value->>1, w.value->>3, NEW.now
    FROM (SELECT key, value FROM json_each(NEW.records) LIMIT -1) AS w
    CROSS JOIN tasker_ends AS e ON e.ord = w.value->>0
    WHERE w.value->>1 IS NOT NULL ORDER BY w.key;
END;

CREATE TEMP TRIGGER tasker_published INSTEAD OF INSERT ON tasker_publication WHEN EXISTS (SELECT 1 FROM tasker_subscriptions)
BEGIN
    INSERT INTO tasker_outbox (entries, created_at)
    SELECT unhex(group_concat(hex(task_id) || printf('%016X', mark), '')), NEW.now FROM (
        SELECT task_id, {step_mark} AS mark FROM tasker_steps_moved
        UNION ALL
        SELECT task_id, {task_mark} FROM tasker_moved WHERE to_state <> from_state
        UNION ALL
        SELECT task_id, {event_mark} FROM (
            SELECT DISTINCT e.task_id, e.step_no, e.revision + 1 AS revision
            FROM json_each(NEW.records) AS w CROSS JOIN tasker_ends AS e ON e.ord = w.value->>0
            WHERE w.value->>1 IS NULL
        )
    ) HAVING count(*) > 0;
END;

CREATE TEMP TRIGGER tasker_exchanged INSTEAD OF INSERT ON tasker_exchange
BEGIN
    -- The fence: an end counts if the worker still holds this very execution.
    INSERT INTO tasker_ends
    SELECT g.key, s.task_id, s.step_no, s.attempt, s.revision, s.worker_id, g.value->>4, g.value->>5, g.value->>6, g.value->>7,
        NEW.now + (g.value->>8), g.value->>9
    -- Limited, so that each value is made once and not for each of its uses.
    FROM (SELECT key, value FROM json_each(NEW.ends) LIMIT -1) AS g
    CROSS JOIN tasker_workflow_steps AS s ON s.task_id = unhex(g.value->>0) AND s.step_no = g.value->>1
    WHERE s.revision = g.value->>2 AND +s.worker_id = unhex(g.value->>3) AND +s.state = 'in_progress';

    INSERT INTO tasker_released
    SELECT s.task_id, s.step_no, count(*), s.definition_id, s.priority, s.run_at,
        s.open_dependencies = count(*) AND s.state = 'pending',
        s.open_dependencies = count(*) AND s.state = 'pending' AND s.waiting_for IS NULL
    FROM tasker_ends AS e
    CROSS JOIN json_each(e.dependents) AS d
    CROSS JOIN tasker_workflow_steps AS s ON s.task_id = e.task_id AND s.step_no = d.value
    WHERE e.state IN ('complete', 'skipped')
    GROUP BY s.task_id, s.step_no;

    -- The steps that could be given out: what is ready, what is due, and what is about to be released.
    INSERT INTO tasker_rooms (definition_id, room, now, ready, due)
    SELECT value->>0, value->>1, NEW.now, NEW.ready, NEW.due FROM json_each(NEW.rooms)
    WHERE value->>0 NOT IN (SELECT id FROM tasker_definitions WHERE paused);

    INSERT INTO tasker_choice (rooms, worker_id, room) VALUES (NEW.rooms, NEW.worker_id, NEW.room);

    UPDATE tasker_workflow_steps SET
        state = e.state,
        error = CASE WHEN e.kind = 1 THEN tasker_workflow_steps.error ELSE e.error END,
        result = e.result,
        run_at = coalesce(e.due, tasker_workflow_steps.run_at),
        waiting_for = CASE
            WHEN e.state <> 'pending' THEN NULL
            WHEN tasker_workflow_steps.waiting_for = 'operator' THEN 'operator'
            WHEN e.due IS NOT NULL THEN 'time'
        END,
        attempt = tasker_workflow_steps.attempt - (e.kind = 1),
        lost = tasker_workflow_steps.lost + (e.kind = 2),
        revision = tasker_workflow_steps.revision + CASE WHEN e.state = 'pending' AND e.kind <> 1 THEN 2 ELSE 1 END,
        worker_id = NULL
    FROM tasker_ends AS e
    WHERE tasker_workflow_steps.task_id = e.task_id AND tasker_workflow_steps.step_no = e.step_no;

    UPDATE tasker_workflow_steps SET
        state = 'in_progress', attempt = attempt + 1, revision = revision + 1, worker_id = NEW.worker_id, waiting_for = NULL,
        open_dependencies = open_dependencies - c.satisfied, ready_at = iif(c.satisfied, NEW.now, ready_at)
    FROM tasker_chosen AS c
    WHERE tasker_workflow_steps.task_id = c.task_id AND tasker_workflow_steps.step_no = c.step_no;

    UPDATE tasker_workflow_steps SET open_dependencies = open_dependencies - r.satisfied, ready_at = NEW.now
    FROM tasker_released AS r
    WHERE tasker_workflow_steps.task_id = r.task_id AND tasker_workflow_steps.step_no = r.step_no
        AND NOT EXISTS (SELECT 1 FROM tasker_chosen AS c WHERE c.task_id = r.task_id AND c.step_no = r.step_no);

    INSERT INTO tasker_moved
    SELECT t.id, t.open_steps - m.done, t.active_steps + m.active, t.revision + 1, t.state, CASE
        WHEN t.open_steps = m.done THEN 'complete'
        WHEN t.active_steps + m.active = 0 THEN 'error'
        ELSE 'in_progress'
    END
    FROM (
        SELECT task_id, sum(done) AS done, sum(active) AS active FROM (
            SELECT task_id, state IN ('complete', 'skipped') AS done, -(state <> 'pending') AS active FROM tasker_ends
            UNION ALL
            SELECT task_id, 0, 1 FROM tasker_released WHERE active
            UNION ALL
            SELECT task_id, 0, 0 FROM tasker_chosen WHERE NOT satisfied
        ) GROUP BY task_id
    ) AS m CROSS JOIN tasker_tasks AS t ON t.id = m.task_id
    WHERE m.done <> 0 OR m.active <> 0 OR t.state = 'pending';

    UPDATE tasker_tasks SET
        open_steps = m.open_steps,
        active_steps = m.active_steps,
        state = m.to_state,
        ended_at = iif(m.to_state = 'in_progress', NULL, NEW.now),
        revision = iif(m.to_state = m.from_state, tasker_tasks.revision, m.revision)
    FROM tasker_moved AS m WHERE tasker_tasks.id = m.task_id;

    INSERT INTO tasker_task_transitions (task_id, revision, from_state, to_state, created_at)
    SELECT task_id, revision, from_state, to_state, NEW.now FROM tasker_moved WHERE to_state <> from_state;

    INSERT INTO tasker_workflow_step_transitions
        (task_id, step_no, revision, from_state, to_state, attempt, worker_id, error, created_at)
    SELECT *, NEW.now FROM tasker_steps_moved;

    INSERT INTO tasker_records (records, now) VALUES (NEW.records, NEW.now);

    INSERT INTO tasker_publication (records, now) VALUES (NEW.records, NEW.now);

    INSERT INTO tasker_turns (turns, now) VALUES (NEW.turns, NEW.now);

    DELETE FROM tasker_answer;
    INSERT INTO tasker_answer SELECT json_array(
        (SELECT json_group_array(ord) FROM tasker_ends),
        (SELECT json_group_array(hex(task_id)) FROM tasker_moved WHERE to_state <> 'in_progress'),
        (SELECT json_group_array(hex(task_id)) FROM tasker_moved WHERE to_state = 'error'),
        (SELECT json_group_array(json_array(
            hex(s.task_id), s.step_no, s.definition_id, s.attempt, s.lost, s.retry_limit, s.revision, coalesce(s.inputs, t.context),
            NEW.now - max(coalesce(s.ready_at, 0), s.run_at), t.correlation_id, t.traceparent
         ))
         FROM tasker_chosen AS c
         CROSS JOIN tasker_workflow_steps AS s ON s.task_id = c.task_id AND s.step_no = c.step_no
         CROSS JOIN tasker_tasks AS t ON t.id = c.task_id),
        (SELECT count(*) FROM tasker_released WHERE free) - (SELECT count(*) FROM tasker_chosen WHERE satisfied),
        (SELECT count(*) FROM tasker_candidates WHERE due AND EXISTS (SELECT 1 FROM tasker_workers WHERE id = NEW.worker_id))
            - (SELECT count(*) FROM tasker_chosen WHERE due)
    );

    DELETE FROM tasker_ends;
    DELETE FROM tasker_released;
    DELETE FROM tasker_candidates;
    DELETE FROM tasker_chosen;
    DELETE FROM tasker_moved;
END;
