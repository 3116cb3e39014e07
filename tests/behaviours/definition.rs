//! Lines 44-46: what a file says, and what graphs may be.

use serde_json::json;
use tasker::yaml::{Environment, TaskFile, YamlFile};
use tasker::{StepDef, StepNo, StepSpec, WorkflowBuilder, WorkflowDef};

use crate::fixture::{DIAMOND, Dag, PARALLEL_MERGE, TREE};

const FILE: &str = "
name: api_task/integration
namespace_name: shop
version: 1.2.0
task_handler_class: ApiTask::IntegrationTask
default_dependent_system: ecommerce
named_steps: [fetch_cart, fetch_products, validate_products]
schema:
  type: object
  required: [cart_id]
  properties:
    cart_id: {type: integer}
step_templates:
  - name: fetch_cart
    description: Fetches the cart
    handler_class: ApiTask::FetchCart
    handler_config: {type: api, url: 'https://api.example/cart', params: {page: 1, sizes: [1, 2]}}
  - name: fetch_products
    handler_class: ApiTask::FetchProducts
    dependent_system: catalog
    default_retryable: false
  - name: validate_products
    depends_on_steps: [fetch_products, fetch_cart]
    handler_class: ApiTask::Validate
    default_retry_limit: 5
    skippable: true
environments:
  development:
    step_templates:
      - name: fetch_cart
        handler_config: {url: 'http://localhost/cart', params: {debug: true, sizes: [3]}}
      - name: validate_products
        default_retry_limit: 2
";

fn load(text: &str, environment: &str) -> Result<TaskFile, String> {
    let environment = Environment::named(environment).variables([("", ""); 0]);
    YamlFile::new("task.yaml", text).load(&environment).map_err(|error| error.to_string())
}

fn step<'w>(workflow: &'w WorkflowDef, name: &str) -> &'w StepDef {
    workflow.step(workflow.find(name).unwrap()).unwrap()
}

/// Ours: a step that is not retryable runs once, and `skippable` counts; in Ruby the first never runs, and the second is ignored.
#[test]
fn b44_what_a_file_says_is_in_the_workflow() {
    let file = load(FILE, "production").unwrap();
    let workflow = file.workflow();
    assert_eq!(workflow.id().to_string(), "shop.api_task/integration@1.2.0");
    assert_eq!(file.task_handler_class(), Some("ApiTask::IntegrationTask"));
    assert_eq!(workflow.context_schema().unwrap()["required"], json!(["cart_id"]));
    let seen: Vec<_> = workflow
        .steps()
        .iter()
        .map(|step| {
            (step.name(), step.handler_class().unwrap(), step.dependent_system().unwrap(), step.retry().limit)
        })
        .collect();
    assert_eq!(
        seen,
        [
            ("fetch_cart", "ApiTask::FetchCart", "ecommerce", 3),
            ("fetch_products", "ApiTask::FetchProducts", "catalog", 1),
            ("validate_products", "ApiTask::Validate", "ecommerce", 5),
        ]
    );
    assert_eq!(workflow.graph().dependencies(StepNo(2)), [StepNo(0), StepNo(1)]);
    assert_eq!(step(workflow, "fetch_cart").description(), "Fetches the cart");
    assert!(step(workflow, "validate_products").is_optional() && !step(workflow, "fetch_cart").is_optional());
}

#[test]
fn b44_an_environment_is_merged_by_the_names_of_steps() {
    let (plain, development) = (load(FILE, "production").unwrap(), load(FILE, "development").unwrap());
    let config = |file: &TaskFile| step(file.workflow(), "fetch_cart").config().unwrap().clone();
    assert_eq!(
        config(&plain),
        json!({ "type": "api", "url": "https://api.example/cart", "params": { "page": 1, "sizes": [1, 2] } })
    );
    assert_eq!(
        config(&development),
        json!({ "type": "api", "url": "http://localhost/cart", "params": { "page": 1, "sizes": [3], "debug": true } })
    );
    assert_eq!(step(development.workflow(), "validate_products").retry().limit, 2);
    let names = |file: &TaskFile| {
        file.workflow().steps().iter().map(|step| step.name().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(names(&plain), names(&development));
}

/// Ours: a step of an environment that there is not is a mistake; Ruby drops it.
#[test]
fn b44_names_that_are_not_in_the_lists_are_mistakes() {
    let unnamed = FILE.replace("fetch_products, validate_products]\nschema", "validate_products]\nschema");
    let error = load(&unnamed, "test").unwrap_err();
    assert!(error.contains("the step `fetch_products` is not in the list `named_steps`"), "{error}");
    let unknown = FILE.replace("      - name: validate_products", "      - name: validate_productz");
    let error = load(&unknown, "development").unwrap_err();
    assert!(error.contains("changes the step `validate_productz`, which there is not"), "{error}");
}

fn workflow(steps: &[(&str, &[&str])]) -> Result<WorkflowDef, Vec<String>> {
    let steps = steps.iter().map(|(name, on)| StepSpec::new(*name).depends_on(on.iter().copied()));
    let builder = steps.fold(WorkflowDef::builder("test", "graph", "1.0.0"), WorkflowBuilder::step);
    builder.build().map_err(|error| error.mistakes().to_vec())
}

#[test]
fn b45_an_edge_that_closes_a_cycle_is_refused_and_several_ways_to_one_step_are_not() {
    for (steps, told) in [
        (&[("a", &["b"][..]), ("b", &["a"])][..], "the steps `a`, `b` wait for each other"),
        (
            &[("a", &["d"]), ("b", &["a"]), ("c", &["b"]), ("d", &["c"]), ("e", &["d"])],
            "the steps `a`, `b`, `c`, `d` wait for each other",
        ),
    ] {
        assert_eq!(workflow(steps).unwrap_err(), [told]);
    }
    assert_eq!(workflow(&[("a", &["a"])]).unwrap_err().len(), 1, "nor may a step wait for itself");
    let several =
        workflow(&[("a", &[]), ("b", &["a"]), ("c", &["a", "b"]), ("d", &["a", "b", "c"])]).unwrap();
    let levels: Vec<u32> = (0..4).map(|step| several.graph().level(StepNo(step))).collect();
    assert_eq!(levels, [0, 1, 2, 3], "by the longest way");
}

/// The steps with the same parents as a step, without itself.
fn siblings(workflow: &WorkflowDef, step: &str) -> Vec<String> {
    let own = workflow.find(step).unwrap();
    let parents = workflow.graph().dependencies(own);
    let all = (0..workflow.steps().len()).map(|at| StepNo(at as u32));
    let others = all.filter(|no| *no != own && workflow.graph().dependencies(*no) == parents);
    others.map(|no| workflow.step(no).unwrap().name().to_owned()).collect()
}

/// Ours: there is no query for them; the graph tells the parents of a step, in one order however they were written.
#[test]
fn b46_siblings_are_the_steps_with_exactly_the_same_parents() {
    let of = |dag: &Dag, step: &str| siblings(&dag.build(), step);
    assert_eq!(of(&TREE, "a_task_one"), ["a_task_two"]);
    assert_eq!(of(&TREE, "branch_a_setup"), ["branch_b_setup"]);
    assert!(of(&TREE, "aggregate_results").is_empty());
    assert_eq!(of(&DIAMOND, "branch_two_process"), ["branch_one_process"]);
    assert!(of(&DIAMOND, "branch_one_validate").is_empty(), "another parent each");
    let mut roots = of(&PARALLEL_MERGE, "fetch_user_data");
    roots.sort();
    assert_eq!(roots, ["fetch_inventory_data", "fetch_order_data", "fetch_pricing_data"]);
    let written =
        [("a", &[][..]), ("b", &[]), ("both", &["a", "b"][..]), ("reversed", &["b", "a"]), ("one", &["a"])];
    let workflow = workflow(&written).unwrap();
    assert_eq!(siblings(&workflow, "both"), ["reversed"]);
    assert!(siblings(&workflow, "one").is_empty(), "a part of them is not all of them");
}
