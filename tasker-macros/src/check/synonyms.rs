//! What people write who have used other workflow engines.

/// What `#[step(..)]` calls it.
pub(super) fn step(key: &str) -> Option<&'static str> {
    Some(match key {
        "after" | "needs" | "requires" | "depends" | "dependencies" | "follows" | "wait_for" => {
            "write `depends_on = step`, or `depends_on = [step, step]`"
        }
        "retries" | "max_retries" | "attempts" | "max_attempts" | "limit" | "backoff" => {
            "write `retry(limit = 3, base = \"2s\", max = \"30s\")`"
        }
        "deadline" | "time_limit" | "timeout_ms" | "timeout_secs" | "timeout_seconds" => {
            "write `timeout = \"30s\"`"
        }
        "if" | "unless" | "condition" | "only_if" | "skip_if" => {
            "write `when = FUNCTION`, a `fn(&Context) -> bool`; where it says `false`, the step is skipped"
        }
        "skip" | "optional" | "can_skip" => {
            "write `skippable`, if operators may skip the step, or `when = FUNCTION`, if its context says whether it runs"
        }
        "id" | "title" | "label" | "rename" => "write `name = \"..\"`",
        "params" | "settings" | "options" => "write `config = VALUE`, which the step takes as `Config<T>`",
        "description" | "doc" => "the first paragraph of the function's documentation is its description",
        "for_each" | "foreach" | "map" | "batch" => {
            "a workflow has the steps that are written in it: let one step do the whole list, or \
             start a task of another workflow for each item, with `Tasker::start_many`"
        }
        "schedule" | "cron" => "whoever decides when a task is due starts it; Tasker has no schedules",
        _ => return None,
    })
}

/// What `retry(..)` calls it.
pub(super) fn retry(key: &str) -> Option<&'static str> {
    Some(match key {
        "attempts" | "max_attempts" | "retries" | "max_retries" | "count" | "times" => {
            "write `limit = 3`, the number of executions that may fail, the first included"
        }
        "backoff" | "delay" | "wait" | "initial" => "write `base = \"2s\"`, the wait after the first failure",
        "max_delay" | "max_backoff" | "max_wait" | "cap" => "write `max = \"30s\"`, the longest wait",
        _ => return None,
    })
}

/// What `#[workflow(..)]` calls it.
pub(super) fn workflow(key: &str) -> Option<&'static str> {
    Some(match key {
        "id" | "title" | "label" | "rename" => "write `name = \"..\"`",
        "ctx" | "input" | "arguments" => "write `context = Type`, or call the type `Context`",
        "parallel" | "sequential" | "max_parallel_steps" => {
            "write `concurrent = false` for one step of a task at a time"
        }
        "file" | "path" | "template" | "yaml_file" => "write `yaml = \"config/order.yaml\"`",
        "description" | "doc" => "the first paragraph of the module's documentation is its description",
        "retry" | "no_retry" | "timeout" | "when" | "skippable" | "config" => {
            "this is an option of each `#[step(..)]`"
        }
        _ => return None,
    })
}
