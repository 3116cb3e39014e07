use std::collections::BTreeMap;
use std::fmt;

use reqwest::header::{CONTENT_TYPE, HeaderMap};
use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize, Serializer};
use serde_json::Value;

use super::redact;
use crate::{StepError, schema};

/// What another system answered, with a status from 200 to 226.
///
/// A step may return it: `{"status": 200, "headers": {…}, "body": …}` is stored then. Headers that are secrets, such as `Set-Cookie`, are there while the
/// step runs, and are stored and shown as `[redacted]`. The body is stored as it came, with every secret in it: a step that asks for a token
/// returns a part of the body that may be kept. [`Debug`] shows fields with the names of secrets as `[redacted]`.
#[derive(Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ApiResponse {
    /// The status, such as 200.
    pub status: u16,
    /// The headers, with their names in lower case. One that came several times has its values with `, ` between them.
    #[serde(serialize_with = "redacted")]
    pub headers: BTreeMap<String, String>,
    /// The body: what it says if it is JSON, null if it is empty, and its text otherwise. What is no UTF-8 in a text is replaced by `�`.
    pub body: Value,
}

fn redacted<S: Serializer>(headers: &BTreeMap<String, String>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_map(headers.iter().map(|(name, value)| (name, redact::header(name, value))))
}

impl ApiResponse {
    pub(super) fn new(status: u16, headers: &HeaderMap, body: &[u8]) -> Self {
        Self { status, headers: texts(headers), body: value(headers, body) }
    }

    /// The value of a header; upper and lower case are the same.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(&name.to_ascii_lowercase()).map(String::as_str)
    }

    /// Reads the body as a type.
    ///
    /// # Errors
    /// A permanent one with the code `HTTP_BODY` if it is none: the other system would answer the same again.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, StepError> {
        schema::read(&self.body).map_err(|violation| {
            let wanted = std::any::type_name::<T>();
            let status = self.status;
            StepError::permanent(format!(
                "the body of the answer with status {status} is no `{wanted}`: {violation}"
            ))
            .code("HTTP_BODY")
        })
    }
}

/// Without secrets.
impl fmt::Debug for ApiResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let headers: BTreeMap<_, _> =
            self.headers.iter().map(|(name, value)| (name, redact::header(name, value))).collect();
        f.debug_struct("ApiResponse")
            .field("status", &self.status)
            .field("headers", &headers)
            .field("body", &redact::json(&self.body))
            .finish()
    }
}

/// Headers as texts.
pub(super) fn texts(headers: &HeaderMap) -> BTreeMap<String, String> {
    let mut texts = BTreeMap::<String, String>::new();
    for (name, value) in headers {
        let value = String::from_utf8_lossy(value.as_bytes());
        texts
            .entry(name.as_str().to_owned())
            .and_modify(|all| {
                all.push_str(", ");
                all.push_str(&value);
            })
            .or_insert_with(|| value.clone().into_owned());
    }
    texts
}

/// A body as JSON: what it says, if its type says that it is JSON or says nothing.
pub(super) fn value(headers: &HeaderMap, body: &[u8]) -> Value {
    if body.is_empty() {
        return Value::Null;
    }
    let content_type = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    if content_type.is_none_or(is_json)
        && let Ok(value) = serde_json::from_slice(body)
    {
        return value;
    }
    String::from_utf8_lossy(body).into_owned().into()
}

/// Whether a `Content-Type` is `application/json`, or one such as `application/problem+json`.
pub(super) fn is_json(content_type: &str) -> bool {
    let kind = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    kind.rsplit('/').next().is_some_and(|subtype| subtype == "json" || subtype.ends_with("+json"))
}

#[cfg(test)]
mod tests {
    use reqwest::header::HeaderValue;
    use serde_json::json;

    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.append(*name, HeaderValue::from_static(value));
        }
        headers
    }

    #[test]
    fn a_body_is_json_where_its_type_does_not_say_otherwise() {
        for (content_type, body, value) in [
            (Some("application/json; charset=utf-8"), "{\"a\":1}", json!({"a": 1})),
            (Some("application/problem+json"), "[1]", json!([1])),
            (None, "5", json!(5)),
            (Some("text/plain"), "5", json!("5")),
            (Some("application/json"), "<html>", json!("<html>")),
            (Some("application/json"), "", Value::Null),
            (None, "\u{feff}x", json!("\u{feff}x")),
        ] {
            let headers = content_type.map_or_else(HeaderMap::new, |kind| headers(&[("content-type", kind)]));
            assert_eq!(super::value(&headers, body.as_bytes()), value, "{content_type:?} {body}");
        }
        assert_eq!(super::value(&HeaderMap::new(), b"\xffx"), "\u{fffd}x");
    }

    #[test]
    fn secrets_in_headers_are_there_for_the_step_and_are_not_stored() {
        let response = ApiResponse::new(
            200,
            &headers(&[("Set-Cookie", "a=1"), ("Set-Cookie", "b=2"), ("X-Id", "7")]),
            b"",
        );
        assert_eq!(response.header("set-cookie"), Some("a=1, b=2"));
        let stored = serde_json::to_value(&response).unwrap();
        assert_eq!(
            stored,
            json!({"status": 200, "headers": {"set-cookie": "[redacted]", "x-id": "7"}, "body": null})
        );
        assert!(!format!("{response:?}").contains("a=1"));
        let read: ApiResponse = serde_json::from_value(stored).unwrap();
        assert_eq!(read.header("X-ID"), Some("7"));
    }

    #[test]
    fn a_body_of_another_type_is_a_permanent_error_with_its_place() {
        let response =
            ApiResponse { status: 200, headers: BTreeMap::new(), body: json!({"cents": [1, "2"]}) };
        let error = response.json::<BTreeMap<String, Vec<u8>>>().unwrap_err();
        assert!(error.is_permanent() && error.error_code() == Some("HTTP_BODY"));
        assert!(error.message().contains("/cents/1"), "{error}");
        assert_eq!(response.json::<Value>().unwrap(), response.body);
    }
}
