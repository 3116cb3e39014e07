//! Variables of task files in the settings of API steps: their values are sent, and neither read nor told.

use std::sync::Arc;

use serde_json::{Value, json};

use super::api;
use super::server::{Seen, Server, answer};
use crate::diagram::Diagram;
use crate::http::{Api, ApiConfig, ApiHandler, ApiRequest};
use crate::yaml::{Environment, YamlFile};
use crate::{MemoryStore, StepContext, StepSequence, StepState, Task, TaskHandle, Tasker, handler_fn};

const SECRET: &str = "hunter2-the-secret";

fn file(config: &str) -> YamlFile {
    let text = format!(
        "name: pay\nstep_templates:\n  - name: call\n    handler_class: Pay::Call\n    default_retry_limit: 1\n    handler_config: {config}\n"
    );
    YamlFile::new("pay.yaml", text)
}

/// A task of one step, after its step has failed or is complete.
async fn run(
    api: &Api,
    config: &str,
    variables: &[(&str, &str)],
    class: Option<&str>,
) -> (Tasker, TaskHandle) {
    let variables = variables.iter().map(|&(name, value)| (name, value));
    let mut builder = Tasker::builder(())
        .store(MemoryStore::new())
        .yaml(file(config))
        .environment(Environment::named("test").variables(variables))
        .handler_for_type("api", ApiHandler::new(api.clone()));
    if let Some(class) = class {
        let api = api.clone();
        let handler = move |_: Task, _: StepSequence, step: StepContext| {
            let api = api.clone();
            async move {
                let config: ApiConfig = step.config()?;
                let shown = format!("{config:?}");
                let response = api.call(ApiRequest::new(&config).value("cart_id", &7)).await?;
                Ok::<Value, crate::StepError>(json!({ "shown": shown, "status": response.status }))
            }
        };
        builder = builder.handler(class, handler_fn(handler));
    }
    let tasker = builder.build().await.unwrap_or_else(|error| panic!("{error}"));
    let task = tasker.start_named("default", "pay", "0.1.0", json!({ "cart_id": 7 })).await.unwrap();
    task.wait().await.unwrap();
    (tasker, task)
}

/// Repeats what it was sent, as many servers do that refuse something.
async fn echo(status: u16) -> Server {
    Server::start(move |seen: &Seen| {
        let said = format!("there is no {} ({:?})", seen.target, seen.headers);
        let headers = [("X-Target", seen.target.as_str()), ("Content-Type", "text/plain")];
        answer(status, &headers, &said)
    })
    .await
}

#[tokio::test]
async fn values_are_in_no_error_and_no_report() {
    let server = echo(500).await;
    let base = server.url("");
    let variables = [("BASE", base.as_str()), ("KEY", SECRET), ("ODD", "a b/\u{e9}\"4711")];
    for (config, shown) in [
        ("{type: api, url: \"${BASE}/services/${KEY}\"}", "GET ${BASE}/services/${KEY} answered 500"),
        (
            "{type: api, url: \"${BASE}/carts/{cart_id}?q=${KEY}\", params: {r: \"x${KEY}\", id: \"{cart_id}\"}, headers: {X-Id: \"${ODD}\"}}",
            "GET ${BASE}/carts/7?q=${KEY}&id=7&r=x${KEY} answered 500",
        ),
        ("{type: api, url: \"${BASE}/s/${ODD}\"}", "GET ${BASE}/s/${ODD} answered 500"),
    ] {
        let (tasker, task) = run(&api(), config, &variables, None).await;
        let status = task.status().await.unwrap();
        let error = status.steps[0].error.clone().unwrap();
        assert!(error.message().starts_with(shown), "{error}");
        let snapshot = task.snapshot().await.unwrap();
        let history = task.history().await.unwrap();
        let told = format!(
            "{status:?} {snapshot:?} {history:?} {:?} {} {}",
            snapshot.execution(),
            Diagram::of_task(&snapshot).svg(),
            serde_json::to_string(&error).unwrap(),
        );
        for value in [SECRET, &base, "4711"] {
            assert!(!told.contains(value), "{value} in {told}");
        }
        tasker.shutdown().await;
    }
}

#[tokio::test]
async fn a_redirect_that_repeats_a_value_does_not_tell_it() {
    let server =
        Server::start(|seen| answer(302, &[("Location", &format!("ftp:/{}/", seen.target))], "")).await;
    let base = server.url("");
    let config = "{type: api, url: \"${BASE}/services/${KEY}\"}";
    let (tasker, task) = run(&api(), config, &[("BASE", &base), ("KEY", SECRET)], None).await;
    let error = task.status().await.unwrap().steps[0].error.clone().unwrap();
    assert!(error.message().contains("${KEY}") && !format!("{error:?}").contains(SECRET), "{error}");
    tasker.shutdown().await;
}

#[tokio::test]
async fn a_value_that_makes_no_call_is_not_told() {
    for (config, value) in [
        ("{type: api, url: \"http://${KEY}/{cart_id}\"}", "4711 x y"),
        ("{type: api, url: \"http://x.example/{nothing}/${KEY}\"}", "4711"),
        ("{type: api, url: \"https://localhost:1/\", ssl: {ca_file: \"${KEY}\"}}", "/4711/ca.pem"),
    ] {
        let built = Tasker::builder(())
            .store(MemoryStore::new())
            .yaml(file(config))
            .environment(Environment::named("test").variables([("KEY", value)]))
            .handler_for_type("api", ApiHandler::new(api()))
            .build()
            .await;
        let told = match built {
            Err(error) => error.to_string(),
            Ok(tasker) => {
                let task =
                    tasker.start_named("default", "pay", "0.1.0", json!({ "cart_id": 7 })).await.unwrap();
                let status = task.wait().await.unwrap();
                assert_eq!(status.steps[0].state, StepState::Error);
                tasker.shutdown().await;
                format!("{status:?}")
            }
        };
        assert!(!told.contains("4711"), "{told}");
    }
}

#[tokio::test]
async fn values_are_no_templates() {
    let server = echo(200).await;
    let base = server.url("");
    let seen = Arc::new(server);
    for key in ["pa{ss}word", "pa{{ss}}word", "{cart_id}", "${KEY}", "{", "}}"] {
        let config = "{type: api, method: post, url: \"${BASE}/{cart_id}\", headers: {X-Key: \"k ${KEY} {cart_id}\"}, \
            params: {k: \"${KEY}\"}, body: {k: \"${KEY}\", id: \"{cart_id}\", all: [\"${KEY}-{cart_id}-{{cart_id}}\"]}}";
        for class in [None, Some("Pay::Call")] {
            let (tasker, task) = run(&api(), config, &[("BASE", &base), ("KEY", key)], class).await;
            let result = task.result("call").await.unwrap();
            assert!(result.is_some(), "{key}: {:?}", task.status().await.unwrap());
            let last = seen.seen().pop().unwrap();
            assert_eq!(last.header("x-key"), Some(format!("k {key} 7").as_str()));
            let body: Value = serde_json::from_str(&last.body).unwrap();
            assert_eq!(body, json!({ "k": key, "id": 7, "all": [format!("{key}-7-{{cart_id}}")] }));
            let url = reqwest::Url::parse(&format!("http://x{}", last.target)).unwrap();
            assert_eq!(url.path(), "/7");
            assert_eq!(url.query_pairs().next().unwrap().1, key);
            tasker.shutdown().await;
        }
    }
}

#[tokio::test]
async fn the_text_for_debugging_of_settings_has_the_names() {
    let server = echo(200).await;
    let base = server.url("");
    let config = "{type: api, method: post, url: \"${BASE}/${KEY}\", headers: {X-Shop: \"${KEY}\"}, params: {a: \"${KEY}\"}, body: [\"${KEY}\"]}";
    let (tasker, task) = run(&api(), config, &[("BASE", &base), ("KEY", SECRET)], Some("Pay::Call")).await;
    let result = task.result("call").await.unwrap().expect("an answer");
    let shown = result["shown"].as_str().unwrap();
    assert!(!shown.contains(SECRET) && shown.matches("${KEY}").count() == 4, "{shown}");
    tasker.shutdown().await;
}

#[test]
fn settings_within_others_know_their_variables_too() {
    #[derive(serde::Deserialize)]
    struct Pay {
        calls: Vec<ApiConfig>,
    }
    let config = "{calls: [{url: \"http://x.example/${KEY}\"}, {url: \"http://x.example/{cart_id}\"}]}";
    let environment = Environment::named("test").variables([("KEY", "{cart_id}")]);
    let loaded = file(config).load(&environment).unwrap_or_else(|error| panic!("{error}"));
    let step = &loaded.workflow().steps()[0];
    let pay: Pay = step.while_reading(|| crate::schema::read(step.config().unwrap())).unwrap();
    let shown = format!("{:?}", pay.calls[0]);
    assert!(shown.contains("http://x.example/${KEY}"), "{shown}");
    let outside: Pay = crate::schema::read(step.config().unwrap()).unwrap();
    assert!(format!("{:?}", outside.calls[0]).contains("{cart_id}"), "it was read as any other text");
}
