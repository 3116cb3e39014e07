//! Which settings make sense.

use std::collections::HashSet;
use std::time::Duration;

use reqwest::Url;
use reqwest::header::{HeaderName, HeaderValue};
use serde_json::{Map, Value};

use super::{ApiConfig, ApiConfigError};
use crate::http::{Backoff, fill};

impl ApiConfig {
    pub(super) const LONGEST_TIMEOUT: Duration = Duration::from_hours(24);
    const MOST_RESPONSE_BYTES: u64 = 1 << 30;

    /// Whether the settings make sense, as far as that can be told without values.
    ///
    /// # Errors
    /// With every mistake that there is.
    pub fn check(&self) -> Result<(), ApiConfigError> {
        let mistakes = self.mistakes();
        if mistakes.is_empty() { Ok(()) } else { Err(ApiConfigError { mistakes }) }
    }

    pub(super) fn mistakes(&self) -> Vec<String> {
        let mut mistakes = Vec::new();
        mistakes.extend(url_mistake(&self.url));
        let mut names = HashSet::new();
        for (name, value) in &self.headers {
            mistakes.extend(header_mistake(name, value));
            if !names.insert(name.to_ascii_lowercase()) {
                mistakes.push(format!(
                    "the header `{name}` is there twice; upper and lower case are the same in headers"
                ));
            }
        }
        let method = self.method;
        if self.body.is_some() && !method.takes_body() {
            mistakes.push(format!("there is a `body`, and `method` is {method}, which sends none: take POST, PUT, PATCH or DELETE, or `params`"));
        }
        if self.timeout.is_zero() || self.timeout > Self::LONGEST_TIMEOUT {
            let timeout = self.timeout;
            mistakes.push(format!("`timeout` is {timeout:?}; it is more than 0 and at most a day"));
        }
        if self.retry_delay > Backoff::MAX {
            let (delay, most) = (self.retry_delay, Backoff::MAX);
            mistakes.push(format!("`retry_delay` is {delay:?}; the longest wait is {most:?}"));
        }
        if !(0.0..=1.0).contains(&self.jitter) {
            let jitter = self.jitter;
            mistakes.push(format!(
                "`jitter_factor` is {jitter}; it is from 0 to 1, and 0.1 is a tenth to either side"
            ));
        }
        if self.retries == Some(0) {
            mistakes.push(
                "`retries` is 0: the step would never run; the first execution counts, so 1 means no other"
                    .to_owned(),
            );
        }
        if !(1..=Self::MOST_RESPONSE_BYTES).contains(&self.max_response_bytes) {
            let (bytes, most) = (self.max_response_bytes, Self::MOST_RESPONSE_BYTES);
            mistakes.push(format!("`max_response_bytes` is {bytes}; it is from 1 to {most}"));
        }
        mistakes
    }
}

/// What is wrong with the template of a URL.
fn url_mistake(url: &str) -> Option<String> {
    let example = "write it as in `https://shop.example/carts/{cart_id}`";
    if url.trim().is_empty() {
        return Some(format!("`url` is empty; {example}"));
    }
    // Fits wherever a value may stand: as a host, a port, a piece of the path or of the query.
    let anything = |_: &str| Value::from(1);
    let values: Map<String, Value> =
        fill::names(url).into_iter().map(|name| (name.to_owned(), anything(name))).collect();
    let Ok(filled) = fill::url(url, &values) else {
        return Some(format!("the placeholders of `url` cannot be filled; {example}"));
    };
    match Url::parse(&filled) {
        Ok(url) if !matches!(url.scheme(), "http" | "https") => {
            Some(format!("`url` begins with `{}:`, and only `http://` and `https://` can be called", url.scheme()))
        }
        Ok(_) => None,
        Err(_) if url.trim_start().starts_with('{') => Some(
            "`url` begins with a placeholder, whose value is percent-encoded and so is no scheme or host; write out where the URL leads, as far as \
             the first `/` behind the host"
                .to_owned(),
        ),
        Err(error) => Some(format!("`url` is no URL ({error}); {example}")),
    }
}

/// What is wrong with a header. Its value may be a secret.
pub(in crate::http) fn header_mistake(name: &str, value: &str) -> Option<String> {
    if HeaderName::from_bytes(name.as_bytes()).is_err() {
        return Some(format!("`{}` is no name of a header", name.escape_debug()));
    }
    if matches!(
        name.to_ascii_lowercase().as_str(),
        "host" | "content-length" | "transfer-encoding" | "connection"
    ) {
        return Some(format!(
            "the header `{name}` follows from the URL and the body, and is not set by hand"
        ));
    }
    HeaderValue::from_str(value).is_err().then(|| {
        format!(
            "the value of the header `{name}` has a character that headers cannot have, such as a line break"
        )
    })
}
