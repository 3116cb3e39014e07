//! What operators do to a task, and what else is done to whole tasks.

use super::task::Task;
use super::{Tables, corrupt, key};
use crate::store::{Operated, Order, StoreError, Waiting, WorkflowOrder};
use crate::{DefinitionId, StepNo, StepState, TaskId, Timestamp};

impl Tables {
    /// Does what an operator wants, as [`Situation`](crate::store::Situation) says, and puts the steps where they are found afterwards.
    pub(super) fn operate(&mut self, order: &Order, now: Timestamp) -> Result<Operated, StoreError> {
        let Some(task) = self.tasks.get_mut(&order.task) else { return Ok(Operated::NoTask) };
        if task.has_followed(order) {
            return Ok(Operated::Done);
        }
        let before = task.situation();
        let mut situation = before.clone();
        let operated = situation
            .apply(&order.action, |step| task.workflow.find(step), now)
            .map_err(|error| corrupt(&error))?;
        if operated != Operated::Done {
            return Ok(operated);
        }
        if situation == before {
            return Ok(Operated::Unchanged);
        }
        let steps = || (0..before.steps.len()).map(StepNo::at);
        for no in steps() {
            self.queue.remove(task, no);
        }
        for no in steps().filter(|no| before.steps[no.index()].held && !situation.steps[no.index()].held) {
            if let Some(worker) = task.step(no).worker.and_then(|worker| self.workers.get_mut(&worker)) {
                worker.holds.remove(&(task.id, no));
            }
        }
        if let Some(ended_at) = task.ended_at {
            self.ended.remove(&(ended_at, task.id));
        }
        task.follow(order, situation, now)?;
        for no in steps() {
            self.queue.put(task, no);
        }
        match task.ended_at {
            Some(ended_at) => {
                self.open.remove(&task.id);
                self.ended.insert((ended_at, task.id));
            }
            None => {
                self.open.insert(task.id);
            }
        }
        Ok(operated)
    }

    pub(super) fn operate_workflow(&mut self, order: &WorkflowOrder, now: Timestamp) -> bool {
        let ids = self.definitions.iter().enumerate().filter(|(_, workflow)| order.concerns(workflow.id()));
        let ids: Vec<_> = ids.map(|(place, _)| DefinitionId(place as i64)).collect();
        if self.workflow_orders.iter().any(|(_, done)| done.id == order.id) {
            return true;
        }
        let mut changed = false;
        for id in &ids {
            changed |= if order.paused { self.paused.insert(*id) } else { self.paused.remove(id) };
        }
        if changed {
            self.workflow_orders.push((now, order.clone()));
        }
        !ids.is_empty()
    }

    pub(super) fn purge(&mut self, until: Timestamp, limit: usize) -> usize {
        // As in a database, where what subscribers are to hear of is in the history.
        let unread = self.outbox.unread_since();
        let may_go = |end: &(Timestamp, TaskId)| end.0 <= until && unread.is_none_or(|unread| end.0 < unread);
        let old: Vec<_> = self.ended.iter().copied().take_while(may_go).take(limit).collect();
        for end in &old {
            self.ended.remove(end);
            let Some(task) = self.tasks.remove(&end.1) else { continue };
            if let Some(key) = key(&task.workflow, task.idempotency_key.as_deref()) {
                self.keys.remove(&key);
            }
        }
        old.len()
    }

    /// Whether nothing would ever happen to an open task by itself, nor by an operator who paused it.
    pub(super) fn is_stranded(&self, task: &Task) -> bool {
        !task.steps.iter().any(|step| match step.worker {
            Some(worker) => step.state == StepState::InProgress && self.workers.contains_key(&worker),
            None => step.is_active_pending() && step.waiting != Some(Waiting::Turn),
        })
    }
}
