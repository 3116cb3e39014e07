//! What an API step calls, and how.

mod check;
mod read;
mod written;

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use schemars::JsonSchema;
use serde::Serialize;
use serde::de::{Deserialize, Deserializer, Error as _};
use serde_json::{Map, Value};

use super::{Backoff, Method, redact, shown};
use crate::def::{Variables, place_in};
use crate::{StepDef, StepMistake, StepMistakes};
pub(super) use check::header_mistake;
use written::Written;

/// The settings of an API step: the `handler_config` of `type: api` in a task file, or `Config<ApiConfig>` of a step in Rust.
///
/// | key | default | |
/// |---|---|---|
/// | `type` | `api` | tells the settings of an API step from others; nothing else is allowed |
/// | `url` | required | `http` or `https`; `{name}` is replaced by a value of the task, percent-encoded; a user and password in it are sent as `Authorization`, unless there is that header |
/// | `method` | `GET` | `GET`, `HEAD`, `POST`, `PUT`, `PATCH`, `DELETE` or `OPTIONS` |
/// | `params` | none | added to the query of the URL; lists and objects as Rails reads them |
/// | `headers` | `Accept`, and with a body `Content-Type`, `application/json`; `X-Correlation-ID`, the [correlation id](crate::CorrelationId) of the task; `traceparent`, the span that makes the call, or else the one that asked for the task | |
/// | `body` | none | sent as JSON, or as a form if that is the `Content-Type` |
/// | `timeout` | 30 | seconds for the whole call, redirects and the body of the answer included |
/// | `ssl` | | `verify: false` trusts any certificate; `ca_file`, a PEM file, is trusted instead of the system's authorities; one of the two |
/// | `enable_exponential_backoff` | `true` | whether waits grow, as [`Backoff`] says, from `retry_delay` on; otherwise each is `retry_delay` |
/// | `retry_delay` | 1 | seconds until the second execution, and where waits do not grow between any two |
/// | `jitter_factor` | 0.1 | the part of such a wait that is chance, to either side |
/// | `retries` | none | executions after which a failure is final, where the step's own limit is higher; the first one counts, and so does one that was lost with its worker |
/// | `max_response_bytes` | 1048576 | the longest answer that is read |
///
/// Where one of the three keys about waits is there (`enable_exponential_backoff: true`, the default, is as none), such a wait follows on every
/// failure that may pass. Otherwise it follows on the answers 429 and 503 alone, and all others wait as the retry policy of the step says. In
/// either case a `Retry-After` of 429 or 503 goes before, and the request has to know its [attempt](super::ApiRequest::attempt).
///
/// Texts in `url`, `params`, `headers` and `body` may have placeholders: `{order_id}`, `{fetch_cart.items.0.sku}`. A text that is nothing else becomes
/// the value itself; `{{order_id}}` is that text. [`ApiRequest::values`](super::ApiRequest::values) gives the values. What a variable of a task file
/// holds is sent as it is, with every brace, and is shown by the variable's name.
///
/// Settings are checked as a whole when they are read, and again when they are used. [`Debug`] shows no secrets, and serialization shows them:
/// the configuration of a step is part of its definition, so give secrets [to the request](super::ApiRequest::header) where you can.
///
/// ```
/// use tasker_core::http::{ApiConfig, Method};
///
/// let config: ApiConfig = serde_json::from_str(
///     r#"{"type": "api", "url": "https://shop.example/carts/{cart_id}", "timeout": 15, "headers": {"X-Api-Key": "s3cret"}}"#,
/// )?;
/// assert_eq!(config, ApiConfig::new(Method::Get, "https://shop.example/carts/{cart_id}").timeout_secs(15).header("X-Api-Key", "s3cret"));
/// assert!(!format!("{config:?}").contains("s3cret"));
///
/// let wrong = serde_json::from_str::<ApiConfig>(r#"{"url": "shop.example", "timout": 15}"#).unwrap_err();
/// assert!(wrong.to_string().contains("did you mean `timeout`?"));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, PartialEq, Serialize, JsonSchema)]
#[serde(into = "Written")]
#[schemars(with = "Written")]
pub struct ApiConfig {
    pub(super) url: String,
    pub(super) method: Method,
    pub(super) params: Map<String, Value>,
    pub(super) headers: BTreeMap<String, String>,
    pub(super) body: Option<Value>,
    pub(super) timeout: Duration,
    pub(super) ssl: Ssl,
    pub(super) growing: bool,
    pub(super) retry_delay: Option<Duration>,
    pub(super) jitter: Option<f64>,
    pub(super) retries: Option<u32>,
    pub(super) max_response_bytes: u64,
    /// Where in its texts variables of a task file stand.
    pub(super) variables: Variables,
}

/// How the other system proves who it is.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub(crate) enum Ssl {
    /// By a certificate that an authority of the system signed.
    #[default]
    System,
    /// By a certificate that an authority in this file signed.
    CaFile(PathBuf),
    /// Not at all.
    Unverified,
}

/// Why settings cannot be used; each mistake names its key and says how to mend it. It shows no values that may be secret.
#[derive(Clone, PartialEq, Eq, thiserror::Error)]
#[error("the settings of the API step cannot be used: {}", mistakes.join("; "))]
pub struct ApiConfigError {
    mistakes: Vec<String>,
}

impl ApiConfigError {
    pub(super) fn one(mistake: impl Into<String>) -> Self {
        Self { mistakes: vec![mistake.into()] }
    }

    fn of(mistakes: &[StepMistake]) -> Self {
        Self { mistakes: mistakes.iter().map(ToString::to_string).collect() }
    }

    /// Every mistake found.
    #[must_use]
    pub fn mistakes(&self) -> &[String] {
        &self.mistakes
    }
}

impl ApiConfig {
    const TIMEOUT: Duration = Duration::from_secs(30);
    const RETRY_DELAY: Duration = Duration::from_secs(1);
    const MAX_RESPONSE_BYTES: u64 = 1 << 20;

    /// The settings that the description of a step has, for [`StepHandler::check`](crate::StepHandler::check).
    ///
    /// # Errors
    /// With every mistake and its place, without values that may be secret.
    pub fn of_step(step: &StepDef) -> Result<Self, StepMistakes> {
        let config = step
            .config()
            .ok_or_else(|| StepMistake::new("it has no configuration").help("give it one with a `url`"))?;
        step.while_reading(|| Self::read(config, step.config_as_written()))
    }

    /// Reads settings; `written` is what may be shown of them, where something in them may not.
    pub(crate) fn read(value: &Value, written: Option<&Value>) -> Result<Self, StepMistakes> {
        read::read(value, written)
    }

    /// Calls a URL with a method; everything else is as the table above says.
    pub fn new(method: Method, url: impl Into<String>) -> Self {
        Self {
            url: url.into(),
            method,
            params: Map::new(),
            headers: BTreeMap::new(),
            body: None,
            timeout: Self::TIMEOUT,
            ssl: Ssl::default(),
            growing: true,
            retry_delay: None,
            jitter: None,
            retries: None,
            max_response_bytes: Self::MAX_RESPONSE_BYTES,
            variables: Variables::default(),
        }
    }

    /// Reads a URL.
    pub fn get(url: impl Into<String>) -> Self {
        Self::new(Method::Get, url)
    }

    /// Sends a body to a URL.
    pub fn post(url: impl Into<String>, body: impl Into<Value>) -> Self {
        Self::new(Method::Post, url).body(body)
    }

    /// Adds a parameter to the query, or replaces it.
    #[must_use]
    pub fn param(mut self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        self.params.insert(name.into(), value.into());
        self
    }

    /// Adds a header, or replaces it.
    #[must_use]
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.headers.insert(name.into(), value.into());
        self
    }

    /// Sets the body.
    #[must_use]
    pub fn body(mut self, body: impl Into<Value>) -> Self {
        self.body = Some(body.into());
        self
    }

    /// Sets how long the whole call may take.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Sets how long the whole call may take, in seconds.
    #[must_use]
    pub fn timeout_secs(self, seconds: u64) -> Self {
        self.timeout(Duration::from_secs(seconds))
    }

    /// Trusts the authorities in a PEM file, and no others. It is read with the first call that needs it.
    #[must_use]
    pub fn ca_file(mut self, path: impl Into<PathBuf>) -> Self {
        self.ssl = Ssl::CaFile(path.into());
        self
    }

    /// Trusts any certificate, so that anybody on the way can read and change what is sent. For tests.
    #[must_use]
    pub fn danger_without_verification(mut self) -> Self {
        self.ssl = Ssl::Unverified;
        self
    }

    /// Sets the first wait, from which the others grow.
    #[must_use]
    pub fn retry_delay(mut self, first: Duration) -> Self {
        self.retry_delay = Some(first);
        self
    }

    /// Waits equally long after each execution that failed and may be repeated, in place of waits that grow.
    #[must_use]
    pub fn constant_backoff(mut self, wait: Duration) -> Self {
        (self.growing, self.retry_delay) = (false, Some(wait));
        self
    }

    /// Sets the part of a wait that is chance, to either side.
    #[must_use]
    pub fn jitter_factor(mut self, factor: f64) -> Self {
        self.jitter = Some(factor);
        self
    }

    /// Sets after how many executions a failure is final.
    #[must_use]
    pub fn retries(mut self, executions: u32) -> Self {
        self.retries = Some(executions);
        self
    }

    /// Sets how long the body of an answer may be.
    #[must_use]
    pub fn max_response_bytes(mut self, bytes: u64) -> Self {
        self.max_response_bytes = bytes;
        self
    }

    /// The waits after 429 and 503 that do not say how long, and, if the settings say something of waits, after every failure that may pass.
    #[must_use]
    pub fn backoff(&self) -> Backoff {
        let delay = self.retry_delay.unwrap_or(Self::RETRY_DELAY);
        let backoff = if self.growing { Backoff::growing_from(delay) } else { Backoff::constant(delay) };
        backoff.jitter(self.jitter.unwrap_or(Backoff::JITTER))
    }

    /// Whether the waits are for every failure that may pass.
    pub(super) fn says_how_to_wait(&self) -> bool {
        !self.growing || self.retry_delay.is_some() || self.jitter.is_some()
    }

    /// After how many executions a failure is final, if the settings say so; whoever makes a step of them sets its limit to that.
    #[must_use]
    pub fn retry_limit(&self) -> Option<u32> {
        self.retries
    }
}

impl ApiConfig {
    fn shown_header(&self, name: &str, value: &str) -> String {
        let value = shown::text(value, &place_in("/headers", name), &self.variables);
        redact::header(name, &value).into_owned()
    }
}

impl<'de> Deserialize<'de> for ApiConfig {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = Value::deserialize(deserializer)?;
        read::read(&value, None).map_err(|mistakes| D::Error::custom(ApiConfigError::of(mistakes.mistakes())))
    }
}

/// Without secrets.
impl fmt::Debug for ApiConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let headers: BTreeMap<_, _> =
            self.headers.iter().map(|(name, value)| (name, self.shown_header(name, value))).collect();
        let json = |value, place| redact::json(&shown::json(value, place, &self.variables));
        f.debug_struct("ApiConfig")
            .field("method", &self.method)
            .field("url", &shown::template(self))
            .field("params", &json(&Value::Object(self.params.clone()), "/params"))
            .field("headers", &headers)
            .field("body", &self.body.as_ref().map(|body| json(body, "/body")))
            .field("timeout", &self.timeout)
            .field("ssl", &self.ssl)
            .field("enable_exponential_backoff", &self.growing)
            .field("retry_delay", &self.retry_delay)
            .field("jitter_factor", &self.jitter)
            .field("retries", &self.retries)
            .field("max_response_bytes", &self.max_response_bytes)
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_text_for_debugging_has_no_secrets() {
        let config = ApiConfig::post(
            "https://ann:s3cret@x.example/?token=s3cret&page=2",
            json!({"password": "s3cret", "name": "Ann"}),
        )
        .header("Authorization", "Bearer s3cret")
        .header("Accept", "text/plain")
        .param("api_key", "s3cret")
        .param("user", json!({"pwd": "s3cret"}));
        let shown = format!("{config:?}");
        assert!(!shown.contains("s3cret") && !shown.contains("ann"), "{shown}");
        for kept in ["x.example", "page=2", "text/plain", "Authorization", "Ann"] {
            assert!(shown.contains(kept), "{kept} in {shown}");
        }
    }

    #[test]
    fn settings_become_waits() {
        let config = ApiConfig::get("http://x.example");
        assert_eq!(config.backoff(), Backoff::growing());
        let slower = config.clone().retry_delay(Duration::from_secs(5));
        assert_eq!(slower.backoff(), Backoff::growing_from(Duration::from_secs(5)));
        let constant = config.constant_backoff(Duration::from_secs(5)).jitter_factor(0.0);
        assert_eq!(constant.backoff(), Backoff::constant(Duration::from_secs(5)).jitter(0.0));
    }
}
