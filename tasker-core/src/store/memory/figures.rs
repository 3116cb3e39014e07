//! What is counted: of all tasks, each time it is asked for.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use async_trait::async_trait;

use super::task::Task;
use super::{MemoryStore, Tables};
use crate::analytics::{Counting, EndedTask, Level, PastMove, StepDigests, TaskPast, window_start};
use crate::store::{
    Digests, Figures, PeriodDigest, Population, Probe, StoreError, Tally, Waiting, Wanted, What,
};
use crate::{StepState, StoredStep, TaskState, Timestamp};

#[async_trait]
impl Figures for MemoryStore {
    async fn probe(&self) -> Result<Probe, StoreError> {
        let now = self.clock.now();
        let tables = self.tables();
        let workers = tables.workers.iter().map(|(&id, worker)| (id, worker.lease_until)).collect();
        Ok(Probe { now, migrations: None, workers })
    }

    async fn population(&self) -> Result<Population, StoreError> {
        let tables = self.tables();
        let ids = tables.definitions.iter().map(|workflow| workflow.id());
        let namespaces: BTreeSet<_> = ids.clone().map(|id| &id.namespace).collect();
        let workflows: BTreeSet<_> = ids.map(|id| (&id.namespace, &id.name)).collect();
        Ok(Population {
            open_tasks: tables.open.len() as u64,
            namespaces: namespaces.len() as u64,
            workflows: workflows.len() as u64,
        })
    }

    async fn tally(&self) -> Result<Tally, StoreError> {
        let now = self.clock.now();
        Ok(self.tables().tally(now))
    }

    async fn digests(&self, wanted: &Wanted) -> Result<Digests, StoreError> {
        let now = self.clock.now();
        Ok(self.tables().digests(wanted, now))
    }

    async fn count_ended(&self) -> Result<bool, StoreError> {
        Ok(false)
    }
}

impl Tables {
    fn tally(&self, now: Timestamp) -> Tally {
        let mut tally = Tally::empty(now);
        tally.workers = self.workers.values().filter(|worker| worker.lease_until > now).count() as u64;
        let mut in_error = BTreeSet::new();
        for task in self.tasks.values() {
            *tally.tasks.entry(task.state).or_default() += 1;
            if task.state == TaskState::Error {
                in_error.insert(task.id);
            }
        }
        for step in self.open.iter().flat_map(|task| &self.tasks[task].steps) {
            *tally.steps.entry(step.state).or_default() += 1;
            let waits = step.state == StepState::Pending && step.waiting == Some(Waiting::Time);
            let failed = waits && step.run_at > now && step.executions().attempt.0 > 0;
            tally.in_backoff += u64::from(failed);
        }
        let youngest = in_error.iter().rev().take(Tally::LOOKED_AT);
        let steps = youngest.flat_map(|task| &self.tasks[task].steps);
        for step in steps.filter(|step| step.state == StepState::Error) {
            let executions = step.executions();
            let exhausted = executions.attempt.0.saturating_sub(executions.lost) >= executions.limit;
            tally.exhausted += u64::from(exhausted);
            tally.failed_at_once += u64::from(!exhausted);
        }
        let waits = |task: &&Task| task.steps.iter().any(super::task::Step::is_active_pending);
        let open = self.open.iter().map(|task| &self.tasks[task]);
        tally.oldest_waiting = open.clone().find(waits).map(|task| task.id);
        tally
    }

    fn digests(&self, wanted: &Wanted, now: Timestamp) -> Digests {
        let from = window_start(now, wanted.back);
        let mut minutes: BTreeMap<Timestamp, Counting> = BTreeMap::new();
        let (mut pasts, mut graphs) = (HashMap::new(), HashMap::new());
        for (ended_at, id) in self.ended.iter().filter(|(ended_at, _)| *ended_at >= from) {
            let task = &self.tasks[id];
            if !wanted.fits(task.workflow.id()) {
                continue;
            }
            let counting = minutes.entry(Level::Minute.floor(*ended_at));
            counting.or_insert_with(|| Counting::of_at_most(usize::MAX)).count(task.ended(*ended_at), 1);
            pasts.insert(*id, task.past());
            graphs.entry(task.definition).or_insert_with(|| StoredStep::all_of(&task.workflow));
        }
        let mut periods = Vec::new();
        for (minute, counting) in minutes {
            for (definition, mut digest) in counting.finish(&pasts, &graphs) {
                let Some(workflow) = self.definitions.get(definition.0 as usize) else { continue };
                if !wanted.steps {
                    digest.steps = StepDigests::default();
                }
                let (from, to) = (minute, (minute + Level::Minute.span()).min(now));
                periods.push(PeriodDigest {
                    from,
                    to: to.max(from),
                    workflow: workflow.id().clone(),
                    digest,
                });
            }
        }
        Digests { now, from, periods }
    }
}

impl Task {
    fn ended(&self, ended_at: Timestamp) -> EndedTask {
        EndedTask {
            id: self.id,
            definition: self.definition,
            state: self.state,
            created_at: self.created_at,
            ended_at,
        }
    }

    fn past(&self) -> TaskPast {
        let mut past = TaskPast::default();
        for happened in self.history.values() {
            match &happened.what {
                What::Step { step, from, to, error, .. } => {
                    let Some(step) = self.workflow.find(step) else { continue };
                    let code = error.as_ref().and_then(|error| error.error_code()).map(ToOwned::to_owned);
                    past.moves.push(PastMove { step, from: *from, to: *to, at: happened.at, code });
                }
                What::Task { from: TaskState::Error, .. } => past.since = Some(happened.at),
                _ => {}
            }
        }
        past
    }
}
