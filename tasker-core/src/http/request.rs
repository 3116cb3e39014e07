//! One call: settings, and what belongs to this execution of the step.

use std::fmt;

use serde::Serialize;
use serde_json::{Map, Value};

use super::{ApiConfig, Method, redact};
use crate::Attempt;
use crate::param::Config;

/// A call to make. `&ApiConfig` and `&Config<ApiConfig>` are ones as they are.
///
/// ```
/// # use serde::Serialize;
/// use tasker_core::Attempt;
/// use tasker_core::http::{ApiConfig, ApiRequest};
///
/// #[derive(Serialize)]
/// struct Context {
///     cart_id: u64,
/// }
///
/// # let (config, attempt, key) = (ApiConfig::get("https://shop.example/carts/{cart_id}"), Attempt(1), "s3cret");
/// let request = ApiRequest::new(&config)
///     .values(&Context { cart_id: 7 })
///     .attempt(attempt)
///     .system("shop")
///     .header("Authorization", format!("Bearer {key}"));
/// ```
#[derive(Clone)]
pub struct ApiRequest {
    pub(super) config: ApiConfig,
    pub(super) method: Option<Method>,
    pub(super) path: Option<String>,
    pub(super) values: Result<Map<String, Value>, String>,
    pub(super) params: Map<String, Value>,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: Option<Value>,
    pub(super) attempt: Option<Attempt>,
    pub(super) system: Option<String>,
}

impl ApiRequest {
    /// A call as the settings say.
    #[must_use]
    pub fn new(config: &ApiConfig) -> Self {
        Self {
            config: config.clone(),
            method: None,
            path: None,
            values: Ok(Map::new()),
            params: Map::new(),
            headers: Vec::new(),
            body: None,
            attempt: None,
            system: None,
        }
    }

    /// Adds the fields of a value, such as the context of the task, for the placeholders of the settings.
    #[must_use]
    pub fn values<T: Serialize + ?Sized>(mut self, values: &T) -> Self {
        if let Ok(all) = &mut self.values {
            match serde_json::to_value(values) {
                Ok(Value::Object(fields)) => all.extend(fields),
                Ok(Value::Null) => {}
                Ok(_) => {
                    self.values =
                        Err("the values for placeholders are no object, so they have no names".to_owned());
                }
                Err(error) => self.values = Err(format!("the values for placeholders are no JSON: {error}")),
            }
        }
        self
    }

    /// Adds one value for the placeholders, such as the result of another step: `{fetch_cart.id}`.
    #[must_use]
    pub fn value<T: Serialize + ?Sized>(mut self, name: &str, value: &T) -> Self {
        if let Ok(all) = &mut self.values {
            match serde_json::to_value(value) {
                Ok(value) => {
                    all.insert(name.to_owned(), value);
                }
                Err(error) => {
                    self.values = Err(format!("the value for the placeholder `{name}` is no JSON: {error}"));
                }
            }
        }
        self
    }

    /// Says which execution of the step it is, so that waits grow with it and `retries` of the settings counts.
    ///
    /// Without it, the settings have no say in the waits: where no `Retry-After` says how long, the retry policy of the step does.
    #[must_use]
    pub fn attempt(mut self, attempt: Attempt) -> Self {
        self.attempt = Some(attempt);
        self
    }

    /// Names the system that is called, whose circuit breaker then watches the call. The names should be few.
    #[must_use]
    pub fn system(mut self, name: impl Into<String>) -> Self {
        self.system = Some(name.into());
        self
    }

    /// Asks something else than the settings say.
    #[must_use]
    pub fn method(mut self, method: Method) -> Self {
        self.method = Some(method);
        self
    }

    /// Calls a place below the URL of the settings, or, with a `/` at the beginning, another place on its host, as Ruby's Faraday does. It may
    /// have placeholders, and a query, which is added to that of the URL.
    #[must_use]
    pub fn path(mut self, path: impl Into<String>) -> Self {
        self.path = Some(path.into());
        self
    }

    /// Adds a parameter to the query, or replaces that of the settings. Braces in it mean nothing.
    #[must_use]
    pub fn param(mut self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        self.params.insert(name.into(), value.into());
        self
    }

    /// Adds a header, or replaces that of the settings. Braces in it mean nothing.
    #[must_use]
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// Sets the body, in place of that of the settings. Braces in it mean nothing.
    #[must_use]
    pub fn body(mut self, body: impl Into<Value>) -> Self {
        self.body = Some(body.into());
        self
    }
}

impl From<&ApiConfig> for ApiRequest {
    fn from(config: &ApiConfig) -> Self {
        Self::new(config)
    }
}

impl From<ApiConfig> for ApiRequest {
    fn from(config: ApiConfig) -> Self {
        Self::new(&config)
    }
}

impl From<&Config<ApiConfig>> for ApiRequest {
    fn from(config: &Config<ApiConfig>) -> Self {
        Self::new(config)
    }
}

/// Without secrets.
impl fmt::Debug for ApiRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let headers: Vec<_> =
            self.headers.iter().map(|(name, value)| (name, redact::header(name, value))).collect();
        let names: Result<Vec<&String>, &String> = self.values.as_ref().map(|values| values.keys().collect());
        f.debug_struct("ApiRequest")
            .field("config", &self.config)
            .field("method", &self.method)
            .field("path", &self.path.as_deref().map(redact::url))
            .field("values", &names)
            .field("params", &redact::params(&self.params))
            .field("headers", &headers)
            .field("body", &self.body.as_ref().map(redact::json))
            .field("attempt", &self.attempt)
            .field("system", &self.system)
            .finish()
    }
}
