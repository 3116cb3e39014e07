//! Which settings make sense.

use std::collections::HashSet;
use std::time::Duration;

use reqwest::Url;
use reqwest::header::{HeaderName, HeaderValue};
use serde_json::{Map, Value};

use super::{ApiConfig, ApiConfigError};
use crate::StepMistake;
use crate::def::{Variables, place_in};
use crate::http::fill::{Filling, Show};
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
        if mistakes.is_empty() { Ok(()) } else { Err(ApiConfigError::of(&mistakes)) }
    }

    pub(super) fn mistakes(&self) -> Vec<StepMistake> {
        let mut mistakes = Vec::new();
        mistakes.extend(url_mistake(&self.url, &self.variables).map(|mistake| mistake.at("/url")));
        let mut names = HashSet::new();
        for (name, value) in &self.headers {
            let place = place_in("/headers", name);
            if let Some(mistake) = header_name_mistake(name) {
                mistakes.push(StepMistake::new(mistake).at_key(&place));
            } else if let Some(mistake) = header_value_mistake(name, value) {
                mistakes.push(StepMistake::new(mistake).at(&place));
            }
            if !names.insert(name.to_ascii_lowercase()) {
                let mistake = StepMistake::new(format!("the header `{name}` is there twice"));
                mistakes.push(mistake.at_key(place).help("upper and lower case are the same in headers"));
            }
        }
        let mut tell = |key: &str, message: String| mistakes.push(StepMistake::new(message).at(key));
        if self.timeout.is_zero() || self.timeout > Self::LONGEST_TIMEOUT {
            let timeout = self.timeout;
            tell("/timeout", format!("`timeout` is {timeout:?}; it is more than 0 and at most a day"));
        }
        if let Some(delay) = self.retry_delay.filter(|delay| *delay > Backoff::MAX) {
            let most = Backoff::MAX;
            tell("/retry_delay", format!("`retry_delay` is {delay:?}; the longest wait is {most:?}"));
        }
        if let Some(jitter) = self.jitter.filter(|jitter| !(0.0..=1.0).contains(jitter)) {
            let message =
                format!("`jitter_factor` is {jitter}; it is from 0 to 1, and 0.1 is a tenth to either side");
            tell("/jitter_factor", message);
        }
        if !(1..=Self::MOST_RESPONSE_BYTES).contains(&self.max_response_bytes) {
            let (bytes, most) = (self.max_response_bytes, Self::MOST_RESPONSE_BYTES);
            tell("/max_response_bytes", format!("`max_response_bytes` is {bytes}; it is from 1 to {most}"));
        }
        if self.retries == Some(0) {
            let mistake = StepMistake::new("`retries` is 0, so the step would never run").at("/retries");
            mistakes.push(mistake.help("the first execution counts: 1 means no other"));
        }
        let method = self.method;
        if self.body.is_some() && !method.takes_body() {
            let message = format!("there is a `body`, and `method` is {method}, which sends none");
            let mistake = StepMistake::new(message).at_key("/body");
            mistakes.push(mistake.help("take POST, PUT, PATCH or DELETE, or `params`"));
        }
        mistakes
    }
}

/// What is wrong with the template of a URL.
fn url_mistake(url: &str, variables: &Variables) -> Option<StepMistake> {
    let example = "write it as in `https://shop.example/carts/{cart_id}`";
    let mistake = |message: String| Some(StepMistake::new(message).help(example));
    if url.trim().is_empty() {
        return mistake("`url` is empty".to_owned());
    }
    // Fits wherever a value may stand: as a host, a port, a piece of the path or of the query.
    let anything = |_: &str| Value::from(1);
    let values: Map<String, Value> = fill::names(url, fill::URL, variables)
        .into_iter()
        .map(|name| (name.to_owned(), anything(name)))
        .collect();
    let Ok(filled) = fill::url(url, Filling { values: &values, variables, show: Show::Values }) else {
        return mistake("the placeholders of `url` cannot be filled".to_owned());
    };
    match Url::parse(&filled) {
        Ok(parsed) if !matches!(parsed.scheme(), "http" | "https") => {
            // What a variable holds is not told.
            let scheme = match variables.parts(fill::URL, url) {
                Some(_) => "another scheme".to_owned(),
                None => format!("`{}:`", parsed.scheme()),
            };
            mistake(format!("`url` begins with {scheme}, and only `http://` and `https://` can be called"))
        }
        Ok(_) => None,
        Err(_) if url.trim_start().starts_with('{') => {
            let mistake = StepMistake::new(
                "`url` begins with a placeholder, whose value is percent-encoded and so is no scheme or host",
            );
            Some(mistake.help("write out where the URL leads, as far as the first `/` behind the host"))
        }
        Err(error) => mistake(format!("`url` is no URL ({error})")),
    }
}

/// What is wrong with a header. Its value may be a secret.
pub(in crate::http) fn header_mistake(name: &str, value: &str) -> Option<String> {
    header_name_mistake(name).or_else(|| header_value_mistake(name, value))
}

fn header_name_mistake(name: &str) -> Option<String> {
    if HeaderName::from_bytes(name.as_bytes()).is_err() {
        return Some(format!("`{}` is no name of a header", name.escape_debug()));
    }
    matches!(
        name.to_ascii_lowercase().as_str(),
        "host" | "content-length" | "transfer-encoding" | "connection"
    )
    .then(|| format!("the header `{name}` follows from the URL and the body, and is not set by hand"))
}

fn header_value_mistake(name: &str, value: &str) -> Option<String> {
    HeaderValue::from_str(value).is_err().then(|| {
        format!(
            "the value of the header `{name}` has a character that headers cannot have, such as a line break"
        )
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::http::Method;

    fn mistakes(config: &ApiConfig) -> Vec<String> {
        config.check().err().map(|error| error.mistakes().to_vec()).unwrap_or_default()
    }

    #[test]
    fn settings_that_make_sense_are_taken() {
        for url in [
            "https://shop.example",
            "http://127.0.0.1:8080/carts/{cart_id}?expand={expand}",
            "https://{region}.shop.example:{port}/{a}{b}",
            "https://ann:pw@shop.example/",
            " https://shop.example ",
        ] {
            assert_eq!(mistakes(&ApiConfig::get(url)), Vec::<String>::new(), "{url}");
        }
        assert!(ApiConfig::new(Method::Delete, "http://x.example").body(json!({"ids": [1]})).check().is_ok());
    }

    #[test]
    fn a_url_that_cannot_be_called_is_a_mistake() {
        for (url, part) in [
            ("", "`url` is empty"),
            ("  ", "`url` is empty"),
            ("shop.example/x", "`url` is no URL (relative URL without a base)"),
            ("https://", "`url` is no URL (empty host)"),
            ("https://a b/", "`url` is no URL"),
            ("https://x.example:99999/", "`url` is no URL (invalid port number)"),
            ("ftp://x.example", "`url` begins with `ftp:`"),
            ("localhost:3000/x", "`url` begins with `localhost:`"),
            ("{base}/x", "`url` begins with a placeholder"),
        ] {
            let mistakes = mistakes(&ApiConfig::get(url));
            assert!(mistakes.len() == 1 && mistakes[0].starts_with(part), "{url}: {mistakes:?}");
        }
    }

    #[test]
    fn every_mistake_is_told_at_once_and_no_secret() {
        let config = ApiConfig::get("x")
            .header("X-Key", "s3cret\r\nX-Other: 1")
            .header("x-key", "s3cret")
            .header("Host", "s3cret")
            .header("two words", "s3cret")
            .body(json!("s3cret"))
            .timeout(Duration::ZERO)
            .constant_backoff(Duration::from_secs(301))
            .jitter_factor(1.5)
            .retries(0)
            .max_response_bytes(0);
        let mistakes = mistakes(&config);
        for part in [
            "`url` is no URL",
            "the header `Host` follows from the URL",
            "the value of the header `X-Key` has a character",
            "`two words` is no name of a header",
            "the header `x-key` is there twice",
            "there is a `body`, and `method` is GET",
            "`timeout` is 0ns",
            "`retry_delay` is 301s",
            "`jitter_factor` is 1.5",
            "`retries` is 0",
            "`max_response_bytes` is 0",
        ] {
            assert!(mistakes.iter().any(|mistake| mistake.starts_with(part)), "{part} in {mistakes:#?}");
        }
        assert_eq!(mistakes.len(), 11, "{mistakes:#?}");
        assert!(!mistakes.concat().contains("s3cret"));
    }

    #[test]
    fn a_number_that_is_none_is_a_mistake() {
        assert_eq!(mistakes(&ApiConfig::get("http://x.example").jitter_factor(f64::NAN)).len(), 1);
    }
}
