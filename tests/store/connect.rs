//! What is told of a PostgreSQL that cannot be opened: what is wrong, and what to do about it. That of SQLite is in `sqlite.rs`.

use tasker::{SqlStore, StoreError};
use tasker_tests::postgres::server_or_skip;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

async fn told(url: &str) -> String {
    let told = SqlStore::connect(url).await.unwrap_err().to_string();
    for noise in ["secret", "Error:", "error returned from database", "error communicating"] {
        assert!(!told.contains(noise), "{told}");
    }
    told
}

#[tokio::test]
async fn a_server_that_is_not_there_is_told_by_host_and_port() {
    let nobody = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = nobody.local_addr().unwrap();
    drop(nobody);
    let error = SqlStore::connect(&format!("postgres://ada:secret@{address}/orders")).await.unwrap_err();
    assert!(matches!(error, StoreError::Unavailable { .. }), "it may come");
    let told = told(&format!("postgres://ada:secret@{address}/orders")).await;
    let expected = format!(
        "opening the database `postgres://ada@{address}/orders`: no PostgreSQL answers at `{address}` ("
    );
    assert!(told.contains(&expected), "{told}");
    assert!(told.ends_with("whether host and port in the URL are right"), "{told}");
}

#[tokio::test]
async fn a_server_of_another_kind_is_told_as_such() {
    let other = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = other.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = other.accept().await {
            let _ = stream.read(&mut [0; 64]).await;
            let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await;
            let _ = stream.shutdown().await;
            // A socket that is closed before all was read resets the connection.
            let _ = stream.read_to_end(&mut Vec::new()).await;
        }
    });
    let told = told(&format!("postgres://ada:secret@{address}/orders?sslmode=prefer")).await;
    assert!(
        told.contains(&format!("what answers at `{address}` does not speak as PostgreSQL does")),
        "{told}"
    );
}

#[tokio::test]
async fn a_url_that_cannot_be_read_says_how_one_looks() {
    let told = told("postgres://ada:se#cret@db:port/orders").await;
    assert!(told.contains("opening the database `postgres:…`: the URL cannot be read ("), "{told}");
    assert!(told.contains("such as `%40` for `@`"), "{told}");
}

#[tokio::test]
async fn what_the_server_refuses_is_told_with_what_to_do() {
    let Some(server) = server_or_skip() else { return };
    let told_of = told(&server.url("no_such_orders")).await;
    assert!(
        told_of.ends_with(
            "the server has no database `no_such_orders`; create it (`CREATE DATABASE \"no_such_orders\"`), or name another one in the URL"
        ),
        "{told_of}"
    );
    let empty = server.database("tasker_empty", async |_| {}).await;
    empty.query(
        "DO $$ BEGIN CREATE ROLE tasker_guest LOGIN; EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$; \
         REVOKE CREATE ON SCHEMA public FROM PUBLIC",
    );
    let as_user = |name: &str| {
        let (before, rest) = empty.url().split_once("://").unwrap();
        let rest = rest.split_once('@').map_or(rest, |(_, rest)| rest);
        let separator = if rest.contains('?') { '&' } else { '?' };
        format!("{before}://{rest}{separator}user={name}")
    };
    let guest = told(&as_user("tasker_guest")).await;
    let grant = "grant it (`GRANT CREATE ON SCHEMA public TO \"tasker_guest\"`)";
    assert!(
        guest.contains("bringing the tables up to date: the user `tasker_guest` may not do that"),
        "{guest}"
    );
    assert!(guest.contains(grant), "{guest}");
    let nobody = told(&as_user("tasker_nobody")).await;
    assert!(nobody.contains("the user `tasker_nobody`") && nobody.contains("in the URL"), "{nobody}");
}
