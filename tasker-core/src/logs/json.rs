//! A record as an object of JSON.
//!
//! All fields stand side by side, since that is what log systems index and ask by: nested ones come out as `spans_0_task` in Loki, as lists without
//! order in Elasticsearch, and as `spans.0.task` in `CloudWatch`. A name is there once. What says something first counts: the record itself, then the
//! spans from the inner to the outer one.

use std::fmt::Write;

use super::escape;
use super::field::{Fields, Value};
use super::layer::Line;

/// The names that every record has; a field of that name gets a `_` behind it.
const OWN: [&str; 5] = ["timestamp", "level", "target", "message", "span"];

/// An object that is being written.
pub(super) struct Object<'o> {
    out: &'o mut String,
    written: Vec<&'static str>,
    in_span: bool,
}

impl<'o> Object<'o> {
    /// Begins with the record itself.
    pub(super) fn begin(out: &'o mut String, line: &Line<'_>) -> Self {
        let _ = write!(
            out,
            "{{\"timestamp\":\"{}\",\"level\":\"{}\",\"target\":",
            line.at,
            line.meta.level().as_str()
        );
        escape::json(out, line.meta.target());
        if let Some(message) = &line.fields.message {
            out.push_str(",\"message\":");
            escape::json(out, message);
        }
        let mut object = Self { out, written: Vec::with_capacity(16), in_span: false };
        object.fields(line.fields);
        object
    }

    /// Adds the name of a span around it, if that is the inner one.
    pub(super) fn span(&mut self, name: &str) {
        if !self.in_span {
            self.in_span = true;
            self.out.push_str(",\"span\":");
            escape::json(self.out, name);
        }
    }

    /// Adds fields whose names are not there yet.
    pub(super) fn fields(&mut self, fields: &Fields) {
        for (name, value) in &fields.all {
            if self.written.contains(name) {
                continue;
            }
            self.written.push(name);
            self.out.push(',');
            self.name(name);
            self.out.push(':');
            self.value(value);
        }
    }

    fn name(&mut self, name: &str) {
        // `level__`, where a field is called `level_`.
        if OWN.contains(&name.trim_end_matches('_')) {
            escape::json(self.out, &format!("{name}_"));
        } else {
            escape::json(self.out, name);
        }
    }

    fn value(&mut self, value: &Value) {
        let _ = match value {
            Value::Bool(value) => write!(self.out, "{value}"),
            Value::Signed(value) => write!(self.out, "{value}"),
            Value::Unsigned(value) => write!(self.out, "{value}"),
            // With a point or an exponent, as JSON has it.
            Value::Float(value) if value.is_finite() => write!(self.out, "{value:?}"),
            Value::Float(_) => write!(self.out, "null"),
            Value::Text(text) => {
                escape::json(self.out, text);
                Ok(())
            }
        };
    }

    pub(super) fn end(self) {
        self.out.push('}');
    }
}
