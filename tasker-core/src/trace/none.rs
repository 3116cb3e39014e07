//! What stands in the place of the spans without the feature `otel`: nothing, so that the engine says what happens without asking whether
//! anybody records it.

use std::sync::Arc;

use tracing::Span;

use crate::correlation::asking_span;
use crate::store::{Attributes, ClaimedStep, Execution, Outcome, Settled, Store};
use crate::{TaskId, TraceParent, WorkflowDef};

pub(crate) struct Spans;

pub(crate) struct Around;

#[expect(clippy::unused_self, reason = "the other one records")]
impl Around {
    pub(crate) fn within<F: Future>(self, running: F) -> F {
        running
    }
}

#[expect(clippy::unused_self, reason = "the other one records")]
impl Spans {
    pub(crate) fn new() -> Self {
        Self
    }

    pub(crate) fn begins(
        &mut self,
        _: &ClaimedStep,
        _: &Arc<WorkflowDef>,
        _: Option<TraceParent>,
        span: impl FnOnce() -> Span,
    ) -> (Span, Around) {
        (span(), Around)
    }

    pub(crate) fn gone(&mut self, _: Execution) {}
    pub(crate) fn settled(&mut self, _: &[Outcome], _: &Settled) {}
}

pub(crate) fn starts(_: TaskId, _: &WorkflowDef, attributes: &mut Attributes) {
    let asked = attributes.traceparent.take();
    attributes.traceparent = asked.or_else(|| asking_span().as_ref().map(TraceParent::to_string));
}

pub(crate) fn delivers(_: TaskId, _: Option<TraceParent>, span: impl FnOnce() -> Span) -> (Span, Around) {
    (span(), Around)
}

#[cfg(feature = "http")]
pub(crate) fn current() -> Option<TraceParent> {
    asking_span()
}

pub(crate) fn may_have_ended(_: &Arc<dyn Store>, _: &[TaskId], _: bool) {}
