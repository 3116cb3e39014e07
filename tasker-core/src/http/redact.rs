//! What may be shown of calls over HTTP: of URLs, headers and bodies.
//!
//! Whatever of a call is stored with an error, or shown, goes through here, by the names that [`Redaction`] knows. The result of a step is none of
//! this: it is what the step asked for.

use std::borrow::Cow;

use serde_json::{Map, Value};

use crate::Redaction;
use crate::redact::REDACTED;

/// Whether a name, of a parameter or of a field, is that of a secret.
fn is_secret(name: &str) -> bool {
    Redaction::new().is_secret(name)
}

/// Whether a header is a secret.
pub(super) fn is_secret_header(name: &str) -> bool {
    name.split('-').any(|word| word.eq_ignore_ascii_case("auth")) || is_secret(name)
}

/// A text as it may be shown.
pub(super) fn text(text: &str) -> String {
    Redaction::new().text(text).into_owned()
}

/// The value of a header as it may be shown.
pub(super) fn header<'v>(name: &str, value: &'v str) -> Cow<'v, str> {
    if is_secret_header(name) {
        return REDACTED.into();
    }
    match name.to_ascii_lowercase().as_str() {
        "location" | "content-location" | "referer" => url(value).into(),
        _ => value.into(),
    }
}

/// A URL as it may be shown: without its user and password, its fragment, and the values of parameters with the names of secrets. It may be
/// a template, or no URL at all.
pub(super) fn url(url: &str) -> String {
    let (rest, fragment) = url.split_once('#').map_or((url, ""), |(rest, fragment)| (rest, fragment));
    let (place, query) = rest.split_once('?').map_or((rest, None), |(place, query)| (place, Some(query)));
    let mut shown = without_user(place);
    if let Some(query) = query {
        let parameters: Vec<Cow<'_, str>> = query.split('&').map(parameter).collect();
        shown.push('?');
        shown.push_str(&parameters.join("&"));
    }
    if !fragment.is_empty() {
        shown.push('#');
        shown.push_str(REDACTED);
    }
    shown
}

fn without_user(place: &str) -> String {
    let (scheme, rest) = match place.find("//") {
        Some(at) => place.split_at(at + 2),
        None => ("", place),
    };
    let authority = rest.find(['/', '\\']).unwrap_or(rest.len());
    match rest[..authority].rfind('@') {
        Some(at) if !scheme.is_empty() => format!("{scheme}{REDACTED}{}", &rest[at..]),
        _ => place.to_owned(),
    }
}

fn parameter(parameter: &str) -> Cow<'_, str> {
    match parameter.split_once('=') {
        Some((name, value)) if !value.is_empty() && is_secret(name) => format!("{name}={REDACTED}").into(),
        _ => parameter.into(),
    }
}

/// Parameters as they may be shown. Every name counts here that does in a URL.
pub(super) fn params(params: &Map<String, Value>) -> Value {
    json(&Value::Object(params.clone()))
}

/// JSON as it may be shown.
pub(super) fn json(value: &Value) -> Value {
    let mut shown = value.clone();
    Redaction::new().json(&mut shown);
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_with_secrets_are_known() {
        for name in [
            "Authorization",
            "proxy-authorization",
            "Cookie",
            "SET-COOKIE",
            "X-API-Key",
            "Api-Key",
            "X-Auth-Token",
            "X-Auth-Email",
            "X-Session",
            "X-Hub-Signature-256",
            "X-Vault-Token",
            "Ocp-Apim-Subscription-Key",
        ] {
            assert_eq!(header(name, "s3cret"), REDACTED, "{name}");
        }
        for name in
            ["Content-Type", "Accept", "Retry-After", "X-Request-Id", "ETag", "Idempotency-Keys", "Author"]
        {
            assert_eq!(header(name, "plain"), "plain", "{name}");
        }
    }

    #[test]
    fn a_url_is_shown_without_its_secrets() {
        for (written, shown) in [
            ("https://api.example/orders?page=2", "https://api.example/orders?page=2"),
            ("https://ann:pw@api.example/x", "https://[redacted]@api.example/x"),
            ("https://ann@api.example:8443", "https://[redacted]@api.example:8443"),
            ("https://a:b@c@api.example/x@y", "https://[redacted]@api.example/x@y"),
            ("//ann:pw@api.example/x", "//[redacted]@api.example/x"),
            (
                "https://api.example/x?api_key=1&q=a&token=2",
                "https://api.example/x?api_key=[redacted]&q=a&token=[redacted]",
            ),
            ("https://api.example/x?token", "https://api.example/x?token"),
            ("https://api.example/cb#access_token=1", "https://api.example/cb#[redacted]"),
            (
                "https://u:p@{region}.example/{id}?key={key}",
                "https://[redacted]@{region}.example/{id}?key=[redacted]",
            ),
            ("/next?sig=abc", "/next?sig=[redacted]"),
            ("mail@example", "mail@example"),
            ("", ""),
        ] {
            assert_eq!(url(written), shown);
        }
        assert_eq!(header("Location", "/done?token=abc"), "/done?token=[redacted]");
    }
}
