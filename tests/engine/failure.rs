//! How steps fail, and what becomes of their tasks.

use std::time::Duration;

use tasker::{Attempt, StepState, TaskState, TaskStatus, WaitingFor};

use crate::support::{Act, App, context, job, memory, tasker};

async fn run(app: &App) -> TaskStatus {
    let tasker = tasker(app, &memory()).await;
    let task = tasker.start::<job::Workflow>(context(1)).await.unwrap();
    let status = task.wait().await.unwrap();
    tasker.shutdown().await;
    status
}

fn assert_ended_at_work(status: &TaskStatus, attempts: u32) {
    assert_eq!(status.state, TaskState::Error);
    let states: Vec<_> = status.steps.iter().map(|step| step.state).collect();
    assert_eq!(states, [StepState::Complete, StepState::Error, StepState::Pending]);
    assert_eq!(status.steps[1].attempts, Attempt(attempts));
    assert_eq!(status.steps[2].waiting_for, Some(WaitingFor::Dependencies(1)));
}

fn assert_within_a_tenth(waits: &[Duration], expected: &[u32]) {
    assert_eq!(waits.len(), expected.len());
    for (wait, &seconds) in waits.iter().zip(expected) {
        let seconds = f64::from(seconds);
        // Timers of tokio and the clock of the store are precise to a millisecond.
        let range = seconds * 0.9 - 0.002..seconds * 1.1 + 0.002;
        assert!(range.contains(&wait.as_secs_f64()), "{wait:?} is not within a tenth of {seconds} s");
    }
}

#[tokio::test(start_paused = true)]
async fn a_step_that_fails_twice_completes_with_the_third_execution_after_the_waits_of_the_policy() {
    let app = App::new([Act::Fail, Act::Fail]);
    let status = run(&app).await;
    assert_eq!(status.state, TaskState::Complete);
    assert_eq!(status.steps[1].attempts, Attempt(3));
    assert_eq!(status.steps[1].error, None);
    assert_eq!(app.script.attempts(), [1, 2, 3]);
    assert_within_a_tenth(&app.script.waits(), &[2, 4]);
}

#[tokio::test(start_paused = true)]
async fn a_step_that_fails_three_times_ends_the_task_after_exactly_three_executions() {
    let app = App::new([Act::Fail, Act::Fail, Act::Fail]);
    let status = run(&app).await;
    assert_ended_at_work(&status, 3);
    assert_eq!(app.script.attempts(), [1, 2, 3]);
    assert_eq!(app.reported(), 0);
    assert_eq!(status.steps[1].error.as_ref().unwrap().message(), "it did not work");
}

#[tokio::test(start_paused = true)]
async fn a_permanent_error_ends_the_step_at_once() {
    let app = App::new([Act::FailForGood]);
    let status = run(&app).await;
    assert_ended_at_work(&status, 1);
    assert_eq!(status.steps[1].error.as_ref().unwrap().error_code(), Some("NEVER"));
    assert_eq!(app.script.attempts(), [1]);
}

#[tokio::test(start_paused = true)]
async fn an_error_that_names_a_wait_is_retried_after_that_wait() {
    let app = App::new([Act::FailAfter(Duration::from_secs(90))]);
    let status = run(&app).await;
    assert_eq!(status.state, TaskState::Complete);
    let wait = app.script.waits()[0];
    assert!((89.99..90.02).contains(&wait.as_secs_f64()), "{wait:?}");
}

#[tokio::test(start_paused = true)]
async fn a_panic_is_a_failed_attempt() {
    let app = App::new([Act::Panic, Act::Panic, Act::Panic]);
    let status = run(&app).await;
    assert_ended_at_work(&status, 3);
    let error = status.steps[1].error.as_ref().unwrap();
    assert_eq!((error.message(), error.error_code()), ("the step panicked: what a mess", Some("PANIC")));
}

#[tokio::test(start_paused = true)]
async fn a_step_past_its_time_limit_is_a_failed_attempt() {
    let app = App::new([Act::Sleep(Duration::from_hours(1)), Act::Sleep(Duration::from_secs(9))]);
    let status = run(&app).await;
    assert_eq!(status.state, TaskState::Complete);
    assert_eq!(status.steps[1].attempts, Attempt(2));
    assert_within_a_tenth(&app.script.waits(), &[12]); // 10 s until the limit, 2 s of backoff
}

#[tokio::test(start_paused = true)]
async fn a_result_past_the_size_limit_says_what_to_do() {
    let app = App::new([Act::Swell(2 << 20)]);
    let status = run(&app).await;
    assert_ended_at_work(&status, 1);
    let error = status.steps[1].error.as_ref().unwrap();
    assert_eq!(error.error_code(), Some("RESULT_TOO_LARGE"));
    assert!(error.message().contains("store it elsewhere and return where it is"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn chance_is_repeatable_with_a_seed() {
    let waits = || async {
        let app = App::new([Act::Fail, Act::Fail]);
        run(&app).await;
        app.script.waits()
    };
    assert_eq!(waits().await, waits().await);
}

#[tokio::test(start_paused = true)]
async fn a_panic_while_a_step_is_stopped_at_its_time_limit_is_a_failed_attempt() {
    let app = App::new([Act::PanicWhenStopped]);
    let status = run(&app).await;
    assert_eq!(status.state, TaskState::Complete);
    assert_eq!(status.steps[1].attempts, Attempt(2));
}

#[tokio::test(start_paused = true)]
async fn a_wait_of_centuries_holds_up_nobody_else() {
    let app = App::new([Act::FailAfter(Duration::MAX)]);
    let tasker = tasker(&app, &memory()).await;
    let slow = tasker.start::<job::Workflow>(context(1)).await.unwrap();
    while app.script.attempts().is_empty() {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let quick = tasker.start::<job::Workflow>(context(2)).await.unwrap();
    assert_eq!(quick.wait().await.unwrap().state, TaskState::Complete);
    assert!(matches!(slow.status().await.unwrap().steps[1].waiting_for, Some(WaitingFor::Time(_))));
}
