//! What the status, the headers and the body of an answer mean for the step.

use serde_json::{Value, json};

use super::server::{Server, answer, json as json_answer};
use super::{NOW, api, error, told};
use crate::http::{Api, ApiConfig, ApiRequest};
use crate::{Attempt, ManualClock};

/// A server that says the same each time.
async fn saying(status: u16, headers: &'static [(&'static str, &'static str)], body: &'static str) -> Server {
    Server::start(move |_| answer(status, headers, body)).await
}

#[tokio::test]
async fn a_good_answer_is_the_result_with_its_json() {
    let server = Server::start(|_| json_answer(201, r#"{"id": 7}"#)).await;
    let response = api().call(&ApiConfig::get(server.url("/orders?page=2"))).await.unwrap();
    assert_eq!((response.status, &response.body), (201, &json!({"id": 7})));
    assert_eq!(response.header("Content-Type"), Some("application/json"));
    let seen = server.only();
    assert_eq!((seen.method.as_str(), seen.target.as_str()), ("GET", "/orders?page=2"));
    assert_eq!(seen.header("accept"), Some("application/json"));
    assert_eq!(seen.header("user-agent"), Some(concat!("tasker/", env!("CARGO_PKG_VERSION"))));
    assert_eq!(seen.header("content-type"), None);
}

#[tokio::test]
async fn a_body_is_sent_as_json() {
    let server = saying(200, &[], "").await;
    let config = ApiConfig::post(server.url("/charge"), json!({"cents": "{cents}"}))
        .param("ids", json!([1, 2]))
        .header("Idempotency-Key", "{order}");
    let values = json!({"cents": 1250, "order": "o-1"});
    api().call(ApiRequest::new(&config).values(&values)).await.unwrap();
    let seen = server.only();
    assert_eq!((seen.method.as_str(), seen.target.as_str()), ("POST", "/charge?ids%5B%5D=1&ids%5B%5D=2"));
    assert_eq!(seen.body, r#"{"cents":1250}"#);
    assert_eq!(seen.header("content-type"), Some("application/json"));
    assert_eq!(seen.header("idempotency-key"), Some("o-1"));
}

#[tokio::test]
async fn an_answer_that_is_no_json_is_a_text() {
    let server = saying(200, &[("Content-Type", "application/json")], "<html>fine</html>").await;
    let response = api().call(&ApiConfig::get(server.url("/"))).await.unwrap();
    assert_eq!(response.body, "<html>fine</html>");
}

#[tokio::test]
async fn an_answer_without_a_body_is_null() {
    for status in [200, 204] {
        let server = saying(status, &[], "").await;
        let response = api().call(&ApiConfig::get(server.url("/"))).await.unwrap();
        assert_eq!((response.status, response.body), (status, Value::Null));
    }
}

#[tokio::test]
async fn the_status_decides() {
    for status in [200, 202, 206, 226] {
        let server = saying(status, &[], "").await;
        assert!(api().call(&ApiConfig::get(server.url("/"))).await.is_ok(), "{status}");
    }
    for (status, permanent) in [
        (400, true),
        (401, true),
        (403, true),
        (404, true),
        (422, true),
        (227, false),
        (302, false),
        (304, false),
        (402, false),
        (409, false),
        (410, false),
        (500, false),
        (502, false),
        (504, false),
        (599, false),
    ] {
        let server = saying(status, &[("Retry-After", "9")], "").await;
        let error = error(ApiConfig::get(server.url("/"))).await;
        assert_eq!(told(&error), (format!("HTTP_{status}").as_str(), permanent, None));
    }
}

#[tokio::test]
async fn a_server_says_how_long_to_wait() {
    for (header, wait) in [
        ("7", Some(7_000)),
        ("1000", Some(300_000)),
        ("Sun, 22 Nov 2026 08:00:30 GMT", Some(30_000)),
        ("Sun, 22 Nov 2026 07:00:00 GMT", Some(1_000)),
        ("in a while", None),
        ("", None),
    ] {
        for status in [429, 503] {
            let server = Server::start(move |_| answer(status, &[("Retry-After", header)], "")).await;
            let error = error(ApiConfig::get(server.url("/"))).await;
            assert_eq!(told(&error), (format!("HTTP_{status}").as_str(), false, wait), "{header}");
        }
    }
}

#[tokio::test]
async fn a_server_that_does_not_say_how_long_is_given_a_wait_that_grows() {
    let server = saying(503, &[("Retry-After", "soon")], "").await;
    let config = ApiConfig::get(server.url("/")).jitter_factor(0.0);
    for (attempt, wait) in [(1, 1_000), (2, 2_000), (6, 32_000), (7, 49_000), (40, 300_000)] {
        let error = api().call(ApiRequest::new(&config).attempt(Attempt(attempt))).await.unwrap_err();
        assert_eq!(told(&error), ("HTTP_503", false, Some(wait)));
    }
    let constant = config.constant_backoff(super::SHORT);
    let error = api().call(ApiRequest::new(&constant).attempt(Attempt(3))).await.unwrap_err();
    assert_eq!(told(&error), ("HTTP_503", false, Some(80)));
}

#[tokio::test]
async fn settings_that_say_how_to_wait_are_followed_after_every_failure_that_may_pass() {
    let server = saying(500, &[], "").await;
    let get = ApiConfig::get(server.url("/"));
    let nobody = ApiConfig::get("http://127.0.0.1:1/");
    let seconds = std::time::Duration::from_secs;
    let wait = async |config: &ApiConfig, attempt| {
        let error = api().call(ApiRequest::new(config).attempt(Attempt(attempt))).await.unwrap_err();
        assert!(!error.is_permanent(), "{error}");
        error.wait().map(|wait| wait.as_secs())
    };
    assert_eq!(wait(&get, 3).await, None, "the policy of the step says how long");
    assert_eq!(wait(&get.clone().constant_backoff(seconds(60)).jitter_factor(0.0), 3).await, Some(60));
    assert_eq!(wait(&get.clone().retry_delay(seconds(5)).jitter_factor(0.0), 3).await, Some(20));
    assert_eq!(wait(&get.clone().jitter_factor(0.0), 3).await, Some(4));
    assert_eq!(wait(&nobody.constant_backoff(seconds(60)).jitter_factor(0.0), 3).await, Some(60));
    let unknown = api().call(&get.clone().constant_backoff(seconds(60))).await.unwrap_err();
    assert_eq!(told(&unknown), ("HTTP_500", false, None));
    let refused = saying(404, &[], "").await;
    let config = ApiConfig::get(refused.url("/")).constant_backoff(seconds(60));
    let error = api().call(ApiRequest::new(&config).attempt(Attempt(1))).await.unwrap_err();
    assert_eq!(told(&error), ("HTTP_404", true, None));
    for (written, expected) in [
        (json!({}), None),
        (json!({"enable_exponential_backoff": true}), None),
        (json!({"enable_exponential_backoff": false, "jitter_factor": 0}), Some(1)),
        (json!({"retry_delay": 3, "jitter_factor": 0}), Some(6)),
    ] {
        let mut written = written.clone();
        written["url"] = server.url("/").into();
        let config: ApiConfig = serde_json::from_value(written.clone()).unwrap();
        assert_eq!(wait(&config, 2).await, expected, "{written}");
    }
}

#[tokio::test]
async fn chance_is_repeatable() {
    let server = saying(429, &[], "").await;
    let wait = async |seed| {
        let api = Api::builder().without_proxy().clock(ManualClock::starting_at(NOW)).seed(seed).build();
        let config = ApiConfig::get(server.url("/"));
        let error = api.call(ApiRequest::new(&config).attempt(Attempt(5))).await.unwrap_err();
        error.wait().unwrap()
    };
    assert_eq!(wait(5).await, wait(5).await);
    assert_ne!(wait(5).await, wait(6).await);
}

#[tokio::test]
async fn the_settings_may_allow_fewer_executions_than_the_step() {
    let server = saying(500, &[], "").await;
    let config = ApiConfig::get(server.url("/")).retries(2);
    let error =
        async |attempt| api().call(ApiRequest::new(&config).attempt(Attempt(attempt))).await.unwrap_err();
    assert!(!error(1).await.is_permanent());
    let last = error(2).await;
    assert!(
        last.is_permanent()
            && last.message().ends_with("this was execution 2, and `retries` of the settings allows 2")
    );
    let unknown = api().call(&config).await.unwrap_err();
    assert_eq!(told(&unknown), ("HTTP_CONFIG", true, None));
    assert!(unknown.message().contains("`.attempt(attempt)`"), "{unknown}");
}

#[tokio::test]
async fn an_error_keeps_what_the_server_said() {
    let server = Server::start(|_| {
        let headers = [("Content-Type", "application/problem+json"), ("X-Request-Id", "r-1")];
        answer(422, &headers, r#"{"title": "no such card"}"#)
    })
    .await;
    let error = error(ApiConfig::post(server.url("/charge"), json!({}))).await;
    assert_eq!(
        error.message(),
        format!("POST {} answered 422 (Unprocessable Entity)", server.url("/charge"))
    );
    let facts = error.facts();
    assert_eq!(facts["response_status"], 422);
    assert_eq!(facts["response_body"], json!({"title": "no such card"}));
    assert_eq!(facts["response_headers"]["x-request-id"], "r-1");
    assert_eq!(facts["request"], format!("POST {}", server.url("/charge")));
}

#[tokio::test]
async fn of_a_long_answer_an_error_keeps_the_beginning() {
    for size in [4_096, 4_098, 8_192, 100_000] {
        let server =
            Server::start(move |_| answer(500, &[("X-Long", &"h".repeat(9_000))], &"é".repeat(size / 2)))
                .await;
        let error = error(ApiConfig::get(server.url("/"))).await;
        let body = error.facts()["response_body"].as_str().unwrap();
        assert_eq!(body.matches('é').count(), 2_048, "{size}");
        assert_eq!(body.ends_with('…') || body.ends_with("… (cut)"), size > 4_096, "{size}");
        assert!(error.facts()["response_headers"].get("x-long").is_none());
    }
}

#[tokio::test]
async fn settings_that_make_no_call_are_a_permanent_error_that_says_what_is_wrong() {
    let error = error(ApiConfig::get("http://x.example/{cart_id}")).await;
    assert_eq!(told(&error), ("HTTP_CONFIG", true, None));
    assert!(
        error
            .message()
            .starts_with("the settings of the API step cannot be used: in `url`, `{cart_id}` has no value")
    );
}

#[tokio::test]
async fn a_call_may_be_made_from_a_task_of_any_runtime() {
    fn is_send<T: Send>(value: T) -> T {
        value
    }
    let server = saying(200, &[], "").await;
    let (api, config) = (api(), ApiConfig::get(server.url("/")));
    let called = tokio::spawn(is_send(async move { api.call(&config).await }));
    assert!(called.await.unwrap().is_ok());
}
