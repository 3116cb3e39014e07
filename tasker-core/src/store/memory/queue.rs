//! The steps that could run, in the order in which they are claimed.

use std::cmp::Reverse;
use std::collections::{BTreeSet, HashMap};
use std::time::Duration;

use uuid::Uuid;

use super::task::Task;
use crate::store::{Room, Waiting};
use crate::{DefinitionId, StepNo, TaskId, Timestamp};

pub(super) type Ready = (Reverse<i16>, Timestamp, TaskId, StepNo);
type Due = (Timestamp, TaskId, StepNo, Reverse<i16>);
type Place = (Reverse<i16>, usize, Timestamp, TaskId, StepNo);

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

    /// Whether steps of a definition stand here.
    pub(super) fn has_any(&self, id: DefinitionId) -> bool {
        let ready = self.ready.get(&id).is_some_and(|steps| !steps.is_empty());
        ready || self.waiting.get(&id).is_some_and(|steps| !steps.is_empty())
    }

    /// Takes out the steps of these definitions that there is room for.
    /// Definitions take turns: of each the first step stands in the first rank, and so on.
    pub(super) fn take(&mut self, ids: &[DefinitionId], room: &Room, among: &Among) -> Taken {
        let mut found: Vec<(Place, DefinitionId, Option<Due>)> = Vec::new();
        for &id in ids {
            let candidates = self.candidates(id, room.of(id), among);
            let ranked = candidates.into_iter().enumerate();
            found.extend(ranked.map(|(rank, ((priority, run_at, task, step), due))| {
                ((priority, rank, run_at, task, step), id, due)
            }));
        }
        let ranked = |found: &(Place, DefinitionId, Option<Due>)| found.0.1 < room.of(found.1);
        let left_out = found.iter().filter(|found| !ranked(found)).any(|found| found.2.is_some());
        found.retain(ranked);
        found.sort_unstable();
        let over = found.split_off(found.len().min(room.total()));
        for &((priority, _, run_at, task, step), id, due) in &found {
            match due {
                Some(due) => self.waiting.entry(id).or_default().remove(&due),
                None => self.ready.entry(id).or_default().remove(&(priority, run_at, task, step)),
            };
        }
        Taken {
            steps: found.into_iter().map(|((_, _, _, task, step), _, _)| (task, step)).collect(),
            left_due: left_out || over.iter().any(|found| found.2.is_some()),
        }
    }

    /// The first `most` ready steps of a definition and the first that are due, in the order in which ready ones stand.
    fn candidates(&self, id: DefinitionId, most: usize, among: &Among) -> Vec<(Ready, Option<Due>)> {
        let ready = self.ready.get(&id).into_iter().flatten().take(most).copied();
        let waiting = self.waiting.get(&id).into_iter().flatten();
        let mut candidates: Vec<_> = match among {
            Among::Released(steps) => {
                let ready = self.ready.get(&id);
                let is_ready = |step: &&Ready| ready.is_some_and(|ready| ready.contains(step));
                steps.iter().filter(is_ready).map(|&step| (step, None)).collect()
            }
            Among::Ready => ready.map(|step| (step, None)).collect(),
            Among::ReadyAndDue(now) => {
                let due = waiting.take_while(|due| due.0 <= *now).take(most);
                let due = due.map(|&due| ((due.3, due.0, due.1, due.2), Some(due)));
                ready.map(|step| (step, None)).chain(due).collect()
            }
        };
        candidates.sort_unstable();
        candidates.dedup();
        candidates
    }

    /// When the next step of these definitions that waits for a time after `now` is due.
    pub(super) fn next_due(
        &self,
        ids: impl IntoIterator<Item = DefinitionId>,
        now: Timestamp,
    ) -> Option<Timestamp> {
        let next = now + Duration::from_micros(1);
        let first: Due = (next, Uuid::nil().into(), StepNo(0), Reverse(i16::MAX));
        ids.into_iter().filter_map(|id| self.waiting.get(&id)?.range(first..).next()).map(|due| due.0).min()
    }
}

/// Which steps may be taken out.
#[derive(Debug)]
pub(super) enum Among {
    /// These, as far as they are ready.
    Released(Vec<Ready>),
    Ready,
    /// Also those that are due at this time.
    ReadyAndDue(Timestamp),
}

/// What was taken out.
#[derive(Debug)]
pub(super) struct Taken {
    pub(super) steps: Vec<(TaskId, StepNo)>,
    /// Whether steps that are due were looked at and left.
    pub(super) left_due: bool,
}

pub(super) fn ready(task: &Task, no: StepNo) -> Ready {
    (Reverse(task.priority), task.step(no).run_at, task.id, no)
}

fn due(task: &Task, no: StepNo) -> Due {
    (task.step(no).run_at, task.id, no, Reverse(task.priority))
}
