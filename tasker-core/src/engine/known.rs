//! What a worker can run of what is stored, and what not.
//!
//! A worker runs the definitions that this process installed, and those that other builds stored under the same name and version, as
//! far as [`adapt`] finds a way. It asks for them each time it enlists: what others install later it learns of when it enlists again, as
//! after a restart.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use super::Engine;
use crate::def::{StoredDefinition, adapt};
use crate::metrics::{Meters, StoreCall};
use crate::registry::Runner;
use crate::store::{Offer, Runnable, StoreError};
use crate::{DefinitionId, WorkflowId};

/// What a worker knows when it enlists.
pub(super) struct Known {
    /// What it claims.
    pub(super) runnable: Arc<Runnable>,
    /// How many steps of a definition may run at the same time, where that is limited.
    pub(super) limits: BTreeMap<DefinitionId, usize>,
    /// What it tells the store.
    pub(super) offers: Vec<Offer>,
    pub(super) meters: Meters,
    runners: HashMap<DefinitionId, Runner>,
    parked: Vec<Parked>,
}

/// A stored definition that this build cannot run.
struct Parked {
    workflow: WorkflowId,
    has_waiting: bool,
    reason: String,
}

impl Known {
    /// Asks the store which definitions there are.
    pub(super) async fn ask(engine: &Engine) -> Result<Self, StoreError> {
        let current: Vec<DefinitionId> = engine.workflows.iter().map(|(id, _)| *id).collect();
        let asking = engine.store.siblings(&current);
        let siblings = engine.metrics.timed(StoreCall::Definitions, asking).await?;
        Ok(Self::of(engine, &siblings))
    }

    fn of(engine: &Engine, siblings: &[Vec<StoredDefinition>]) -> Self {
        let (mut runners, mut offers, mut parked) = (HashMap::new(), Vec::new(), Vec::new());
        let mut limits = BTreeMap::new();
        for (at, (current, registration)) in engine.workflows.iter().enumerate() {
            let mut runs = |id, runner| {
                runners.insert(id, runner);
                limits.extend(engine.limits.get(current).map(|&limit| (id, limit)));
                Offer::to_run(id)
            };
            offers.push(runs(*current, registration.runner()));
            for stored in siblings.get(at).into_iter().flatten() {
                offers.push(match adapt(&registration.workflow, stored) {
                    Ok(adapted) => runs(stored.id, registration.runner_of(adapted)),
                    Err(unfit) => {
                        let (workflow, reason) = (registration.workflow.id().clone(), unfit.to_string());
                        let offer = Offer::obstacle(stored.id, reason.as_str());
                        parked.push(Parked { workflow, has_waiting: stored.has_waiting, reason });
                        offer
                    }
                });
            }
        }
        let meters = engine.metrics.meters(runners.iter().map(|(id, runner)| (*id, &runner.workflow)));
        let runnable = Runnable::new(runners.iter().map(|(id, runner)| (*id, Arc::clone(&runner.workflow))));
        Self { runnable: Arc::new(runnable), limits, offers, meters, runners, parked }
    }

    /// What runs the steps of a definition.
    pub(super) fn runner(&self, definition: DefinitionId) -> Option<&Runner> {
        self.runners.get(&definition)
    }

    /// Says for which tasks this build is the wrong one.
    pub(super) fn warn(&self) {
        for Parked { workflow, has_waiting, reason } in &self.parked {
            let WorkflowId { namespace, name, version } = workflow;
            if *has_waiting {
                tracing::warn!(namespace, workflow = name, version, reason, "tasks wait for another build");
            } else {
                tracing::debug!(
                    namespace,
                    workflow = name,
                    version,
                    reason,
                    "a stored graph cannot be run; no task of it waits"
                );
            }
        }
    }
}
