//! What hears of spans and records, and writes a line for each record.

use std::cell::Cell;
use std::sync::atomic::{AtomicUsize, Ordering};

use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};
use tracing_subscriber::layer::{Context, Layer};
use tracing_subscriber::registry::{LookupSpan, SpanRef};

use super::field::{Fields, Reader};
use super::{Form, WriteLine, json, pretty};
use crate::{Clock, Redaction, SystemClock, Timestamp};

/// Lines longer than this do not keep their memory.
const KEPT: usize = 16 << 10;

pub(super) struct LogLayer {
    /// Tells the fields of this layer from those that another one keeps of the same span.
    number: usize,
    form: Form,
    redaction: Redaction,
    colours: bool,
    write: WriteLine,
}

/// What layers keep of a span, by their numbers.
#[derive(Default)]
struct Kept(Vec<(usize, Fields)>);

/// A record and what is around it.
pub(super) struct Line<'l> {
    pub(super) at: Timestamp,
    pub(super) meta: &'l Metadata<'static>,
    pub(super) fields: &'l Fields,
}

impl LogLayer {
    pub(super) fn new(form: Form, redaction: Redaction, colours: bool, write: WriteLine) -> Self {
        static NUMBER: AtomicUsize = AtomicUsize::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        Self { number, form, redaction, colours, write }
    }

    /// Shows what this layer knows of a span, without secrets.
    fn look<'s, S: LookupSpan<'s>>(&self, span: &SpanRef<'s, S>, show: impl FnOnce(&Fields)) {
        if let Some(kept) = span.extensions_mut().get_mut::<Kept>()
            && let Some((_, fields)) = kept.0.iter_mut().find(|(number, _)| *number == self.number)
        {
            fields.clean(&self.redaction);
            show(fields);
        }
    }
}

thread_local! {
    static BUFFER: Cell<String> = const { Cell::new(String::new()) };
}

impl<S: Subscriber + for<'s> LookupSpan<'s>> Layer<S> for LogLayer {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let Some(span) = context.span(id) else { return };
        let mut fields = Fields::of(attributes.values().len());
        attributes.record(&mut Reader { fields: &mut fields, is_record: false });
        let mut extensions = span.extensions_mut();
        match extensions.get_mut::<Kept>() {
            Some(kept) => kept.0.push((self.number, fields)),
            None => extensions.insert(Kept(vec![(self.number, fields)])),
        }
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        let Some(span) = context.span(id) else { return };
        // Before the span is locked: what is said may log something itself.
        let mut more = Fields::default();
        values.record(&mut Reader { fields: &mut more, is_record: false });
        let mut extensions = span.extensions_mut();
        let kept = extensions.get_mut::<Kept>();
        if let Some((_, fields)) =
            kept.and_then(|kept| kept.0.iter_mut().find(|(number, _)| *number == self.number))
        {
            fields.join(more);
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let mut fields = Fields::default();
        event.record(&mut Reader { fields: &mut fields, is_record: true });
        fields.clean(&self.redaction);
        let line = Line { at: SystemClock.now(), meta: event.metadata(), fields: &fields };
        // Taken, not borrowed: a writer may log something itself.
        let mut out = BUFFER.take();
        out.clear();
        match self.form {
            Form::Json => {
                let mut object = json::Object::begin(&mut out, &line);
                for span in context.event_scope(event).into_iter().flatten() {
                    object.span(span.name());
                    self.look(&span, |fields| object.fields(fields));
                }
                object.end();
            }
            Form::Pretty => {
                let mut around = pretty::Around::default();
                for span in context.event_scope(event).into_iter().flatten() {
                    let is_own = span.metadata().target() == "tasker";
                    self.look(&span, |fields| around.add(fields, is_own));
                }
                pretty::write(&mut out, &line, &around, self.colours);
            }
        }
        out.push('\n');
        (self.write)(out.as_bytes());
        if out.capacity() <= KEPT {
            BUFFER.set(out);
        }
    }
}
