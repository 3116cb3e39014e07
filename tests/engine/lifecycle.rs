//! Shutdown, lost leases, dead workers.

use std::time::Duration;

use tasker::{Attempt, StepState, TaskState};
use tokio::time::Instant;

use crate::support::{Act, App, builder, context, job, memory, once, tasker, wait_until};

#[tokio::test(start_paused = true)]
async fn a_shutdown_lets_running_steps_end_and_claims_no_more() {
    let app = App::new([Act::Sleep(Duration::from_secs(5))]);
    let store = memory();
    let first = tasker(&app, &store).await;
    let task = first.start::<job::Workflow>(context(1)).await.unwrap();
    wait_until(|| !app.script.attempts().is_empty()).await;
    let began = Instant::now();
    first.shutdown().await;
    assert!(began.elapsed() >= Duration::from_secs(4), "it waited for the step");
    let status = task.status().await.unwrap();
    let states: Vec<_> = status.steps.iter().map(|step| step.state).collect();
    assert_eq!(states, [StepState::Complete, StepState::Complete, StepState::Pending]);
    let second = tasker(&app, &store).await;
    assert_eq!(second.task(task.id()).wait().await.unwrap().state, TaskState::Complete);
    assert_eq!(app.script.attempts(), [1]);
}

#[tokio::test(start_paused = true)]
async fn what_does_not_end_within_the_grace_period_is_handed_back_at_no_cost() {
    let app = App::new([Act::Sleep(Duration::from_secs(9))]);
    let store = memory();
    let first = builder(&app, &store).grace(Duration::from_secs(2)).build().await.unwrap();
    let task = first.start::<job::Workflow>(context(1)).await.unwrap();
    wait_until(|| !app.script.attempts().is_empty()).await;
    first.shutdown().await;
    let status = task.status().await.unwrap();
    assert_eq!((status.steps[1].state, status.steps[1].attempts), (StepState::Pending, Attempt(0)));
    let second = tasker(&app, &store).await;
    let status = second.task(task.id()).wait().await.unwrap();
    assert_eq!((status.state, status.steps[1].attempts), (TaskState::Complete, Attempt(1)));
    assert_eq!(app.script.attempts(), [1, 1]);
}

#[tokio::test(start_paused = true)]
async fn a_step_that_ends_because_it_was_told_to_is_handed_back() {
    let app = App::new([Act::SleepUntilCancelled]);
    let store = memory();
    let first = tasker(&app, &store).await;
    let task = first.start::<job::Workflow>(context(1)).await.unwrap();
    wait_until(|| !app.script.attempts().is_empty()).await;
    let began = Instant::now();
    first.shutdown().await;
    assert!(began.elapsed() < Duration::from_secs(1), "it did not wait for the grace period");
    let status = task.status().await.unwrap();
    assert_eq!((status.steps[1].state, status.steps[1].attempts), (StepState::Pending, Attempt(0)));
}

#[tokio::test(start_paused = true)]
async fn a_step_that_may_run_once_is_not_run_again_after_a_shutdown() {
    let app = App::new([]);
    let store = memory();
    let first = builder(&app, &store).grace(Duration::from_secs(2)).build().await.unwrap();
    let task = first.start::<once::Workflow>(1).await.unwrap();
    wait_until(|| !app.script.attempts().is_empty()).await;
    first.shutdown().await;
    let status = task.status().await.unwrap();
    assert_eq!((status.state, status.steps[0].state), (TaskState::Error, StepState::Error));
    assert_eq!(status.steps[0].error.as_ref().unwrap().error_code(), Some("STOPPED"));
}

#[tokio::test(start_paused = true)]
async fn a_shutdown_can_be_awaited_from_several_places() {
    let app = App::new([Act::Sleep(Duration::from_secs(5))]);
    let tasker = tasker(&app, &memory()).await;
    tasker.start::<job::Workflow>(context(1)).await.unwrap();
    wait_until(|| !app.script.attempts().is_empty()).await;
    let began = Instant::now();
    let given_up = tokio::time::timeout(Duration::from_secs(1), tasker.shutdown()).await;
    assert!(given_up.is_err());
    tokio::join!(tasker.shutdown(), tasker.shutdown());
    assert!(began.elapsed() >= Duration::from_secs(4), "both waited for the step");
}

#[tokio::test(start_paused = true)]
async fn a_dropped_tasker_shuts_down_in_the_background() {
    let app = App::new([]);
    let store = memory();
    let client = tasker(&app, &store).await;
    client.shutdown().await;
    let dropped = tasker(&app, &store).await;
    let task = client.start::<job::Workflow>(context(1)).await.unwrap();
    assert_eq!(task.wait().await.unwrap().state, TaskState::Complete);
    drop(dropped);
    let task = client.start::<job::Workflow>(context(2)).await.unwrap();
    tokio::time::sleep(Duration::from_mins(5)).await;
    assert_eq!(task.state().await.unwrap(), TaskState::Pending, "nobody is left to run it");
}

#[tokio::test(start_paused = true)]
async fn two_workers_share_the_work_and_run_each_step_once() {
    let store = memory();
    let sleeps = || std::iter::repeat_n(Act::Sleep(Duration::from_secs(1)), 200);
    let apps = [App::new(sleeps()), App::new(sleeps())];
    let workers = [builder(&apps[0], &store).concurrency(10), builder(&apps[1], &store).concurrency(10)]
        .map(tasker::TaskerBuilder::build);
    let workers = futures_util::future::try_join_all(workers).await.unwrap();
    let mut tasks = Vec::new();
    for number in 0..200 {
        tasks.push(workers[number % 2].start::<job::Workflow>(context(1)).await.unwrap());
    }
    for task in &tasks {
        let status = task.wait().await.unwrap();
        assert_eq!(status.state, TaskState::Complete);
        assert!(status.steps.iter().all(|step| step.attempts == Attempt(1)));
    }
    assert_eq!(apps[0].script.attempts().len() + apps[1].script.attempts().len(), 200);
    assert!(apps.iter().all(|app| app.script.attempts().len() > 50), "both did their part");
}
