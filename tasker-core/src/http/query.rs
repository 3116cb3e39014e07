//! Parameters as the text of a query or of a form.
//!
//! Nested values are written as Ruby's Faraday and Rails do, so that a service that was called by Ruby Tasker reads the same: a list is
//! `ids[]=1&ids[]=2`, an object is `filter[state]=open`, and null is the bare name.

use std::fmt::Write;

use serde_json::{Map, Value};

/// Every parameter, with `&` between them.
pub(super) fn encode(params: &Map<String, Value>) -> String {
    let mut query = String::new();
    for (name, value) in params {
        add(&mut query, &escape(name), value);
    }
    query
}

fn add(query: &mut String, name: &str, value: &Value) {
    match value {
        Value::Object(fields) if !fields.is_empty() => {
            for (field, value) in fields {
                add(query, &format!("{name}%5B{}%5D", escape(field)), value);
            }
        }
        Value::Array(items) if !items.is_empty() => {
            for item in items {
                add(query, &format!("{name}%5B%5D"), item);
            }
        }
        value => {
            if !query.is_empty() {
                query.push('&');
            }
            query.push_str(name);
            match value {
                Value::Null | Value::Object(_) => {}
                Value::Array(_) => query.push_str("%5B%5D"),
                Value::String(text) => {
                    query.push('=');
                    query.push_str(&escape(text));
                }
                Value::Bool(_) | Value::Number(_) => {
                    let _ = write!(query, "={value}");
                }
            }
        }
    }
}

/// Percent-encodes all but the characters that have no meaning in any part of a URL (RFC 3986, section 2.3).
pub(super) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            escaped.push(byte.into());
        } else {
            let _ = write!(escaped, "%{byte:02X}");
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn encoded(params: &Value) -> String {
        encode(params.as_object().unwrap())
    }

    #[test]
    fn parameters_are_written_as_rails_reads_them() {
        for (params, query) in [
            (json!({}), ""),
            (json!({"page": 2}), "page=2"),
            (json!({"q": "a b&c=d/é"}), "q=a%20b%26c%3Dd%2F%C3%A9"),
            (json!({"ids": [1, 2], "open": true}), "ids%5B%5D=1&ids%5B%5D=2&open=true"),
            (
                json!({"filter": {"state": "open", "tags": ["a"]}}),
                "filter%5Bstate%5D=open&filter%5Btags%5D%5B%5D=a",
            ),
            (json!({"none": null}), "none"),
            (json!({"ids": []}), "ids%5B%5D"),
            (json!({"a&b": ""}), "a%26b="),
        ] {
            assert_eq!(encoded(&params), query, "{params}");
        }
    }
}
