//! Settings as they are written, in YAML or JSON: what they are stored as, and the schema of what [`read`](super::read) takes.

use std::collections::BTreeMap;
use std::path::PathBuf;

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value};

use super::{ApiConfig, Ssl};
use crate::http::Method;

/// Every key.
#[derive(Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(in crate::http) struct Written {
    /// Tells the settings of an API step from others.
    #[serde(rename = "type", default)]
    kind: Option<Kind>,
    /// What is called: `https://shop.example/carts/{cart_id}`, with values of the task for the names in braces.
    url: String,
    /// Default: GET.
    #[serde(default)]
    method: Option<Method>,
    /// Added to the query of the URL.
    #[serde(default)]
    params: Option<Map<String, Value>>,
    /// Default: `Accept`, and with a body `Content-Type`, are `application/json`.
    #[serde(default)]
    #[schemars(with = "Option<BTreeMap<String, Scalar>>")]
    headers: Option<Map<String, Value>>,
    /// Sent as JSON.
    #[serde(default)]
    body: Option<Value>,
    /// Seconds for the whole call. Default: 30.
    #[serde(default)]
    timeout: Option<f64>,
    /// How the other system proves who it is.
    #[serde(default)]
    ssl: Option<WrittenSsl>,
    /// Whether waits grow, from `retry_delay` on; otherwise each is `retry_delay`. Default: true.
    #[serde(default)]
    enable_exponential_backoff: Option<bool>,
    /// Seconds until the second execution, and between any two where waits do not grow. Default: 1.
    #[serde(default)]
    retry_delay: Option<f64>,
    /// The part of a wait that is chance, to either side. Default: 0.1.
    #[serde(default)]
    jitter_factor: Option<f64>,
    /// Executions after which a failure is final, the first included.
    #[serde(default)]
    retries: Option<u32>,
    /// The longest answer that is read. Default: 1048576.
    #[serde(default)]
    max_response_bytes: Option<u64>,
}

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Kind {
    Api,
}

/// A header as YAML may have it.
#[derive(JsonSchema)]
#[serde(untagged)]
#[expect(dead_code, reason = "only its schema is used")]
enum Scalar {
    Text(String),
    Number(f64),
    Bool(bool),
}

#[derive(Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
struct WrittenSsl {
    /// Whether certificates are verified. Default: true.
    #[serde(default)]
    verify: Option<bool>,
    /// A PEM file with the authorities that are trusted instead of the system's.
    #[serde(default)]
    ca_file: Option<PathBuf>,
}

impl From<ApiConfig> for Written {
    fn from(config: ApiConfig) -> Self {
        let (verify, ca_file) = match config.ssl {
            Ssl::System => (true, None),
            Ssl::CaFile(file) => (true, Some(file)),
            Ssl::Unverified => (false, None),
        };
        Self {
            kind: Some(Kind::Api),
            url: config.url,
            method: Some(config.method),
            params: Some(config.params),
            headers: Some(config.headers.into_iter().map(|(name, value)| (name, value.into())).collect()),
            body: config.body,
            timeout: Some(config.timeout.as_secs_f64()),
            ssl: Some(WrittenSsl { verify: Some(verify), ca_file }),
            enable_exponential_backoff: Some(config.growing),
            retry_delay: config.retry_delay.map(|delay| delay.as_secs_f64()),
            jitter_factor: config.jitter,
            retries: config.retries,
            max_response_bytes: Some(config.max_response_bytes),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use serde::Deserialize;
    use serde_json::json;

    use super::super::read::KEYS;
    use super::*;

    fn read(written: &Value) -> Result<ApiConfig, String> {
        ApiConfig::deserialize(written).map_err(|error| error.to_string())
    }

    fn url(rest: &Value) -> Value {
        let mut written = rest.clone();
        written["url"] = "https://x.example/{id}".into();
        written
    }

    #[test]
    fn every_key_is_read() {
        let written = json!({
            "type": "api",
            "url": "https://x.example/{id}",
            "method": "post",
            "params": {"page": 2, "ids": ["{id}"]},
            "headers": {"X-Version": 2, "X-Dry-Run": true, "Accept": "text/csv"},
            "body": {"id": "{id}"},
            "timeout": 1.5,
            "ssl": {"verify": true, "ca_file": "ca.pem"},
            "enable_exponential_backoff": false,
            "retry_delay": 0.25,
            "jitter_factor": 0.2,
            "retries": 3,
            "max_response_bytes": 1000,
        });
        let config = ApiConfig::new(Method::Post, "https://x.example/{id}")
            .param("page", 2)
            .param("ids", json!(["{id}"]))
            .header("X-Version", "2")
            .header("X-Dry-Run", "true")
            .header("Accept", "text/csv")
            .body(json!({"id": "{id}"}))
            .timeout(Duration::from_millis(1_500))
            .ca_file("ca.pem")
            .constant_backoff(Duration::from_millis(250))
            .jitter_factor(0.2)
            .retries(3)
            .max_response_bytes(1_000);
        assert_eq!(read(&written), Ok(config));
    }

    #[test]
    fn settings_read_back_as_they_were() {
        for config in [
            ApiConfig::get("https://x.example"),
            ApiConfig::post("https://x.example/{id}", json!([1]))
                .ca_file("ca.pem")
                .retries(2)
                .param("a", Value::Null),
            ApiConfig::get("https://x.example")
                .danger_without_verification()
                .constant_backoff(Duration::from_millis(1)),
        ] {
            let written = serde_json::to_value(&config).unwrap();
            assert_eq!(read(&written), Ok(config), "{written}");
        }
    }

    #[test]
    fn a_key_without_a_value_is_as_none() {
        let keys = KEYS.iter().filter(|key| **key != "url").map(|key| ((*key).to_owned(), Value::Null));
        let nothing = url(&Value::Object(keys.collect()));
        assert_eq!(read(&nothing), Ok(ApiConfig::get("https://x.example/{id}")));
        assert_eq!(
            read(&url(&json!({"ssl": {"verify": null}}))),
            Ok(ApiConfig::get("https://x.example/{id}"))
        );
    }

    #[test]
    fn backoff_grows_from_a_second_on_unless_the_settings_say_otherwise() {
        for (written, growing) in [
            (json!({"type": "api"}), true),
            (json!({"enable_exponential_backoff": true, "retry_delay": 1}), true),
            (json!({"enable_exponential_backoff": true, "retry_delay": 5}), false),
            (json!({"enable_exponential_backoff": false}), false),
        ] {
            let backoff = read(&url(&written)).unwrap().backoff();
            assert_eq!(backoff == crate::http::Backoff::growing(), growing, "{written}");
        }
    }

    #[test]
    fn what_does_not_fit_is_refused_with_help() {
        for (written, message) in [
            (json!({}), "there is no `url`; write what is called, as in"),
            (url(&json!({"heders": {}})), "nothing reads `heders`; did you mean `headers`?"),
            (
                url(&json!({"timeout_seconds": 3})),
                "nothing reads `timeout_seconds`; write `timeout`, which is in seconds",
            ),
            (url(&json!({"x": 3})), "nothing reads `x`; the keys are `type`, `url`, `method`"),
            (
                url(&json!({"ssl": {"verify_mode": 0}})),
                "nothing reads `ssl.verify_mode`; the keys are `verify`, `ca_file`",
            ),
            (
                url(&json!({"ssl": {"verify": false, "ca_file": "ca.pem"}})),
                "`ssl.verify` is false, so nothing reads `ssl.ca_file`",
            ),
            (url(&json!({"type": "soap"})), "the `type` of an API step is `api`; here is `soap`"),
            (url(&json!({"method": "FETCH"})), "`method` is `FETCH`, which is none; the methods are `GET`"),
            (
                url(&json!({"timeout": "15"})),
                "`timeout` takes a number of seconds; here is a text; write it without quotes: `timeout: 15`",
            ),
            (url(&json!({"timeout": -1})), "`timeout` is -1; it is a number of seconds, from 0 to 86400"),
            (url(&json!({"timeout": 1e300})), "`timeout` is 1"),
            (url(&json!({"timeout": 0})), "`timeout` is 0ns; it is more than 0 and at most a day"),
            (
                url(&json!({"retry_delay": 301})),
                "`retry_delay` is 301; it is a number of seconds, from 0 to 300",
            ),
            (url(&json!({"retries": 0})), "`retries` is 0, so the step would never run"),
            (
                url(&json!({"headers": {"X-Key": ["s3cret"]}})),
                "the header `X-Key` takes a text; here is a list",
            ),
            (
                json!({"url": "x", "uri": 1, "retries": 0}),
                "did you mean `url`?; `url` is no URL (relative URL without a base)",
            ),
        ] {
            let error = read(&written).unwrap_err();
            assert!(error.contains(message), "{written}: {error}");
            assert!(!error.contains("s3cret"), "{error}");
        }
    }

    #[test]
    fn the_schema_has_every_key_and_no_other() {
        let schema = schemars::schema_for!(ApiConfig).to_value();
        let mut keys: Vec<&str> =
            schema["properties"].as_object().unwrap().keys().map(String::as_str).collect();
        let mut known = KEYS;
        keys.sort_unstable();
        known.sort_unstable();
        assert_eq!(keys, known);
        assert_eq!((&schema["additionalProperties"], &schema["required"]), (&json!(false), &json!(["url"])));
        let validator = jsonschema::validator_for(&schema).unwrap();
        for (written, fits) in [
            (url(&json!({"headers": {"a": 1, "b": "c", "d": true}, "ssl": null, "timeout": 1.5})), true),
            (serde_json::to_value(ApiConfig::get("https://x.example")).unwrap(), true),
            (url(&json!({"headers": {"a": []}})), false),
            (url(&json!({"urll": 1})), false),
            (url(&json!({"ssl": {"verify_mode": 1}})), false),
        ] {
            assert_eq!(validator.is_valid(&written), fits, "{written}");
        }
    }
}
