use super::*;
use crate::StepError;
use crate::report::fixture::Made;

/// charge → ship → mail, and stock
fn order() -> Made {
    Made::new(&[("charge", &[]), ("stock", &[]), ("ship", &["charge"]), ("mail", &["ship"])])
}

fn found(made: &Made) -> ErrorChains {
    made.snapshot().analysis().error_chains
}

fn strategies_of(made: &Made) -> Vec<RecoveryAction> {
    found(made).error_chains[0].recovery_strategies.iter().map(|one| one.strategy).collect()
}

#[test]
fn a_chain_says_what_waits_behind_a_failure() {
    let found = found(&order().failed("charge").done("stock").task(TaskState::Error));
    assert_eq!((found.total_error_steps, found.error_percentage), (1, 25.0));
    assert_eq!(found.total_blocked_by_errors, 2);
    let chain = &found.error_chains[0];
    assert_eq!(chain.downstream_steps, ["ship", "mail"]);
    assert_eq!(chain.blocked_downstream_steps, ["ship", "mail"]);
    assert_eq!(chain.error.as_deref(), Some("the gateway is busy"));
    // 15 · 2 blocked + 5 · 2 downstream + 20 exhausted + 3 · 3 attempts
    assert_eq!(chain.total_impact, 30 + 10 + 20 + 9);
    assert_eq!(
        (
            chain.retry_analysis.exhausted,
            chain.retry_analysis.remaining_attempts,
            chain.retry_analysis.retryable
        ),
        (true, 0, true)
    );
}

#[test]
fn a_step_in_backoff_blocks_nothing_and_has_attempts_left() {
    let found = found(&order().backoff("charge", 12).done("stock"));
    let chain = &found.error_chains[0];
    assert_eq!((chain.total_downstream_steps, chain.total_blocked_downstream_steps), (2, 0));
    assert_eq!(chain.total_impact, 10 + 3);
    let retry = &chain.retry_analysis;
    assert_eq!((retry.exhausted, retry.in_backoff, retry.remaining_attempts), (false, true, 2));
    assert!(retry.next_retry_at.is_some());
    assert_eq!(chain.recovery_strategies[0].description, "wait: `charge` is tried again in 12 s");
}

#[test]
fn the_failure_with_the_greatest_impact_is_mended_first() {
    let found = found(&order().failed("charge").failed("stock").task(TaskState::Error));
    assert_eq!(found.recovery_priority, ["charge", "stock"]);
    assert_eq!(found.most_critical_error.as_deref(), Some("charge"));
    assert_eq!(found.error_chains[1].total_impact, 20 + 9);
}

#[test]
fn steps_behind_two_failures_are_counted_once() {
    let made = Made::new(&[("a", &[]), ("b", &[]), ("c", &["a", "b"])]).failed("a").failed("b");
    let found = found(&made.task(TaskState::Error));
    assert_eq!(
        found.error_chains.iter().map(|chain| chain.total_blocked_downstream_steps).collect::<Vec<_>>(),
        [1, 1]
    );
    assert_eq!(found.total_blocked_by_errors, 1);
}

#[test]
fn long_lists_are_cut_and_counts_are_not() {
    let mut made = Made::new(&[("root", &[])]);
    for at in 0..30 {
        made.steps.push(crate::report::fixture::MadeStep::new(format!("leaf_{at}"), vec![StepNo(0)]));
    }
    let found = found(&made.failed("root").task(TaskState::Error));
    let chain = &found.error_chains[0];
    assert_eq!((chain.downstream_steps.len(), chain.total_downstream_steps), (20, 30));
    assert_eq!((chain.blocked_downstream_steps.len(), chain.total_blocked_downstream_steps), (20, 30));
}

#[test]
fn what_can_be_done_depends_on_the_error() {
    use RecoveryAction as Action;
    let ended = |made: Made| made.task(TaskState::Error);
    assert_eq!(strategies_of(&ended(order().failed("charge"))), [Action::Retry, Action::ResolveManually]);
    let permanent = order().step("charge", |step| step.fail(1, StepError::permanent("no such card")));
    assert_eq!(strategies_of(&ended(permanent)), [Action::MendAndRetry, Action::ResolveManually]);
    let optional = order().failed("charge").step("charge", |step| step.known.optional = true);
    assert_eq!(strategies_of(&ended(optional)), [Action::Retry, Action::Skip, Action::ResolveManually]);
    let system = order().failed("charge").step("charge", |step| {
        step.known.dependent_system = Some("payments".to_owned());
    });
    assert_eq!(
        strategies_of(&ended(system)),
        [Action::CheckDependentSystem, Action::Retry, Action::ResolveManually]
    );
    let lost = order().step("charge", |step| {
        step.fail(10, StepError::worker_lost(crate::WorkerId::random()));
        step.lost = 10;
    });
    assert_eq!(strategies_of(&ended(lost)), [Action::CheckWorkers, Action::Retry, Action::ResolveManually]);
    assert_eq!(strategies_of(&order().backoff("charge", 9)), [Action::WaitForRetry]);
}

#[test]
fn a_task_without_failures_has_no_chains() {
    let found = found(&order());
    assert_eq!((found.total_error_steps, found.most_critical_error), (0, None));
    assert!(found.error_chains.is_empty() && found.recovery_priority.is_empty());
}
