//! From what a store keeps to a snapshot: the times of a step are those of its transitions.

use super::{SnapshotError, StepSnapshot, TaskSnapshot};
use crate::{StepNo, StepState, StoredStep, TaskStatus, Timestamp};

/// What a store keeps of a task beside its [`TaskStatus`].
#[derive(Debug, Clone, Default)]
pub struct KnownTask {
    /// The graph that the task was started with.
    pub graph: Vec<StoredStep>,
    /// Whether steps of the task may run at the same time.
    pub concurrent: bool,
    /// Its steps, in canonical order.
    pub steps: Vec<KnownStep>,
    /// The transitions of its steps; those of one step in order.
    pub moves: Vec<StepMove>,
}

/// What a store keeps of a step beside its [`StepStatus`](crate::StepStatus).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownStep {
    /// How many executions may fail.
    pub retry_limit: u32,
    /// When its next execution may begin.
    pub run_at: Timestamp,
    /// The external system that it talks to, where its definition names one.
    pub dependent_system: Option<String>,
}

/// A transition of a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StepMove {
    /// The step.
    pub step: StepNo,
    /// Where it stood.
    pub from: StepState,
    /// Where it stands since.
    pub to: StepState,
    /// When.
    pub at: Timestamp,
}

impl TaskSnapshot {
    /// Puts a snapshot together from what a store read at one moment.
    ///
    /// # Errors
    /// When the parts are not those of one task.
    pub fn of_known(status: TaskStatus, now: Timestamp, known: KnownTask) -> Result<Self, SnapshotError> {
        let KnownTask { graph, concurrent, steps, moves } = known;
        let mut snapshots: Vec<StepSnapshot> = graph.iter().map(StepSnapshot::from).collect();
        for (snapshot, step) in snapshots.iter_mut().zip(steps) {
            snapshot.retry_limit = step.retry_limit;
            snapshot.run_at = Some(step.run_at);
            snapshot.dependent_system = step.dependent_system;
        }
        for moved in &moves {
            let Some(snapshot) = snapshots.get_mut(moved.step.index()) else { continue };
            snapshot.take(moved);
        }
        let over: Vec<Option<Timestamp>> = over_since(&moves, graph.len());
        let mut back = vec![None; graph.len()];
        for moved in moves.iter().filter(|moved| moved.to == StepState::Pending) {
            if let Some(back) = back.get_mut(moved.step.index()) {
                *back = Some(moved.at);
            }
        }
        for (place, step) in graph.iter().enumerate() {
            let dependencies: Option<Vec<Timestamp>> =
                step.depends_on.iter().map(|no| over.get(no.index()).copied().flatten()).collect();
            let released = dependencies.map(|ends| ends.into_iter().max().unwrap_or(status.created_at));
            snapshots[place].ready_at =
                released.map(|released| released.max(back[place].unwrap_or(released)));
        }
        let snapshot = Self::new(status, now, snapshots)?;
        Ok(if concurrent { snapshot } else { snapshot.one_at_a_time() })
    }
}

impl StepSnapshot {
    fn take(&mut self, moved: &StepMove) {
        if moved.from == StepState::InProgress {
            self.ended_at = Some(moved.at);
        }
        match moved.to {
            StepState::InProgress => (self.started_at, self.ended_at) = (Some(moved.at), None),
            StepState::Error => self.failed_at = Some(moved.at),
            state if state.satisfies_dependents() => self.failed_at = None,
            _ => {}
        }
    }
}

/// When each step was over, so that those behind it could run.
fn over_since(moves: &[StepMove], steps: usize) -> Vec<Option<Timestamp>> {
    let mut over = vec![None; steps];
    for moved in moves.iter().filter(|moved| moved.to.satisfies_dependents()) {
        if let Some(over) = over.get_mut(moved.step.index()) {
            *over = Some(moved.at);
        }
    }
    over
}
