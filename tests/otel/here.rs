//! What one process sends of its own tasks.

use std::time::Duration;

use tasker::otel::{Traces, TracesError};
use tasker::{SqlStore, TaskState, Tasker, TraceParent};
use tempfile::TempDir;
use tracing::subscriber::DefaultGuard;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use crate::collector::{Collector, Span};
use crate::tree::Tree;
use crate::worker::builder;
use crate::workflows::{App, order, parcel};

struct Here {
    collector: Collector,
    tasker: Tasker,
    traces: Traces,
    _database: TempDir,
    /// Of this thread, on which everything runs.
    _subscriber: DefaultGuard,
}

impl Here {
    async fn with(share: f64) -> Self {
        Self::on(tempfile::tempdir().unwrap(), share).await
    }

    async fn on(folder: TempDir, share: f64) -> Self {
        let collector = Collector::start().await;
        let builder = Traces::builder().endpoint(collector.endpoint()).service("here").sample(share);
        let traces = builder.build().unwrap();
        let subscriber = tracing_subscriber::registry().with(traces.layer()).set_default();
        let tasker = tasker(&folder).await;
        Self { collector, tasker, traces, _database: folder, _subscriber: subscriber }
    }

    async fn ended(self) -> Vec<Tree> {
        self.tasker.shutdown().await;
        self.traces.shutdown().await.unwrap();
        Tree::all(self.collector.spans())
    }
}

async fn tasker(folder: &TempDir) -> Tasker {
    let url = format!("sqlite://{}", folder.path().join("tasks.db").display());
    let app = App::default();
    let tasker = builder(app.clone(), SqlStore::connect(&url).await.unwrap()).build().await.unwrap();
    app.own.is(&tasker);
    tasker
}

#[tokio::test]
async fn of_a_share_of_the_traces_each_is_whole() {
    let here = Here::with(0.25).await;
    let tasks = here.tasker.start_many::<parcel::Workflow>(100..500).await.unwrap();
    for task in tasks {
        task.wait().await.unwrap();
    }
    let trees = here.ended().await;
    for tree in &trees {
        assert_eq!(
            tree.drawn(),
            "task.start parcel\n  task.execution parcel\n    step.execution pack 1 complete\n    step.execution send 1 complete"
        );
    }
    assert!((50..150).contains(&trees.len()), "{} of 400 are recorded, and 100 should be", trees.len());
}

#[tokio::test]
async fn the_trace_that_is_said_is_the_one_also_where_it_is_not_recorded() {
    let here = Here::with(1.0).await;
    let parent: TraceParent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01".parse().unwrap();
    for sampled in [true, false] {
        let parent = TraceParent { sampled, trace: parent.trace + u128::from(sampled), ..parent };
        let task = here.tasker.start::<parcel::Workflow>(1).traceparent(parent).await.unwrap();
        task.wait().await.unwrap();
    }
    let trees = here.ended().await;
    assert_eq!(trees.len(), 1);
    let spans = &trees[0].0;
    assert_eq!((spans.len(), spans[0].trace), (4, parent.trace + 1));
    let below = |span: &&Span| span.parent == parent.span;
    let names: Vec<&str> = spans.iter().filter(below).map(|span| span.name.as_str()).collect();
    assert_eq!(names, ["tasker.task.start", "tasker.task.execution"]);
}

#[tokio::test]
async fn a_task_that_was_started_without_traces_has_one_of_its_own() {
    let folder = tempfile::tempdir().unwrap();
    let without = tasker(&folder).await;
    without.shutdown().await;
    let task = without.start::<parcel::Workflow>(13).await.unwrap();
    let here = Here::on(folder, 1.0).await;
    assert_eq!(here.tasker.task(task.id()).wait().await.unwrap().state, TaskState::Error);
    let trees = here.ended().await;
    assert_eq!(trees.len(), 1);
    assert_eq!(
        trees[0].drawn(),
        "task.execution parcel ERROR\n  step.execution pack 1 complete\n  step.execution send 1 failed ERROR"
    );
}

#[tokio::test]
async fn tasks_do_not_wait_for_a_collector_that_is_not_there() {
    let nobody = {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        listener.local_addr().unwrap()
    };
    let traces = Traces::builder().endpoint(format!("http://{nobody}")).timeout(Duration::from_secs(1));
    let traces = traces.build().unwrap();
    let _subscriber = tracing_subscriber::registry().with(traces.layer()).set_default();
    let folder = tempfile::tempdir().unwrap();
    let tasker = tasker(&folder).await;
    let task = tasker.start::<order::Workflow>(1).await.unwrap();
    assert_eq!(task.wait().await.unwrap().state, TaskState::Complete);
    tasker.shutdown().await;
    let error = traces.flush().await.unwrap_err();
    assert!(matches!(error, TracesError::Unsent(_)), "{error}");
    assert!(error.to_string().starts_with("the last spans were not sent: "), "{error}");
}
