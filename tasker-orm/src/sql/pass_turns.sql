UPDATE tasker_workflow_steps SET waiting_for = CASE WHEN run_at > {now} THEN 'time' END
WHERE (task_id, step_no) IN (
    SELECT t.task_id, min(t.step_no) FROM tasker_workflow_steps AS t
    WHERE {among} AND t.state = 'pending' AND t.open_dependencies = 0 AND t.waiting_for = 'turn'
      AND NOT EXISTS (
        SELECT 1 FROM tasker_workflow_steps AS o
        WHERE o.task_id = t.task_id AND (o.state = 'in_progress' OR (
            o.state = 'pending' AND o.open_dependencies = 0 AND (o.waiting_for IS NULL OR o.waiting_for = 'time')
        ))
      )
    GROUP BY t.task_id
)
