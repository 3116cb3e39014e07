//! What reports are made from.

use crate::def::Graph;
use crate::{StepNo, StepState, StepStatus, StoredStep, TaskId, TaskStatus, Timestamp};

/// A task as it stood at one moment, with its graph and its times.
///
/// A store reads it in one transaction; that its parts fit together is checked here once, so that no report can fail.
///
/// ```
/// use tasker_core::report::{StepSnapshot, TaskSnapshot};
/// use tasker_core::{StepNo, TaskStatus, Timestamp};
///
/// fn describe(status: TaskStatus, now: Timestamp) -> Result<String, Box<dyn std::error::Error>> {
///     let steps = vec![
///         StepSnapshot { retry_limit: 3, ..StepSnapshot::default() },
///         StepSnapshot { depends_on: vec![StepNo(0)], retry_limit: 3, ..StepSnapshot::default() },
///     ];
///     let task = TaskSnapshot::new(status, now, steps)?;
///     Ok(task.execution().waiting_because.unwrap_or_default())
/// }
/// ```
#[derive(Debug, Clone)]
pub struct TaskSnapshot {
    status: TaskStatus,
    now: Timestamp,
    steps: Vec<StepSnapshot>,
    graph: Graph,
    one_at_a_time: bool,
}

/// What a store knows about a step beside its [`StepStatus`].
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct StepSnapshot {
    /// The steps that it waits for, by the graph that the task was started with.
    pub depends_on: Vec<StepNo>,
    /// Whether it may be skipped.
    pub optional: bool,
    /// How many executions may fail.
    pub retry_limit: u32,
    /// When it became pending with all its dependencies over: its creation, the end of the last dependency, or the last time that it went
    /// back to pending.
    pub ready_at: Option<Timestamp>,
    /// When its next execution may begin, if it is pending: the time that it was given with its retry. A time in the past means nothing.
    pub run_at: Option<Timestamp>,
    /// When its last execution began.
    pub started_at: Option<Timestamp>,
    /// When its last execution failed, unless the step completed since.
    pub failed_at: Option<Timestamp>,
    /// When its last execution ended, however it did; none while it runs, and where there was none.
    pub ended_at: Option<Timestamp>,
    /// The external system that it talks to, where its definition names one.
    pub dependent_system: Option<String>,
}

/// Why the parts of a snapshot do not fit together. Each of these is a mistake of whoever read it.
#[derive(Clone, PartialEq, Eq, thiserror::Error)]
pub enum SnapshotError {
    /// One step has no graph, or the graph has one step too many.
    #[error(
        "task {task} has {states} steps, and its graph has {graph}: read both for the definition that the task was started with"
    )]
    StepCount {
        /// The task.
        task: TaskId,
        /// How many states of steps there are.
        states: usize,
        /// How many steps the graph has.
        graph: usize,
    },
    /// The steps are not in canonical order, or one is missing.
    #[error("step `{step}` of task {task} stands at place {place}, and its number is {}: sort the steps by number", no.0)]
    Place {
        /// The task.
        task: TaskId,
        /// The step.
        step: String,
        /// Where it stands.
        place: usize,
        /// Where it should.
        no: StepNo,
    },
    /// An edge does not come from an earlier step, so what was read is no graph in canonical order.
    #[error(
        "step `{step}` of task {task} depends on step number {}, which does not stand before it: the graph belongs to another definition",
        dependency.0
    )]
    Edge {
        /// The task.
        task: TaskId,
        /// The step.
        step: String,
        /// What it depends on.
        dependency: StepNo,
    },
}

impl TaskSnapshot {
    /// Puts a snapshot together: the status, the moment it was read at by the store's clock, and a step for each of the status, in its order.
    ///
    /// # Errors
    /// When the steps are not those of the status, or the edges do not come from earlier steps.
    pub fn new(
        status: TaskStatus,
        now: Timestamp,
        mut steps: Vec<StepSnapshot>,
    ) -> Result<Self, SnapshotError> {
        let task = status.id;
        if status.steps.len() != steps.len() {
            return Err(SnapshotError::StepCount { task, states: status.steps.len(), graph: steps.len() });
        }
        for (place, (StepStatus { no, name, .. }, step)) in status.steps.iter().zip(&mut steps).enumerate() {
            if no.index() != place {
                return Err(SnapshotError::Place { task, step: name.clone(), place, no: *no });
            }
            step.depends_on.sort_unstable();
            step.depends_on.dedup();
            if let Some(&dependency) = step.depends_on.iter().find(|dependency| dependency.index() >= place) {
                return Err(SnapshotError::Edge { task, step: name.clone(), dependency });
            }
        }
        let dependencies: Vec<_> = steps.iter().map(|step| step.depends_on.clone()).collect();
        Ok(Self { graph: Graph::in_order(&dependencies), status, now, steps, one_at_a_time: false })
    }

    /// Says that the task runs one step at a time.
    #[must_use]
    pub fn one_at_a_time(self) -> Self {
        Self { one_at_a_time: true, ..self }
    }

    /// The task and the states of its steps.
    #[must_use]
    pub fn status(&self) -> &TaskStatus {
        &self.status
    }

    /// When it was read, by the store's clock.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.now
    }

    /// What is known of the steps beside their states, in the same order.
    #[must_use]
    pub fn steps(&self) -> &[StepSnapshot] {
        &self.steps
    }

    /// The edges.
    #[must_use]
    pub fn graph(&self) -> &Graph {
        &self.graph
    }

    /// Whether the task runs one step at a time.
    #[must_use]
    pub fn is_one_at_a_time(&self) -> bool {
        self.one_at_a_time
    }

    /// How many edges the graph has.
    pub(super) fn edge_count(&self) -> usize {
        self.steps.iter().map(|step| step.depends_on.len()).sum()
    }

    pub(super) fn state(&self, step: StepNo) -> StepState {
        self.status.steps[step.index()].state
    }

    pub(super) fn name(&self, step: StepNo) -> &str {
        &self.status.steps[step.index()].name
    }
}

/// What the graph says of a step; its times and its limit are to be filled in.
impl From<&StoredStep> for StepSnapshot {
    fn from(step: &StoredStep) -> Self {
        Self { depends_on: step.depends_on.clone(), optional: step.optional, ..Self::default() }
    }
}

impl StepSnapshot {
    /// How long its last execution took, if it has ended.
    #[must_use]
    pub fn duration(&self) -> Option<std::time::Duration> {
        let (started_at, ended_at) = (self.started_at?, self.ended_at?);
        (ended_at >= started_at).then(|| ended_at.since(started_at))
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixture::Made;
    use super::*;

    #[test]
    fn parts_that_do_not_fit_together_are_refused() {
        let made = Made::new(&[("charge", &[]), ("ship", &["charge"])]).snapshot();
        let (status, now, steps) = (made.status().clone(), made.now(), made.steps().to_vec());
        let error = TaskSnapshot::new(status.clone(), now, steps[..1].to_vec()).unwrap_err();
        assert!(matches!(error, SnapshotError::StepCount { states: 2, graph: 1, .. }), "{error}");

        let mut swapped = status.clone();
        swapped.steps.swap(0, 1);
        let error = TaskSnapshot::new(swapped, now, steps.clone()).unwrap_err();
        assert!(
            error.to_string().contains("stands at place 0, and its number is 1: sort the steps"),
            "{error}"
        );

        let mut looped = steps;
        looped[0].depends_on = vec![StepNo(1)];
        let error = TaskSnapshot::new(status, now, looped).unwrap_err();
        assert!(error.to_string().starts_with("step `charge` of task"), "{error}");
        assert!(matches!(error, SnapshotError::Edge { dependency: StepNo(1), .. }));
    }

    #[test]
    fn the_graph_of_a_stored_definition_is_taken_over() {
        let stored = StoredStep { name: "ship".to_owned(), depends_on: vec![StepNo(0)], optional: true };
        let step = StepSnapshot::from(&stored);
        assert_eq!((step.depends_on, step.optional), (vec![StepNo(0)], true));
    }

    #[test]
    fn an_edge_that_is_named_twice_is_one() {
        let made = Made::new(&[("charge", &[]), ("ship", &["charge"])]).snapshot();
        let mut steps = made.steps().to_vec();
        steps[1].depends_on = vec![StepNo(0), StepNo(0)];
        let snapshot = TaskSnapshot::new(made.status().clone(), made.now(), steps).unwrap();
        assert_eq!(snapshot.edge_count(), 1);
    }
}
