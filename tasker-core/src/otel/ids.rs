//! The ids of spans: the one that was chosen for the next span of this thread, or else a random one.

use std::cell::Cell;

use opentelemetry::trace::{SpanId, TraceId};
use opentelemetry_sdk::trace::{IdGenerator, RandomIdGenerator};

use crate::TraceParent;

/// What makes the ids of spans, for a provider of the application's own.
///
/// Spans of tasks and steps have ids that every process knows; others have random ones. A provider without it gives them random ids, and
/// the steps of a task have a parent that is not there.
#[derive(Debug, Clone, Default)]
pub struct SpanIds {
    random: RandomIdGenerator,
}

thread_local! {
    static CHOSEN: Cell<Option<TraceParent>> = const { Cell::new(None) };
}

/// The first span that begins in `begin` is this one.
pub(crate) fn choose<T>(span: TraceParent, begin: impl FnOnce() -> T) -> T {
    /// Puts back what was chosen before, also when `begin` panics.
    struct Before(Option<TraceParent>);
    impl Drop for Before {
        fn drop(&mut self) {
            CHOSEN.set(self.0);
        }
    }
    let _before = Before(CHOSEN.replace(Some(span)));
    begin()
}

impl IdGenerator for SpanIds {
    fn new_trace_id(&self) -> TraceId {
        CHOSEN.get().map_or_else(|| self.random.new_trace_id(), |chosen| TraceId::from(chosen.trace))
    }

    fn new_span_id(&self) -> SpanId {
        let Some(chosen) = CHOSEN.get().filter(|chosen| chosen.span != 0) else {
            return self.random.new_span_id();
        };
        CHOSEN.set(Some(TraceParent { span: 0, ..chosen }));
        SpanId::from(chosen.span)
    }
}
