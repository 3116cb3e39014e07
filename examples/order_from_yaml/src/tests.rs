//! The file and the annotated workflow of the example `order_process` side by side.

use std::fs;
use std::path::{Path, PathBuf};

use ::order_process::{App, Faults, Ledger, order_process};
use serde_json::{Value, json};
use tasker::yaml::Environment;
use tasker::{BuildError, MemoryStore, StartError, TaskHandle, TaskState, Tasker, TaskerBuilder};
use tempfile::TempDir;

use crate::handlers;
use crate::shop::Shop;

fn orders(folder: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../order_process/orders").join(folder)
}

fn read(file: impl AsRef<Path>) -> Value {
    let text =
        fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.as_ref().display()));
    serde_json::from_str(&text).expect("JSON")
}

fn from_file(shop: &Shop) -> TaskerBuilder<()> {
    handlers::order_process(shop).environment(Environment::named("test").variables([("A", "a")]))
}

async fn file() -> Tasker {
    from_file(&Shop::default())
        .store(MemoryStore::new())
        .build()
        .await
        .unwrap_or_else(|error| panic!("{error}"))
}

async fn annotated(folder: &TempDir) -> Tasker {
    let ledger = Ledger::beside(&folder.path().join("shop")).expect("a ledger");
    let tasker = Tasker::builder(App::new(ledger, Faults::default())).register::<order_process::Workflow>();
    tasker.store(MemoryStore::new()).build().await.expect("a tasker")
}

async fn start(tasker: &Tasker, order: &Value) -> Result<TaskHandle, StartError> {
    tasker.start_named("shop", "order_process", "1.0.0", order.clone()).await
}

/// How a task ended: its state, and of each step its name, state, result and error.
async fn ended(tasker: &Tasker, order: &Value) -> (TaskState, Vec<Value>) {
    let task = start(tasker, order).await.expect("an order");
    let status = task.wait().await.expect("an end");
    let mut steps = Vec::new();
    for step in &status.steps {
        let result = task.result(&step.name).await.expect("an answer");
        let error = step
            .error
            .as_ref()
            .map(|error| json!([error.error_code(), error.message(), error.is_permanent()]));
        steps.push(json!([step.name, step.state.as_str(), step.attempts.0, result, error]));
    }
    steps.sort_by_key(|step| step[0].to_string());
    (status.state, steps)
}

#[tokio::test]
async fn every_step_comes_to_the_same_as_its_annotated_twin() {
    let folder = TempDir::new().expect("a folder");
    let (file, annotated) = (file().await, annotated(&folder).await);
    for (order, state) in [
        ("1001.json", TaskState::Complete),
        ("1002.json", TaskState::Complete),
        ("1003.json", TaskState::Complete),
        ("rejected/unknown_sku.json", TaskState::Error),
    ] {
        let order = read(orders(order));
        let of_file = ended(&file, &order).await;
        assert_eq!(of_file, ended(&annotated, &order).await, "{order}");
        assert_eq!((of_file.0, of_file.1.len()), (state, 5), "{order}");
    }
    file.shutdown().await;
    annotated.shutdown().await;
}

#[tokio::test]
async fn what_is_no_order_for_one_is_none_for_the_other() {
    let folder = TempDir::new().expect("a folder");
    let (file, annotated) = (file().await, annotated(&folder).await);
    for order in ["many_mistakes", "missing_email", "negative_quantity", "no_items"] {
        let order = read(orders("bad").join(order).with_added_extension("json"));
        let refused = start(&file, &order).await.expect_err("no order").to_string();
        assert_eq!(refused, start(&annotated, &order).await.expect_err("no order").to_string());
    }
    file.shutdown().await;
    annotated.shutdown().await;
}

#[tokio::test]
async fn the_event_says_through_which_gateway_of_the_environment_the_money_came() {
    let environment = Environment::named("production").variables([("PAYMENT_GATEWAY", "acme")]);
    let tasker = handlers::order_process(&Shop::default()).environment(environment).store(MemoryStore::new());
    let tasker = tasker.build().await.unwrap_or_else(|error| panic!("{error}"));
    let task = start(&tasker, &read(orders("1001.json"))).await.expect("an order");
    task.wait().await.expect("an end");
    let events = task.records().await.expect("the events");
    assert_eq!(events.len(), 1);
    assert_eq!((events[0].name.as_str(), events[0].step.as_str()), ("payment.processed", "process_payment"));
    let payload: Value = serde_json::from_str(events[0].payload.as_str()).expect("JSON");
    assert_eq!(payload, json!({ "order_id": 1001, "amount": 3880, "gateway": "acme" }));
    tasker.shutdown().await;
}

#[tokio::test]
async fn in_production_the_gateway_has_to_be_named() {
    let environment = Environment::named("production").variables([("OTHER", "acme")]);
    let tasker = handlers::order_process(&Shop::default()).environment(environment).store(MemoryStore::new());
    let Err(error @ BuildError::Yaml(_)) = tasker.build().await else { panic!("it was built") };
    let error = error.to_string();
    assert!(error.contains("the environment variable `PAYMENT_GATEWAY` is not set"), "{error}");
    assert!(error.contains("gateway: ${PAYMENT_GATEWAY} # has to be set"), "{error}");
}

#[tokio::test]
async fn an_order_is_charged_and_told_once_however_often_it_is_asked_for() {
    let shop = Shop::default();
    let tasker =
        from_file(&shop).store(MemoryStore::new()).build().await.unwrap_or_else(|error| panic!("{error}"));
    for _ in 0..2 {
        let task = crate::start(&tasker, read(orders("1001.json"))).await.expect("an order");
        task.wait().await.expect("an end");
    }
    assert_eq!(shop.letters().len(), 1);
    assert_eq!(shop.letters()[0].text, "Order 1001: 3 pieces, 38.80 paid (receipt-1001).");
    tasker.shutdown().await;
}
