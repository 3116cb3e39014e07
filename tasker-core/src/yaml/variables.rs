//! `${NAME}` in the texts of a configuration.

use serde_json::{Map, Value};
use tasker_yaml::{Kind, Node, Report, Span};

use super::environment::{Environment, NoValue};
use crate::def::{Part, Variables, place_in};

/// A configuration with the values of variables, and the same as it was written.
pub(super) struct Expanded {
    pub(super) value: Value,
    /// None if no variable has a part in it.
    pub(super) written: Option<Value>,
    pub(super) variables: Variables,
}

/// Puts in the values of variables. What is not set is a mistake.
pub(super) fn expand(node: &Node, environment: &Environment, report: &mut Report<'_>) -> Expanded {
    let mut expansion = Expansion { environment, report, used: false, variables: Variables::default() };
    let value = expansion.value(node, "");
    let written = expansion.used.then(|| node.to_json());
    Expanded { value, written, variables: expansion.variables }
}

struct Expansion<'e, 'r, 's> {
    environment: &'e Environment,
    report: &'r mut Report<'s>,
    used: bool,
    variables: Variables,
}

/// A piece of a text.
#[derive(Debug, PartialEq)]
enum Piece<'t> {
    Plain(&'t str),
    Variable {
        written: &'t str,
        name: &'t str,
        default: Option<&'t str>,
    },
    /// What begins as a variable and is none.
    Broken(&'t str),
}

impl Expansion<'_, '_, '_> {
    fn value(&mut self, node: &Node, place: &str) -> Value {
        match &node.kind {
            Kind::Text(text) => Value::String(self.text(text, node.span, place)),
            Kind::List(items) => {
                let items = items.iter().enumerate();
                items.map(|(at, item)| self.value(item, &place_in(place, &at.to_string()))).collect()
            }
            Kind::Map(entries) => {
                let mut object = Map::new();
                for entry in entries {
                    object.insert(entry.key.clone(), self.value(&entry.value, &place_in(place, &entry.key)));
                }
                Value::Object(object)
            }
            _ => node.to_json(),
        }
    }

    fn text(&mut self, text: &str, span: Span, place_of: &str) -> String {
        let (mut whole, mut parts, mut varies) = (String::with_capacity(text.len()), Vec::new(), false);
        let mut from = span.start;
        for piece in pieces(text) {
            match piece {
                Piece::Plain(plain) => {
                    whole.push_str(plain);
                    match parts.last_mut() {
                        Some(Part::Plain(before)) => before.push_str(plain),
                        _ => parts.push(Part::Plain(plain.to_owned())),
                    }
                }
                Piece::Variable { written, name, default } => {
                    (self.used, varies) = (true, true);
                    let place = self.find(written, &mut from, span);
                    let value = self.lookup(name, default, place);
                    whole.push_str(&value);
                    parts.push(Part::Variable { name: name.to_owned(), value });
                }
                Piece::Broken(written) => {
                    let place = self.find(written, &mut from, span);
                    self.report.help(
                        place,
                        "this begins as a variable and is none",
                        "a variable is `${NAME}` or `${NAME:-default}`; a plain `${` is written `$${`",
                    );
                }
            }
        }
        if varies {
            self.variables.add(place_of, parts);
        }
        whole
    }

    /// Where a piece stands in the file; the whole text, where that is written with escapes.
    fn find(&self, written: &str, from: &mut usize, span: Span) -> Span {
        let rest = self.report.text().get(*from..span.end).unwrap_or_default();
        match rest.find(written) {
            Some(at) => {
                let start = *from + at;
                *from = start + written.len();
                Span { start, end: *from }
            }
            None => span,
        }
    }

    fn lookup(&mut self, name: &str, default: Option<&str>, place: Span) -> String {
        match (self.environment.value(name), default) {
            (Ok(value), Some(default)) if value.is_empty() => default.to_owned(),
            (Ok(value), _) => value,
            (Err(NoValue::NotSet), Some(default)) => default.to_owned(),
            (Err(NoValue::NotSet), None) => {
                self.report.help(
                    place,
                    format!("the environment variable `{name}` is not set"),
                    format!(
                        "the environment `{}` needs it; set it, or give a default: `${{{name}:-..}}`",
                        self.environment.name()
                    ),
                );
                String::new()
            }
            (Err(NoValue::NotUtf8), _) => {
                self.report.add(place, format!("the environment variable `{name}` is not UTF-8"));
                String::new()
            }
        }
    }
}

fn pieces(text: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find("${") {
        if rest[..at].ends_with('$') {
            // `$${`: one `$` less.
            pieces.push(Piece::Plain(&rest[..at - 1]));
            pieces.push(Piece::Plain("${"));
            rest = &rest[at + 2..];
            continue;
        }
        pieces.push(Piece::Plain(&rest[..at]));
        let end = rest[at..].find('}').map_or(rest.len(), |end| at + end + 1);
        pieces.push(piece(&rest[at..end]));
        rest = &rest[end..];
    }
    pieces.push(Piece::Plain(rest));
    pieces
}

fn piece(written: &str) -> Piece<'_> {
    let Some(inner) = written.strip_prefix("${").and_then(|inner| inner.strip_suffix('}')) else {
        return Piece::Broken(written);
    };
    let (name, default) =
        inner.split_once(":-").map_or((inner, None), |(name, default)| (name, Some(default)));
    let is_name = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    // The default of a variable is text: another variable in it would end at the first brace.
    let whole = !default.is_some_and(|default| default.contains("${"));
    if is_name && whole { Piece::Variable { written, name, default } } else { Piece::Broken(written) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_falls_into_its_pieces() {
        let variable = |written, name, default| Piece::Variable { written, name, default };
        for (text, expected) in [
            ("plain $5 {x}", vec![Piece::Plain("plain $5 {x}")]),
            ("${A}", vec![Piece::Plain(""), variable("${A}", "A", None), Piece::Plain("")]),
            (
                "Bearer ${A_1:-no: -ne}!",
                vec![
                    Piece::Plain("Bearer "),
                    variable("${A_1:-no: -ne}", "A_1", Some("no: -ne")),
                    Piece::Plain("!"),
                ],
            ),
            ("a$${B}", vec![Piece::Plain("a"), Piece::Plain("${"), Piece::Plain("B}")]),
            ("${A-b}", vec![Piece::Plain(""), Piece::Broken("${A-b}"), Piece::Plain("")]),
            ("${1}", vec![Piece::Plain(""), Piece::Broken("${1}"), Piece::Plain("")]),
            ("${A:-${B}}", vec![Piece::Plain(""), Piece::Broken("${A:-${B}"), Piece::Plain("}")]),
            ("x${", vec![Piece::Plain("x"), Piece::Broken("${"), Piece::Plain("")]),
        ] {
            assert_eq!(pieces(text), expected, "{text}");
        }
    }
}
