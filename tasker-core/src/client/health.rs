//! Whether this process does well, and where all tasks and steps stand.

use std::time::Duration;

use tokio::time::{Instant, timeout};

use super::Tasker;
use crate::health::{Checks, DatabaseCheck, Health, OldestWaiting, Retries, SystemStatus, WorkerCheck};
use crate::report::{TaskSnapshot, span};
use crate::store::{Probe, StoreError, SubscriptionStatus, Tally};
use crate::{TaskState, WorkerId};

/// How long the store may take to answer.
const PATIENCE: Duration = Duration::from_secs(5);

impl Tasker {
    /// Whether this process does well: it lives, the store answers, its tables are those of this build, and its worker is alive as other
    /// workers see it. Answers within 5 seconds, whatever the store does; what is wrong is said in the answer.
    ///
    /// A process whose engine was [shut down](Self::shutdown) is to have no worker, and is ready without one.
    ///
    /// ```
    /// # use tasker_core::{MemoryStore, StepError, Tasker, workflow};
    /// # extern crate tasker_core as tasker;
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let tasker = Tasker::builder(()).store(MemoryStore::new()).build().await?;
    /// let health = loop {
    ///     let health = tasker.health().await;
    ///     if health.ready {
    ///         break health;
    ///     }
    /// #   tokio::task::yield_now().await;
    /// };
    /// assert!(health.checks.worker.id.is_some());
    /// # tasker.shutdown().await;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn health(&self) -> Health {
        let asked = Instant::now();
        let probed = timeout(PATIENCE, self.0.client.0.store.figures().probe()).await;
        let took = asked.elapsed();
        let (database, probe) = match probed {
            Ok(Ok(probe)) => {
                let message = "it answers".to_owned();
                (DatabaseCheck { healthy: true, message, response_time: Some(took) }, Some(probe))
            }
            Ok(Err(error)) => (no_answer(error.to_string()), None),
            Err(_) => (no_answer(format!("the store did not answer within {}", span(PATIENCE))), None),
        };
        let worker = self.worker_check(probe.as_ref());
        let migrations = probe.as_ref().and_then(|probe| probe.migrations.clone());
        let missing = migrations.as_ref().and_then(|migrations| migrations.missing.clone());
        let missing = missing.map(|missing| {
            format!("the migration {missing} was not applied: apply this build's migrations, or start it with them switched on")
        });
        let failed = [
            ("database", (!database.healthy).then(|| database.message.clone())),
            ("migrations", missing),
            // Without the store nothing is known of it, and that was said.
            ("worker", (!worker.healthy && database.healthy).then(|| worker.message.clone())),
        ];
        let failed: Vec<_> =
            failed.into_iter().filter_map(|(name, message)| Some((name, message?))).collect();
        let message = match &failed[..] {
            [] => "ready".to_owned(),
            failed => failed.iter().map(|(_, message)| &**message).collect::<Vec<_>>().join("; "),
        };
        Health {
            alive: true,
            ready: failed.is_empty(),
            message,
            checks: Checks { database, migrations, worker },
            failed_checks: failed.into_iter().map(|(name, _)| name).collect(),
            as_of: probe.map(|probe| probe.now),
        }
    }

    fn worker_check(&self, probe: Option<&Probe>) -> WorkerCheck {
        let id = self.0.client.0.pulse.worker();
        let check = |healthy, message: &str| WorkerCheck {
            healthy,
            message: message.to_owned(),
            id,
            last_heartbeat: None,
            lease_ends: None,
        };
        let Some(id) = id else {
            return if self.0.stop.is_cancelled() {
                check(
                    true,
                    "the engine of this process was shut down: it starts tasks and asks after them, and runs none",
                )
            } else {
                check(false, "the engine has not enlisted as a worker yet; if that lasts, its log says why")
            };
        };
        let Some(probe) = probe else {
            return check(
                false,
                "the store did not answer, so nobody knows whether the lease of the worker holds",
            );
        };
        let Some(&lease_ends) = probe.workers.get(&id) else {
            return check(
                false,
                "others gave the worker up, because its lease had run out; the engine enlists again by itself",
            );
        };
        let mut checked = if lease_ends > probe.now {
            check(true, "its lease holds")
        } else {
            check(
                false,
                "the lease of the worker has run out: it could not prolong it in time, as its log says",
            )
        };
        checked.lease_ends = Some(lease_ends);
        checked.last_heartbeat = Some(lease_ends - self.0.client.0.lease);
        checked
    }

    /// Where all tasks and steps stand: how many are in which state, what failed, which step has waited longest and why, and whether any
    /// task waits without a reason, and to which durable subscriber nobody has delivered for a day. It looks at every open task, at the thousand youngest tasks in error, and at finished ones not at all.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn status(&self) -> Result<SystemStatus, StoreError> {
        const MOST: usize = 100;
        let store = &self.0.client.0.store;
        let tally = store.figures().tally().await?;
        let oldest = match tally.oldest_waiting {
            Some(task) => store.snapshots(&[task]).await?.pop().flatten(),
            None => None,
        };
        let stranded = store.stranded(MOST).await?;
        let mut status = SystemStatus::of(&tally, oldest.as_ref().and_then(oldest_waiting));
        if !stranded.is_empty() {
            let more = if stranded.len() == MOST { " or more" } else { "" };
            status.problems.push(format!(
                "{}{more} open tasks wait without a reason, which is a bug in Tasker; `stranded` has them, and retrying or cancelling \
                 them helps",
                stranded.len()
            ));
        }
        let subscriptions = store.feed().subscriptions().await?;
        status.problems.extend(subscriptions.iter().filter_map(SubscriptionStatus::left_behind));
        status.stranded = stranded;
        status.healthy = status.problems.is_empty();
        Ok(status)
    }
}

fn no_answer(message: String) -> DatabaseCheck {
    DatabaseCheck { healthy: false, message, response_time: None }
}

impl SystemStatus {
    fn of(tally: &Tally, oldest_waiting: Option<OldestWaiting>) -> Self {
        let open =
            tally.tasks.iter().filter(|(state, _)| !state.has_ended()).map(|(_, tasks)| tasks).sum::<u64>();
        let mut problems = Vec::new();
        if open > 0 && tally.workers == 0 {
            problems.push(format!(
                "{open} tasks are open, and no worker is alive: start a process that registers their workflows"
            ));
        }
        Self {
            healthy: problems.is_empty(),
            problems,
            tasks: tally.tasks.clone(),
            total_tasks: tally.tasks.values().sum(),
            steps: tally.steps.clone(),
            retries: Retries {
                in_backoff: tally.in_backoff,
                exhausted: tally.exhausted,
                failed_at_once: tally.failed_at_once,
            },
            workers: tally.workers,
            oldest_waiting,
            stranded: Vec::new(),
            as_of: tally.now,
        }
    }

    /// How many tasks are in a state.
    #[must_use]
    pub fn tasks_in(&self, state: TaskState) -> u64 {
        self.tasks.get(&state).copied().unwrap_or_default()
    }
}

/// The step of a task that waits longest for something else than other steps; none if none does any more.
fn oldest_waiting(task: &TaskSnapshot) -> Option<OldestWaiting> {
    let execution = task.execution();
    let waits = execution.steps.into_iter().filter(|step| step.dependencies_satisfied);
    let waits = waits.filter_map(|step| {
        let since = task.steps().get(step.step_no.index())?.ready_at;
        Some((since, step.name, step.waiting_because?))
    });
    let (since, step_name, because) = waits.min()?;
    let status = task.status();
    Some(OldestWaiting { task_id: status.id, workflow: status.workflow.clone(), step_name, since, because })
}

/// Which worker an engine is at the moment, if it is one.
#[derive(Debug, Default)]
pub(crate) struct Pulse(std::sync::Mutex<Option<WorkerId>>);

impl Pulse {
    pub(crate) fn worker(&self) -> Option<WorkerId> {
        *self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    pub(crate) fn set(&self, worker: Option<WorkerId>) {
        *self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = worker;
    }
}
