//! What ended in the last hour, four hours and day, and how long it took.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Serialize;

use super::durations::{per_hour, share};
use super::{Durations, Histogram, TaskDigest, window_start};
use crate::report::timestamp;
use crate::store::{Digests, Population};
use crate::{TaskState, Timestamp};

/// How the system performs.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PerformanceReport {
    /// The moment at which this was so.
    #[serde(serialize_with = "timestamp")]
    pub as_of: Timestamp,
    /// What there is.
    pub system_overview: Overview,
    /// What ended lately.
    pub performance_trends: Trends,
}

/// What there is.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Overview {
    /// The tasks that have not ended.
    pub active_tasks: u64,
    /// The namespaces that are known.
    pub total_namespaces: u64,
    /// The workflows that are known, whatever their versions.
    pub unique_task_types: u64,
    /// Of the tasks that ended in the last hour, complete or in error, how many are complete, from 0 to 1; none if none did. (Ruby Tasker
    /// says 1 then.)
    pub system_health_score: Option<f64>,
}

/// What ended lately.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Trends {
    /// In the last hour.
    pub last_hour: Window,
    /// In the last four hours.
    pub last_4_hours: Window,
    /// In the last day.
    pub last_24_hours: Window,
}

/// What ended in a time. A window begins at ten minutes, one of more than an hour at an hour, so that it may be somewhat longer than
/// its name says; rates are those of its true length.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Window {
    /// When it begins.
    #[serde(serialize_with = "timestamp")]
    pub from: Timestamp,
    /// When it ends.
    #[serde(serialize_with = "timestamp")]
    pub to: Timestamp,
    /// How many tasks ended, by state.
    pub tasks: BTreeMap<TaskState, u64>,
    /// How many tasks ended in an hour.
    pub task_throughput: Option<f64>,
    /// How many of them are complete, from 0 to 1; none if none ended.
    pub completion_rate: Option<f64>,
    /// How many of them are in error, from 0 to 1; none if none ended.
    pub error_rate: Option<f64>,
    /// How long they took, from their creation to their end.
    pub task_duration: Option<Durations>,
    /// How long it took until their first steps began.
    pub task_queue_time: Option<Durations>,
    /// How many executions of their steps came to an end in an hour.
    pub step_throughput: Option<f64>,
    /// How many of these executions failed, from 0 to 1.
    pub step_error_rate: Option<f64>,
    /// How long executions took.
    pub step_duration: Option<Durations>,
    /// How long steps waited for their first execution after all that they depend on was over.
    pub step_queue_time: Option<Durations>,
    /// Whether, where many tasks ended, the steps of some stand for those of all.
    pub sampled: bool,
}

impl Window {
    /// What is told of the last so many hours.
    pub(super) fn last(digests: &Digests, back: Duration) -> Self {
        let start = window_start(digests.now, back).max(digests.from);
        let within: Vec<_> = digests.periods.iter().filter(|period| period.to > start).collect();
        let mut all = TaskDigest::default();
        for period in &within {
            all.merge(&period.digest.tasks);
        }
        let from = within.iter().map(|period| period.from).min().map_or(start, |first| first.min(start));
        Self::of(&all, from, digests.now)
    }

    fn of(all: &TaskDigest, from: Timestamp, to: Timestamp) -> Self {
        let (ended, length) = (all.count(), to.since(from));
        let rate = |state| share(all.count_of(state), ended);
        Self {
            from,
            to,
            tasks: all.ended.iter().map(|(&state, took)| (state, took.count())).collect(),
            task_throughput: per_hour(ended, length),
            completion_rate: rate(TaskState::Complete),
            error_rate: rate(TaskState::Error),
            task_duration: Durations::of(&all.took()),
            task_queue_time: Durations::of(&all.queue),
            step_throughput: per_hour(all.run.count(), length),
            step_error_rate: share(all.failures, all.run.count()),
            step_duration: Durations::of(&all.run),
            step_queue_time: Durations::of(&all.step_queue),
            sampled: all.looked_at < ended,
        }
    }
}

impl PerformanceReport {
    /// The window that has all that is told.
    pub(crate) const LONGEST: Duration = Duration::from_hours(24);

    pub(crate) fn of(digests: &Digests, population: &Population) -> Self {
        let last = |hours| Window::last(digests, Duration::from_hours(hours));
        let trends = Trends { last_hour: last(1), last_4_hours: last(4), last_24_hours: last(24) };
        let ended = |state| trends.last_hour.tasks.get(&state).copied().unwrap_or_default();
        let (complete, error) = (ended(TaskState::Complete), ended(TaskState::Error));
        Self {
            as_of: digests.now,
            system_overview: Overview {
                active_tasks: population.open_tasks,
                total_namespaces: population.namespaces,
                unique_task_types: population.workflows,
                system_health_score: share(complete, complete + error),
            },
            performance_trends: trends,
        }
    }
}

/// Durations of several histograms together.
pub(super) fn together<'h>(histograms: impl IntoIterator<Item = &'h Histogram>) -> Histogram {
    let mut all = Histogram::default();
    histograms.into_iter().for_each(|one| all.merge(one));
    all
}
