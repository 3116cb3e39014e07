//! The chains of steps that decide how long a task takes.
//!
//! The longest chain is found in one pass in canonical order: the best chain that ends in a step is the step behind the best chain
//! that ends in one of its dependencies. Longest means by time, if the time of every step in question is known: measured where the step is over,
//! expected where the caller knows how long it took in other tasks. Otherwise it means by number of steps. Chains are never listed,
//! because there can be more of them than atoms; they are counted.

use std::time::Duration;

use serde::Serialize;

use super::super::weights;
use super::names;
use crate::report::execution::{HealthStatus, TaskExecution};
use crate::report::readiness::StepReadiness;
use crate::report::serial::{percent, seconds_if_any};
use crate::report::snapshot::TaskSnapshot;
use crate::report::words::words;
use crate::{StepNo, StepState};

/// The chains of steps that decide how long a task takes.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CriticalPaths {
    /// How many chains lead from a root to a leaf; at most 2^64 − 1.
    pub total_paths: u64,
    /// How many steps the chain with the most steps has.
    pub longest_path_length: usize,
    /// The longest chain from a root to a leaf.
    pub critical_path: Option<CriticalPath>,
    /// The longest chain of steps that are over, by the time that they took; none until one has.
    pub completed_path: Option<CriticalPath>,
    /// The longest chain of steps that are not over; none where all are.
    pub remaining_path: Option<CriticalPath>,
    /// The names of the steps that wait for none.
    pub root_nodes: Vec<String>,
    /// The names of the steps that none waits for.
    pub leaf_nodes: Vec<String>,
}

/// A chain of steps, each waiting for the one before.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CriticalPath {
    /// The steps.
    pub path: Vec<StepNo>,
    /// Their names.
    pub step_names: Vec<String>,
    /// How many they are.
    pub length: usize,
    /// What it is the longest by.
    pub measured_by: MeasuredBy,
    /// How long its steps take, in seconds, unless it is the longest by number of steps.
    #[serde(rename = "estimated_duration", serialize_with = "seconds_if_any")]
    pub duration: Option<Duration>,
    /// How many of them are over.
    pub completed_steps: usize,
    /// How many are [blocked](crate::report), those of [`error_steps`](Self::error_steps) included.
    pub blocked_steps: usize,
    /// How many failed for good.
    pub error_steps: usize,
    /// How many were executed more than once.
    pub retry_steps: usize,
    /// How many are ready.
    pub ready_steps: usize,
    /// How much of it is over, in percent.
    pub completion_percentage: f64,
    /// How much it deserves to be looked at: Ruby Tasker's score, from [`weights`](crate::report::weights).
    pub criticality_score: f64,
}

words! {
    /// What a path is the longest by.
    pub enum MeasuredBy {
        /// By the time that its steps took in this task.
        Measured = "measured_duration",
        /// By the time that its steps took, and where they are not over, took in other tasks.
        Expected = "expected_duration",
        /// By the number of its steps, because the time of some step is not known.
        Steps = "steps",
    }
}

pub(super) fn find(
    task: &TaskSnapshot,
    execution: &TaskExecution,
    expected: &dyn Fn(&str) -> Option<Duration>,
) -> CriticalPaths {
    let all: Vec<_> = (0..task.steps().len()).map(StepNo::at).collect();
    let times: Vec<_> = execution.steps.iter().map(|step| Time::of(task, step, expected)).collect();
    let is_over = |step: StepNo| task.state(step).satisfies_dependents();
    let is_leaf = leaves(task);
    let found = |within: &dyn Fn(StepNo) -> bool, remaining| {
        let by = MeasuredBy::of(all.iter().filter(|&&step| within(step)).map(|step| &times[step.index()]));
        longest(task, within, |step| match by {
            MeasuredBy::Steps => Duration::ZERO,
            _ if remaining => times[step.index()].left,
            _ => times[step.index()].whole,
        })
        .map(|(path, duration)| CriticalPath::new(execution, path, by, duration))
    };
    let measured = |step| is_over(step) && task.steps()[step.index()].duration().is_some();
    CriticalPaths {
        total_paths: count(task, &is_leaf),
        longest_path_length: task.graph().levels().len(),
        critical_path: found(&|_| true, false),
        completed_path: found(&measured, false),
        remaining_path: found(&|step| !is_over(step), true),
        root_nodes: names(execution, &task.graph().roots().collect::<Vec<_>>()),
        leaf_nodes: all
            .iter()
            .filter(|step| is_leaf[step.index()])
            .map(|&step| task.name(step).to_owned())
            .collect(),
    }
}

/// How long a step takes.
struct Time {
    by: MeasuredBy,
    whole: Duration,
    /// What of it is still to come.
    left: Duration,
}

impl Time {
    fn of(task: &TaskSnapshot, step: &StepReadiness, expected: &dyn Fn(&str) -> Option<Duration>) -> Self {
        let known = &task.steps()[step.step_no.index()];
        let (by, whole, left) = if step.current_state.satisfies_dependents() {
            // One that was passed over took no time.
            match known.duration() {
                None if known.started_at.is_some() => (MeasuredBy::Steps, Duration::ZERO, Duration::ZERO),
                duration => (MeasuredBy::Measured, duration.unwrap_or_default(), Duration::ZERO),
            }
        } else {
            let running = known.started_at.filter(|_| step.current_state == StepState::InProgress);
            let elapsed = running.map(|at| task.now().since(at)).unwrap_or_default();
            match expected(&step.name) {
                Some(time) => (MeasuredBy::Expected, time.max(elapsed), time.saturating_sub(elapsed)),
                None => (MeasuredBy::Steps, Duration::ZERO, Duration::ZERO),
            }
        };
        Self { by, whole, left }
    }
}

impl MeasuredBy {
    /// The least exact of some.
    fn of<'t>(times: impl Iterator<Item = &'t Time>) -> Self {
        times.map(|time| time.by).max().unwrap_or(Self::Steps)
    }
}

/// The longest chain within a part of the graph, and its time. Of equal ones that with more steps, then the one that ends first in canonical order.
fn longest(
    task: &TaskSnapshot,
    within: &dyn Fn(StepNo) -> bool,
    time: impl Fn(StepNo) -> Duration,
) -> Option<(Vec<StepNo>, Duration)> {
    #[derive(Clone, Copy)]
    struct Best {
        length: (Duration, usize),
        before: Option<StepNo>,
    }
    let mut best: Vec<Option<Best>> = Vec::with_capacity(task.steps().len());
    let mut last: Option<StepNo> = None;
    for (at, step) in task.steps().iter().enumerate() {
        let no = StepNo::at(at);
        if !within(no) {
            best.push(None);
            continue;
        }
        let mut before: Option<(StepNo, (Duration, usize))> = None;
        for &dependency in &step.depends_on {
            if let Some(found) = best[dependency.index()]
                && before.is_none_or(|(_, length)| found.length > length)
            {
                before = Some((dependency, found.length));
            }
        }
        let (sum, steps) = before.map_or((Duration::ZERO, 0), |(_, length)| length);
        let length = (sum.saturating_add(time(no)), steps + 1);
        if last.and_then(|last: StepNo| best[last.index()]).is_none_or(|last| length > last.length) {
            last = Some(no);
        }
        best.push(Some(Best { length, before: before.map(|(step, _)| step) }));
    }
    let last = last?;
    let mut path = vec![last];
    while let Some(before) = path.last().and_then(|step| best[step.index()]).and_then(|best| best.before) {
        path.push(before);
    }
    path.reverse();
    Some((path, best[last.index()].map(|best| best.length.0).unwrap_or_default()))
}

fn leaves(task: &TaskSnapshot) -> Vec<bool> {
    let mut is_leaf = vec![true; task.steps().len()];
    for dependency in task.steps().iter().flat_map(|step| &step.depends_on) {
        is_leaf[dependency.index()] = false;
    }
    is_leaf
}

/// How many chains lead from a root to a leaf.
fn count(task: &TaskSnapshot, is_leaf: &[bool]) -> u64 {
    let mut ways: Vec<u64> = Vec::with_capacity(is_leaf.len());
    let mut all = 0_u64;
    for (step, is_leaf) in task.steps().iter().zip(is_leaf) {
        let before = step.depends_on.iter().map(|dependency| ways[dependency.index()]);
        let to_here = before.fold(0, u64::saturating_add).max(1);
        ways.push(to_here);
        if *is_leaf {
            all = all.saturating_add(to_here);
        }
    }
    all
}

impl CriticalPath {
    fn new(execution: &TaskExecution, path: Vec<StepNo>, measured_by: MeasuredBy, time: Duration) -> Self {
        let steps = || path.iter().map(|step| &execution.steps[step.index()]);
        let count = |is: &dyn Fn(&StepReadiness) -> bool| steps().filter(|step| is(step)).count();
        let completed_steps = count(&|step| step.current_state.satisfies_dependents());
        let mut made = Self {
            step_names: names(execution, &path),
            length: path.len(),
            measured_by,
            duration: (measured_by != MeasuredBy::Steps).then_some(time),
            completed_steps,
            blocked_steps: count(&StepReadiness::is_permanently_blocked),
            error_steps: count(&|step| step.current_state == StepState::Error),
            retry_steps: count(&|step| step.attempts > 1),
            ready_steps: count(&|step| step.ready_for_execution),
            completion_percentage: percent(completed_steps, path.len()),
            criticality_score: 0.0,
            path,
        };
        made.criticality_score = made.score(execution.health_status);
        made
    }

    #[expect(clippy::cast_precision_loss, reason = "a score, of counts far below 2^52")]
    fn score(&self, health: HealthStatus) -> f64 {
        let points = |weight: u64, count: usize| weight as f64 * count as f64;
        let trouble = points(weights::BLOCKED_PENALTY, self.blocked_steps)
            + points(weights::ERROR_PENALTY, self.error_steps);
        let trouble_counts =
            if health == HealthStatus::Healthy { 1.0 } else { weights::UNHEALTHY_MULTIPLIER };
        let seconds = self.duration.unwrap_or_default().as_secs_f64();
        let score = points(weights::PATH_LENGTH_WEIGHT, self.length)
            - points(weights::COMPLETED_PENALTY, self.completed_steps)
            + trouble * trouble_counts
            + points(weights::RETRY_PENALTY, self.retry_steps)
            + seconds / weights::SECONDS_PER_POINT;
        let discount = weights::COMPLETION_DISCOUNT * self.completion_percentage / 100.0;
        (score * (1.0 - discount)).max(0.0)
    }
}

#[cfg(test)]
mod tests;
