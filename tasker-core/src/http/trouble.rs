//! What keeps an answer from coming, apart from what the answer says.

use std::error::Error;
use std::io;
use std::time::Duration;

use super::breaker::Report;
use super::client::ClientError;
use super::config::ApiConfigError;

/// Why there is no whole answer. No text of it has secrets.
#[derive(Debug, thiserror::Error)]
pub(super) enum Trouble {
    #[error("{0}")]
    Config(#[from] ApiConfigError),
    #[error("{0}")]
    Client(#[from] ClientError),
    #[error("the request cannot be made of the settings and values: {0}")]
    Request(String),
    #[error("took longer than the {0:?} that `timeout` allows")]
    Timeout(Duration),
    #[error("could not look up the host: {0}")]
    Dns(String),
    #[error("could not connect: {0}")]
    Connect(String),
    #[error("could not agree on an encrypted connection: {0}")]
    Tls(String),
    #[error("lost the connection before the answer was complete: {0}")]
    Interrupted(String),
    #[error(
        "answered with more than the {0} bytes that `max_response_bytes` allows; raise it, or ask for less, such as by pages"
    )]
    TooLarge(u64),
    #[error("{0}")]
    Redirect(String),
}

impl Trouble {
    /// The stable code of the error.
    pub(super) fn code(&self) -> &'static str {
        match self {
            Self::Config(_) | Self::Client(_) | Self::Request(_) => "HTTP_CONFIG",
            Self::Timeout(_) => "HTTP_TIMEOUT",
            Self::Dns(_) => "HTTP_DNS",
            Self::Connect(_) => "HTTP_CONNECT",
            Self::Tls(_) => "HTTP_TLS",
            Self::Interrupted(_) => "HTTP_INTERRUPTED",
            Self::TooLarge(_) => "HTTP_TOO_LARGE",
            Self::Redirect(_) => "HTTP_REDIRECT",
        }
    }

    /// Whether the same call would end the same way.
    pub(super) fn is_permanent(&self) -> bool {
        matches!(self, Self::Config(_) | Self::Client(_) | Self::Request(_) | Self::TooLarge(_))
    }

    /// What it says of the other system.
    pub(super) fn report(&self) -> Report {
        match self {
            Self::Timeout(_) | Self::Dns(_) | Self::Connect(_) | Self::Tls(_) | Self::Interrupted(_) => {
                Report::Fails
            }
            Self::TooLarge(_) | Self::Redirect(_) => Report::Works,
            Self::Config(_) | Self::Client(_) | Self::Request(_) => Report::Nothing,
        }
    }
}

/// What the HTTP client says. Its own text names the URL, and with it what may be a secret; the causes do not.
impl From<reqwest::Error> for Trouble {
    fn from(error: reqwest::Error) -> Self {
        let error = error.without_url();
        let (mut tls, mut last) = (false, error.to_string());
        let mut source = error.source();
        while let Some(cause) = source {
            tls |= is_tls(cause);
            last = cause.to_string();
            source = cause.source();
        }
        if error.is_builder() {
            // Nothing was sent, so it says nothing of the other system.
            Self::Request(last)
        } else if tls {
            Self::Tls(last)
        } else if error.is_dns() {
            Self::Dns(last)
        } else if error.is_connect() {
            Self::Connect(last)
        } else {
            Self::Interrupted(last)
        }
    }
}

fn is_tls(cause: &(dyn Error + 'static)) -> bool {
    // An I/O error shows the cause of its inner error, and not the inner error itself, which may be another I/O error.
    let inner = cause.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
    cause.is::<rustls::Error>() || inner.is_some_and(|inner| is_tls(inner))
}
