//! What is said of a value that does not fit, without the values of secrets: the texts of serde quote what they found, and end in histories,
//! logs and spans.
//!
//! Mostly the path leads to the field. Where serde reads ahead (`flatten`, enums without a tag), it ends before that, and the value that is
//! quoted may be any in what stands there.

use serde_json::Value;

use crate::Redaction;

/// What is said where the value may not be.
pub(super) const NO_SUCH_VALUE: &str = "no value of the type that is asked for";

/// How texts of serde begin that quote no value.
const QUOTES_NOTHING: [&str; 8] = [
    "data did not match any variant",
    "duplicate field `",
    "invalid length ",
    "invalid type: map,",
    "invalid type: null,",
    "invalid type: sequence,",
    "missing field `",
    "unknown field `",
];

/// How texts begin that say at their end what was expected.
const TELLS_TYPE: [&str; 3] = ["invalid type: ", "invalid value: ", "unknown variant `"];

/// Where something is wrong.
pub(super) struct Place<'a> {
    /// All that was read.
    pub(super) whole: &'a Value,
    /// Where in it, as a JSON Pointer, as far as serde knows.
    pub(super) path: &'a str,
}

impl Place<'_> {
    /// What serde said, as it may be shown.
    pub(super) fn said(&self, said: String) -> String {
        if QUOTES_NOTHING.iter().any(|begins| said.starts_with(begins)) {
            return said;
        }
        if !self.may_be_secret() {
            return Redaction::new().text(&said).into_owned();
        }
        match said.rsplit_once(", expected ") {
            Some((_, expected)) if TELLS_TYPE.iter().any(|begins| said.starts_with(begins)) => {
                format!("{NO_SUCH_VALUE}: expected {expected}")
            }
            _ => NO_SUCH_VALUE.to_owned(),
        }
    }

    fn may_be_secret(&self) -> bool {
        has_such_name(self.path) || has_secrets(self.whole.pointer(self.path).unwrap_or(self.whole))
    }
}

/// Whether one of the names in a JSON Pointer is that of a secret.
pub(super) fn has_such_name(path: &str) -> bool {
    path.split('/').any(|name| is_such_name(&name.replace("~1", "/").replace("~0", "~")))
}

pub(super) fn is_such_name(name: &str) -> bool {
    Redaction::new().is_secret(name)
}

fn has_secrets(value: &Value) -> bool {
    match value {
        Value::Object(members) => {
            members.iter().any(|(name, member)| is_such_name(name) || has_secrets(member))
        }
        Value::Array(items) => items.iter().any(has_secrets),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde::Deserialize;
    use serde::de::{DeserializeOwned, Error as _};
    use serde_json::json;

    use super::super::{ContextSchema, Violation, read, read_and_tell, read_text};
    use super::*;

    /// What is told, in all the ways to read it, which say the same.
    fn told<T: DeserializeOwned>(value: &Value) -> String {
        let violation = read::<T>(value).err().expect("it does not fit").to_string();
        assert_eq!(read_and_tell::<T>(value, |_| ()).err().expect("nor does it now").to_string(), violation);
        let text = read_text::<T>(&value.to_string()).err().expect("nor as text").to_string();
        let place = text.rfind(" at line 1 column ").unwrap_or(text.len());
        assert_eq!(text[..place], violation);
        violation
    }

    #[derive(Deserialize)]
    #[expect(dead_code, reason = "only read")]
    struct Login {
        user: u32,
        pin: Option<u32>,
        #[serde(default)]
        tokens: Vec<u32>,
        #[serde(default)]
        secrets: BTreeMap<String, Inner>,
    }

    #[derive(Deserialize)]
    #[expect(dead_code, reason = "only read")]
    struct Inner {
        number: u32,
    }

    #[test]
    fn what_has_the_name_of_a_secret_is_not_quoted() {
        for (value, expected) in [
            (json!({"user": "ann", "pin": 1}), "/user: invalid type: string \"ann\", expected u32"),
            (json!({"user": -7}), "/user: invalid value: integer `-7`, expected u32"),
            (
                json!({"user": 1, "pin": "hunter2"}),
                "/pin: no value of the type that is asked for: expected u32",
            ),
            (json!({"user": 1, "pin": -4111}), "/pin: no value of the type that is asked for: expected u32"),
            (
                json!({"user": 1, "tokens": [1, "hunter2, expected u8"]}),
                "/tokens/1: no value of the type that is asked for: expected u32",
            ),
            (
                json!({"user": 1, "secrets": {"a": {"number": "hunter2"}}}),
                "/secrets/a/number: no value of the type that is asked for: expected u32",
            ),
            (json!({"user": 1, "secrets": {"a": {}}}), "/secrets/a: missing field `number`"),
            (json!({"user": 1, "pin": [4111]}), "/pin: invalid type: sequence, expected u32"),
            (json!({"pin": 4111}), "/: missing field `user`"),
            (
                json!({"user": "a=1&password=hunter2"}),
                "/user: invalid type: string \"a=1&password=[redacted]\", expected u32",
            ),
        ] {
            assert_eq!(told::<Login>(&value), expected, "{value}");
        }
    }

    #[derive(Deserialize)]
    #[expect(dead_code, reason = "only read")]
    struct Flat {
        #[serde(flatten)]
        login: Login,
    }

    #[derive(Deserialize)]
    #[expect(dead_code, reason = "only read")]
    #[serde(tag = "by")]
    enum Payment {
        Card { number: u32, cvc: u32 },
        Invoice { number: u32 },
    }

    #[derive(Deserialize)]
    #[expect(dead_code, reason = "only read")]
    enum Access {
        Token(u32),
        Open { number: u32 },
        Closed,
    }

    #[test]
    fn where_the_path_ends_early_nothing_is_quoted_beside_a_secret() {
        let flat = told::<Flat>(&json!({"user": 1, "pin": "hunter2"}));
        assert_eq!(flat, "/: no value of the type that is asked for: expected u32");
        let card = told::<Payment>(&json!({"by": "Card", "number": 4, "cvc": "hunter2"}));
        assert!(!card.contains("hunter2") && card.ends_with("expected u32"), "{card}");
        let invoice = told::<Payment>(&json!({"by": "Invoice", "number": "four"}));
        assert!(invoice.ends_with("invalid type: string \"four\", expected u32"), "{invoice}");
        let token = told::<Access>(&json!({"Token": "hunter2"}));
        assert!(!token.contains("hunter2"), "{token}");
        let open = told::<Access>(&json!({"Open": {"number": "four"}}));
        assert!(open.ends_with("invalid type: string \"four\", expected u32"), "{open}");
        let variant = told::<BTreeMap<String, Access>>(&json!({"my_key": "hunter2"}));
        assert!(!variant.contains("hunter2") && variant.contains("`Token`"), "{variant}");
    }

    /// Says what it found in words of its own.
    #[derive(Deserialize)]
    #[expect(dead_code, reason = "only read")]
    #[serde(try_from = "String")]
    struct Rude(u8);

    impl TryFrom<String> for Rude {
        type Error = serde::de::value::Error;

        fn try_from(text: String) -> Result<Self, Self::Error> {
            let mistake = |_| Self::Error::custom(format_args!("`{text}` is nothing, expected {text}"));
            text.parse().map(Self).map_err(mistake)
        }
    }

    #[test]
    fn what_types_say_themselves_may_quote_anything() {
        let told_of = |name: &str| told::<BTreeMap<String, Rude>>(&json!({ name: "hunter2" }));
        assert_eq!(told_of("name"), "/name: `hunter2` is nothing, expected hunter2");
        assert_eq!(told_of("password"), "/password: no value of the type that is asked for");
        assert_eq!(told_of("api~/key"), "/api~0~1key: no value of the type that is asked for");
    }

    #[test]
    fn a_schema_does_not_quote_it_either() {
        let schema = json!({
            "properties": {
                "password": { "type": "string", "minLength": 9, "pattern": "^[0-9]+$" },
                "name": { "type": "string", "minLength": 9 },
                "tokens": { "items": { "enum": [1, 2] } },
            },
        });
        let value = json!({ "password": "hunter2", "name": "ann", "tokens": ["hunter2"] });
        let violations = ContextSchema::new(Some(&schema)).unwrap().violations(&value);
        let mut told: Vec<String> = violations.iter().map(Violation::to_string).collect();
        told.sort();
        assert_eq!(
            told,
            [
                "/name: \"ann\" is shorter than 9 characters",
                "/password: the value does not match \"^[0-9]+$\"",
                "/password: the value is shorter than 9 characters",
                "/tokens/0: the value is not one of 1 or 2",
            ]
        );
    }
}
