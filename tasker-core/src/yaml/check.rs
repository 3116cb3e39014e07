//! What only an application knows of a file: whether there are the handlers that it names, and what they say about their steps.

use tasker_yaml::{Node, Report, Span};

use crate::handler::{Handlers, kind_of};
use crate::registry::misdescribed;
use crate::{StepDef, StepMistake, StepMistakes, StepSpec, WorkflowDef};

/// Whether the handler of a step is there, and can run the step as it is described. `spec` is that description with the values of variables, if
/// they all have one; without it the handler is not asked.
pub(super) fn handler(step: &Node, spec: Option<&StepSpec>, known: &Handlers, report: &mut Report<'_>) {
    let Some((node, class)) = step.get("handler_class").and_then(|node| Some((node, node.text()?))) else {
        return;
    };
    if report.is_full() {
        return;
    }
    let described = spec.filter(|_| !is_broken(step, report)).and_then(alone);
    let written = kind_as_written(step, report);
    let kind = match &described {
        Some(described) => described.config().and_then(kind_of),
        // What a variable says is not known.
        None if written.is_some_and(is_variable) => return,
        None => written,
    };
    let Some(handler) = known.find(class, kind) else {
        let which = step.text_of("name").map(|name| format!(" of the step `{name}`")).unwrap_or_default();
        let message = format!("the handler `{class}`{which} is not registered");
        return report.help(node.span, message, known.help(class, written.filter(|kind| !is_variable(kind))));
    };
    let Some(Err(mistakes)) = described.as_ref().map(|described| handler.check(described)) else { return };
    let name = step.text_of("name").unwrap_or_default();
    tell(&mistakes, step, |mistake| misdescribed(name, mistake), report);
}

/// Tells the mistakes of a step, each where it stands.
pub(super) fn tell(
    mistakes: &StepMistakes,
    step: &Node,
    shown: impl Fn(&str) -> String,
    report: &mut Report<'_>,
) {
    for mistake in mistakes.mistakes() {
        let (place, message) = (place_of(mistake, step), shown(mistake.message()));
        match mistake.how_to_mend() {
            Some(help) => report.help(place, message, help),
            None => report.add(place, message),
        }
    }
}

/// The `type` of the configuration of a step, be it under a key that was told to be another.
fn kind_as_written<'n>(step: &'n Node, report: &Report<'_>) -> Option<&'n str> {
    let told = || step.entries().iter().filter(|entry| report.tells_of_key(entry)).map(|entry| &entry.value);
    match step.get("handler_config") {
        Some(config) => config.text_of("type"),
        None => told().find_map(|value| value.text_of("type")),
    }
}

fn is_variable(text: &str) -> bool {
    text.contains("${")
}

/// Whether something was told of what the handler reads, so that it would only tell what follows from that.
fn is_broken(step: &Node, report: &Report<'_>) -> bool {
    match step.get("handler_config") {
        Some(config) => report.tells_of(config),
        // It may stand under a key that was told.
        None => step.entries().iter().any(|entry| report.tells_of_key(entry)),
    }
}

/// A step as its handler is asked about it; none if its description does not hold together by itself, which is told then.
fn alone(spec: &StepSpec) -> Option<StepDef> {
    let workflow = WorkflowDef::builder("default", "check", "0.1.0").step(spec.clone()).build().ok()?;
    workflow.steps().first().cloned()
}

/// Where a mistake stands: at its key or its value, as far as there is one, or else at `handler_config`.
fn place_of(mistake: &StepMistake, step: &Node) -> Span {
    let Some(config) = step.entry("handler_config").filter(|config| !config.value.is_null()) else {
        return step.get("name").unwrap_or(step).span;
    };
    let place = mistake.place();
    match config.value.entry_at(place) {
        Some(entry) if mistake.is_of_key() => entry.span,
        Some(entry) => entry.value.span,
        // An item of a list, or the whole.
        None => match config.value.at(place).span {
            whole if whole == config.value.span => config.span,
            part => part,
        },
    }
}
