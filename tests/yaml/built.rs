//! What an application is told of a file that it cannot start with: what stands in the file alone, and what it is for its variables and
//! handlers, in one go. `built/NAME.yaml`, and beside it `built/NAME.txt`.

use serde_json::{Value, json};
use tasker::yaml::YamlFile;
use tasker::{
    BuildError, MemoryStore, StepContext, StepDef, StepError, StepHandler, StepMistake, StepMistakes,
    StepSequence, StepSpec, Task, Tasker, TaskerBuilder, WorkflowDef, handler_fn,
};
use tasker_tests::snapshot;

use crate::support::{file, files, without_variables};

/// Says what its configuration must be.
struct Pay;

impl StepHandler for Pay {
    async fn process(&self, _: &Task, _: &StepSequence, _: &StepContext) -> Result<Value, StepError> {
        Ok(Value::Null)
    }

    fn check(&self, step: &StepDef) -> Result<(), StepMistakes> {
        let config = step.config().ok_or("it has no configuration")?;
        let mut mistakes = Vec::new();
        if config["currency"].as_str().is_some_and(|currency| currency.len() != 3) {
            let mistake = StepMistake::new("`currency` is no currency").at("/currency");
            mistakes.push(mistake.help("write three letters, such as `EUR`"));
        }
        StepMistakes::check(mistakes)
    }
}

fn builder(file: YamlFile) -> TaskerBuilder<()> {
    Tasker::builder(())
        .environment(without_variables("test"))
        .yaml(file)
        .handler("Checkout::Pay", Pay)
        .handler("Checkout::Confirm", handler_fn(|_, _, _| async { Ok(Value::Null) }))
}

async fn told(file: YamlFile) -> String {
    match builder(file).store(MemoryStore::new()).build().await {
        Err(BuildError::Yaml(error)) => error.to_string(),
        Err(other) => panic!("told elsewhere: {other}"),
        Ok(_) => panic!("it started"),
    }
}

#[tokio::test]
async fn everything_that_is_wrong_is_told_at_once_with_its_place() {
    for path in files("built", &["yaml"]) {
        let name = path.file_stem().unwrap().to_string_lossy();
        let told = told(file(&path)).await;
        assert!(!told.contains("invalid type") && !told.contains("expected"), "{told}");
        snapshot::check(&format!("yaml/built/{name}.txt"), &format!("{told}\n"));
    }
}

fn one_step(config: &str) -> YamlFile {
    let text =
        format!("name: one\nstep_templates:\n  - name: pay\n    handler_class: Checkout::Pay\n{config}");
    YamlFile::new("one.yaml", text)
}

#[tokio::test]
async fn a_handler_that_misses_its_configuration_is_told_at_the_name_of_the_step() {
    let told = told(one_step("")).await;
    assert!(told.contains("the handler of the step `pay` cannot run it: it has no configuration"), "{told}");
    assert!(told.contains("one.yaml:3:11"), "{told}");
}

#[tokio::test]
async fn a_file_whose_handlers_say_nothing_starts() {
    let file = one_step("    handler_config: { currency: EUR }\n");
    let tasker = builder(file).store(MemoryStore::new()).build().await.unwrap();
    let task = tasker.start_named("default", "one", "0.1.0", json!({})).await.unwrap();
    task.wait().await.unwrap();
    tasker.shutdown().await;
}

#[tokio::test]
async fn what_variables_hold_is_not_told() {
    let text = "name: one\nstep_templates:\n  - name: ask\n    handler_class: Ask\n    handler_config:\n      type: api\n      \
                url: https://x.example/\n      method: ${METHOD}\n      timeout: ${TIMEOUT}\n";
    let environment =
        tasker::yaml::Environment::named("test").variables([("METHOD", "hunter2"), ("TIMEOUT", "4711")]);
    let builder = Tasker::builder(()).environment(environment).yaml(YamlFile::new("one.yaml", text));
    let Err(error) = builder.store(MemoryStore::new()).build().await else { panic!("it started") };
    let told = error.to_string();
    assert!(!told.contains("hunter2") && !told.contains("4711"), "{told}");
    for part in [
        "`method` is a text, which is none",
        "what a variable holds is always a text",
        "one.yaml:8:15",
        "one.yaml:9:16",
    ] {
        assert!(told.contains(part), "{part} in {told}");
    }
}

const ASK: &str = "name: shop\nstep_templates:\n  - name: charge\n    handler_class: Charge\n    handler_config:\n      type: api\n      \
                   url: https://x.example/\n";

async fn told_of(overrides: &[Value]) -> Vec<String> {
    let builder =
        Tasker::builder(()).environment(without_variables("test")).yaml(YamlFile::new("shop.yaml", ASK));
    let builder = overrides.iter().fold(builder, TaskerBuilder::configuration);
    match builder.store(MemoryStore::new()).build().await {
        Ok(tasker) => {
            tasker.shutdown().await;
            Vec::new()
        }
        Err(BuildError::Configuration(error)) => error.mistakes().to_vec(),
        Err(other) => panic!("told elsewhere: {other}"),
    }
}

#[tokio::test]
async fn an_override_of_a_step_of_a_file_has_the_keys_that_its_handler_knows() {
    assert_eq!(told_of(&[json!({"default.shop": {"charge": {"timeout": 5}}})]).await, Vec::<String>::new());
    assert_eq!(
        told_of(&[json!({"default.shop": {"charge": {"timout": 5, "retries": 2}}})]).await,
        [
            "the overrides: workflow `default.shop@0.1.0`: the handler of the step `charge` cannot run it: nothing reads `timout`; \
             did you mean `timeout`?"
        ]
    );
}

#[tokio::test]
async fn overrides_that_are_right_together_are_right() {
    let (body, method) = (json!({"body": {"a": 1}}), json!({"method": "POST"}));
    let of = |patch: &Value| json!({"default.shop": {"charge": patch}});
    assert_eq!(told_of(&[of(&body), of(&method)]).await, Vec::<String>::new());
    assert_eq!(told_of(&[of(&body)]).await.len(), 1);
}

#[tokio::test]
async fn a_slip_of_a_name_in_overrides_is_told_with_what_was_meant() {
    let slips = json!({"default.shop": {"chrage": {}}, "default.shpo": {}, "default.shop@0.1.1": {}, "elsewhere": {}});
    assert_eq!(
        told_of(&[slips]).await,
        [
            "the overrides: workflow `default.shop@0.1.0`: there is no step `chrage`; did you mean `charge`? the steps are `charge`",
            "the overrides name the workflow `default.shop@0.1.1`, which is not registered; did you mean `default.shop@0.1.0`? Registered \
             are `default.shop@0.1.0`",
            "the overrides name the workflow `default.shpo`, which is not registered; did you mean `default.shop`? Registered are \
             `default.shop@0.1.0`",
            "the overrides name the workflow `elsewhere`, which is not registered; registered are `default.shop@0.1.0`",
        ]
    );
}

#[tokio::test]
async fn what_handlers_say_of_other_workflows_is_told_with_the_mistakes_of_files() {
    let ask = StepSpec::new("ask")
        .handler_class("Ask")
        .config(&json!({"type": "api", "urll": "https://x.example/"}));
    let builder = Tasker::builder(())
        .environment(without_variables("test"))
        .yaml(YamlFile::new("one.yaml", "name: one\nstep_templates:\n  - { name: a, handler_class: B }\n"))
        .register_dynamic(WorkflowDef::builder("shop", "order", "1.0.0").step(ask));
    let Err(error) = builder.store(MemoryStore::new()).build().await else { panic!("it started") };
    for part in ["one.yaml:3:31", "workflow `shop.order@1.0.0`", "nothing reads `urll`; did you mean `url`?"]
    {
        assert!(error.to_string().contains(part), "{part} in {error}");
    }
}
