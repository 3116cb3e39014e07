//! A file as the module that it becomes in Rust.

mod context;
mod names;
mod value;

use std::collections::HashSet;
use std::fmt::Write;

use serde_json::Value;
use tasker_rules::names::snake_case;

use super::file::TaskFile;
use crate::{RetryPolicy, StepDef, StepNo, WorkflowDef};
use context::Context;
use names::{Names, module_name};
use value::expression;

/// Lines are broken where rustfmt would break them.
const WIDTH: usize = 100;

/// Prints a task file as a `#[workflow]` module: its steps with their edges and policies, and its schema as the type of the context. What
/// the steps do is left to fill in, each with the name of the Ruby handler; until then they end in an error that says so.
///
/// The module has the identity and the graph of the file, and its steps in the order of the file. A comment at its head says for which environment
/// it was made: what the file says about others is not in it. It compiles in a package that depends on `tasker`, `serde`, `serde_json` and
/// `schemars`. Variables stand in configurations as they are written.
///
/// ```
/// use tasker_core::yaml::{self, Environment, YamlFile};
///
/// let text = "
/// name: order
/// namespace_name: shop
/// schema: { required: [cents], properties: { cents: { type: integer } } }
/// step_templates:
///   - { name: charge, handler_class: Order::Charge }
///   - { name: ship, handler_class: Order::Ship, depends_on_step: charge, default_retry_limit: 5 }
/// ";
/// let file = YamlFile::new("order.yaml", text).load(&Environment::named("production"))?;
/// let module = yaml::to_rust(&file);
/// assert!(module.contains("#[step(depends_on = charge, retry(limit = 5))]"));
/// assert!(module.contains("pub async fn ship(ctx: &Context, charge: Output<charge>) -> Result<Value, StepError> {"));
/// # Ok::<(), yaml::YamlError>(())
/// ```
#[must_use]
pub fn to_rust(file: &TaskFile) -> String {
    let workflow = file.workflow();
    let names = Names::of(workflow);
    let context = Context::of(workflow.context_schema());
    let mut module = String::new();
    head(&mut module, file);
    if let Some(config) = workflow.shown_config() {
        lines(&mut module, 0, "//", &format!("Handlers could read about the task as a whole: {config}\n\n"));
        module.push('\n');
    }
    docs(&mut module, 0, &[workflow.description()]);
    let _ = writeln!(module, "#[tasker::workflow({})]", options(workflow, &context));
    let _ = writeln!(module, "pub mod {} {{", module_name(&workflow.id().name));
    module.push_str(&imports(workflow, &context));
    module.push_str(&context.items);
    for (no, step) in file.order().iter().filter_map(|no| Some((*no, workflow.step(*no)?))) {
        module.push_str(&step_function(workflow, no, step, &names, &context));
    }
    module.push_str("}\n");
    module
}

/// What the module was made of, and what is not in it.
fn head(module: &mut String, file: &TaskFile) {
    let (environment, others) = file.environments();
    let _ = writeln!(module, "// Made from {:?}, as it is in the environment {environment:?}.", file.name());
    if !others.is_empty() {
        let others: Vec<String> = others.iter().map(|other| format!("{other:?}")).collect();
        let _ = writeln!(
            module,
            "// What the file says about other environments is not in it: {}.",
            others.join(", ")
        );
    }
    module.push('\n');
}

fn options(workflow: &WorkflowDef, context: &Context) -> String {
    let id = workflow.id();
    let mut options = vec![format!("namespace = {:?}", id.namespace)];
    if module_name(&id.name) != id.name {
        options.push(format!("name = {:?}", id.name));
    }
    options.push(format!("version = {:?}", id.version));
    if context.name != "Context" {
        options.push(format!("context = {}", context.name));
    }
    if !workflow.is_concurrent() {
        options.push("concurrent = false".to_owned());
    }
    options.join(", ")
}

fn imports(workflow: &WorkflowDef, context: &Context) -> String {
    let mut imports = String::new();
    if !context.items.is_empty() {
        imports.push_str("    use schemars::JsonSchema;\n    use serde::{Deserialize, Serialize};\n");
    }
    imports.push_str("    use serde_json::Value;\n    use tasker::{");
    if workflow.steps().iter().any(|step| step.config().is_some()) {
        imports.push_str("Config, ");
    }
    if workflow.steps().iter().any(|step| !step.reads().is_empty()) {
        imports.push_str("Output, ");
    }
    imports.push_str("StepError};\n");
    imports
}

fn step_function(
    workflow: &WorkflowDef,
    no: StepNo,
    step: &StepDef,
    names: &Names,
    context: &Context,
) -> String {
    let mut text = String::from("\n");
    let class = step.handler_class().unwrap_or_default();
    let mut notes = vec![format!("In Ruby: `{class}`.")];
    notes.extend(step.dependent_system().map(|system| format!("It talks to `{system}`.")));
    notes.extend(step.emits().iter().map(|event| {
        let about = event.schema().get("description").and_then(Value::as_str);
        let about = about.map(|about| format!(": {about}")).unwrap_or_default();
        format!("It publishes `{}`{about}", event.name())
    }));
    docs(&mut text, 4, &[step.description()]);
    lines(&mut text, 4, "//", &notes.join("\n"));
    text.push_str(&attribute(workflow, no, step, names));
    let mut parameters = vec![format!("ctx: &{}", context.name)];
    parameters.extend(step.reads().iter().filter_map(|&read| {
        let (name, before) = (names.function(read), workflow.step(read)?);
        let output =
            if before.is_optional() { format!("Option<Output<{name}>>") } else { format!("Output<{name}>") };
        Some(format!("{}: {output}", names.parameter(read)))
    }));
    if step.config().is_some() {
        parameters.push("config: Config<Value>".to_owned());
    }
    let (name, list) = (names.function(no), parameters.join(", "));
    let one_line = format!("    pub async fn {name}({list}) -> Result<Value, StepError> {{");
    if one_line.chars().count() <= WIDTH {
        let _ = writeln!(text, "{one_line}");
    } else {
        let _ = writeln!(text, "    pub async fn {name}(");
        for parameter in &parameters {
            let _ = writeln!(text, "        {parameter},");
        }
        text.push_str("    ) -> Result<Value, StepError> {\n");
    }
    let message = format!("what {class} does is not written yet");
    let _ = writeln!(text, "        Err(StepError::permanent({message:?}))\n    }}");
    text
}

fn attribute(workflow: &WorkflowDef, no: StepNo, step: &StepDef, names: &Names) -> String {
    let mut options = Vec::new();
    let function = names.function(no);
    if function.trim_start_matches("r#") != step.name() {
        options.push(format!("name = {:?}", step.name()));
    }
    let dependencies: Vec<&str> =
        workflow.graph().dependencies(no).into_iter().map(|no| names.function(no)).collect();
    match dependencies.as_slice() {
        [] => {}
        [one] => options.push(format!("depends_on = {one}")),
        several => options.push(format!("depends_on = [{}]", several.join(", "))),
    }
    match step.retry() {
        RetryPolicy { limit: 1, .. } => options.push("no_retry".to_owned()),
        RetryPolicy { limit, .. } if limit != RetryPolicy::DEFAULT.limit => {
            options.push(format!("retry(limit = {limit})"));
        }
        _ => {}
    }
    if step.is_optional() {
        options.push("skippable".to_owned());
    }
    if let Some(config) = step.shown_config() {
        options.push(format!("config = {}", expression(config)));
    }
    if options.is_empty() {
        return "    #[step]\n".to_owned();
    }
    let one_line = format!("    #[step({})]\n", options.join(", "));
    if one_line.chars().count() <= WIDTH {
        return one_line;
    }
    format!("    #[step(\n        {},\n    )]\n", options.join(",\n        "))
}

/// Documentation of several paragraphs.
fn docs(text: &mut String, indent: usize, paragraphs: &[&str]) {
    let mut first = true;
    for paragraph in paragraphs.iter().filter(|paragraph| !paragraph.trim().is_empty()) {
        if !first {
            let _ = writeln!(text, "{}///", " ".repeat(indent));
        }
        first = false;
        lines(text, indent, "///", paragraph);
    }
}

fn lines(text: &mut String, indent: usize, comment: &str, paragraph: &str) {
    for line in paragraph.lines() {
        // A return inside a line is none that a comment may have.
        let line: String = line.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        let _ = writeln!(text, "{}{}", " ".repeat(indent), format!("{comment} {line}").trim_end());
    }
}

/// Names that are taken.
#[derive(Default)]
struct Taken(HashSet<String>);

impl Taken {
    fn reserve<'a>(names: impl IntoIterator<Item = &'a str>) -> Self {
        Self(names.into_iter().map(str::to_owned).collect())
    }

    /// The name, or the name with a number behind it.
    fn unique(&mut self, name: String, before_number: &str) -> String {
        let numbered = (2..).map(|number| format!("{name}{before_number}{number}"));
        let free = [name.clone()].into_iter().chain(numbered).find(|name| !self.0.contains(name));
        let name = free.unwrap_or(name);
        self.0.insert(name.clone());
        name
    }

    /// Names of Rust for each of these. Those that are such names already keep them.
    fn snake_case(&mut self, names: &[&str]) -> Vec<String> {
        let mut given = vec![None; names.len()];
        for exact in [true, false] {
            for (given, name) in given.iter_mut().zip(names) {
                let snake = snake_case(name);
                if given.is_none() && (snake == *name) == exact {
                    *given = Some(self.unique(snake, "_"));
                }
            }
        }
        given.into_iter().flatten().collect()
    }
}
