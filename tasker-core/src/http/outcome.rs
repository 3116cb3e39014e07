//! What an answer means for its step: the rules of Ruby Tasker's response processor.
//!
//! | status | |
//! |---|---|
//! | 200 to 226 | the step has its result |
//! | 400, 401, 403, 404, 422 | a permanent error: the same call would be refused again |
//! | 429, 503 | try again after what `Retry-After` says, or after the backoff |
//! | anything else | try again, after the wait that the settings ask for, or that of the step's retry policy |

use std::time::Duration;

use reqwest::StatusCode;
use reqwest::header::RETRY_AFTER;
use serde_json::{Map, Value, json};

use super::breaker::{CircuitOpen, Report};
use super::exchange::{Received, is_good};
use super::shown::Hidden;
use super::trouble::Trouble;
use super::{ApiConfig, ApiRequest, ApiResponse, redact, response, retry_after};
use crate::{Attempt, StepError, Timestamp};

/// How much of the body of an answer is kept with an error, and how much of its headers.
const MOST_OF_BODY: usize = 4 << 10;
const MOST_OF_HEADERS: usize = 8 << 10;

/// What belongs to every error of one call.
pub(super) struct Call<'c> {
    /// Method and URL, without secrets.
    pub(super) shown: String,
    pub(super) config: &'c ApiConfig,
    pub(super) attempt: Option<Attempt>,
    pub(super) system: Option<&'c str>,
    pub(super) now: Timestamp,
    /// From 0 to 1.
    pub(super) chance: f64,
    /// The values of variables, which an answer may repeat.
    hidden: Hidden,
}

impl<'c> Call<'c> {
    pub(super) fn new(request: &'c ApiRequest, shown: String, now: Timestamp, chance: f64) -> Self {
        let ApiRequest { config, attempt, system, .. } = request;
        Self {
            shown,
            config,
            attempt: *attempt,
            system: system.as_deref(),
            now,
            chance,
            hidden: Hidden::new(&config.variables),
        }
    }

    /// What a call came to.
    pub(super) fn outcome(&self, exchanged: Result<Received, Trouble>) -> Result<ApiResponse, StepError> {
        match exchanged {
            Ok(answer) if is_good(answer.status) => {
                Ok(ApiResponse::new(answer.status.as_u16(), &answer.headers, &answer.body))
            }
            Ok(answer) => Err(self.refused(&answer)),
            Err(trouble) => Err(self.trouble(&trouble)),
        }
    }

    fn refused(&self, answer: &Received) -> StepError {
        let status = answer.status.as_u16();
        let said = answer.status.canonical_reason().unwrap_or("a status without a name");
        let message = format!("{} answered {status} ({said})", self.shown);
        let mut facts = self.facts();
        facts.insert("response_status".to_owned(), status.into());
        facts.insert("response_headers".to_owned(), self.hidden.hide_json(&headers(answer)));
        facts.insert("response_body".to_owned(), self.body(answer));
        let error = match status {
            400 | 401 | 403 | 404 | 422 => StepError::permanent(message),
            429 | 503 => {
                let asked = answer.headers.get(RETRY_AFTER).and_then(|value| value.to_str().ok());
                let asked = asked.and_then(|header| retry_after::parse(header, self.now));
                if let Some(asked) = asked {
                    facts.insert("retry_after".to_owned(), asked.as_secs_f64().into());
                }
                self.retryable(&message, asked.or_else(|| self.backoff()))
            }
            _ => self.retryable(&message, self.wait()),
        };
        error.code(format!("HTTP_{status}")).context(facts)
    }

    fn trouble(&self, trouble: &Trouble) -> StepError {
        let told = trouble.to_string();
        let told = self.hidden.hide(&told);
        let message = match trouble {
            // Where there is no URL yet, the settings are what the message is about.
            Trouble::Config(_) if self.shown.is_empty() => told.into_owned(),
            Trouble::Config(_) | Trouble::Client(_) | Trouble::Request(_) => {
                format!("{} was not called: {told}", self.shown)
            }
            _ => format!("{} {told}", self.shown),
        };
        let error = if trouble.is_permanent() {
            StepError::permanent(message)
        } else {
            self.retryable(&message, self.wait())
        };
        error.code(trouble.code()).context(self.facts())
    }

    /// The call was not made.
    pub(super) fn held_back(&self, open: &CircuitOpen) -> StepError {
        // Not all who were refused come back at the same moment, so that the probe is over when most of them do.
        let wait = open.wait() + self.config.backoff().spread(open.wait(), self.chance);
        let CircuitOpen { system, state, .. } = open;
        let message = format!(
            "{} was not called: the circuit of `{system}` is open after {} failures in a row, and the system is tried again{}",
            self.shown,
            state.failures,
            state.retry_at.map(|at| format!(" at {at}")).unwrap_or_default(),
        );
        let mut facts = self.facts();
        facts.insert("retry_after".to_owned(), wait.as_secs_f64().into());
        self.retryable(&message, Some(wait)).code("CIRCUIT_OPEN").context(facts)
    }

    /// An error that may pass, unless `retries` of the settings says that this was the last execution.
    fn retryable(&self, message: &str, wait: Option<Duration>) -> StepError {
        match (self.config.retries, self.attempt, wait) {
            (Some(most), Some(Attempt(attempt)), _) if attempt >= most => StepError::permanent(format!(
                "{message}; this was execution {attempt}, and `retries` of the settings allows {most}"
            )),
            (_, _, Some(wait)) => StepError::retryable_after(message, wait),
            (_, _, None) => StepError::retryable(message),
        }
    }

    /// The body of an answer without secrets: as it is if it is short, and the beginning of its text otherwise.
    fn body(&self, answer: &Received) -> Value {
        // Some that send JSON call it a text. What was cut is none.
        let parsed = serde_json::from_slice::<Value>(&answer.body).ok().filter(|_| !answer.cut);
        let shown = match parsed.filter(|parsed| parsed.is_object() || parsed.is_array()) {
            Some(parsed) => redact::json(&self.hidden.hide_json(&parsed)),
            None => match response::value(&answer.headers, &answer.body) {
                Value::String(text) => redact::text(&self.hidden.hide(&text)).into(),
                short => short,
            },
        };
        let mut text = match shown {
            Value::String(text) => text,
            shown => {
                let text = shown.to_string();
                if text.len() <= MOST_OF_BODY {
                    return shown;
                }
                text
            }
        };
        let whole = text.len();
        text.truncate(text.floor_char_boundary(MOST_OF_BODY));
        if answer.cut {
            text.push_str(" … (cut)");
        } else if text.len() < whole {
            text.push_str(" …");
        }
        text.into()
    }

    /// The wait after what does not ask for patience, if the settings have one.
    fn wait(&self) -> Option<Duration> {
        self.backoff().filter(|_| self.config.says_how_to_wait())
    }

    /// The wait of the settings, if it is known which one this is.
    fn backoff(&self) -> Option<Duration> {
        self.attempt.map(|Attempt(attempt)| self.config.backoff().wait(attempt, self.chance))
    }

    fn facts(&self) -> Map<String, Value> {
        let mut facts = Map::new();
        if !self.shown.is_empty() {
            facts.insert("request".to_owned(), self.shown.as_str().into());
        }
        if let Some(system) = self.system {
            facts.insert("system".to_owned(), system.into());
        }
        facts
    }
}

/// What a call says of the system that it was for.
pub(super) fn report(exchanged: &Result<Received, Trouble>) -> Report {
    match exchanged {
        Ok(answer) if answer.status.is_server_error() || answer.status == StatusCode::TOO_MANY_REQUESTS => {
            Report::Fails
        }
        Ok(_) => Report::Works,
        Err(trouble) => trouble.report(),
    }
}

/// The headers of an answer, as many as there is room for.
fn headers(answer: &Received) -> Value {
    let mut room = MOST_OF_HEADERS;
    let texts = response::texts(&answer.headers);
    let kept = texts.iter().map(|(name, value)| (name.clone(), redact::header(name, value))).take_while(
        |(name, value)| {
            let size = name.len() + value.len();
            let fits = size <= room;
            room = room.saturating_sub(size);
            fits
        },
    );
    json!(kept.collect::<std::collections::BTreeMap<_, _>>())
}
