//! One task and its steps: every change goes through a transition function.

use std::sync::Arc;

use super::super::{NewTask, Parked, Record, Recorded, StepStatus, TaskStatus, Waiting, WaitingFor};
use super::Execution;
use crate::store::StoreError;
use crate::{
    Attempt, DefinitionId, Executions, IllegalTransition, Json, StepDef, StepError, StepNo, StepState,
    TaskId, TaskState, Timestamp, WorkerId, WorkflowDef,
};

#[derive(Debug)]
pub(super) struct Task {
    pub(super) id: TaskId,
    pub(super) definition: DefinitionId,
    pub(super) state: TaskState,
    pub(super) priority: i16,
    pub(super) context: Json,
    pub(super) ended_at: Option<Timestamp>,
    pub(super) steps: Vec<Step>,
    /// With the steps that wrote them.
    records: Vec<(StepNo, Recorded)>,
    pub(super) workflow: Arc<WorkflowDef>,
    pub(super) idempotency_key: Option<String>,
    created_at: Timestamp,
}

#[derive(Debug)]
pub(super) struct Step {
    pub(super) state: StepState,
    pub(super) lost: u32,
    pub(super) run_at: Timestamp,
    pub(super) worker: Option<WorkerId>,
    /// What it waits for beside its dependencies. One that runs may be to wait for an operator afterwards.
    pub(super) waiting: Option<Waiting>,
    open_dependencies: u32,
    attempt: Attempt,
    revision: u32,
    limit: u32,
    result: Option<Json>,
    error: Option<StepError>,
}

impl Step {
    /// Whether it runs, or will run without anything else being done first.
    pub(super) fn can_go_on(&self) -> bool {
        self.state == StepState::InProgress || self.is_active_pending()
    }

    /// Whether it is pending and its dependencies are complete, whatever else it waits for.
    pub(super) fn is_active_pending(&self) -> bool {
        self.state == StepState::Pending && self.open_dependencies == 0
    }

    /// Whether the task's turn is with it, in a task that runs one step at a time.
    fn has_turn(&self) -> bool {
        match self.waiting {
            None | Some(Waiting::Time) => self.can_go_on(),
            Some(Waiting::Turn | Waiting::Operator) => self.state == StepState::InProgress,
        }
    }

    pub(super) fn executions(&self) -> Executions {
        Executions { attempt: self.attempt, lost: self.lost, limit: self.limit }
    }

    /// That it waits for its time, if that has not come.
    fn time(&self, now: Timestamp) -> Option<Waiting> {
        (self.run_at > now).then_some(Waiting::Time)
    }

    fn go_to(&mut self, state: StepState) -> Result<(), StoreError> {
        self.state = self.state.transition(state).map_err(|error| corrupt(&error))?;
        self.revision += 1;
        Ok(())
    }
}

impl Task {
    pub(super) fn new(new: &NewTask, now: Timestamp) -> Self {
        let graph = new.workflow.graph();
        let steps = new.workflow.steps().iter().enumerate().map(|(at, step)| Step {
            state: StepState::Pending,
            lost: 0,
            // Of the ready steps those of the oldest task come first, so that tasks end in the order they began in.
            run_at: now,
            worker: None,
            waiting: (!new.workflow.is_concurrent()).then_some(Waiting::Turn),
            open_dependencies: graph.dependencies(StepNo::at(at)).len() as u32,
            attempt: Attempt(0),
            revision: 0,
            limit: step.retry().limit,
            result: None,
            error: None,
        });
        let mut task = Self {
            id: new.id,
            definition: new.definition,
            state: TaskState::Pending,
            priority: new.priority,
            context: new.context.clone(),
            ended_at: None,
            steps: steps.collect(),
            records: Vec::new(),
            workflow: Arc::clone(&new.workflow),
            idempotency_key: new.idempotency_key.clone(),
            created_at: now,
        };
        task.pass_turn(now);
        task
    }

    pub(super) fn step(&self, no: StepNo) -> &Step {
        &self.steps[no.index()]
    }

    pub(super) fn step_mut(&mut self, no: StepNo) -> &mut Step {
        &mut self.steps[no.index()]
    }

    pub(super) fn execution(&self, step: StepNo) -> Execution {
        let Step { attempt, revision, .. } = *self.step(step);
        Execution { task: self.id, step, attempt, revision }
    }

    pub(super) fn go_to(&mut self, state: TaskState) -> Result<(), StoreError> {
        self.state = self.state.transition(state).map_err(|error| corrupt(&error))?;
        Ok(())
    }

    /// A worker begins an execution.
    pub(super) fn begin(
        &mut self,
        no: StepNo,
        worker: WorkerId,
    ) -> Result<(Execution, Executions), StoreError> {
        if self.state == TaskState::Pending {
            self.go_to(TaskState::InProgress)?;
        }
        let step = self.step_mut(no);
        step.go_to(StepState::InProgress)?;
        step.attempt.0 += 1;
        step.worker = Some(worker);
        step.waiting = None;
        let executions = step.executions();
        Ok((self.execution(no), executions))
    }

    pub(super) fn complete(&mut self, no: StepNo, result: Json) -> Result<(), StoreError> {
        self.succeed(no, StepState::Complete)?;
        self.step_mut(no).result = Some(result);
        Ok(())
    }

    /// There was nothing to do.
    pub(super) fn skip(&mut self, no: StepNo) -> Result<(), StoreError> {
        self.succeed(no, StepState::Skipped)
    }

    fn succeed(&mut self, no: StepNo, state: StepState) -> Result<(), StoreError> {
        let step = self.step_mut(no);
        step.go_to(state)?;
        step.worker = None;
        step.waiting = None;
        step.error = None;
        Ok(())
    }

    /// Keeps what a step wrote beside its result.
    pub(super) fn record(&mut self, no: StepNo, records: &[Record], at: Timestamp) {
        let step = self.workflow.step(no).map_or("", StepDef::name);
        for Record { kind, name, payload } in records.iter().cloned() {
            self.records.push((no, Recorded { kind, name, step: step.to_owned(), payload, at }));
        }
    }

    pub(super) fn records(&self) -> Vec<Recorded> {
        let mut records = self.records.clone();
        records.sort_by_key(|(no, record)| (record.at, *no));
        records.into_iter().map(|(_, record)| record).collect()
    }

    /// An execution failed, and the step with it.
    pub(super) fn fail(&mut self, no: StepNo, error: StepError) -> Result<(), StoreError> {
        let step = self.step_mut(no);
        step.go_to(StepState::Error)?;
        step.worker = None;
        step.waiting = None;
        step.error = Some(error);
        Ok(())
    }

    /// An execution failed, and the step is to run again: when its time has come, or in its place among the ready steps.
    pub(super) fn retry(
        &mut self,
        no: StepNo,
        error: StepError,
        due: Option<Timestamp>,
    ) -> Result<(), StoreError> {
        let waiting = self.step(no).waiting;
        self.fail(no, error)?;
        let step = self.step_mut(no);
        step.go_to(StepState::Pending)?;
        step.waiting = waiting.or(due.map(|_| Waiting::Time));
        step.run_at = due.unwrap_or(step.run_at);
        Ok(())
    }

    /// As if the execution had not begun.
    pub(super) fn hand_back(&mut self, no: StepNo) -> Result<(), StoreError> {
        let step = self.step_mut(no);
        step.go_to(StepState::Pending)?;
        step.attempt.0 -= 1;
        step.worker = None;
        Ok(())
    }

    /// An operator stops the step for good.
    pub(super) fn cancel(&mut self, no: StepNo) -> Result<(), StoreError> {
        let step = self.step_mut(no);
        step.go_to(StepState::Cancelled)?;
        step.worker = None;
        step.waiting = None;
        Ok(())
    }

    /// An operator lets a failed step run as if it never had. Its error is kept until it ends again.
    pub(super) fn begin_anew(&mut self, no: StepNo, now: Timestamp) -> Result<(), StoreError> {
        let step = self.step_mut(no);
        step.go_to(StepState::Pending)?;
        step.attempt = Attempt(0);
        step.lost = 0;
        step.run_at = now;
        Ok(())
    }

    /// A step waits for its operator no more; now it waits for its time, for its turn, or for nothing.
    pub(super) fn let_go(&mut self, no: StepNo, now: Timestamp) {
        let sequential = !self.workflow.is_concurrent();
        let step = self.step_mut(no);
        step.waiting = match step.state {
            StepState::Pending if sequential => Some(Waiting::Turn),
            StepState::Pending if step.open_dependencies == 0 => step.time(now),
            _ => None,
        };
    }

    /// Gives the turn to the first step that waits for it and could run, if it is with none; to which.
    pub(super) fn pass_turn(&mut self, now: Timestamp) -> Option<StepNo> {
        if self.workflow.is_concurrent() || self.steps.iter().any(Step::has_turn) {
            return None;
        }
        let next = self.steps.iter_mut().enumerate();
        let mut next =
            next.filter(|(_, step)| step.is_active_pending() && step.waiting == Some(Waiting::Turn));
        let (at, step) = next.next()?;
        step.waiting = step.time(now);
        Some(StepNo::at(at))
    }

    /// One dependency less.
    pub(super) fn release(&mut self, no: StepNo) {
        self.step_mut(no).open_dependencies -= 1;
    }

    pub(super) fn results(&self, steps: &[StepNo]) -> Vec<(StepNo, Json)> {
        steps.iter().filter_map(|&no| Some((no, self.step(no).result.clone()?))).collect()
    }

    pub(super) fn result(&self, name: &str) -> Option<Json> {
        self.step(self.workflow.find(name)?).result.clone()
    }

    pub(super) fn status(&self, now: Timestamp, parked: Option<&Parked>) -> TaskStatus {
        let steps =
            self.workflow.steps().iter().zip(&self.steps).enumerate().map(|(at, (def, step))| StepStatus {
                no: StepNo::at(at),
                name: def.name().to_owned(),
                state: step.state,
                attempts: step.attempt,
                lost: step.lost,
                error: step.error.clone(),
                waiting_for: (step.state == StepState::Pending).then(|| {
                    WaitingFor::of(step.open_dependencies, step.waiting, step.run_at, now)
                        .unless_parked(parked)
                }),
            });
        TaskStatus {
            id: self.id,
            workflow: self.workflow.id().clone(),
            idempotency_key: self.idempotency_key.clone(),
            state: self.state,
            paused: self.steps.iter().any(|step| step.waiting == Some(Waiting::Operator)),
            created_at: self.created_at,
            ended_at: self.ended_at,
            steps: steps.collect(),
        }
    }
}

fn corrupt(error: &IllegalTransition) -> StoreError {
    StoreError::Corrupt(error.to_string())
}
