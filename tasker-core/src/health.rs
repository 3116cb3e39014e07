//! Whether this process does well, and where all tasks and steps stand.
//!
//! [`Tasker::health`](crate::Tasker::health) asks little and always answers, [`Tasker::status`](crate::Tasker::status) counts. Both say what is
//! wrong in a sentence, and what can be done about it.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Serialize;

use crate::report::{full_name, seconds_if_any, timestamp, timestamp_if_any};
use crate::store::Migrations;
use crate::{StepState, TaskId, TaskState, Timestamp, WorkerId, WorkflowId};

/// Whether this process does well.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Health {
    /// That the process lives: it answered.
    pub alive: bool,
    /// Whether it can do its work.
    pub ready: bool,
    /// What is wrong, if it cannot.
    pub message: String,
    /// What was looked at.
    pub checks: Checks,
    /// What failed, by the names in `checks`.
    pub failed_checks: Vec<&'static str>,
    /// What time it is by the store; none if that did not answer.
    #[serde(serialize_with = "timestamp_if_any")]
    pub as_of: Option<Timestamp>,
}

/// What was looked at.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Checks {
    /// The database, or whatever the tasks are kept in.
    pub database: DatabaseCheck,
    /// The migrations; none if the store has none, the host applies them, or it did not answer.
    pub migrations: Option<Migrations>,
    /// The worker of this process.
    pub worker: WorkerCheck,
}

/// Whether the store answers.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DatabaseCheck {
    /// Whether it does.
    pub healthy: bool,
    /// What is wrong, if it does not.
    pub message: String,
    /// How long it took to answer; none if it did not.
    #[serde(rename = "response_time_seconds", serialize_with = "seconds_if_any")]
    pub response_time: Option<Duration>,
}

/// Whether the worker of this process is alive as others see it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct WorkerCheck {
    /// Whether it is, or there is to be none.
    pub healthy: bool,
    /// What is wrong, or that there is to be none.
    pub message: String,
    /// The worker; none if there is none now.
    pub id: Option<WorkerId>,
    /// When it prolonged its lease last; none if that is not known.
    #[serde(serialize_with = "timestamp_if_any")]
    pub last_heartbeat: Option<Timestamp>,
    /// When its lease ends unless it is prolonged.
    #[serde(serialize_with = "timestamp_if_any")]
    pub lease_ends: Option<Timestamp>,
}

/// Where all tasks and steps stand. The numbers are counted close to one another, and not at one moment.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SystemStatus {
    /// Whether there is no problem.
    pub healthy: bool,
    /// What somebody should look at, in sentences.
    pub problems: Vec<String>,
    /// How many tasks are in each state; those that were removed after their end are not counted.
    pub tasks: BTreeMap<TaskState, u64>,
    /// How many tasks there are.
    pub total_tasks: u64,
    /// How many steps of open tasks are in each state. Those of tasks that ended are not counted.
    pub steps: BTreeMap<StepState, u64>,
    /// Steps that failed.
    pub retries: Retries,
    /// How many workers are alive, of all processes.
    pub workers: u64,
    /// The oldest open task that has a step which waits for something else than other steps, and why it does; none if there is none.
    pub oldest_waiting: Option<OldestWaiting>,
    /// Open tasks that wait without a reason, at most a hundred. There is none, unless there is a bug.
    pub stranded: Vec<TaskId>,
    /// When it was counted.
    #[serde(serialize_with = "timestamp")]
    pub as_of: Timestamp,
}

/// Steps that failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Retries {
    /// Those of open tasks that are tried again once their time has come.
    pub in_backoff: u64,
    /// Those of the thousand youngest tasks in error that failed for good as often as they may.
    pub exhausted: u64,
    /// Those of the same tasks that failed for good before, by an error that is permanent or because an operator said so.
    pub failed_at_once: u64,
}

/// A step that waits, of the oldest open task that has one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct OldestWaiting {
    /// The task.
    pub task_id: TaskId,
    /// What it runs, as `namespace.name@version`.
    #[serde(serialize_with = "full_name")]
    pub workflow: WorkflowId,
    /// The step.
    pub step_name: String,
    /// Since when it waits: since the last of the steps that it depends on was over, or it failed last.
    #[serde(serialize_with = "timestamp_if_any")]
    pub since: Option<Timestamp>,
    /// Why, in a sentence.
    pub because: String,
}
