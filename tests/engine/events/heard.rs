//! Listeners: what happens is heard of as it happens, at most once.

use std::time::Duration;

use tasker::events::{Heard, Listener};
use tasker::{Store, TaskId};
use tokio::time::{sleep, timeout};

use super::{ALL_OF_A_JOB, said};
use crate::places::on_every_store;
use crate::support::{App, builder, context, job, memory, until, wide};

on_every_store! {
    listeners_hear_of_what_every_process_does,
    nothing_is_written_down_when_nobody_listens_any_more,
}

async fn next_of(listener: &mut Listener, task: TaskId, many: usize) -> Vec<String> {
    let mut heard = Vec::new();
    while heard.len() < many {
        let Some(Heard::Event(event)) = listener.next().await else { panic!("after {heard:?}") };
        if event.what.task().task_id == task {
            heard.push(said(&event));
        }
    }
    heard
}

async fn listeners_hear_of_what_every_process_does(store: impl Store + Clone) {
    let app = App::new([]);
    let (listening, other) =
        (builder(&app, &store).build().await.unwrap(), builder(&app, &store).build().await.unwrap());
    listening.shutdown().await;
    let listening = builder(&app, &store).build().await.unwrap();
    let mut all = listening.events().listen(&["*"]).await.unwrap();
    let mut ends = listening.events().listen(&["task.completed", "task.failed"]).await.unwrap();
    let task = other.start::<job::Workflow>(context(1)).await.unwrap();
    assert_eq!(next_of(&mut all, task.id(), 9).await, ALL_OF_A_JOB);
    assert_eq!(next_of(&mut ends, task.id(), 1).await, ["task.completed"]);
    assert!(listening.events().subscriptions().await.unwrap().is_empty(), "they are not durable");
    other.shutdown().await;
    listening.shutdown().await;
    assert_eq!(all.next().await, None);
}

async fn nothing_is_written_down_when_nobody_listens_any_more(store: impl Store + Clone) {
    let app = App::new([]);
    let tasker = builder(&app, &store).build().await.unwrap();
    let listener = tasker.events().listen(&["*"]).await.unwrap();
    tasker.start::<job::Workflow>(context(1)).await.unwrap().wait().await.unwrap();
    drop(listener);
    // The reader notices, and is forgotten; what it left is removed.
    until(async || (store.feed().trim().await.unwrap() > 0).then_some(())).await;
    tasker.start::<job::Workflow>(context(2)).await.unwrap().wait().await.unwrap();
    assert_eq!(store.feed().trim().await.unwrap(), 0);
    // And one who comes later hears again.
    let mut listener = tasker.events().listen(&["task.completed"]).await.unwrap();
    let task = tasker.start::<job::Workflow>(context(3)).await.unwrap();
    assert_eq!(next_of(&mut listener, task.id(), 1).await, ["task.completed"]);
    tasker.shutdown().await;
}

#[tokio::test(start_paused = true)]
async fn a_listener_that_is_too_slow_is_told_how_much_it_missed() {
    let (app, store) = (App::new([]), memory());
    let tasker = builder(&app, &store).build().await.unwrap();
    let mut listener = tasker.events().listen(&["*"]).await.unwrap();
    for task in tasker.start_many::<wide::Workflow>(0..2_000).await.unwrap() {
        task.wait().await.unwrap();
    }
    sleep(Duration::from_secs(30)).await;
    // Eleven events of each: creation, start, four steps that begin and end, the end.
    let Some(Heard::Missed(missed)) = listener.next().await else { panic!("nothing was missed") };
    let mut heard = 0;
    while let Ok(Some(Heard::Event(_))) = timeout(Duration::from_secs(1), listener.next()).await {
        heard += 1;
    }
    assert_eq!(missed + heard, 2_000 * 11);
    tasker.shutdown().await;
}
