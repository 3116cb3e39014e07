//! What takes long, what fails, and what is waited for.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde::Serialize;

use super::advice::{Recommendation, recommend};
use super::digest::{SLOWEST, SlowStep, SlowTask};
use super::durations::{seconds, share};
use super::performance::together;
use super::{Digest, Durations, Histogram, StepDigest, window_start};
use crate::report::{full_name, timestamp};
use crate::store::{Digests, Wanted};
use crate::{StepState, TaskId, TaskState, TaskStatus, Timestamp, WorkflowId};

/// What takes long, what fails, and what is waited for, among the tasks that ended in a time.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct BottleneckReport {
    /// The moment at which this was so.
    #[serde(serialize_with = "timestamp")]
    pub as_of: Timestamp,
    /// What it is about.
    pub scope: Scope,
    /// The tasks that took longest, at most ten.
    pub slowest_tasks: Vec<SlowestTask>,
    /// The executions that took longest, at most ten; among those that were looked at.
    pub slowest_steps: Vec<SlowestStep>,
    /// The steps whose executions take longest by their 95th percentile, at most ten.
    pub steps: Vec<StepPerformance>,
    /// What fails.
    pub error_patterns: ErrorPatterns,
    /// What steps wait for.
    pub dependency_bottlenecks: Waits,
    /// How long tasks take.
    pub performance_distribution: Distribution,
    /// What follows from the numbers, the gravest first, at most five.
    pub recommendations: Vec<Recommendation>,
}

/// What a report is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Scope {
    /// Of which namespace, if not of all.
    pub namespace: Option<String>,
    /// Of workflows with which name, if not of all.
    pub name: Option<String>,
    /// Of which version, if not of all.
    pub version: Option<String>,
    /// Since when.
    #[serde(serialize_with = "timestamp")]
    pub from: Timestamp,
    /// Until when.
    #[serde(serialize_with = "timestamp")]
    pub to: Timestamp,
    /// How many tasks ended.
    pub total_tasks: u64,
    /// Of how many of them the steps were looked at; where that is fewer, these stand for all.
    pub looked_at: u64,
    /// Of how many workflows, whatever their versions.
    pub unique_task_types: u64,
}

/// A task that took long.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SlowestTask {
    /// The task.
    pub task_id: TaskId,
    /// What it ran, as `namespace.name@version`.
    #[serde(serialize_with = "full_name")]
    pub workflow: WorkflowId,
    /// How it ended.
    pub state: TaskState,
    /// How long it took, from its creation to its end.
    #[serde(rename = "duration_seconds", serialize_with = "seconds")]
    pub duration: Duration,
    /// When it was created.
    #[serde(serialize_with = "timestamp")]
    pub created_at: Timestamp,
    /// When it ended.
    #[serde(serialize_with = "timestamp")]
    pub ended_at: Timestamp,
    /// How many of its steps are in each state now; none if the task was removed since.
    pub steps: Option<BTreeMap<StepState, u64>>,
}

/// An execution that took long.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SlowestStep {
    /// The task.
    pub task_id: TaskId,
    /// What it ran, as `namespace.name@version`.
    #[serde(serialize_with = "full_name")]
    pub workflow: WorkflowId,
    /// The step.
    pub step_name: String,
    /// Which execution of the step that was.
    pub attempt: u32,
    /// Whether it failed.
    pub failed: bool,
    /// How long it took.
    #[serde(rename = "duration_seconds", serialize_with = "seconds")]
    pub duration: Duration,
    /// When it began.
    #[serde(serialize_with = "timestamp")]
    pub started_at: Timestamp,
}

/// How a step performs.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct StepPerformance {
    /// Its workflow, as `namespace.name@version`.
    #[serde(serialize_with = "full_name")]
    pub workflow: WorkflowId,
    /// The step.
    pub step_name: String,
    /// How long its executions take.
    pub duration: Option<Durations>,
    /// How long it waits for its first execution after all that it depends on is over.
    pub queue_time: Option<Durations>,
    /// How often it is executed in a task.
    pub executions_per_task: Option<f64>,
    /// How many of its executions fail, from 0 to 1.
    pub error_rate: Option<f64>,
    /// Of the tasks in which it was retried, in how many it is complete, from 0 to 1.
    pub retry_success_rate: Option<f64>,
}

/// What fails.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ErrorPatterns {
    /// How many executions failed.
    pub total_errors: u64,
    /// How many of all executions those are, from 0 to 1.
    pub error_rate: Option<f64>,
    /// The same among the tasks that ended in the last hour.
    pub recent_error_rate: Option<f64>,
    /// The errors that come most often, at most ten.
    pub common_errors: Vec<ErrorPattern>,
    /// Of the steps that were retried, how many are complete, from 0 to 1.
    pub retry_success_rate: Option<f64>,
}

/// An error that comes often.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ErrorPattern {
    /// The code; none for errors without one.
    pub code: Option<String>,
    /// The workflow in which it comes most often, as `namespace.name@version`.
    #[serde(serialize_with = "full_name")]
    pub workflow: WorkflowId,
    /// The step of it.
    pub step_name: String,
    /// How many executions failed with it, in whatever step.
    pub times: u64,
    /// How many of all that failed those are, from 0 to 1.
    pub share: Option<f64>,
    /// A task in which it came.
    pub example_task_id: TaskId,
}

/// What steps wait for.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Waits {
    /// How often a step waited for another one.
    pub blocking_dependencies: u64,
    /// How long steps wait for the last of those that they depend on, when nothing else is missing.
    pub wait_time: Option<Durations>,
    /// The steps for which others wait longest in all, at most ten.
    pub most_waited_for: Vec<WaitedFor>,
}

/// A step for which others wait.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct WaitedFor {
    /// Its workflow, as `namespace.name@version`.
    #[serde(serialize_with = "full_name")]
    pub workflow: WorkflowId,
    /// The step.
    pub step_name: String,
    /// How long they wait for it alone.
    pub wait_time: Durations,
    /// How much of all that steps wait for others is for this one, from 0 to 1.
    pub share: Option<f64>,
}

/// How long tasks take.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Distribution {
    /// How long.
    pub percentiles: Option<Durations>,
    /// How many take less than 10 s, from 0 to 1.
    pub up_to_10_s: Option<f64>,
    /// How many take 10 s to 30 s.
    pub up_to_30_s: Option<f64>,
    /// How many take 30 s or more.
    pub longer: Option<f64>,
}

/// How many tasks and steps are told of each kind.
const MOST: usize = SLOWEST;

/// What ended in the whole window, by workflow.
pub(super) struct Seen {
    pub(super) by_workflow: BTreeMap<WorkflowId, Digest>,
    pub(super) all: Digest,
}

impl Seen {
    fn of(digests: &Digests, start: Timestamp) -> Self {
        let mut by_workflow: BTreeMap<WorkflowId, Digest> = BTreeMap::new();
        let mut all = Digest::default();
        for period in digests.periods.iter().filter(|period| period.to > start) {
            by_workflow.entry(period.workflow.clone()).or_default().merge(&period.digest);
            all.tasks.merge(&period.digest.tasks);
        }
        Self { by_workflow, all }
    }

    pub(super) fn steps(&self) -> impl Iterator<Item = (&WorkflowId, &String, &StepDigest)> {
        let of = |(workflow, digest)| (workflow, &<&Digest>::clone(&digest).steps.by_name);
        let steps = self.by_workflow.iter().map(of);
        steps.flat_map(|(workflow, steps)| steps.iter().map(move |(name, step)| (workflow, name, step)))
    }

    /// The workflow of what is kept of each, the slowest first.
    fn slowest<'s, T: Ord>(&'s self, of: impl Fn(&'s Digest) -> &'s [T]) -> Vec<(&'s T, &'s WorkflowId)> {
        let mut all: Vec<_> = self
            .by_workflow
            .iter()
            .flat_map(|(id, digest)| of(digest).iter().map(move |one| (one, id)))
            .collect();
        all.sort_unstable_by(|one, other| other.cmp(one));
        all.truncate(MOST);
        all
    }
}

impl BottleneckReport {
    /// What is to be told of the window; how the slowest tasks stand now is [looked up](Self::look_up).
    pub(crate) fn of(digests: &Digests, wanted: &Wanted) -> Self {
        let start = digests.from;
        let seen = Seen::of(digests, start);
        let from =
            digests.periods.iter().map(|period| period.from).min().map_or(start, |first| first.min(start));
        let tasks = &seen.all.tasks;
        let types: BTreeSet<_> = seen.by_workflow.keys().map(|id| (&id.namespace, &id.name)).collect();
        let error_patterns = errors(digests, &seen);
        let dependency_bottlenecks = waits(&seen);
        Self {
            as_of: digests.now,
            scope: Scope {
                namespace: wanted.namespace.clone(),
                name: wanted.name.clone(),
                version: wanted.version.clone(),
                from,
                to: digests.now,
                total_tasks: tasks.count(),
                looked_at: tasks.looked_at,
                unique_task_types: types.len() as u64,
            },
            slowest_tasks: seen
                .slowest(|digest| &digest.tasks.slowest)
                .into_iter()
                .map(slowest_task)
                .collect(),
            slowest_steps: seen
                .slowest(|digest| &digest.steps.slowest)
                .into_iter()
                .map(slowest_step)
                .collect(),
            steps: steps(&seen),
            recommendations: recommend(&seen, &error_patterns, &dependency_bottlenecks),
            error_patterns,
            dependency_bottlenecks,
            performance_distribution: distribution(&tasks.took()),
        }
    }

    /// Adds how the slowest tasks stand now.
    pub(crate) fn look_up(&mut self, statuses: &[Option<TaskStatus>]) {
        for (slow, status) in self.slowest_tasks.iter_mut().zip(statuses) {
            slow.steps = status.as_ref().map(|status| {
                let mut steps = BTreeMap::new();
                status.steps.iter().for_each(|step| *steps.entry(step.state).or_default() += 1);
                steps
            });
        }
    }
}

fn slowest_task((slow, workflow): (&SlowTask, &WorkflowId)) -> SlowestTask {
    let duration = Duration::from_micros(slow.took.unsigned_abs());
    let created_at = Timestamp::from_micros(slow.created_at);
    let (task_id, state, workflow) = (slow.task, slow.state, workflow.clone());
    SlowestTask {
        task_id,
        workflow,
        state,
        duration,
        created_at,
        ended_at: created_at + duration,
        steps: None,
    }
}

fn slowest_step((slow, workflow): (&SlowStep, &WorkflowId)) -> SlowestStep {
    SlowestStep {
        task_id: slow.task,
        workflow: workflow.clone(),
        step_name: slow.step.clone(),
        attempt: slow.attempt,
        failed: slow.failed,
        duration: Duration::from_micros(slow.took.unsigned_abs()),
        started_at: Timestamp::from_micros(slow.started_at),
    }
}

fn steps(seen: &Seen) -> Vec<StepPerformance> {
    let mut steps: Vec<_> = seen.steps().filter(|(.., step)| step.run.count() > 0).collect();
    steps.sort_by_key(|(.., step)| std::cmp::Reverse(step.run.percentile(95)));
    let steps = steps.into_iter().take(MOST).map(|(workflow, name, step)| StepPerformance {
        workflow: workflow.clone(),
        step_name: name.clone(),
        duration: Durations::of(&step.run),
        queue_time: Durations::of(&step.queue),
        executions_per_task: share(step.run.count(), step.steps),
        error_rate: share(step.failures(), step.run.count()),
        retry_success_rate: share(step.recovered, step.retried),
    });
    steps.collect()
}

fn errors(digests: &Digests, seen: &Seen) -> ErrorPatterns {
    let tasks = &seen.all.tasks;
    let mut by_code: BTreeMap<&str, Vec<(u64, &WorkflowId, &String, TaskId)>> = BTreeMap::new();
    let (mut retried, mut recovered) = (0, 0);
    for (workflow, name, step) in seen.steps() {
        (retried, recovered) = (retried + step.retried, recovered + step.recovered);
        for (code, error) in &step.errors {
            by_code.entry(code).or_default().push((error.times, workflow, name, error.example));
        }
    }
    let pattern = |(code, mut places): (&str, Vec<(u64, &WorkflowId, &String, TaskId)>)| {
        let times = places.iter().map(|place| place.0).sum();
        places.sort_unstable_by(|one, other| other.cmp(one));
        let &(_, workflow, step, example_task_id) = places.first()?;
        let code = Some(code.to_owned()).filter(|code| !code.is_empty());
        let (workflow, step_name) = (workflow.clone(), step.clone());
        Some(ErrorPattern {
            code,
            workflow,
            step_name,
            times,
            share: share(times, tasks.failures),
            example_task_id,
        })
    };
    let mut common_errors: Vec<ErrorPattern> = by_code.into_iter().filter_map(pattern).collect();
    common_errors.sort_by_key(|pattern| std::cmp::Reverse(pattern.times));
    common_errors.truncate(MOST);
    let recent = Seen::of(digests, window_start(digests.now, Duration::from_hours(1)));
    ErrorPatterns {
        total_errors: tasks.failures,
        error_rate: share(tasks.failures, tasks.run.count()),
        recent_error_rate: share(recent.all.tasks.failures, recent.all.tasks.run.count()),
        common_errors,
        retry_success_rate: share(recovered, retried),
    }
}

fn waits(seen: &Seen) -> Waits {
    let all = together(seen.steps().map(|(.., step)| &step.waited_for));
    let micros = |histogram: &Histogram| histogram.sum().as_micros() as u64;
    let mut steps: Vec<_> = seen.steps().collect();
    steps.sort_by_key(|(.., step)| std::cmp::Reverse(micros(&step.waited_for)));
    let most = steps.into_iter().take(MOST).filter_map(|(workflow, name, step)| {
        Some(WaitedFor {
            workflow: workflow.clone(),
            step_name: name.clone(),
            wait_time: Durations::of(&step.waited_for)?,
            share: share(micros(&step.waited_for), micros(&all)),
        })
    });
    Waits {
        blocking_dependencies: all.count(),
        most_waited_for: most.collect(),
        wait_time: Durations::of(&all),
    }
}

fn distribution(took: &Histogram) -> Distribution {
    let (all, ten) = (took.count(), took.shorter_than(Duration::from_secs(10)));
    let thirty = took.shorter_than(Duration::from_secs(30));
    Distribution {
        percentiles: Durations::of(took),
        up_to_10_s: share(ten, all),
        up_to_30_s: share(thirty - ten, all),
        longer: share(all - thirty, all),
    }
}
