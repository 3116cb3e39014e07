//! Connections that are slow, break, are used again, or do not come to be.

use std::time::{Duration, Instant};

use serde_json::Value;
use tokio::net::TcpListener;

use super::server::{Act, Server, answer};
use super::{SHORT, api, error, told};
use crate::http::{ApiConfig, Method};

fn start_of_answer(length: usize, body: &str) -> Act {
    Act::Send(format!("HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\n{body}"))
}

#[tokio::test]
async fn a_server_that_does_not_begin_to_answer_is_given_up() {
    let server = Server::start(|_| vec![Act::Stall]).await;
    let error = error(ApiConfig::get(server.url("/slow")).timeout(SHORT)).await;
    assert_eq!(told(&error), ("HTTP_TIMEOUT", false, None));
    assert_eq!(
        error.message(),
        format!("GET {} took longer than the 80ms that `timeout` allows", server.url("/slow"))
    );
}

#[tokio::test]
async fn a_server_that_does_not_end_its_answer_is_given_up() {
    let server = Server::start(|_| vec![start_of_answer(100, "the beginning"), Act::Stall]).await;
    let began = Instant::now();
    let error = error(ApiConfig::get(server.url("/")).timeout(SHORT)).await;
    assert_eq!(told(&error), ("HTTP_TIMEOUT", false, None));
    assert!(began.elapsed() < Duration::from_secs(20));
}

#[tokio::test]
async fn an_answer_that_breaks_off_is_no_answer() {
    let end = [Act::Close];
    for acts in [
        // Less than the length says; a chunk that does not end; nothing at all; half a header.
        vec![start_of_answer(100, "the beginning")],
        vec![Act::Send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nff\r\nabc".to_owned())],
        vec![],
        vec![Act::Send("HTTP/1.1 200 OK\r\nContent-Le".to_owned())],
        // No HTTP.
        vec![Act::Send("220 mail.example ESMTP\r\n".to_owned())],
        vec![Act::Send("HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\n".to_owned())],
    ] {
        let acts = [acts, end.to_vec()].concat();
        let (closing, resetting) = (acts.clone(), acts.clone());
        let servers = [
            Server::start(move |_| closing.clone()).await,
            Server::start_resetting(move |_| resetting.clone()).await,
        ];
        for server in servers {
            let error = error(ApiConfig::get(server.url("/"))).await;
            assert_eq!(told(&error), ("HTTP_INTERRUPTED", false, None), "{acts:?}");
        }
    }
}

#[tokio::test]
async fn an_error_whose_body_breaks_off_is_still_that_error() {
    let server = Server::start(|_| {
        vec![Act::Send("HTTP/1.1 404 Not Found\r\nContent-Length: 100\r\n\r\nno such".to_owned()), Act::Close]
    })
    .await;
    let error = error(ApiConfig::get(server.url("/"))).await;
    assert_eq!(told(&error), ("HTTP_404", true, None));
    assert_eq!(error.facts()["response_body"], "no such … (cut)");
}

#[tokio::test]
async fn more_than_the_length_says_is_not_read() {
    let server = Server::start(|_| vec![start_of_answer(5, "12345and more")]).await;
    let response = api().call(&ApiConfig::get(server.url("/"))).await.unwrap();
    assert_eq!(response.body, 12345);
}

#[tokio::test]
async fn an_answer_that_is_too_large_is_not_read_to_its_end() {
    let config =
        |server: &Server| ApiConfig::get(server.url("/")).max_response_bytes(10_000).timeout_secs(20);
    let exact = Server::start(|_| answer(200, &[], &"x".repeat(10_000))).await;
    assert!(api().call(config(&exact)).await.is_ok());
    let announced = Server::start(|_| vec![start_of_answer(10_001, ""), Act::Stall]).await;
    let endless = Server::start(|_| {
        let chunk = format!("3e8\r\n{}\r\n", "x".repeat(1_000));
        vec![
            Act::Send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n".to_owned()),
            Act::SendForEver(chunk),
        ]
    })
    .await;
    for server in [announced, endless] {
        let error = error(config(&server)).await;
        assert_eq!(told(&error), ("HTTP_TOO_LARGE", true, None));
        assert!(error.message().contains("more than the 10000 bytes"), "{error}");
    }
}

#[tokio::test]
async fn the_length_of_what_was_not_asked_for_does_not_count() {
    let server = Server::start(|_| vec![start_of_answer(5_000_000, "")]).await;
    let response = api().call(&ApiConfig::new(Method::Head, server.url("/"))).await.unwrap();
    assert_eq!((response.header("content-length"), &response.body), (Some("5000000"), &Value::Null));
}

#[tokio::test]
async fn an_error_without_an_end_is_still_that_error() {
    let server = Server::start(|_| {
        vec![
            Act::Send("HTTP/1.1 503 Busy\r\nRetry-After: 4\r\n\r\n".to_owned()),
            Act::SendForEver("x".repeat(1_000)),
        ]
    })
    .await;
    let error = error(ApiConfig::get(server.url("/"))).await;
    assert_eq!(told(&error), ("HTTP_503", false, Some(4_000)));
    assert!(error.facts()["response_body"].as_str().unwrap().ends_with("… (cut)"));
}

#[tokio::test]
async fn calls_use_one_connection_one_after_another() {
    let server =
        Server::start(|seen| answer(if seen.target == "/no" { 404 } else { 200 }, &[], "fine")).await;
    let api = api();
    for path in ["/a", "/no", "/b"] {
        let _ = api.clone().call(&ApiConfig::get(server.url(path))).await;
    }
    let connections: Vec<usize> = server.seen().iter().map(|seen| seen.connection).collect();
    assert_eq!(connections, [0, 0, 0]);
}

#[tokio::test]
async fn calls_at_the_same_time_do_not_wait_for_one_another() {
    let server =
        Server::start(|seen| if seen.target == "/slow" { vec![Act::Stall] } else { answer(200, &[], "") })
            .await;
    let api = api();
    let slow = ApiConfig::get(server.url("/slow"));
    let quick = ApiConfig::get(server.url("/quick"));
    tokio::select! {
        _ = api.call(&slow) => panic!("it stalls"),
        quick = api.call(&quick) => assert!(quick.is_ok()),
    }
}

#[tokio::test]
async fn where_nobody_listens_there_is_no_connection() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    drop(listener);
    let error = error(ApiConfig::get(&url)).await;
    assert_eq!(told(&error), ("HTTP_CONNECT", false, None));
    assert!(error.message().starts_with(&format!("GET {url} could not connect: ")), "{error}");
    assert!(error.message().contains("refused"), "{error}");
}

#[tokio::test]
async fn a_host_without_an_address_is_told_apart() {
    // Too long for any name server to be asked.
    let error = error(ApiConfig::get(format!("http://{}.invalid/", "a".repeat(64)))).await;
    assert_eq!(told(&error), ("HTTP_DNS", false, None));
}
