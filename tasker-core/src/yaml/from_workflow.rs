//! A workflow as the file that describes it.

use serde_json::{Value, json};
use tasker_yaml::keys::MOST_EXECUTIONS;

use super::write::{Dollars, Lines, scalar};
use crate::{RetryPolicy, StepDef, StepNo, WorkflowDef};

/// Prints a workflow as a YAML file that [`YamlFile`](super::YamlFile) reads as the same workflow: for those who move one from a module
/// to a file, or want to show it to others.
///
/// A step that is a function of a module gets the name that Ruby Tasker would give its handler, such as
/// `Order::StepHandler::ChargeHandler`. What a file cannot say, such as time limits, stands in it as a comment. Where a configuration came
/// from a file with variables, their names are printed, not their values.
///
/// ```
/// use tasker_core::{StepSpec, WorkflowDef, yaml};
///
/// let order = WorkflowDef::builder("shop", "order", "1.0.0")
///     .step(StepSpec::new("charge"))
///     .step(StepSpec::new("ship").depends_on(["charge"]))
///     .build()?;
/// assert_eq!(
///     yaml::from_workflow(&order),
///     "\
/// name: order
/// namespace_name: shop
/// version: 1.0.0
///
/// step_templates:
///   - name: charge
///     handler_class: Order::StepHandler::ChargeHandler
///
///   - name: ship
///     handler_class: Order::StepHandler::ShipHandler
///     depends_on_step: charge
/// "
/// );
/// # Ok::<(), tasker_core::DefinitionError>(())
/// ```
#[must_use]
pub fn from_workflow(workflow: &WorkflowDef) -> String {
    let mut lines = Lines::default();
    let id = workflow.id();
    let mut entry = |key: &str, value: &str| lines.entry(0, key, &value.into(), Dollars::AsWritten);
    entry("name", &id.name);
    entry("namespace_name", &id.namespace);
    entry("version", &id.version);
    if !workflow.description().is_empty() {
        entry("description", workflow.description());
    }
    if !workflow.is_concurrent() {
        lines.line(0, "concurrent: false");
    }
    if let Some(schema) = workflow.context_schema() {
        lines.line(0, "");
        lines.entry(0, "schema", schema, Dollars::AsWritten);
    }
    lines.line(0, "");
    lines.line(0, "step_templates:");
    for (at, step) in workflow.steps().iter().enumerate() {
        if at > 0 {
            lines.line(0, "");
        }
        write_step(workflow, StepNo::at(at), step, &mut lines);
    }
    if let Some(config) = workflow.config() {
        lines.line(0, "");
        write_config(0, config, workflow.config_as_written(), &mut lines);
    }
    lines.into_text()
}

fn write_step(workflow: &WorkflowDef, no: StepNo, step: &StepDef, lines: &mut Lines) {
    const INDENT: usize = 4;
    lines.line(2, &format!("- name: {}", scalar(step.name())));
    let mut entry = |key: &str, value: Value| lines.entry(INDENT, key, &value, Dollars::AsWritten);
    if !step.description().is_empty() {
        entry("description", cut(step.description(), 255).into());
    }
    let class = step.handler_class().map_or_else(|| class_of(workflow, step), str::to_owned);
    entry("handler_class", class.into());
    let dependencies = workflow.graph().dependencies(no).into_iter();
    let mut names: Vec<&str> = dependencies.filter_map(|no| workflow.step(no)).map(StepDef::name).collect();
    names.sort_unstable();
    match names.as_slice() {
        [] => {}
        [one] => entry("depends_on_step", (*one).into()),
        several => entry("depends_on_steps", json!(several)),
    }
    if let Some(system) = step.dependent_system() {
        entry("dependent_system", system.into());
    }
    if step.is_optional() {
        entry("skippable", true.into());
    }
    write_policies(INDENT, step, lines);
    if let Some(config) = step.config() {
        write_config(INDENT, config, step.config_as_written(), lines);
    }
    if !step.emits().is_empty() {
        let events = step.emits().iter().map(|event| match event.schema().get("description") {
            Some(Value::String(description)) => json!({ "name": event.name(), "description": description }),
            _ => json!({ "name": event.name() }),
        });
        lines.entry(INDENT, "custom_events", &events.collect(), Dollars::AsWritten);
    }
    for annotation in step.annotates() {
        lines.comment(INDENT, &format!("It sets the annotation {}.", scalar(annotation.name())));
    }
}

fn write_policies(indent: usize, step: &StepDef, lines: &mut Lines) {
    let retry = step.retry();
    let most = u32::try_from(MOST_EXECUTIONS).unwrap_or(u32::MAX);
    if retry.limit == 1 {
        lines.line(indent, "default_retryable: false");
    } else if retry.limit != RetryPolicy::DEFAULT.limit {
        lines.line(indent, &format!("default_retry_limit: {}", retry.limit.min(most)));
    }
    if retry.limit > most {
        lines.comment(indent, &format!("The limit was {}.", retry.limit));
    }
    if retry.limit > 1 && (retry.base, retry.max) != (RetryPolicy::DEFAULT.base, RetryPolicy::DEFAULT.max) {
        let (base, max) = (retry.base, retry.max);
        lines.comment(
            indent,
            &format!("Waits between executions were {base:?} to {max:?}, and are those of Tasker now."),
        );
    }
    if let Some(timeout) = step.timeout() {
        lines.comment(indent, &format!("The time limit of {timeout:?} is for the handler to keep."));
    }
}

fn write_config(indent: usize, config: &Value, written: Option<&Value>, lines: &mut Lines) {
    if config.is_object() {
        let (config, dollars) = match written {
            Some(written) => (written, Dollars::AsWritten),
            None => (config, Dollars::Escaped),
        };
        lines.entry(indent, "handler_config", config, dollars);
    } else {
        lines.comment(indent, &format!("A configuration is a mapping; this one was {config}"));
    }
}

/// What Ruby Tasker would call the handler: `Order::StepHandler::ChargeHandler`.
fn class_of(workflow: &WorkflowDef, step: &StepDef) -> String {
    format!("{}::StepHandler::{}Handler", camel_case(&workflow.id().name), camel_case(step.name()))
}

/// `process_payment` as `ProcessPayment`.
pub(super) fn camel_case(name: &str) -> String {
    let words = name.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    let camel: String = words
        .flat_map(|word| {
            let mut letters = word.chars();
            let first = letters.next().into_iter().flat_map(char::to_uppercase);
            first.chain(letters.collect::<Vec<_>>())
        })
        .collect();
    if camel.starts_with(char::is_alphabetic) { camel } else { format!("N{camel}") }
}

/// At most so many characters of a text.
pub(super) fn cut(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    text.chars().take(most - 1).chain(['…']).collect()
}
