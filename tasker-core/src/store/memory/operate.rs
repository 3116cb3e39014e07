//! What operators do to a task: each is one change, and none of them can strand it.

use super::task::Task;
use super::{Tables, key};
use crate::store::{Operated, StoreError, Waiting};
use crate::{StepNo, StepState, TaskId, TaskState, Timestamp};

impl Tables {
    pub(super) fn cancel(&mut self, id: TaskId, now: Timestamp) -> Result<Operated, StoreError> {
        let Some(task) = self.tasks.get_mut(&id) else { return Ok(Operated::NoTask) };
        match task.state {
            TaskState::Pending | TaskState::InProgress => {}
            TaskState::Cancelled => return Ok(Operated::Done),
            other => return Ok(Operated::Refused(other)),
        }
        for no in open_steps(task) {
            self.queue.remove(task, no);
            if let Some(worker) = task.step(no).worker.and_then(|worker| self.workers.get_mut(&worker)) {
                worker.holds.remove(&(id, no));
            }
            task.cancel(no)?;
        }
        task.go_to(TaskState::Cancelled)?;
        task.ended_at = Some(now);
        self.open.remove(&id);
        self.ended.insert((now, id));
        Ok(Operated::Done)
    }

    pub(super) fn retry(&mut self, id: TaskId, now: Timestamp) -> Result<Operated, StoreError> {
        let Some(task) = self.tasks.get_mut(&id) else { return Ok(Operated::NoTask) };
        if task.state != TaskState::Error {
            return Ok(Operated::Refused(task.state));
        }
        task.go_to(TaskState::Pending)?;
        if let Some(ended_at) = task.ended_at.take() {
            self.ended.remove(&(ended_at, id));
        }
        self.open.insert(id);
        for no in steps(task, StepState::Error) {
            task.begin_anew(no, now)?;
            task.let_go(no, now);
            self.queue.put(task, no);
        }
        for no in steps(task, StepState::Pending) {
            if task.step(no).waiting == Some(Waiting::Operator) {
                task.let_go(no, now);
            }
        }
        self.pass_turn(id, now);
        Ok(Operated::Done)
    }

    pub(super) fn pause(&mut self, id: TaskId) -> Operated {
        let Some(task) = self.tasks.get_mut(&id) else { return Operated::NoTask };
        if task.state.has_ended() {
            return Operated::Refused(task.state);
        }
        for no in open_steps(task) {
            self.queue.remove(task, no);
            task.step_mut(no).waiting = Some(Waiting::Operator);
        }
        Operated::Done
    }

    pub(super) fn resume(&mut self, id: TaskId, now: Timestamp) -> Operated {
        let Some(task) = self.tasks.get_mut(&id) else { return Operated::NoTask };
        if task.state.has_ended() {
            return Operated::Refused(task.state);
        }
        for no in open_steps(task) {
            if task.step(no).waiting == Some(Waiting::Operator) {
                task.let_go(no, now);
                self.queue.put(task, no);
            }
        }
        self.pass_turn(id, now);
        Operated::Done
    }

    pub(super) fn purge(&mut self, until: Timestamp, limit: usize) -> usize {
        let old: Vec<_> = self.ended.iter().copied().take_while(|end| end.0 <= until).take(limit).collect();
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

fn steps(task: &Task, state: StepState) -> Vec<StepNo> {
    let steps = task.steps.iter().enumerate().filter(|(_, step)| step.state == state);
    steps.map(|(at, _)| StepNo::at(at)).collect()
}

/// The steps that have not ended.
fn open_steps(task: &Task) -> Vec<StepNo> {
    let mut open = steps(task, StepState::Pending);
    open.extend(steps(task, StepState::InProgress));
    open
}
