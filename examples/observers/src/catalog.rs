//! The events that may be published, for people: what each says, and what it looks like.

use std::fmt::Write as _;

use serde_json::Value;
use tasker::events::{Category, EventCatalog, EventInfo};

/// Which events are asked for: those that have all words in their name or description, of a namespace if one is given.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    pub namespace: Option<String>,
    pub words: Vec<String>,
}

/// The text of the catalog.
pub fn shown(catalog: &EventCatalog, wanted: &Wanted) -> String {
    let of_namespace: Vec<_> = match &wanted.namespace {
        Some(namespace) => catalog.of_namespace(namespace).collect(),
        None => catalog.all().iter().collect(),
    };
    let mut found = of_namespace;
    for word in &wanted.words {
        found.retain(|event| catalog.search(word).any(|has| has.name == event.name));
    }
    let events: Vec<_> = found.iter().map(|event| entry(event)).collect();
    format!("{}{} of {} events\n", events.concat(), events.len(), catalog.all().len())
}

fn entry(event: &EventInfo) -> String {
    let EventInfo { name, category, description, fired_by, schema, example } = event;
    let category = match category {
        Category::Task => "task",
        Category::Step => "step",
        Category::Custom => "of the application",
    };
    let mut text = format!("{name} ({category})\n  {description}\n");
    for by in fired_by {
        let _ = writeln!(text, "  by {by}");
    }
    for (field, schema) in fields(schema.as_ref()) {
        let said = schema["description"].as_str().unwrap_or_default();
        let _ = writeln!(text, "    {field:<24} {:<16} {said}", type_of(schema));
    }
    if let Some(example) = example {
        let _ = writeln!(text, "  such as {example}");
    }
    text.push('\n');
    text
}

fn fields(schema: Option<&Value>) -> impl Iterator<Item = (&String, &Value)> {
    schema.and_then(|schema| schema["properties"].as_object()).into_iter().flatten()
}

/// `string`, `integer`, `string or null`, or the name of what is defined elsewhere in the schema.
fn type_of(schema: &Value) -> String {
    match (&schema["type"], &schema["$ref"]) {
        (Value::String(one), _) => one.clone(),
        (Value::Array(all), _) => {
            let names: Vec<_> = all.iter().filter_map(Value::as_str).collect();
            names.join(" or ")
        }
        (_, Value::String(place)) => place.rsplit('/').next().unwrap_or_default().to_owned(),
        _ => "anything".to_owned(),
    }
}
