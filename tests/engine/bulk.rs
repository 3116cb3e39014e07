//! Many tasks at once, and tasks that somebody else writes.

use std::any::Any;
use std::time::Duration;

use tasker::store::Created;
use tasker::{ResultError, StartError, Store, TaskState, Tasker};
use tokio::time::Instant;

use crate::faults::{Fault, Faulty, Verb};
use crate::support::{App, builder, context, job, memory, tasker, wide};

/// The places of those that cannot be started.
fn mistaken(error: &StartError) -> Vec<usize> {
    let StartError::Invalid { mistakes, count } = error else { panic!("{error}") };
    assert_eq!(*count, mistakes.len());
    mistakes.iter().map(|(position, _)| *position).collect()
}

#[tokio::test(start_paused = true)]
async fn many_tasks_are_started_in_few_transactions_and_in_order() {
    let (app, store) = (App::new([]), Faulty::new());
    let tasker = builder(&app, &store).build().await.unwrap();
    let contexts = (0..2_500).map(|number| context(number % 100 + 1));
    let tasks = tasker.start_many::<job::Workflow>(contexts).priority(3).await.unwrap();
    assert_eq!((tasks.len(), store.calls(Verb::Create)), (2_500, 3));
    assert!(tasks.iter().all(tasker::TaskHandle::is_new));
    for (number, task) in tasks.iter().enumerate().step_by(97) {
        task.wait().await.unwrap();
        assert_eq!(task.output::<job::prepare>().await.unwrap(), Some(number as u32 % 100 + 1));
    }
    assert!(tasker.start_many::<job::Workflow>([]).await.unwrap().is_empty());
}

#[tokio::test(start_paused = true)]
async fn one_wrong_context_among_many_starts_none_and_is_named() {
    let tasker = tasker(&App::new([]), &memory()).await;
    let error = tasker.start_many::<job::Workflow>([1, 2, 101, 3].map(context)).await.unwrap_err();
    assert_eq!(mistaken(&error), [2]);
    let text = error.to_string();
    assert!(text.starts_with("task 2 of those to be started, counted from 0: the context of"), "{text}");
    assert!(text.contains("/number: 101 is greater than the maximum of 100"), "{text}");
    let error = tasker.start_many::<job::Workflow>([context(1)]).idempotency_keys(|_| String::new()).await;
    assert_eq!(mistaken(&error.unwrap_err()), [0]);
    assert!(tasker.open_tasks().await.unwrap().is_empty());
    let none = Tasker::builder(()).store(memory()).build().await.unwrap();
    let error = none.start_many::<wide::Workflow>(0..3).await.unwrap_err();
    assert!(matches!(error, StartError::NotRegistered { .. }));
}

#[tokio::test(start_paused = true)]
async fn all_contexts_that_do_not_fit_are_told_at_once() {
    let tasker = tasker(&App::new([]), &memory()).await;
    let error = tasker.start_many::<job::Workflow>([0, 2, 101, 3].map(context)).await.unwrap_err();
    assert_eq!(mistaken(&error), [0, 2]);
    let text = error.to_string();
    assert!(
        text.starts_with("2 of the tasks to be started, counted from 0, cannot be: task 0: the context of"),
        "{text}"
    );
    assert!(text.contains("; task 2: the context of") && !text.contains("more"), "{text}");
    let many = (0..3_000).map(|number| context(if number < 2_500 { 1 } else { 101 }));
    let error = tasker.start_many::<job::Workflow>(many).await.unwrap_err();
    let text = error.to_string();
    assert!(text.ends_with("; and 490 more"), "{text}");
    let StartError::Invalid { mistakes, count: 500 } = error else { panic!("{error}") };
    assert_eq!((mistakes.len(), mistakes[99].0), (100, 2_599));
    assert!(tasker.open_tasks().await.unwrap().is_empty());
}

#[tokio::test(start_paused = true)]
async fn keys_start_each_of_many_tasks_once() {
    let tasker = tasker(&App::new([]), &memory()).await;
    let start = |numbers: std::ops::Range<u32>| {
        tasker.start_many::<wide::Workflow>(numbers).idempotency_keys(|number| format!("order-{number}"))
    };
    let first = start(0..3).await.unwrap();
    let second = start(1..5).await.unwrap();
    let new: Vec<_> = second.iter().map(tasker::TaskHandle::is_new).collect();
    assert_eq!(new, [false, false, true, true]);
    assert_eq!(second[0].id(), first[1].id());
}

#[tokio::test(start_paused = true)]
async fn who_starts_many_tasks_learns_which_were_started_before_the_store_failed() {
    let (app, store) = (App::new([]), Faulty::new());
    let tasker = builder(&app, &store).build().await.unwrap();
    tasker.shutdown().await;
    store.fail(|call| (call.verb == Verb::Create && call.before == 2).then_some(Fault::Before));
    let error = tasker.start_many::<wide::Workflow>(0..2_500).await.unwrap_err();
    assert!(error.to_string().starts_with("2000 tasks were started, then the store failed: "), "{error}");
    let StartError::Partly { started, .. } = error else { panic!("{error}") };
    let mut open: Vec<_> = tasker.open_tasks().await.unwrap().iter().map(tasker::TaskHandle::id).collect();
    open.sort_unstable();
    assert_eq!(open, started);
    store.fail(|call| (call.verb == Verb::Create).then_some(Fault::Before));
    let error = tasker.start_many::<wide::Workflow>(0..10).await.unwrap_err();
    assert!(matches!(error, StartError::Store(_)), "none was started");
}

#[tokio::test(start_paused = true)]
async fn a_prepared_task_runs_when_somebody_else_has_written_it() {
    let (app, store) = (App::new([]), memory());
    let tasker = tasker(&app, &store).await;
    // Idle for so long that it looks seldom.
    tokio::time::sleep(Duration::from_mins(1)).await;
    let start = tasker.start::<job::Workflow>(context(4)).idempotency_key("order-4").priority(2);
    let prepared = start.prepare().unwrap();
    assert_eq!((prepared.task().idempotency_key.as_deref(), prepared.task().priority), (Some("order-4"), 2));
    let its_store: &dyn Any = &**prepared.store();
    assert!(its_store.is::<tasker::MemoryStore>(), "a store can tell that it is one of its own");
    let task = prepared.task().clone();
    let handle = prepared.created(Created::New(task.id)).unwrap();
    assert!(matches!(handle.wait().await, Err(ResultError::NoTask(_))), "not committed yet");
    store.create(&[task]).await.unwrap();
    let began = Instant::now();
    assert_eq!(handle.wait().await.unwrap().state, TaskState::Complete);
    assert!(began.elapsed() < Duration::from_millis(50), "the wait wakes the engine: {:?}", began.elapsed());
    assert_eq!(handle.output::<job::prepare>().await.unwrap(), Some(4));
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_started_cannot_be_prepared() {
    let tasker = tasker(&App::new([]), &memory()).await;
    let error = tasker.start::<job::Workflow>(context(101)).prepare().unwrap_err();
    assert!(matches!(error, StartError::InvalidContext { .. }));
}
