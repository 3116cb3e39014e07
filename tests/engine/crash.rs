//! A store that is not always there, and workers that lose their lease.

use std::sync::Arc;
use std::time::Duration;

use tasker::store::{Room, Runnable};
use tasker::{Attempt, StepState, Store, TaskState, Tasker, WorkerId};
use tokio::time::{Instant, timeout};

use crate::faults::{Fault, Faulty, Verb};
use crate::support::{Act, App, builder, context, job, memory, seeds, until};

async fn tasker(app: &App, store: &Faulty) -> Tasker {
    Tasker::builder(app.clone())
        .store(store.clone())
        .register::<job::Workflow>()
        .seed(3)
        .build()
        .await
        .unwrap()
}

/// Fails every so manieth call of a worker; every second one of them takes effect.
fn lose_every(store: &Faulty, every: u32) {
    let (mut calls, mut lost) = (0, 0);
    store.fail(move |call| {
        calls += u32::from(call.verb.is_a_workers());
        if !call.verb.is_a_workers() || !calls.is_multiple_of(every) {
            return None;
        }
        lost += 1;
        Some(if lost % 2 == 0 { Fault::Before } else { Fault::After })
    });
}

#[tokio::test(start_paused = true)]
async fn lost_answers_of_the_store_lose_no_task_and_repeat_no_recorded_step() {
    for (every, parallel) in [(3, 1), (5, 1), (7, 1), (3, 3), (5, 3), (7, 2)] {
        let (app, store) = (App::new([]), Faulty::new().parallel(parallel));
        lose_every(&store, every);
        let tasker = tasker(&app, &store).await;
        let mut tasks = Vec::new();
        for _ in 0..50 {
            tasks.push(tasker.start::<job::Workflow>(context(1)).await.unwrap());
        }
        for task in &tasks {
            let status = task.wait().await.unwrap();
            assert_eq!(status.state, TaskState::Complete, "every {every}th call lost: {status:?}");
            assert!(
                status.steps.iter().all(|step| step.attempts == Attempt(1)),
                "a lost answer costs no attempt"
            );
            assert_eq!(store.completed(task.id()), [1, 1, 1]);
        }
        assert!(store.failed() > 0);
        assert!(store.most_held() <= 200, "the default concurrency");
        tasker.shutdown().await;
    }
}

/// Fails one call, of whatever verb and at whatever place in a short run, before or after its effect.
#[tokio::test(start_paused = true)]
async fn a_run_bears_the_failure_of_any_one_call() {
    for parallel in [1, 3] {
        for verb in Verb::OF_A_RUN {
            for fault in [Fault::Before, Fault::After] {
                for place in 0..12 {
                    let case = format!("{verb:?} number {place} {fault:?}, {parallel} settles");
                    let run = run_with_one_failure(verb, fault, place, parallel, &case);
                    let in_time = timeout(Duration::from_mins(2), run).await;
                    assert!(in_time.is_ok(), "{case}: it did not end");
                }
            }
        }
    }
}

async fn run_with_one_failure(verb: Verb, fault: Fault, place: u32, parallel: usize, case: &str) {
    let acts = [Act::Sleep(Duration::from_secs(1)), Act::Fail, Act::Succeed];
    let (app, store) = (App::new(acts), Faulty::new().parallel(parallel).delay(Duration::from_millis(3)));
    store.fail(move |call| (call.verb == verb && call.before == place).then_some(fault));
    let builder = Tasker::builder(app.clone()).store(store.clone()).register::<job::Workflow>().seed(5);
    let builder = builder.lease(Duration::from_millis(300), Duration::from_secs(3)).concurrency(2);
    let tasker = builder.build().await.unwrap();
    let mut tasks = Vec::new();
    for number in 1..=3 {
        let start = || tasker.start::<job::Workflow>(context(number)).idempotency_key(format!("{number}"));
        tasks.push(until(async || start().await.ok()).await);
    }
    for task in &tasks {
        let status = until(async || task.wait().await.ok()).await;
        assert_eq!(status.state, TaskState::Complete, "{case}: {status:?}");
        assert_eq!(store.completed(task.id()), [1, 1, 1], "{case}");
    }
    tasker.shutdown().await;
    assert_eq!(app.reported(), 3, "{case}: no step that was recorded runs again");
    assert!(store.most_held() <= 2, "{case}: {} steps held", store.most_held());
    assert!(tasker.stranded().await.unwrap().is_empty(), "{case}");
}

/// Many tasks, several settles at the same time, and faults and delays by chance: 30 seeds, or `TASKER_HISTORIES`.
#[tokio::test(start_paused = true)]
async fn chance_finds_no_way_to_lose_a_task() {
    for seed in seeds(30) {
        let mut random = fastrand::Rng::with_seed(seed);
        let sleeps = (0..100).map(|_| match random.u32(0..4) {
            0 => Act::Succeed,
            1 => Act::Fail,
            _ => Act::Sleep(Duration::from_millis(random.u64(1..40))),
        });
        let app = App::new(sleeps.collect::<Vec<_>>());
        // Some calls take longer than the engine waits after a failure.
        let delay = Duration::from_millis(random.choice([1, 2, 3, 4, 6, 8, 300]).unwrap());
        let store = Faulty::new().parallel(random.usize(1..5)).uneven_delay(delay, seed);
        let mut faults = random.fork();
        store.fail(move |call| match faults.u32(0..20) {
            0 if call.verb.is_a_workers() => Some(Fault::Before),
            1 if call.verb.is_a_workers() => Some(Fault::After),
            _ => None,
        });
        let builder = Tasker::builder(app.clone()).store(store.clone()).register::<job::Workflow>();
        let tasker = builder.seed(seed).concurrency(7).limit::<job::Workflow>(5).build().await.unwrap();
        let tasks = tasker.start_many::<job::Workflow>((1..=60).map(context)).await.unwrap();
        for task in &tasks {
            let ended = timeout(Duration::from_mins(10), task.wait()).await;
            let Ok(status) = ended else { panic!("seed {seed}: {:?}", task.status().await) };
            let status = status.unwrap();
            // Chance may fail a step as often as its limit is.
            let expected = if status.steps[1].state == StepState::Error { 1 } else { 3 };
            assert!(expected == 3 || status.steps[1].attempts == Attempt(3), "seed {seed}: {status:?}");
            assert_eq!(status.state == TaskState::Complete, expected == 3, "seed {seed}: {status:?}");
            assert_eq!(store.completed(task.id()), vec![1; expected], "seed {seed}");
        }
        tasker.shutdown().await;
        let complete = tasks.iter().filter(|task| store.completed(task.id()).len() == 3).count();
        assert_eq!(
            app.reported(),
            complete,
            "seed {seed}: what was handed back after a lost answer never ran"
        );
        assert!(store.most_held() <= 5, "seed {seed}: {} steps held", store.most_held());
        assert!(app.script.most_running() <= 5, "seed {seed}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_outcome_that_the_store_refuses_holds_up_no_other_and_fails_its_step() {
    for parallel in [1, 3] {
        let app = App::new(std::iter::repeat_n(Act::Sleep(Duration::from_secs(1)), 10));
        let store = Faulty::new().parallel(parallel);
        let tasker = tasker(&app, &store).await;
        let tasks = tasker.start_many::<job::Workflow>((1..=10).map(context)).await.unwrap();
        let poisoned = tasks[4].id();
        store.poison(move |outcome| {
            let complete = matches!(outcome.ending, tasker::store::Ending::Complete(_));
            outcome.execution.task == poisoned && outcome.execution.step.0 == 1 && complete
        });
        for task in &tasks {
            let status = task.wait().await.unwrap();
            if task.id() != poisoned {
                assert_eq!(status.state, TaskState::Complete);
                continue;
            }
            assert_eq!((status.state, status.steps[1].state), (TaskState::Error, StepState::Error));
            let error = status.steps[1].error.as_ref().unwrap();
            assert_eq!(error.error_code(), Some("NOT_STORED"));
            assert!(error.message().contains("the outcome could not be stored"), "{error}");
        }
        assert_eq!(app.script.attempts(), [1; 10]);
        tasker.shutdown().await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_store_that_refuses_a_batch_once_loses_nothing() {
    let (app, store) = (App::new([]), Faulty::new());
    // The batch is refused, its first outcome goes through, its second meets a store that is not there.
    store.fail(|call| match (call.verb, call.before % 4) {
        (Verb::Settle, 0) => Some(Fault::Refused),
        (Verb::Settle, 2) => Some(Fault::Before),
        _ => None,
    });
    let tasker = tasker(&app, &store).await;
    let tasks = tasker.start_many::<job::Workflow>((1..=20).map(context)).await.unwrap();
    for task in &tasks {
        let ended = timeout(Duration::from_mins(10), task.wait()).await;
        assert!(ended.is_ok(), "{:?}", task.status().await);
    }
    tasker.shutdown().await;
}

#[tokio::test(start_paused = true)]
async fn a_worker_that_cannot_prolong_its_lease_stops_its_steps_and_begins_anew() {
    let app = App::new([Act::Sleep(Duration::from_secs(9)), Act::Succeed]);
    let store = Faulty::new();
    // Short enough to be lost while the step runs.
    let builder = Tasker::builder(app.clone()).store(store.clone()).register::<job::Workflow>();
    let tasker = builder.lease(Duration::from_secs(1), Duration::from_secs(4)).build().await.unwrap();
    let task = tasker.start::<job::Workflow>(context(1)).await.unwrap();
    app.script.began().await;
    store.fail(|call| call.verb.is_a_workers().then_some(Fault::Before));
    tokio::time::sleep(Duration::from_secs(6)).await;
    store.heal();
    let status = task.wait().await.unwrap();
    assert_eq!(status.state, TaskState::Complete);
    assert_eq!((status.steps[1].attempts, status.steps[1].lost), (Attempt(2), 1));
    assert_eq!(app.script.attempts(), [1, 2]);
    assert_eq!(app.reported(), 1);
}

#[tokio::test(start_paused = true)]
async fn what_ended_while_the_store_was_away_is_settled_before_the_shutdown_ends() {
    let app = App::new([Act::Sleep(Duration::from_secs(2))]);
    let store = Faulty::new();
    let tasker = tasker(&app, &store).await;
    let task = tasker.start::<job::Workflow>(context(1)).await.unwrap();
    app.script.began().await;
    store.fail(|call| call.verb.is_a_workers().then_some(Fault::Before));
    let back = async {
        tokio::time::sleep(Duration::from_millis(2_500)).await;
        store.heal();
    };
    tokio::join!(tasker.shutdown(), back);
    let status = task.status().await.unwrap();
    assert_eq!((status.steps[1].state, status.steps[1].attempts), (StepState::Complete, Attempt(1)));
}

#[tokio::test(start_paused = true)]
async fn what_a_claim_brings_after_the_shutdown_began_is_handed_back_unrun() {
    let app = App::new([]);
    let store = Faulty::new().delay(Duration::from_secs(1));
    let tasker = tasker(&app, &store).await;
    let task = tasker.start::<job::Workflow>(context(1)).await.unwrap();
    while store.calls(Verb::Claim) == 0 {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    tasker.shutdown().await;
    let status = task.status().await.unwrap();
    assert_eq!((status.steps[0].state, status.steps[0].attempts), (StepState::Pending, Attempt(0)));
    assert_eq!(store.calls(Verb::Retire), 1);
}

/// Whenever between two heartbeats of the living it is that the lease of the dead runs out.
#[tokio::test(start_paused = true)]
async fn what_a_dead_worker_held_runs_again_as_soon_as_its_lease_is_over() {
    for lease in [11_u32, 13, 17] {
        let (app, store) = (App::new([]), memory());
        let idle = builder(&app, &store).build().await.unwrap();
        idle.shutdown().await;
        let task = idle.start::<job::Workflow>(context(1)).await.unwrap();
        let workflow = Arc::new(<job::Workflow as tasker::Workflow>::define().build().unwrap());
        let definition = store.install(&[Arc::clone(&workflow)]).await.unwrap()[0];
        let (dead, runnable) = (WorkerId::random(), Runnable::new([(definition, workflow)]));
        store.enlist(dead, Duration::from_secs(lease.into()), &[]).await.unwrap();
        assert_eq!(store.claim(dead, &runnable, &Room::new(1)).await.unwrap().steps.len(), 1);
        let began = Instant::now();
        let tasker = builder(&app, &store).build().await.unwrap();
        let status = tasker.task(task.id()).wait().await.unwrap();
        assert_eq!((status.state, status.steps[0].attempts), (TaskState::Complete, Attempt(2)));
        let waited = began.elapsed().as_secs_f64() - f64::from(lease);
        assert!((0.0..2.0).contains(&waited), "{waited} s after the end of a lease of {lease} s");
        tasker.shutdown().await;
    }
}

/// A database goes on with a statement whose asker is gone: after the worker was told that it holds nothing, it holds something.
#[tokio::test(start_paused = true)]
async fn what_a_lost_claim_takes_long_after_is_handed_back() {
    let (app, store) = (App::new([]), Faulty::new());
    let idle = tasker(&app, &store).await;
    idle.shutdown().await;
    let claims = store.calls(Verb::Claim);
    store.fail(move |call| {
        (call.verb == Verb::Claim && call.before == claims).then_some(Fault::Late(Duration::from_secs(3)))
    });
    let tasker = tasker(&app, &store).await;
    until(async || (store.calls(Verb::Claim) > claims).then_some(())).await;
    // Just before the late claim, so that no other one comes between.
    tokio::time::sleep(Duration::from_millis(2_980)).await;
    let task = idle.start::<job::Workflow>(context(1)).await.unwrap();
    let status =
        timeout(Duration::from_mins(2), tasker.task(task.id()).wait()).await.expect("it ends").unwrap();
    assert_eq!((status.state, status.steps[0].attempts), (TaskState::Complete, Attempt(1)));
    assert_eq!(store.completed(task.id()), [1, 1, 1]);
    tasker.shutdown().await;
}
