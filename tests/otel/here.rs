//! What one process sends of its own tasks.

use std::time::Duration;

use tasker::events::{Subscriber, SubscriberResult, TaskerEvent};
use tasker::http::Webhook;
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
    let error = traces.shutdown().await.unwrap_err();
    assert!(matches!(error, TracesError::Unsent(_)), "{error}");
    assert!(error.to_string().starts_with("the last spans were not sent: "), "{error}");
}

#[tokio::test]
async fn a_task_that_an_operator_ends_has_its_span() {
    let here = Here::with(1.0).await;
    let task = here.tasker.start::<parcel::Workflow>(13).await.unwrap();
    assert_eq!(task.wait().await.unwrap().state, TaskState::Error);
    let cancelled = here.tasker.start::<order::Workflow>(1).await.unwrap();
    cancelled.cancel().await.unwrap();
    task.resolve().await.unwrap();
    let states = |spans: &[Span]| {
        let tasks = spans.iter().filter(|span| span.name == "tasker.task.execution");
        let mut states: Vec<String> = tasks.map(|span| span.of("state").to_owned()).collect();
        states.sort();
        states
    };
    let all = |spans: &[Span]| states(spans).len() == 3;
    let spans = here.collector.has("three ends", all).await;
    assert_eq!(states(&spans), ["cancelled", "error", "resolved_manually"]);
    here.ended().await;
}

/// Takes events, in a span of its own.
struct Ear;

#[tasker::async_trait]
impl Subscriber for Ear {
    fn events(&self) -> Vec<&str> {
        vec!["task.completed"]
    }

    async fn on_event(&self, _: &TaskerEvent) -> SubscriberResult {
        tracing::info_span!("send mail").in_scope(|| Ok(()))
    }
}

#[tokio::test]
async fn what_subscribers_do_and_what_calls_say_is_in_the_trace() {
    let here = Here::with(1.0).await;
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}", folder.path().join("tasks.db").display());
    let hook = Webhook::new(&format!("{}/hook", here.collector.endpoint())).unwrap();
    let tasker = builder(App::default(), SqlStore::connect(&url).await.unwrap())
        .subscribe("ear", Ear)
        .subscribe("hook", hook.events(["task.completed"]).without_proxy())
        .build()
        .await
        .unwrap();
    let task = tasker.start::<parcel::Workflow>(1).await.unwrap();
    task.wait().await.unwrap();
    let mails =
        |spans: &[Span]| spans.iter().filter(|span| span.name == "tasker.event.delivery").count() == 2;
    here.collector.has("two deliveries", mails).await;
    tasker.shutdown().await;
    let called = here.collector.called();
    let trees = here.ended().await;
    assert_eq!(trees.len(), 1, "deliveries are a part of the trace of the task");
    let spans = &trees[0].0;
    let named = |name: &str| spans.iter().find(|span| span.name == name).unwrap();
    let delivery = |who: &str| spans.iter().find(|span| span.of("subscriber") == who).unwrap();
    assert_eq!(delivery("ear").parent, named("tasker.task.execution").id);
    assert_eq!(named("send mail").parent, delivery("ear").id);
    let hook = delivery("hook");
    assert_eq!(called, [format!("00-{:032x}-{:016x}-01", hook.trace, hook.id)]);
}

#[tokio::test]
async fn spans_have_no_secrets() {
    let collector = Collector::start().await;
    let traces = Traces::builder().endpoint(collector.endpoint()).redact(["iban"]).build().unwrap();
    let _subscriber = tracing_subscriber::registry().with(traces.layer()).set_default();
    let span = tracing::info_span!("pay", password = "hunter2", iban = "DE02", otel.status_code = "ERROR");
    span.in_scope(|| tracing::info!(card_token = "tok_1", "refused: api_key=k-123"));
    drop(span);
    let span = tracing::info_span!(
        "log in",
        error = tracing::field::Empty,
        otel.status_description = "Bearer abc.def"
    );
    span.record("error", "https://ada:hunter2@example.com said no");
    drop(span);
    traces.shutdown().await.unwrap();
    let sent = collector.text();
    assert!(sent.contains("pay") && sent.contains("log in") && sent.contains("[redacted]"), "{sent}");
    for secret in ["hunter2", "DE02", "tok_1", "k-123", "abc.def"] {
        assert!(!sent.contains(secret), "{secret} was sent: {sent}");
    }
}

#[tokio::test]
async fn nothing_of_a_task_that_is_not_recorded_is_sent() {
    let here = Here::with(0.0).await;
    // With a step that has a span of its own, and that starts another task.
    let task = here.tasker.start::<order::Workflow>(1).await.unwrap();
    assert_eq!(task.wait().await.unwrap().state, TaskState::Complete);
    let parcel = task.output::<order::ship>().await.unwrap().unwrap().parse().unwrap();
    let parcel = here.tasker.task(parcel).wait().await.unwrap();
    assert!(parcel.traceparent.unwrap().ends_with("-00"), "others are told not to record it either");
    assert!(here.ended().await.is_empty());
}
