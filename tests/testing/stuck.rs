//! Runs that do not end say what they wait for.

use std::panic::AssertUnwindSafe;
use std::time::Duration;

use futures_util::FutureExt;
use tasker::StepError;
use tasker::testing::{self, Task, Tasker};

use crate::shop::{Shop, context, order};

async fn message(task: &Task<order::Workflow>) -> String {
    let panic = AssertUnwindSafe(task.run_to_end()).catch_unwind().await.unwrap_err();
    *panic.downcast::<String>().unwrap()
}

async fn tasker() -> Tasker {
    testing::Tasker::builder(Shop::default()).register::<order::Workflow>().build().await
}

#[tokio::test]
async fn a_paused_task_waits_for_its_operator() {
    let tasker = tasker().await;
    let task = tasker.start::<order::Workflow>(context()).await;
    task.handle().pause().await.unwrap();
    let message = message(&task).await;
    assert!(
        message.starts_with("a run of `shop.order@0.1.0` has not ended after a virtual year; it is "),
        "{message}"
    );
    assert!(message.contains("waits for an operator, who paused the task"), "{message}");
    assert!(!message.contains("seed"), "{message}");
}

#[tokio::test]
async fn a_wait_of_centuries_is_named_with_what_happened_before() {
    let never = StepError::retryable_after("come back later", Duration::from_hours(24 * 365 * 200));
    let tasker = testing::Tasker::builder(Shop::default())
        .register::<order::Workflow>()
        .fail_times::<order::reserve_stock>(1, never)
        .seed(5)
        .build()
        .await;
    let message = message(&tasker.start::<order::Workflow>(context()).await).await;
    assert!(message.contains("`reserve_stock` waits until 22"), "{message}");
    assert!(message.contains("`process_payment` waits for 1 of the steps that it depends on"), "{message}");
    assert!(message.contains("0ns: reserve_stock 1 failed: come back later"), "{message}");
    assert!(message.ends_with("(seed 5)"), "{message}");
}

#[tokio::test]
async fn a_step_that_never_returns_is_named() {
    let tasker = testing::Tasker::builder(Shop::default())
        .register::<order::Workflow>()
        .fake_async::<order::reserve_stock>(async |_| std::future::pending().await)
        .build()
        .await;
    let message = message(&tasker.start::<order::Workflow>(context()).await).await;
    assert!(message.contains("`reserve_stock` has not returned from execution 1"), "{message}");
}

#[tokio::test]
async fn a_task_whose_tasker_was_shut_down_waits_for_a_worker() {
    let tasker = tasker().await;
    tasker.real().shutdown().await;
    let message = message(&tasker.start::<order::Workflow>(context()).await).await;
    assert!(message.contains("`validate_cart` waits for a worker; was the Tasker shut down?"), "{message}");
}
