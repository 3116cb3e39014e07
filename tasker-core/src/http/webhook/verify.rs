//! The other side: whether a delivery is from somebody who has the secret, and of now.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::secret::{Secret, WebhookError, signed};
use crate::{Clock, SystemClock};

/// Says whether a delivery of a webhook is genuine: for services that receive them, from here or from any other sender of Standard
/// Webhooks.
///
/// ```
/// use tasker_core::http::{WebhookRefused, WebhookVerifier};
///
/// let verifier = WebhookVerifier::new("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")?;
/// // The three headers and the body as they came, byte by byte, before it is read as JSON.
/// let (id, timestamp, signature) = ("msg_1", "1614265330", "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
/// assert_eq!(verifier.verify(id, timestamp, signature, b"{}"), Err(WebhookRefused::Old));
/// # Ok::<(), tasker_core::http::WebhookError>(())
/// ```
///
/// What is genuine may come twice: whoever must not do something twice remembers the id.
#[derive(Clone)]
pub struct WebhookVerifier {
    secrets: Vec<Secret>,
    tolerance: Duration,
    clock: Arc<dyn Clock>,
}

/// Why a delivery is not to be believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum WebhookRefused {
    /// Its timestamp is no number.
    #[error("the header `webhook-timestamp` is no number of seconds")]
    NoTime,
    /// It was signed too long ago: somebody may repeat what was heard.
    #[error("the delivery was signed too long ago")]
    Old,
    /// It was signed in the future.
    #[error("the delivery was signed in the future; one of the two clocks is wrong")]
    Early,
    /// No signature is one of the secret.
    #[error(
        "none of the signatures in `webhook-signature` is one of the secret; either that is not the sender's, or the body is not as it came, \
         byte by byte"
    )]
    Signature,
}

impl WebhookVerifier {
    /// For deliveries that are signed with this secret.
    ///
    /// # Errors
    /// When it is not `whsec_` and 24 to 64 bytes in Base64.
    pub fn new(secret: &str) -> Result<Self, WebhookError> {
        Ok(Self {
            secrets: vec![Secret::read(secret)?],
            tolerance: Duration::from_mins(5),
            clock: Arc::new(SystemClock),
        })
    }

    /// Takes those of another secret, too, while it is replaced.
    ///
    /// # Errors
    /// When it is not `whsec_` and 24 to 64 bytes in Base64.
    pub fn or(mut self, secret: &str) -> Result<Self, WebhookError> {
        self.secrets.push(Secret::read(secret)?);
        Ok(self)
    }

    /// How far its clock and the sender's may differ, with the way of the message. Default: 5 minutes.
    #[must_use]
    pub const fn tolerance(mut self, tolerance: Duration) -> Self {
        self.tolerance = tolerance;
        self
    }

    /// Takes the time from here, for tests.
    #[must_use]
    pub fn clock(mut self, clock: impl Clock) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    /// Whether a delivery is genuine: the headers `webhook-id`, `webhook-timestamp` and `webhook-signature`, and the body as it came.
    ///
    /// # Errors
    /// When it is not, with the reason.
    pub fn verify(
        &self,
        id: &str,
        timestamp: &str,
        signature: &str,
        body: &[u8],
    ) -> Result<(), WebhookRefused> {
        let seconds: i64 = timestamp.parse().map_err(|_| WebhookRefused::NoTime)?;
        let now = self.clock.now().as_micros().div_euclid(1_000_000);
        let tolerance = i64::try_from(self.tolerance.as_secs()).unwrap_or(i64::MAX);
        if seconds < now.saturating_sub(tolerance) {
            return Err(WebhookRefused::Old);
        }
        if seconds > now.saturating_add(tolerance) {
            return Err(WebhookRefused::Early);
        }
        let content = signed(id, timestamp, body);
        let genuine = self.secrets.iter().any(|secret| secret.has_signed(&content, signature));
        if genuine { Ok(()) } else { Err(WebhookRefused::Signature) }
    }
}

impl fmt::Debug for WebhookVerifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "WebhookVerifier({} secrets)", self.secrets.len())
    }
}
