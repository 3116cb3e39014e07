use std::time::Duration;

use serde_json::json;

use super::super::fixture::{Made, NOW};
use super::*;
use crate::store::Parked;
use crate::{StepError, TaskState, WorkerId};

/// charge, stock → ship → mail
fn order() -> Made {
    Made::new(&[("charge", &[]), ("stock", &[]), ("ship", &["charge", "stock"]), ("mail", &["ship"])])
}

fn step(made: &Made, name: &str) -> StepReadiness {
    let mut steps = assess(&made.snapshot()).into_iter();
    steps.find(|step| step.name == name).unwrap()
}

/// What keeps a step from running, and what is said about it.
fn why(made: &Made, name: &str) -> (Option<BlockingReason>, String) {
    let step = step(made, name);
    assert_eq!(step.ready_for_execution, step.blocking_reason.is_none());
    (step.blocking_reason, step.waiting_because.unwrap_or_default())
}

#[test]
fn a_step_whose_dependencies_are_over_is_ready() {
    let (reason, sentence) = why(&order(), "charge");
    assert_eq!((reason, &*sentence), (None, "it is ready, and waits for a worker that has room"));
    for over in [StepState::Complete, StepState::ResolvedManually, StepState::Skipped] {
        let made = order().done("charge").step("stock", |step| step.state = over);
        assert_eq!(step(&made, "ship").time_until_ready, Some(Duration::ZERO), "{over}");
    }
}

#[test]
fn a_step_waits_for_its_dependencies_by_name() {
    let made = order().running("charge");
    let (reason, sentence) = why(&made, "ship");
    assert_eq!(reason, Some(BlockingReason::DependenciesNotSatisfied));
    assert_eq!(sentence, "it waits for `charge` and `stock`");
    let step = step(&made.done("stock"), "ship");
    assert_eq!((step.dependencies_satisfied, step.completed_parents, step.total_parents), (false, 1, 2));
    assert_eq!(step.waiting_because.unwrap(), "it waits for `charge`");
}

#[test]
fn dependencies_are_counted_in_taskers_words() {
    let status = |made: &Made, name| step(made, name).dependency_status.to_string();
    assert_eq!(status(&order(), "charge"), "no_dependencies");
    assert_eq!(status(&order(), "ship"), "0/2_satisfied");
    assert_eq!(status(&order().done("charge"), "ship"), "1/2_satisfied");
    assert_eq!(status(&order().done("charge").done("stock"), "ship"), "all_satisfied");
}

#[test]
fn with_one_parent_in_error_the_child_is_never_ready() {
    let made = order().failed("charge").done("stock");
    let (reason, sentence) = why(&made, "ship");
    assert_eq!(reason, Some(BlockingReason::DependencyFailed));
    assert_eq!(
        sentence,
        "`charge`, which it depends on, ended in error: it runs once that was retried or resolved"
    );
    assert!(!step(&made, "ship").dependencies_satisfied);
    let far = step(&made.task(TaskState::Error), "mail");
    assert_eq!(far.blocked_by.as_deref(), Some("charge"));
    assert_eq!(far.blocking_reason, Some(BlockingReason::DependencyFailed));
}

#[test]
fn behind_a_cancelled_step_nothing_runs() {
    let made = order().step("charge", |step| step.state = StepState::Cancelled);
    let (reason, sentence) = why(&made, "ship");
    assert_eq!(reason, Some(BlockingReason::DependencyFailed));
    assert_eq!(sentence, "`charge`, which it depends on, was cancelled: it never runs");
    assert_eq!(step(&made, "charge").retry_status, RetryStatus::NotNeeded);
}

#[test]
fn a_step_that_failed_for_good_is_not_retried() {
    let failed = step(&order().failed("charge"), "charge");
    assert_eq!(failed.blocking_reason, Some(BlockingReason::RetryNotEligible));
    assert_eq!((failed.retry_status, failed.retry_eligible), (RetryStatus::MaxRetriesReached, false));
    assert_eq!((failed.attempts, failed.retry_limit), (3, 3));
    let permanent = order().step("charge", |step| step.fail(1, StepError::permanent("no such card")));
    let failed = step(&permanent, "charge");
    assert_eq!((failed.retry_status, failed.retry_eligible), (RetryStatus::PermanentError, false));
    assert_eq!(failed.error.as_deref(), Some("no such card"));
}

#[test]
fn a_step_in_backoff_says_when_it_is_tried_again() {
    let made = order().backoff("charge", 12);
    let (reason, sentence) = why(&made, "charge");
    assert_eq!(reason, Some(BlockingReason::WaitingForBackoff));
    assert_eq!(
        sentence,
        "attempt 1 failed (the gateway is busy); it is tried again in 12 s (at 2023-11-14T22:13:32.000000Z), \
         2 attempts left"
    );
    let step = step(&made, "charge");
    assert_eq!((step.retry_status, step.retry_eligible), (RetryStatus::WaitingForBackoff, true));
    assert_eq!(step.time_until_ready, Some(Duration::from_secs(12)));
    assert_eq!(step.next_retry_at, Some(NOW + Duration::from_secs(12)));
    assert_eq!(step.effective_backoff, Some(Duration::from_secs(13)), "it failed a second ago");
    assert_eq!(step.backoff_type, BackoffType::Exponential);
}

#[test]
fn a_backoff_that_the_error_asked_for_is_explicit() {
    let wait = Duration::from_secs(30);
    let made = order().backoff("charge", 30).step("charge", |step| {
        step.error = Some(StepError::retryable_after("busy", wait));
    });
    assert_eq!(step(&made, "charge").backoff_type, BackoffType::Explicit);
    assert_eq!(step(&made, "stock").backoff_type, BackoffType::None);
}

#[test]
fn when_the_time_of_a_retry_has_come_the_step_is_ready() {
    let made = order().backoff("charge", 0);
    let step = step(&made, "charge");
    assert!(step.ready_for_execution && step.is_retrying());
    assert_eq!((step.next_retry_at, step.time_until_ready), (None, Some(Duration::ZERO)));
}

#[test]
fn a_sentence_has_no_more_of_an_error_than_fits_in_a_line() {
    let made = order().backoff("charge", 12).step("charge", |step| {
        step.error = Some(StepError::retryable(format!("line one\n  line two {}", "é".repeat(900))));
    });
    let (_, sentence) = why(&made, "charge");
    assert!(sentence.starts_with("attempt 1 failed (line one line two éé"), "{sentence}");
    assert!(
        sentence.contains("é…); it is tried again in 12 s") && sentence.chars().count() < 320,
        "{sentence}"
    );
    assert!(step(&made, "charge").error.unwrap().len() > 1800, "which is there as a whole");
}

#[test]
fn a_step_of_a_paused_task_waits_for_its_operator() {
    let made = order().backoff("charge", 12).paused();
    let (reason, sentence) = why(&made, "charge");
    assert_eq!(reason, Some(BlockingReason::TaskPaused));
    assert_eq!(sentence, "the task or its workflow is paused; it goes on when that is resumed");
    let step = step(&made, "charge");
    assert_eq!(step.next_retry_at, Some(NOW + Duration::from_secs(12)), "which the pause does not change");
    assert_eq!(step.time_until_ready, None, "which nobody knows");
}

#[test]
fn in_a_task_that_runs_one_step_at_a_time_a_step_waits_for_its_turn() {
    let mut made =
        order().backoff("charge", 12).step("stock", |step| step.waiting = Some(crate::Waiting::Turn));
    made.one_at_a_time = true;
    let (reason, sentence) = why(&made, "stock");
    assert_eq!(reason, Some(BlockingReason::WaitingForTurn));
    assert_eq!(sentence, "the task runs one step at a time, and now it is the turn of `charge`");
}

#[test]
fn a_step_that_no_worker_can_run_says_what_is_missing() {
    let mut made = order();
    made.parked = Some(Parked(Some("step `charge` of these tasks has no function".to_owned())));
    let (reason, sentence) = why(&made, "charge");
    assert_eq!(reason, Some(BlockingReason::NoWorkerCanRunIt));
    assert_eq!(
        sentence,
        "workers are alive, and none of them can run the task: step `charge` of these tasks has no function"
    );
    made.parked = Some(Parked(None));
    assert!(
        why(&made, "charge")
            .1
            .ends_with("none of them knows the task's workflow at its version: start one that does")
    );
}

#[test]
fn a_step_of_a_task_that_has_ended_without_it_does_not_wait_any_more() {
    let made = order().failed("charge").task(TaskState::ResolvedManually);
    let (reason, sentence) = why(&made, "mail");
    assert_eq!(reason, Some(BlockingReason::TaskEnded));
    assert_eq!(sentence, "the task has ended as `resolved_manually`, and this step with it");
}

#[test]
fn steps_that_run_or_are_over_have_taskers_invalid_state() {
    let made = order().running("charge").done("stock");
    for name in ["charge", "stock"] {
        assert_eq!(why(&made, name), (Some(BlockingReason::InvalidState), String::new()));
    }
    assert_eq!(step(&made, "stock").retry_status, RetryStatus::NotNeeded);
    assert_eq!(step(&made, "charge").retry_status, RetryStatus::RetryEligible);
    let last = made.step("charge", |step| step.attempts = 3);
    assert_eq!(step(&last, "charge").retry_status, RetryStatus::MaxRetriesReached);
}

#[test]
fn lost_executions_are_no_failures() {
    let made = order().step("charge", |step| {
        step.attempts = 3;
        step.lost = 3;
        step.error = Some(StepError::worker_lost(WorkerId::random()));
    });
    let step = step(&made, "charge");
    assert!(step.ready_for_execution && step.retry_eligible && step.is_retrying());
}

#[test]
fn readiness_has_taskers_names_in_json() {
    let json = serde_json::to_value(step(&order().backoff("charge", 12), "charge")).unwrap();
    assert_eq!(
        json,
        json!({
            "step_no": 0, "name": "charge", "current_state": "pending",
            "dependencies_satisfied": true, "retry_eligible": true, "ready_for_execution": false,
            "blocking_reason": "waiting_for_backoff",
            "waiting_because": "attempt 1 failed (the gateway is busy); it is tried again in 12 s \
                                (at 2023-11-14T22:13:32.000000Z), 2 attempts left",
            "blocked_by": null, "dependency_status": "no_dependencies",
            "total_parents": 0, "completed_parents": 0, "retry_status": "waiting_for_backoff",
            "attempts": 1, "lost_attempts": 0, "retry_limit": 3,
            "last_attempted_at": "2023-11-14T22:13:17.000000Z", "last_failure_at": "2023-11-14T22:13:19.000000Z",
            "next_retry_at": "2023-11-14T22:13:32.000000Z", "backoff_type": "exponential_backoff",
            "effective_backoff_seconds": 13.0, "time_until_ready": 12.0,
            "error": "the gateway is busy", "dependent_system": null,
        })
    );
}
