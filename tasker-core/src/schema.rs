//! The check of a context against its JSON Schema (draft 2020-12).

use std::fmt;

use serde_json::Value;

/// The schema of a workflow's context, compiled once.
pub(crate) struct ContextSchema(Option<jsonschema::Validator>);

/// A schema that is none.
#[derive(Debug, thiserror::Error)]
#[error("at {path}: {message}")]
pub struct SchemaError {
    path: String,
    message: String,
}

/// One way in which a context breaks its schema.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// Where in the context, as a JSON Pointer (RFC 6901) such as `/items/0/quantity`; empty for the whole.
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
