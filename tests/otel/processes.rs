//! Tasks that are started here and run by two other processes.

use std::time::Duration;

use tasker::otel::Traces;
use tasker::{SqlStore, StepState, TaskState, Tasker};
use tasker_tests::postgres::server_or_skip;
use tracing::Instrument;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use crate::collector::{Collector, Span};
use crate::tree::Tree;
use crate::worker::{Worker, builder};
use crate::workflows::{App, fragile, order};

const TASKS: u32 = 10;

/// Starts tasks and runs none.
async fn client(url: &str) -> Tasker {
    let store = SqlStore::connect(url).await.unwrap();
    let client = builder(App::default(), store).build().await.unwrap();
    client.shutdown().await;
    client
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_workers_are_in_one_trace_on_sqlite() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}", folder.path().join("tasks.db").display());
    two_workers_are_in_one_trace(&url).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_workers_are_in_one_trace_on_postgres() {
    let Some(server) = server_or_skip() else { return };
    let database = server.database("otel", async |_| ()).await;
    two_workers_are_in_one_trace(database.url()).await;
}

async fn two_workers_are_in_one_trace(url: &str) {
    let collector = Collector::start().await;
    let traces = Traces::builder().endpoint(collector.endpoint()).service("client").build().unwrap();
    tracing_subscriber::registry().with(traces.layer()).init();
    let client = client(url).await;
    let workers = ["one", "two"].map(|service| Worker::start(url, collector.endpoint(), service));
    let mut tasks = Vec::new();
    for number in 0..TASKS {
        let request = tracing::info_span!("POST /orders");
        tasks.push(client.start::<order::Workflow>(number).into_future().instrument(request).await.unwrap());
    }
    for task in &tasks {
        task.wait().await.unwrap();
    }
    let ended = |spans: &[Span]| {
        spans.iter().filter(|span| span.name == "tasker.task.execution").count() as u32 == 2 * TASKS
    };
    collector.has("the spans of all tasks", ended).await;
    workers.into_iter().for_each(Worker::end);
    traces.shutdown().await.unwrap();
    let trees = Tree::all(collector.spans());
    assert_eq!(trees.len() as u32, TASKS);
    for tree in &trees {
        assert_eq!(tree.drawn(), WHOLE);
        times_fit(tree);
    }
    let both = trees.iter().filter(|tree| tree.services().is_superset(&["one", "two"].into())).count();
    assert!(both > 0, "no task was run by both workers");
    println!("{both} of {TASKS} tasks were run by both workers");
}

const WHOLE: &str = "\
POST /orders
  task.start order
    task.execution order
      step.execution reserve 1 complete
      step.execution charge 1 retried ERROR
        charge card
      step.execution charge 2 complete -> charge 1
        charge card
      step.execution ship 1 complete
        task.start parcel
          task.execution parcel
            step.execution pack 1 complete
            step.execution send 1 complete";

/// A task lasts from its creation to the end of its last step; steps say how long they were queued.
fn times_fit(tree: &Tree) {
    let task =
        tree.0.iter().find(|span| span.name == "tasker.task.execution" && span.of("workflow") == "order");
    let task = task.unwrap();
    assert_eq!(task.of("state"), "complete");
    let steps = tree.0.iter().filter(|span| span.parent == task.id);
    for step in steps {
        // The id of a task has the moment of its creation in milliseconds.
        assert!(task.begins <= step.begins && step.begins <= step.ends && step.ends <= task.ends, "{step:?}");
        assert!(step.of("queue_seconds").parse::<f64>().unwrap() >= 0.0);
        assert_eq!(step.of("task"), task.of("task"));
        assert_eq!(step.of("correlation_id"), task.of("task"));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_dead_worker_leaves_is_in_the_trace_all_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}", folder.path().join("tasks.db").display());
    let collector = Collector::start().await;
    let client = client(&url).await;
    let first = Worker::start(&url, collector.endpoint(), "first");
    let task = client.start::<fragile::Workflow>(1).await.unwrap();
    let runs = async |step: usize| {
        while task.status().await.unwrap().steps[step].state != StepState::InProgress {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    runs(0).await;
    first.kill();
    let second = Worker::start(&url, collector.endpoint(), "second");
    runs(1).await;
    let hold = |spans: &[Span]| spans.iter().find(|span| span.of("step") == "hold").cloned();
    let hold = hold(&collector.has("the step that ran again", |spans| hold(spans).is_some()).await).unwrap();
    assert_eq!((hold.of("attempt"), hold.of("outcome"), hold.links.len()), ("2", "complete", 1));
    second.kill();
    let third = Worker::start(&url, collector.endpoint(), "third");
    assert_eq!(task.wait().await.unwrap().state, TaskState::Error);
    let ended = |spans: &[Span]| spans.iter().find(|span| span.name == "tasker.task.execution").cloned();
    let ended = ended(&collector.has("the end of the task", |spans| ended(spans).is_some()).await).unwrap();
    assert_eq!((ended.service.as_str(), ended.of("state"), ended.is_error), ("third", "error", true));
    assert_eq!((hold.trace, hold.parent), (ended.trace, ended.id));
    third.end();
}
