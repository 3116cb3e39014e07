//! What the database has said: it is held to it.
//!
//! The ledger knows nothing of the model. It is written from the answers of the database alone, so that a mistake that
//! both stores share is found here.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use tasker::store::{Action, Created, Ending, Execution, Operated, Order, Record, StepAction};
use tasker::{StepNo, StepState, TaskId, TaskState, TaskStatus, Timestamp, WorkflowDef};

use super::Check;
use super::side::{End, Given, Told, Wish};

#[derive(Debug, Default)]
pub(super) struct Ledger {
    /// What was acknowledged and not purged, with its workflow.
    tasks: BTreeMap<TaskId, usize>,
    /// What was given out, ever.
    begun: HashSet<Execution>,
    /// What was accepted, ever.
    accepted: HashSet<Execution>,
    /// The results that were accepted.
    pub(super) results: HashMap<(TaskId, StepNo), String>,
    /// The steps of which it was accepted that there was nothing to do, or that an operator passed over.
    skipped: HashSet<(TaskId, StepNo)>,
    /// The steps that an operator resolved.
    resolved: HashSet<(TaskId, StepNo)>,
    /// What was accepted beside that, when and of which step, in order.
    pub(super) records: BTreeMap<TaskId, Vec<(Timestamp, StepNo, Record)>>,
    /// The tasks of which it was said that they ended, and nothing to the contrary since.
    ended: HashSet<TaskId>,
}

impl Ledger {
    pub(super) fn tasks(&self) -> Vec<TaskId> {
        self.tasks.keys().copied().collect()
    }

    pub(super) fn workflow(&self, task: TaskId) -> usize {
        self.tasks[&task]
    }

    pub(super) fn created(&mut self, wishes: &[Wish], created: &[Created]) {
        for (wish, created) in wishes.iter().zip(created) {
            if *created == Created::New(wish.id) {
                self.tasks.entry(wish.id).or_insert(wish.workflow);
            }
        }
    }

    /// A step is given out: it never was complete, and all that it depends on is.
    pub(super) fn begun(&mut self, given: &Given, workflow: &WorkflowDef) -> Check {
        let Execution { task, step, .. } = given.execution;
        if !self.begun.insert(given.execution) {
            return Err(format!("{:?} was given out twice", given.execution));
        }
        if self.is_over(task, step) {
            return Err(format!("{:?} was given out, and the step is over", given.execution));
        }
        let dependencies = workflow.graph().dependencies(step);
        match dependencies.iter().find(|&&no| !self.is_over(task, no)) {
            Some(no) => Err(format!("{:?} was given out before {no:?} is over", given.execution)),
            None => Ok(()),
        }
    }

    fn is_over(&self, task: TaskId, step: StepNo) -> bool {
        self.results.contains_key(&(task, step)) || self.skipped.contains(&(task, step))
    }

    /// Outcomes were accepted or refused: of an execution the first one counts, and none after it.
    pub(super) fn settled(&mut self, ends: &[End], told: &Told, now: Timestamp) -> Check {
        let mut refused: HashMap<Execution, usize> = HashMap::new();
        for execution in &told.refused {
            *refused.entry(*execution).or_default() += 1;
        }
        let mut outcomes: HashMap<Execution, Vec<&End>> = HashMap::new();
        for end in ends {
            outcomes.entry(end.given.execution).or_default().push(end);
        }
        for (execution, ends) in outcomes {
            match ends.len() - refused.get(&execution).copied().unwrap_or(0) {
                0 => continue,
                1 if self.accepted.insert(execution) => {}
                _ => return Err(format!("{execution:?} was accepted more than once")),
            }
            let Execution { task, step, .. } = execution;
            match &ends[0].ending {
                Ending::Complete(result) => {
                    self.results.insert((task, step), result.as_str().to_owned());
                }
                Ending::Skipped => {
                    self.skipped.insert((task, step));
                }
                _ => {}
            }
            let records = ends[0].records.iter().map(|record| (now, step, record.clone()));
            self.records.entry(task).or_default().extend(records);
        }
        self.ended.extend(&told.ended);
        Ok(())
    }

    pub(super) fn operated(&mut self, order: &Order, told: Operated, workflows: &[Arc<WorkflowDef>]) {
        let task = order.task;
        if told != Operated::Done {
            return;
        }
        match &order.action {
            Action::Cancel | Action::Resolve => {
                self.ended.insert(task);
            }
            Action::Retry => {
                self.ended.remove(&task);
            }
            Action::Pause | Action::Resume => {}
            Action::Step(name, action) => {
                let Some(step) = workflows[self.workflow(task)].find(name) else { return };
                match action {
                    // The task may go on.
                    StepAction::Retry => {
                        self.ended.remove(&task);
                    }
                    StepAction::Resolve(result) => {
                        self.ended.remove(&task);
                        self.results.insert((task, step), result.as_str().to_owned());
                        self.resolved.insert((task, step));
                    }
                    StepAction::Skip => {
                        self.ended.remove(&task);
                        self.skipped.insert((task, step));
                    }
                    StepAction::Cancel | StepAction::RetryLimit(_) | StepAction::Inputs(_) => {}
                }
            }
        }
    }

    /// Tasks were removed: as many as it said, and none that was open.
    pub(super) fn purged(
        &mut self,
        tasks: &[TaskId],
        left: &[Option<TaskState>],
        purged: usize,
        before: &HashMap<TaskId, TaskStatus>,
    ) -> Check {
        let gone = tasks.iter().zip(left).filter(|(_, state)| state.is_none()).map(|(task, _)| *task);
        let gone: HashSet<TaskId> = gone.collect();
        if gone.len() != purged {
            return Err(format!("{purged} tasks were purged, and {} are gone", gone.len()));
        }
        if let Some(open) =
            gone.iter().find(|task| before.get(task).is_none_or(|task| !task.state.has_ended()))
        {
            return Err(format!("{open} was purged, and had not ended"));
        }
        self.tasks.retain(|task, _| !gone.contains(task));
        self.begun.retain(|execution| !gone.contains(&execution.task));
        self.accepted.retain(|execution| !gone.contains(&execution.task));
        self.results.retain(|(task, _), _| !gone.contains(task));
        self.skipped.retain(|(task, _)| !gone.contains(task));
        self.resolved.retain(|(task, _)| !gone.contains(task));
        self.records.retain(|task, _| !gone.contains(task));
        self.ended.retain(|task| !gone.contains(task));
        Ok(())
    }

    /// What was said still holds.
    pub(super) fn check(&self, tasks: &[TaskId], shown: &[Option<TaskStatus>]) -> Check {
        for (task, status) in tasks.iter().zip(shown) {
            let Some(status) = status else { return Err(format!("{task} was acknowledged and is gone")) };
            if self.ended.contains(task) && !status.state.has_ended() {
                return Err(format!("{task} was said to have ended: {status:?}"));
            }
            for step in &status.steps {
                let place = (*task, step.no);
                let has_result = matches!(step.state, StepState::Complete | StepState::ResolvedManually);
                if has_result != self.results.contains_key(&place)
                    || (step.state == StepState::ResolvedManually) != self.resolved.contains(&place)
                    || (step.state == StepState::Skipped) != self.skipped.contains(&place)
                {
                    return Err(format!("{task}: what was accepted and where it stands differ: {step:?}"));
                }
            }
        }
        Ok(())
    }
}
