//! The two workflows against the service.

use std::time::Duration;

use serde_json::json;
use tasker::http::{Api, BreakerSettings, CircuitState};
use tasker::yaml::Environment;
use tasker::{MemoryStore, TaskState};

use crate::app;
use crate::courier::parcel::{Context, Workflow, print_label};
use crate::server::{Moods, Server};

/// A service in some mood, and breakers that open after so many failures, for a moment.
async fn setting(limited: u32, busy: u32, failures: u32) -> (Server, Api, tasker::Tasker) {
    let server = Server::start(Moods { limited, busy, retry_after: 0 }).await.expect("a server");
    let breaker = BreakerSettings { failures, open_for: Duration::from_secs(1), ..BreakerSettings::DEFAULT };
    let api = Api::builder().without_proxy().breaker(breaker).build();
    let environment = Environment::named("test").variables([("SHOP_URL", server.url())]);
    let tasker = app::tasker(&api, environment, &server.url()).store(MemoryStore::new()).build().await;
    (server, api, tasker.unwrap_or_else(|error| panic!("{error}")))
}

#[tokio::test]
async fn a_checkout_comes_through_the_bad_moods_of_the_service() {
    let (server, api, tasker) = setting(1, 2, 5).await;
    let task =
        tasker.start_named("shop", "checkout", "1.0.0", json!({ "cart_id": 7 })).await.expect("a task");
    let status = task.wait().await.expect("an end");
    assert_eq!(status.state, TaskState::Complete);
    let attempts = |step| status.step(step).expect("a step").attempts.0;
    assert_eq!([attempts("fetch_cart"), attempts("check_stock"), attempts("pay")], [2, 1, 3]);
    assert_eq!(task.result("pay").await.expect("an answer"), Some(json!("receipt-1")));
    let asked = server.seen();
    assert_eq!(asked[..2], ["GET /carts/7: 429 Too Many Requests, Retry-After: 0", "GET /carts/7: 200 OK"]);
    assert_eq!(asked.len(), 6);
    assert_eq!(api.breakers().state("payments").state, CircuitState::Closed);
    tasker.shutdown().await;
}

#[tokio::test]
async fn a_service_that_fails_too_often_is_left_alone_for_a_while() {
    let (server, api, tasker) = setting(0, 2, 2).await;
    let task =
        tasker.start_named("shop", "checkout", "1.0.0", json!({ "cart_id": 7 })).await.expect("a task");
    let status = task.wait().await.expect("an end");
    assert_eq!(status.state, TaskState::Complete);
    // One of its executions found the breaker open, and sent nothing.
    let payments = server.seen().iter().filter(|asked| asked.starts_with("POST")).count();
    assert_eq!((payments, status.step("pay").expect("the step").attempts.0), (3, 4));
    assert_eq!(api.breakers().state("payments").state, CircuitState::Closed);
    tasker.shutdown().await;
}

#[tokio::test]
async fn a_cart_that_there_is_not_ends_the_task_at_once() {
    let (_server, _, tasker) = setting(0, 0, 5).await;
    let task =
        tasker.start_named("shop", "checkout", "1.0.0", json!({ "cart_id": 8 })).await.expect("a task");
    let status = task.wait().await.expect("an end");
    let step = status.step("fetch_cart").expect("the step");
    assert_eq!((status.state, step.attempts.0), (TaskState::Error, 1));
    assert_eq!(step.error.as_ref().and_then(|error| error.error_code()), Some("HTTP_404"));
    tasker.shutdown().await;
}

#[tokio::test]
async fn the_annotated_step_reads_the_answer_as_its_type() {
    let (server, api, tasker) = setting(0, 0, 5).await;
    let task = tasker.start::<Workflow>(Context { weight: 800 }).await.expect("a task");
    task.wait().await.expect("an end");
    assert_eq!(task.output::<print_label>().await.expect("an answer").as_deref(), Some("800 g, 490 cents"));
    assert_eq!(server.seen(), ["GET /parcels/800: 200 OK"]);
    assert!(api.breakers().all().contains_key("courier"));
    tasker.shutdown().await;
}
