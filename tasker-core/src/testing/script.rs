//! What a test says about steps: fakes in their place, errors that come first.

use std::any::TypeId;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::call::Fake;
use crate::registry::Handler;
use crate::{Step, StepError, TaskId, Workflow, WorkflowId};

/// What is said, by the type of the workflow and the name of the step.
#[derive(Default)]
pub(super) struct Script(HashMap<(TypeId, String), Part>);

/// What is said about one step. Clones share the count of what has happened, so that it outlives an engine.
#[derive(Clone)]
pub(super) struct Part {
    workflow: WorkflowId,
    pub(super) fake: Option<Arc<dyn Handler>>,
    /// So many executions of each task end like that, and as many after them like the next one.
    failures: Vec<(u32, StepError)>,
    executions: Arc<Mutex<HashMap<TaskId, u32>>>,
}

impl Script {
    fn part<W: Workflow>(&mut self, step: &str) -> &mut Part {
        let part = self.0.entry((TypeId::of::<W>(), step.to_owned()));
        part.or_insert_with(|| Part {
            workflow: W::define().id().clone(),
            fake: None,
            failures: Vec::new(),
            executions: Arc::default(),
        })
    }

    pub(super) fn fake<S: Step>(&mut self, fake: Fake) {
        self.part::<S::Workflow>(S::NAME).fake = Some(Arc::new(fake));
    }

    /// Adds failures after those that were asked for before.
    pub(super) fn fail<S: Step>(&mut self, times: u32, error: StepError) {
        self.part::<S::Workflow>(S::NAME).failures.push((times, error));
    }

    /// Adds failures before all others.
    pub(super) fn fail_first<W: Workflow>(&mut self, step: &str, times: u32, error: StepError) {
        self.part::<W>(step).failures.insert(0, (times, error));
    }

    pub(super) fn of(&self, workflow: TypeId, step: &str) -> Option<&Part> {
        self.0.get(&(workflow, step.to_owned()))
    }

    /// A step about which something is said and whose workflow is none of these.
    pub(super) fn stray(&self, workflows: &[TypeId]) -> Option<(&str, &WorkflowId)> {
        let mut stray = self.0.iter().filter(|((workflow, _), _)| !workflows.contains(workflow));
        stray.next().map(|((_, step), part)| (step.as_str(), &part.workflow))
    }
}

impl Part {
    /// The error in which an execution of the task that begins now is to end.
    pub(super) fn next_failure(&self, task: TaskId) -> Option<StepError> {
        let mut executions = self.executions.lock().unwrap_or_else(PoisonError::into_inner);
        let before = executions.entry(task).or_default();
        let mut until = 0_u32;
        let failure = self.failures.iter().find(|(times, _)| {
            until = until.saturating_add(*times);
            *before < until
        });
        *before = before.saturating_add(1);
        failure.map(|(_, error)| error.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failures_come_one_after_the_other_in_each_task() {
        let failures = vec![(1, StepError::retryable("busy")), (2, StepError::retryable("down"))];
        let part = Part {
            workflow: WorkflowId { namespace: "a".into(), name: "b".into(), version: "1.0.0".into() },
            fake: None,
            failures,
            executions: Arc::default(),
        };
        let (one, other) = (TaskId::random(), TaskId::random());
        let next = |task| part.next_failure(task).map(|error| error.message().to_owned());
        assert_eq!([next(one), next(one)].map(Option::unwrap), ["busy", "down"]);
        assert_eq!(next(other).unwrap(), "busy");
        assert_eq!([next(one), next(one)], [Some("down".to_owned()), None]);
    }
}
