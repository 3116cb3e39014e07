//! Values from outside: they reach the handler and nobody else.

use serde_json::json;
use tasker::yaml::{Environment, YamlFile};
use tasker::{BuildError, MemoryStore, StepContext, StepError, Tasker, handler_fn};

use crate::support::{directory, file, step, without_variables};

const SECRET: &str = "hunter2-the-secret";

fn environment(name: &str) -> Environment {
    Environment::named(name).variables([("KEY", SECRET), ("EMPTY", "")])
}

fn task(config: &str) -> YamlFile {
    YamlFile::new(
        "secret.yaml",
        format!(
            "name: secret\nstep_templates:\n  - name: only\n    handler_class: Only\n    handler_config: {config}\n"
        ),
    )
}

#[test]
fn variables_stand_in_the_texts_of_configurations() {
    let config = r#"{a: "Bearer ${KEY}!", b: ["${NOT_SET:-plan: b}", "${EMPTY:-empty}", "x${EMPTY}y"], c: "$${KEY} $5", d: {"${KEY}": 1}}"#;
    let loaded = task(config).load(&environment("test")).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(
        step(loaded.workflow(), "only").config(),
        Some(&json!({
            "a": "Bearer hunter2-the-secret!",
            "b": ["plan: b", "empty", "xy"],
            "c": "${KEY} $5",
            "d": {"${KEY}": 1},
        }))
    );
}

#[test]
fn only_what_the_environment_uses_is_looked_up() {
    let path = directory("files").join("cart_checkout.yaml");
    assert!(file(&path).load(&without_variables("development")).is_ok());
    let error = file(&path).load(&without_variables("production")).unwrap_err();
    assert_eq!(error.mistakes().len(), 2);
    assert_eq!(
        error.mistakes()[0].to_string(),
        "error: the environment variable `SHOP_API_KEY` is not set\n  --> cart_checkout.yaml:83:22\n   |\n83 |             api_key: ${SHOP_API_KEY}\n   |                      ^^^^^^^^^^^^^^^\n   = help: the environment `production` needs it; set it, or give a default: `${SHOP_API_KEY:-..}`"
    );
}

#[test]
fn values_are_not_shown() {
    let loaded = task("{key: \"${KEY}\", url: x}").load(&environment("test")).unwrap();
    let shown = format!("{loaded:?} {:?} {:?}", loaded.workflow(), environment("test"));
    assert!(shown.contains("${KEY}") && !shown.contains(SECRET), "{shown}");
}

#[test]
fn descriptions_and_schemas_are_texts_of_their_own() {
    let text = "
name: plain
description: costs ${AMOUNT}
schema: {properties: {price: {description: \"in ${CURRENCY}\"}}}
step_templates:
  - {name: only, handler_class: Only, description: \"${NOT_SET}\"}
";
    let task = YamlFile::new("plain.yaml", text).load(&environment("test")).unwrap();
    assert_eq!(task.workflow().description(), "costs ${AMOUNT}");
    assert_eq!(step(task.workflow(), "only").description(), "${NOT_SET}");
}

/// Whatever happens to a step, and whatever is wrong, the value is nowhere but in the handler.
#[tokio::test(start_paused = true)]
async fn values_reach_the_handler_and_no_error() {
    #[derive(Debug, serde::Deserialize)]
    struct Wrong {
        #[expect(dead_code, reason = "it is no number")]
        key: u64,
    }
    let seen = handler_fn(|_, _, step: StepContext| async move {
        let key = step.config_value().unwrap()["key"].as_str().unwrap_or_default().to_owned();
        if key != SECRET {
            return Err(StepError::permanent("this is another key"));
        }
        step.config::<Wrong>().map(|wrong| format!("{wrong:?}").into())
    });
    let tasker = Tasker::builder(())
        .store(MemoryStore::new())
        .yaml(task("{key: \"${KEY}\"}"))
        .environment(environment("test"))
        .handler("Only", seen)
        .build()
        .await
        .unwrap();
    let task_handle = tasker.start_named("default", "secret", "0.1.0", json!({})).await.unwrap();
    let status = task_handle.wait().await.unwrap();
    let error = status.steps[0].error.clone().unwrap();
    let told = error.message().ends_with("Wrong`: /key: no value of the type that is asked for");
    assert!(told, "{error}");
    assert!(!format!("{status:?}").contains(SECRET));

    let built = Tasker::builder(())
        .store(MemoryStore::new())
        .yaml(task("{key: \"${KEY}\", other: \"${NONE}\", kind: [\"${KEY}\", \"${}\"]}"))
        .environment(environment("test"))
        .build()
        .await;
    let Err(BuildError::Yaml(error)) = built else { panic!("it has mistakes") };
    assert_eq!(error.mistakes().len(), 3, "no handler, no value, no variable");
    assert!(!format!("{error} {error:?}").contains(SECRET));
}
