mod history;
mod store;

use super::super::fixture::Made;
use super::super::next::Urgency;
use super::*;
use crate::store::Parked;

/// charge, stock → ship
fn order() -> Made {
    Made::new(&[("charge", &[]), ("stock", &[]), ("ship", &["charge", "stock"])])
}

/// Status, action and health.
fn row(made: &Made) -> (&'static str, &'static str, &'static str) {
    let execution = made.snapshot().execution();
    (
        execution.execution_status.as_str(),
        execution.recommended_action.as_str(),
        execution.health_status.as_str(),
    )
}

fn because(made: &Made) -> String {
    made.snapshot().execution().waiting_because.unwrap_or_default()
}

#[test]
fn ready_steps_come_first() {
    assert_eq!(row(&order().running("charge")), ("has_ready_steps", "execute_ready_steps", "healthy"));
    assert_eq!(because(&order()), "`charge` and `stock` are ready, and wait for a worker that has room");
    assert_eq!(because(&order().running("charge")), "`stock` is ready, and waits for a worker that has room");
    let failed = order().failed("charge");
    assert_eq!(row(&failed), ("has_ready_steps", "execute_ready_steps", "recovering"));
}

#[test]
fn what_runs_is_waited_for() {
    let running = order().running("charge").running("stock");
    assert_eq!(row(&running), ("processing", "wait_for_completion", "healthy"));
    assert_eq!(because(&running), "`charge` and `stock` run");
    assert_eq!(row(&order().running("charge").backoff("stock", 9)).0, "processing");
    assert_eq!(
        row(&order().running("charge").failed("stock")),
        ("processing", "wait_for_completion", "blocked")
    );
}

#[test]
fn what_failed_for_good_blocks_when_nothing_else_goes_on() {
    let failed = order().failed("charge").done("stock");
    let blocked = ("blocked_by_failures", "handle_failures", "blocked");
    assert_eq!((row(&failed), row(&failed.clone().task(TaskState::Error))), (blocked, blocked));
    assert_eq!(because(&failed.task(TaskState::Error)), "`charge` failed for good: the gateway is busy");
    let both = order().failed("charge").failed("stock").task(TaskState::Error);
    assert_eq!(because(&both), "`charge` and `stock` failed for good, `charge` with: the gateway is busy");
}

#[test]
fn a_cancelled_step_blocks_as_well() {
    let cancelled = order().step("charge", |step| step.state = StepState::Cancelled).done("stock");
    let cancelled = cancelled.task(TaskState::Error);
    assert_eq!(row(&cancelled), ("blocked_by_failures", "handle_failures", "blocked"));
    assert_eq!(because(&cancelled), "`charge` was cancelled, and without that the task cannot complete");
}

#[test]
fn a_step_that_failed_once_is_waited_for_and_blocks_nothing() {
    let failed_once = order().backoff("charge", 12).done("stock");
    assert_eq!(row(&failed_once), ("waiting_for_dependencies", "wait_for_retry", "recovering"));
    assert!(
        because(&failed_once)
            .starts_with("`charge`: attempt 1 failed (the gateway is busy); it is tried again in 12 s")
    );
    let execution = failed_once.snapshot().execution();
    assert_eq!((execution.failed_steps, execution.in_backoff_steps, execution.retrying_steps), (0, 1, 1));
    assert!(execution.can_make_progress() && !execution.needs_intervention());
}

#[test]
fn a_failure_for_good_does_not_hide_a_step_that_is_tried_again() {
    let made = order().failed("charge").backoff("stock", 9);
    assert_eq!(row(&made), ("waiting_for_dependencies", "wait_for_retry", "blocked"));
}

#[test]
fn a_complete_task_is_all_complete_and_healthy() {
    let all = order().done("charge").step("stock", |step| step.state = StepState::Skipped).done("ship");
    assert_eq!(row(&all), ("all_complete", "finalize_task", "healthy"));
    let complete = all.task(TaskState::Complete);
    assert_eq!(row(&complete), ("all_complete", "no_action", "healthy"));
    let execution = complete.snapshot().execution();
    assert_eq!((execution.completed_steps, execution.skipped_steps), (2, 1));
    assert!((execution.completion_percentage - 100.0).abs() < f64::EPSILON);
    assert_eq!(execution.waiting_because, None);
}

#[test]
fn a_paused_task_waits_for_its_operator_once_nothing_runs() {
    assert_eq!(row(&order().paused()), ("paused", "resume_task", "healthy"));
    assert_eq!(
        because(&order().paused()),
        "the task or its workflow is paused; it goes on when that is resumed"
    );
    assert_eq!(row(&order().running("charge").paused()).0, "processing");
    assert_eq!(
        row(&order().done("charge").backoff("stock", 5).paused()),
        ("paused", "resume_task", "recovering")
    );
}

#[test]
fn a_task_that_no_worker_can_run_needs_one() {
    let mut made = order();
    made.parked = Some(Parked(Some("`ship` has no function".to_owned())));
    assert_eq!(row(&made), ("parked", "start_worker", "blocked"));
    assert_eq!(
        because(&made),
        "workers are alive, and none of them can run the task: `ship` has no function"
    );
    assert!(made.snapshot().execution().needs_intervention());
}

#[test]
fn an_operator_who_ended_a_task_is_not_asked_to_mend_it() {
    let failed = order().failed("charge");
    let resolved = failed.clone().task(TaskState::ResolvedManually);
    assert_eq!(row(&resolved), ("resolved_manually", "no_action", "healthy"));
    let cancelled = failed
        .each(|step| {
            if step.state == StepState::Pending {
                step.state = StepState::Cancelled;
            }
        })
        .task(TaskState::Cancelled);
    assert_eq!(row(&cancelled), ("cancelled", "no_action", "healthy"));
    let execution = cancelled.snapshot().execution();
    assert_eq!((execution.cancelled_steps, execution.failed_steps), (2, 1));
    assert!(!execution.needs_intervention());
}

#[test]
fn a_step_that_waits_for_its_turn_is_waited_for() {
    let turn = order().each(|step| step.waiting = Some(crate::Waiting::Turn));
    assert_eq!(row(&turn), ("waiting_for_dependencies", "wait_for_dependencies", "healthy"));
    assert_eq!(because(&turn), "the task runs one step at a time, and its turn has not come");
}

#[test]
fn a_task_without_steps_has_done_nothing_of_nothing() {
    let empty = Made::new(&[]);
    assert_eq!(row(&empty), ("waiting_for_dependencies", "wait_for_dependencies", "healthy"));
    let execution = empty.snapshot().execution();
    assert!(execution.completion_percentage.abs() < f64::EPSILON);
    assert_eq!(execution.waiting_because.as_deref(), Some("it has no steps"));
}

#[test]
fn four_roots_of_a_parallel_merge_are_ready_at_start() {
    let made = Made::new(&[
        ("fetch_inventory", &[]),
        ("fetch_orders", &[]),
        ("fetch_pricing", &[]),
        ("fetch_users", &[]),
        ("process_orders", &["fetch_orders"]),
        ("process_users", &["fetch_users"]),
        ("merge", &["fetch_inventory", "fetch_pricing", "process_orders", "process_users"]),
    ]);
    let execution = made.snapshot().execution();
    let ready = execution.steps.iter().filter(|step| step.ready_for_execution);
    let ready: Vec<_> = ready.map(|step| &*step.name).collect();
    assert_eq!(ready, ["fetch_inventory", "fetch_orders", "fetch_pricing", "fetch_users"]);
}

#[test]
fn the_summary_counts() {
    let summary = order().done("charge").failed("stock").task(TaskState::Error).snapshot().execution();
    let json = serde_json::to_value(summary.workflow_summary()).unwrap();
    assert_eq!(
        json,
        serde_json::json!({
            "total_steps": 3, "completed": 1, "pending": 1, "in_progress": 0, "failed": 1, "skipped": 0,
            "cancelled": 0, "ready": 0, "completion_percentage": 33.33, "status": "error",
            "health": "blocked", "recommended_action": "handle_failures",
            "progress_details": {
                "completed_ratio": "1/3", "completion_percentage": "33.33%", "remaining_steps": 2,
                "failed_steps": 1, "ready_steps": 0,
            },
        })
    );
}

#[test]
fn the_next_action_says_what_to_do_and_how_soon() {
    let next = |made: &Made| made.snapshot().execution().next_action_details();
    let blocked = next(&order().failed("charge").done("stock").task(TaskState::Error));
    assert_eq!((blocked.urgency, blocked.can_proceed), (Urgency::Critical, false));
    assert_eq!(
        blocked.description,
        "mend what failed, then retry or resolve it, or cancel the task: `charge` failed for good: the gateway is busy"
    );
    let ready = next(&order());
    assert_eq!((ready.urgency, ready.can_proceed), (Urgency::High, true));
    let running = next(&order().running("charge").running("stock"));
    assert_eq!((running.urgency, running.can_proceed), (Urgency::Low, true));
    let paused = next(&order().paused());
    assert_eq!((paused.urgency, paused.can_proceed), (Urgency::Medium, false));
    let done = next(&order().done("charge").done("stock").done("ship").task(TaskState::Complete));
    assert_eq!(done.description, "nothing is to be done: the task has ended");
}

#[test]
fn the_whole_reads_as_json() {
    let json = serde_json::to_value(order().done("charge").snapshot().execution()).unwrap();
    assert_eq!(json["workflow"], "shop.order@1.0.0");
    assert_eq!(json["as_of"], "2023-11-14T22:13:20.000000Z");
    assert_eq!(json["execution_status"], "has_ready_steps");
    assert_eq!(json["steps"][2]["dependency_status"], "1/2_satisfied");
}
