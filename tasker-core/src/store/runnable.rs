use std::collections::HashMap;
use std::sync::Arc;

use super::Outcome;
use crate::{DefinitionId, StepNo, WorkflowDef};

/// The installed definitions that a worker can run; it claims steps of no others.
#[derive(Debug, Clone, Default)]
pub struct Runnable {
    definitions: HashMap<DefinitionId, Entry>,
    ids: Vec<DefinitionId>,
}

#[derive(Debug, Clone)]
struct Entry {
    workflow: Arc<WorkflowDef>,
    /// By step, so that a settle looks nothing up.
    dependents: Vec<Vec<StepNo>>,
    chain: bool,
}

impl Runnable {
    /// Definitions with their names in the store.
    pub fn new(definitions: impl IntoIterator<Item = (DefinitionId, Arc<WorkflowDef>)>) -> Self {
        let definitions: HashMap<_, _> = definitions
            .into_iter()
            .map(|(id, workflow)| {
                let steps = (0..workflow.steps().len()).map(StepNo::at);
                let dependents = steps.map(|step| workflow.graph().dependents(step)).collect();
                let chain = workflow.graph().levels().iter().all(|level| level.len() == 1);
                (id, Entry { workflow, dependents, chain })
            })
            .collect();
        let mut ids: Vec<_> = definitions.keys().copied().collect();
        ids.sort_unstable();
        Self { definitions, ids }
    }

    /// The definitions' names in the store, in order.
    #[must_use]
    pub fn ids(&self) -> &[DefinitionId] {
        &self.ids
    }

    /// A definition by its name in the store.
    #[must_use]
    pub fn workflow(&self, definition: DefinitionId) -> Option<&Arc<WorkflowDef>> {
        self.definitions.get(&definition).map(|entry| &entry.workflow)
    }

    /// The name of a step, for those who read it; empty where the definition is not known.
    pub(crate) fn step_name(&self, definition: DefinitionId, step: StepNo) -> &str {
        self.workflow(definition).and_then(|workflow| workflow.step(step)).map_or("", |step| step.name())
    }

    /// Whether a task of a definition never has two steps that could run at the same time.
    #[must_use]
    pub fn is_chain(&self, definition: DefinitionId) -> bool {
        self.definitions.get(&definition).is_some_and(|entry| entry.chain)
    }

    /// The steps that wait for a step.
    #[must_use]
    pub fn dependents(&self, definition: DefinitionId, step: StepNo) -> &[StepNo] {
        let entry = self.definitions.get(&definition);
        entry.and_then(|entry| entry.dependents.get(step.index())).map_or(&[], Vec::as_slice)
    }

    /// How many steps an outcome may release.
    #[must_use]
    pub fn most_released(&self, outcome: &Outcome) -> usize {
        if outcome.ending.satisfies_dependents() {
            self.dependents(outcome.definition, outcome.execution.step).len()
        } else {
            0
        }
    }

    /// The ancestors whose results a step takes.
    #[must_use]
    pub fn reads(&self, definition: DefinitionId, step: StepNo) -> &[StepNo] {
        let workflow = self.workflow(definition);
        workflow.and_then(|workflow| workflow.step(step)).map_or(&[], |step| step.reads())
    }
}
