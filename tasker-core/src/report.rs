//! What can be said about a task: how it stands, why it waits, what holds it up, and what to do about it.
//!
//! Everything here is computed from a [`TaskSnapshot`], which a store reads in one go, or from a definition; nothing here asks a store or
//! a clock. The words are those of Ruby Tasker's REST interface, so that whoever reads its answers reads these: where its table has
//! no true answer (a paused task, one that no worker can run, a step that waits for its retry), a word is added, and the documentation of
//! the word says so. No number is made up: what was not measured is not there.
//!
//! - [`TaskSnapshot::execution`]: counts, status, health and readiness, step by step, in words and in a sentence.
//! - [`TaskSnapshot::analysis`]: levels, critical path, parallelism, error chains, bottlenecks, recommendations.
//! - [`TemplateAnalysis::of`]: the graph of a definition.
//!
//! Where steps are counted, a word means one thing:
//!
//! - A step is **over** when it is complete, resolved or skipped: what waits for it can run.
//! - It **failed** (`failed_steps`, `error_steps`) when it is in error: no attempt is left, or none can help. While it is tried again it is
//!   **retrying** (`retrying_steps`), and **in backoff** as long as it waits for that.
//! - It is **ready** when it runs as soon as a worker has room, and **waits** when it is pending and not ready, for whatever reason.
//! - It is **blocked** when it never runs, or never runs again, unless somebody steps in: it failed, or is pending and waits, directly or
//!   through others, for one that failed or was cancelled ([`StepReadiness::is_permanently_blocked`]). The latter are **blocked
//!   downstream**. Blocked steps are counted by `permanently_blocked_steps` of a task and `blocked_steps` of a path; blocked downstream by
//!   what has `downstream` in its name, and by `total_blocked_by_errors`.
//!
//! The names in JSON are Ruby Tasker's, also where it says `blocked` of what only waits: the documentation of a field tells.
//!
//! Costs are O(steps + edges), and at worst as much again for each step that failed.

mod analysis;
mod because;
mod execution;
#[cfg(test)]
pub(crate) mod fixture;
mod known;
mod next;
mod reach;
mod readiness;
mod serial;
mod snapshot;
mod template;
pub mod weights;
mod words;

pub use analysis::{
    AnalysisSummary, Bottleneck, BottleneckType, Bottlenecks, CriticalPath, CriticalPaths, DependencyGraph,
    ErrorChain, ErrorChains, GraphEdge, GraphNode, Impact, Level, MeasuredBy, OverallHealth, Parallelism,
    Potential, RecoveryAction, RecoveryStrategy, RetryAnalysis, Severity, TaskAnalysis,
};
pub use execution::{ExecutionStatus, HealthStatus, RecommendedAction, TaskExecution};
pub use known::{KnownStep, KnownTask, StepMove};
pub use next::{NextAction, ProgressDetails, Urgency, WorkflowSummary};
pub use readiness::{BackoffType, BlockingReason, DependencyStatus, RetryStatus, StepReadiness};
pub(crate) use serial::{full_name, seconds_if_any, span, timestamp, timestamp_if_any};
pub use snapshot::{SnapshotError, StepSnapshot, TaskSnapshot};
pub use template::{EdgeType, TemplateAnalysis, TemplateEdge, TemplateNode, TemplateSummary};
pub(crate) use words::words;
