//! The file of a `#[workflow(yaml = "…")]` module, when the application starts.
//!
//! The compiler has read the file as it is without an environment, and took from it the graph and the policies; its text is in the program. Now
//! the environment is known, so the file is read in full, like one that has no module: what is wrong only there is told with its place, and
//! configurations come to the steps with the values of their variables. What an environment says about retries and systems holds; what
//! is part of the graph, or of the name, is compiled, and an environment that changes it is a mistake.

use std::collections::HashMap;

use serde_json::{Map, Value};
use tasker_rules::suggest::quoted;
use tasker_yaml::{Node, Report, STEPS, Source, YamlError, dependencies_of};

use super::build::limit_of;
use super::environment::Environment;
use super::file::read_for;
use super::variables::{Expanded, expand};
use super::{check, context_schema};
use crate::def::{Misfit, StepDef};
use crate::schema::{ContextSchema, Violation};
use crate::{WorkflowBuilder, WorkflowDef};

/// The text that a module was compiled with.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ModuleFile {
    name: &'static str,
    text: &'static str,
}

/// Lets a file say more about a workflow. Only expanded code calls it.
#[must_use]
pub fn of_file(workflow: WorkflowBuilder, name: &'static str, text: &'static str) -> WorkflowBuilder {
    workflow.file(ModuleFile { name, text })
}

/// Takes from its file what a workflow gets from there, if it has one.
pub(super) fn complete(workflow: &mut WorkflowDef, environment: &Environment) -> Result<(), YamlError> {
    let Some(ModuleFile { name, text }) = workflow.take_file() else { return Ok(()) };
    let source = Source::new(name.to_owned(), text.to_owned());
    let mut report = Report::of(&source);
    let compiled = tasker_yaml::read(None, &mut Report::of(&source));
    let (Some(task), Some(compiled)) = (read_for(environment, &mut report), compiled) else {
        return Err(report.into_error());
    };
    let (task, compiled) = (task.node, compiled.node);
    context_schema::check(&task, &mut report);
    unchanged(&compiled, &task, environment, &mut report);
    contexts(workflow.context_schema(), task.get("schema"), &mut report);
    if let Some(schema) = task.get("schema").filter(|_| report.is_empty()) {
        let both = both(workflow.context_schema(), schema.to_json());
        match ContextSchema::new(Some(&both)) {
            Ok(_) => workflow.supply_context_schema(both),
            Err(error) => {
                report.add(schema.span, format!("the schema does not go with that of the module: {error}"));
            }
        }
    }
    if let Some(config) = task.get("handler_config") {
        let Expanded { value, written, variables } = expand(config, environment, &mut report);
        workflow.supply_config(value, written, variables);
    }
    let (task_steps, compiled_steps) = (by_name(&task), by_name(&compiled));
    let system = task.text_of("default_dependent_system");
    for step in workflow.steps_mut() {
        // One that the file does not have is a compile error.
        let Some(told) = task_steps.get(step.name()) else { continue };
        let limit = limit_of(told);
        if compiled_steps.get(step.name()).is_some_and(|compiled| limit_of(compiled) != limit) {
            step.supply_limit(limit);
        }
        step.supply_dependent_system(told.text_of("dependent_system").or(system).map(str::to_owned));
        configure(step, told, environment, &mut report);
    }
    if report.is_empty() { Ok(()) } else { Err(report.into_error()) }
}

fn by_name(task: &Node) -> HashMap<&str, &Node> {
    let steps = task.get(STEPS).map(Node::items).unwrap_or_default();
    steps.iter().filter_map(|step| Some((step.text_of("name")?, step))).collect()
}

fn configure(step: &mut StepDef, told: &Node, environment: &Environment, report: &mut Report<'_>) {
    let name = step.name().to_owned();
    let Some(config) = told.get("handler_config") else {
        if step.lacks_config() {
            report.help(
                told.get("name").unwrap_or(told).span,
                format!(
                    "the step `{name}` takes a configuration, and there is none in the environment `{}`",
                    environment.name()
                ),
                "write a `handler_config` that holds in every environment, or one for this one",
            );
        }
        return;
    };
    let mistakes = report.len();
    let Expanded { value, written, variables } = expand(config, environment, report);
    if report.len() > mistakes {
        return;
    }
    if let Err(misfit) = step.supply_config(&value, written.as_ref(), variables) {
        let does_not_fit =
            |what: &str| format!("the `handler_config` of the step `{name}` does not fit: {what}");
        let (path, message) = match misfit {
            Misfit::Type(Violation { path, message }) => (path, message),
            Misfit::Unread { place, meant } => {
                let message = does_not_fit(&format!("nothing reads `{place}`"));
                let help = match meant {
                    Some(meant) => format!("did you mean `{meant}`?"),
                    None => "it is read as the type `T` of the parameter `Config<T>`; change one of the two"
                        .to_owned(),
                };
                let span = config.entry_at(&place).map_or(config.at(&place).span, |entry| entry.span);
                return report.help(span, message, help);
            }
            Misfit::Told(mistakes) => return check::tell(&mistakes, told, does_not_fit, report),
        };
        let at = config.at(&path);
        // A message may quote the value of a variable.
        let secret = written.is_some() && at.to_json().to_string().contains("${");
        let what =
            if secret { "what the variables here hold is of another type".to_owned() } else { message };
        report.help(
            at.span,
            does_not_fit(&what),
            "it is read as the type `T` of the parameter `Config<T>`; change one of the two",
        );
    }
}

/// What is compiled cannot hang on the environment.
fn unchanged(compiled: &Node, task: &Node, environment: &Environment, report: &mut Report<'_>) {
    let mut told = |node: Option<&Node>, what: &str| {
        report.help(
            node.unwrap_or(task).span,
            format!(
                "the environment `{}` changes {what}, and the module was compiled with what the rest of the file says",
                environment.name()
            ),
            "names, versions and the graph are the same everywhere; say it for all environments, or make it a workflow of its own",
        );
    };
    let json = |node: &Node, key: &str| node.get(key).map(Node::to_json);
    for key in ["name", "namespace_name", "version", "concurrent"] {
        if json(compiled, key) != json(task, key) {
            told(task.get(key), &format!("`{key}`"));
        }
    }
    let compiled = by_name(compiled);
    for step in task.get(STEPS).map(Node::items).unwrap_or_default() {
        let Some(name) = step.text_of("name") else { continue };
        let Some(compiled) = compiled.get(name) else { continue };
        let edges = |step| {
            let mut names: Vec<_> = dependencies_of(step).into_iter().map(|(name, _)| name).collect();
            names.sort_unstable();
            names
        };
        if edges(compiled) != edges(step) {
            let place = step.get("depends_on_steps").or_else(|| step.get("depends_on_step"));
            told(place.or(Some(step)), &format!("what the step `{name}` depends on"));
        }
        let skippable = |step: &Node| step.get("skippable").and_then(Node::flag).unwrap_or(false);
        if skippable(compiled) != skippable(step) {
            told(step.get("skippable").or(Some(step)), &format!("whether the step `{name}` is `skippable`"));
        }
    }
}

/// The schema of the module's type, and that of the file beside it: what is asked for from outside has to fit both. References in the one of the
/// file go on to mean what stands there.
fn both(module: Option<&Value>, mut file: Value) -> Value {
    if let Value::Object(file) = &mut file {
        file.entry("$id").or_insert_with(|| "urn:tasker:file".into());
        let fields = module.and_then(|module| module.get("properties")?.as_object());
        let properties = file.get_mut("properties").and_then(Value::as_object_mut);
        for (name, property) in properties.into_iter().flatten() {
            // A field that is an `Option` without a value is sent as null.
            if fields.and_then(|fields| types(fields.get(name)?)).is_some_and(|types| types.contains(&"null"))
            {
                or_null(property);
            }
        }
    }
    let mut both = module.cloned().unwrap_or_else(|| Value::Object(Map::new()));
    let Value::Object(members) = &mut both else { return file };
    match members.entry("allOf").or_insert_with(|| Value::Array(Vec::new())) {
        Value::Array(all) => all.push(file),
        other => *other = file,
    }
    both
}

/// Whether tasks that fit the schema of the file can be tasks of the module. What types say beyond that is the module's.
fn contexts(module: Option<&Value>, file: Option<&Node>, report: &mut Report<'_>) {
    let (Some(module), Some(node)) = (module, file) else { return };
    let file = node.to_json();
    let (Some(fields), true) = (module.get("properties").and_then(Value::as_object), file.is_object()) else {
        return;
    };
    let place = node.at("/required").span;
    let closed = module.get("additionalProperties").is_none_or(|more| *more == Value::Bool(false));
    for name in required(&file).filter(|name| closed && !fields.contains_key(*name)) {
        report.help(
            place,
            format!("the schema requires `{name}`, which the context of the module does not have"),
            "add the field to the type of the context, or take it out of the schema",
        );
    }
    for (name, field) in fields {
        let property = file.pointer("/properties").and_then(|properties| properties.get(name));
        let (Some(there), Some(here)) = (property.and_then(types), types(field)) else { continue };
        if !there.iter().any(|kind| here.contains(kind)) {
            report.help(
                node.at(&format!("/properties/{}/type", name.replace('~', "~0").replace('/', "~1"))).span,
                format!(
                    "`{name}` is {} in the schema, and {} in the context of the module",
                    quoted(there),
                    quoted(here)
                ),
                "let both say the same: nothing fits both",
            );
        }
    }
    for name in required(module) {
        let has_default = file.pointer("/properties").and_then(|properties| properties.get(name));
        let has_default = has_default.is_some_and(|property| property.get("default").is_some());
        if !has_default && !required(&file).any(|other| other == name) {
            report.help(
                place,
                format!(
                    "the context of the module cannot be without `{name}`, which the schema does not require"
                ),
                "add it to `required`, or make the field an `Option`, or give it a default",
            );
        }
    }
}

fn or_null(property: &mut Value) {
    if let Some(one) = property.get("type").filter(|types| types.is_string()).cloned() {
        property["type"] = Value::from(vec![one]);
    }
    for key in ["type", "enum"] {
        let null = if key == "type" { Value::from("null") } else { Value::Null };
        if let Some(Value::Array(all)) = property.get_mut(key)
            && !all.contains(&null)
        {
            all.push(null);
        }
    }
}

/// The types that a property may have, where its schema says so itself.
fn types(property: &Value) -> Option<Vec<&str>> {
    let mut types: Vec<&str> = match property.get("type")? {
        Value::String(one) => vec![one],
        Value::Array(several) => several.iter().filter_map(Value::as_str).collect(),
        _ => return None,
    };
    if types.contains(&"number") {
        types.push("integer");
    }
    Some(types)
}

fn required(schema: &Value) -> impl Iterator<Item = &str> {
    schema.get("required").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::{RetryPolicy, StepSpec};

    const FILE: &str = "
name: order
default_dependent_system: shop
handler_config: { currency: EUR }
step_templates:
  - name: charge
    handler_class: A
    handler_config: { key: \"${KEY:-none}\", fee: 30 }
  - name: ship
    handler_class: A
    depends_on_step: charge
    dependent_system: post
environments:
  careful:
    default_dependent_system: bank
    step_templates:
      - { name: charge, default_retry_limit: 9 }
      - { name: ship, default_retryable: false }
";

    fn order(environment: &Environment) -> Result<WorkflowDef, YamlError> {
        let builder = WorkflowDef::builder("default", "order", "0.1.0")
            .step(StepSpec::new("charge").config(&json!({"fee": 5, "least": 1})).config_type::<Value>())
            .step(
                StepSpec::new("ship")
                    .depends_on(["charge"])
                    .retry(RetryPolicy { limit: 4, ..RetryPolicy::DEFAULT }),
            );
        let mut order = of_file(builder, "order.yaml", FILE).build().unwrap();
        complete(&mut order, environment)?;
        // It is used up.
        complete(&mut order, environment)?;
        Ok(order)
    }

    fn in_environment(name: &str) -> WorkflowDef {
        order(&Environment::named(name).variables([("KEY", "hunter2")])).unwrap()
    }

    #[test]
    fn a_configuration_is_merged_over_the_default_and_its_variables_are_not_shown() {
        let order = in_environment("test");
        let charge = &order.steps()[0];
        assert_eq!(charge.config(), Some(&json!({"fee": 30, "least": 1, "key": "hunter2"})));
        assert_eq!(charge.shown_config(), Some(&json!({"fee": 30, "least": 1, "key": "${KEY:-none}"})));
        assert_eq!(order.config(), Some(&json!({"currency": "EUR"})));
        assert!(!format!("{order:?}").contains("hunter2"));
    }

    #[test]
    fn what_an_override_says_hides_the_variables_as_before() {
        let mut order = in_environment("test");
        order.configure("charge", &json!({"fee": 1})).unwrap();
        assert_eq!(order.steps()[0].config(), Some(&json!({"fee": 1, "least": 1, "key": "hunter2"})));
        assert!(!format!("{order:?}").contains("hunter2"), "{order:?}");
    }

    #[test]
    fn an_environment_may_have_other_limits_and_systems() {
        let facts = |name: &str| -> Vec<_> {
            let order = in_environment(name);
            let fact = |step: &StepDef| (step.retry().limit, step.dependent_system().map(str::to_owned));
            order.steps().iter().map(fact).collect()
        };
        let system = |name: &str| Some(name.to_owned());
        assert_eq!(facts("careful"), [(9, system("bank")), (1, system("post"))]);
        // What no environment changes is as it was compiled.
        assert_eq!(facts("test"), [(3, system("shop")), (4, system("post"))]);
    }
}
