//! What the layer of the traces takes: spans and events of a level, without the spans of tasks that are not recorded. So nine of ten tasks cost
//! next to nothing where a tenth is recorded.

use std::cell::Cell;

use tracing::level_filters::LevelFilter;
use tracing::subscriber::Interest;
use tracing::{Metadata, Subscriber};
use tracing_subscriber::layer::{Context, Filter};

thread_local! {
    static UNRECORDED: Cell<bool> = const { Cell::new(false) };
}

/// Makes a span that is not recorded.
pub(crate) fn unrecorded<T>(make: impl FnOnce() -> T) -> T {
    UNRECORDED.set(true);
    let span = make();
    UNRECORDED.set(false);
    span
}

pub(super) struct Recorded(pub(super) LevelFilter);

impl<S: Subscriber> Filter<S> for Recorded {
    fn enabled(&self, meta: &Metadata<'_>, _: &Context<'_, S>) -> bool {
        *meta.level() <= self.0 && !(is_own_span(meta) && UNRECORDED.get())
    }

    fn callsite_enabled(&self, meta: &'static Metadata<'static>) -> Interest {
        if *meta.level() > self.0 {
            Interest::never()
        } else if is_own_span(meta) {
            Interest::sometimes()
        } else {
            Interest::always()
        }
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        Some(self.0)
    }
}

fn is_own_span(meta: &Metadata<'_>) -> bool {
    meta.is_span() && meta.target() == "tasker"
}
