//! Overrides of the configuration of steps: by type, as a document, or from the environment.

use std::any::TypeId;
use std::collections::BTreeSet;
use std::env::{self, VarError};
use std::sync::Arc;

use serde::Serialize;
use serde_json::{Map, Value};
use tasker_rules::suggest::quoted;

use super::suggest::Known;
use crate::registry::{Registration, Registry, misdescribed};
use crate::{StepMistake, WorkflowId};

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

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Merges them into the definitions. What handlers say of the steps then that they did not say before is a mistake of the overrides, and is
    /// `told`.
    pub(super) fn apply(
        self,
        registry: &mut Registry,
        told: &mut BTreeSet<(WorkflowId, String, StepMistake)>,
    ) -> Result<(), ConfigurationError> {
        if self.0.is_empty() {
            return Ok(());
        }
        let before = of_handlers(registry);
        let mut merge = Merge { registry, changes: Vec::new(), mistakes: Vec::new() };
        for given in self.0 {
            if let Err(mistake) = given.apply(&mut merge) {
                merge.mistakes.push(mistake);
            }
        }
        let Merge { registry, changes, mut mistakes } = merge;
        for said in of_handlers(registry).difference(&before) {
            let (workflow, step, mistake) = said;
            let changes = changes.iter().rev().filter(|change| change.of == (workflow.clone(), step.clone()));
            // The last that says something there, or else the last.
            let there = changes.clone().find(|change| change.patch.pointer(mistake.place()).is_some());
            if let Some(Change { origin, .. }) = there.or_else(|| changes.clone().next()) {
                let message = misdescribed(step, &mistake.to_string());
                mistakes.push(format!("{origin}workflow `{workflow}`: {message}"));
                told.insert(said.clone());
            }
        }
        if mistakes.is_empty() { Ok(()) } else { Err(ConfigurationError { mistakes }) }
    }
}

/// What handlers say of their steps, in order.
fn of_handlers(registry: &Registry) -> BTreeSet<(WorkflowId, String, StepMistake)> {
    let of = |known: &Arc<Registration>| {
        let id = known.workflow.id().clone();
        known.mistakes().into_iter().map(move |(step, mistake)| (id.clone(), step, mistake))
    };
    registry.iter().flat_map(of).collect()
}

/// Overrides on their way into the definitions.
struct Merge<'r> {
    registry: &'r mut Registry,
    changes: Vec<Change>,
    mistakes: Vec<String>,
}

/// A patch that was merged.
struct Change {
    of: (WorkflowId, String),
    /// Where it came from, as the beginning of a message.
    origin: String,
    patch: Value,
}

impl Override {
    fn apply(self, merge: &mut Merge<'_>) -> Result<(), String> {
        match self {
            Self::Step { workflow_type, workflow, step, patch } => {
                let patch = patch?;
                let mut known = merge.registry.iter_mut();
                let known = known.find(|known| known.workflow_type == Some(workflow_type));
                let known = known.ok_or_else(|| {
                    format!("workflow `{workflow}` is not registered; call `register` for it")
                })?;
                let change = configure(known, step, &patch, None)?;
                merge.changes.push(change);
                Ok(())
            }
            Self::Document(document) => {
                merge.of_workflows(None, &document?);
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
                merge.of_workflows(Some(&name), &document);
                Ok(())
            }
        }
    }
}

impl Merge<'_> {
    /// `{"shop.order": {"charge": {"fee_cents": 25}}}`
    fn of_workflows(&mut self, variable: Option<&str>, document: &Value) {
        let origin = match variable {
            Some(variable) => format!("the environment variable `{variable}`"),
            None => "the overrides".to_owned(),
        };
        let Some(workflows) = self.object(&origin, "workflows", document) else { return };
        for (workflow, steps) in workflows {
            let matches = |known: &Registration| {
                let id = known.workflow.id();
                id.to_string() == *workflow || format!("{}.{}", id.namespace, id.name) == *workflow
            };
            if !self.registry.iter().any(|known| matches(known)) {
                let name = if variable.is_some() { "names" } else { "name" };
                let known = self.not_registered(workflow);
                self.mistakes.push(format!(
                    "{origin} {name} the workflow `{workflow}`, which is not registered{known}"
                ));
                continue;
            }
            let Some(steps) = self.object(&format!("{origin}, at `{workflow}`,"), "steps", steps) else {
                continue;
            };
            for (step, patch) in steps {
                // Of several versions those are meant that have the step; if none has, each of them says so.
                let has_step = |known: &Registration| known.workflow.find(step).is_some();
                let some_have = self.registry.iter().any(|known| matches(known) && has_step(known));
                let meant = |known: &&mut Registration| matches(known) && (has_step(known) || !some_have);
                for known in self.registry.iter_mut().filter(meant) {
                    match configure(known, step, patch, variable) {
                        Ok(change) => self.changes.push(Change { origin: format!("{origin}: "), ..change }),
                        Err(mistake) => self.mistakes.push(format!("{origin}: {mistake}")),
                    }
                }
            }
        }
    }

    fn object<'v>(&mut self, origin: &str, of: &str, value: &'v Value) -> Option<&'v Map<String, Value>> {
        let object = value.as_object();
        if object.is_none() {
            self.mistakes.push(format!("{origin} must be an object of {of}"));
        }
        object
    }

    /// What is registered in the place of a workflow that is not.
    fn not_registered(&self, workflow: &str) -> String {
        let ids = || self.registry.iter().map(|known| known.workflow.id());
        let known: Vec<String> = ids().map(ToString::to_string).collect();
        let meant = ids().collect::<Known<'_>>().did_you_mean_by_text(workflow);
        let registered = if meant.is_empty() { "; registered are" } else { " Registered are" };
        format!("{meant}{registered} {}", quoted(known.iter().map(String::as_str)))
    }
}

fn configure(
    registration: &mut Registration,
    step: &str,
    patch: &Value,
    variable: Option<&str>,
) -> Result<Change, String> {
    let configured = registration.configure(step, patch, variable);
    let workflow = registration.workflow.id().clone();
    match configured {
        Ok(()) => Ok(Change { of: (workflow, step.to_owned()), origin: String::new(), patch: patch.clone() }),
        Err(mistake) => Err(format!("workflow `{workflow}`: {mistake}")),
    }
}
