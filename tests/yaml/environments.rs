//! What is different in an environment.

use serde_json::{Value, json};
use tasker::yaml::{Environment, YamlFile};

use crate::support::{depends_on, good, step, without_variables};

fn config(environment: &Environment, name: &str) -> Value {
    let text = include_str!("files/cart_checkout.yaml");
    let task = YamlFile::new("cart_checkout.yaml", text).load(environment).unwrap();
    step(task.workflow(), name).config().cloned().unwrap_or_default()
}

#[test]
fn configurations_are_merged_by_the_names_of_steps() {
    let development = without_variables("development");
    assert_eq!(
        config(&development, "read_cart"),
        json!({"type": "api", "url": "http://localhost:3000/cart", "params": {"verbose": 1, "debug": true}})
    );
    assert_eq!(
        config(&development, "read_catalog"),
        json!({"type": "api", "url": "https://shop.example/products"})
    );
    assert_eq!(
        config(&without_variables("test"), "read_catalog"),
        json!({"type": "api", "url": "http://catalog.test/products", "params": {}})
    );
}

#[test]
fn an_environment_that_the_file_does_not_know_changes_nothing() {
    let staging = without_variables("staging");
    assert_eq!(config(&staging, "read_cart")["params"], json!({"verbose": 1}));
}

#[test]
fn an_environment_changes_whatever_it_names_and_null_takes_away() {
    let text = "
name: order
version: 1.0.0
description: as it is
concurrent: true
default_dependent_system: real
schema: {type: object, required: [id], properties: {id: {type: integer}}}
handler_config: {a: {b: 1, c: 2}}
step_templates:
  - {name: one, handler_class: One, handler_config: {x: [1, 2], y: 2}}
  - {name: two, handler_class: Two, depends_on_step: one, default_retry_limit: 5}
  - {name: three, handler_class: Three}
environments:
  test:
    version: 1.0.0-test
    concurrent: false
    default_dependent_system: fake
    schema: {required: null, properties: {id: {type: string}}}
    handler_config: {a: {c: 3, d: 4}}
    custom_events: [{name: tested}]
    step_templates:
      - {name: two, depends_on_step: null, depends_on_steps: [three], default_retryable: false, handler_class: Fake}
      - {name: one, skippable: true, handler_config: {x: [3], y: ~}}
";
    let file = YamlFile::new("order.yaml", text);
    let task = file.load(&without_variables("test")).unwrap_or_else(|error| panic!("{error}"));
    let workflow = task.workflow();
    assert_eq!((workflow.id().version.as_str(), workflow.description()), ("1.0.0-test", "as it is"));
    assert!(!workflow.is_concurrent());
    assert_eq!(workflow.config(), Some(&json!({"a": {"b": 1, "c": 3, "d": 4}})));
    assert_eq!(
        workflow.context_schema(),
        Some(&json!({"type": "object", "properties": {"id": {"type": "string"}}}))
    );
    let (one, two) = (step(workflow, "one"), step(workflow, "two"));
    assert_eq!(one.config(), Some(&json!({"x": [3]})));
    assert!(one.is_optional() && one.dependent_system() == Some("fake"));
    assert_eq!((two.handler_class(), two.retry().limit), (Some("Fake"), 1));
    assert_eq!(depends_on(workflow, "two"), ["three"]);
    assert_eq!(two.emits()[0].name(), "tested");
    let real = file.load(&without_variables("production")).unwrap();
    assert_eq!(depends_on(real.workflow(), "two"), ["one"]);
}

#[test]
fn the_order_process_of_production_asks_for_its_key() {
    let task = good("order_process.yaml", "development");
    let payment = step(task.workflow(), "process_payment").config();
    assert_eq!(payment, Some(&json!({"payment_processor": "test"})));
    assert!(step(task.workflow(), "send_confirmation").config().is_none());
}
