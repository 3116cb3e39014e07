//! What is measured of the steps that a worker runs: handles that were made before, one for each step of each definition.

use std::sync::Arc;

use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use tokio::time::Instant;

use super::families::{Families, Labels};
use super::{By, Gone};
use crate::store::{ClaimedStep, Ending, Outcome, Settled};
use crate::{DefinitionId, StepNo, TaskId, TaskState, WorkflowDef, WorkflowId};

/// How executions end, by the place of their counter.
const OUTCOMES: [&str; 8] =
    ["complete", "skipped", "retried", "failed", "handed_back", "refused", "revoked", "lost"];
const REFUSED: usize = 5;

/// The handles of some definitions, in order of these.
#[derive(Clone)]
pub(crate) struct Meters(Arc<[(DefinitionId, Arc<OfWorkflow>)]>);

/// The handles of a definition.
pub(super) struct OfWorkflow {
    pub(super) created: Counter,
    pub(super) existing: Counter,
    pub(super) complete: Counter,
    pub(super) in_error: Counter,
    claimed: Counter,
    handed_on: Counter,
    running: Gauge,
    /// By number.
    steps: Vec<OfStep>,
}

struct OfStep {
    queue: Histogram,
    run: Histogram,
    ended: [Counter; OUTCOMES.len()],
}

/// A step that runs. It does until this is dropped.
pub(crate) struct InHand {
    of: Option<(Arc<OfWorkflow>, StepNo)>,
    began: Option<Instant>,
}

impl Meters {
    /// Definitions that differ in their version or shape only share their series.
    pub(super) fn new<'a>(
        families: &Families,
        definitions: impl IntoIterator<Item = (DefinitionId, &'a Arc<WorkflowDef>)>,
    ) -> Self {
        let definitions = definitions.into_iter();
        let mut all: Vec<_> =
            definitions.map(|(id, workflow)| (id, Arc::new(OfWorkflow::new(families, workflow)))).collect();
        all.sort_unstable_by_key(|(id, _)| *id);
        Self(all.into())
    }

    pub(super) fn of(&self, definition: DefinitionId) -> Option<&Arc<OfWorkflow>> {
        let place = self.0.binary_search_by_key(&definition, |(id, _)| *id).ok()?;
        Some(&self.0[place].1)
    }

    /// These steps are the worker's now.
    pub(crate) fn claimed(&self, steps: &[ClaimedStep], by: By) {
        for ClaimedStep { definition, execution, queued, .. } in steps {
            let Some(of) = self.of(*definition) else { continue };
            match by {
                By::Claim => of.claimed.inc(),
                By::Settle => of.handed_on.inc(),
            };
            if let Some(step) = of.step(execution.step) {
                step.queue.observe(queued.as_secs_f64());
            }
        }
    }

    /// A step is going to run.
    pub(crate) fn in_hand(&self, definition: DefinitionId, step: StepNo) -> InHand {
        let of = self.of(definition).map(|of| {
            of.running.inc();
            (Arc::clone(of), step)
        });
        InHand { of, began: None }
    }

    /// The store answered what became of these.
    pub(crate) fn settled(&self, told: &[Outcome], settled: &Settled) {
        for outcome in told {
            let outcome_of = self.of(outcome.definition).and_then(|of| of.step(outcome.execution.step));
            let is_refused = !settled.refused.is_empty() && settled.refused.contains(&outcome.execution);
            let place = if is_refused { REFUSED } else { place(&outcome.ending) };
            if let Some(step) = outcome_of {
                step.ended[place].inc();
            }
        }
        if !settled.ended.is_empty() {
            self.ended(told, settled);
        }
    }

    /// Of each task that ended, some outcome is among these.
    fn ended(&self, told: &[Outcome], settled: &Settled) {
        let mut ended: Vec<TaskId> = settled.ended.clone();
        ended.sort_unstable();
        let mut is_counted = vec![false; ended.len()];
        for Outcome { execution, definition, .. } in told {
            let Ok(place) = ended.binary_search(&execution.task) else { continue };
            if std::mem::replace(&mut is_counted[place], true) {
                continue;
            }
            if let Some(of) = self.of(*definition) {
                if settled.in_error.contains(&execution.task) { &of.in_error } else { &of.complete }.inc();
            }
        }
    }

    /// An execution ended of which the store is told nothing.
    pub(crate) fn gone(&self, definition: DefinitionId, step: StepNo, how: Gone) {
        let place = match how {
            Gone::Revoked => 6,
            Gone::Lost => 7,
        };
        if let Some(step) = self.of(definition).and_then(|of| of.step(step)) {
            step.ended[place].inc();
        }
    }
}

fn place(ending: &Ending) -> usize {
    match ending {
        Ending::Complete(_) => 0,
        Ending::Skipped => 1,
        Ending::Retry(..) => 2,
        Ending::Failed(_) => 3,
        Ending::HandedBack => 4,
    }
}

impl OfWorkflow {
    fn new(families: &Families, workflow: &WorkflowDef) -> Self {
        let labels = labels(workflow.id());
        let by = |by: &str| families.claimed_steps.get_or_create_owned(&with(&labels, "by", by));
        let state = |state: TaskState| tasks_ended(families, workflow.id(), state);
        let steps = workflow.steps().iter().map(|step| {
            let labels = with(&labels, "step", step.name());
            OfStep {
                queue: families.step_queue.get_or_create_owned(&labels),
                run: families.step_run.get_or_create_owned(&labels),
                ended: OUTCOMES.map(|outcome| {
                    families.steps_ended.get_or_create_owned(&with(&labels, "outcome", outcome))
                }),
            }
        });
        Self {
            created: families.tasks_created.get_or_create_owned(&labels),
            existing: families.tasks_existing.get_or_create_owned(&labels),
            complete: state(TaskState::Complete),
            in_error: state(TaskState::Error),
            claimed: by("claim"),
            handed_on: by("settle"),
            running: families.steps_running.get_or_create_owned(&labels),
            steps: steps.collect(),
        }
    }

    fn step(&self, step: StepNo) -> Option<&OfStep> {
        self.steps.get(step.index())
    }
}

/// The counter of the tasks of a workflow that ended so.
pub(super) fn tasks_ended(families: &Families, workflow: &WorkflowId, state: TaskState) -> Counter {
    families.tasks_ended.get_or_create_owned(&with(&labels(workflow), "state", state.as_str()))
}

fn labels(WorkflowId { namespace, name, .. }: &WorkflowId) -> Labels {
    vec![("namespace", namespace.clone()), ("workflow", name.clone())]
}

fn with(labels: &Labels, name: &'static str, value: &str) -> Labels {
    labels.iter().cloned().chain([(name, value.to_owned())]).collect()
}

impl InHand {
    /// The function of the step is called.
    pub(crate) fn begins(&mut self) {
        self.began = Some(Instant::now());
    }

    /// It has returned.
    pub(crate) fn ends(self) {
        if let (Some((of, step)), Some(began)) = (&self.of, self.began)
            && let Some(step) = of.step(*step)
        {
            step.run.observe(began.elapsed().as_secs_f64());
        }
    }
}

impl Drop for InHand {
    fn drop(&mut self) {
        if let Some((of, _)) = &self.of {
            of.running.dec();
        }
    }
}
