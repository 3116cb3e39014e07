//! The steps that could run, in the order in which they are claimed.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::task::Task;
use crate::{DefinitionId, StepNo, TaskId, Timestamp};

type Rank = (Reverse<i16>, Timestamp, TaskId, StepNo);
type Due = (Timestamp, TaskId, StepNo);

/// Ready steps by definition, priority and age; apart from them the steps that wait for a time, by that time.
/// However many wait, a claim does not touch them.
#[derive(Debug, Default)]
pub(super) struct Queue {
    ready: HashMap<DefinitionId, BTreeSet<Rank>>,
    waiting: HashMap<DefinitionId, BTreeMap<Due, Reverse<i16>>>,
}

impl Queue {
    pub(super) fn push_ready(&mut self, task: &Task, step: StepNo) {
        let rank = (Reverse(task.priority), task.step(step).run_at, task.id, step);
        self.ready.entry(task.definition).or_default().insert(rank);
    }

    pub(super) fn push_waiting(&mut self, task: &Task, step: StepNo) {
        let due = (task.step(step).run_at, task.id, step);
        self.waiting.entry(task.definition).or_default().insert(due, Reverse(task.priority));
    }

    /// Takes out the first `limit` steps of these definitions.
    pub(super) fn take(
        &mut self,
        ids: &[DefinitionId],
        limit: usize,
        now: Timestamp,
    ) -> Vec<(TaskId, StepNo)> {
        let mut found: Vec<(Rank, DefinitionId)> = Vec::new();
        for &id in ids {
            let ready = self.ready.get(&id).into_iter().flatten().take(limit);
            found.extend(ready.map(|&rank| (rank, id)));
            let due =
                self.waiting.get(&id).into_iter().flatten().take_while(|(due, _)| due.0 <= now).take(limit);
            found.extend(due.map(|(&(run_at, task, step), &priority)| ((priority, run_at, task, step), id)));
        }
        found.sort_unstable();
        found.truncate(limit);
        for &((priority, run_at, task, step), id) in &found {
            if let Some(ready) = self.ready.get_mut(&id) {
                ready.remove(&(priority, run_at, task, step));
            }
            if let Some(waiting) = self.waiting.get_mut(&id) {
                waiting.remove(&(run_at, task, step));
            }
        }
        found.into_iter().map(|((_, _, task, step), _)| (task, step)).collect()
    }

    /// When the next step of these definitions that waits for a time is due.
    pub(super) fn next_due(&self, ids: &[DefinitionId], now: Timestamp) -> Option<Timestamp> {
        ids.iter().filter_map(|id| self.waiting.get(id)?.keys().map(|due| due.0).find(|&due| due > now)).min()
    }
}
