//! What has ended is removed in time.

use std::time::Duration;

use tasker::{BuildError, Retention, TaskState};
use tokio::time::sleep;

use crate::faults::{Fault, Faulty, Verb};
use crate::support::{Act, App, builder, context, job, memory, wide};

#[tokio::test(start_paused = true)]
async fn tasks_are_removed_some_time_after_they_ended_and_no_sooner() {
    let app = App::new([Act::FailForGood, Act::Sleep(Duration::from_secs(8))]);
    let store = Faulty::new();
    let retention = Retention::after(Duration::from_mins(10)).every(Duration::from_secs(30)).batch(100);
    let tasker = builder(&app, &store).retention(retention).build().await.unwrap();
    let failed = tasker.start::<job::Workflow>(context(1)).await.unwrap();
    failed.wait().await.unwrap();
    let tasks = tasker.start_many::<wide::Workflow>(0..250).await.unwrap();
    for task in &tasks {
        task.wait().await.unwrap();
    }
    sleep(Duration::from_mins(9)).await;
    let open = tasker.start::<job::Workflow>(context(2)).await.unwrap();
    open.pause().await.unwrap();
    assert_eq!(failed.state().await.unwrap(), TaskState::Error);
    let before = store.calls(Verb::Purge);
    sleep(Duration::from_secs(91)).await;
    for task in &tasks {
        assert!(task.state().await.is_err());
    }
    assert!(failed.state().await.is_err());
    assert!(store.calls(Verb::Purge) - before >= 3 + 2, "251 tasks are three batches");
    sleep(Duration::from_hours(1)).await;
    assert!(!open.state().await.unwrap().has_ended(), "what is open is never removed");
}

#[tokio::test(start_paused = true)]
async fn without_a_retention_everything_is_kept() {
    let (app, store) = (App::new([]), Faulty::new());
    let tasker = builder(&app, &store).build().await.unwrap();
    let task = tasker.start::<job::Workflow>(context(1)).await.unwrap();
    task.wait().await.unwrap();
    sleep(Duration::from_hours(2)).await;
    assert_eq!(task.state().await.unwrap(), TaskState::Complete);
    assert_eq!(store.calls(Verb::Purge), 0);
}

#[tokio::test(start_paused = true)]
async fn a_purge_that_fails_is_tried_again() {
    let (app, store) = (App::new([]), Faulty::new());
    store.fail(|call| (call.verb == Verb::Purge && call.before < 5).then_some(Fault::Before));
    let retention = Retention::after(Duration::from_secs(1));
    let tasker = builder(&app, &store).retention(retention).build().await.unwrap();
    let task = tasker.start::<job::Workflow>(context(1)).await.unwrap();
    task.wait().await.unwrap();
    sleep(Duration::from_mins(7)).await;
    assert!(task.state().await.is_err());
}

#[tokio::test(start_paused = true)]
async fn a_retention_that_makes_no_sense_is_refused() {
    let app = App::new([]);
    let hour = Retention::after(Duration::from_hours(1));
    let wrong = [
        (hour.every(Duration::ZERO), "`retention.every` is 0"),
        (hour.every(Duration::MAX), "`retention.every` is"),
        (hour.batch(0), "`retention.batch` is 0"),
        (hour.batch(1_000_000), "`retention.batch` is 1000000; 1 to 10,000"),
    ];
    for (retention, expected) in wrong {
        let built = builder(&app, &memory()).retention(retention).build().await;
        let Err(BuildError::Option(message)) = built else { panic!("built with {retention:?}") };
        assert!(message.contains(expected), "{message}");
    }
}
