use std::collections::BTreeMap;
use std::time::Duration;

use async_trait::async_trait;

use super::StoreError;
use crate::analytics::Digest;
use crate::{StepState, TaskId, TaskState, Timestamp, WorkerId, WorkflowId};

/// What a store counts, for those who ask how the system does. None of it is asked for while tasks run.
#[async_trait]
pub trait Figures: Send + Sync {
    /// Whether the store answers, and what it must have to be worked with.
    async fn probe(&self) -> Result<Probe, StoreError>;

    /// How many tasks are open, and what there is beside tasks.
    async fn population(&self) -> Result<Population, StoreError>;

    /// How many tasks and steps stand where. Each number is of one moment; together they may be of several, close to one another.
    async fn tally(&self) -> Result<Tally, StoreError>;

    /// What ended since the beginning of the window, period by period.
    async fn digests(&self, wanted: &Wanted) -> Result<Digests, StoreError>;

    /// Counts what ended in the next period that is to be counted, if it is time for one; whether there was one. Any number of workers may
    /// do so at the same time; each task is counted once. Asked for again, it goes on.
    async fn count_ended(&self) -> Result<bool, StoreError>;
}

/// That a store answers, and what it has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Probe {
    /// What time it is.
    pub now: Timestamp,
    /// The migrations; none where the store has none, or the host applies them.
    pub migrations: Option<Migrations>,
    /// The workers that were not given up, and when their leases end.
    pub workers: BTreeMap<WorkerId, Timestamp>,
}

/// Which migrations were applied.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Migrations {
    /// How many of those that this build has were applied.
    pub applied: usize,
    /// How many this build has.
    pub expected: usize,
    /// The first one that was not applied.
    pub missing: Option<String>,
}

/// How many tasks are open, and what there is beside tasks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Population {
    /// The tasks that have not ended.
    pub open_tasks: u64,
    /// The namespaces.
    pub namespaces: u64,
    /// The workflows, whatever their versions.
    pub workflows: u64,
}

/// How many tasks and steps stand where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tally {
    /// When it was counted.
    pub now: Timestamp,
    /// How many tasks are in each state. Every state is there.
    pub tasks: BTreeMap<TaskState, u64>,
    /// How many steps of open tasks are in each state. Every state is there.
    pub steps: BTreeMap<StepState, u64>,
    /// How many steps of open tasks failed and wait until they are tried again.
    pub in_backoff: u64,
    /// How many steps of the youngest tasks in error, at most [`LOOKED_AT`](Self::LOOKED_AT) tasks, failed for good after all the executions
    /// that they may have.
    pub exhausted: u64,
    /// How many of these failed for good otherwise.
    pub failed_at_once: u64,
    /// How many workers are alive.
    pub workers: u64,
    /// The oldest open task that has a step which waits for something else than other steps.
    pub oldest_waiting: Option<TaskId>,
}

impl Tally {
    /// The steps of so many tasks in error are looked at. There may be any number of such tasks, and nobody may ever care for them.
    pub const LOOKED_AT: usize = 1_000;

    /// That there is nothing.
    #[must_use]
    pub fn empty(now: Timestamp) -> Self {
        Self {
            now,
            tasks: TaskState::ALL.iter().map(|&state| (state, 0)).collect(),
            steps: StepState::ALL.iter().map(|&state| (state, 0)).collect(),
            in_backoff: 0,
            exhausted: 0,
            failed_at_once: 0,
            workers: 0,
            oldest_waiting: None,
        }
    }
}

/// What is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// How far back the window is to reach; it begins [where a period does](crate::analytics::window_start).
    pub back: Duration,
    /// Whether to tell of each step.
    pub steps: bool,
    /// Of which namespace, if not of all.
    pub namespace: Option<String>,
    /// Of workflows with which name, if not of all.
    pub name: Option<String>,
    /// Of which version, if not of all.
    pub version: Option<String>,
}

impl Wanted {
    /// All that ended in so long.
    #[must_use]
    pub const fn last(back: Duration) -> Self {
        Self { back, steps: true, namespace: None, name: None, version: None }
    }

    /// Whether a workflow is asked for.
    #[must_use]
    pub fn fits(&self, workflow: &WorkflowId) -> bool {
        let fits = |wanted: &Option<String>, is: &str| wanted.as_deref().is_none_or(|wanted| wanted == is);
        fits(&self.namespace, &workflow.namespace)
            && fits(&self.name, &workflow.name)
            && fits(&self.version, &workflow.version)
    }
}

/// What ended, period by period.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Digests {
    /// What time it is.
    pub now: Timestamp,
    /// The beginning of the window. A period that reaches into it is told whole.
    pub from: Timestamp,
    /// Of each period and definition what ended, in no order.
    pub periods: Vec<PeriodDigest>,
}

/// What ended in a period, of one definition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PeriodDigest {
    /// When the period began.
    pub from: Timestamp,
    /// When it ended.
    pub to: Timestamp,
    /// What the tasks ran.
    pub workflow: WorkflowId,
    /// What ended.
    pub digest: Digest,
}
