//! What only an application knows of a file: whether there are the handlers that it names, and whether its schema is one.

use std::collections::HashMap;

use tasker_rules::suggest::{nearest, quoted};
use tasker_yaml::{Kind, Node, Report};

use super::from_workflow::cut;
use crate::WorkflowDef;
use crate::handler::Handlers;
use crate::registry::misdescribed;
use crate::schema::{self, Violation};

/// Whether the handlers of all steps are there. One whose type comes from a variable is looked for when the task is registered.
pub(super) fn handlers(task: &Node, known: &Handlers, report: &mut Report<'_>) {
    for step in task.get("step_templates").map(Node::items).unwrap_or_default() {
        let Some(node) = step.get("handler_class") else { continue };
        let kind = step.get("handler_config").and_then(|config| config.text_of("type"));
        let Some(class) = node.text().filter(|class| known.find(class, kind).is_none()) else { continue };
        if report.is_full() {
            return;
        }
        if !kind.is_some_and(|kind| kind.contains("${")) {
            let which = step.text_of("name").map(|name| format!(" of the step `{name}`")).unwrap_or_default();
            let message = format!("the handler `{class}`{which} is not registered");
            report.help(node.span, message, known.help(class, kind));
        }
    }
}

/// Whether the handlers can run their steps as these are described, now that variables have their values.
pub(super) fn steps(task: &Node, workflow: &WorkflowDef, known: &Handlers, report: &mut Report<'_>) {
    let items = task.get("step_templates").map(Node::items).unwrap_or_default();
    let nodes: HashMap<&str, &Node> =
        items.iter().filter_map(|step| Some((step.text_of("name")?, step))).collect();
    for step in workflow.steps() {
        let Some(Err(mistake)) = known.of(step).ok().map(|handler| handler.check(step)) else { continue };
        let node = nodes.get(step.name()).copied().unwrap_or(task);
        let place = node.get("handler_config").or_else(|| node.get("name")).unwrap_or(node).span;
        report.add(place, misdescribed(step, &mistake));
    }
}

/// Whether the schema of the context is one.
pub(super) fn context_schema(task: &Node, report: &mut Report<'_>) {
    let Some(node) = task.get("schema") else { return };
    if !matches!(node.kind, Kind::Map(_) | Kind::Bool(_)) {
        return;
    }
    for Violation { path, message } in schema::mistakes_in(&node.to_json()) {
        let at = node.at(&path);
        match at.text() {
            Some(name) if path.ends_with("/type") => {
                let help = match nearest(name, TYPES) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => format!("the types are {}", quoted(TYPES)),
                };
                report.help(at.span, format!("`{name}` is no type of JSON Schema"), help);
            }
            Some(pattern) if path.ends_with("/pattern") => report.help(
                at.span,
                format!("`{pattern}` is no regular expression"),
                "look-around and references to groups are not there: a pattern takes time in proportion to the text",
            ),
            // The message may quote all that stands there.
            _ => report.add(at.span, format!("this is no JSON Schema: {}", cut(&message, 300))),
        }
    }
}

const TYPES: [&str; 7] = ["string", "integer", "number", "boolean", "object", "array", "null"];
