//! Whether a process does well, and where tasks stand, as those who watch over it are told.

use std::time::Duration;

use serde_json::{Value, json};
use tasker::{StepState, TaskState, Tasker};
use tokio::time::{Instant, sleep};

use crate::faults::{Fault, Faulty, Verb};
use crate::support::{Act, App, context, job, memory, tasker, wide};

const LEASE: Duration = Duration::from_secs(30);

#[tokio::test(start_paused = true)]
async fn a_process_is_ready_once_its_worker_is_alive() {
    let tasker = tasker(&App::new([]), &memory()).await;
    sleep(Duration::from_secs(1)).await;
    let first = tasker.health().await;
    assert!(first.alive && first.ready, "{first:?}");
    assert_eq!((first.message.as_str(), first.failed_checks.as_slice()), ("ready", &[][..]));
    sleep(Duration::from_secs(11)).await;
    let later = tasker.health().await;
    assert!(later.checks.worker.last_heartbeat > first.checks.worker.last_heartbeat);
    let (now, heartbeat) = (later.as_of.unwrap(), later.checks.worker.last_heartbeat.unwrap());
    assert!(now.since(heartbeat) <= Duration::from_secs(5), "{later:?}");
    assert_eq!(later.checks.worker.lease_ends, Some(heartbeat + LEASE));
}

#[tokio::test(start_paused = true)]
async fn a_process_that_runs_no_steps_is_ready_without_a_worker() {
    let tasker = tasker(&App::new([]), &memory()).await;
    tasker.shutdown().await;
    let health = tasker.health().await;
    assert!(health.ready, "{health:?}");
    assert_eq!(health.checks.worker.id, None);
    assert!(health.checks.worker.message.contains("was shut down"), "{health:?}");
}

#[tokio::test(start_paused = true)]
async fn a_store_that_does_not_answer_is_told_within_five_seconds() {
    let store = Faulty::new();
    let tasker = tasker(&App::new([]), &store).await;
    sleep(Duration::from_secs(1)).await;
    for (fault, expected) in [
        (Fault::Silence, "the store did not answer within 5 s"),
        (Fault::Before, "the store is not available, talking to the test"),
    ] {
        store.fail(move |call| (call.verb == Verb::Probe).then_some(fault));
        let asked = Instant::now();
        let health = tasker.health().await;
        assert!(asked.elapsed() <= Duration::from_secs(5));
        assert!(health.alive && !health.ready, "{health:?}");
        assert!(health.message.contains(expected), "{}", health.message);
        assert_eq!(health.failed_checks, ["database"]);
        assert_eq!((health.as_of, health.checks.database.response_time), (None, None));
    }
    store.heal();
    assert!(tasker.health().await.ready);
}

#[tokio::test(start_paused = true)]
async fn a_worker_that_was_given_up_is_no_worker() {
    let store = Faulty::new();
    let tasker = tasker(&App::new([]), &store).await;
    sleep(Duration::from_secs(1)).await;
    store.fail(|call| {
        matches!(call.verb, Verb::Heartbeat | Verb::Enlist | Verb::Sweep).then_some(Fault::Before)
    });
    sleep(LEASE + Duration::from_secs(5)).await;
    let health = tasker.health().await;
    assert!(!health.ready, "{health:?}");
    assert_eq!(health.failed_checks, ["worker"]);
    assert!(health.message.contains("has not enlisted as a worker yet"), "{}", health.message);
    store.heal();
    sleep(Duration::from_secs(5)).await;
    assert!(tasker.health().await.ready);
}

#[tokio::test(start_paused = true)]
async fn a_status_tells_where_everything_stands_and_what_the_oldest_step_waits_for() {
    let app = App::new([Act::FailForGood, Act::FailAfter(Duration::from_mins(10))]);
    let tasker = tasker(&app, &memory()).await;
    let failed = tasker.start::<job::Workflow>(context(1)).await.unwrap();
    failed.wait().await.unwrap();
    let waits = tasker.start::<job::Workflow>(context(2)).await.unwrap();
    let done = tasker.start::<wide::Workflow>(1).await.unwrap();
    done.wait().await.unwrap();
    let status = tasker.status().await.unwrap();
    assert!(status.healthy, "{:?}", status.problems);
    let tasks =
        [TaskState::InProgress, TaskState::Complete, TaskState::Error].map(|state| status.tasks_in(state));
    assert_eq!((tasks, status.total_tasks, status.workers), ([1, 1, 1], 3, 1));
    let steps = [StepState::Pending, StepState::Complete, StepState::Error].map(|state| status.steps[&state]);
    assert_eq!(steps, [2, 1, 0], "{status:?}");
    let retries = (status.retries.in_backoff, status.retries.exhausted, status.retries.failed_at_once);
    assert_eq!(retries, (1, 0, 1), "{status:?}");
    let oldest = status.oldest_waiting.clone().unwrap();
    assert_eq!((oldest.task_id, oldest.step_name.as_str()), (waits.id(), "work"));
    assert!(
        oldest.because.starts_with("attempt 1 failed (come back later); it is tried again in"),
        "{oldest:?}"
    );
    let shown = serde_json::to_value(&status).unwrap();
    assert_eq!(shown["tasks"]["complete"], 1);
    assert_eq!(shown["oldest_waiting"]["workflow"], "test.job@1.2.0");
}

#[tokio::test(start_paused = true)]
async fn open_tasks_without_any_worker_are_a_problem() {
    let tasker: Tasker = tasker(&App::new([]), &memory()).await;
    tasker.shutdown().await;
    assert!(tasker.status().await.unwrap().healthy);
    tasker.start::<job::Workflow>(context(1)).await.unwrap();
    let status = tasker.status().await.unwrap();
    assert!(!status.healthy);
    assert!(
        status.problems[0].starts_with("1 tasks are open, and no worker is alive"),
        "{:?}",
        status.problems
    );
    let oldest = status.oldest_waiting.unwrap();
    assert_eq!(oldest.because, "it is ready, and waits for a worker that has room");
}

#[tokio::test(start_paused = true)]
async fn health_reads_as_those_who_watch_expect_it() {
    let tasker = tasker(&App::new([]), &memory()).await;
    sleep(Duration::from_secs(1)).await;
    let health: Value = serde_json::to_value(tasker.health().await).unwrap();
    assert_eq!((&health["alive"], &health["ready"]), (&json!(true), &json!(true)));
    assert_eq!(
        health["checks"]["database"],
        json!({"healthy": true, "message": "it answers", "response_time_seconds": 0.0})
    );
    assert!(health["checks"]["worker"]["lease_ends"].as_str().unwrap().ends_with('Z'), "{health}");
}
