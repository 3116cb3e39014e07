//! The correlation id goes along wherever the work of a request goes.

use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use serde_json::json;
use tasker::events::{Subscriber, SubscriberResult, TaskerEvent};
use tasker::{
    AppState, CorrelationId, FromStep, Invocation, State, StepError, Store, TaskId, TaskRequest, TaskSummary,
    Tasker, async_trait, workflow,
};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata};

use crate::places::on_every_store;
use crate::support::{memory, until};

on_every_store! {
    tasks_that_a_step_starts_take_over_its_correlation_id,
    tasks_that_a_subscriber_starts_take_over_that_of_the_event,
}

/// Made before the Tasker that it holds.
type Later = Arc<OnceLock<Tasker>>;

#[derive(Clone, Default, AppState)]
struct Desk {
    tasker: Later,
}

/// What an invocation says, without the parameter.
struct OfInvocation(String);

impl<S> FromStep<S> for OfInvocation {
    type Resource = ();

    fn from_step<A>(invocation: &Invocation<'_, A>, (): ()) -> Result<Self, StepError> {
        Ok(Self(invocation.correlation_id().into()))
    }
}

/// Starts six invoices, each in another way.
#[workflow(namespace = "test", context = u32)]
mod order {
    use super::{CorrelationId, Duration, Later, OfInvocation, State, StepError, TaskRequest, invoice, json};

    #[step]
    pub(crate) async fn place(
        number: &u32,
        tasker: State<Later>,
        request: CorrelationId,
        invocation: OfInvocation,
    ) -> Result<String, StepError> {
        let later = || StepError::retryable_after("there is no tasker yet", Duration::from_millis(10));
        let tasker = tasker.get().ok_or_else(later)?.clone();
        assert_eq!(request.as_str(), invocation.0);
        tasker.start::<invoice::Workflow>(*number).tags(["start"]).await?;
        tokio::task::yield_now().await;
        tasker.start_many::<invoice::Workflow>([*number; 2]).tags(["many"]).await?;
        let asked = TaskRequest { namespace: "test".into(), ..TaskRequest::new("invoice", json!(number)) };
        tasker.request(asked).tags(["request"]).await?;
        tasker.start::<invoice::Workflow>(*number).correlation_id("another").await?;
        let elsewhere = async move { tasker.start::<invoice::Workflow>(7).tags(["spawned"]).await };
        tokio::spawn(elsewhere).await.map_err(|error| StepError::permanent(error.to_string()))??;
        Ok(request.into())
    }
}

#[workflow(namespace = "test", context = u32)]
mod invoice {
    use super::{CorrelationId, StepError};

    #[step]
    pub(crate) async fn write(request: CorrelationId) -> Result<String, StepError> {
        Ok(request.to_string())
    }
}

async fn desk(store: impl Store + Clone, subscriber: Option<Desk>) -> (Tasker, Desk) {
    let desk = subscriber.clone().unwrap_or_default();
    let builder = Tasker::builder(desk.clone()).store(store);
    let builder = builder.register::<order::Workflow>().register::<invoice::Workflow>();
    let builder = match subscriber {
        Some(desk) => builder.subscribe("desk", desk),
        None => builder,
    };
    let tasker = builder.build().await.unwrap();
    assert!(desk.tasker.set(tasker.clone()).is_ok());
    (tasker, desk)
}

async fn of_request(tasker: &Tasker, request: &str) -> Vec<TaskSummary> {
    let mut page = tasker.tasks().correlation_id(request).oldest_first().limit(100).await.unwrap();
    assert_eq!(tasker.tasks().correlation_id(request).total().await.unwrap(), page.tasks.len() as u64);
    assert!(page.tasks.iter().all(|task| task.correlation_id == request), "{page:?}");
    page.tasks.sort_by_key(|task| task.id);
    page.tasks
}

async fn tasks_that_a_step_starts_take_over_its_correlation_id(store: impl Store + Clone) {
    let (tasker, _) = desk(store, None).await;
    let given = tasker.start::<order::Workflow>(1).correlation_id("req-7").await.unwrap();
    let own = tasker.start::<order::Workflow>(2).await.unwrap();
    let own_id = own.id().to_string();
    for (task, request) in [(given, "req-7"), (own, own_id.as_str())] {
        task.wait().await.unwrap();
        assert_eq!(task.output::<order::place>().await.unwrap().as_deref(), Some(request));
        assert_eq!(task.status().await.unwrap().correlation_id, request);
        let tasks = of_request(&tasker, request).await;
        assert_eq!(tasks[0].id, task.id());
        let tags: Vec<_> = tasks[1..].iter().flat_map(|task| &task.tags).map(String::as_str).collect();
        assert_eq!(tags, ["start", "many", "many", "request"]);
        for child in &tasks[1..] {
            let child = tasker.task(child.id);
            child.wait().await.unwrap();
            assert_eq!(child.result("write").await.unwrap(), Some(json!(request)));
        }
    }
    assert_eq!(of_request(&tasker, "another").await.len(), 2);
    let spawned = tasker.tasks().tag("spawned").await.unwrap().tasks;
    assert_eq!(spawned.len(), 2);
    assert!(spawned.iter().all(|task| task.correlation_id == task.id.to_string()));
    assert!(of_request(&tasker, &TaskId::random().to_string()).await.is_empty());
    tasker.shutdown().await;
}

#[async_trait]
impl Subscriber for Desk {
    fn events(&self) -> Vec<&str> {
        vec!["task.completed"]
    }

    async fn on_event(&self, event: &TaskerEvent) -> SubscriberResult {
        let task = event.what.task();
        if task.task_name != "order" {
            return Ok(());
        }
        let tasker = self.tasker.get().ok_or("there is no tasker yet")?;
        tasker.start::<invoice::Workflow>(1).tags(["subscriber"]).await?;
        Ok(())
    }
}

async fn tasks_that_a_subscriber_starts_take_over_that_of_the_event(store: impl Store + Clone) {
    let (tasker, _) = desk(store, Some(Desk::default())).await;
    tasker.start::<order::Workflow>(1).correlation_id("req-7").await.unwrap();
    let started = until(async || {
        let tasks = tasker.tasks().tag("subscriber").await.unwrap().tasks;
        (!tasks.is_empty()).then_some(tasks)
    });
    let started = started.await;
    assert_eq!((started.len(), started[0].correlation_id.as_str()), (1, "req-7"));
    tasker.shutdown().await;
}

/// Fields with their values as text.
type Said = Vec<(&'static str, String)>;

/// What the spans of deliveries say.
#[derive(Clone, Default)]
struct Spans(Arc<Mutex<Vec<Said>>>);

struct Fields<'f>(&'f mut Said);

impl Visit for Fields<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        self.0.push((field.name(), format!("{value:?}").trim_matches('"').to_owned()));
    }
}

impl tracing::Subscriber for Spans {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.is_span() && metadata.name() == "tasker.event.delivery"
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        let (mut spans, mut fields) = (self.0.lock().unwrap(), Vec::new());
        span.record(&mut Fields(&mut fields));
        spans.push(fields);
        Id::from_u64(spans.len() as u64)
    }

    fn record(&self, span: &Id, values: &Record<'_>) {
        let at = usize::try_from(span.into_u64()).unwrap() - 1;
        values.record(&mut Fields(&mut self.0.lock().unwrap()[at]));
    }

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, _: &Event<'_>) {}

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

/// Fails once.
#[derive(Default)]
struct Once(Mutex<bool>);

#[async_trait]
impl Subscriber for Once {
    fn events(&self) -> Vec<&str> {
        vec!["task.completed"]
    }

    async fn on_event(&self, _: &TaskerEvent) -> SubscriberResult {
        if std::mem::replace(&mut *self.0.lock().unwrap(), true) { Ok(()) } else { Err("not now".into()) }
    }
}

#[tokio::test(start_paused = true)]
async fn a_delivery_runs_in_a_span_that_says_what_is_delivered_to_whom() {
    let spans = Spans::default();
    let _guard = tracing::subscriber::set_default(spans.clone());
    let builder = Tasker::builder(Desk::default()).store(memory()).register::<invoice::Workflow>();
    let tasker = builder.subscribe("once", Once::default()).build().await.unwrap();
    let task = tasker.start::<invoice::Workflow>(1).correlation_id("req-7").await.unwrap();
    let id = task.id().to_string();
    until(async || (spans.0.lock().unwrap().len() == 2).then_some(())).await;
    tasker.shutdown().await;
    let expected = |attempt: &str| {
        let fields = [
            ("subscriber", "once"),
            ("event", "task.completed"),
            ("task", id.as_str()),
            ("correlation_id", "req-7"),
            ("attempt", attempt),
        ];
        fields.map(|(name, value)| (name, value.to_owned())).to_vec()
    };
    let mut failed = expected("1");
    failed.push(("otel.status_code", "ERROR".to_owned()));
    failed.push(("otel.status_description", "not now".to_owned()));
    assert_eq!(*spans.0.lock().unwrap(), [failed, expected("2")]);
}
