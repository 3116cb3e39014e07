//! The numbers when stores, workers and answers are lost.

use std::sync::Arc;
use std::time::Duration;

use tasker::store::{Room, Runnable};
use tasker::{Store, TaskState, Tasker, WorkerId, Workflow};
use tokio::time::sleep;

use super::exposition::Seen;
use super::{ended, outcomes};
use crate::faults::{Fault, Faulty, Verb};
use crate::support::{Act, App, builder, context, job, memory, once};

#[tokio::test(start_paused = true)]
async fn a_lost_lease_is_counted_with_what_was_lost() {
    let app = App::new([Act::Sleep(Duration::from_secs(9)), Act::Succeed]);
    let store = Faulty::new();
    let builder = Tasker::builder(app.clone()).store(store.clone()).register::<job::Workflow>();
    let tasker = builder.lease(Duration::from_secs(1), Duration::from_secs(4)).build().await.unwrap();
    let task = tasker.start::<job::Workflow>(context(1)).await.unwrap();
    app.script.began().await;
    store.fail(|call| call.verb.is_a_workers().then_some(Fault::Before));
    sleep(Duration::from_secs(6)).await;
    store.heal();
    task.wait().await.unwrap();
    let seen = Seen::of(&tasker);
    assert_eq!(seen.number("tasker_lease_losses_total", &[]), 1.0);
    assert_eq!(outcomes(&seen, "job", "work"), [("complete", 1.0), ("lost", 1.0)]);
    assert_eq!(seen.number("tasker_dead_workers_total", &[]), 1.0, "its own former self");
    assert_eq!(seen.number("tasker_taken_back_steps_total", &[]), 1.0);
    assert_eq!(seen.number("tasker_store_errors_total", &[]), f64::from(store.failed()));
    assert!(seen.number("tasker_store_errors_total", &[("call", "heartbeat")]) > 0.0);
    for (call, verb) in [("settle", Verb::Settle), ("claim", Verb::Claim), ("enlist", Verb::Enlist)] {
        assert_eq!(seen.number("tasker_store_call_seconds", &[("call", call)]), f64::from(store.calls(verb)));
    }
    assert_eq!(ended(&seen, "job"), (1.0, 0.0));
    assert_eq!(seen.number("tasker_steps_running", &[]), 0.0);
}

#[tokio::test(start_paused = true)]
async fn an_outcome_whose_acceptance_was_not_heard_of_counts_as_refused() {
    let (app, store) = (App::new([]), Faulty::new());
    let tasker = builder(&app, &store).build().await.unwrap();
    store.fail(|call| (call.verb == Verb::Settle && call.before == 0).then_some(Fault::After));
    let task = tasker.start::<job::Workflow>(context(1)).await.unwrap();
    assert_eq!(task.wait().await.unwrap().state, TaskState::Complete);
    let seen = Seen::of(&tasker);
    assert_eq!(outcomes(&seen, "job", "prepare"), [("refused", 1.0)]);
    // The lost answer gave out the next step, which was handed back and claimed again.
    assert_eq!(outcomes(&seen, "job", "work"), [("complete", 1.0), ("handed_back", 1.0)]);
    assert_eq!(seen.number("tasker_store_errors_total", &[("call", "settle")]), 1.0);
    assert_eq!(ended(&seen, "job"), (1.0, 0.0));
}

#[tokio::test(start_paused = true)]
async fn a_task_that_ends_with_a_dead_worker_is_one_in_error_of_its_workflow() {
    let (app, store) = (App::new([]), memory());
    let client = builder(&app, &store).build().await.unwrap();
    client.shutdown().await;
    client.start::<once::Workflow>(1).await.unwrap();
    let workflow = Arc::new(<once::Workflow as Workflow>::define().build().unwrap());
    let definition = store.install(&[Arc::clone(&workflow)]).await.unwrap()[0];
    let (dead, runnable) = (WorkerId::random(), Runnable::new([(definition, workflow)]));
    store.enlist(dead, Duration::from_secs(20), &[]).await.unwrap();
    assert_eq!(store.claim(dead, &runnable, &Room::new(1)).await.unwrap().steps.len(), 1);
    // This one does not know the workflow.
    let finder = Tasker::builder(app).store(store).register::<job::Workflow>().build().await.unwrap();
    sleep(Duration::from_secs(30)).await;
    let seen = Seen::of(&finder);
    assert_eq!(seen.series("tasker_tasks_ended_total", &[("workflow", "once")]), 1);
    assert_eq!(seen.number("tasker_tasks_ended_total", &[("workflow", "once"), ("state", "error")]), 1.0);
    assert_eq!(seen.number("tasker_dead_workers_total", &[]), 1.0);
    assert_eq!(seen.number("tasker_taken_back_steps_total", &[]), 1.0);
}
