//! The checks that go through all steps, and the bugs that they find.

use std::collections::{BTreeMap, BTreeSet};
use std::panic::AssertUnwindSafe;

use futures_util::FutureExt;
use tasker::testing::{self, Change, Scenario};
use tasker::{Attempt, StepError, StepState, TaskState};

use crate::shop::{PaymentAuthorized, Shop, careless, context, once, order};

const ALL_THAT_RUN: [&str; 4] = ["create_order", "process_payment", "reserve_stock", "validate_cart"];

fn setup() -> Scenario<order::Workflow, Shop> {
    testing::Tasker::builder(Shop::default()).scenario(context())
}

fn careless() -> Scenario<careless::Workflow, Shop> {
    testing::Tasker::builder(Shop::default()).scenario(500)
}

fn once() -> Scenario<once::Workflow, Shop> {
    testing::Tasker::builder(Shop::default()).scenario(500)
}

async fn panic_of(check: impl Future<Output = ()>) -> String {
    let panic = AssertUnwindSafe(check).catch_unwind().await.unwrap_err();
    *panic.downcast::<String>().unwrap()
}

fn sorted(mut steps: Vec<String>) -> Vec<String> {
    steps.sort();
    steps
}

#[tokio::test]
async fn a_scenario_runs_by_itself() {
    let run = setup().run().await;
    assert_eq!(run.output::<order::process_payment>(), Some(1_030));
}

#[tokio::test]
async fn each_step_that_runs_fails_for_good_once() {
    let mut failed = Vec::new();
    testing::fail_each_step(setup, |step, run, shop| {
        failed.push(step.to_owned());
        let status = run.status().step(step).unwrap();
        assert_eq!(
            (run.state(), status.state, status.attempts),
            (TaskState::Error, StepState::Error, Attempt(1))
        );
        let paid = step == "create_order";
        assert_eq!(shop.gateway.charged().len(), usize::from(paid));
    })
    .await;
    assert_eq!(sorted(failed), ALL_THAT_RUN);
}

#[tokio::test]
async fn each_step_that_runs_fails_once_and_runs_again() {
    let mut failed = Vec::new();
    testing::fail_each_step_once(setup, |step, run, shop| {
        failed.push(step.to_owned());
        assert_eq!(
            (run.state(), run.status().step(step).unwrap().attempts),
            (TaskState::Complete, Attempt(2))
        );
        assert_eq!(run.trace().waits().len(), 1);
        assert_eq!(shop.gateway.charged(), [1_030]);
    })
    .await;
    assert_eq!(sorted(failed), ALL_THAT_RUN);
}

#[tokio::test]
async fn each_step_that_runs_runs_twice() {
    let mut twice = Vec::new();
    testing::run_each_step_twice(setup, |step, run, shop| {
        twice.push(step.to_owned());
        assert_eq!(run.state(), TaskState::Complete);
        let status = run.status().step(step).unwrap();
        assert_eq!((status.attempts, status.lost), (Attempt(2), 1));
        assert_eq!(run.trace().began().iter().filter(|began| **began == step).count(), 2);
        assert_eq!(shop.gateway.charged(), [1_030]);
        assert_eq!(run.events::<PaymentAuthorized>().len(), 1, "only one outcome was recorded");
    })
    .await;
    assert_eq!(sorted(twice), ALL_THAT_RUN);
}

#[tokio::test]
async fn a_step_that_is_not_idempotent_is_found_by_running_it_twice() {
    let found = testing::run_each_step_twice(careless, |_, run, shop| {
        assert_eq!(run.state(), TaskState::Complete);
        assert_eq!(shop.gateway.charged(), [500], "charged twice");
    });
    let message = panic_of(found).await;
    assert!(
        message.starts_with("while `charge` ran twice: ") && message.contains("charged twice"),
        "{message}"
    );
}

#[tokio::test]
async fn a_step_that_fails_first_runs_twice_to_its_end_all_the_same() {
    let setup = || {
        let builder = testing::Tasker::builder(Shop::default());
        builder.fail_times::<careless::charge>(1, StepError::retryable("busy")).scenario(500)
    };
    let mut charged = Vec::new();
    testing::run_each_step_twice(setup, |step, run: &testing::Run<careless::Workflow>, shop| {
        assert_eq!(run.state(), TaskState::Complete);
        charged.push((step.to_owned(), shop.gateway.charged().len()));
    })
    .await;
    assert_eq!(charged, [("count".to_owned(), 1), ("charge".to_owned(), 2)]);
}

#[tokio::test]
async fn a_step_that_fails_whenever_it_runs_does_not_run_twice() {
    let setup = || {
        let builder = testing::Tasker::builder(Shop::default());
        builder
            .fail_times::<careless::charge>(u32::MAX, StepError::permanent("no"))
            .scenario::<careless::Workflow>(500)
    };
    let mut twice = Vec::new();
    testing::run_each_step_twice(setup, |step, _, _| twice.push(step.to_owned())).await;
    assert_eq!(twice, ["count"]);
}

#[tokio::test]
async fn the_same_step_is_not_found_where_nothing_is_done_to_it() {
    assert_eq!(careless().run().await.state(), TaskState::Complete);
    testing::crash_after_each_record(careless, |_, _, shop| assert_eq!(shop.gateway.charged(), [500])).await;
}

#[tokio::test]
async fn a_crash_before_the_record_repeats_the_step_and_nothing_else() {
    let mut repeated = BTreeMap::new();
    testing::crash_before_each_record(setup, |step, run, shop| {
        assert_eq!((run.state(), shop.gateway.charged().len()), (TaskState::Complete, 1));
        let again = run.status().steps.iter().filter(|step| step.attempts > Attempt(1));
        repeated.insert(step.to_owned(), again.map(|step| step.name.clone()).collect::<Vec<_>>());
    })
    .await;
    // `quote_express` is skipped, which is an outcome too, and comes with that of `reserve_stock`.
    let both = vec!["quote_express".to_owned(), "reserve_stock".to_owned()];
    let own = |step: &str| (step.to_owned(), vec![step.to_owned()]);
    let mut expected: BTreeMap<_, _> = ["create_order", "process_payment", "validate_cart"].map(own).into();
    expected.insert("quote_express".to_owned(), both.clone());
    expected.insert("reserve_stock".to_owned(), both);
    assert_eq!(repeated, expected);
}

#[tokio::test]
async fn a_crash_after_the_record_repeats_nothing_and_costs_an_attempt_of_what_the_dead_worker_was_given_next()
 {
    let mut lost = BTreeMap::new();
    testing::crash_after_each_record(setup, |step, run, shop| {
        assert_eq!((run.state(), shop.gateway.charged().len()), (TaskState::Complete, 1));
        let began: BTreeSet<&str> = run.trace().began().into_iter().collect();
        assert_eq!(began.len(), run.trace().began().len(), "{}", run.trace());
        let steps = run.status().steps.iter().filter(|step| step.lost > 0);
        let steps: Vec<String> = steps.map(|step| step.name.clone()).collect();
        let traced = run.trace().iter().filter(|moment| moment.change == Change::Lost);
        let traced: Vec<String> = traced.map(|moment| moment.step.clone()).collect();
        assert_eq!(sorted(traced), steps, "{}", run.trace());
        lost.insert(step.to_owned(), steps);
    })
    .await;
    let next = [
        ("create_order", vec![]),
        ("process_payment", vec!["create_order"]),
        ("quote_express", vec!["process_payment"]),
        ("reserve_stock", vec!["process_payment"]),
        ("validate_cart", vec!["quote_express", "reserve_stock"]),
    ];
    let lost: Vec<(&str, Vec<&str>)> =
        lost.iter().map(|(step, lost)| (step.as_str(), lost.iter().map(String::as_str).collect())).collect();
    assert_eq!(lost, next);
}

#[tokio::test]
async fn a_step_that_may_run_once_does_not_run_again_after_a_crash() {
    testing::crash_before_each_record(once, |_, run, _| {
        assert_eq!(run.state(), TaskState::Error);
        assert_eq!(run.trace().began(), ["charge"]);
        assert_eq!(run.error::<once::charge>().unwrap().error_code(), Some("WORKER_LOST"));
        assert_eq!(
            run.trace().to_string(),
            "0ns: charge 1 began\n0ns: charge 1 completed\n0ns: charge 1 was lost with its worker\n"
        );
    })
    .await;
}

#[tokio::test]
async fn a_check_that_has_nothing_to_check_says_so() {
    let message = panic_of(testing::run_each_step_twice(once, |_, _, _| {})).await;
    assert!(message.starts_with("nothing was checked: no step of `shop.once@0.1.0` "), "{message}");
}

#[tokio::test]
async fn every_check_names_the_step_before_the_message() {
    let fails = |_: &str, _: &testing::Run<order::Workflow>, _: &Shop| panic!("no good");
    let messages = [
        panic_of(testing::fail_each_step(setup, fails)).await,
        panic_of(testing::fail_each_step_once(setup, fails)).await,
        panic_of(testing::run_each_step_twice(setup, fails)).await,
        panic_of(testing::crash_before_each_record(setup, fails)).await,
        panic_of(testing::crash_after_each_record(setup, fails)).await,
    ];
    let expected = [
        "while `validate_cart` failed for good: no good",
        "while `validate_cart` failed once: no good",
        "while `validate_cart` ran twice: no good",
        "when the worker died before the outcome of `validate_cart` was recorded: no good",
        "when the worker died after the outcome of `validate_cart` was recorded: no good",
    ];
    assert_eq!(messages, expected);
}

#[tokio::test]
async fn fakes_stay_in_place_when_another_worker_goes_on() {
    let setup = || {
        let builder = testing::Tasker::builder(Shop::default());
        builder.fake::<order::process_payment>(|_| Ok(7)).scenario::<order::Workflow>(context())
    };
    testing::run_each_step_twice(setup, |_, run, shop| {
        assert_eq!(run.output::<order::process_payment>(), Some(7));
        assert!(shop.gateway.charged().is_empty());
    })
    .await;
}
