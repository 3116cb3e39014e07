//! The fields of records and spans, as they may be shown.

use std::borrow::Cow;
use std::fmt::{self, Write};

use tracing::field::{Field, Visit};

use crate::Redaction;
use crate::redact::REDACTED;

/// What a field says.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Value {
    Bool(bool),
    Signed(i64),
    Unsigned(u64),
    Float(f64),
    Text(String),
}

/// The fields of a record or of a span, by name, in the order in which they were said first.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Fields {
    pub(super) message: Option<String>,
    pub(super) all: Vec<(&'static str, Value)>,
    /// How many of them have been cleaned of secrets. Most spans see no record, and are not cleaned at all.
    clean: usize,
}

impl Fields {
    /// With room for so many.
    pub(super) fn of(many: usize) -> Self {
        Self { all: Vec::with_capacity(many), ..Self::default() }
    }

    fn set(&mut self, name: &'static str, value: Value) {
        match self.all.iter().position(|(known, _)| *known == name) {
            Some(at) => {
                self.all[at].1 = value;
                self.clean = self.clean.min(at);
            }
            None => self.all.push((name, value)),
        }
    }

    /// Takes the secrets out.
    pub(super) fn clean(&mut self, redaction: &Redaction) {
        for (name, value) in &mut self.all[self.clean..] {
            let is_plain = matches!(value, Value::Bool(_));
            if !is_plain && redaction.is_secret(name) {
                *value = REDACTED.to_owned().into();
            } else if let Value::Text(text) = value
                && let Cow::Owned(shown) = redaction.text(text)
            {
                *text = shown;
            }
        }
        self.clean = self.all.len();
        if let Some(message) = &mut self.message
            && let Cow::Owned(shown) = redaction.text(message)
        {
            *message = shown;
        }
    }

    /// What is said later takes the place of what was said before.
    pub(super) fn join(&mut self, more: Self) {
        for (name, value) in more.all {
            self.set(name, value);
        }
    }
}

/// Fills [`Fields`].
pub(super) struct Reader<'r> {
    pub(super) fields: &'r mut Fields,
    /// Whether they are those of a record, which may have a message.
    pub(super) is_record: bool,
}

impl Reader<'_> {
    /// The name that it has in the log; none if it is for others.
    fn name(field: &Field) -> Option<&'static str> {
        let name = field.name();
        // `otel.kind` and the like are for those who send traces.
        (!name.starts_with("otel.")).then(|| name.strip_prefix("r#").unwrap_or(name))
    }

    fn set(&mut self, field: &Field, value: Value) {
        if let Some(name) = Self::name(field) {
            self.fields.set(name, value);
        }
    }

    fn set_text(&mut self, field: &Field, text: String) {
        let Some(name) = Self::name(field) else { return };
        if self.is_record && name == "message" {
            self.fields.message = Some(text);
        } else {
            self.fields.set(name, text.into());
        }
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl Visit for Reader<'_> {
    fn record_bool(&mut self, field: &Field, value: bool) {
        self.set(field, Value::Bool(value));
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.set(field, Value::Signed(value));
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.set(field, Value::Unsigned(value));
    }

    /// Most readers of JSON know no larger numbers.
    fn record_i128(&mut self, field: &Field, value: i128) {
        let small = i64::try_from(value).map(Value::Signed);
        self.set(field, small.unwrap_or_else(|_| value.to_string().into()));
    }

    fn record_u128(&mut self, field: &Field, value: u128) {
        let small = u64::try_from(value).map(Value::Unsigned);
        self.set(field, small.unwrap_or_else(|_| value.to_string().into()));
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.set(field, Value::Float(value));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.set_text(field, value.to_owned());
    }

    /// With its causes, as far as it does not say them itself.
    fn record_error(&mut self, field: &Field, value: &(dyn std::error::Error + 'static)) {
        let mut text = said(format_args!("{value}"));
        let mut source = value.source();
        while let Some(cause) = source {
            let cause_text = said(format_args!("{cause}"));
            if !text.contains(&cause_text) {
                text.push_str(": ");
                text.push_str(&cause_text);
            }
            source = cause.source();
        }
        self.set_text(field, text);
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.set_text(field, said(format_args!("{value:?}")));
    }
}

/// A text, as far as it could be written: `to_string` panics where an implementation returns an error.
fn said(text: fmt::Arguments<'_>) -> String {
    let mut said = String::new();
    if said.write_fmt(text).is_err() {
        said.push_str("(the rest could not be written)");
    }
    said
}
