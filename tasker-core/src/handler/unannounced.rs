//! Events that a handler publishes although no step of its workflow says so. They are stored as all others: what a description announces, as
//! `custom_events` of a task file, is for those who read it. But a name that is only nearly the announced one reaches nobody, so the log tells each
//! such name, once for a workflow.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

use tasker_rules::suggest::{nearest, quoted};

use crate::{RecordSpec, StepDef, WorkflowDef, WorkflowId};

/// The names that were told.
#[derive(Debug, Default)]
pub(crate) struct Unannounced(Mutex<BTreeSet<(WorkflowId, String)>>);

impl Unannounced {
    /// Who makes names of data makes ever more of them.
    const MOST: usize = 1_000;

    /// Tells of an event that is published, unless it is announced, or the workflow announces none.
    pub(super) fn see(&self, workflow: &WorkflowDef, step: &str, event: &str) {
        let announced = || workflow.steps().iter().flat_map(StepDef::emits).map(RecordSpec::name);
        let mut names = announced().peekable();
        if names.peek().is_none() || names.any(|name| name == event) {
            return;
        }
        if self.is_new(workflow.id(), event) {
            let announced: BTreeSet<&str> = announced().collect();
            let WorkflowId { namespace, name, version } = workflow.id();
            tracing::warn!(
                namespace,
                workflow = name,
                version,
                step,
                event,
                meant = nearest(event, announced.iter().copied()),
                announced = quoted(announced.iter().copied()),
                "an event is published that `custom_events` does not announce"
            );
        }
    }

    fn is_new(&self, workflow: &WorkflowId, event: &str) -> bool {
        let mut told = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        told.len() < Self::MOST && told.insert((workflow.clone(), event.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_new_once_for_a_workflow_and_not_for_ever() {
        let told = Unannounced::default();
        let id = |name: &str| WorkflowDef::builder("shop", name, "1.0.0").id().clone();
        assert!(told.is_new(&id("order"), "paid"));
        assert!(!told.is_new(&id("order"), "paid"));
        assert!(told.is_new(&id("refund"), "paid"));
        let new = (0..5_000).filter(|n| told.is_new(&id("order"), &format!("paid.{n}"))).count();
        assert_eq!(new, Unannounced::MOST - 2);
    }
}
