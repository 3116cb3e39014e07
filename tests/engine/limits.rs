//! How many steps run at the same time, and which of them.

use std::time::Duration;

use tasker::{Attempt, BuildError, TaskState, Tasker};
use tokio::time::Instant;

use crate::faults::Faulty;
use crate::support::{App, builder, context, job, memory, narrow, wide};

#[tokio::test(start_paused = true)]
async fn no_more_steps_of_a_workflow_run_than_its_limit() {
    for parallel in [1, 3] {
        let app = App::new([]);
        let store = Faulty::new().parallel(parallel).delay(Duration::from_millis(2));
        // Nothing is found by chance, at the next poll.
        let builder = builder(&app, &store).poll(Duration::from_hours(1));
        let tasker = builder.concurrency(50).limit::<wide::Workflow>(3).build().await.unwrap();
        let began = Instant::now();
        let limited = tasker.start_many::<wide::Workflow>(0..6).await.unwrap();
        let others = tasker.start_many::<job::Workflow>((1..=20).map(context)).await.unwrap();
        for task in &others {
            task.wait().await.unwrap();
        }
        assert!(began.elapsed() < Duration::from_secs(1), "the others do not wait for them");
        for task in &limited {
            assert_eq!(task.wait().await.unwrap().state, TaskState::Complete);
        }
        assert_eq!(app.gauge.most_and_all("wide"), (3, 24));
        let elapsed = began.elapsed();
        assert!(elapsed < Duration::from_millis(8_200), "no place was left empty: {elapsed:?}");
        tasker.shutdown().await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_worker_at_its_limit_does_not_keep_asking() {
    let (app, store) = (App::new([]), Faulty::new());
    let tasker = builder(&app, &store).limit::<wide::Workflow>(1).build().await.unwrap();
    let tasks = tasker.start_many::<wide::Workflow>(0..25).await.unwrap();
    for task in &tasks {
        task.wait().await.unwrap();
    }
    // 100 steps of a second each: a settle for each, and a claim for each poll.
    let (settles, claims) =
        (store.calls(crate::faults::Verb::Settle), store.calls(crate::faults::Verb::Claim));
    assert!(settles <= 101 && claims <= 125, "{settles} settles, {claims} claims");
}

#[tokio::test(start_paused = true)]
async fn a_limit_that_makes_no_sense_is_refused() {
    let app = App::new([]);
    let message = |built: Result<Tasker, BuildError>| match built {
        Err(BuildError::Option(message)) => message,
        Err(error) => panic!("{error}"),
        Ok(_) => panic!("built"),
    };
    let none = builder(&app, &memory()).limit::<wide::Workflow>(0).build().await;
    assert_eq!(
        message(none),
        "`limit` of workflow `test.wide@0.1.0` is 0: no step of it would ever run; the least is 1"
    );
    let unknown = Tasker::builder(app).store(memory()).register::<job::Workflow>().limit::<wide::Workflow>(5);
    assert_eq!(
        message(unknown.build().await),
        "`limit` names workflow `test.wide@0.1.0`, which is not registered; call `register` for it"
    );
}

#[tokio::test(start_paused = true)]
async fn a_sequential_task_runs_one_step_at_a_time_and_other_tasks_beside_it() {
    let app = App::new([]);
    let tasker = builder(&app, &memory()).build().await.unwrap();
    let began = Instant::now();
    let task = tasker.start::<narrow::Workflow>(1).await.unwrap();
    let status = task.wait().await.unwrap();
    assert_eq!(status.state, TaskState::Complete);
    assert_eq!(status.step("b").unwrap().attempts, Attempt(2));
    assert_eq!(app.gauge.most_and_all("narrow"), (1, 4));
    let elapsed = began.elapsed();
    assert!(elapsed >= Duration::from_millis(5_700), "`c` waited for the retry of `b`: {elapsed:?}");
    let app = App::new([]);
    let tasker = builder(&app, &memory()).build().await.unwrap();
    for task in tasker.start_many::<narrow::Workflow>(0..5).await.unwrap() {
        task.wait().await.unwrap();
    }
    assert_eq!(app.gauge.most_and_all("narrow"), (5, 20));
}

#[tokio::test(start_paused = true)]
async fn a_flood_of_one_workflow_starves_no_other() {
    let app = App::new([]);
    let store = memory();
    let client = builder(&app, &store).build().await.unwrap();
    client.shutdown().await;
    client.start_many::<wide::Workflow>(0..500).await.unwrap();
    let late = client.start::<narrow::Workflow>(1).await.unwrap();
    let began = Instant::now();
    let tasker = builder(&app, &store).concurrency(4).build().await.unwrap();
    tasker.task(late.id()).wait().await.unwrap();
    let elapsed = began.elapsed();
    assert!(elapsed < Duration::from_secs(12), "2,000 steps of a second stood before it: {elapsed:?}");
}
