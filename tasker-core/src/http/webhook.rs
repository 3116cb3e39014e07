//! A subscriber that ships: each event is sent to a URL, signed.
//!
//! The form is that of Standard Webhooks (standardwebhooks.com): the headers `webhook-id`, `webhook-timestamp` and `webhook-signature`, which is the
//! HMAC-SHA256 of `id.timestamp.body`, so receivers may use any library for it, or [`WebhookVerifier`]. What goes wrong is an error of the
//! delivery, which the dispatcher repeats in order; there are no retries in here. Secrets and the path of the URL, which may be one, are in no error, log
//! or text for debugging.

mod secret;
mod verify;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, RETRY_AFTER};
use reqwest::{Response, StatusCode, Url};

use super::client::{Clients, Proxies};
use super::config::Ssl;
use super::place;
use super::prepare::{CORRELATION_ID, TRACEPARENT};
use super::retry_after;
use super::trouble::Trouble;
use crate::events::{GiveUp, RetryIn, Subscriber, SubscriberError, SubscriberResult, TaskerEvent};
use crate::{Clock, SystemClock, trace};
pub use secret::WebhookError;
use secret::{Secret, signed};
pub use verify::{WebhookRefused, WebhookVerifier};

/// The headers.
const ID: &str = "webhook-id";
const TIMESTAMP: &str = "webhook-timestamp";
const SIGNATURE: &str = "webhook-signature";

/// Sends events to a URL: a `POST` with the event as JSON, signed as Standard Webhooks has it.
///
/// | header | |
/// |---|---|
/// | `webhook-id` | the id of the event, with `-` for each `.`; the same each time that it is delivered |
/// | `webhook-timestamp` | when this delivery was signed, in seconds since 1970 |
/// | `webhook-signature` | `v1,` and the signature in Base64, of each secret one, with a space between them |
/// | `x-correlation-id` | the correlation id of the task, unless there is [another header](Self::header) of that name |
/// | `traceparent` | the span of the delivery, or else the one that asked for the task, if there is any |
///
/// An answer of 200 to 299 takes the event. 410 gives it up at once; everything else is tried again as the
/// [`Delivery`](crate::events::Delivery) says, with 429 and 503 after the time that their `Retry-After` asks for, of at most five minutes. Redirects are not followed.
///
/// ```
/// use tasker_core::events::Delivery;
/// use tasker_core::http::Webhook;
/// # use tasker_core::{MemoryStore, Tasker};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"; // of the environment
/// let webhook = Webhook::new("https://partner.example/hooks/orders")?.secret(secret)?.events(["task.*"]);
/// let tasker = Tasker::builder(()).store(MemoryStore::new());
/// let tasker = tasker.subscribe_with("partner", webhook, Delivery::default().attempts(30)).build().await?;
/// # tasker.shutdown().await;
/// # Ok(())
/// # }
/// ```
pub struct Webhook {
    url: Url,
    events: Vec<String>,
    secrets: Vec<Secret>,
    headers: HeaderMap,
    timeout: Duration,
    clients: Clients,
    clock: Arc<dyn Clock>,
}

impl Webhook {
    /// One that sends all events to this URL, unsigned as yet.
    ///
    /// # Errors
    /// When it is no URL that begins with `http://` or `https://`, or has a user in it.
    pub fn new(url: &str) -> Result<Self, WebhookError> {
        let url = place::url(url).map_err(WebhookError::Url)?;
        Ok(Self {
            url,
            events: vec!["*".to_owned()],
            secrets: Vec::new(),
            headers: HeaderMap::new(),
            timeout: Duration::from_secs(15),
            clients: Clients::new(Proxies::OfEnvironment),
            clock: Arc::new(SystemClock),
        })
    }

    /// Signs with this secret, and with those given before: while a secret is replaced, there are two. It is `whsec_` and 24 to 64 bytes in
    /// Base64.
    ///
    /// # Errors
    /// When it is no such text.
    pub fn secret(mut self, secret: &str) -> Result<Self, WebhookError> {
        self.secrets.push(Secret::read(secret)?);
        Ok(self)
    }

    /// Sends these events: `task.completed`, `task.*`, `*`. Default: all.
    #[must_use]
    pub fn events<E: Into<String>>(mut self, events: impl IntoIterator<Item = E>) -> Self {
        self.events = events.into_iter().map(Into::into).collect();
        self
    }

    /// Sends a header more.
    ///
    /// # Errors
    /// When it is no header, or one that is written by the webhook itself.
    pub fn header(mut self, name: &str, value: &str) -> Result<Self, WebhookError> {
        let header = HeaderName::try_from(name).map_err(|_| WebhookError::Header(name.to_owned()))?;
        let mut value = HeaderValue::try_from(value).map_err(|_| WebhookError::Header(name.to_owned()))?;
        if [ID, TIMESTAMP, SIGNATURE, "content-type", "content-length", "host"].contains(&header.as_str()) {
            return Err(WebhookError::OwnHeader(name.to_owned()));
        }
        value.set_sensitive(true);
        self.headers.insert(header, value);
        Ok(self)
    }

    /// How long a delivery may take. Default: 15 s. The `timeout` of its [`Delivery`](crate::events::Delivery), 30 s, ends it, too.
    #[must_use]
    pub const fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Does not look at the variables that name proxies.
    #[must_use]
    pub fn without_proxy(mut self) -> Self {
        self.clients = Clients::new(Proxies::None);
        self
    }

    /// Takes the time from here, for tests.
    #[must_use]
    pub fn clock(mut self, clock: impl Clock) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    async fn send(&self, event: &TaskerEvent) -> Result<Response, Trouble> {
        let body = serde_json::to_vec(event).map_err(|error| Trouble::Request(error.to_string()))?;
        let id = event.id.replace('.', "-");
        let seconds = self.clock.now().as_micros().div_euclid(1_000_000).to_string();
        let mut request = self
            .clients
            .get(&Ssl::System, self.url.scheme() == "https")?
            .post(self.url.clone())
            .headers(self.headers.clone())
            .header(CONTENT_TYPE, "application/json")
            .header(ID, &id)
            .header(TIMESTAMP, &seconds);
        if !self.headers.contains_key(CORRELATION_ID) {
            request = request.header(CORRELATION_ID, event.what.task().correlation_id.as_str());
        }
        if let Some(span) = trace::current().filter(|_| !self.headers.contains_key(TRACEPARENT)) {
            request = request.header(TRACEPARENT, span.to_string());
        }
        if !self.secrets.is_empty() {
            let content = signed(&id, &seconds, &body);
            let signatures: Vec<String> = self.secrets.iter().map(|secret| secret.sign(&content)).collect();
            request = request.header(SIGNATURE, signatures.join(" "));
        }
        Ok(request.body(body).send().await?)
    }

    /// Whom it calls, as it may be shown: the path may be a secret.
    fn shown(&self) -> String {
        self.url.origin().ascii_serialization()
    }

    fn refused(&self, answer: &Response) -> SubscriberError {
        let status = answer.status();
        let mut message = format!("the webhook at {} answered {}", self.shown(), status.as_u16());
        if status.is_redirection() {
            message.push_str(", and redirects are not followed; give it the URL that is meant");
        }
        if status == StatusCode::GONE {
            tracing::warn!(
                webhook = self.shown(),
                "the receiver says that it is gone (410); remove the subscription if it is"
            );
            return GiveUp::new(message).into();
        }
        let header = answer.headers().get(RETRY_AFTER).and_then(|header| header.to_str().ok());
        let header = header
            .filter(|_| matches!(status, StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE));
        match header.and_then(|header| retry_after::parse(header, self.clock.now())) {
            Some(wait) => RetryIn::new(wait, message).into(),
            None => message.into(),
        }
    }
}

#[async_trait]
impl Subscriber for Webhook {
    fn events(&self) -> Vec<&str> {
        self.events.iter().map(String::as_str).collect()
    }

    async fn on_event(&self, event: &TaskerEvent) -> SubscriberResult {
        let sent = tokio::time::timeout(self.timeout, self.send(event)).await;
        match sent.unwrap_or(Err(Trouble::Timeout(self.timeout))) {
            // What else it says is not of interest.
            Ok(answer) if answer.status().is_success() => Ok(()),
            Ok(answer) => Err(self.refused(&answer)),
            Err(Trouble::Timeout(limit)) => {
                Err(format!("the webhook at {} did not answer within {limit:?}", self.shown()).into())
            }
            Err(trouble) => Err(format!("the webhook at {}: {trouble}", self.shown()).into()),
        }
    }
}

/// Without the path, the secrets, and the values of headers.
impl fmt::Debug for Webhook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Webhook")
            .field("url", &self.shown())
            .field("events", &self.events)
            .field("secrets", &self.secrets.len())
            .field("headers", &self.headers.keys().map(HeaderName::as_str).collect::<Vec<_>>())
            .field("timeout", &self.timeout)
            .finish_non_exhaustive()
    }
}
