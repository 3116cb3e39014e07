//! The steps that hold up most.
//!
//! A step is a bottleneck when it failed, is on its second attempt or a later one, was cancelled while others wait for it, or is ready and no worker can run
//! it. A step that only waits its turn behind others is none, although Ruby Tasker counts it as one when nothing failed: it
//! reports a fresh task as blocked.

use std::cmp::Reverse;

use serde::Serialize;

use super::super::weights;
use super::errors::{has_failed, strategies};
use crate::report::execution::{HealthStatus, TaskExecution};
use crate::report::reach::{Downstream, downstream};
use crate::report::readiness::{BlockingReason, RetryStatus, StepReadiness};
use crate::report::serial::{percent, timestamp_if_any};
use crate::report::snapshot::TaskSnapshot;
use crate::report::words::words;
use crate::{StepNo, StepState, Timestamp};

/// The steps that hold up most.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Bottlenecks {
    /// How many there are.
    pub total_bottlenecks: usize,
    /// How many of them are critical. Of steps that no worker can run the first 64 are looked at.
    pub critical_bottlenecks: usize,
    /// How many pending steps are [blocked](crate::report): those behind the steps that failed or were cancelled, without these. (In JSON
    /// it has Ruby Tasker's name, without `downstream`.)
    #[serde(rename = "total_blocked_steps")]
    pub total_blocked_downstream_steps: usize,
    /// The ten with the greatest impact, the greatest first.
    pub bottlenecks: Vec<Bottleneck>,
    /// Whether the task does well.
    pub task_health: HealthStatus,
    /// How much of the task is over, in percent.
    pub task_completion: f64,
    /// How many of the steps failed for good, in percent.
    pub failed_steps_ratio: f64,
    /// How bad it is altogether: what the worst of them is.
    pub overall_impact: Impact,
}

/// A step that holds others up.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Bottleneck {
    /// The step.
    pub step_id: StepNo,
    /// Its name.
    pub step_name: String,
    /// Where it stands.
    pub current_state: StepState,
    /// How many executions have begun.
    pub attempts: u32,
    /// How many may fail.
    pub retry_limit: u32,
    /// Whether every step that it depends on is over.
    pub dependencies_satisfied: bool,
    /// How many steps wait for it, directly or through others.
    pub downstream_steps_count: usize,
    /// How many of them are [blocked](crate::report).
    pub blocked_downstream_count: usize,
    /// How much it holds up: Ruby Tasker's score, from [`weights`](crate::report::weights).
    pub impact_score: u64,
    /// How bad that is.
    pub severity: Severity,
    /// What kind of trouble it is.
    pub bottleneck_type: BottleneckType,
    /// What to do.
    pub resolution_strategy: String,
    /// When it is tried again, if it is. (Ruby Tasker estimates how long it takes to mend it, by a table.)
    #[serde(serialize_with = "timestamp_if_any")]
    pub next_retry_at: Option<Timestamp>,
}

words! {
    /// How bad a bottleneck is, by the thresholds of [`weights`](crate::report::weights).
    pub enum Severity {
        /// Below the others.
        Low = "Low",
        /// From [`MEDIUM`](crate::report::weights::MEDIUM) on.
        Medium = "Medium",
        /// From [`HIGH`](crate::report::weights::HIGH) on.
        High = "High",
        /// From [`CRITICAL`](crate::report::weights::CRITICAL) on.
        Critical = "Critical",
    }

    /// What kind of trouble a bottleneck is.
    pub enum BottleneckType {
        /// It failed with an error that trying again cannot help.
        PermanentFailure = "Permanent Failure",
        /// It failed, and is not tried again because no attempts are left.
        RetryExhaustion = "Retry Exhaustion",
        /// It failed, and may be executed only once.
        NonRetryable = "Non-Retryable",
        /// It failed, and is tried again.
        ActiveError = "Active Error",
        /// It was cancelled, and others wait for it.
        DependencyBlock = "Dependency Block",
        /// Workers are alive, and none of them can run it. (Not in Ruby Tasker.)
        NoWorker = "No Worker",
    }

    /// How bad all bottlenecks are together.
    pub enum Impact {
        /// There are none.
        None = "None",
        /// The worst is of low severity.
        Low = "Low",
        /// The worst is of medium severity.
        Medium = "Medium",
        /// The worst is of high severity.
        High = "High",
        /// The worst is critical.
        Severe = "Severe",
    }
}

/// How many are shown.
const SHOWN: usize = 10;
/// Of how many parked steps it is looked at what waits behind them: the first ones, which are the roots.
const PARKED: usize = 64;

pub(super) fn find(task: &TaskSnapshot, execution: &TaskExecution) -> Bottlenecks {
    let has_blocked_dependents = blocked_dependents(task, execution);
    let mut parked = 0;
    let candidates: Vec<_> = execution
        .steps
        .iter()
        .filter_map(|step| {
            let kind = BottleneckType::of(step, has_blocked_dependents[step.step_no.index()])?;
            parked += usize::from(kind == BottleneckType::NoWorker);
            (kind != BottleneckType::NoWorker || parked <= PARKED).then_some((step, kind))
        })
        .collect();
    let places: Vec<_> = candidates.iter().map(|(step, _)| step.step_no).collect();
    let is_blocked = |step: StepNo| execution.steps[step.index()].is_permanently_blocked();
    let behind = downstream(task, &places, is_blocked);
    let mut found: Vec<_> = candidates
        .iter()
        .zip(behind)
        .map(|(&(step, kind), behind)| Bottleneck::new(task, step, kind, &behind))
        .collect();
    found.sort_by_key(|bottleneck| (Reverse(bottleneck.impact_score), bottleneck.step_id));
    Bottlenecks {
        total_bottlenecks: found.len() + parked.saturating_sub(PARKED),
        critical_bottlenecks: found.iter().filter(|one| one.severity == Severity::Critical).count(),
        total_blocked_downstream_steps: execution.permanently_blocked_steps - execution.failed_steps,
        overall_impact: found.iter().map(|one| one.severity).max().map_or(Impact::None, Impact::of),
        task_health: execution.health_status,
        task_completion: execution.completion_percentage,
        failed_steps_ratio: percent(execution.failed_steps, execution.total_steps),
        bottlenecks: {
            found.truncate(SHOWN);
            found
        },
    }
}

/// For each step whether one of those that wait for it directly never runs unless somebody steps in.
fn blocked_dependents(task: &TaskSnapshot, execution: &TaskExecution) -> Vec<bool> {
    let mut any = vec![false; execution.steps.len()];
    for (known, step) in task.steps().iter().zip(&execution.steps) {
        if step.blocking_reason == Some(BlockingReason::DependencyFailed) {
            for dependency in &known.depends_on {
                any[dependency.index()] = true;
            }
        }
    }
    any
}

impl BottleneckType {
    fn of(step: &StepReadiness, has_blocked_dependents: bool) -> Option<Self> {
        Some(match (step.current_state, step.retry_status) {
            (StepState::Error, RetryStatus::PermanentError) => Self::PermanentFailure,
            (StepState::Error, _) if step.retry_limit <= 1 => Self::NonRetryable,
            (StepState::Error, _) => Self::RetryExhaustion,
            (StepState::Cancelled, _) if has_blocked_dependents => Self::DependencyBlock,
            _ if has_failed(step) => Self::ActiveError,
            _ if step.blocking_reason == Some(BlockingReason::NoWorkerCanRunIt) => Self::NoWorker,
            _ => return None,
        })
    }

    fn multiplier(self) -> f64 {
        match self {
            Self::RetryExhaustion | Self::PermanentFailure | Self::NonRetryable => {
                weights::ERROR_STATE_MULTIPLIER + weights::EXHAUSTED_RETRY_BONUS
            }
            Self::DependencyBlock | Self::NoWorker => weights::DEPENDENCY_ISSUE_MULTIPLIER,
            Self::ActiveError => 1.0,
        }
    }
}

impl Bottleneck {
    fn new(task: &TaskSnapshot, step: &StepReadiness, kind: BottleneckType, behind: &Downstream) -> Self {
        let impact_score = score(step, kind, behind);
        Self {
            step_id: step.step_no,
            step_name: step.name.clone(),
            current_state: step.current_state,
            attempts: step.attempts,
            retry_limit: step.retry_limit,
            dependencies_satisfied: step.dependencies_satisfied,
            downstream_steps_count: behind.total,
            blocked_downstream_count: behind.blocked,
            impact_score,
            severity: Severity::of(impact_score),
            bottleneck_type: kind,
            resolution_strategy: resolution(task, step, kind),
            next_retry_at: step.next_retry_at,
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "a score, of counts far below 2^52")]
fn score(step: &StepReadiness, kind: BottleneckType, behind: &Downstream) -> u64 {
    let held_up =
        weights::DOWNSTREAM_WEIGHT * behind.total as u64 + weights::BLOCKED_WEIGHT * behind.blocked as u64;
    let ended = matches!(step.current_state, StepState::Error | StepState::Cancelled);
    let exhausted = step.current_state == StepState::Error;
    (held_up as f64 * kind.multiplier()).round() as u64
        + weights::RETRY_INSTABILITY * u64::from(step.attempts)
        + if ended { weights::NON_RETRYABLE } else { 0 }
        + if exhausted { weights::EXHAUSTED_RETRY } else { 0 }
}

fn resolution(task: &TaskSnapshot, step: &StepReadiness, kind: BottleneckType) -> String {
    let name = &step.name;
    match kind {
        BottleneckType::DependencyBlock => format!(
            "`{name}` was cancelled, which cannot be undone: resolve or cancel what waits for it, or start a new task"
        ),
        BottleneckType::NoWorker => {
            step.waiting_because.clone().unwrap_or_else(|| format!("start a worker that can run `{name}`"))
        }
        _ => strategies(task, step)
            .into_iter()
            .next()
            .map_or_else(|| format!("look at the error of `{name}`"), |strategy| strategy.description),
    }
}

impl Severity {
    fn of(impact: u64) -> Self {
        match impact {
            weights::CRITICAL.. => Self::Critical,
            weights::HIGH.. => Self::High,
            weights::MEDIUM.. => Self::Medium,
            _ => Self::Low,
        }
    }
}

impl Impact {
    fn of(worst: Severity) -> Self {
        match worst {
            Severity::Low => Self::Low,
            Severity::Medium => Self::Medium,
            Severity::High => Self::High,
            Severity::Critical => Self::Severe,
        }
    }
}

#[cfg(test)]
mod tests;
