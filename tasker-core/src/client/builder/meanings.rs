//! An event's name means one thing in a process, whichever workflow publishes it: who hears of it reads it by one type.
//!
//! Versions of one workflow may differ, because an event may get a field while tasks of the old version are in flight; one that they have in
//! common with another workflow is enough. What says nothing of the shape, as task files do, contradicts nothing.

use std::collections::BTreeMap;

use serde_json::Value;

use super::BuildError;
use crate::{StepDef, WorkflowDef, WorkflowId};

/// What all versions of a workflow say of an event.
struct Said<'w> {
    /// Where it was said first.
    workflow: &'w WorkflowId,
    step: &'w str,
    shapes: Vec<Value>,
}

/// The events of which two workflows say different things.
pub(super) fn mistakes<'w>(workflows: impl IntoIterator<Item = &'w WorkflowDef>) -> Vec<BuildError> {
    let mut events: BTreeMap<&str, Vec<Said<'_>>> = BTreeMap::new();
    for workflow in workflows {
        for step in workflow.steps() {
            for event in step.emits() {
                let Some(shape) = event.shape() else { continue };
                let said = events.entry(event.name()).or_default();
                let id = workflow.id();
                let is_same = |said: &&mut Said<'_>| {
                    (&said.workflow.namespace, &said.workflow.name) == (&id.namespace, &id.name)
                };
                if let Some(said) = said.iter_mut().find(is_same) {
                    said.shapes.push(shape);
                } else {
                    let step = StepDef::name(step);
                    said.push(Said { workflow: id, step, shapes: vec![shape] });
                }
            }
        }
    }
    let mut wrong = Vec::new();
    for (event, said) in events {
        let [first, others @ ..] = &*said else { continue };
        for Said { workflow, step, .. } in others.iter().filter(|other| first.contradicts(other)) {
            wrong.push(BuildError::Option(format!(
                "the event `{event}` of the step `{step}` of `{workflow}` is of another type than that of the step `{}` of `{}`; give one of \
                 them another name",
                first.step, first.workflow
            )));
        }
    }
    wrong
}

impl Said<'_> {
    fn contradicts(&self, other: &Self) -> bool {
        !self.shapes.iter().any(|shape| other.shapes.contains(shape))
    }
}
