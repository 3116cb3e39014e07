//! How a step fails.

use std::borrow::Cow;
use std::fmt::{self, Write};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{Redaction, WorkerId};

/// Why a step did not finish, and whether trying again can help.
///
/// Any error converts into a retryable one, so `?` does what Ruby Tasker does with an exception; what
/// cannot succeed says so with [`permanent`](Self::permanent).
///
/// The error is recorded with the step and in its history before anything else happens; what the step itself
/// did until then is not undone. Secrets in its message and its facts are hidden before, by their names, as [`Redaction`] says.
///
/// ```
/// use std::time::Duration;
/// use tasker_core::StepError;
///
/// fn charge(cents: i64) -> Result<(), StepError> {
///     if cents <= 0 {
///         return Err(StepError::permanent("nothing to charge").code("EMPTY_CART"));
///     }
///     let _: i64 = "1234".parse()?; // retryable, should it fail
///     Err(StepError::retryable_after("the gateway is busy", Duration::from_secs(20)))
/// }
/// assert!(charge(0).unwrap_err().is_permanent());
/// ```
///
/// Like `anyhow::Error` it is not itself a [`std::error::Error`]: that is what lets any error become one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StepError {
    message: String,
    kind: Kind,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    code: Option<String>,
    #[serde(default, skip_serializing_if = "Value::is_null")]
    context: Value,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Kind {
    Retryable,
    RetryableAfter(Duration),
    Permanent,
}

/// The most facts that are stored with an attempt, in bytes of JSON.
const CONTEXT: usize = 64 << 10;

impl StepError {
    /// The key among the [`facts`](Self::facts) of what a handler had [kept](crate::StepContext::keep) before it failed. The facts of
    /// an error that are no object, or have that key already, stand beside it under `context`.
    pub const PARTIAL_RESULTS: &'static str = "partial_results";

    /// Trying again may help: the step runs again after the wait of its retry policy, while its limit lasts.
    pub fn retryable(message: impl fmt::Display) -> Self {
        Self::new(message, Kind::Retryable)
    }

    /// Trying again may help, but not before `wait` has passed, as a `Retry-After` header says. The wait takes the place
    /// of the retry policy's; the limit stays.
    pub fn retryable_after(message: impl fmt::Display, wait: Duration) -> Self {
        Self::new(message, Kind::RetryableAfter(wait))
    }

    /// Trying again cannot help: the step ends in error at once, whatever its limit.
    pub fn permanent(message: impl fmt::Display) -> Self {
        Self::new(message, Kind::Permanent)
    }

    fn new(message: impl fmt::Display, kind: Kind) -> Self {
        Self { message: message.to_string(), kind, code: None, context: Value::Null }
    }

    /// The error of an execution that was lost with its worker.
    #[must_use]
    pub fn worker_lost(worker: WorkerId) -> Self {
        Self::retryable(format!("the worker {worker} died or lost its lease during this execution"))
            .code("WORKER_LOST")
    }

    /// Adds a stable code that programs can tell errors apart by.
    #[must_use]
    pub fn code(mut self, code: impl Into<String>) -> Self {
        self.code = Some(code.into());
        self
    }

    /// Adds facts for whoever looks into it. They are stored, without those that have the names of secrets.
    #[must_use]
    pub fn context(mut self, context: impl Into<Value>) -> Self {
        self.context = context.into();
        self
    }

    /// Without secrets, as it may be stored and shown.
    pub(crate) fn redacted(mut self, redaction: &Redaction) -> Self {
        if let Cow::Owned(shown) = redaction.text(&self.message) {
            self.message = shown;
        }
        redaction.json(&mut self.context);
        self
    }

    /// Cut to what is reasonable to store with every attempt: 8 KiB of message, 64 KiB of context.
    pub(crate) fn bounded(mut self) -> Self {
        bound(&mut self.message);
        let size = self.context.to_string().len();
        if size > CONTEXT {
            self.context =
                format!("a context of {size} bytes of JSON, more than the limit of {CONTEXT}").into();
        }
        self
    }

    /// Adds what a handler had come to before it failed, if there is room for it beside its own facts.
    pub(crate) fn with_partial_results(mut self, partial: Value) -> Self {
        let size = self.context.to_string().len() + partial.to_string().len();
        let partial = if size > CONTEXT {
            format!("not kept: with the facts of the error it is {size} bytes of JSON, more than the limit of {CONTEXT}").into()
        } else {
            partial
        };
        let mut facts = match self.context {
            Value::Null => Map::new(),
            Value::Object(facts) if !facts.contains_key(Self::PARTIAL_RESULTS) => facts,
            other => Map::from_iter([("context".to_owned(), other)]),
        };
        facts.insert(Self::PARTIAL_RESULTS.to_owned(), partial);
        self.context = Value::Object(facts);
        self
    }

    /// What the handler had [kept](crate::StepContext::keep) before it failed.
    #[must_use]
    pub fn partial_results(&self) -> Option<&Value> {
        self.context.get(Self::PARTIAL_RESULTS)
    }

    /// What went wrong.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }

    /// The stable code, if it has one.
    #[must_use]
    pub fn error_code(&self) -> Option<&str> {
        self.code.as_deref()
    }

    /// The facts added with [`context`](Self::context); null where there are none.
    #[must_use]
    pub fn facts(&self) -> &Value {
        &self.context
    }

    /// Whether trying again cannot help.
    #[must_use]
    pub fn is_permanent(&self) -> bool {
        self.kind == Kind::Permanent
    }

    /// The wait that the error itself asks for.
    #[must_use]
    pub fn wait(&self) -> Option<Duration> {
        match self.kind {
            Kind::RetryableAfter(wait) => Some(wait),
            Kind::Retryable | Kind::Permanent => None,
        }
    }
}

impl fmt::Display for StepError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.code {
            Some(code) => write!(f, "{} [{code}]", self.message),
            None => f.write_str(&self.message),
        }
    }
}

/// Retryable, with the error's own text and that of its sources.
impl<E: std::error::Error> From<E> for StepError {
    fn from(error: E) -> Self {
        let mut message = error.to_string();
        let mut source = error.source();
        while let Some(cause) = source {
            let cause_text = cause.to_string();
            if !message.contains(&cause_text) {
                message.push_str(": ");
                message.push_str(&cause_text);
            }
            source = cause.source();
        }
        Self::retryable(message)
    }
}

/// Cuts a message to 8 KiB, and says so.
pub(crate) fn bound(message: &mut String) {
    const MESSAGE: usize = 8 << 10;
    let size = message.len();
    if size > MESSAGE {
        message.truncate(message.floor_char_boundary(MESSAGE));
        let _ = write!(message, " … (cut from {size} bytes)");
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("the order could not be read")]
    struct Outer(#[source] std::num::ParseIntError);

    #[test]
    fn any_error_becomes_a_retryable_one_that_names_its_causes() {
        let error: StepError = Outer("x".parse::<u8>().unwrap_err()).into();
        assert!(!error.is_permanent());
        assert_eq!(error.to_string(), "the order could not be read: invalid digit found in string");
    }

    #[test]
    fn what_is_too_long_to_store_is_cut() {
        let error = StepError::retryable("é".repeat(5_000)).context("x".repeat(70_000)).bounded();
        assert!(error.message().len() < 8_300 && error.message().ends_with("(cut from 10000 bytes)"));
        assert_eq!(error.facts(), "a context of 70002 bytes of JSON, more than the limit of 65536");
        let short = StepError::permanent("no").context(5);
        assert_eq!(short.clone().bounded(), short);
    }

    #[test]
    fn what_was_kept_stands_beside_the_facts_of_the_error() {
        let kept = |context: Value| {
            let error = StepError::retryable("no").context(context).with_partial_results(json!({"a": 1}));
            assert_eq!(error.partial_results(), Some(&json!({"a": 1})));
            error.facts().clone()
        };
        assert_eq!(kept(Value::Null), json!({"partial_results": {"a": 1}}));
        assert_eq!(kept(json!({"url": "/x"})), json!({"url": "/x", "partial_results": {"a": 1}}));
        assert_eq!(kept(json!(5)), json!({"context": 5, "partial_results": {"a": 1}}));
        let mine = json!({"partial_results": 2});
        assert_eq!(kept(mine.clone()), json!({"context": mine, "partial_results": {"a": 1}}));
    }

    #[test]
    fn what_is_too_large_to_keep_costs_no_facts() {
        let error = StepError::permanent("no").context(json!({"url": "/x"}));
        let error = error.bounded().with_partial_results("x".repeat(70_000).into());
        assert_eq!(error.facts()["url"], "/x");
        let told = error.partial_results().and_then(Value::as_str).unwrap();
        assert!(told.starts_with("not kept: ") && told.len() < 200, "{told}");
    }

    #[test]
    fn an_error_reads_back_from_its_json() {
        let error = StepError::retryable_after("busy", Duration::from_secs(7))
            .code("HTTP_503")
            .context(json!({"url": "/stock"}));
        let text = serde_json::to_string(&error).unwrap();
        assert_eq!(serde_json::from_str::<StepError>(&text).unwrap(), error);
    }
}
