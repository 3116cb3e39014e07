//! Runs that do not end say what they wait for.

use std::panic::AssertUnwindSafe;
use std::time::Duration;

use futures_util::FutureExt;
use tasker::testing::{self, Task, Tasker};
use tasker::{StepError, workflow};

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

#[tokio::test]
async fn a_step_that_is_executed_too_often_is_named_with_what_happened_last() {
    let tasker = testing::Tasker::builder(Shop::default())
        .register::<order::Workflow>()
        .fake::<order::reserve_stock>(|_| Err(StepError::retryable_after("busy", Duration::from_secs(30))))
        .most_executions(1)
        .build()
        .await;
    let message = message(&tasker.start::<order::Workflow>(context()).await).await;
    assert!(
        message.starts_with(
            "a run of `shop.order@0.1.0` has not ended after 1 executions of `reserve_stock`, which \
             `most_executions` of the builder allows; it is "
        ),
        "{message}"
    );
    assert!(message.contains("`reserve_stock` waits until 2026-01-01T00:01:00"), "{message}");
    assert!(message.contains("0ns: reserve_stock 1 failed: busy\n30s: reserve_stock 2 began\n"), "{message}");
}

/// Days of virtual time and some seconds of real time, and not a year.
#[tokio::test]
async fn a_step_that_fails_for_ever_does_not_hang() {
    let tasker = testing::Tasker::builder(Shop::default())
        .register::<order::Workflow>()
        .with(|tasker| tasker.concurrency(1))
        .fake::<stubborn::knock>(|_| Err(StepError::retryable("nobody is there")))
        .register::<stubborn::Workflow>()
        .most_executions(300)
        .build()
        .await;
    let task = tasker.start::<stubborn::Workflow>(()).await;
    let panic = AssertUnwindSafe(task.run_to_end()).catch_unwind().await.unwrap_err();
    let message = *panic.downcast::<String>().unwrap();
    assert!(message.contains("after 300 executions of `knock`"), "{message}");
    assert!(message.contains("\nwhat happened:\n(562 moments before)\n"), "{message}");
}

#[tokio::test]
async fn a_run_with_as_many_executions_as_it_may_have_ends() {
    let tasker = testing::Tasker::builder(())
        .register::<stubborn::Workflow>()
        .fail_times::<stubborn::knock>(299, StepError::retryable("nobody is there"))
        .most_executions(300)
        .build()
        .await;
    assert_eq!(tasker.run_to_end::<stubborn::Workflow>(()).await.attempts::<stubborn::knock>(), 300);
}

#[workflow(context = ())]
mod stubborn {
    use tasker::StepError;

    #[step(retry(limit = 3000000))]
    pub(super) async fn knock() -> Result<(), StepError> {
        Ok(())
    }
}
