//! Values as YAML that reads back as the same values, here and in Ruby.

use std::fmt::Write;

use serde_json::Value;
use tasker_yaml::{Kind, scalar::resolve};

/// Lines of YAML.
#[derive(Default)]
pub(super) struct Lines(String);

/// What `${` stands for in the texts of a value.
#[derive(Clone, Copy)]
pub(super) enum Dollars {
    /// Itself: nothing reads variables there, or they are meant.
    AsWritten,
    /// Itself, where variables are read: it is written `$${`.
    Escaped,
}

impl Lines {
    pub(super) fn into_text(self) -> String {
        self.0
    }

    pub(super) fn line(&mut self, indent: usize, line: &str) {
        let _ = writeln!(self.0, "{}{line}", " ".repeat(indent));
    }

    pub(super) fn comment(&mut self, indent: usize, comment: &str) {
        for line in comment.lines() {
            let line: String = line.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
            self.line(indent, format!("# {line}").trim_end());
        }
    }

    /// `key: value`, over as many lines as it takes.
    pub(super) fn entry(&mut self, indent: usize, key: &str, value: &Value, dollars: Dollars) {
        let key = scalar(key);
        match value {
            Value::Object(object) if !object.is_empty() => {
                self.line(indent, &format!("{key}:"));
                for (key, value) in object {
                    self.entry(indent + 2, key, value, dollars);
                }
            }
            Value::Array(items) if !items.is_empty() && !is_short(items) => {
                self.line(indent, &format!("{key}:"));
                for item in items {
                    self.item(indent + 2, item, dollars);
                }
            }
            short => self.line(indent, &format!("{key}: {}", inline(short, dollars))),
        }
    }

    /// `- value`.
    fn item(&mut self, indent: usize, value: &Value, dollars: Dollars) {
        match value {
            Value::Object(object) if !object.is_empty() => {
                // The first key stands behind the dash, where the others begin.
                let start = self.0.len();
                for (key, value) in object {
                    self.entry(indent + 2, key, value, dollars);
                }
                self.0.replace_range(start + indent..=start + indent, "-");
            }
            Value::Array(items) if !items.is_empty() && !is_short(items) => {
                self.line(indent, "-");
                for item in items {
                    self.item(indent + 2, item, dollars);
                }
            }
            short => self.line(indent, &format!("- {}", inline(short, dollars))),
        }
    }
}

/// A list that fits on a line.
fn is_short(items: &[Value]) -> bool {
    let plain = |item: &Value| match item {
        Value::String(text) => text.chars().count() < 30,
        Value::Object(_) | Value::Array(_) => false,
        _ => true,
    };
    items.len() <= 6 && items.iter().all(plain)
}

/// A value on one line.
fn inline(value: &Value, dollars: Dollars) -> String {
    match value {
        Value::String(text) => match dollars {
            Dollars::AsWritten => scalar(text),
            Dollars::Escaped => scalar(&text.replace("${", "$${")),
        },
        Value::Array(items) => {
            let items: Vec<String> = items.iter().map(|item| inline(item, dollars)).collect();
            format!("[{}]", items.join(", "))
        }
        Value::Object(_) => "{}".to_owned(),
        Value::Null | Value::Bool(_) | Value::Number(_) => value.to_string(),
    }
}

/// A text: bare where nobody can take it for something else, and in quotes otherwise.
pub(super) fn scalar(text: &str) -> String {
    let bare = text.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_' || c == '/')
        && text.chars().all(|c| c.is_ascii_alphanumeric() || "_-./:@+ ".contains(c))
        && !text.ends_with([' ', ':'])
        && !text.contains(": ")
        && matches!(resolve(text), Ok(Kind::Text(_)));
    if bare {
        return text.to_owned();
    }
    let mut quoted = String::from('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            '\n' => quoted.push_str("\\n"),
            '\t' => quoted.push_str("\\t"),
            // What YAML does not allow as it is, and what ends a line for it.
            c if c.is_control()
                || matches!(c, '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}') =>
            {
                let _ = write!(quoted, "\\u{:04x}", u32::from(c));
            }
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use tasker_yaml::{Report, Source, parse};

    use super::*;

    fn read(text: String) -> Value {
        let source = Source::new("a.yaml".into(), text);
        let mut report = Report::of(&source);
        let node = parse(&mut report);
        assert!(report.is_empty(), "{}\n{}", source.text(), report.into_error());
        node.unwrap().to_json()
    }

    fn written(value: &Value) -> String {
        let mut lines = Lines::default();
        lines.entry(0, "top", value, Dollars::AsWritten);
        lines.into_text()
    }

    #[test]
    fn values_are_written_as_people_write_them() {
        let value = json!({
            "name": "order_process", "version": "1.0", "empty": "", "list": ["a", 1, null], "none": [], "nothing": {},
            "steps": [{"name": "a", "config": {"url": "https://a.example/x?y=1"}}, [["b"], {"c": "yes"}], "it's"],
        });
        assert_eq!(
            written(&value),
            "\
top:
  empty: \"\"
  list: [a, 1, null]
  name: order_process
  none: []
  nothing: {}
  steps:
    - config:
        url: \"https://a.example/x?y=1\"
      name: a
    -
      - [b]
      - c: \"yes\"
    - \"it's\"
  version: \"1.0\"
"
        );
    }

    #[test]
    fn whatever_is_written_reads_back() {
        let seed =
            std::env::var("TASKER_SEED").map_or_else(|_| fastrand::u64(..), |seed| seed.parse().unwrap());
        println!("TASKER_SEED={seed}");
        let mut random = fastrand::Rng::with_seed(seed);
        for _ in 0..3_000 {
            let value = value(&mut random, 4);
            assert_eq!(read(written(&value)), json!({ "top": value }), "{}", written(&value));
        }
    }

    fn value(random: &mut fastrand::Rng, depth: u32) -> Value {
        match random.u32(..if depth == 0 { 6 } else { 9 }) {
            0 => Value::Null,
            1 => random.bool().into(),
            2 => random.i64(..).into(),
            3 => (random.f64() * 10_f64.powi(random.i32(-30..30))).into(),
            4 => random.u64(..).into(),
            5 | 6 => text(random).into(),
            7 => (0..random.usize(..5)).map(|_| value(random, depth - 1)).collect(),
            _ => {
                let keys: Vec<String> = (0..random.usize(..5)).map(|_| text(random)).collect();
                let keys = keys.into_iter().filter(|key| key != "<<");
                Value::Object(keys.map(|key| (key, value(random, depth - 1))).collect())
            }
        }
    }

    fn text(random: &mut fastrand::Rng) -> String {
        const WORDS: [&str; 24] = [
            "yes", "No", "null", "~", "1.0", "0x1f", "1_000", "12:30", ":sym", "a: b", "a #b", "- a", "${X}",
            "---", "é ü", "\t", "\n", "\u{0}", "\u{85}", "\u{feff}", "'\"\\", "{a}", "%x", "& *",
        ];
        match random.u32(..3) {
            0 => WORDS[random.usize(..WORDS.len())].to_owned(),
            1 => (0..random.usize(..8)).map(|_| random.char(' '..='~')).collect(),
            _ => (0..random.usize(..8)).map(|_| random.char(..)).collect(),
        }
    }
}
