//! The check of JSON against a JSON Schema (draft 2020-12, unless its `$schema` says otherwise) and against a type, and what they say about it.

mod secret;

use std::borrow::Cow;
use std::fmt::{self, Write};

use serde::de::{DeserializeOwned, Deserializer};
use serde_json::Value;
use serde_path_to_error::{Path, Segment};

use crate::Json;
use crate::echo::echo;
use secret::Place;

/// The schema of a workflow's context, compiled once.
pub(crate) struct ContextSchema(Option<Compiled>);

struct Compiled {
    validator: jsonschema::Validator,
    schema: Value,
}

/// A schema that is none.
#[derive(thiserror::Error)]
#[error("at {path}: {message}")]
pub struct SchemaError {
    path: String,
    message: String,
}

/// One way in which a value breaks its schema, or is none of its type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// Where in the value, as a JSON Pointer (RFC 6901) such as `/items/0/quantity`; empty for the whole.
    pub path: String,
    /// What is wrong there.
    pub message: String,
}

/// Why a context is not taken.
#[derive(Debug)]
pub(crate) enum Refusal {
    /// It does not fit.
    Violations(Vec<Violation>),
    /// It has so many bytes of JSON, as far as it was filled in.
    TooLarge(usize),
}

/// The most violations that are told.
pub(crate) const MOST_VIOLATIONS: usize = 100;

/// The first violations, and how many more there are.
pub(crate) fn first_of(violations: impl IntoIterator<Item = Violation>) -> Vec<Violation> {
    let mut violations = violations.into_iter();
    let mut first: Vec<Violation> = violations.by_ref().take(MOST_VIOLATIONS).collect();
    let more = violations.count();
    if more > 0 {
        first.push(Violation { path: String::new(), message: format!("and {more} more violations") });
    }
    first
}

/// What is looked at.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Of {
    Data,
    /// A schema, in which a name is that of a property, and no value has it.
    #[cfg_attr(not(feature = "yaml"), expect(dead_code, reason = "files have schemas"))]
    Schema,
}

/// What is wrong at one place. Neither what is told nor the place is long, whatever the value is; objects and lists, in which secrets
/// may be, are not quoted, nor is what has the name of one.
fn violation(error: &jsonschema::ValidationError<'_>, of: Of) -> Violation {
    const MOST: usize = 400;
    let path = error.instance_path().to_string();
    let message = match error.instance().as_ref() {
        Value::Object(members) if !members.is_empty() => error.masked_with("the object").to_string(),
        Value::Array(items) if !items.is_empty() => error.masked_with("the list").to_string(),
        _ if of == Of::Data && secret::has_such_name(&path) => error.masked_with("the value").to_string(),
        Value::String(text) if text.len() > MOST_ECHOED => {
            error.masked_with(Value::from(echo(text, MOST_ECHOED)).to_string()).to_string()
        }
        _ => error.to_string(),
    };
    Violation { path: echo(&path, MOST).into_owned(), message: echo(&message, MOST).into_owned() }
}

/// How much is quoted of a text, in characters.
const MOST_ECHOED: usize = 100;

/// In what a schema is none, by the rules of its draft; each with its place in the schema.
#[cfg(feature = "yaml")]
pub(crate) fn mistakes_in(schema: &Value) -> Vec<Violation> {
    let draft = schema.get("$schema").and_then(Value::as_str);
    let draft = draft.unwrap_or("https://json-schema.org/draft/2020-12/schema");
    let rules = ContextSchema::new(Some(&serde_json::json!({ "$ref": draft })));
    let mistakes = rules.map(|rules| rules.told(schema, Of::Schema)).unwrap_or_default();
    if !mistakes.is_empty() {
        return mistakes;
    }
    // What the rules do not say: patterns that are none, references to nothing, unknown drafts.
    let built = ContextSchema::new(Some(schema)).err();
    built.map(|SchemaError { path, message }| Violation { path, message }).into_iter().collect()
}

impl Violation {
    /// The same without what stands there, which may be secret.
    pub(crate) fn without_value(self) -> Self {
        Self { message: secret::NO_SUCH_VALUE.to_owned(), ..self }
    }

    /// The same without the value, if this name is that of a secret: what is wrong is within what has that name.
    pub(crate) fn under(self, name: &str) -> Self {
        if secret::is_such_name(name) { self.without_value() } else { self }
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = if self.path.is_empty() { "/" } else { &self.path };
        write!(f, "{path}: {}", self.message)
    }
}

impl ContextSchema {
    pub(crate) fn new(schema: Option<&Value>) -> Result<Self, SchemaError> {
        let Some(schema) = schema else { return Ok(Self(None)) };
        let validator = jsonschema::options()
            .with_pattern_options(jsonschema::PatternOptions::regex())
            .should_validate_formats(true)
            .build(schema)
            .map_err(|error| SchemaError {
                path: error.instance_path().to_string(),
                message: error.to_string(),
            })?;
        Ok(Self(Some(Compiled { validator, schema: schema.clone() })))
    }

    /// The violations, in the order of the schema; none for a context that fits. Of many the first hundred, and how many more there are.
    pub(crate) fn violations(&self, context: &Value) -> Vec<Violation> {
        self.told(context, Of::Data)
    }

    fn told(&self, value: &Value, of: Of) -> Vec<Violation> {
        let Some(Compiled { validator, .. }) = &self.0 else { return Vec::new() };
        let mut errors = validator.iter_errors(value);
        let first: Vec<Violation> =
            errors.by_ref().take(MOST_VIOLATIONS).map(|error| violation(&error, of)).collect();
        let more = errors.map(|_| Violation { path: String::new(), message: String::new() });
        first_of(first.into_iter().chain(more))
    }
}

impl ContextSchema {
    /// Fills in what the schema gives as `default` in the place of properties that a context lacks, so that nothing that has a default need be
    /// sent, and checks it then. It is refused if it has more bytes of JSON than this then.
    pub(crate) fn take(&self, context: &mut Value, limit: usize) -> Result<(), Refusal> {
        let Some(Compiled { schema, .. }) = &self.0 else { return Ok(()) };
        let mut filling =
            Filling { size: Json::size_of(context), limit, place: String::new(), filled: Vec::new() };
        filling.fill(schema, context);
        if filling.is_over() {
            return Err(Refusal::TooLarge(filling.size));
        }
        let mut violations = self.violations(context);
        for Violation { path, message } in &mut violations {
            if filling.filled.iter().any(|place| path.starts_with(place.as_str())) {
                message.push_str(
                    ", and stands there as a default of the schema: mend the schema, or send another value",
                );
            }
        }
        if violations.is_empty() { Ok(()) } else { Err(Refusal::Violations(violations)) }
    }
}

/// A context that grows.
struct Filling {
    /// Of its JSON, or a little less.
    size: usize,
    limit: usize,
    /// Where it is being filled in, as a JSON Pointer.
    place: String,
    /// What was filled in.
    filled: Vec<String>,
}

impl Filling {
    const fn is_over(&self) -> bool {
        self.size > self.limit
    }

    /// Fills in the defaults of the properties that objects lack, down through `properties`, the `items` of lists and `allOf`, until it is too
    /// large. What stands behind `$ref` or a condition is left alone, because it may not be meant.
    fn fill(&mut self, schema: &Value, value: &mut Value) {
        let depth = self.place.len();
        match value {
            Value::Object(object) => {
                let properties = schema.get("properties").and_then(Value::as_object);
                for (name, property) in properties.into_iter().flatten() {
                    push_key(&mut self.place, name);
                    if !object.contains_key(name)
                        && let Some(default) = property.get("default")
                    {
                        // With its colon.
                        self.size += Json::size_of(name) + 1 + Json::size_of(default);
                        if self.is_over() {
                            return;
                        }
                        object.insert(name.clone(), default.clone());
                        self.filled.push(self.place.clone());
                    }
                    if let Some(value) = object.get_mut(name) {
                        self.fill(property, value);
                    }
                    self.place.truncate(depth);
                }
            }
            Value::Array(items) => {
                for (at, item) in items.iter_mut().enumerate() {
                    let Some(schema) = schema.get("items") else { break };
                    let _ = write!(self.place, "/{at}");
                    self.fill(schema, item);
                    self.place.truncate(depth);
                    if self.is_over() {
                        return;
                    }
                }
            }
            _ => {}
        }
        for schema in schema.get("allOf").and_then(Value::as_array).into_iter().flatten() {
            self.fill(schema, value);
        }
    }
}

/// Reads a value as a type. What has the name of a secret is not quoted.
pub(crate) fn read<T: DeserializeOwned>(value: &Value) -> Result<T, Violation> {
    read_from(value, || Cow::Borrowed(value))
}

/// The same for text. Only of one that does not fit it is asked where, because that takes longer.
pub(crate) fn read_text<T: DeserializeOwned>(text: &str) -> Result<T, Violation> {
    serde_json::from_str(text).or_else(|error| {
        let mut again = serde_json::Deserializer::from_str(text);
        let Ok(whole) = serde_json::from_str(text) else {
            // It is no JSON, and what is said of that quotes nothing.
            return Err(Violation { path: String::new(), message: error.to_string() });
        };
        read_from(&mut again, || Cow::Owned(whole))
    })
}

fn read_from<'de, 'v, T: DeserializeOwned>(
    value: impl Deserializer<'de>,
    whole: impl FnOnce() -> Cow<'v, Value>,
) -> Result<T, Violation> {
    const MOST: usize = 400;
    serde_path_to_error::deserialize(value).map_err(|error| {
        let path = pointer(error.path());
        let message = Place { whole: &whole(), path: &path }.said(error.inner().to_string());
        Violation { path: echo(&path, MOST).into_owned(), message: echo(&message, MOST).into_owned() }
    })
}

/// The same, and tells the place of each field that the type does not have.
pub(crate) fn read_and_tell<T: DeserializeOwned>(
    value: &Value,
    mut unread: impl FnMut(String),
) -> Result<T, Violation> {
    let mut tell = |path: serde_ignored::Path<'_>| {
        let mut place = String::new();
        place_of(&path, &mut place);
        unread(place);
    };
    read_from(serde_ignored::Deserializer::new(value, &mut tell), || Cow::Borrowed(value))
}

/// A path as a JSON Pointer.
fn place_of(path: &serde_ignored::Path<'_>, pointer: &mut String) {
    use serde_ignored::Path;
    match path {
        Path::Root => {}
        Path::Seq { parent, index } => {
            place_of(parent, pointer);
            let _ = write!(pointer, "/{index}");
        }
        Path::Map { parent, key } => {
            place_of(parent, pointer);
            push_key(pointer, key);
        }
        Path::Some { parent } | Path::NewtypeStruct { parent } | Path::NewtypeVariant { parent } => {
            place_of(parent, pointer);
        }
    }
}

/// A path as a JSON Pointer.
fn pointer(path: &Path) -> String {
    let mut pointer = String::new();
    for segment in path {
        match segment {
            Segment::Map { key } => push_key(&mut pointer, key),
            Segment::Seq { index } => {
                let _ = write!(pointer, "/{index}");
            }
            // The variant of an enum is no place of its own where it is told by its content.
            Segment::Enum { .. } | Segment::Unknown => {}
        }
    }
    pointer
}

fn push_key(pointer: &mut String, key: &str) {
    pointer.push('/');
    pointer.push_str(&key.replace('~', "~0").replace('/', "~1"));
}

#[cfg(test)]
mod tests {
    use super::*;
    use schemars::JsonSchema;
    use serde_json::json;

    #[derive(JsonSchema)]
    #[expect(dead_code, reason = "only its schema is used")]
    struct Order {
        email: String,
        #[schemars(length(min = 1))]
        items: Vec<Item>,
    }

    #[derive(JsonSchema)]
    #[expect(dead_code, reason = "only its schema is used")]
    struct Item {
        #[schemars(range(min = 1))]
        quantity: i64,
    }

    #[test]
    fn a_value_of_another_type_is_reported_with_its_path() {
        #[derive(Debug, serde::Deserialize)]
        #[expect(dead_code, reason = "only read")]
        struct Cart {
            #[serde(rename = "items/~")]
            items: Vec<u64>,
        }
        // A whole number for JSON Schema, and none for serde.
        let violation = read::<Cart>(&json!({"items/~": [1, 2.0]})).unwrap_err();
        assert_eq!(violation.path, "/items~1~0/1");
        assert_eq!(violation.to_string(), "/items~1~0/1: invalid type: floating point `2.0`, expected u64");
        assert_eq!(read::<u64>(&json!("one")).unwrap_err().path, "");
    }

    fn with_defaults(schema: &Value, mut context: Value) -> Result<Value, Vec<String>> {
        let schema = ContextSchema::new(Some(schema)).unwrap();
        match schema.take(&mut context, usize::MAX) {
            Ok(()) => Ok(context),
            Err(Refusal::Violations(violations)) => Err(shown(&violations)),
            Err(Refusal::TooLarge(size)) => panic!("{size}"),
        }
    }

    fn shown(violations: &[Violation]) -> Vec<String> {
        violations.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn missing_properties_get_their_defaults_at_every_level() {
        let schema = json!({"type": "object", "properties": {
            "mode": {"type": "string", "default": "standard"},
            "limits": {"type": "object", "properties": {"rows": {"default": 100}, "share": {"default": 0.05}}},
            "extra": {"default": {"a": 1}, "properties": {"b": {"default": null}}},
            "items": {"type": "array", "items": {"properties": {"quantity": {"default": 1}}}},
            "note": {"type": "string"},
        }});
        assert_eq!(
            with_defaults(&schema, json!({"limits": {"rows": 5}, "items": [{}, {"quantity": 2}]})),
            Ok(json!({
                "mode": "standard",
                "limits": {"rows": 5, "share": 0.05},
                "extra": {"a": 1, "b": null},
                "items": [{"quantity": 1}, {"quantity": 2}],
            }))
        );
        assert_eq!(
            with_defaults(&schema, json!({"mode": "fast", "extra": 7})),
            Ok(json!({"mode": "fast", "extra": 7})),
            "what is there stays, and what is no object has no properties; `limits` has no default itself"
        );
        assert_eq!(with_defaults(&json!(true), json!([1])), Ok(json!([1])));
    }

    #[test]
    fn what_has_a_default_need_not_be_sent_although_it_is_required() {
        let schema = json!({
            "required": ["order_id", "priority"],
            "allOf": [{"required": ["lanes"], "properties": {"lanes": {"items": {"properties": {"n": {"default": 1}}}, "default": [{}]}}}],
            "properties": {"priority": {"enum": ["low", "high"], "default": "low"}},
        });
        assert_eq!(
            with_defaults(&schema, json!({"order_id": 7})),
            Ok(json!({"order_id": 7, "priority": "low", "lanes": [{"n": 1}]}))
        );
        assert_eq!(
            with_defaults(&schema, json!({"priority": "top"})).unwrap_err(),
            [
                "/: \"order_id\" is a required property",
                "/priority: \"top\" is not one of \"low\" or \"high\""
            ]
        );
    }

    #[test]
    fn a_default_that_breaks_the_schema_is_refused() {
        let schema = json!({"properties": {"rows": {"type": "integer", "default": "many"}}});
        assert_eq!(
            with_defaults(&schema, json!({})).unwrap_err(),
            [
                "/rows: \"many\" is not of type \"integer\", and stands there as a default of the schema: mend the schema, or send another value"
            ]
        );
    }

    #[test]
    fn what_is_told_of_a_large_context_is_small_and_quotes_no_objects() {
        let schema = json!({"$ref": "#/$defs/node", "$defs": {"node": {
            "anyOf": [{"type": "string"}, {"type": "array", "items": {"$ref": "#/$defs/node"}}],
        }}});
        let nested =
            (0..100).fold(json!({"password": "hunter2"}), |inner, _| json!([inner, "x".repeat(10_000)]));
        let told = shown(&ContextSchema::new(Some(&schema)).unwrap().violations(&nested));
        assert_eq!(told, ["/: the list is not valid under any of the schemas listed in the 'anyOf' keyword"]);
        let numbers = ContextSchema::new(Some(&json!({"items": {"type": "integer"}}))).unwrap();
        let texts = Value::from(vec![Value::from("é".repeat(10_000)); 5_000]);
        let told = shown(&numbers.violations(&texts));
        assert_eq!(told.len(), 101);
        assert_eq!(told[0], format!("/0: \"{}…\" is not of type \"integer\"", "é".repeat(99)));
        assert_eq!(told[100], "/: and 4900 more violations");
        let strict =
            ContextSchema::new(Some(&json!({"properties": {"a": {}}, "additionalProperties": false})))
                .unwrap();
        let told = shown(&strict.violations(&json!({"x".repeat(1 << 20): 1})));
        assert!(told[0].starts_with("/: Additional properties are not allowed ('xxx") && told[0].len() < 500);
    }

    #[test]
    fn defaults_are_filled_in_up_to_the_limit() {
        let schema = json!({"items": {"properties": {"pad": {"default": "x".repeat(1_000)}}}});
        let schema = ContextSchema::new(Some(&schema)).unwrap();
        let items = |count| Value::from(vec![json!({}); count]);
        let mut nine = items(9);
        assert!(schema.take(&mut nine, 10_000).is_ok());
        assert_eq!(Json::size_of(&nine), 9 * 1_011 + 1);
        let Err(Refusal::TooLarge(size)) = schema.take(&mut items(300_000), 10_000) else { panic!() };
        assert!((10_001..1_000_000).contains(&size), "it stops there: {size}");
    }

    #[test]
    fn every_violation_is_reported_with_its_path() {
        let schema: Value = schemars::schema_for!(Order).into();
        let schema = ContextSchema::new(Some(&schema)).unwrap();
        let violations = schema.violations(&json!({"items": [{"quantity": -1}, {"quantity": "two"}]}));
        let mut shown: Vec<String> = violations.iter().map(ToString::to_string).collect();
        shown.sort();
        assert_eq!(
            shown,
            [
                r#"/: "email" is a required property"#,
                "/items/0/quantity: -1 is less than the minimum of 1",
                r#"/items/1/quantity: "two" is not of type "integer""#,
            ]
        );
        assert!(schema.violations(&json!({"email": "a@b.example", "items": [{"quantity": 1}]})).is_empty());
    }
}
