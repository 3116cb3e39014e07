//! Placeholders: `https://shop.example/carts/{cart_id}`.
//!
//! A placeholder is a name in braces; dots lead into an object or a list: `{fetch_cart.items.0.id}`. In the URL its value is percent-encoded, so that
//! it stays what it is, a piece of the path or of the query; in parameters and bodies a text that is nothing but a placeholder becomes the value
//! itself, whatever its type. `{{name}}` is the text `{name}`, and braces around anything that is no name mean nothing, so JSON in a text
//! stays as it is. What came from a variable of a task file is no template: nothing in it is a placeholder.

use serde_json::{Map, Value};
use tasker_rules::suggest::nearest;

use super::query::escape;
use crate::def::{Part, Variables, place_in};

/// Why a text could not be filled. None of these names a value, which may be a secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum FillError {
    #[error("`{{{name}}}` has no value: {help}; a text with such braces is written `{{{{{name}}}}}`")]
    NoValue { name: String, help: String },
    #[error(
        "`${{{0}}}` is no variable of the environment here: task files replace those when they are loaded, and settings in Rust read them with \
         `std::env::var`"
    )]
    Variable(String),
    #[error("the value of `{{{0}}}` is empty, which would call another URL than the one meant")]
    Empty(String),
    #[error(
        "the value of `{{{name}}}` is {what}; what becomes a piece of a text is a text, a number or a boolean"
    )]
    NoText { name: String, what: &'static str },
    #[error(
        "with the value of `{{{0}}}` a part of the path is `.` or `..`, which would call another URL than the one meant"
    )]
    Dots(String),
}

impl FillError {
    /// Sees whether it was another kind of placeholder.
    fn within(self, template: &str) -> Self {
        match self {
            Self::NoValue { name, .. } if template.contains(&format!("${{{name}}}")) => Self::Variable(name),
            other => other,
        }
    }
}

/// What a template is filled with.
#[derive(Clone, Copy)]
pub(super) struct Filling<'f> {
    /// The values of placeholders.
    pub(super) values: &'f Map<String, Value>,
    /// Which pieces of the template are values of variables.
    pub(super) variables: &'f Variables,
    pub(super) show: Show,
}

/// What stands where a variable is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Show {
    /// Its value, as it is sent.
    Values,
    /// Its name, as it may be shown.
    Names,
}

/// A text, cut at its placeholders and variables.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Piece<'t> {
    Text(&'t str),
    Placeholder(&'t str),
    Variable { name: &'t str, value: &'t str },
}

/// The pieces of a template, of which the variables may have parts.
fn pieces<'t>(template: &'t str, place: &str, variables: &'t Variables) -> Vec<Piece<'t>> {
    let Some(parts) = variables.parts(place, template) else { return plain_pieces(template) };
    let pieces = |part: &'t Part| match part {
        Part::Plain(text) => plain_pieces(text),
        Part::Variable { name, value } => vec![Piece::Variable { name, value }],
    };
    parts.iter().flat_map(pieces).collect()
}

fn plain_pieces(template: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let (mut rest, mut from) = (template, 0);
    while let Some(open) = rest[from..].find('{').map(|at| from + at) {
        let literal = rest[open..].starts_with("{{");
        let name_at = open + if literal { 2 } else { 1 };
        let close = rest[name_at..].find(|c: char| !is_name_char(c)).map_or(rest.len(), |at| name_at + at);
        let name = &rest[name_at..close];
        let end = if literal { "}}" } else { "}" };
        if !is_name(name) || !rest[close..].starts_with(end) {
            from = open + 1;
            continue;
        }
        let after = close + end.len();
        if literal {
            pieces.push(Piece::Text(&rest[..=open]));
            pieces.push(Piece::Text(&rest[name_at..=close]));
        } else {
            pieces.push(Piece::Text(&rest[..open]));
            pieces.push(Piece::Placeholder(name));
        }
        // Of `{{name}}` the inner braces are left.
        (rest, from) = (&rest[after..], 0);
    }
    pieces.push(Piece::Text(rest));
    pieces.retain(|piece| *piece != Piece::Text(""));
    pieces
}

/// The names of the placeholders in a text.
pub(super) fn names<'t>(template: &'t str, place: &str, variables: &'t Variables) -> Vec<&'t str> {
    let name = |piece| match piece {
        Piece::Placeholder(name) => Some(name),
        Piece::Text(_) | Piece::Variable { .. } => None,
    };
    pieces(template, place, variables).into_iter().filter_map(name).collect()
}

fn is_name_char(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.')
}

fn is_name(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.split('.').all(|word| !word.is_empty())
}

/// The value that a placeholder names.
fn value<'v>(name: &str, values: &'v Map<String, Value>) -> Result<&'v Value, FillError> {
    // A name with dots may be a key as it is.
    if let Some(value) = values.get(name) {
        return Ok(value);
    }
    let mut words = name.split('.');
    let first = words.next().unwrap_or_default();
    let mut at = values.get(first).ok_or_else(|| unknown(name, first, values.keys()))?;
    for word in words {
        let found = match at {
            Value::Object(fields) => fields.get(word).ok_or_else(|| unknown(name, word, fields.keys()))?,
            Value::Array(items) => {
                let item = word.parse::<usize>().ok().and_then(|place| items.get(place));
                item.ok_or_else(|| FillError::NoValue {
                    name: name.to_owned(),
                    help: format!(
                        "`{word}` is none of the {} places of a list, which count from 0",
                        items.len()
                    ),
                })?
            }
            other => {
                let help = format!("there is no `{word}` in {}", kind(other));
                return Err(FillError::NoValue { name: name.to_owned(), help });
            }
        };
        at = found;
    }
    Ok(at)
}

fn unknown<'k>(name: &str, word: &str, keys: impl Iterator<Item = &'k String> + Clone) -> FillError {
    const SHOWN: usize = 12;
    let help = if let Some(near) = nearest(word, keys.clone().map(String::as_str)) {
        format!("did you mean `{near}`?")
    } else {
        let all: Vec<String> = keys.clone().take(SHOWN).map(|key| format!("`{key}`")).collect();
        match (all.is_empty(), keys.count().saturating_sub(SHOWN)) {
            (true, _) => "no values were given; `ApiRequest::values` gives them".to_owned(),
            (false, 0) => format!("there are {}", all.join(", ")),
            (false, more) => format!("there are {} and {more} more", all.join(", ")),
        }
    };
    FillError::NoValue { name: name.to_owned(), help }
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

/// The value that a placeholder names, as a piece of a text.
fn piece_of_text(name: &str, values: &Map<String, Value>) -> Result<String, FillError> {
    match value(name, values)? {
        Value::String(text) => Ok(text.clone()),
        value @ (Value::Bool(_) | Value::Number(_)) => Ok(value.to_string()),
        other => Err(FillError::NoText { name: name.to_owned(), what: kind(other) }),
    }
}

/// The place of the URL in settings.
pub(super) const URL: &str = "/url";

/// A URL with percent-encoded values. Variables are no values of the task, and may hold a host or a path.
pub(super) fn url(template: &str, filling: Filling<'_>) -> Result<String, FillError> {
    let mut filled = String::with_capacity(template.len());
    let mut last = None;
    for piece in pieces(template, URL, filling.variables) {
        match piece {
            Piece::Variable { name, .. } if filling.show == Show::Names => filled.push_str(&shown(name)),
            Piece::Text(text) | Piece::Variable { value: text, .. } => {
                // What stands between two slashes is complete when the second one comes.
                for part in text.split_inclusive(['/', '\\', '?', '#']) {
                    filled.push_str(part);
                    if part.ends_with(['/', '\\', '?', '#']) {
                        no_dots(&filled[..filled.len() - 1], last.take())?;
                    }
                }
            }
            Piece::Placeholder(name) => {
                let text = piece_of_text(name, filling.values).map_err(|error| error.within(template))?;
                if text.is_empty() {
                    return Err(FillError::Empty(name.to_owned()));
                }
                filled.push_str(&escape(&text));
                last = Some(name);
            }
        }
    }
    no_dots(&filled, last)?;
    Ok(filled)
}

/// A value must not make the last part of a path one that leads elsewhere.
fn no_dots(filled: &str, placeholder: Option<&str>) -> Result<(), FillError> {
    let last = filled.rsplit(['/', '\\']).next().unwrap_or(filled);
    match placeholder {
        Some(name) if matches!(last, "." | "..") => Err(FillError::Dots(name.to_owned())),
        _ => Ok(()),
    }
}

/// How a variable is shown.
pub(super) fn shown(name: &str) -> String {
    format!("${{{name}}}")
}

/// A text with the values as they are.
pub(super) fn text(template: &str, place: &str, filling: Filling<'_>) -> Result<String, FillError> {
    let mut filled = String::with_capacity(template.len());
    for piece in pieces(template, place, filling.variables) {
        match piece {
            Piece::Variable { name, .. } if filling.show == Show::Names => filled.push_str(&shown(name)),
            Piece::Text(text) | Piece::Variable { value: text, .. } => filled.push_str(text),
            Piece::Placeholder(name) => {
                let text = piece_of_text(name, filling.values).map_err(|error| error.within(template))?;
                filled.push_str(&text);
            }
        }
    }
    Ok(filled)
}

/// JSON with its texts filled; one that is nothing but a placeholder becomes the value itself.
pub(super) fn json(template: &Value, place: &str, filling: Filling<'_>) -> Result<Value, FillError> {
    Ok(match template {
        Value::String(template) => match pieces(template, place, filling.variables).as_slice() {
            [Piece::Placeholder(name)] => value(name, filling.values)?.clone(),
            _ => text(template, place, filling)?.into(),
        },
        Value::Array(items) => {
            let items = items.iter().enumerate();
            let items = items.map(|(at, item)| json(item, &place_in(place, &at.to_string()), filling));
            items.collect::<Result<_, _>>()?
        }
        Value::Object(fields) => Value::Object(params(fields, place, filling)?),
        other => other.clone(),
    })
}

/// Each of the parameters as [`json`].
pub(super) fn params(
    template: &Map<String, Value>,
    place: &str,
    filling: Filling<'_>,
) -> Result<Map<String, Value>, FillError> {
    template
        .iter()
        .map(|(name, value)| Ok((name.clone(), json(value, &place_in(place, name), filling)?)))
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{FillError, Filling, Map, Show, Value, Variables};
    use crate::http::tests::random_cases;

    fn filling<T>(values: &Map<String, Value>, fill: impl FnOnce(Filling<'_>) -> T) -> T {
        fill(Filling { values, variables: &Variables::default(), show: Show::Values })
    }

    fn url(template: &str, values: &Map<String, Value>) -> Result<String, FillError> {
        filling(values, |filling| super::url(template, filling))
    }

    fn text(template: &str, values: &Map<String, Value>) -> Result<String, FillError> {
        filling(values, |filling| super::text(template, "", filling))
    }

    fn json(template: &Value, values: &Map<String, Value>) -> Result<Value, FillError> {
        filling(values, |filling| super::json(template, "", filling))
    }

    fn values() -> Map<String, Value> {
        let values = json!({
            "id": 42, "name": "Ann Lee/é", "empty": "", "none": null, "open": true, "list": [1, 2], "dots": "..", "dot": ".",
            "cart": {"id": "c-7", "items": [{"sku": "A"}]}, "a.b": "whole"
        });
        values.as_object().unwrap().clone()
    }

    #[test]
    fn values_are_put_into_a_url_and_encoded() {
        for (template, filled) in [
            ("https://x.example/plain", "https://x.example/plain"),
            ("https://x.example/{id}", "https://x.example/42"),
            (
                "https://x.example/{name}/v{id}?q={name}",
                "https://x.example/Ann%20Lee%2F%C3%A9/v42?q=Ann%20Lee%2F%C3%A9",
            ),
            ("https://x.example/{cart.id}/{cart.items.0.sku}/{a.b}", "https://x.example/c-7/A/whole"),
            ("https://x.example/{open}", "https://x.example/true"),
            ("https://x.example/{dot}{id}", "https://x.example/.42"),
        ] {
            assert_eq!(url(template, &values()).as_deref(), Ok(filled));
        }
    }

    #[test]
    fn a_value_never_leads_to_another_place_than_the_one_meant() {
        for template in [
            "https://x.example/a/{dots}/b",
            "https://x.example/{dot}",
            "https://x.example/.{dot}?q",
            "https://x.example/{dot}.#a",
        ] {
            assert!(matches!(url(template, &values()), Err(FillError::Dots(_))), "{template}");
        }
        assert_eq!(url("https://x.example/{empty}", &values()), Err(FillError::Empty("empty".to_owned())));
    }

    #[test]
    fn any_value_stays_one_part_of_the_path() {
        random_cases(|random| {
            let length = random.usize(1..8);
            let text: String = (0..length).map(|_| random.char(..)).collect();
            let values = json!({ "v": text });
            let Ok(filled) = url("https://x.example/a/{v}/b?c={v}", values.as_object().unwrap()) else {
                assert!(matches!(text.as_str(), "." | ".."), "{text:?}");
                return;
            };
            let url = reqwest::Url::parse(&filled).unwrap();
            assert_eq!(url.host_str(), Some("x.example"));
            assert_eq!(url.path_segments().map(Iterator::count), Some(3), "{filled}");
            assert_eq!(url.query_pairs().collect::<Vec<_>>(), [("c".into(), text.into())]);
        });
    }

    #[test]
    fn what_has_no_value_says_what_there_is() {
        for (template, message) in [
            (
                "{nam}",
                "`{nam}` has no value: did you mean `name`?; a text with such braces is written `{{nam}}`",
            ),
            (
                "{cart.total}",
                "`{cart.total}` has no value: there are `id`, `items`; a text with such braces is written `{{cart.total}}`",
            ),
            (
                "{list.2}",
                "`{list.2}` has no value: `2` is none of the 2 places of a list, which count from 0; a text with such braces is written `{{list.2}}`",
            ),
            (
                "{id.x}",
                "`{id.x}` has no value: there is no `x` in a number; a text with such braces is written `{{id.x}}`",
            ),
            (
                "{list}",
                "the value of `{list}` is a list; what becomes a piece of a text is a text, a number or a boolean",
            ),
            (
                "{none}",
                "the value of `{none}` is null; what becomes a piece of a text is a text, a number or a boolean",
            ),
        ] {
            assert_eq!(url(template, &values()).unwrap_err().to_string(), message);
        }
        let variable = text("Bearer ${API_TOKEN}", &values()).unwrap_err().to_string();
        assert!(variable.starts_with("`${API_TOKEN}` is no variable of the environment here"), "{variable}");
        let nothing = url("{x}", &Map::new()).unwrap_err().to_string();
        assert!(nothing.contains("no values were given"), "{nothing}");
    }

    #[test]
    fn only_names_in_braces_are_placeholders() {
        for (template, filled) in [
            ("a {id} b {name}", "a 42 b Ann Lee/é"),
            ("{{id}}", "{id}"),
            ("x{{id}}{id}y", "x{id}42y"),
            (r#"{"a":{"b":1}}"#, r#"{"a":{"b":1}}"#),
            ("{ id } {} { {9} {id", "{ id } {} { {9} {id"),
            ("{{id}", "{42"),
            ("{{{id}", "{{42"),
            ("", ""),
        ] {
            assert_eq!(text(template, &values()).as_deref(), Ok(filled));
        }
    }

    #[test]
    fn a_text_that_is_a_placeholder_becomes_the_value_itself() {
        let template = json!({"order": "{id}", "lines": ["{cart}", {"of": "no. {id}"}], "none": "{none}", "raw": "{{id}}", "n": 1});
        assert_eq!(
            json(&template, &values()),
            Ok(json!({
                "order": 42, "lines": [{"id": "c-7", "items": [{"sku": "A"}]}, {"of": "no. 42"}], "none": null, "raw": "{id}", "n": 1
            }))
        );
    }

    #[test]
    fn any_text_without_braces_stays_as_it_is() {
        random_cases(|random| {
            let alphabet: Vec<char> = "{}{}ab.0 \"é".chars().collect();
            let template: String = (0..random.usize(..12)).filter_map(|_| random.choice(&alphabet)).collect();
            let filled = text(&template, &Map::new());
            if !template.contains('{') {
                assert_eq!(filled.as_deref(), Ok(template.as_str()));
            }
            assert!(filled.is_ok() || template.contains('}'), "{template:?}");
        });
    }
}
