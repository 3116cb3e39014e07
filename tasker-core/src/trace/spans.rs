//! The spans of tasks and steps.
//!
//! Those of steps are spans of `tracing`, which the layer of OpenTelemetry makes into its own: here they get their place in the trace of
//! their task, and an id that every process knows. That of a task is written when it ends, by whoever sees it end: it begins where the
//! task was created, in another process perhaps. A process that dies between the commit and the export takes such a span with it.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use opentelemetry::trace::{
    Span as _, SpanBuilder, SpanContext, SpanId, SpanKind, Status, TraceContextExt, TraceFlags, TraceId,
    TraceState, Tracer,
};
use opentelemetry::{Context, KeyValue, global};
use tracing::{Span, info_span};
use tracing_opentelemetry::OpenTelemetrySpanExt;

use super::TraceParent;
use super::ids::TaskTrace;
use crate::correlation::asking_span;
use crate::otel::{choose, is_sampled};
use crate::store::{Attributes, ClaimedStep, Execution, Outcome, Settled, Store, TaskStatus};
use crate::{TaskId, TaskState, WorkflowDef, WorkflowId};

/// The tasks of the steps that a worker runs, as far as they are recorded.
pub(crate) struct Spans(HashMap<Execution, Recorded>);

struct Recorded {
    trace: TaskTrace,
    workflow: Arc<WorkflowDef>,
    correlation_id: Option<String>,
}

impl Spans {
    pub(crate) fn new() -> Self {
        Self(HashMap::new())
    }

    /// A step is going to run, in this span, to which nothing has happened yet.
    pub(crate) fn begins(&mut self, span: &Span, claimed: &ClaimedStep, workflow: &Arc<WorkflowDef>) {
        let execution = claimed.execution;
        let trace = TaskTrace::of(execution.task, claimed.traceparent.as_deref(), is_sampled);
        // Where there is no such layer it is no part of a trace.
        if span.set_parent(remote(trace.span())).is_err() {
            return;
        }
        if let Some(before) = trace.span_before(execution) {
            span.add_link(context(before));
        }
        // Asking for it lets the span begin.
        choose(trace.span_of(execution), || span.context());
        if trace.sampled {
            span.record("trace_id", format_args!("{:032x}", trace.trace));
            let (workflow, correlation_id) = (Arc::clone(workflow), claimed.correlation_id.clone());
            self.0.insert(execution, Recorded { trace, workflow, correlation_id });
        }
    }

    /// Nothing will be told of it.
    pub(crate) fn gone(&mut self, execution: Execution) {
        self.0.remove(&execution);
    }

    /// The store has these.
    pub(crate) fn settled(&mut self, told: &[Outcome], settled: &Settled) {
        if self.0.is_empty() {
            return;
        }
        let mut ended = settled.ended.clone();
        for Outcome { execution, .. } in told {
            let Some(recorded) = self.0.remove(execution) else { continue };
            if let Some(at) = ended.iter().position(|task| *task == execution.task) {
                ended.swap_remove(at);
                let in_error = settled.in_error.contains(&execution.task);
                let state = if in_error { TaskState::Error } else { TaskState::Complete };
                let Recorded { trace, workflow, correlation_id } = recorded;
                let correlation_id = correlation_id.unwrap_or_else(|| execution.task.to_string());
                write(execution.task, trace, workflow.id(), correlation_id, state);
            }
        }
    }
}

/// A task is going to be stored. If it is to be a part of no trace that is known, it becomes one of the trace that is under way here, or
/// else of a new one.
pub(crate) fn starts(task: TaskId, workflow: &WorkflowDef, attributes: &mut Attributes) {
    let WorkflowId { namespace, name, version } = workflow.id();
    let span = info_span!(
        target: "tasker",
        "tasker.task.start",
        otel.kind = "producer",
        namespace,
        workflow = name,
        version,
        task = %task,
    );
    if let Some(parent) = attributes.traceparent.as_deref().and_then(|text| text.parse().ok()) {
        // Without a layer there is nothing to tell.
        let _ = span.set_parent(remote(parent));
        return;
    }
    attributes.traceparent = told(&span).or_else(asking_span).as_ref().map(TraceParent::to_string);
}

/// An event of a task is going to be delivered, in this span.
pub(crate) fn delivers(span: &Span, task: TaskId, traceparent: Option<&str>) {
    // Without a layer there is nothing to tell.
    let _ = span.set_parent(remote(TaskTrace::of(task, traceparent, is_sampled).span()));
}

/// The span that something is a part of that is done now.
pub(crate) fn current() -> Option<TraceParent> {
    told(&Span::current()).or_else(asking_span)
}

/// What a span is called outside.
fn told(span: &Span) -> Option<TraceParent> {
    let context = span.context().span().span_context().clone();
    context.is_valid().then(|| TraceParent {
        trace: u128::from_be_bytes(context.trace_id().to_bytes()),
        span: u64::from_be_bytes(context.span_id().to_bytes()),
        sampled: context.is_sampled(),
    })
}

/// These tasks may have ended otherwise than by a settle of this process: in error with a dead worker, or else by an operator.
pub(crate) fn may_have_ended(store: &Arc<dyn Store>, tasks: &[TaskId], in_error: bool) {
    if tasks.is_empty() {
        return;
    }
    let (store, tasks) = (Arc::clone(store), tasks.to_vec());
    let ended =
        move |status: &TaskStatus| status.state.has_ended() && (status.state == TaskState::Error) == in_error;
    tokio::spawn(async move {
        match store.statuses(&tasks).await {
            Ok(statuses) => statuses.into_iter().flatten().filter(ended).for_each(of),
            Err(error) => tracing::debug!(%error, "tasks that ended have no span"),
        }
    });
}

fn of(status: TaskStatus) {
    let TaskStatus { id, workflow, state, traceparent, correlation_id, .. } = status;
    write(id, TaskTrace::of(id, traceparent.as_deref(), is_sampled), &workflow, correlation_id, state);
}

fn write(task: TaskId, trace: TaskTrace, workflow: &WorkflowId, correlation_id: String, state: TaskState) {
    if !trace.sampled {
        return;
    }
    let WorkflowId { namespace, name, version } = workflow;
    let attributes = [
        KeyValue::new("namespace", namespace.clone()),
        KeyValue::new("workflow", name.clone()),
        KeyValue::new("version", version.clone()),
        KeyValue::new("task", task.to_string()),
        KeyValue::new("correlation_id", correlation_id),
        KeyValue::new("state", state.as_str()),
    ];
    let span = SpanBuilder::from_name("tasker.task.execution")
        .with_kind(SpanKind::Consumer)
        .with_start_time(created(task))
        .with_attributes(attributes);
    let parent = trace.parent.map_or_else(Context::new, |span| {
        remote(TraceParent { trace: trace.trace, span, sampled: trace.sampled })
    });
    let mut span = choose(trace.span(), || global::tracer("tasker").build_with_context(span, &parent));
    if state == TaskState::Error {
        span.set_status(Status::error("a step of it is in error"));
    }
    span.end();
}

/// The moment that is in the id of a task.
fn created(task: TaskId) -> SystemTime {
    let since = task.as_uuid().get_timestamp().map(|moment| {
        let (seconds, nanos) = moment.to_unix();
        Duration::new(seconds, nanos)
    });
    since.map_or_else(SystemTime::now, |since| SystemTime::UNIX_EPOCH + since)
}

fn remote(parent: TraceParent) -> Context {
    Context::new().with_remote_span_context(context(parent))
}

fn context(TraceParent { trace, span, sampled }: TraceParent) -> SpanContext {
    let flags = TraceFlags::default().with_sampled(sampled);
    SpanContext::new(TraceId::from(trace), SpanId::from(span), flags, true, TraceState::NONE)
}
