//! One task and its steps: every change goes through a transition function.

use std::sync::Arc;

use super::super::{NewTask, StepStatus, TaskStatus, WaitingFor};
use super::Execution;
use crate::store::StoreError;
use crate::{
    Attempt, DefinitionId, Executions, IllegalTransition, Json, StepError, StepNo, StepState, TaskId,
    TaskState, Timestamp, WorkerId, WorkflowDef,
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
    workflow: Arc<WorkflowDef>,
    idempotency_key: Option<String>,
    created_at: Timestamp,
}

#[derive(Debug)]
pub(super) struct Step {
    pub(super) state: StepState,
    pub(super) lost: u32,
    pub(super) run_at: Timestamp,
    pub(super) worker: Option<WorkerId>,
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
        match self.state {
            StepState::InProgress => true,
            StepState::Pending => self.open_dependencies == 0,
            _ => false,
        }
    }

    pub(super) fn executions(&self) -> Executions {
        Executions { attempt: self.attempt, lost: self.lost, limit: self.limit }
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
            open_dependencies: graph.dependencies(StepNo::at(at)).len() as u32,
            attempt: Attempt(0),
            revision: 0,
            limit: step.retry().limit,
            result: None,
            error: None,
        });
        Self {
            id: new.id,
            definition: new.definition,
            state: TaskState::Pending,
            priority: new.priority,
            context: new.context.clone(),
            ended_at: None,
            steps: steps.collect(),
            workflow: Arc::clone(&new.workflow),
            idempotency_key: new.idempotency_key.clone(),
            created_at: now,
        }
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
        let executions = step.executions();
        Ok((self.execution(no), executions))
    }

    pub(super) fn complete(&mut self, no: StepNo, result: Json) -> Result<(), StoreError> {
        let step = self.step_mut(no);
        step.go_to(StepState::Complete)?;
        step.worker = None;
        step.error = None;
        step.result = Some(result);
        Ok(())
    }

    pub(super) fn fail(&mut self, no: StepNo, error: StepError) -> Result<(), StoreError> {
        let step = self.step_mut(no);
        step.go_to(StepState::Error)?;
        step.worker = None;
        step.error = Some(error);
        Ok(())
    }

    /// A failed step is to run again: when its time has come, or in its turn.
    pub(super) fn retry(&mut self, no: StepNo, due: Option<Timestamp>) -> Result<(), StoreError> {
        let step = self.step_mut(no);
        step.go_to(StepState::Pending)?;
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

    /// One dependency less; whether it was the last.
    pub(super) fn release(&mut self, no: StepNo) -> bool {
        let step = self.step_mut(no);
        step.open_dependencies -= 1;
        step.open_dependencies == 0
    }

    pub(super) fn results(&self, steps: &[StepNo]) -> Vec<(StepNo, Json)> {
        steps.iter().filter_map(|&no| Some((no, self.step(no).result.clone()?))).collect()
    }

    pub(super) fn result(&self, name: &str) -> Option<Json> {
        self.step(self.workflow.find(name)?).result.clone()
    }

    pub(super) fn status(&self, now: Timestamp) -> TaskStatus {
        let steps =
            self.workflow.steps().iter().zip(&self.steps).enumerate().map(|(at, (def, step))| StepStatus {
                no: StepNo::at(at),
                name: def.name().to_owned(),
                state: step.state,
                attempts: step.attempt,
                lost: step.lost,
                error: step.error.clone(),
                waiting_for: (step.state == StepState::Pending)
                    .then(|| WaitingFor::of(step.open_dependencies, step.run_at, now)),
            });
        TaskStatus {
            id: self.id,
            workflow: self.workflow.id().clone(),
            idempotency_key: self.idempotency_key.clone(),
            state: self.state,
            created_at: self.created_at,
            ended_at: self.ended_at,
            steps: steps.collect(),
        }
    }
}

fn corrupt(error: &IllegalTransition) -> StoreError {
    StoreError::Corrupt(error.to_string())
}
