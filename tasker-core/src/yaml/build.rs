//! From a checked tree to the workflow that it describes.

use std::collections::HashMap;

use serde_json::{Value, json};
use tasker_yaml::keys::MOST_EXECUTIONS;
use tasker_yaml::{Kind, Node, Report, Span, YamlError, dependencies_of};

use super::check;
use super::environment::Environment;
use super::variables::{Expanded, expand};
use crate::handler::Handlers;
use crate::{RetryPolicy, StepSpec, WorkflowDef};

/// What comes of a file.
pub(super) struct Described {
    pub(super) workflow: WorkflowDef,
    pub(super) task_handler_class: Option<String>,
    /// Where its name stands.
    pub(super) name: Span,
}

/// Builds the workflow, unless there is a mistake: now that the environment is known, a variable that is not set is one too, and where the handlers
/// are known, what they say about their steps.
pub(super) fn build(
    task: &Node,
    environment: &Environment,
    handlers: Option<&Handlers>,
    mut report: Report<'_>,
) -> Result<Described, YamlError> {
    let name = task.get("name").map_or(task.span, |name| name.span);
    let steps = task.get("step_templates").map(Node::items).unwrap_or_default();
    let mut builder = WorkflowDef::builder(
        task.text_of("namespace_name").unwrap_or("default"),
        task.text_of("name").unwrap_or_default(),
        task.text_of("version").unwrap_or("0.1.0"),
    )
    .description(task.text_of("description").unwrap_or_default())
    .concurrent(task.get("concurrent").and_then(Node::flag).unwrap_or(true));
    if let Some(schema) = task.get("schema") {
        builder = builder.context_schema(schema.to_json());
    }
    if let Some(config) = task.get("handler_config") {
        builder = match expand(config, environment, &mut report) {
            Expanded { value, written: Some(written), variables } => {
                builder.config_with_variables(value, written, variables)
            }
            Expanded { value, .. } => builder.config(&value),
        };
    }
    let events = Events::of(task, steps);
    let system = task.text_of("default_dependent_system");
    for step in steps {
        let before = report.len();
        let spec = step_of(step, system, &events, environment, &mut report);
        if let Some(handlers) = handlers {
            let expanded = report.len() == before;
            check::handler(step, expanded.then_some(&spec), handlers, &mut report);
        }
        builder = builder.step(spec.depends_on(dependencies_of(step).into_iter().map(|(name, _)| name)));
    }
    if !report.is_empty() {
        return Err(report.into_error());
    }
    let workflow = builder.build().map_err(|error| {
        // A rule of definitions that is not one of files.
        error.mistakes().iter().for_each(|mistake| report.add(name, mistake.as_str()));
        report.into_error()
    })?;
    Ok(Described { workflow, task_handler_class: class_of(task), name })
}

/// The step without the steps that it waits for.
fn step_of(
    step: &Node,
    system: Option<&str>,
    events: &Events<'_>,
    environment: &Environment,
    report: &mut Report<'_>,
) -> StepSpec {
    let flag = |key: &str| step.get(key).and_then(Node::flag);
    let mut spec = StepSpec::new(step.text_of("name").unwrap_or_default())
        .description(step.text_of("description").unwrap_or_default())
        .handler_class(step.text_of("handler_class").unwrap_or_default())
        .optional(flag("skippable").unwrap_or(false))
        .retry(retry_of(step));
    if let Some(system) = step.text_of("dependent_system").or(system) {
        spec = spec.dependent_system(system);
    }
    if let Some(config) = step.get("handler_config") {
        spec = match expand(config, environment, report) {
            Expanded { value, written: Some(written), variables } => {
                spec.config_with_variables(value, written, variables)
            }
            Expanded { value, .. } => spec.config(&value),
        };
    }
    for name in events.of_step(step) {
        spec = spec.emits(name, events.schema(name));
    }
    spec
}

/// How many executions of a step may fail.
pub(super) fn limit_of(step: &Node) -> u32 {
    retry_of(step).limit
}

fn retry_of(step: &Node) -> RetryPolicy {
    let limit = match step.get("default_retry_limit").map(|node| &node.kind) {
        // Any other is a mistake that is told, and nothing is made of the step.
        Some(Kind::Number(number)) => {
            let limit = number.as_u64().filter(|limit| (1..=MOST_EXECUTIONS).contains(limit));
            limit.and_then(|limit| u32::try_from(limit).ok())
        }
        _ => None,
    };
    match step.get("default_retryable").and_then(Node::flag) {
        Some(false) => RetryPolicy::NEVER,
        _ => RetryPolicy { limit: limit.unwrap_or(RetryPolicy::DEFAULT.limit), ..RetryPolicy::DEFAULT },
    }
}

/// The whole name of the class of the task: short names stand in the module.
fn class_of(task: &Node) -> Option<String> {
    let class = task.text_of("task_handler_class")?;
    Some(match task.text_of("module_namespace") {
        Some(module) if !class.starts_with(&format!("{module}::")) => format!("{module}::{class}"),
        _ => class.to_owned(),
    })
}

/// The events of a file: those of all steps, and what is said about each where it is described first.
struct Events<'n> {
    common: Vec<&'n str>,
    descriptions: HashMap<&'n str, &'n str>,
}

impl<'n> Events<'n> {
    fn of(task: &'n Node, steps: &'n [Node]) -> Self {
        let mut descriptions = HashMap::new();
        for event in std::iter::once(task).chain(steps).flat_map(events) {
            if let (Some(name), Some(description)) = (event.text_of("name"), event.text_of("description")) {
                descriptions.entry(name).or_insert(description);
            }
        }
        Self { common: events(task).iter().filter_map(|event| event.text_of("name")).collect(), descriptions }
    }

    fn of_step<'a>(&'a self, step: &'a Node) -> impl Iterator<Item = &'a str> {
        let own = events(step).iter().filter_map(|event| event.text_of("name"));
        self.common.iter().copied().chain(own)
    }

    /// Any JSON; the same for each step that publishes it.
    fn schema(&self, name: &str) -> Value {
        match self.descriptions.get(name) {
            Some(description) => json!({ "description": description }),
            None => json!({}),
        }
    }
}

fn events(node: &Node) -> &[Node] {
    node.get("custom_events").map(Node::items).unwrap_or_default()
}
