INSERT INTO tasker_candidates
SELECT task_id, step_no, definition_id, priority, run_at, {room}, 0, 0 FROM tasker_workflow_steps
WHERE definition_id = {definition} AND state = 'pending' AND open_dependencies = 0 AND waiting_for IS NULL
ORDER BY priority DESC, run_at, task_id, step_no LIMIT abs({room});
--[due
INSERT INTO tasker_candidates
SELECT task_id, step_no, definition_id, priority, run_at, {room}, 1, 0 FROM tasker_workflow_steps
WHERE definition_id = {definition} AND state = 'pending' AND waiting_for = 'time' AND run_at <= $5
ORDER BY run_at, task_id, step_no LIMIT abs({room});
--]
