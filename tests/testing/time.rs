//! Virtual time, and chance.

use std::time::Duration;

use tasker::StepError;
use tasker::testing;

use crate::shop::{Shop, context, order};

async fn waits(seed: Option<u64>) -> Vec<Duration> {
    let mut builder = testing::Tasker::builder(Shop::default())
        .register::<order::Workflow>()
        .fail_times::<order::reserve_stock>(2, StepError::retryable("busy"));
    if let Some(seed) = seed {
        builder = builder.seed(seed);
    }
    let run = builder.build().await.run_to_end::<order::Workflow>(context()).await;
    run.waits::<order::reserve_stock>()
}

#[test]
fn a_test_without_tokio_runs_in_virtual_time() {
    assert_eq!(testing::block_on(waits(None)), [2, 4].map(Duration::from_secs));
}

#[tokio::test(start_paused = true)]
async fn a_test_may_pause_the_clock_itself() {
    assert_eq!(waits(None).await, [2, 4].map(Duration::from_secs));
}

#[tokio::test(flavor = "multi_thread")]
#[should_panic(
    expected = "write `#[tokio::test]` without `flavor`, or `#[test]` and `tasker::testing::block_on`"
)]
async fn a_runtime_of_many_threads_has_no_virtual_time() {
    waits(None).await;
}

#[tokio::test]
async fn chance_has_its_part_where_a_seed_is_given_and_is_repeatable() {
    let drawn = waits(Some(7)).await;
    assert_eq!(waits(Some(7)).await, drawn);
    assert_ne!(waits(Some(8)).await, drawn);
    assert_ne!(drawn, [2, 4].map(Duration::from_secs));
    for (wait, seconds) in drawn.iter().zip([2.0, 4.0]) {
        assert!((seconds * 0.9 - 0.002..seconds * 1.1 + 0.002).contains(&wait.as_secs_f64()), "{wait:?}");
    }
}

#[tokio::test]
async fn options_of_the_real_builder_can_be_set() {
    let tasker = testing::Tasker::builder(Shop::default())
        .register::<order::Workflow>()
        .with(|tasker| tasker.configure::<order::process_payment>(serde_json::json!({ "cents": 0 })))
        .build()
        .await;
    let run = tasker.run_to_end::<order::Workflow>(context()).await;
    assert_eq!(run.output::<order::process_payment>(), Some(1_000));
}
