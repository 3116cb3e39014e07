//! What is kept of secrets: their names, and `[redacted]`.
//!
//! Errors and logs are read by more people than may know a password. Whatever of a call is stored with an error, or shown, goes through here: the
//! URL, the headers, and the body of an answer that was refused. It goes by names, so a secret under an innocent name, or in the path of a
//! URL, is not found. The result of a step is none of this: it is what the step asked for.

mod text;

use std::borrow::Cow;

use serde_json::{Map, Value};

pub(super) use text::text;

/// What stands in the place of a secret.
pub(super) const REDACTED: &str = "[redacted]";

/// Words that make a name that of a secret wherever they stand in it.
const WORDS: [&str; 10] = [
    "secret",
    "token",
    "passw",
    "passphrase",
    "credential",
    "signature",
    "apikey",
    "authorization",
    "jwt",
    "privatekey",
];

/// Names that are those of secrets as a whole, or behind a `-` or `_`.
const ENDS: [&str; 6] = ["key", "pwd", "auth", "sig", "otp", "session"];

/// Whether a name, of a parameter or of a field, is that of a secret.
pub(super) fn is_secret(name: &str) -> bool {
    let mut name = name.to_lowercase();
    // As they stand in a query.
    for (escaped, character) in [("%5b", "["), ("%5d", "]"), ("%5f", "_"), ("%2d", "-")] {
        name = name.replace(escaped, character);
    }
    let letters: String = name.chars().filter(char::is_ascii_alphanumeric).collect();
    let ends_as_one = |name: &str| {
        let last = name.rsplit(|c: char| !c.is_ascii_alphanumeric()).find(|word| !word.is_empty());
        last.is_some_and(|last| ENDS.contains(&last))
    };
    // `auth[user]` is a secret as `auth` is.
    WORDS.iter().any(|word| letters.contains(word)) || name.split('[').any(ends_as_one)
}

/// Whether a header is a secret.
pub(super) fn is_secret_header(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    matches!(name.as_str(), "cookie" | "set-cookie")
        || name.split('-').any(|word| word == "auth")
        || is_secret(&name)
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

/// JSON as it may be shown: fields with the names of secrets have no value, however deep they are, and neither have names in its texts.
pub(super) fn json(value: &Value) -> Value {
    match value {
        Value::Object(fields) => fields
            .iter()
            .map(|(name, value)| {
                let hidden = is_secret(name) && !matches!(value, Value::Null | Value::Bool(_));
                (name.clone(), if hidden { REDACTED.into() } else { json(value) })
            })
            .collect(),
        Value::Array(items) => items.iter().map(json).collect(),
        // It may be a form, or JSON once more.
        Value::String(written) => text(written).into(),
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn names_of_secrets_are_known() {
        for name in [
            "token",
            "access_token",
            "X-Amz-Security-Token",
            "client_secret",
            "password",
            "passwd",
            "api_key",
            "apiKey",
            "APIKEY",
            "key",
            "X-Amz-Signature",
            "X-Amz-Credential",
            "sig",
            "pwd",
            "auth",
            "oauth_signature",
            "user[password]",
            "auth[user]",
            "auth%5Buser%5D",
            "filter%5Bapi%5Fkey%5D",
            "key[]",
            "id_jwt",
            "private_key",
            "otp",
        ] {
            assert!(is_secret(name), "{name}");
        }
        for name in [
            "id",
            "keyword",
            "key_word[name]",
            "monkey",
            "page",
            "sign",
            "author",
            "keys_count",
            "assigned",
            "design",
            "sessions",
        ] {
            assert!(!is_secret(name), "{name}");
        }
    }

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

    #[test]
    fn fields_with_secrets_are_hidden_however_deep() {
        let body = json!({"error": "no", "token_expired": true, "request": [{"password": "pw", "name": "Ann"}], "secret": {"a": 1}, "token": null});
        assert_eq!(
            json(&body),
            json!({"error": "no", "token_expired": true, "request": [{"password": REDACTED, "name": "Ann"}], "secret": REDACTED, "token": null})
        );
    }
}
