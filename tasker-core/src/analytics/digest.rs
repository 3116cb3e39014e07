//! What ended in a period, of one definition: numbers of which two are added to one.
//!
//! Every task that ended is counted with how long it took. What its steps did is counted of all tasks or of some that stand for the others; `looked_at`
//! tells how many those are. Nothing of what tasks were given, returned or said is kept, only names of steps, codes of errors and ids.

mod step;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

pub use step::{ErrorCount, StepDigest};

use super::facts::{EndedTask, TaskPast};
use super::{Graph, Histogram};
use crate::{TaskId, TaskState, Timestamp};

/// How many of the slowest are kept.
pub(super) const SLOWEST: usize = 10;

/// What ended in a period, of one definition.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Digest {
    /// What is told of tasks, and of all steps together.
    pub tasks: TaskDigest,
    /// What is told of each step.
    pub steps: StepDigests,
}

/// What is told of tasks, and of all steps together.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct TaskDigest {
    /// How long they took from their creation to their end, by how they ended.
    pub ended: BTreeMap<TaskState, Histogram>,
    /// How long it took until the first step began.
    pub queue: Histogram,
    /// How long executions of steps took.
    pub run: Histogram,
    /// How long steps waited for their first execution after all that they depend on was over.
    pub step_queue: Histogram,
    /// How many executions of steps failed.
    pub failures: u64,
    /// Of how many tasks the steps were looked at.
    pub looked_at: u64,
    /// The tasks that took longest.
    pub slowest: Vec<SlowTask>,
}

/// What is told of each step.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct StepDigests {
    /// The steps by name.
    pub by_name: BTreeMap<String, StepDigest>,
    /// The executions that took longest.
    pub slowest: Vec<SlowStep>,
}

/// A task that took long. Times are in microseconds.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct SlowTask {
    /// How long it took.
    pub took: i64,
    /// The task.
    pub task: TaskId,
    /// How it ended.
    pub state: TaskState,
    /// When it was created, since 1970.
    pub created_at: i64,
}

/// An execution that took long. Times are in microseconds.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct SlowStep {
    /// How long it took.
    pub took: i64,
    /// The task.
    pub task: TaskId,
    /// The step.
    pub step: String,
    /// Which execution of it that was.
    pub attempt: u32,
    /// When it began, since 1970.
    pub started_at: i64,
    /// Whether it failed.
    pub failed: bool,
}

impl Digest {
    /// Counts a task that stands for so many.
    pub(super) fn ended(&mut self, task: &EndedTask, stands_for: u64) {
        let took = task.ended_at.since(task.created_at);
        self.tasks.ended.entry(task.state).or_default().add(took, stands_for);
        let slow = SlowTask {
            took: took.as_micros() as i64,
            task: task.id,
            state: task.state,
            created_at: task.created_at.as_micros(),
        };
        keep_slowest(&mut self.tasks.slowest, slow);
    }

    /// Counts what the steps of a task did that stands for so many.
    pub(super) fn look_at(&mut self, task: &EndedTask, graph: &Graph, past: &TaskPast, stands_for: u64) {
        self.tasks.looked_at += 1;
        step::look_at(self, task, graph, past, stands_for);
    }

    pub(super) fn slow_step(&mut self, slow: SlowStep) {
        keep_slowest(&mut self.steps.slowest, slow);
    }

    /// Adds all that another one has.
    pub fn merge(&mut self, other: &Self) {
        self.tasks.merge(&other.tasks);
        for (name, step) in &other.steps.by_name {
            self.steps.by_name.entry(name.clone()).or_default().merge(step);
        }
        for slow in &other.steps.slowest {
            keep_slowest(&mut self.steps.slowest, slow.clone());
        }
    }
}

impl TaskDigest {
    /// How many tasks ended.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.ended.values().map(Histogram::count).sum()
    }

    /// How many ended in that state.
    #[must_use]
    pub fn count_of(&self, state: TaskState) -> u64 {
        self.ended.get(&state).map_or(0, Histogram::count)
    }

    /// How long all of them took, however they ended.
    #[must_use]
    pub fn took(&self) -> Histogram {
        let mut all = Histogram::default();
        self.ended.values().for_each(|ended| all.merge(ended));
        all
    }

    /// Adds all that another one has.
    pub fn merge(&mut self, other: &Self) {
        for (&state, ended) in &other.ended {
            self.ended.entry(state).or_default().merge(ended);
        }
        self.queue.merge(&other.queue);
        self.run.merge(&other.run);
        self.step_queue.merge(&other.step_queue);
        self.failures += other.failures;
        self.looked_at += other.looked_at;
        for slow in &other.slowest {
            keep_slowest(&mut self.slowest, slow.clone());
        }
    }
}

pub(super) fn micros(at: Timestamp, since: Timestamp) -> i64 {
    at.since(since).as_micros() as i64
}

/// The slowest come first; there is no order in which they could be added that makes a difference.
fn keep_slowest<T: Ord>(slowest: &mut Vec<T>, one: T) {
    let place = slowest.partition_point(|other| *other > one);
    if place < SLOWEST {
        slowest.insert(place, one);
        slowest.truncate(SLOWEST);
    }
}
