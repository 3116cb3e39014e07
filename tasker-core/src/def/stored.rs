//! Definitions as a store keeps them: what a task in flight needs of the code that it was started with.

use serde::{Deserialize, Serialize};

use super::{Shape, WorkflowDef};
use crate::{DefinitionId, StepNo};

/// A definition that some build installed: the edges that its tasks keep, and none of its code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredDefinition {
    /// Its name in the store.
    pub id: DefinitionId,
    /// The digest of its steps and edges.
    pub shape: Shape,
    /// Whether steps of one task may run at the same time.
    pub concurrent: bool,
    /// Its steps in canonical order: [`StepNo`] is the place in it. Empty if this build cannot read what is stored.
    pub steps: Vec<StoredStep>,
    /// Whether steps of its tasks run, or wait for a worker or for their time.
    pub has_waiting: bool,
}

/// A step of a [`StoredDefinition`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
// What a newer version of Tasker says of a step cannot be left out.
#[serde(deny_unknown_fields)]
pub struct StoredStep {
    /// Its name.
    pub name: String,
    /// The steps that it waits for.
    pub depends_on: Vec<StepNo>,
    /// Whether it may be skipped.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub optional: bool,
}

impl StoredStep {
    /// The steps of a workflow, as they are stored.
    #[must_use]
    pub fn all_of(workflow: &WorkflowDef) -> Vec<Self> {
        let steps = workflow.steps().iter().enumerate().map(|(at, step)| Self {
            name: step.name().to_owned(),
            depends_on: workflow.graph().dependencies(StepNo::at(at)),
            optional: step.is_optional(),
        });
        steps.collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::StepSpec;

    #[test]
    fn a_graph_is_stored_as_it_always_was() {
        let workflow = WorkflowDef::builder("shop", "order", "1.0.0")
            .step(StepSpec::new("charge"))
            .step(StepSpec::new("ship").depends_on(["charge"]).optional(true))
            .build()
            .unwrap();
        let steps = StoredStep::all_of(&workflow);
        let json = serde_json::to_string(&steps).unwrap();
        assert_eq!(
            json,
            r#"[{"name":"charge","depends_on":[]},{"name":"ship","depends_on":[0],"optional":true}]"#
        );
        assert_eq!(serde_json::from_str::<Vec<StoredStep>>(&json).unwrap(), steps);
    }
}
