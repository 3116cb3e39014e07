//! Nothing that is stored or shown has a secret in it.

use std::time::Duration;

use serde_json::json;

use super::server::{Act, Server, answer};
use super::{SHORT, api};
use crate::http::{ApiConfig, ApiRequest};

#[tokio::test]
async fn no_error_shows_a_secret() {
    let server = Server::start(|seen| match seen.target.split('?').next() {
        Some("/stall") => vec![Act::Stall],
        Some("/break") => {
            vec![Act::Send("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n".to_owned()), Act::Close]
        }
        Some("/large") => answer(200, &[], &"x".repeat(2_000)),
        Some("/loop") => answer(302, &[("Location", "/loop?token=s3cret")], ""),
        Some("/busy") => answer(429, &[("Set-Cookie", "session=s3cret"), ("Location", "/x?sig=s3cret")], ""),
        _ => answer(
            422,
            &[("Content-Type", "application/json"), ("X-Api-Key", "s3cret")],
            r#"{"you sent": {"password": "s3cret", "name": "Ann"}}"#,
        ),
    })
    .await;
    let nobody = "http://127.0.0.1:1/".to_owned();
    let urls = ["/", "/stall", "/break", "/large", "/loop", "/busy"].map(|path| server.url(path)).into_iter();
    let mut codes = Vec::new();
    for url in urls.chain([nobody]) {
        let timeout = if url.ends_with("/stall") { SHORT } else { Duration::from_mins(1) };
        let url = format!("{}?api_key=s3cret&page=2#s3cret", url.replace("://", "://s3cret:s3cret@"));
        let config = ApiConfig::get(url).max_response_bytes(1_000).timeout(timeout);
        let request =
            ApiRequest::new(&config).header("Authorization", "Bearer s3cret").param("token", "s3cret");
        let error = api().call(request.clone()).await.unwrap_err();
        let stored = serde_json::to_string(&error).unwrap();
        assert!(!stored.contains("s3cret"), "{stored}");
        assert!(!format!("{error:?} {request:?}").contains("s3cret"), "{error:?}");
        assert!(stored.contains("page=2"), "{stored}");
        codes.push(error.error_code().unwrap().to_owned());
    }
    assert_eq!(
        codes,
        [
            "HTTP_422",
            "HTTP_TIMEOUT",
            "HTTP_INTERRUPTED",
            "HTTP_TOO_LARGE",
            "HTTP_REDIRECT",
            "HTTP_429",
            "HTTP_CONNECT"
        ]
    );
}

#[tokio::test]
async fn the_other_fields_of_an_error_are_kept() {
    let server = Server::start(|_| {
        answer(422, &[("Content-Type", "application/json")], r#"{"password": "s3cret", "name": "Ann"}"#)
    })
    .await;
    let error = api().call(&ApiConfig::get(server.url("/"))).await.unwrap_err();
    assert_eq!(error.facts()["response_body"], json!({"password": "[redacted]", "name": "Ann"}));
}

/// What is stored of an answer to a refused call.
async fn stored_body(content_type: &'static str, body: String) -> serde_json::Value {
    let server = Server::start(move |_| answer(400, &[("Content-Type", content_type)], &body)).await;
    let error = api().call(&ApiConfig::get(server.url("/"))).await.unwrap_err();
    error.facts()["response_body"].clone()
}

#[tokio::test]
async fn a_refusal_of_any_length_and_type_is_stored_without_secrets() {
    let sent =
        |pad: usize| json!({ "request": { "password": "hunter2", "name": "Ann" }, "zeros": "0".repeat(pad) });
    for (content_type, body) in [
        ("application/json", sent(4 << 10).to_string()),
        ("application/json", sent(8 << 10).to_string()),
        ("application/json", format!("[{},", sent(10))),
        ("text/plain", sent(10).to_string()),
        ("text/html", sent(5 << 10).to_string()),
        ("text/plain", "no: name=Ann&access_token=hunter2&page=2".to_owned()),
        ("text/plain", format!("Ann {} password=hunter2", "x".repeat(4_070))),
        ("application/json", json!({ "error": sent(10).to_string() }).to_string()),
        ("text/xml", "<user><name>Ann</name><password>hunter2</password></user>".to_owned()),
    ] {
        let stored = stored_body(content_type, body.clone()).await.to_string();
        assert!(!stored.contains("hunter") && stored.contains("Ann"), "{stored}");
        assert!(stored.len() < 5_000, "{content_type}");
    }
}

#[tokio::test]
async fn a_good_answer_is_kept_as_it_came_and_its_text_for_debugging_has_no_secrets() {
    let server = Server::start(|_| answer(200, &[], r#"{"access_token": "hunter2"}"#)).await;
    let response = api().call(&ApiConfig::get(server.url("/"))).await.unwrap();
    assert_eq!(serde_json::to_value(&response).unwrap()["body"], json!({ "access_token": "hunter2" }));
    assert!(!format!("{response:?}").contains("hunter2"), "{response:?}");
}
