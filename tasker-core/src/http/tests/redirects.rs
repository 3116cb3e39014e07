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
async fn what_the_settings_say_goes_along_on_one_host_only() {
    let other =
        Server::start(|seen| if seen.target == "/first" { to(302, "/second") } else { answer(200, &[], "") })
            .await;
    let away = other.url("/first");
    let server =
        Server::start(move |seen| to(302, if seen.target.starts_with("/a") { "/b" } else { &away })).await;
    let url = server.url("/a?v=1").replace("://", "://ann:pw@");
    let config = ApiConfig::get(url)
        .header("X-Api-Key", "s3cret")
        .header("X-Shop", "7")
        .header("Cookie", "a=b")
        .header("Accept", "text/csv");
    api().call(&config).await.unwrap();
    let here = server.seen();
    assert_eq!(here.iter().map(|seen| seen.target.as_str()).collect::<Vec<_>>(), ["/a?v=1", "/b"]);
    for seen in &here {
        assert_eq!(extra(seen), ["authorization", "cookie", "x-api-key", "x-shop"]);
        assert_eq!(seen.header("authorization"), Some("Basic YW5uOnB3"));
    }
    let there = other.seen();
    assert_eq!(there.len(), 2);
    for seen in &there {
        assert!(extra(seen).is_empty(), "{seen:?}");
        assert_eq!(seen.header("accept"), Some("text/csv"));
    }
}

#[tokio::test]
async fn a_way_back_does_not_bring_credentials_back() {
    let (front, back) =
        (std::sync::Arc::new(std::sync::OnceLock::<String>::new()), std::sync::Arc::default());
    let home: std::sync::Arc<std::sync::OnceLock<String>> = std::sync::Arc::clone(&back);
    let other = Server::start(move |_| to(302, home.get().unwrap())).await;
    front.set(other.url("/")).unwrap();
    let server = Server::start(move |seen| {
        if seen.target == "/home" { answer(200, &[], "") } else { to(302, front.get().unwrap()) }
    })
    .await;
    back.set(server.url("/home")).unwrap();
    api().call(&ApiConfig::get(server.url("/")).header("Authorization", "Bearer s3cret")).await.unwrap();
    let seen = server.seen();
    assert_eq!(
        (seen[0].header("authorization"), seen[1].header("authorization")),
        (Some("Bearer s3cret"), None)
    );
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
async fn a_body_does_not_go_to_another_host() {
    let other = Server::start(|_| answer(200, &[], "")).await;
    let away = other.url("/?key=s3cret");
    let server = Server::start(move |_| to(307, &away)).await;
    let error = error(ApiConfig::post(server.url("/"), json!({"card": 1}))).await;
    assert_eq!(told(&error), ("HTTP_REDIRECT", false, None));
    assert!(
        error.message().contains("the body would go to another host") && !error.message().contains("s3cret"),
        "{error}"
    );
    assert!(other.seen().is_empty());
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
