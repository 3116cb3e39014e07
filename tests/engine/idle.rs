//! What an engine asks of the store when there is nothing to do, and how it learns that there is.

use std::time::Duration;

use tasker::{Store, TaskState};
use tasker_tests::operator::Operator as _;
use tokio::time::{Instant, sleep, timeout};

use crate::faults::{Faulty, Verb};
use crate::support::{Act, App, builder, context, job, wait_until};

#[tokio::test(start_paused = true)]
async fn an_idle_worker_asks_less_than_twice_a_second() {
    let (app, store) = (App::new([]), Faulty::new());
    let tasker = builder(&app, &store).build().await.unwrap();
    tasker.start::<job::Workflow>(context(1)).await.unwrap().wait().await.unwrap();
    sleep(Duration::from_secs(5)).await;
    let (claims, all) = (store.calls(Verb::Claim), store.all_calls());
    sleep(Duration::from_mins(1)).await;
    let (claims, all) = (store.calls(Verb::Claim) - claims, store.all_calls() - all);
    assert!((54..=66).contains(&claims), "{claims} claims in a minute");
    assert!(all <= 120, "{all} statements in a minute");
}

#[tokio::test(start_paused = true)]
async fn what_another_process_starts_is_found_within_the_poll_interval() {
    let (app, other) = (App::new([]), App::new([]));
    let store = Faulty::new();
    let client = builder(&other, &store).build().await.unwrap();
    client.shutdown().await;
    let _worker = builder(&app, &store).build().await.unwrap();
    sleep(Duration::from_mins(1)).await;
    let task = client.start::<job::Workflow>(context(1)).await.unwrap();
    let began = Instant::now();
    task.wait().await.unwrap();
    assert!(began.elapsed() < Duration::from_millis(2_200), "{:?}", began.elapsed());
}

#[tokio::test(start_paused = true)]
async fn a_hint_wakes_the_worker_and_those_who_wait() {
    let (app, other) = (App::new([]), App::new([]));
    let store = Faulty::new();
    let hour = Duration::from_hours(1);
    let client = builder(&other, &store).poll(hour).build().await.unwrap();
    let _worker = builder(&app, &store).poll(hour).build().await.unwrap();
    sleep(Duration::from_hours(5)).await;
    // Written behind the back of both.
    let prepared = client.start::<job::Workflow>(context(1)).prepare().unwrap();
    let id = prepared.task().id;
    store.store.create(&[prepared.task().clone()]).await.unwrap();
    drop(prepared);
    let task = client.task(id);
    let wait = timeout(Duration::from_secs(5), async {
        tokio::join!(task.wait(), async {
            sleep(Duration::from_millis(10)).await;
            store.hint_now();
        })
    });
    let (status, ()) = wait.await.expect("found long before the next poll");
    assert_eq!(status.unwrap().state, TaskState::Complete);
}

#[tokio::test(start_paused = true)]
async fn a_hint_lets_those_who_wait_look_again() {
    let app = App::new([]);
    let store = Faulty::new();
    let client = builder(&app, &store).poll(Duration::from_hours(1)).build().await.unwrap();
    let prepared = client.start::<job::Workflow>(context(1)).prepare().unwrap();
    let task = client.task(prepared.task().id);
    store.store.create(&[prepared.task().clone()]).await.unwrap();
    store.store.pause(task.id()).await.unwrap();
    let wait = tokio::spawn({
        let task = task.clone();
        async move { task.wait().await }
    });
    sleep(Duration::from_hours(9)).await;
    store.store.cancel(task.id()).await.unwrap();
    let before = Instant::now();
    store.hint_now();
    assert_eq!(wait.await.unwrap().unwrap().state, TaskState::Cancelled);
    assert!(before.elapsed() < Duration::from_secs(1));
}

#[tokio::test(start_paused = true)]
async fn a_due_retry_is_met_at_its_time_however_idle_or_busy_the_worker_is() {
    // Alone.
    let app = App::new([Act::FailAfter(Duration::from_mins(10))]);
    let store = Faulty::new();
    let tasker = builder(&app, &store).poll(Duration::from_hours(1)).build().await.unwrap();
    tasker.start::<job::Workflow>(context(1)).await.unwrap().wait().await.unwrap();
    let wait = app.script.waits()[0].as_secs_f64();
    assert!((600.0..600.01).contains(&wait), "{wait}");
    tasker.shutdown().await;
    // With more to do than there is room for, all the time.
    let flood = std::iter::repeat_n(Act::Sleep(Duration::from_millis(100)), 2_000);
    let app = App::new([Act::FailAfter(Duration::from_secs(5))].into_iter().chain(flood));
    let store = Faulty::new();
    let tasker = builder(&app, &store).concurrency(4).build().await.unwrap();
    let first = tasker.start::<job::Workflow>(context(1)).priority(1).await.unwrap();
    wait_until(|| !app.script.attempts().is_empty()).await;
    let began = Instant::now();
    tasker.start_many::<job::Workflow>((0..1_000).map(|_| context(2))).await.unwrap();
    first.wait().await.unwrap();
    let elapsed = began.elapsed().as_secs_f64();
    assert!(
        (4.9..5.6).contains(&elapsed),
        "its priority is higher, so it went first when it was due: {elapsed}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_busy_worker_sees_what_became_due_without_its_knowing() {
    let store = Faulty::new();
    let failing = App::new([Act::FailAfter(Duration::from_secs(3))]);
    let first = builder(&failing, &store).build().await.unwrap();
    let task = first.start::<job::Workflow>(context(1)).priority(5).await.unwrap();
    failing.script.began().await;
    first.shutdown().await;
    let app = App::new(std::iter::repeat_n(Act::Sleep(Duration::from_millis(100)), 2_000));
    let second = builder(&app, &store).concurrency(2).build().await.unwrap();
    second.start_many::<job::Workflow>((0..1_000).map(|_| context(2))).await.unwrap();
    let began = Instant::now();
    second.task(task.id()).wait().await.unwrap();
    assert!(began.elapsed() < Duration::from_secs(6), "{:?}", began.elapsed());
}
