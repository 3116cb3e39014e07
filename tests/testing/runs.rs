//! A run, and what it tells.

use std::time::Duration;

use tasker::testing::{self, Change};
use tasker::{StepError, StepState, TaskState};

use crate::shop::{Margin, PaymentAuthorized, Shop, context, order};

fn seconds(seconds: &[u64]) -> Vec<Duration> {
    seconds.iter().map(|&seconds| Duration::from_secs(seconds)).collect()
}

#[tokio::test]
async fn a_run_tells_how_it_ended_and_what_came_of_each_step() {
    let tasker = testing::Tasker::builder(Shop::default()).register::<order::Workflow>().build().await;
    let run = tasker.run_to_end::<order::Workflow>(context()).await;
    assert_eq!(run.state(), TaskState::Complete);
    assert_eq!(run.output::<order::process_payment>(), Some(1_030));
    assert_eq!(run.output::<order::create_order>().as_deref(), Some("order 1 from shelf 7"));
    assert_eq!(run.attempts::<order::create_order>(), 1);
    assert_eq!(run.step_state::<order::quote_express>(), StepState::Skipped);
    assert_eq!(run.output::<order::quote_express>(), None);
    assert_eq!(run.events::<PaymentAuthorized>(), [PaymentAuthorized { cents: 1_030 }]);
    assert_eq!(run.annotation::<Margin>(), Some(Margin { cents: 103 }));
    assert_eq!(run.records().len(), 2);
    assert_eq!(run.took(), Duration::ZERO);
}

#[tokio::test]
async fn a_step_that_fails_waits_as_its_policy_says_and_the_waits_are_told_in_order() {
    let tasker = testing::Tasker::builder(Shop::default())
        .register::<order::Workflow>()
        .fail_times::<order::reserve_stock>(2, StepError::retryable("busy"))
        .fail_times::<order::create_order>(1, StepError::retryable_after("closed", Duration::from_hours(12)))
        .build()
        .await;
    let run = tasker.run_to_end::<order::Workflow>(context()).await;
    assert_eq!(run.state(), TaskState::Complete);
    assert_eq!(run.attempts::<order::reserve_stock>(), 3);
    assert_eq!(run.waits::<order::reserve_stock>(), seconds(&[2, 4]));
    assert!(run.waits::<order::validate_cart>().is_empty());
    let hours = Duration::from_hours(12);
    let expected =
        [("reserve_stock", 2), ("reserve_stock", 4)].map(|(step, wait)| (step, Duration::from_secs(wait)));
    assert_eq!(run.trace().waits(), [expected.as_slice(), &[("create_order", hours)]].concat());
    assert_eq!(run.took(), hours + Duration::from_secs(6));
}

#[tokio::test]
async fn the_trace_is_the_order_in_which_executions_began_and_ended() {
    let tasker = testing::Tasker::builder(Shop::default())
        .register::<order::Workflow>()
        .fail_times::<order::reserve_stock>(1, StepError::retryable("busy"))
        .build()
        .await;
    let run = tasker.run_to_end::<order::Workflow>(context()).await;
    let steps = [
        "validate_cart",
        "quote_express",
        "reserve_stock",
        "reserve_stock",
        "process_payment",
        "create_order",
    ];
    assert_eq!(run.trace().began(), steps);
    let of_reserve = run.trace().iter().filter(|moment| moment.step == "reserve_stock");
    let seen: Vec<_> =
        of_reserve.map(|moment| (moment.at.as_secs(), moment.attempt.0, moment.change.clone())).collect();
    assert_eq!(
        seen,
        [
            (0, 1, Change::Began),
            (0, 1, Change::Failed(StepError::retryable("busy"))),
            (2, 2, Change::Began),
            (2, 2, Change::Completed),
        ]
    );
    assert!(run.trace().to_string().contains("0ns: quote_express 1 skipped\n"), "{}", run.trace());
}

#[tokio::test]
async fn an_execution_past_its_time_limit_is_seen_as_stopped_and_one_that_panics_as_panicked() {
    let tasker = testing::Tasker::builder(Shop::default())
        .register::<order::Workflow>()
        .fake_async::<order::process_payment>(async |call| match call.attempt().0 {
            1 => std::future::pending().await,
            2 => panic!("what a mess"),
            _ => Ok(5),
        })
        .build()
        .await;
    let run = tasker.run_to_end::<order::Workflow>(context()).await;
    let changes = run.trace().iter().filter(|moment| moment.step == "process_payment");
    let changes: Vec<_> = changes.map(|moment| (moment.at.as_secs(), moment.change.to_string())).collect();
    let expected =
        [(0, "began"), (10, "stopped"), (12, "began"), (12, "panicked"), (16, "began"), (16, "completed")];
    assert_eq!(changes, expected.map(|(at, change)| (at, change.to_owned())));
}

#[tokio::test]
async fn a_step_that_fails_for_good_has_its_error_in_the_run() {
    let tasker = testing::Tasker::builder(Shop::default()).register::<order::Workflow>().build().await;
    let run = tasker.run_to_end::<order::Workflow>(order::Context { cents: 0, express: false }).await;
    assert_eq!(run.state(), TaskState::Error);
    assert_eq!(run.error::<order::validate_cart>().unwrap().message(), "the cart is empty");
    assert_eq!((run.attempts::<order::create_order>(), run.output::<order::create_order>()), (0, None));
    assert_eq!(run.status().step_of::<order::validate_cart>().unwrap().state, StepState::Error);
}

#[tokio::test]
async fn tasks_that_run_side_by_side_end_one_by_one() {
    let tasker = testing::Tasker::builder(Shop::default())
        .register::<order::Workflow>()
        .fail_times::<order::create_order>(1, StepError::retryable("busy"))
        .build()
        .await;
    let first = tasker.start::<order::Workflow>(context()).await;
    let second = tasker.start::<order::Workflow>(order::Context { cents: 70, express: true }).await;
    let (second, first) = (second.run_to_end().await, first.run_to_end().await);
    assert_eq!(first.output::<order::process_payment>(), Some(1_030));
    assert_eq!(second.output::<order::process_payment>(), Some(600));
    assert_eq!([first.attempts::<order::create_order>(), second.attempts::<order::create_order>()], [2, 2]);
    assert_ne!(first.id(), second.id());
    assert_eq!(first.trace().began().len(), 6, "{}", first.trace());
}

#[tokio::test]
async fn an_operator_opens_a_task_again_and_the_failures_are_not_repeated() {
    let tasker = testing::Tasker::builder(Shop::default())
        .register::<order::Workflow>()
        .fail_times::<order::reserve_stock>(3, StepError::retryable("busy"))
        .build()
        .await;
    let task = tasker.start::<order::Workflow>(context()).await;
    assert_eq!(task.run_to_end().await.state(), TaskState::Error);
    task.handle().retry().await.unwrap();
    assert_eq!(task.run_to_end().await.state(), TaskState::Complete);
}

#[tokio::test]
async fn what_the_real_one_starts_is_run_to_its_end_too() {
    let tasker = testing::Tasker::builder(Shop::default()).register::<order::Workflow>().build().await;
    let start = || tasker.real().start::<order::Workflow>(context()).idempotency_key("2026-0001");
    let run = tasker.task(start().await.unwrap()).run_to_end().await;
    assert_eq!(start().await.unwrap().id(), run.id());
}
