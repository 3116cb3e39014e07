//! An analysis in short, and what to do about the task.

use serde::Serialize;

use super::bottlenecks::Bottlenecks;
use super::errors::ErrorChains;
use super::parallelism::Parallelism;
use super::paths::CriticalPaths;
use crate::report::execution::{ExecutionStatus, TaskExecution};
use crate::report::snapshot::TaskSnapshot;
use crate::report::words::words;
use crate::{StepState, TaskState};

/// An analysis in short.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct AnalysisSummary {
    /// All steps.
    pub total_steps: usize,
    /// All edges.
    pub total_dependencies: usize,
    /// How many levels the steps stand in.
    pub dependency_levels: usize,
    /// How many steps the chain with the most steps has.
    pub longest_path_length: usize,
    /// How many bottlenecks are critical.
    pub critical_bottlenecks_count: usize,
    /// How many steps failed and have not completed since.
    pub error_chains_count: usize,
    /// How many of the levels have more than one step, in percent.
    pub parallelism_efficiency: f64,
    /// How the task does.
    pub overall_health: OverallHealth,
    /// What to do, the most urgent first. Empty where nothing is to be done.
    pub recommendations: Vec<String>,
}

words! {
    /// How a task does.
    pub enum OverallHealth {
        /// Nothing went wrong, or nothing that has not been mended.
        Healthy = "healthy",
        /// Steps failed and are tried again, workers were lost, or it is paused: it is worth a look.
        Warning = "warning",
        /// It does not complete unless somebody steps in.
        Critical = "critical",
    }
}

pub(super) fn of(
    task: &TaskSnapshot,
    execution: &TaskExecution,
    paths: &CriticalPaths,
    parallelism: &Parallelism,
    errors: &ErrorChains,
    bottlenecks: &Bottlenecks,
) -> AnalysisSummary {
    AnalysisSummary {
        total_steps: execution.total_steps,
        total_dependencies: task.edge_count(),
        dependency_levels: parallelism.total_levels,
        longest_path_length: paths.longest_path_length,
        critical_bottlenecks_count: bottlenecks.critical_bottlenecks,
        error_chains_count: errors.total_error_steps,
        parallelism_efficiency: parallelism.parallelism_efficiency,
        overall_health: OverallHealth::of(execution),
        recommendations: recommendations(execution, paths, parallelism, errors, bottlenecks),
    }
}

impl OverallHealth {
    fn of(execution: &TaskExecution) -> Self {
        let is_paused = execution.execution_status == ExecutionStatus::Paused;
        if execution.needs_intervention() && !is_paused {
            Self::Critical
        } else if execution.status.has_ended() {
            Self::Healthy
        } else if execution.paused || execution.retrying_steps > 0 || lost(execution) > 0 {
            Self::Warning
        } else {
            Self::Healthy
        }
    }
}

/// How many executions of steps that are not over were lost with their worker.
fn lost(execution: &TaskExecution) -> u32 {
    let open = execution.steps.iter().filter(|step| !step.current_state.satisfies_dependents());
    open.map(|step| step.lost_attempts).sum()
}

fn recommendations(
    execution: &TaskExecution,
    paths: &CriticalPaths,
    parallelism: &Parallelism,
    errors: &ErrorChains,
    bottlenecks: &Bottlenecks,
) -> Vec<String> {
    let mut all = Vec::new();
    if execution.status.has_ended() && execution.status != TaskState::Error {
        return all;
    }
    let because = execution.waiting_because.as_deref().unwrap_or_default();
    match execution.execution_status {
        ExecutionStatus::Parked => all.push(format!("start a build that can run the task: {because}")),
        ExecutionStatus::Paused => all.push(format!("resume it: {because}")),
        _ => {}
    }
    for chain in errors.error_chains.iter().filter(|chain| chain.retry_analysis.exhausted).take(3) {
        let Some(strategy) = chain.recovery_strategies.first() else { continue };
        let behind = match chain.total_blocked_downstream_steps {
            0 => String::new(),
            1 => "; 1 step waits for it".to_owned(),
            count => format!("; {count} steps wait for it"),
        };
        all.push(format!("{}{behind}", strategy.description));
    }
    let mut cancelled =
        bottlenecks.bottlenecks.iter().filter(|one| one.current_state == StepState::Cancelled);
    if let Some(cancelled) = cancelled.next() {
        all.push(cancelled.resolution_strategy.clone());
    }
    let lost = lost(execution);
    if lost > 0 {
        let (executions, were) = if lost == 1 { ("execution", "was") } else { ("executions", "were") };
        all.push(format!(
            "look at the workers: {lost} {executions} of steps that are not over {were} lost with them"
        ));
    }
    if parallelism.one_at_a_time && parallelism.levels.iter().any(|level| level.total_steps > 1) {
        all.push(
            "let the workflow run steps side by side, if they do not get in each other's way: its graph would allow it"
                .to_owned(),
        );
    }
    if let Some(path) = &paths.remaining_path
        && path.length == execution.total_steps - execution.steps_over()
        && path.length >= LONG_CHAIN
        && !parallelism.one_at_a_time
    {
        all.push(format!(
            "see whether all of the {} steps that remain have to wait for each other: they are one chain",
            path.length
        ));
    }
    all
}

/// From how many steps on a chain is worth a word.
const LONG_CHAIN: usize = 8;

#[cfg(test)]
mod tests;
