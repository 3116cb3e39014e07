//! Lines 21-24: when a step that failed runs again.

use tasker::http::Backoff;
use tasker::report::BackoffType;
use tasker::store::Ending;
use tasker::{RetryPolicy, StepError, StepState, Store, WaitingFor};

use crate::bench::{Bench, done, enlist, retry, seconds};
use crate::fixture::{DUMMY, LINEAR};
use crate::place::{Place, on_both};

on_both! {
    b21_a_step_runs_again_when_the_wait_that_it_asked_for_is_over,
    b22_of_two_waits_the_shorter_one_decides_when_the_task_goes_on,
    b23_what_is_ready_waits_for_nothing,
    b23_a_wait_outlives_the_worker,
}

/// Ours: it runs when its time has come; in Ruby its task is queued again after five more seconds.
async fn b21_a_step_runs_again_when_the_wait_that_it_asked_for_is_over(place: Place) {
    let mut bench = Bench::of(place, &LINEAR).await;
    bench.begin().await;
    let busy = StepError::retryable_after("busy", seconds(120));
    bench.end("initialize_data", Ending::Retry(busy, seconds(120))).await;
    assert!(bench.begin().await.is_empty());
    assert_eq!(bench.next_due, Some(seconds(120)), "the worker looks again then");
    let look = bench.look().await;
    assert_eq!(look.steps[0].backoff_type, BackoffType::Explicit);
    assert_eq!(look.steps[0].time_until_ready, Some(seconds(120)));
    assert_eq!(look.in_backoff_steps, 1);
    bench.clock.advance(seconds(119));
    assert!(bench.begin().await.is_empty());
    assert_eq!(bench.next_due, Some(seconds(1)));
    bench.clock.advance(seconds(1));
    assert_eq!(bench.begin().await, ["initialize_data"]);
}

/// Ours: each step runs when its own time has come; in Ruby the task waits for the latest.
async fn b22_of_two_waits_the_shorter_one_decides_when_the_task_goes_on(place: Place) {
    let mut bench = Bench::of(place, &DUMMY).await;
    assert_eq!(bench.begin().await, ["step-one", "step-two"]);
    bench.end("step-one", retry(180)).await;
    bench.end("step-two", retry(60)).await;
    assert!(bench.begin().await.is_empty());
    assert_eq!(bench.next_due, Some(seconds(60)));
    let look = bench.look().await;
    assert_eq!(look.next_retry_at.unwrap().since(look.as_of), seconds(60));
    bench.clock.advance(seconds(60));
    assert_eq!(bench.begin().await, ["step-two"]);
    bench.end("step-two", done()).await;
    assert_eq!(bench.begin().await, ["step-three"], "what follows does not wait for the other");
    assert_eq!(bench.next_due, Some(seconds(120)));
    bench.clock.advance(seconds(120));
    assert_eq!(bench.begin().await, ["step-one"]);
}

/// Ours: there is no delay of the task for its status; in Ruby it is queued again after 0, 10, 30 or 45 seconds.
async fn b23_what_is_ready_waits_for_nothing(place: Place) {
    let mut bench = Bench::of(place, &LINEAR).await;
    let created = bench.status().await.created_at;
    for step in LINEAR.names() {
        assert_eq!(bench.begin().await, [step]);
        assert_eq!(bench.next_due, None);
        bench.end(step, done()).await;
    }
    assert_eq!(bench.status().await.ended_at, Some(created), "no time went by");
}

async fn b23_a_wait_outlives_the_worker(place: Place) {
    let mut bench = Bench::of(place, &LINEAR).await;
    bench.begin().await;
    bench.end("initialize_data", retry(30)).await;
    let failed_at = bench.status().await.created_at;
    bench.store.retire(bench.worker).await.unwrap();
    bench.worker = enlist(&bench.store, bench.definition).await;
    let step = bench.step("initialize_data").await;
    assert_eq!(
        (step.state, step.waiting_for),
        (StepState::Pending, Some(WaitingFor::Time(failed_at + seconds(30))))
    );
    bench.clock.advance(seconds(30));
    assert_eq!(bench.begin().await, ["initialize_data"], "by another worker");
}

#[test]
fn b23_without_a_wait_of_its_own_a_step_waits_twice_as_long_each_time_and_never_more_than_thirty_seconds() {
    let policy = RetryPolicy::DEFAULT;
    let waits: Vec<u64> = (1..=7).map(|failures| policy.delay(failures).as_secs()).collect();
    assert_eq!(waits, [2, 4, 8, 16, 30, 30, 30]);
}

#[test]
fn b24_api_steps_wait_as_the_table_says_and_then_the_square_of_their_attempt_up_to_five_minutes() {
    let middle = 0.5;
    let plain = Backoff::growing().jitter(0.0);
    let waits: Vec<u64> = (0..=18).map(|attempt| plain.wait(attempt, middle).as_secs()).collect();
    assert_eq!(waits, [0, 1, 2, 4, 8, 16, 32, 49, 64, 81, 100, 121, 144, 169, 196, 225, 256, 289, 300]);
    assert_eq!(plain.wait(u32::MAX, middle), seconds(300));
    for attempt in 1..40 {
        let (low, base, high) = (
            Backoff::growing().wait(attempt, 0.0),
            plain.wait(attempt, middle),
            Backoff::growing().wait(attempt, 1.0),
        );
        assert!(low >= seconds(1) && low >= base.mul_f64(0.899_999), "{attempt}: {low:?}");
        assert!(high <= seconds(300) && high <= base.mul_f64(1.100_001), "{attempt}: {high:?}");
    }
    assert_eq!(Backoff::growing().wait(0, 0.9), seconds(0));
}
