//! Several settles at the same time.

use std::time::Duration;

use tasker::{Attempt, TaskState};
use tokio::time::Instant;

use crate::faults::{Faulty, Verb};
use crate::support::{Act, App, builder, context, job, wide};

/// Runs tasks whose steps end one after another, on a store that takes 30 ms for each call; how long it took.
async fn staggered(store: &Faulty, tasks: u32) -> Duration {
    let app = App::new((0..tasks).map(|n| Act::Sleep(Duration::from_millis(u64::from(n) * 7 % 50))));
    let tasker = builder(&app, store).concurrency(8).build().await.unwrap();
    let began = Instant::now();
    let tasks = tasker.start_many::<job::Workflow>((0..tasks).map(|n| context(n % 100 + 1))).await.unwrap();
    for task in &tasks {
        let status = task.wait().await.unwrap();
        assert_eq!(status.state, TaskState::Complete);
        assert!(status.steps.iter().all(|step| step.attempts == Attempt(1)));
        assert_eq!(store.completed(task.id()), [1, 1, 1]);
    }
    let elapsed = began.elapsed();
    tasker.shutdown().await;
    assert!(store.most_held() <= 8, "{} held", store.most_held());
    assert!(store.most_outcomes() <= 8, "{} outcomes in one batch", store.most_outcomes());
    assert!(app.script.most_running() <= 8);
    elapsed
}

#[tokio::test(start_paused = true)]
async fn as_many_settles_are_under_way_as_the_store_works_on() {
    let slow = || Faulty::new().delay(Duration::from_millis(30));
    let (alone, three) = (slow(), slow().parallel(3));
    let (one_by_one, overlapping) = (staggered(&alone, 100).await, staggered(&three, 100).await);
    assert_eq!(alone.most_settling(), 1);
    assert!((2..=3).contains(&three.most_settling()), "{} settles at once", three.most_settling());
    assert!(overlapping < one_by_one, "{overlapping:?} is no less than {one_by_one:?}");
}

#[tokio::test(start_paused = true)]
async fn a_lone_outcome_is_settled_at_once_and_its_step_comes_back_with_it() {
    for parallel in [1, 3] {
        let (app, store) = (App::new([]), Faulty::new().parallel(parallel));
        let tasker = builder(&app, &store).build().await.unwrap();
        let began = Instant::now();
        tasker.start::<job::Workflow>(context(1)).await.unwrap().wait().await.unwrap();
        assert!(began.elapsed() < Duration::from_millis(5), "{:?}", began.elapsed());
        assert_eq!(store.calls(Verb::Settle), 3, "one for each step of the chain");
        assert!(store.calls(Verb::Claim) <= 3, "{} claims", store.calls(Verb::Claim));
        assert!(store.searches() <= 1, "nothing else is ready, and the worker knows after its first claim");
    }
}

#[tokio::test(start_paused = true)]
async fn a_settle_searches_while_more_may_be_ready_than_there_was_room_for() {
    let (app, store) = (App::new([]), Faulty::new());
    let tasker = builder(&app, &store).concurrency(2).build().await.unwrap();
    let tasks = tasker.start_many::<job::Workflow>((1..=4).map(context)).await.unwrap();
    for task in tasks {
        task.wait().await.unwrap();
    }
    let searches = store.searches();
    assert!(searches > 0);
    tasker.start::<job::Workflow>(context(5)).await.unwrap().wait().await.unwrap();
    assert_eq!(store.searches(), searches, "all was taken");
}

#[tokio::test(start_paused = true)]
async fn two_settles_are_never_under_way_in_one_task() {
    let (app, store) = (App::new([]), Faulty::new().parallel(3).uneven_delay(Duration::from_millis(900), 7));
    let tasker = builder(&app, &store).concurrency(9).build().await.unwrap();
    let tasks = tasker.start_many::<wide::Workflow>(0..30).await.unwrap();
    for task in tasks {
        assert_eq!(task.wait().await.unwrap().state, TaskState::Complete);
    }
    assert!(store.most_settling() > 1 && !store.crossed());
}
