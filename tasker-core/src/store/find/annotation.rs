use serde::Serialize;
use serde_json::{Number, Value};

use crate::Json;

/// That a task has an annotation of a type, and what that says.
///
/// What an annotation says is compared as JSON: texts by their characters, numbers by their value. One whose JSON holds the escape
/// `\u0000` is found by its type alone, because PostgreSQL reads no such text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AnnotationFilter {
    /// The type.
    pub name: String,
    /// What stands where in it: the members of objects that lead there, none for the whole, and a text, a number, a boolean or null.
    pub says: Option<(Vec<String>, Value)>,
}

impl AnnotationFilter {
    /// Of this type, whatever it says.
    pub fn of(name: impl Into<String>) -> Self {
        Self { name: name.into(), says: None }
    }

    /// Of this type, and at this JSON Pointer (`/card/brand`, or a single name; empty for the whole) says this.
    ///
    /// # Errors
    /// What cannot be looked for, as a text that says so.
    pub fn saying(name: impl Into<String>, pointer: &str, value: Value) -> Result<Self, String> {
        if matches!(value, Value::Array(_) | Value::Object(_)) {
            let message = "a list or an object cannot be looked for; look for a text, a number, a boolean or null within it";
            return Err(message.to_owned());
        }
        let pointer = pointer.strip_prefix('/').map_or_else(
            || if pointer.is_empty() { None } else { Some(pointer.replace('~', "~0").replace('/', "~1")) },
            |pointer| Some(pointer.to_owned()),
        );
        let mut path = Vec::new();
        for name in pointer.iter().flat_map(|pointer| pointer.split('/')) {
            let name = name.replace("~1", "/").replace("~0", "~");
            let strange = |character: char| character.is_control() || matches!(character, '"' | '\\');
            if name.is_empty() || name.contains(strange) {
                return Err(format!(
                    "{name:?} cannot be looked for; the names of members have no quotes, backslashes or control characters, \
                     and are not empty"
                ));
            }
            path.push(name);
        }
        Ok(Self { name: name.into(), says: Some((path, value)) })
    }

    /// Whether there is a NUL in what is looked for.
    pub(super) fn finds_nothing(&self) -> bool {
        let in_text = |value: &Value| value.as_str().is_some_and(|text| text.contains('\0'));
        self.name.contains('\0') || self.says.as_ref().is_some_and(|(_, value)| in_text(value))
    }

    pub(crate) fn fits(&self, name: &str, payload: &Json) -> bool {
        let Some((path, wanted)) = self.says.as_ref().filter(|_| name == self.name) else {
            return name == self.name;
        };
        if payload.as_str().contains("\\u0000") {
            return false;
        }
        let Ok(payload) = payload.parse::<Value>() else { return false };
        // Only members of objects have names.
        let found = path.iter().try_fold(&payload, |value, name| value.as_object()?.get(name));
        match (found, wanted) {
            (Some(Value::Number(found)), Value::Number(wanted)) => same(found, wanted),
            (found, wanted) => found == Some(wanted),
        }
    }
}

/// By value: 1 is 1.0.
fn same(one: &Number, other: &Number) -> bool {
    match (one.as_i64(), other.as_i64()) {
        (Some(one), Some(other)) => one == other,
        _ => one.as_f64() == other.as_f64(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_annotation_is_looked_for_by_what_it_says_somewhere() {
        let payload =
            Json::of(&json!({"card": {"brand": "visa", "a/b~": 7}, "list": [1], "0": true})).unwrap();
        let fits = |pointer: &str, value: Value| {
            AnnotationFilter::saying("pay", pointer, value).unwrap().fits("pay", &payload)
        };
        assert!(
            fits("/card/brand", json!("visa")) && fits("/card/a~1b~0", json!(7.0)) && fits("0", json!(true))
        );
        assert!(
            !fits("/card/brand", json!("Visa")) && !fits("/card", Value::Null) && !fits("/none", Value::Null)
        );
        assert!(!fits("/list/0", json!(1)), "elements of lists have no names");
        assert!(AnnotationFilter::of("pay").fits("pay", &payload));
        assert!(!AnnotationFilter::of("pay").fits("payment", &payload));
        let whole = AnnotationFilter::saying("pay", "", json!("x")).unwrap();
        assert!(whole.fits("pay", &Json::of("x").unwrap()) && !whole.fits("pay", &payload));
    }

    #[test]
    fn what_no_store_can_look_for_is_refused() {
        assert!(AnnotationFilter::saying("pay", "/a", json!([1])).is_err());
        for pointer in ["/", "/a//b", "/a\"", "a\\"] {
            assert!(AnnotationFilter::saying("pay", pointer, json!(1)).is_err(), "{pointer}");
        }
    }
}
