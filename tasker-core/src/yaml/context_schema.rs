//! Whether the schema of a file is a JSON Schema that a context can fit: each part of it is one, its defaults fit where they are filled in, and
//! what it requires it also allows.

use serde_json::{Map, Value, json};
use tasker_rules::suggest::{nearest, quoted};
use tasker_yaml::{Kind, Node, Report};

use super::from_workflow::cut;
use crate::schema::{self, ContextSchema, Refusal, Violation};

const TYPES: [&str; 7] = ["string", "integer", "number", "boolean", "object", "array", "null"];

/// Checks the schema of a task, if it has one.
pub(super) fn check(task: &Node, report: &mut Report<'_>) {
    let Some(node) = task.get("schema") else { return };
    if !matches!(node.kind, Kind::Map(_) | Kind::Bool(_)) {
        return;
    }
    let schema = node.to_json();
    let mistakes = schema::mistakes_in(&schema);
    if mistakes.is_empty() {
        let mut defaults = Vec::new();
        parts(node, &mut defaults, report);
        fit(&schema, &defaults, report);
    }
    for Violation { path, message } in mistakes {
        let at = node.at(&path);
        match at.text() {
            Some(name) if path.ends_with("/type") => {
                let help = match nearest(name, TYPES) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => format!("the types are {}", quoted(TYPES)),
                };
                report.help(at.span, format!("`{name}` is no type of JSON Schema"), help);
            }
            Some(pattern) if path.ends_with("/pattern") => report.help(
                at.span,
                format!("`{pattern}` is no regular expression"),
                "look-around and references to groups are not there: a pattern takes time in proportion to the text",
            ),
            // The message may quote all that stands there.
            _ => report.add(at.span, format!("this is no JSON Schema: {}", cut(&message, 300))),
        }
    }
}

/// A property with a default.
struct Default<'n> {
    name: &'n str,
    property: &'n Node,
    value: &'n Node,
}

/// Looks at a schema and at all that stand in it.
fn parts<'n>(schema: &'n Node, defaults: &mut Vec<Default<'n>>, report: &mut Report<'_>) {
    required(schema, report);
    for property in schema.get("properties").map(Node::entries).unwrap_or_default() {
        if let Some(default) = property.value.entry("default") {
            let default = Default { name: &property.key, property: &property.value, value: &default.value };
            if default.is_of_its_type(report) {
                defaults.push(default);
            }
        }
    }
    for entry in schema.entries() {
        match entry.key.as_str() {
            "properties" | "patternProperties" | "$defs" | "definitions" | "dependentSchemas" => {
                entry.value.entries().iter().for_each(|entry| parts(&entry.value, defaults, report));
            }
            "allOf" | "anyOf" | "oneOf" | "prefixItems" | "items" => match &entry.value.kind {
                Kind::List(items) => items.iter().for_each(|item| parts(item, defaults, report)),
                _ => parts(&entry.value, defaults, report),
            },
            "if" | "then" | "else" | "additionalProperties" | "contains" | "unevaluatedProperties" => {
                parts(&entry.value, defaults, report);
            }
            _ => {}
        }
    }
}

/// What is required must be a property, where no others are allowed: otherwise no context fits.
fn required(schema: &Node, report: &mut Report<'_>) {
    let is_closed = schema.get("additionalProperties").and_then(Node::flag) == Some(false);
    if !is_closed || schema.get("patternProperties").is_some() {
        return;
    }
    let properties = schema.get("properties").map(Node::entries).unwrap_or_default();
    let names = || properties.iter().map(|property| property.key.as_str());
    for item in schema.get("required").map(Node::items).unwrap_or_default() {
        let Some(name) = item.text().filter(|name| !names().any(|other| other == *name)) else { continue };
        if report.is_full() {
            return;
        }
        let message = format!(
            "the schema requires `{name}`, which is none of its `properties`, and with `additionalProperties: false` there can be no other"
        );
        let help = match nearest(name, names()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => "add it to `properties`, or take it out of `required`".to_owned(),
        };
        report.help(item.span, message, help);
    }
}

impl Default<'_> {
    fn is_of_its_type(&self, report: &mut Report<'_>) -> bool {
        let types: Vec<&str> = match self.property.get("type") {
            Some(Node { kind: Kind::Text(one), .. }) => vec![one],
            Some(several) => several.items().iter().filter_map(Node::text).collect(),
            None => return true,
        };
        if types.is_empty() || types.iter().any(|kind| is_of(kind, self.value)) {
            return true;
        }
        let Self { name, value, .. } = self;
        let what = if value.is_null() { "null" } else { value.what() };
        let message =
            format!("the default of `{name}` is {what}, and its `type` is {}", quoted(types.iter().copied()));
        match how_to_mend(value, &types) {
            Some(help) => report.help(value.span, message, help),
            None => report.add(value.span, message),
        }
        false
    }
}

fn is_of(kind: &str, value: &Node) -> bool {
    match &value.kind {
        Kind::Null => kind == "null",
        Kind::Bool(_) => kind == "boolean",
        Kind::Number(number) => {
            let is_whole = number.as_f64().is_some_and(|number| number.fract() == 0.0);
            kind == "number" || kind == "integer" && is_whole
        }
        Kind::Text(_) => kind == "string",
        Kind::List(_) => kind == "array",
        Kind::Map(_) => kind == "object",
    }
}

fn how_to_mend(value: &Node, types: &[&str]) -> Option<String> {
    let takes = |kind: &str| types.contains(&kind);
    match &value.kind {
        Kind::Null => Some(
            "take it out: without a default the property is not there; or add `\"null\"` to its types"
                .to_owned(),
        ),
        Kind::Text(text) if (takes("integer") || takes("number")) && text.parse::<f64>().is_ok() => {
            Some(format!("write it without quotes: `default: {text}`"))
        }
        Kind::Text(text) if takes("boolean") && matches!(text.as_str(), "true" | "false") => {
            Some(format!("write it without quotes: `default: {text}`"))
        }
        Kind::Number(_) | Kind::Bool(_) if takes("string") => {
            Some(format!("write it in quotes: `default: \"{}\"`", value.to_json()))
        }
        _ => None,
    }
}

/// Whether defaults fit what else is said of their properties. They are tried all at once: the properties of one object.
fn fit(schema: &Value, defaults: &[Default<'_>], report: &mut Report<'_>) {
    if defaults.is_empty() {
        return;
    }
    let numbered = |part: fn(&Default<'_>) -> Value| -> Map<String, Value> {
        defaults.iter().enumerate().map(|(at, default)| (at.to_string(), part(default))).collect()
    };
    let mut rules = json!({ "properties": numbered(|default| default.property.to_json()) });
    for key in ["$schema", "$defs", "definitions"] {
        if let Some(said) = schema.get(key) {
            rules[key] = said.clone();
        }
    }
    // A reference may lead elsewhere; then the schema is left to those who start tasks.
    let Ok(rules) = ContextSchema::new(Some(&rules)) else { return };
    let mut values = Value::Object(numbered(|default| default.value.to_json()));
    let Err(Refusal::Violations(violations)) = rules.take(&mut values, usize::MAX) else { return };
    for Violation { path, message } in violations {
        let (number, within) =
            path[1.min(path.len())..].split_once('/').unwrap_or((path.trim_start_matches('/'), ""));
        let Some(Default { name, property, value }) =
            number.parse().ok().and_then(|at: usize| defaults.get(at))
        else {
            continue;
        };
        let within = if within.is_empty() { String::new() } else { format!("/{within}") };
        if value.to_json().pointer(&within).is_none() {
            // It was filled in, and is told where it stands.
            continue;
        }
        let at = value.at(&within);
        let message = format!("the default of `{name}` does not fit its schema: {}", cut(&message, 300));
        let allowed = property.get("enum").map(Node::items).unwrap_or_default().iter().filter_map(Node::text);
        match value.text().and_then(|text| nearest(text, allowed)) {
            Some(near) => report.help(at.span, message, format!("did you mean `{near}`?")),
            None => report.add(at.span, message),
        }
    }
}
