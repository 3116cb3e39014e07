//! From settings and values to what goes over the wire.

use reqwest::Url;
use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, USER_AGENT};
use serde_json::{Map, Value};

use super::config::{ApiConfigError, Ssl, header_mistake};
use super::fill::{FillError, Filling, Show};
use super::{ApiConfig, ApiRequest, Method, fill, query, redact, response, shown};
use crate::def::{Variables, place_in};
use crate::{CorrelationId, trace};

/// The longest URL that the HTTP client takes. Most servers take less.
pub(super) const MOST_OF_URL: usize = 65_534;

/// The header that says which request a call belongs to.
pub(super) const CORRELATION_ID: &str = "x-correlation-id";

/// The header that says which span a call is a part of.
pub(super) const TRACEPARENT: &str = "traceparent";

/// How much of a URL is shown.
const MOST_SHOWN: usize = 2_000;

/// A call, ready to be sent.
pub(super) struct Prepared {
    pub(super) method: Method,
    /// Without user and password.
    pub(super) url: Url,
    /// The URL without secrets, where variables have a part in it.
    shown_url: Option<String>,
    /// What is sent with each request on the way, `Authorization` included; other places get less of it.
    pub(super) headers: HeaderMap,
    /// User and password of the URL.
    pub(super) login: Option<(String, Option<String>)>,
    pub(super) body: Option<Vec<u8>>,
    pub(super) ssl: Ssl,
    pub(super) max_response_bytes: u64,
}

impl Prepared {
    pub(super) fn new(request: &ApiRequest) -> Result<Self, ApiConfigError> {
        let config = &request.config;
        config.check()?;
        let values = request.values.as_ref().map_err(ApiConfigError::one)?;
        let filling = Filling { values, variables: &config.variables, show: Show::Values };
        let method = request.method.unwrap_or(config.method);
        let mut url = url(config, filling)?;
        if let Some(path) = &request.path {
            url = below(&url, path, values)?;
        }
        let params = request
            .all_params(filling)
            .map_err(|error| ApiConfigError::one(format!("in `params`, {error}")))?;
        let params = query::encode(&params);
        if !params.is_empty() {
            let all = match url.query() {
                Some(query) if !query.is_empty() => format!("{query}&{params}"),
                _ => params,
            };
            url.set_query(Some(&all));
        }
        if url.as_str().len() > MOST_OF_URL {
            let size = url.as_str().len();
            return Err(ApiConfigError::one(format!(
                "with its values and parameters, the URL has {size} bytes, and {MOST_OF_URL} is the most that can be sent; send what is long in `body`"
            )));
        }
        let mut headers = headers(request, filling)?;
        // One of them can be sent. Ruby's Faraday takes the header, too.
        let login = take_login(&mut url).filter(|_| !headers.contains_key(AUTHORIZATION));
        let body = match (&request.body, &config.body) {
            (Some(_), _) if !method.takes_body() => {
                return Err(ApiConfigError::one(format!("there is a body, and {method} sends none")));
            }
            (Some(body), _) => Some(encoded(body, &mut headers)?),
            // What the settings would send, had the request not asked for something else.
            (None, Some(_)) if !method.takes_body() => None,
            (None, Some(body)) => {
                let body = fill::json(body, "/body", filling)
                    .map_err(|error| ApiConfigError::one(format!("in `body`, {error}")))?;
                Some(encoded(&body, &mut headers)?)
            }
            (None, None) => None,
        };
        let (ssl, max_response_bytes) = (config.ssl.clone(), config.max_response_bytes);
        Ok(Self {
            method,
            url,
            shown_url: shown::url(request, values),
            headers,
            login,
            body,
            ssl,
            max_response_bytes,
        })
    }

    /// Method and URL as they may be shown.
    pub(super) fn shown(&self) -> String {
        let url = self.shown_url.clone().unwrap_or_else(|| redact::url(self.url.as_str()));
        let end = url.floor_char_boundary(MOST_SHOWN);
        format!("{} {}{}", self.method, &url[..end], if end < url.len() { "…" } else { "" })
    }
}

fn url(config: &ApiConfig, filling: Filling<'_>) -> Result<Url, ApiConfigError> {
    let filled =
        fill::url(&config.url, filling).map_err(|error| ApiConfigError::one(format!("in `url`, {error}")))?;
    Url::parse(&filled).map_err(|error| {
        let shown = fill::url(&config.url, Filling { show: Show::Names, ..filling }).unwrap_or_default();
        let shown = redact::url(&shown);
        ApiConfigError::one(format!("`url` with its values, `{shown}`, is no URL ({error})"))
    })
}

/// A place on the host of a URL.
fn below(base: &Url, path: &str, values: &Map<String, Value>) -> Result<Url, ApiConfigError> {
    let filling = Filling { values, variables: &Variables::default(), show: Show::Values };
    let filled =
        fill::url(path, filling).map_err(|error| ApiConfigError::one(format!("in the path, {error}")))?;
    let mut from = base.clone();
    from.set_query(None);
    if !from.path().ends_with('/') && !filled.is_empty() && !filled.starts_with('?') {
        from.set_path(&format!("{}/", base.path()));
    }
    let joined = from.join(&filled).ok().filter(|joined| joined.origin() == base.origin());
    let Some(mut joined) = joined else {
        let shown = redact::url(&filled);
        return Err(ApiConfigError::one(format!(
            "the path `{shown}` leads away from the host of `url`; write one such as `carts/{{cart_id}}`, or call another `url`"
        )));
    };
    let queries: Vec<&str> = [base.query(), joined.query()].into_iter().flatten().collect();
    let query = queries.join("&");
    joined.set_query(Some(&query).filter(|query| !query.is_empty()).map(String::as_str));
    Ok(joined)
}

impl ApiRequest {
    /// The parameters of the settings and its own.
    pub(super) fn all_params(&self, filling: Filling<'_>) -> Result<Map<String, Value>, FillError> {
        let settings = self.config.params.iter().filter(|(name, _)| !self.params.contains_key(*name));
        let settings = settings.map(|(name, value)| (name.clone(), value.clone())).collect();
        let mut params = fill::params(&settings, "/params", filling)?;
        params.extend(self.params.clone());
        Ok(params)
    }
}

/// User and password belong into a header: what stands in a URL is written to many logs.
fn take_login(url: &mut Url) -> Option<(String, Option<String>)> {
    let user = unescaped(url.username());
    let password = url.password().map(unescaped);
    if user.is_empty() && password.is_none() {
        return None;
    }
    // Only a URL without a host refuses, and this one has had a user.
    let _ = url.set_username("");
    let _ = url.set_password(None);
    Some((user, password))
}

fn unescaped(text: &str) -> String {
    // A form is decoded as a URL is, but for `+`.
    let pairs = format!("x={}", text.replace('+', "%2B").replace('&', "%26"));
    let url = Url::parse(&format!("http://x/?{pairs}"));
    let value = url.ok().and_then(|url| url.query_pairs().next().map(|(_, value)| value.into_owned()));
    value.unwrap_or_else(|| text.to_owned())
}

fn headers(request: &ApiRequest, filling: Filling<'_>) -> Result<HeaderMap, ApiConfigError> {
    let mut headers = HeaderMap::new();
    headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
    headers.insert(USER_AGENT, HeaderValue::from_static(concat!("tasker/", env!("CARGO_PKG_VERSION"))));
    for (name, template) in &request.config.headers {
        if request.headers.iter().any(|(other, _)| other.eq_ignore_ascii_case(name)) {
            continue;
        }
        let value = fill::text(template, &place_in("/headers", name), filling)
            .map_err(|error| ApiConfigError::one(format!("in the header `{name}`, {error}")))?;
        set(&mut headers, name, &value)?;
    }
    for (name, value) in &request.headers {
        set(&mut headers, name, value)?;
    }
    if let Some(id) = CorrelationId::current().filter(|_| !headers.contains_key(CORRELATION_ID)) {
        set(&mut headers, CORRELATION_ID, &id)?;
    }
    if let Some(span) = trace::current().filter(|_| !headers.contains_key(TRACEPARENT)) {
        set(&mut headers, TRACEPARENT, &span.to_string())?;
    }
    Ok(headers)
}

fn set(headers: &mut HeaderMap, name: &str, value: &str) -> Result<(), ApiConfigError> {
    if let Some(mistake) = header_mistake(name, value) {
        return Err(ApiConfigError::one(mistake));
    }
    if let (Ok(header), Ok(mut value)) =
        (HeaderName::from_bytes(name.as_bytes()), HeaderValue::from_str(value))
    {
        value.set_sensitive(redact::is_secret_header(name));
        headers.insert(header, value);
    }
    Ok(())
}

/// The body as its `Content-Type` says, which is JSON unless a header says otherwise.
fn encoded(body: &Value, headers: &mut HeaderMap) -> Result<Vec<u8>, ApiConfigError> {
    let content_type = headers.entry(CONTENT_TYPE).or_insert(HeaderValue::from_static("application/json"));
    let content_type = String::from_utf8_lossy(content_type.as_bytes()).to_ascii_lowercase();
    match body {
        body if response::is_json(&content_type) => Ok(body.to_string().into_bytes()),
        Value::String(text) => Ok(text.clone().into_bytes()),
        Value::Object(fields) if content_type.starts_with("application/x-www-form-urlencoded") => {
            Ok(query::encode(fields).into_bytes())
        }
        _ => Err(ApiConfigError::one(format!(
            "a body of the type `{content_type}` is given as a text; only JSON and forms are made of other values"
        ))),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn prepared(request: &ApiRequest) -> Prepared {
        Prepared::new(request).unwrap_or_else(|error| panic!("{error}"))
    }

    fn refused(request: &ApiRequest) -> String {
        Prepared::new(request).err().unwrap().to_string()
    }

    #[test]
    fn values_go_into_every_part_of_the_call() {
        let config = ApiConfig::post(
            "https://x.example/carts/{cart}?v=1",
            json!({"items": "{items}", "raw": "{{items}}"}),
        )
        .param("page", "{page}")
        .header("Idempotency-Key", "{cart}-charge");
        let request =
            ApiRequest::new(&config).values(&json!({"cart": "c 1", "page": 2})).value("items", &[1, 2]);
        let call = prepared(&request);
        assert_eq!(call.shown(), "POST https://x.example/carts/c%201?v=1&page=2");
        assert_eq!(call.headers["idempotency-key"], "c 1-charge");
        let body: Value = serde_json::from_slice(&call.body.unwrap()).unwrap();
        assert_eq!(body, json!({"items": [1, 2], "raw": "{items}"}));
    }

    #[test]
    fn what_the_step_gives_replaces_the_settings_and_is_taken_as_it_is() {
        let config =
            ApiConfig::post("http://x.example/", json!("{no}")).param("q", "{no}").header("X-Trace", "{no}");
        let request =
            ApiRequest::new(&config).param("q", "{no}").header("x-trace", "{no}").body(json!("{no}"));
        let call = prepared(&request);
        assert_eq!(call.url.query(), Some("q=%7Bno%7D"));
        assert_eq!(call.headers["x-trace"], "{no}");
        assert_eq!(call.body.as_deref(), Some(br#""{no}""#.as_slice()));
    }

    #[test]
    fn a_path_leads_below_the_url_or_to_another_place_on_its_host() {
        for (url, path, called) in [
            ("http://x.example", "carts", "http://x.example/carts"),
            ("http://x.example/api", "carts/{id}", "http://x.example/api/carts/7%2F8"),
            ("http://x.example/api/", "carts?a=1", "http://x.example/api/carts?a=1"),
            ("http://x.example/api?key=k", "/carts?a={id}", "http://x.example/carts?key=k&a=7%2F8"),
            ("http://ann:pw@x.example/api?v=1", "", "http://x.example/api?v=1"),
            ("http://x.example/api", "?a=1", "http://x.example/api?a=1"),
            ("http://x.example/api", "{id}", "http://x.example/api/7%2F8"),
        ] {
            let request = ApiRequest::new(&ApiConfig::get(url)).path(path).value("id", "7/8");
            assert_eq!(prepared(&request).url.as_str(), called, "{url} {path}");
        }
        let login =
            prepared(&ApiRequest::new(&ApiConfig::get("http://ann:pw@x.example/api")).path("a")).login;
        assert_eq!(login, Some(("ann".to_owned(), Some("pw".to_owned()))));
        for path in [
            "//y.example/",
            "https://x.example/",
            "http://y.example/",
            "\\\\y.example/a",
            "http://x.example:81/",
        ] {
            let error = refused(&ApiRequest::new(&ApiConfig::get("http://x.example/api")).path(path));
            assert!(error.contains("leads away from the host"), "{path}: {error}");
        }
    }

    #[test]
    fn a_request_may_ask_for_something_else() {
        let config = ApiConfig::post("http://x.example/", json!(1));
        let call = prepared(&ApiRequest::new(&config).method(Method::Get));
        assert_eq!((call.shown().as_str(), call.body), ("GET http://x.example/", None));
        let call = prepared(
            &ApiRequest::new(&ApiConfig::get("http://x.example/")).method(Method::Put).body(json!(2)),
        );
        assert_eq!((call.shown().as_str(), call.body), ("PUT http://x.example/", Some(b"2".to_vec())));
    }

    #[test]
    fn json_is_the_default_and_a_call_without_a_body_says_no_type() {
        let get = prepared(&ApiConfig::get("http://x.example").into());
        assert_eq!(get.headers["accept"], "application/json");
        assert!(get.headers.get("content-type").is_none() && get.body.is_none());
        let post = prepared(
            &ApiConfig::post("http://x.example", json!({"a": null})).header("accept", "text/csv").into(),
        );
        assert_eq!(
            (&post.headers["content-type"], &post.headers["accept"]),
            (&"application/json".parse().unwrap(), &"text/csv".parse().unwrap())
        );
        assert_eq!(post.body.as_deref(), Some(br#"{"a":null}"#.as_slice()));
    }

    #[test]
    fn a_body_is_written_as_its_type_says() {
        let body = |content_type: &str, body: Value| {
            prepared(&ApiConfig::post("http://x.example", body).header("Content-Type", content_type).into())
                .body
                .unwrap()
        };
        assert_eq!(
            body("application/x-www-form-urlencoded", json!({"a": [1], "b": "c d"})),
            b"a%5B%5D=1&b=c%20d"
        );
        assert_eq!(body("text/xml", json!("<a/>")), b"<a/>");
        assert_eq!(body("application/vnd.api+json", json!("a")), b"\"a\"");
        let error = refused(
            &ApiConfig::post("http://x.example", json!([1])).header("Content-Type", "text/xml").into(),
        );
        assert!(error.contains("`text/xml` is given as a text"), "{error}");
    }

    #[test]
    fn user_and_password_of_the_url_are_taken_out_of_it() {
        let call = prepared(&ApiConfig::get("https://an%40n:p+w%25@x.example/a").into());
        assert_eq!(call.login, Some(("an@n".to_owned(), Some("p+w%".to_owned()))));
        assert_eq!(call.url.as_str(), "https://x.example/a");
        assert_eq!(prepared(&ApiConfig::get("https://x.example").into()).login, None);
    }

    #[test]
    fn the_header_goes_before_user_and_password_of_the_url() {
        let config = ApiConfig::get("https://ann:pw@x.example/a");
        for request in [
            ApiRequest::new(&config.clone().header("authorization", "Bearer t")),
            ApiRequest::new(&config).header("Authorization", "Bearer t"),
        ] {
            let call = prepared(&request);
            assert_eq!((call.login, &call.headers["authorization"]), (None, &"Bearer t".parse().unwrap()));
            assert_eq!(call.url.as_str(), "https://x.example/a");
        }
    }

    #[test]
    fn what_cannot_be_sent_is_refused_without_showing_secrets() {
        let get = || ApiConfig::get("http://x.example/{id}?token=s3cret");
        for (request, part) in [
            (ApiRequest::new(&get()), "in `url`, `{id}` has no value"),
            (ApiRequest::new(&get()).values(&5), "are no object"),
            (
                ApiRequest::new(&get()).value("id", &1).header("X-Key", "s3cret\n"),
                "header `X-Key` has a character",
            ),
            (
                ApiRequest::new(&get()).value("id", &1).header("X Key", "s3cret"),
                "`X Key` is no name of a header",
            ),
            (ApiRequest::new(&get()).value("id", &1).body(json!(1)), "GET sends none"),
            (
                ApiRequest::new(&get().header("X-Key", "s3cret{no}")).value("id", &1),
                "in the header `X-Key`, `{no}` has no value",
            ),
            (
                ApiRequest::new(&ApiConfig::get("http://{host}/?token=s3cret")).value("host", "a b"),
                "is no URL",
            ),
        ] {
            let error = refused(&request);
            assert!(error.contains(part), "{part} in {error}");
            assert!(!error.contains("s3cret"), "{error}");
            assert!(!format!("{request:?}").contains("s3cret"), "{request:?}");
        }
    }
}
