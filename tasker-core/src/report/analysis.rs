//! What holds a task up, and what would help.
//!
//! Each part is a file. All of them look at the same [`TaskExecution`], so that they never disagree about what is ready or blocked.

mod bottlenecks;
mod errors;
mod graph;
mod parallelism;
mod paths;
mod summary;

use std::time::Duration;

use serde::Serialize;

pub use bottlenecks::{Bottleneck, BottleneckType, Bottlenecks, Impact, Severity};
pub use errors::{ErrorChain, ErrorChains, RecoveryAction, RecoveryStrategy, RetryAnalysis};
pub use graph::{DependencyGraph, GraphEdge, GraphNode};
pub use parallelism::{Level, Parallelism, Potential};
pub use paths::{CriticalPath, CriticalPaths, MeasuredBy};
pub use summary::{AnalysisSummary, OverallHealth};

use super::execution::TaskExecution;
use super::serial::timestamp;
use super::snapshot::TaskSnapshot;
use crate::Timestamp;

/// What holds a task up, and what would help.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TaskAnalysis {
    /// The steps and what they wait for.
    pub dependency_graph: DependencyGraph,
    /// The chains of steps that decide how long the task takes.
    pub critical_paths: CriticalPaths,
    /// What can run side by side.
    #[serde(rename = "parallelism_opportunities")]
    pub parallelism: Parallelism,
    /// The steps that failed, and what waits behind them.
    pub error_chains: ErrorChains,
    /// The steps that hold up most.
    pub bottlenecks: Bottlenecks,
    /// All of it in short.
    #[serde(rename = "task_execution_summary")]
    pub summary: AnalysisSummary,
    /// The moment at which all this was so.
    #[serde(rename = "analysis_timestamp", serialize_with = "timestamp")]
    pub as_of: Timestamp,
}

impl TaskSnapshot {
    /// What holds the task up, by what is measured of itself.
    #[must_use]
    pub fn analysis(&self) -> TaskAnalysis {
        self.analysis_with(|_| None)
    }

    /// The same, with how long a step of this name took in other tasks, where that was measured.
    ///
    /// ```
    /// # use std::time::Duration;
    /// # use tasker_core::report::{TaskAnalysis, TaskSnapshot};
    /// fn look(task: &TaskSnapshot) -> TaskAnalysis {
    ///     task.analysis_with(|step| match step {
    ///         "charge" => Some(Duration::from_millis(800)),
    ///         _ => None,
    ///     })
    /// }
    /// ```
    #[must_use]
    pub fn analysis_with(&self, expected: impl Fn(&str) -> Option<Duration>) -> TaskAnalysis {
        let execution = self.execution();
        let critical_paths = paths::find(self, &execution, &expected);
        let parallelism = parallelism::find(self, &execution);
        let error_chains = errors::find(self, &execution);
        let bottlenecks = bottlenecks::find(self, &execution);
        let summary =
            summary::of(self, &execution, &critical_paths, &parallelism, &error_chains, &bottlenecks);
        TaskAnalysis {
            dependency_graph: graph::of(self),
            critical_paths,
            parallelism,
            error_chains,
            bottlenecks,
            summary,
            as_of: self.now(),
        }
    }
}

/// The names of steps.
fn names(execution: &TaskExecution, steps: &[crate::StepNo]) -> Vec<String> {
    steps.iter().map(|step| execution.steps[step.index()].name.clone()).collect()
}
