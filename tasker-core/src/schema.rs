//! The check of JSON against a JSON Schema (draft 2020-12) and against a type, and what they say about it.

use std::fmt::{self, Write};

use serde::de::{DeserializeOwned, Deserializer};
use serde_json::Value;
use serde_path_to_error::{Path, Segment};

/// The schema of a workflow's context, compiled once.
pub(crate) struct ContextSchema(Option<jsonschema::Validator>);

/// A schema that is none.
#[derive(Debug, thiserror::Error)]
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

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = if self.path.is_empty() { "/" } else { &self.path };
        write!(f, "{path}: {}", self.message)
    }
}

impl ContextSchema {
    pub(crate) fn new(schema: Option<&Value>) -> Result<Self, SchemaError> {
        let Some(schema) = schema else { return Ok(Self(None)) };
        let validator = jsonschema::draft202012::options()
            .with_pattern_options(jsonschema::PatternOptions::regex())
            .should_validate_formats(true)
            .build(schema)
            .map_err(|error| SchemaError {
                path: error.instance_path().to_string(),
                message: error.to_string(),
            })?;
        Ok(Self(Some(validator)))
    }

    /// Every violation, in the order of the schema; none for a context that fits.
    pub(crate) fn violations(&self, context: &Value) -> Vec<Violation> {
        let Some(validator) = &self.0 else { return Vec::new() };
        let errors = validator.iter_errors(context);
        errors
            .map(|error| Violation { path: error.instance_path().to_string(), message: error.to_string() })
            .collect()
    }
}

/// Reads a value as a type.
pub(crate) fn read<'de, T: DeserializeOwned>(value: impl Deserializer<'de>) -> Result<T, Violation> {
    serde_path_to_error::deserialize(value)
        .map_err(|error| Violation { path: pointer(error.path()), message: error.inner().to_string() })
}

/// The same, and tells the place of each field that the type does not have.
pub(crate) fn read_and_tell<'de, T: DeserializeOwned>(
    value: impl Deserializer<'de>,
    mut unread: impl FnMut(String),
) -> Result<T, Violation> {
    let mut tell = |path: serde_ignored::Path<'_>| {
        let mut place = String::new();
        place_of(&path, &mut place);
        unread(place);
    };
    read(serde_ignored::Deserializer::new(value, &mut tell))
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
