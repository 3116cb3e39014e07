//! What is kept of secrets: their names, and `[redacted]`.
//!
//! Errors, logs and events are read by more people than may know a password. What is said in them goes through a [`Redaction`]: what a step says
//! when it fails, before it is stored; what is logged; what is told of events as JSON; what is shown of calls over HTTP. It goes by names,
//! so a secret under an innocent name, or in the middle of a sentence, is not found. Results, contexts and what else an application stores are
//! its own data, and stay as they are.

mod name;
mod outlets;
mod text;

use std::borrow::Cow;
use std::sync::Arc;

use serde_json::Value;

use name::Name;

/// What stands in the place of a secret.
pub(crate) const REDACTED: &str = "[redacted]";

/// Which names are those of secrets, and what is shown of what has such a name: `[redacted]`.
///
/// The usual names are known: those with `password`, `secret`, `token`, `credential`, `signature`, `authorization` or the like in them, and those that
/// end in a word such as `key`, `auth`, `pass`, `pin`, `session` or `cookie`. An application adds its own, once for all that a Tasker stores, tells and logs
/// ([`TaskerBuilder::redact`](crate::TaskerBuilder::redact)), and may use it for what it shows itself.
///
/// ```
/// use serde_json::json;
/// use tasker_core::Redaction;
///
/// let redaction = Redaction::new().hide(["card_number", "iban"]).show(["idempotency_key"]);
/// // Case, `-` and `_` make no difference, and neither does what the name is a part of.
/// assert!(redaction.is_secret("cardNumber") && redaction.is_secret("customer.Card-Number") && redaction.is_secret("api_key"));
/// assert!(!redaction.is_secret("idempotency_key") && !redaction.is_secret("keyword"));
///
/// let mut order = json!({"id": 7, "payment": {"iban": "DE02120300000000202051", "password": "hunter2"}});
/// redaction.json(&mut order);
/// assert_eq!(order, json!({"id": 7, "payment": {"iban": "[redacted]", "password": "[redacted]"}}));
///
/// let said = "refused: iban=DE02120300000000202051, Authorization: Bearer abc1";
/// assert_eq!(redaction.text(said), "refused: iban=[redacted], Authorization: [redacted]");
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Redaction {
    /// The letters of names.
    hidden: Arc<[String]>,
    shown: Arc<[String]>,
}

/// Why something is hidden.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Secrecy {
    None,
    /// Its name is like that of a secret.
    Usual,
    /// The application said so.
    Told,
}

/// What becomes of JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Care {
    /// Nothing of a secret is left.
    Hide,
    /// What has a usual name and is no text stays: whoever reads it by its type can do so.
    KeepTypes,
}

impl Redaction {
    /// One that knows the usual names.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Hides what has these names, too, or a name with one of them as words in it: `iban` stands for `customer_iban` and `ibanOfSender`, and
    /// not for `caliban`. A name without letters and digits is none.
    #[must_use]
    pub fn hide<N: AsRef<str>>(mut self, names: impl IntoIterator<Item = N>) -> Self {
        self.hidden = joined(&self.hidden, names.into_iter().map(|name| Name::of(name.as_ref()).letters));
        self
    }

    /// Shows what has just these names, though they look like those of secrets, or are among those to be hidden.
    #[must_use]
    pub fn show<N: AsRef<str>>(mut self, names: impl IntoIterator<Item = N>) -> Self {
        self.shown = joined(&self.shown, names.into_iter().map(|name| Name::of(name.as_ref()).letters));
        self
    }

    /// The names of both.
    #[must_use]
    pub(crate) fn and(mut self, other: &Self) -> Self {
        self.hidden = joined(&self.hidden, other.hidden.iter().cloned());
        self.shown = joined(&self.shown, other.shown.iter().cloned());
        self
    }

    /// Whether a name, of a field or of a parameter, is that of a secret.
    #[must_use]
    pub fn is_secret(&self, name: &str) -> bool {
        self.secrecy(name) != Secrecy::None
    }

    fn secrecy(&self, name: &str) -> Secrecy {
        let name = Name::of(name);
        if self.shown.contains(&name.letters) {
            Secrecy::None
        } else if self.hidden.iter().any(|told| name.has(told)) {
            Secrecy::Told
        } else if name.is_usual() {
            Secrecy::Usual
        } else {
            Secrecy::None
        }
    }

    /// A text as it may be shown: without what stands behind the name of a secret and `=` or `:`, in forms, headers, JSON, XML and what
    /// Rust prints for debugging, without what follows `Bearer` or `Basic`, and without users and passwords of URLs.
    ///
    /// Where a value ends is a guess that takes too much rather than too little. A text without a secret costs one look at it.
    #[must_use]
    pub fn text<'t>(&self, text: &'t str) -> Cow<'t, str> {
        text::text(self, text)
    }

    /// Takes the secrets out of JSON, at whatever depth: fields with such names have no value, unless it was null or, with a usual name, a boolean, and texts are treated
    /// as [`text`](Self::text) does.
    pub fn json(&self, value: &mut Value) {
        self.walk(value, Care::Hide);
    }

    /// The same for what others may read by its type: of what has a usual name only texts are hidden. Whether there was anything.
    pub(crate) fn json_of_same_types(&self, value: &mut Value) -> bool {
        self.walk(value, Care::KeepTypes)
    }

    fn walk(&self, value: &mut Value, care: Care) -> bool {
        match value {
            Value::Object(fields) => fields.iter_mut().fold(false, |changed, (name, value)| {
                let now = match (self.secrecy(name), &*value) {
                    (Secrecy::None, _) => self.walk(value, care),
                    (_, Value::Null) | (Secrecy::Usual, Value::Bool(_)) => false,
                    (Secrecy::Usual, _) if care == Care::KeepTypes => hide_texts(value),
                    _ => {
                        *value = REDACTED.into();
                        true
                    }
                };
                changed | now
            }),
            Value::Array(items) => {
                items.iter_mut().fold(false, |changed, item| changed | self.walk(item, care))
            }
            // It may be a form, or JSON once more.
            Value::String(said) => {
                let Cow::Owned(shown) = self.text(said) else { return false };
                *said = shown;
                true
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => false,
        }
    }
}

fn hide_texts(value: &mut Value) -> bool {
    match value {
        Value::String(text) => {
            REDACTED.clone_into(text);
            true
        }
        Value::Array(items) => items.iter_mut().fold(false, |changed, item| changed | hide_texts(item)),
        Value::Object(fields) => fields.values_mut().fold(false, |changed, item| changed | hide_texts(item)),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

fn joined(known: &[String], more: impl Iterator<Item = String>) -> Arc<[String]> {
    let mut all = known.to_vec();
    for name in more {
        if !name.is_empty() && !all.contains(&name) {
            all.push(name);
        }
    }
    all.into()
}

/// Hides what has these names.
impl<N: AsRef<str>, const COUNT: usize> From<[N; COUNT]> for Redaction {
    fn from(names: [N; COUNT]) -> Self {
        Self::new().hide(names)
    }
}

/// Hides what has these names.
impl<N: AsRef<str>> From<Vec<N>> for Redaction {
    fn from(names: Vec<N>) -> Self {
        Self::new().hide(names)
    }
}

/// Hides what has these names.
impl<N: AsRef<str>> From<&[N]> for Redaction {
    fn from(names: &[N]) -> Self {
        Self::new().hide(names)
    }
}

impl From<&Self> for Redaction {
    fn from(same: &Self) -> Self {
        same.clone()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn fields_with_secrets_are_hidden_however_deep() {
        let mut body = json!({"error": "no", "token_expired": true, "request": [{"password": "pw", "name": "Ann"}], "secret": {"a": 1}, "token": null, "pin_token": 12});
        Redaction::new().json(&mut body);
        assert_eq!(
            body,
            json!({"error": "no", "token_expired": true, "request": [{"password": REDACTED, "name": "Ann"}], "secret": REDACTED, "token": null, "pin_token": REDACTED})
        );
    }

    #[test]
    fn texts_in_json_are_looked_through() {
        let mut body = json!(["a=1&token=2", {"sent": "{\"password\":\"pw\"}"}]);
        Redaction::new().json(&mut body);
        assert_eq!(body, json!(["a=1&token=[redacted]", {"sent": "{\"password\":\"[redacted]\"}"}]));
    }

    #[test]
    fn what_the_application_names_is_hidden_whatever_it_is() {
        let redaction = Redaction::from(["iban", "Card-Number", "", "--"]);
        let mut body = json!({"customerIban": {"a": 1}, "cardNumber": 4111, "card": {"number": 1}, "IBAN": true, "iban_of": null, "": 1});
        redaction.json(&mut body);
        assert_eq!(
            body,
            json!({"customerIban": REDACTED, "cardNumber": REDACTED, "card": {"number": 1}, "IBAN": REDACTED, "iban_of": null, "": 1})
        );
    }

    #[test]
    fn what_is_read_by_its_type_keeps_it_unless_the_application_named_it() {
        let redaction = Redaction::from(vec!["iban"]);
        let mut body = json!({"token": 7, "secret": {"a": [1, "x"]}, "password": "pw", "iban": 5, "n": 1});
        assert!(redaction.json_of_same_types(&mut body));
        assert_eq!(
            body,
            json!({"token": 7, "secret": {"a": [1, REDACTED]}, "password": REDACTED, "iban": REDACTED, "n": 1})
        );
        let mut plain = json!({"token": 7, "said": "hello", "password": null, "list": [1, {"a": "b"}]});
        assert!(!redaction.json_of_same_types(&mut plain));
    }

    #[test]
    fn names_that_are_to_be_shown_are() {
        let redaction =
            Redaction::new().show(["routing_key"]).and(&Redaction::from(["iban"]).show(["my-iban"]));
        assert!(!redaction.is_secret("routingKey") && !redaction.is_secret("my_iban"));
        assert!(redaction.is_secret("iban") && redaction.is_secret("old_routing_key"), "just these");
        assert_eq!(redaction.text("routing_key=a key=b"), "routing_key=a key=[redacted]");
    }
}
