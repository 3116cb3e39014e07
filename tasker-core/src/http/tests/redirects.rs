//! Redirects, and what goes along with them.

use serde_json::json;

use super::server::{Act, Seen, Server, answer};
use super::{api, error, told};
use crate::http::ApiConfig;

fn to(status: u16, location: &str) -> Vec<Act> {
    answer(status, &[("Location", location)], "elsewhere")
}

/// Names of headers that a request came with, without those of every request.
fn extra(seen: &Seen) -> Vec<&str> {
    let usual = ["accept", "user-agent", "host", "content-length", "content-type"];
    seen.headers.keys().map(String::as_str).filter(|name| !usual.contains(name)).collect()
}

#[tokio::test]
async fn redirects_are_followed_five_times() {
    let server = Server::start(|seen| match seen.target.trim_start_matches('/').parse::<u32>() {
        Ok(left @ 1..) => to(302, &format!("{}", left - 1)),
        _ => answer(200, &[], "\"there\""),
    })
    .await;
    assert_eq!(api().call(&ApiConfig::get(server.url("/5"))).await.unwrap().body, "there");
    let error = error(ApiConfig::get(server.url("/6"))).await;
    assert_eq!(told(&error), ("HTTP_REDIRECT", false, None));
    assert_eq!(server.seen().len(), 6 + 6);
}

#[tokio::test]
async fn a_loop_of_redirects_ends() {
    let server =
        Server::start(|seen| to(307, if seen.target == "/a" { "/b?token=s3cret" } else { "/a" })).await;
    let error = error(ApiConfig::get(server.url("/a"))).await;
    assert_eq!(told(&error), ("HTTP_REDIRECT", false, None));
    assert!(error.message().ends_with("was redirected more than 5 times, the last time to /a"), "{error}");
    assert_eq!(server.seen().len(), 6);
}

#[tokio::test]
async fn what_the_settings_say_goes_along_on_one_host() {
    let server =
        Server::start(
            |seen| if seen.target.starts_with("/a") { to(302, "/b") } else { answer(200, &[], "") },
        )
        .await;
    let url = server.url("/a?v=1").replace("://", "://ann:pw@");
    let config = ApiConfig::get(url)
        .header("X-Api-Key", "s3cret")
        .header("X-Shop", "7")
        .header("Cookie", "a=b")
        .header("Accept", "text/csv");
    api().call(&config).await.unwrap();
    let seen = server.seen();
    assert_eq!(seen.iter().map(|seen| seen.target.as_str()).collect::<Vec<_>>(), ["/a?v=1", "/b"]);
    for seen in &seen {
        assert_eq!(extra(seen), ["authorization", "cookie", "x-api-key", "x-shop"]);
        assert_eq!(seen.header("authorization"), Some("Basic YW5uOnB3"));
        assert_eq!(seen.header("accept"), Some("text/csv"));
    }
}

/// So an answer from within the network of the worker never becomes a result because another system said where it is.
#[tokio::test]
async fn a_redirect_to_another_host_or_port_is_not_followed() {
    let inside = Server::start(|_| answer(200, &[], "\"from within\"")).await;
    let port = inside.port();
    for (status, location) in [
        (302, inside.url("/?key=s3cret")),
        (307, inside.url("/?key=s3cret")),
        (301, format!("//127.0.0.1:{port}/?key=s3cret")),
        (303, format!("http://localhost:{port}/?key=s3cret")),
        (308, "http://169.254.169.254/latest/meta-data/?key=s3cret".to_owned()),
        (302, "http://[::1]/?key=s3cret".to_owned()),
    ] {
        let server = Server::start(move |_| to(status, &location)).await;
        let config =
            ApiConfig::post(server.url("/"), json!({"card": 1})).header("Authorization", "Bearer s3cret");
        let error = error(config).await;
        assert_eq!(told(&error), ("HTTP_REDIRECT", false, None));
        let message = error.message();
        assert!(
            message.contains("it leads to another host or port") && !message.contains("s3cret"),
            "{error}"
        );
    }
    assert!(inside.seen().is_empty());
}

#[tokio::test]
async fn a_login_that_the_other_side_makes_up_is_not_used() {
    let server = Server::start(|seen| {
        if seen.target == "/" {
            to(302, &format!("http://eve:pw@{}/next", seen.headers["host"]))
        } else {
            answer(200, &[], "")
        }
    })
    .await;
    api().call(&ApiConfig::get(server.url("/"))).await.unwrap();
    assert_eq!(server.seen()[1].header("authorization"), None);
}

#[tokio::test]
async fn the_status_says_whether_the_body_is_sent_again() {
    for (status, method, body, content_type) in [
        (301, "GET", "", None),
        (302, "GET", "", None),
        (303, "GET", "", None),
        (307, "POST", "{}", Some("application/json")),
        (308, "POST", "{}", Some("application/json")),
    ] {
        let server =
            Server::start(
                move |seen| if seen.target == "/" { to(status, "/next") } else { answer(200, &[], "") },
            )
            .await;
        api().call(&ApiConfig::post(server.url("/"), json!({}))).await.unwrap();
        let next = &server.seen()[1];
        assert_eq!(
            (next.method.as_str(), next.body.as_str(), next.header("content-type")),
            (method, body, content_type),
            "{status}"
        );
    }
}

#[tokio::test]
async fn a_place_that_cannot_be_called_is_not() {
    for (location, part) in
        [("ftp://x.example/", "only `http://` and `https://`"), ("http://", "it is no URL")]
    {
        let server = Server::start(move |_| to(302, location)).await;
        let error = error(ApiConfig::get(server.url("/"))).await;
        assert_eq!(told(&error), ("HTTP_REDIRECT", false, None));
        assert!(error.message().contains(part), "{error}");
    }
}

#[tokio::test]
async fn a_redirect_that_leads_nowhere_is_an_answer() {
    let server = Server::start(|_| answer(302, &[], "")).await;
    assert_eq!(told(&error(ApiConfig::get(server.url("/"))).await), ("HTTP_302", false, None));
}
