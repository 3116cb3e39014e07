//! Values as expressions of Rust.

use serde_json::{Number, Value};

/// An expression of the type `serde_json::Value`.
pub(super) fn expression(value: &Value) -> String {
    // The macro of `serde_json` takes one step for each of its tokens, and rustc allows it 128.
    const MOST: usize = 24;
    if size(value) <= MOST {
        return format!("serde_json::json!({})", literal(value));
    }
    format!("serde_json::from_str::<Value>({:?}).unwrap_or_default()", value.to_string())
}

/// What the macro `json!` takes.
pub(super) fn literal(value: &Value) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Bool(flag) => flag.to_string(),
        Value::Number(number) => self::number(number),
        Value::String(text) => format!("{text:?}"),
        Value::Array(items) => {
            let items: Vec<String> = items.iter().map(literal).collect();
            format!("[{}]", items.join(", "))
        }
        Value::Object(object) if object.is_empty() => "{}".to_owned(),
        Value::Object(object) => {
            let entries: Vec<String> =
                object.iter().map(|(key, value)| format!("{key:?}: {}", literal(value))).collect();
            format!("{{ {} }}", entries.join(", "))
        }
    }
}

/// A number that is no `i32` says what it is.
fn number(number: &Number) -> String {
    match (number.as_i64(), number.as_u64(), number.as_f64()) {
        (Some(whole), ..) if i32::try_from(whole).is_ok() => whole.to_string(),
        (Some(whole), ..) => format!("{whole}_i64"),
        (None, Some(whole), _) => format!("{whole}_u64"),
        (None, None, Some(float)) => format!("{float:?}"),
        (None, None, None) => number.to_string(),
    }
}

fn size(value: &Value) -> usize {
    match value {
        Value::Array(items) => 1 + items.iter().map(size).sum::<usize>(),
        Value::Object(object) => 1 + object.values().map(|value| 1 + size(value)).sum::<usize>(),
        _ => 1,
    }
}
