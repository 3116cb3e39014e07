//! The span that a step runs in: what is logged in it, by the engine and by the function of the step, carries what step it is.

use tracing::field::Empty;
use tracing::{Span, info_span};

use crate::store::{ClaimedStep, Ending};
use crate::{StepNo, WorkerId, WorkflowDef};

/// The span of an execution that is about to begin.
pub(super) fn of_step(worker: WorkerId, claimed: &ClaimedStep, workflow: &WorkflowDef) -> Span {
    let execution = &claimed.execution;
    let span = info_span!(
        target: "tasker",
        "tasker.step.execution",
        namespace = workflow.id().namespace,
        workflow = workflow.id().name,
        version = workflow.id().version,
        task = %execution.task,
        step = name(workflow, execution.step),
        attempt = execution.attempt.0,
        correlation_id = Empty,
        worker = %worker,
        trace_id = Empty,
        queue_seconds = claimed.queued.as_secs_f64(),
        outcome = Empty,
        otel.status_code = Empty,
        otel.status_description = Empty,
    );
    if !span.is_disabled() {
        match &claimed.correlation_id {
            Some(id) => span.record("correlation_id", id),
            None => span.record("correlation_id", tracing::field::display(execution.task)),
        };
    }
    span
}

fn name(workflow: &WorkflowDef, step: StepNo) -> &str {
    workflow.step(step).map_or("", |step| step.name())
}

/// Says in the current span, which is that of the step, how its execution ends.
pub(super) fn ends(ending: &Ending) {
    let outcome = match ending {
        Ending::Complete(_) => "complete",
        Ending::Skipped => "skipped",
        Ending::Retry(..) => "retried",
        Ending::Failed(_) => "failed",
        Ending::HandedBack => "handed_back",
    };
    let span = Span::current();
    span.record("outcome", outcome);
    match ending {
        Ending::Retry(error, wait) => {
            fails(&span, error.message());
            tracing::info!(target: "tasker", code = error.error_code().unwrap_or_default(), error = error.message(), wait_seconds = wait.as_secs_f64(),
                "the step failed; it runs again");
        }
        Ending::Failed(error) => {
            fails(&span, error.message());
            tracing::warn!(target: "tasker", code = error.error_code().unwrap_or_default(), error = error.message(), "the step failed and is in error");
        }
        Ending::Complete(_) | Ending::Skipped | Ending::HandedBack => {
            tracing::debug!(target: "tasker", "the step ended: {outcome}");
        }
    }
}

fn fails(span: &Span, message: &str) {
    span.record("otel.status_code", "ERROR");
    span.record("otel.status_description", message);
}
