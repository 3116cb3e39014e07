//! Overrides of the configuration of steps: by type, as a document, or from the environment.

use std::any::TypeId;
use std::env::{self, VarError};

use serde::Serialize;
use serde_json::{Map, Value};
use tasker_rules::suggest::quoted;

use super::suggest::Known;
use crate::WorkflowId;
use crate::registry::{Registration, Registry};

/// Why overrides of configurations cannot be used; each line is one mistake.
#[derive(Clone, PartialEq, Eq, thiserror::Error)]
#[error("the configuration cannot be used: {}", mistakes.join("; "))]
pub struct ConfigurationError {
    mistakes: Vec<String>,
}

impl ConfigurationError {
    /// Every mistake found.
    #[must_use]
    pub fn mistakes(&self) -> &[String] {
        &self.mistakes
    }
}

/// The overrides given to a builder, in the order given: later ones win.
#[derive(Debug, Default)]
pub(super) struct Overrides(Vec<Override>);

#[derive(Debug)]
enum Override {
    Step { workflow_type: TypeId, workflow: WorkflowId, step: &'static str, patch: Result<Value, String> },
    Document(Result<Value, String>),
    Variable(String),
}

/// A value of the application as JSON.
fn json(value: &impl Serialize) -> Result<Value, String> {
    serde_json::to_value(value).map_err(|error| format!("an override is no JSON: {error}"))
}

impl Overrides {
    pub(super) fn step(
        &mut self,
        workflow_type: TypeId,
        workflow: WorkflowId,
        step: &'static str,
        patch: &impl Serialize,
    ) {
        self.0.push(Override::Step { workflow_type, workflow, step, patch: json(patch) });
    }

    pub(super) fn document(&mut self, document: &impl Serialize) {
        self.0.push(Override::Document(json(document)));
    }

    pub(super) fn variable(&mut self, name: String) {
        self.0.push(Override::Variable(name));
    }

    /// Merges them into the definitions.
    pub(super) fn apply(self, registry: &mut Registry) -> Result<(), ConfigurationError> {
        let mut mistakes = Vec::new();
        for given in self.0 {
            if let Err(mistake) = given.apply(registry, &mut mistakes) {
                mistakes.push(mistake);
            }
        }
        if mistakes.is_empty() { Ok(()) } else { Err(ConfigurationError { mistakes }) }
    }
}

impl Override {
    fn apply(self, registry: &mut Registry, mistakes: &mut Vec<String>) -> Result<(), String> {
        match self {
            Self::Step { workflow_type, workflow, step, patch } => {
                let patch = patch?;
                let mut known = registry.iter_mut();
                let known = known.find(|known| known.workflow_type == Some(workflow_type));
                let known = known.ok_or_else(|| {
                    format!("workflow `{workflow}` is not registered; call `register` for it")
                })?;
                configure(known, step, &patch, None)
            }
            Self::Document(document) => {
                of_workflows(registry, None, &document?, mistakes);
                Ok(())
            }
            Self::Variable(name) => {
                let text = match env::var(&name) {
                    Ok(text) if text.trim().is_empty() => return Ok(()),
                    Ok(text) => text,
                    Err(VarError::NotPresent) => return Ok(()),
                    Err(VarError::NotUnicode(_)) => {
                        return Err(format!("the environment variable `{name}` is not UTF-8"));
                    }
                };
                // The text may hold secrets; of one that is no JSON the message says where, and quotes nothing.
                let document: Value = serde_json::from_str(&text)
                    .map_err(|error| format!("the environment variable `{name}` is no JSON: {error}"))?;
                of_workflows(registry, Some(&name), &document, mistakes);
                Ok(())
            }
        }
    }
}

/// `{"shop.order": {"charge": {"fee_cents": 25}}}`
fn of_workflows(
    registry: &mut Registry,
    variable: Option<&str>,
    document: &Value,
    mistakes: &mut Vec<String>,
) {
    let origin = match variable {
        Some(variable) => format!("the environment variable `{variable}`"),
        None => "the overrides".to_owned(),
    };
    let origin_names = format!("{origin} {}", if variable.is_some() { "names" } else { "name" });
    let Some(workflows) = object(&origin, "workflows", document, mistakes) else { return };
    for (workflow, steps) in workflows {
        let matches = |known: &Registration| {
            let id = known.workflow.id();
            id.to_string() == *workflow || format!("{}.{}", id.namespace, id.name) == *workflow
        };
        if !registry.iter().any(|known| matches(known)) {
            let ids = || registry.iter().map(|known| known.workflow.id());
            let near = ids().collect::<Known<'_>>().did_you_mean_by_text(workflow);
            let known: Vec<String> = ids().map(ToString::to_string).collect();
            let known = quoted(known.iter().map(String::as_str));
            let registered = if near.is_empty() { "; registered are" } else { " Registered are" };
            mistakes.push(format!(
                "{origin_names} the workflow `{workflow}`, which is not registered{near}{registered} {known}"
            ));
            continue;
        }
        let Some(steps) = object(&format!("{origin}, at `{workflow}`,"), "steps", steps, mistakes) else {
            continue;
        };
        for (step, patch) in steps {
            // Of several versions those are meant that have the step; if none has, each of them says so.
            let has_step = |known: &Registration| known.workflow.find(step).is_some();
            let some_have = registry.iter().any(|known| matches(known) && has_step(known));
            let meant = |known: &&mut Registration| matches(known) && (has_step(known) || !some_have);
            for known in registry.iter_mut().filter(meant) {
                let mistake = configure(known, step, patch, variable).err();
                mistakes.extend(mistake.map(|mistake| format!("{origin}: {mistake}")));
            }
        }
    }
}

fn object<'a>(
    origin: &str,
    of: &str,
    value: &'a Value,
    mistakes: &mut Vec<String>,
) -> Option<&'a Map<String, Value>> {
    let object = value.as_object();
    if object.is_none() {
        mistakes.push(format!("{origin} must be an object of {of}"));
    }
    object
}

fn configure(
    registration: &mut Registration,
    step: &str,
    patch: &Value,
    variable: Option<&str>,
) -> Result<(), String> {
    let configured = registration.configure(step, patch, variable);
    configured.map_err(|mistake| format!("workflow `{}`: {mistake}", registration.workflow.id()))
}
