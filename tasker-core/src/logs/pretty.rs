//! A record as a line to be read:
//!
//! ```text
//! 12:03:04.123  INFO order/charge#2           the step failed; it runs again  code=BUSY error="the gateway is busy"  task=0193… worker=0193…
//! ```
//!
//! Time (UTC), level, workflow/step#attempt or else the module, the message, the fields of the record, those of spans of the application, and the
//! rest of what tells the step.

use std::fmt::Write;

use tracing::Level;

use super::escape;
use super::field::{Fields, Value};
use super::layer::Line;

/// How wide the place is, so that messages stand below each other.
const PLACE: usize = 26;

/// What a further line of a message begins with. No line of a record does.
const FURTHER: &str = "\n                   | ";

/// What stands at the end, of the record or of a span.
const TAIL: [&str; 3] = ["task", "correlation_id", "worker"];

/// What stands in the place.
const PARTS: [&str; 3] = ["workflow", "step", "attempt"];

const DIM: &str = "\u{1b}[2m";
const BOLD: &str = "\u{1b}[1m";
const PLAIN: &str = "\u{1b}[0m";

/// What Tasker's spans say and a line has no room for.
const SILENT: [&str; 4] = ["namespace", "version", "queue_seconds", "outcome"];

/// What the spans around a record say, the inner one first.
#[derive(Default)]
pub(super) struct Around(Vec<(&'static str, Value)>);

impl Around {
    pub(super) fn add(&mut self, fields: &Fields, is_own: bool) {
        for (name, value) in &fields.all {
            let is_said = || self.0.iter().any(|(known, _)| known == name);
            let is_silent = is_own && SILENT.contains(name);
            if !is_silent && !is_said() {
                self.0.push((name, value.clone()));
            }
        }
    }
}

/// Writes a line without its end.
pub(super) fn write(out: &mut String, line: &Line<'_>, around: &Around, colours: bool) {
    let mut pen = Pen { out, colours };
    let at = line.at.to_string();
    // What stands between the `T` and the microseconds.
    pen.in_style(DIM, |out| out.push_str(at.get(11..23).unwrap_or(&at)));
    pen.out.push(' ');
    let level = *line.meta.level();
    pen.in_style(colour(level), |out| {
        let _ = write!(out, "{:>5}", level.as_str());
    });
    pen.out.push(' ');
    let find = |name: &str| {
        line.fields.all.iter().chain(&around.0).find(|(known, _)| *known == name).map(|(_, value)| value)
    };
    let parts = PARTS.map(find);
    let is_step = parts[0].is_some();
    pen.in_style(BOLD, |out| {
        let from = out.len();
        match parts {
            [Some(workflow), step, attempt] => {
                bare(out, workflow);
                for (before, part) in [('/', step), ('#', attempt)] {
                    if let Some(part) = part {
                        out.push(before);
                        bare(out, part);
                    }
                }
            }
            _ => escape::shown(out, line.meta.target(), |_| false),
        }
        let width = out[from..].chars().count();
        out.extend(std::iter::repeat_n(' ', PLACE.saturating_sub(width)));
    });
    if let Some(message) = &line.fields.message {
        pen.out.push(' ');
        message_in(pen.out, message);
    }
    let is_apart = |name: &str| TAIL.contains(&name) || (is_step && PARTS.contains(&name));
    let is_said = |name: &str| line.fields.all.iter().any(|(known, _)| *known == name);
    let more = around.0.iter().filter(|(name, _)| !is_said(name));
    let mut shown = line.fields.all.iter().chain(more).filter(|(name, _)| !is_apart(name)).peekable();
    if shown.peek().is_some() {
        pen.out.push(' ');
    }
    shown.for_each(|(name, value)| pen.field(name, value, false));
    let task = find("task");
    let mut is_first = true;
    for name in TAIL {
        let Some(value) = find(name) else { continue };
        // By default it is the task.
        if name == "correlation_id" && Some(value) == task {
            continue;
        }
        if std::mem::take(&mut is_first) {
            pen.out.push(' ');
        }
        pen.field(name, value, true);
    }
}

fn colour(level: Level) -> &'static str {
    match level {
        Level::ERROR => "\u{1b}[1;31m",
        Level::WARN => "\u{1b}[33m",
        Level::INFO => "\u{1b}[32m",
        Level::DEBUG => "\u{1b}[34m",
        Level::TRACE => "\u{1b}[35m",
    }
}

/// Writes a message; of several lines, each further one begins in a way that no record does.
fn message_in(out: &mut String, message: &str) {
    let mut lines = message.trim_end().split('\n');
    escape::shown(out, lines.next().unwrap_or_default().trim_end_matches('\r'), |_| false);
    for line in lines {
        out.push_str(FURTHER);
        escape::shown(out, line.trim_end_matches('\r'), |_| false);
    }
}

/// Writes a value, of whose end there is no doubt.
fn bare(out: &mut String, value: &Value) {
    let _ = match value {
        Value::Bool(value) => write!(out, "{value}"),
        Value::Signed(value) => write!(out, "{value}"),
        Value::Unsigned(value) => write!(out, "{value}"),
        Value::Float(value) => write!(out, "{value}"),
        Value::Text(text) => {
            escape::shown(out, text, |_| false);
            Ok(())
        }
    };
}

struct Pen<'o> {
    out: &'o mut String,
    colours: bool,
}

impl Pen<'_> {
    fn in_style(&mut self, style: &str, write: impl FnOnce(&mut String)) {
        if self.colours {
            self.out.push_str(style);
        }
        write(self.out);
        if self.colours {
            self.out.push_str(PLAIN);
        }
    }

    fn field(&mut self, name: &str, value: &Value, is_dim: bool) {
        self.out.push(' ');
        let dim = if self.colours { DIM } else { "" };
        self.out.push_str(dim);
        escape::shown(self.out, name, |_| false);
        self.out.push('=');
        if self.colours && !is_dim {
            self.out.push_str(PLAIN);
        }
        match value {
            Value::Text(text) if needs_quotes(text) => {
                self.out.push('"');
                escape::shown(self.out, text, |c| matches!(c, '"' | '\\'));
                self.out.push('"');
            }
            value => bare(self.out, value),
        }
        if self.colours && is_dim {
            self.out.push_str(PLAIN);
        }
    }
}

fn needs_quotes(text: &str) -> bool {
    text.is_empty()
        || text.contains(|c: char| c.is_whitespace() || matches!(c, '"' | '=' | '\\') || escape::is_unsafe(c))
}
