//! The steps that could run, in the order in which they are claimed.

use std::cmp::Reverse;
use std::collections::{BTreeSet, HashMap};

use super::task::Task;
use crate::store::{Room, Waiting};
use crate::{DefinitionId, StepNo, TaskId, Timestamp};

type Ready = (Reverse<i16>, Timestamp, TaskId, StepNo);
type Due = (Timestamp, TaskId, StepNo);

/// Ready steps by definition, priority and age; apart from them the steps that wait for a time, by that time.
/// However many wait, a claim does not touch them.
#[derive(Debug, Default)]
pub(super) struct Queue {
    ready: HashMap<DefinitionId, BTreeSet<Ready>>,
    waiting: HashMap<DefinitionId, BTreeSet<Due>>,
}

impl Queue {
    /// Puts a step where it belongs, if it belongs here: it is pending, and waits for nothing or for a time.
    pub(super) fn put(&mut self, task: &Task, no: StepNo) {
        let step = task.step(no);
        if !step.is_active_pending() {
            return;
        }
        match step.waiting {
            None => {
                self.ready.entry(task.definition).or_default().insert(ready(task, no));
            }
            Some(Waiting::Time) => {
                self.waiting.entry(task.definition).or_default().insert(due(task, no));
            }
            Some(Waiting::Turn | Waiting::Operator) => {}
        }
    }

    /// Takes a step out, before anything about it changes.
    pub(super) fn remove(&mut self, task: &Task, no: StepNo) {
        if let Some(steps) = self.ready.get_mut(&task.definition) {
            steps.remove(&ready(task, no));
        }
        if let Some(steps) = self.waiting.get_mut(&task.definition) {
            steps.remove(&due(task, no));
        }
    }

    /// Takes out the steps of these definitions that are due, the oldest first, at most `limit`.
    pub(super) fn take_due(
        &mut self,
        ids: &[DefinitionId],
        limit: usize,
        now: Timestamp,
    ) -> Vec<(TaskId, StepNo)> {
        let mut found: Vec<(Due, DefinitionId)> = Vec::new();
        for &id in ids {
            let waiting = self.waiting.get(&id).into_iter().flatten();
            found.extend(waiting.take_while(|due| due.0 <= now).take(limit).map(|&due| (due, id)));
        }
        found.sort_unstable();
        found.truncate(limit);
        for (due, id) in &found {
            if let Some(waiting) = self.waiting.get_mut(id) {
                waiting.remove(due);
            }
        }
        found.into_iter().map(|((_, task, step), _)| (task, step)).collect()
    }

    /// Takes out the ready steps of these definitions that there is room for. Definitions take turns: of each the first
    /// steps stand in the first rank, and so on.
    pub(super) fn take(&mut self, ids: &[DefinitionId], room: &Room) -> Vec<(TaskId, StepNo)> {
        let mut found = Vec::new();
        for &id in ids {
            let ready = self.ready.get(&id).into_iter().flatten().take(room.of(id)).enumerate();
            found.extend(
                ready.map(|(rank, &(priority, run_at, task, step))| {
                    ((priority, rank, run_at, task, step), id)
                }),
            );
        }
        found.sort_unstable();
        found.truncate(room.total());
        for &((priority, _, run_at, task, step), id) in &found {
            if let Some(ready) = self.ready.get_mut(&id) {
                ready.remove(&(priority, run_at, task, step));
            }
        }
        found.into_iter().map(|((_, _, _, task, step), _)| (task, step)).collect()
    }

    /// When the next step of these definitions that waits for a time is due.
    pub(super) fn next_due(&self, ids: &[DefinitionId]) -> Option<Timestamp> {
        ids.iter().filter_map(|id| self.waiting.get(id)?.first()).map(|due| due.0).min()
    }
}

fn ready(task: &Task, no: StepNo) -> Ready {
    (Reverse(task.priority), task.step(no).run_at, task.id, no)
}

fn due(task: &Task, no: StepNo) -> Due {
    (task.step(no).run_at, task.id, no)
}
