//! The keys of a file as a JSON Schema, for editors and for those who write files by program.

use serde_json::{Map, Value, json};
use tasker_rules::names::OWN_EVENTS;
use tasker_yaml::keys::{
    ENVIRONMENT, EVENT, Key, LEAST_SECONDS, MOST_COUNTED, MOST_EXECUTIONS, MOST_SECONDS, Mapping, STEP,
    STEP_OVERRIDE, TASK, Takes,
};

/// The JSON Schema (draft 2020-12) of a task file. It is kept in the repository as `tasker-core/src/yaml/task_file.schema.json`.
///
/// An editor that knows YAML checks a file by it when the file begins with `# yaml-language-server: $schema=<where it is>`. It does not
/// know everything: whether dependencies exist, for instance, is checked when a file is loaded.
///
/// ```
/// let schema = tasker_core::yaml::file_schema();
/// assert_eq!(schema["required"], serde_json::json!(["name", "step_templates"]));
/// ```
#[must_use]
pub fn file_schema() -> Value {
    let mut schema = mapping(&TASK);
    let Value::Object(object) = &mut schema else { return schema };
    object.insert("$schema".to_owned(), "https://json-schema.org/draft/2020-12/schema".into());
    object.insert("title".to_owned(), "Task file of Tasker".into());
    let definitions = [
        ("step", &STEP),
        ("event", &EVENT),
        ("environment", &ENVIRONMENT),
        ("step_override", &STEP_OVERRIDE),
    ];
    let definitions = definitions.map(|(name, known)| (name.to_owned(), mapping(known)));
    object.insert("$defs".to_owned(), Value::Object(definitions.into_iter().collect()));
    schema
}

fn mapping(known: &'static Mapping) -> Value {
    let properties: Map<String, Value> =
        known.keys.iter().map(|key| (key.name.to_owned(), property(key))).collect();
    let required: Vec<&str> = known.keys.iter().filter(|key| key.required).map(|key| key.name).collect();
    json!({
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": false,
    })
}

fn property(key: &Key) -> Value {
    let mut schema = match &key.takes {
        Takes::Name(most) => json!({ "type": "string", "minLength": 1, "maxLength": most }),
        Takes::Event => {
            let own = OWN_EVENTS.join("|");
            json!({ "type": "string", "minLength": 1, "maxLength": 128, "not": { "pattern": format!("^({own})\\.") } })
        }
        Takes::Text(usize::MAX) => json!({ "type": "string" }),
        Takes::Text(most) => json!({ "type": "string", "maxLength": most }),
        Takes::Version => json!({
            "type": "string",
            "pattern": "^(0|[1-9][0-9]*)\\.(0|[1-9][0-9]*)\\.(0|[1-9][0-9]*)(-[0-9A-Za-z.-]+)?(\\+[0-9A-Za-z.-]+)?$",
            "maxLength": 64,
        }),
        Takes::Flag => json!({ "type": "boolean" }),
        Takes::Limit => json!({ "type": "integer", "minimum": 0, "maximum": MOST_EXECUTIONS }),
        Takes::Count => json!({ "type": "integer", "minimum": 1, "maximum": MOST_COUNTED }),
        Takes::Seconds => json!({ "type": "number", "minimum": LEAST_SECONDS, "maximum": MOST_SECONDS }),
        Takes::One(known) => mapping(known),
        Takes::Names => {
            json!({ "type": "array", "items": { "type": "string", "minLength": 1, "maxLength": 128 } })
        }
        Takes::Config => json!({ "type": "object" }),
        Takes::Schema => json!({ "type": ["object", "boolean"] }),
        Takes::List(known) => json!({ "type": "array", "items": reference(known) }),
        Takes::Each(known) => json!({ "type": "object", "additionalProperties": or_null(reference(known)) }),
    };
    if !key.required {
        schema = or_null(schema);
    }
    if let Value::Object(schema) = &mut schema {
        schema.insert("description".to_owned(), key.about.into());
    }
    schema
}

/// A key without a value is one that is not there.
fn or_null(mut schema: Value) -> Value {
    match schema.get_mut("type") {
        Some(Value::String(single)) => {
            let single = std::mem::take(single);
            schema["type"] = json!([single, "null"]);
        }
        Some(Value::Array(several)) => several.push("null".into()),
        _ => schema = json!({ "anyOf": [schema, { "type": "null" }] }),
    }
    schema
}

fn reference(known: &'static Mapping) -> Value {
    let name = match known.what {
        "a step" => "step",
        "an event" => "event",
        "an environment" => "environment",
        _ => "step_override",
    };
    json!({ "$ref": format!("#/$defs/{name}") })
}

#[cfg(test)]
mod tests {
    use tasker_yaml::{Report, Source, parse};

    use super::*;
    use crate::schema::{ContextSchema, mistakes_in};

    /// What an editor would say about a file.
    fn violations(text: &str) -> Vec<String> {
        let source = Source::new("a.yaml".into(), text.into());
        let file = parse(&mut Report::of(&source)).unwrap().to_json();
        let schema = ContextSchema::new(Some(&file_schema())).unwrap();
        schema.violations(&file).into_iter().map(|violation| violation.path).collect()
    }

    #[test]
    fn it_is_a_schema_that_good_files_fit() {
        assert_eq!(mistakes_in(&file_schema()), []);
        let text = "
name: order/process
namespace_name: shop
version: 1.0.0-rc.1
module_namespace:
task_handler_class: Shop::Order
concurrent: false
named_steps: [a, b]
schema: {type: object}
handler_config: {anything: [1]}
custom_events: [{name: seen, description: When it is seen}]
step_templates:
  - {name: a, handler_class: A, depends_on_step: ~, default_retry_limit: 3, skippable: true}
  - {name: b, handler_class: B, depends_on_steps: [a], handler_config: {type: api, url: x}}
environments:
  production:
    version: 1.0.1
    step_templates: [{name: a, handler_config: {x: 1}}]
  test:
";
        assert_eq!(violations(text), Vec::<String>::new());
    }

    #[test]
    fn what_is_wrong_is_seen_in_an_editor() {
        for (text, place) in [
            ("step_templates: []", ""),
            ("name: a\nstep_templates: [{name: a}]", "/step_templates/0"),
            ("name: a\nversion: 1.0\nstep_templates: []", "/version"),
            ("name: a\nversion: \"1.0\"\nstep_templates: []", "/version"),
            ("name: a\nstepz: 1\nstep_templates: []", ""),
            (
                "name: a\nstep_templates: [{name: a, handler_class: A, default_retry_limit: 1001}]",
                "/step_templates/0/default_retry_limit",
            ),
            ("name: a\nstep_templates: []\nenvironments: {test: {steps: []}}", "/environments/test"),
        ] {
            assert_eq!(violations(text), [place], "{text}");
        }
    }
}
