use super::*;
use crate::report::fixture::{Made, MadeStep};
use crate::store::Parked;
use crate::{StepError, TaskState};

/// A chain of five.
fn chain() -> Made {
    Made::new(&[("a", &[]), ("b", &["a"]), ("c", &["b"]), ("d", &["c"]), ("e", &["d"])])
}

fn found(made: &Made) -> Bottlenecks {
    made.snapshot().analysis().bottlenecks
}

fn worst(made: &Made) -> Bottleneck {
    found(made).bottlenecks.swap_remove(0)
}

#[test]
fn nothing_holds_up_a_task_that_does_well() {
    let found = found(&chain().done("a").running("b"));
    assert_eq!((found.total_bottlenecks, found.overall_impact), (0, Impact::None));
}

#[test]
fn a_failure_for_good_is_worth_what_waits_behind_it() {
    let made = chain().done("a").failed("b").task(TaskState::Error);
    let worst = worst(&made);
    // (5 · 3 + 15 · 3) · 2.5 + 3 · 3 attempts + 10 + 20
    assert_eq!(worst.impact_score, 150 + 9 + 30);
    assert_eq!(
        (worst.severity, worst.bottleneck_type),
        (Severity::Critical, BottleneckType::RetryExhaustion)
    );
    assert_eq!((worst.downstream_steps_count, worst.blocked_downstream_count), (3, 3));
    assert_eq!(worst.resolution_strategy, "retry `b`, with all of its 3 attempts anew");
    let found = found(&made);
    assert_eq!((found.critical_bottlenecks, found.total_blocked_downstream_steps), (1, 3));
    assert_eq!((found.overall_impact, found.failed_steps_ratio), (Impact::Severe, 20.0));
}

#[test]
fn a_failure_that_is_tried_again_is_worth_less() {
    let worst = worst(&chain().done("a").backoff("b", 12));
    // 5 · 3 + 3 · 1 attempt
    assert_eq!((worst.impact_score, worst.severity), (18, Severity::Low));
    assert_eq!(worst.bottleneck_type, BottleneckType::ActiveError);
    assert!(worst.next_retry_at.is_some());
}

#[test]
fn the_kind_of_trouble_is_named() {
    let kind = |made: Made| worst(&made).bottleneck_type;
    assert_eq!(
        kind(chain().step("a", |step| step.fail(1, StepError::permanent("no")))),
        BottleneckType::PermanentFailure
    );
    let once = chain().step("a", |step| {
        step.fail(1, StepError::retryable("busy"));
        step.known.retry_limit = 1;
    });
    assert_eq!(kind(once), BottleneckType::NonRetryable);
    let cancelled = chain().step("a", |step| step.state = StepState::Cancelled);
    assert_eq!(kind(cancelled), BottleneckType::DependencyBlock);
    let mut parked = chain();
    parked.parked = Some(Parked(None));
    assert_eq!(kind(parked), BottleneckType::NoWorker);
}

#[test]
fn a_cancelled_step_that_nothing_waits_for_holds_nothing_up() {
    assert_eq!(found(&chain().step("e", |step| step.state = StepState::Cancelled)).total_bottlenecks, 0);
}

#[test]
fn severities_begin_at_taskers_thresholds() {
    use Severity::{Critical, High, Low, Medium};
    let severities = [0, 19, 20, 49, 50, 99, 100].map(Severity::of);
    assert_eq!(severities, [Low, Low, Medium, Medium, High, High, Critical]);
}

#[test]
fn parked_steps_are_all_counted() {
    let names: Vec<String> = (0..100).map(|at| format!("step_{at}")).collect();
    let steps: Vec<(&str, &[&str])> = names.iter().map(|name| (name.as_str(), &[][..])).collect();
    let mut made = Made::new(&steps);
    made.parked = Some(Parked(None));
    let found = found(&made);
    assert_eq!((found.total_bottlenecks, found.bottlenecks.len()), (100, 10));
}

#[test]
fn ten_are_shown_and_all_are_counted() {
    let mut made = Made::new(&[]);
    for at in 0..25 {
        let mut step = MadeStep::new(format!("step_{at}"), Vec::new());
        step.fail(at + 1, StepError::retryable("busy"));
        made.steps.push(step);
    }
    let found = found(&made.task(TaskState::Error));
    assert_eq!((found.total_bottlenecks, found.bottlenecks.len()), (25, 10));
    assert_eq!(found.bottlenecks[0].step_name, "step_24", "the one with the most attempts");
}
