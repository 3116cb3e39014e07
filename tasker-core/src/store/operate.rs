//! What becomes of a task when an operator asks for something.
//!
//! The rules are here, once for all stores: a store reads a task as a [`Situation`], under a lock, lets [`Situation::apply`] change it,
//! and writes what changed, with the moves as history. Whatever is done, the task is afterwards open and can go on, or has ended; an
//! operator strands nothing.

use super::{Action, Operated, StepAction, Waiting};
use crate::{Attempt, IllegalTransition, Json, StepNo, StepState, TaskState, Timestamp};

/// A task as an operator finds it and leaves it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Situation {
    /// Where it stands.
    pub state: TaskState,
    /// Whether steps of it may run at the same time.
    pub concurrent: bool,
    /// Its steps in canonical order.
    pub steps: Vec<StepSituation>,
    /// Where the task and its steps went, in order.
    pub moves: Vec<Move>,
}

/// A step of a [`Situation`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StepSituation {
    /// Where it stands.
    pub state: StepState,
    /// Whether it may be skipped.
    pub optional: bool,
    /// The steps that wait for it.
    pub dependents: Vec<StepNo>,
    /// How many of those that it waits for are not over.
    pub open_dependencies: u32,
    /// What it waits for beside them.
    pub waiting: Option<Waiting>,
    /// Not before this time.
    pub run_at: Timestamp,
    /// How many executions have begun.
    pub attempt: Attempt,
    /// How many of them were lost with their worker.
    pub lost: u32,
    /// How many executions may fail.
    pub retry_limit: u32,
    /// Whether a worker holds it.
    pub held: bool,
    /// A result that it got here.
    pub result: Option<Json>,
    /// Inputs that it got here.
    pub inputs: Option<Json>,
}

/// A transition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Move {
    /// Of the task.
    Task(TaskState, TaskState),
    /// Of a step.
    Step(StepNo, StepState, StepState),
}

/// Whether a step has the turn of its task, in one that runs one step at a time. `sql/pass_turns.sql` says the same.
pub(super) fn has_turn(state: StepState, open_dependencies: u32, waiting: Option<Waiting>) -> bool {
    match (state, waiting) {
        (StepState::InProgress, _) => true,
        (StepState::Pending, None | Some(Waiting::Time)) => open_dependencies == 0,
        _ => false,
    }
}

impl StepSituation {
    /// Whether it runs, or can go on once what it waits for beside its dependencies has come.
    #[must_use]
    pub fn is_active(&self) -> bool {
        self.state == StepState::InProgress || self.is_active_pending()
    }

    fn is_active_pending(&self) -> bool {
        self.state == StepState::Pending && self.open_dependencies == 0
    }

    fn is_open(&self) -> bool {
        matches!(self.state, StepState::Pending | StepState::InProgress)
    }

    fn has_turn(&self) -> bool {
        has_turn(self.state, self.open_dependencies, self.waiting)
    }

    fn time(&self, now: Timestamp) -> Option<Waiting> {
        (self.run_at > now).then_some(Waiting::Time)
    }
}

impl Situation {
    /// How many steps are not over.
    #[must_use]
    pub fn open_steps(&self) -> usize {
        self.steps.iter().filter(|step| !step.state.satisfies_dependents()).count()
    }

    /// How many steps run or can go on.
    #[must_use]
    pub fn active_steps(&self) -> usize {
        self.steps.iter().filter(|step| step.is_active()).count()
    }

    /// When the task ended, if it has: now, if it moved; otherwise as before.
    #[must_use]
    pub fn ended_at(&self, before: Option<Timestamp>, now: Timestamp) -> Option<Timestamp> {
        if self.moves.iter().any(|moved| matches!(moved, Move::Task(..))) {
            self.state.has_ended().then_some(now)
        } else {
            before
        }
    }

    /// Does what is asked, if it can be done; otherwise nothing changes. `find` tells the place of a step by its name.
    ///
    /// # Errors
    /// When a state is not as the states around it say it must be.
    pub fn apply(
        &mut self,
        action: &Action,
        find: impl FnOnce(&str) -> Option<StepNo>,
        now: Timestamp,
    ) -> Result<Operated, IllegalTransition> {
        if !action.allowed_tasks().contains(&self.state) {
            return Ok(Operated::Refused(self.state));
        }
        match action {
            Action::Cancel => self.cancel()?,
            Action::Retry if self.steps_that(|step| step.state == StepState::Error).is_empty() => {
                return Ok(Operated::NothingFailed);
            }
            Action::Retry => self.retry(now)?,
            Action::Resolve => self.go_to(TaskState::ResolvedManually)?,
            Action::Pause => self.pause(),
            Action::Resume => self.resume(now),
            Action::Step(name, action) => {
                let Some(no) = find(name) else { return Ok(Operated::NoStep) };
                if let Some(refused) = self.refusal(no, action, now) {
                    return Ok(refused);
                }
                self.apply_to_step(no, action, now)?;
            }
        }
        Ok(Operated::Done)
    }

    /// Passes over steps of a task that is created. Asked for again it changes nothing.
    ///
    /// # Errors
    /// When a state is not as the states around it say it must be.
    pub fn bypass(&mut self, steps: &[StepNo], now: Timestamp) -> Result<(), IllegalTransition> {
        for &no in steps {
            let fresh = |step: &StepSituation| step.state == StepState::Pending && step.attempt.0 == 0;
            if self.steps.get(no.index()).is_some_and(fresh) {
                self.get_over(no, StepState::Skipped)?;
            }
        }
        self.pass_turn(now);
        self.conclude()
    }

    fn cancel(&mut self) -> Result<(), IllegalTransition> {
        if self.state == TaskState::Cancelled {
            return Ok(());
        }
        for no in self.steps_that(StepSituation::is_open) {
            self.cancel_step(no)?;
        }
        self.go_to(TaskState::Cancelled)
    }

    fn retry(&mut self, now: Timestamp) -> Result<(), IllegalTransition> {
        self.go_to(TaskState::Pending)?;
        for no in self.steps_that(|step| step.state == StepState::Error) {
            self.begin_anew(no, now)?;
        }
        self.let_go(now);
        self.pass_turn(now);
        Ok(())
    }

    fn pause(&mut self) {
        for step in self.steps.iter_mut().filter(|step| step.is_open()) {
            step.waiting = Some(Waiting::Operator);
        }
    }

    fn resume(&mut self, now: Timestamp) {
        self.let_go(now);
        self.pass_turn(now);
    }

    fn refusal(&self, no: StepNo, action: &StepAction, now: Timestamp) -> Option<Operated> {
        let step = &self.steps[no.index()];
        let waits_for_retry = step.is_active_pending() && step.run_at > now;
        let refused = match action {
            StepAction::Retry if step.state == StepState::Pending => !waits_for_retry,
            _ => !action.allowed_steps().contains(&step.state),
        };
        if refused {
            return Some(Operated::RefusedStep(step.state));
        }
        (*action == StepAction::Skip && !step.optional).then_some(Operated::NotSkippable)
    }

    fn apply_to_step(
        &mut self,
        no: StepNo,
        action: &StepAction,
        now: Timestamp,
    ) -> Result<(), IllegalTransition> {
        let step = &mut self.steps[no.index()];
        match action {
            StepAction::Cancel if step.state == StepState::Cancelled => return Ok(()),
            StepAction::Cancel => self.cancel_step(no)?,
            StepAction::Retry if step.state == StepState::Pending => {
                step.run_at = now;
                step.waiting = step.waiting.filter(|waiting| *waiting != Waiting::Time);
            }
            StepAction::Retry => {
                let paused = self.is_paused();
                self.begin_anew(no, now)?;
                let sequential = !self.concurrent;
                self.steps[no.index()].waiting = match () {
                    () if paused => Some(Waiting::Operator),
                    () if sequential => Some(Waiting::Turn),
                    () => None,
                };
            }
            StepAction::Resolve(result) => {
                step.result = Some(result.clone());
                self.get_over(no, StepState::ResolvedManually)?;
            }
            StepAction::Skip => self.get_over(no, StepState::Skipped)?,
            StepAction::RetryLimit(limit) => step.retry_limit = *limit,
            StepAction::Inputs(inputs) => step.inputs = Some(inputs.clone()),
        }
        self.pass_turn(now);
        self.conclude()
    }

    /// The task goes where its steps say that it stands.
    fn conclude(&mut self) -> Result<(), IllegalTransition> {
        let way: &[TaskState] = match (self.state, self.open_steps() == 0, self.active_steps() == 0) {
            (TaskState::Error, true, _) => &[TaskState::Pending, TaskState::InProgress, TaskState::Complete],
            (TaskState::Error, false, false) => &[TaskState::Pending],
            (TaskState::Pending, true, _) => &[TaskState::InProgress, TaskState::Complete],
            (TaskState::InProgress, true, _) => &[TaskState::Complete],
            (TaskState::Pending | TaskState::InProgress, false, true) => &[TaskState::Error],
            _ => &[],
        };
        way.iter().try_for_each(|&state| self.go_to(state))
    }

    fn is_paused(&self) -> bool {
        self.steps.iter().any(|step| step.waiting == Some(Waiting::Operator))
    }

    fn cancel_step(&mut self, no: StepNo) -> Result<(), IllegalTransition> {
        self.move_step(no, StepState::Cancelled)?;
        let step = &mut self.steps[no.index()];
        (step.waiting, step.held) = (None, false);
        Ok(())
    }

    fn begin_anew(&mut self, no: StepNo, now: Timestamp) -> Result<(), IllegalTransition> {
        self.move_step(no, StepState::Pending)?;
        let sequential = !self.concurrent;
        let step = &mut self.steps[no.index()];
        (step.attempt, step.lost, step.run_at) = (Attempt(0), 0, now);
        step.waiting = sequential.then_some(Waiting::Turn);
        Ok(())
    }

    /// The step is over without having run, and those that wait for it need not.
    fn get_over(&mut self, no: StepNo, state: StepState) -> Result<(), IllegalTransition> {
        self.move_step(no, state)?;
        self.steps[no.index()].waiting = None;
        for dependent in self.steps[no.index()].dependents.clone() {
            self.steps[dependent.index()].open_dependencies -= 1;
        }
        Ok(())
    }

    /// What waits for an operator waits for its time or its turn again, or for nothing.
    fn let_go(&mut self, now: Timestamp) {
        let sequential = !self.concurrent;
        for step in self.steps.iter_mut().filter(|step| step.waiting == Some(Waiting::Operator)) {
            step.waiting = match step.state {
                StepState::Pending if sequential => Some(Waiting::Turn),
                StepState::Pending if step.open_dependencies == 0 => step.time(now),
                _ => None,
            };
        }
    }

    /// Gives the turn to the first step that waits for it and could run, if it is with none.
    fn pass_turn(&mut self, now: Timestamp) {
        if self.concurrent || self.steps.iter().any(StepSituation::has_turn) {
            return;
        }
        let mut waiting = self.steps.iter_mut();
        let next = waiting.find(|step| step.is_active_pending() && step.waiting == Some(Waiting::Turn));
        if let Some(step) = next {
            step.waiting = step.time(now);
        }
    }

    fn steps_that(&self, fits: impl Fn(&StepSituation) -> bool) -> Vec<StepNo> {
        let steps = self.steps.iter().enumerate().filter(|(_, step)| fits(step));
        steps.map(|(at, _)| StepNo::at(at)).collect()
    }

    fn go_to(&mut self, state: TaskState) -> Result<(), IllegalTransition> {
        let from = self.state;
        self.state = from.transition(state)?;
        self.moves.push(Move::Task(from, state));
        Ok(())
    }

    fn move_step(&mut self, no: StepNo, state: StepState) -> Result<(), IllegalTransition> {
        let step = &mut self.steps[no.index()];
        let from = step.state;
        step.state = from.transition(state)?;
        self.moves.push(Move::Step(no, from, state));
        Ok(())
    }
}
