//! API steps of workflows that name their handlers, from the start of a task to its end.

use serde_json::{Value, json};

use super::api;
use super::server::{Act, Seen, Server, answer, json};
use crate::http::{Api, ApiHandler, ApiRequest, CircuitState};
use crate::{
    MemoryStore, StepError, StepSpec, StepStatus, TaskHandle, TaskState, Tasker, TaskerBuilder, WorkflowDef,
    handler_fn,
};

fn step(name: &str, config: &Value) -> StepSpec {
    StepSpec::new(name).handler_class(format!("Cart::{name}")).config(config)
}

/// Runs a task of these steps to its end.
async fn run(
    builder: TaskerBuilder<()>,
    steps: impl IntoIterator<Item = StepSpec>,
    context: Value,
) -> (Tasker, TaskHandle) {
    let workflow = WorkflowDef::builder("shop", "checkout", "1.0.0");
    let workflow = steps.into_iter().fold(workflow, crate::WorkflowBuilder::step);
    let tasker = builder.store(MemoryStore::new()).register_dynamic(workflow).build().await.unwrap();
    let task = tasker.start_named("shop", "checkout", "1.0.0", context).await.unwrap();
    task.wait().await.unwrap();
    (tasker, task)
}

fn with(api: &Api) -> TaskerBuilder<()> {
    Tasker::builder(()).handler_for_type("api", ApiHandler::new(api.clone()))
}

async fn status_of(task: &TaskHandle, step: &str) -> StepStatus {
    task.status().await.unwrap().step(step).unwrap().clone()
}

async fn error_of(task: &TaskHandle, step: &str) -> StepError {
    status_of(task, step).await.error.unwrap()
}

fn shop(seen: &Seen) -> Vec<Act> {
    match seen.target.as_str() {
        "/carts/7" => json(200, r#"{"items": [{"sku": "MUG-1"}], "open": true}"#),
        "/stock/MUG-1?open=true" => json(200, r#"{"left": 4}"#),
        other => answer(404, &[], other),
    }
}

#[tokio::test]
async fn placeholders_are_values_of_the_context_and_of_results() {
    let (server, api) = (Server::start(shop).await, api());
    let steps = [
        step("fetch_cart", &json!({ "type": "api", "url": server.url("/carts/{cart_id}") }))
            .dependent_system("carts"),
        step("between", &json!({ "type": "api", "url": server.url("/carts/{cart_id}") }))
            .depends_on(["fetch_cart"]),
        // The step before the last one: its result did not come with this one.
        step(
            "ask_stock",
            &json!({
                "type": "api", "url": server.url("/stock/{fetch_cart.body.items.0.sku}"),
                "params": { "open": "{fetch_cart.body.open}" }, "headers": { "X-Cart": "no. {cart_id}" }
            }),
        )
        .depends_on(["between"]),
    ];
    let (tasker, task) = run(with(&api), steps, json!({ "cart_id": 7 })).await;
    let stock = task.result("ask_stock").await.unwrap().expect("an answer");
    assert_eq!((&stock["status"], &stock["body"]), (&json!(200), &json!({ "left": 4 })));
    assert_eq!(stock["headers"]["content-type"], "application/json");
    assert_eq!(server.seen()[2].header("x-cart"), Some("no. 7"));
    assert_eq!(api.breakers().all().into_keys().collect::<Vec<_>>(), ["carts"]);
    assert_eq!(api.breakers().state("carts").state, CircuitState::Closed);
    tasker.shutdown().await;
}

#[tokio::test]
async fn an_answer_that_asks_for_patience_is_followed_by_another_attempt() {
    let times = std::sync::atomic::AtomicU32::new(0);
    let server = Server::start(move |seen| match times.fetch_add(1, std::sync::atomic::Ordering::Relaxed) {
        0 => answer(503, &[("Retry-After", "0")], ""),
        _ => shop(seen),
    })
    .await;
    let config = json!({ "type": "api", "url": server.url("/carts/{cart_id}"), "retries": 2 });
    let (tasker, task) = run(with(&api()), [step("fetch_cart", &config)], json!({ "cart_id": 7 })).await;
    assert_eq!(task.state().await.unwrap(), TaskState::Complete);
    assert_eq!(status_of(&task, "fetch_cart").await.attempts.0, 2);
    tasker.shutdown().await;
}

#[tokio::test]
async fn a_field_of_the_context_goes_before_a_step_of_its_name() {
    let server = Server::start(shop).await;
    let config = json!({ "type": "api", "url": server.url("/carts/{other.id}") });
    let steps =
        [step("fetch_cart", &config), step("other", &json!({ "type": "api", "url": server.url("/none") }))];
    let (tasker, task) = run(with(&api()), steps, json!({ "other": { "id": 7 } })).await;
    assert_eq!(task.result("fetch_cart").await.unwrap().expect("an answer")["status"], 200);
    assert_eq!(error_of(&task, "other").await.error_code(), Some("HTTP_404"));
    tasker.shutdown().await;
}

#[tokio::test]
async fn without_a_handler_of_ones_own_there_is_one_for_api_steps() {
    // It fails before anything is sent.
    let steps = [step("no_value", &json!({ "type": "api", "url": "http://shop.example/{cart_ids}" }))];
    let (tasker, task) = run(Tasker::builder(()), steps, json!({ "cart_id": 7 })).await;
    let error = error_of(&task, "no_value").await;
    assert_eq!((error.error_code(), error.is_permanent()), (Some("HTTP_CONFIG"), true));
    assert!(error.message().contains("did you mean `cart_id`?"), "{error}");
    tasker.shutdown().await;
}

#[tokio::test]
async fn settings_of_which_no_call_can_be_made_keep_the_application_from_starting() {
    let workflow = WorkflowDef::builder("shop", "ask", "1.0.0")
        .step(step("wrong_key", &json!({ "type": "api", "url": "http://shop.example/", "timout": 3 })))
        .step(step("wrong_type", &json!({ "type": "api", "url": "http://shop.example/", "timeout": "long" })))
        .step(step("no_url", &json!({ "type": "api" })));
    let tasker = Tasker::builder(()).store(MemoryStore::new()).register_dynamic(workflow).build().await;
    let Err(error) = tasker else { panic!("it started") };
    let told = error.to_string();
    for part in [
        "workflow `shop.ask@1.0.0` cannot be registered",
        "the handler of the step `wrong_key` cannot run it: nothing reads `timout`; did you mean `timeout`?",
        "the handler of the step `wrong_type` cannot run it: `timeout` takes a number of seconds; here is a text",
        "the handler of the step `no_url` cannot run it: there is no `url`; write what is called",
    ] {
        assert!(told.contains(part), "{part} in {told}");
    }
}

#[tokio::test]
async fn a_registered_class_goes_before_the_type_and_adds_to_the_call() {
    let (server, api) = (Server::start(|seen| json(200, &format!("{:?}", seen.target))).await, api());
    let config = json!({ "type": "api", "url": server.url("/carts/{cart_id}") });
    let handler = handler_fn(move |task, sequence, step| {
        let api = api.clone();
        async move {
            let request = ApiRequest::of_step(&task, &sequence, &step).await?.param("currency", "EUR");
            Ok(api.call(request).await?.body)
        }
    });
    let builder = Tasker::builder(()).handler("Cart::fetch_cart", handler);
    let (tasker, task) = run(builder, [step("fetch_cart", &config)], json!({ "cart_id": 7 })).await;
    assert_eq!(task.result("fetch_cart").await.unwrap(), Some(json!("/carts/7?currency=EUR")));
    tasker.shutdown().await;
}

#[tokio::test]
async fn the_correlation_id_of_the_task_goes_with_the_call_unless_the_file_says_another() {
    let server = Server::start(|_| json(200, "{}")).await;
    let config = |headers: Value| json!({ "type": "api", "url": server.url("/"), "headers": headers });
    let code = json!({ "url": server.url("/") });
    let api = api();
    let calling = handler_fn({
        let api = api.clone();
        move |_, _, step| {
            let api = api.clone();
            async move { Ok(api.call(&step.config::<crate::http::ApiConfig>()?).await?.body) }
        }
    });
    let builder = with(&api).handler("Cart::code", calling);
    let steps = [
        step("plain", &config(json!({}))),
        step("other", &config(json!({ "X-CORRELATION-ID": "of the file" }))).depends_on(["plain"]),
        step("code", &code).depends_on(["other"]),
    ];
    let (tasker, task) = run(builder, steps, json!({})).await;
    assert_eq!(task.state().await.unwrap(), TaskState::Complete);
    let id = task.id().to_string();
    let seen = server.seen();
    let sent: Vec<_> = seen.iter().map(|seen| seen.header("x-correlation-id")).collect();
    assert_eq!(sent, [Some(id.as_str()), Some("of the file"), Some(id.as_str())]);
    tasker.shutdown().await;
    // Outside of a step there is no such id.
    api.call(crate::http::ApiConfig::get(server.url("/"))).await.unwrap();
    assert_eq!(server.seen()[3].header("x-correlation-id"), None);
}
