//! One task and its steps: every change goes through a transition function.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use uuid::Uuid;

use super::super::{
    Attributes, Emitted, Happened, HistoryPlace, Lifecycle, Move, NewTask, Occurrence, Order, Parked, Record,
    RecordKind, Recorded, Situation, StepOccurrence, StepSituation, StepStatus, TaskAnnotation, TaskStatus,
    Waiting, WaitingFor, What,
};
use super::Execution;
use super::feed::Outbox;
use crate::events::{StepFacts, TaskFacts};
use crate::report::{KnownStep, KnownTask, StepMove};
use crate::store::StoreError;
use crate::store::operate::has_turn;
use crate::{
    Attempt, DefinitionId, Executions, IllegalTransition, Json, StepDef, StepError, StepNo, StepState,
    StoredStep, TaskId, TaskState, Timestamp, WorkerId, WorkflowDef,
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
    /// What no step wrote, by who asked for it.
    notes: Vec<(Uuid, TaskAnnotation)>,
    pub(super) history: BTreeMap<HistoryPlace, Happened>,
    revision: u32,
    /// The orders that changed something.
    orders: HashSet<Uuid>,
    pub(super) workflow: Arc<WorkflowDef>,
    pub(super) idempotency_key: Option<String>,
    pub(super) created_at: Timestamp,
    pub(super) attributes: Attributes,
    outbox: Outbox,
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
    /// When the last step that it waited for was done.
    ready_at: Option<Timestamp>,
    /// When its last execution began.
    began_at: Option<Timestamp>,
    attempt: Attempt,
    revision: u32,
    limit: u32,
    result: Option<Json>,
    /// What it takes instead of the task's context.
    inputs: Option<Json>,
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

    /// Since when nothing but a worker was missing.
    pub(super) fn could_run_since(&self) -> Timestamp {
        self.ready_at.map_or(self.run_at, |ready| ready.max(self.run_at))
    }

    /// Whether the task's turn is with it, in a task that runs one step at a time.
    fn has_turn(&self) -> bool {
        has_turn(self.state, self.open_dependencies, self.waiting)
    }

    pub(super) fn executions(&self) -> Executions {
        Executions { attempt: self.attempt, lost: self.lost, limit: self.limit }
    }

    /// That it waits for its time, if that has not come.
    fn time(&self, now: Timestamp) -> Option<Waiting> {
        (self.run_at > now).then_some(Waiting::Time)
    }
}

impl Task {
    pub(super) fn new(new: &NewTask, outbox: Outbox, now: Timestamp) -> Self {
        let graph = new.workflow.graph();
        let steps = new.workflow.steps().iter().enumerate().map(|(at, step)| Step {
            state: StepState::Pending,
            lost: 0,
            // Of the ready steps those of the oldest task come first, so that tasks end in the order they began in.
            run_at: now,
            worker: None,
            waiting: (!new.workflow.is_concurrent()).then_some(Waiting::Turn),
            open_dependencies: graph.dependencies(StepNo::at(at)).len() as u32,
            ready_at: None,
            began_at: None,
            attempt: Attempt(0),
            revision: 0,
            limit: step.retry().limit,
            result: None,
            inputs: None,
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
            notes: Vec::new(),
            history: BTreeMap::new(),
            revision: 0,
            orders: HashSet::new(),
            workflow: Arc::clone(&new.workflow),
            idempotency_key: new.idempotency_key.clone(),
            created_at: now,
            attributes: new.attributes.clone(),
            outbox,
        };
        task.tell(Lifecycle::TaskInitializeRequested, 0, now);
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

    pub(super) fn go_to(&mut self, state: TaskState, at: Timestamp) -> Result<(), StoreError> {
        let from = self.state;
        self.state = from.transition(state).map_err(|error| corrupt(&error))?;
        self.revision += 1;
        let place = HistoryPlace::task(at, self.revision, state);
        self.history.insert(place, Happened { at, what: What::Task { from, to: state } });
        self.tell(Lifecycle::of_task(from, state), self.revision, at);
        Ok(())
    }

    /// Writes for subscribers that something happened to the task.
    fn tell(&self, what: Lifecycle, revision: u32, at: Timestamp) {
        let task = || self.occurrence();
        self.outbox.write(|| Occurrence { what, at, task: task(), revision, step: None, emitted: None });
    }

    fn occurrence(&self) -> Arc<TaskFacts> {
        let Attributes { correlation_id, traceparent, .. } = &self.attributes;
        Arc::new(TaskFacts::new(
            self.id,
            self.workflow.id(),
            self.created_at,
            correlation_id.clone(),
            traceparent.clone(),
        ))
    }

    fn step_occurrence(
        &self,
        no: StepNo,
        worker: Option<WorkerId>,
        error: Option<StepError>,
    ) -> StepOccurrence {
        let step = self.step(no);
        let facts = StepFacts {
            step_id: no.0,
            step_name: self.workflow.step(no).map_or("", StepDef::name).to_owned(),
            attempt_number: step.attempt.0,
            retry_limit: step.limit,
            worker_id: worker,
        };
        StepOccurrence { facts, began_at: None, error, run_at: None }
    }

    /// A step goes to another state, in the hands of this worker.
    fn move_step(
        &mut self,
        no: StepNo,
        to: StepState,
        worker: Option<WorkerId>,
        error: Option<&StepError>,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        let name = self.workflow.step(no).map_or("", StepDef::name).to_owned();
        let step = self.step_mut(no);
        let from = step.state;
        step.state = from.transition(to).map_err(|error| corrupt(&error))?;
        step.revision += 1;
        let what = What::Step { step: name, from, to, attempt: step.attempt, worker, error: error.cloned() };
        let revision = step.revision;
        if to == StepState::InProgress {
            step.began_at = Some(at);
        }
        let began_at = step.began_at.filter(|_| from == StepState::InProgress);
        self.history.insert(HistoryPlace::step(at, no, revision), Happened { at, what });
        self.outbox.write(|| {
            let what = Lifecycle::of_step(from, to);
            let run_at = (what == Lifecycle::StepRetryRequested).then(|| self.step(no).run_at);
            let step =
                StepOccurrence { began_at, run_at, ..self.step_occurrence(no, worker, error.cloned()) };
            Occurrence { what, at, task: self.occurrence(), revision, step: Some(step), emitted: None }
        });
        Ok(())
    }

    /// A worker begins an execution.
    pub(super) fn begin(
        &mut self,
        no: StepNo,
        worker: WorkerId,
        now: Timestamp,
    ) -> Result<(Execution, Executions), StoreError> {
        if self.state == TaskState::Pending {
            self.go_to(TaskState::InProgress, now)?;
        }
        self.step_mut(no).attempt.0 += 1;
        self.move_step(no, StepState::InProgress, Some(worker), None, now)?;
        let step = self.step_mut(no);
        step.worker = Some(worker);
        step.waiting = None;
        let executions = step.executions();
        Ok((self.execution(no), executions))
    }

    pub(super) fn complete(&mut self, no: StepNo, result: Json, now: Timestamp) -> Result<(), StoreError> {
        self.succeed(no, StepState::Complete, now)?;
        self.step_mut(no).result = Some(result);
        Ok(())
    }

    /// There was nothing to do.
    pub(super) fn skip(&mut self, no: StepNo, now: Timestamp) -> Result<(), StoreError> {
        self.succeed(no, StepState::Skipped, now)
    }

    fn succeed(&mut self, no: StepNo, state: StepState, now: Timestamp) -> Result<(), StoreError> {
        self.move_step(no, state, self.step(no).worker, None, now)?;
        let step = self.step_mut(no);
        step.worker = None;
        step.waiting = None;
        step.error = None;
        Ok(())
    }

    /// Keeps what a step wrote beside its result.
    pub(super) fn record(&mut self, no: StepNo, records: &[Record], at: Timestamp) {
        let step = self.workflow.step(no).map_or("", StepDef::name);
        let step = step.to_owned();
        for (place, Record { kind, name, payload }) in records.iter().cloned().enumerate() {
            if kind == RecordKind::Event {
                self.outbox.write(|| Occurrence {
                    what: Lifecycle::Emitted,
                    at,
                    task: self.occurrence(),
                    // The transition that it is written with is the next one.
                    revision: self.step(no).revision + 1,
                    step: Some(StepOccurrence {
                        began_at: self.step(no).began_at,
                        ..self.step_occurrence(no, self.step(no).worker, None)
                    }),
                    emitted: Some(Emitted {
                        name: name.clone(),
                        payload: payload.clone(),
                        place: place as u32,
                    }),
                });
            }
            self.records.push((no, Recorded { kind, name, step: step.clone(), payload, at }));
        }
    }

    pub(super) fn records(&self) -> Vec<Recorded> {
        let mut records = self.records.clone();
        records.sort_by_key(|(no, record)| (record.at, *no));
        records.into_iter().map(|(_, record)| record).collect()
    }

    /// The annotations of the task, by name.
    pub(super) fn annotated(&self) -> impl Iterator<Item = (&str, &Json)> {
        let annotations = self.records.iter().filter(|(_, record)| record.kind == RecordKind::Annotation);
        let notes = self.notes.iter().map(|(_, note)| (note.name.as_str(), &note.payload));
        annotations.map(|(_, record)| (record.name.as_str(), &record.payload)).chain(notes)
    }

    /// Keeps a note that no step made, once.
    pub(super) fn note(&mut self, id: Uuid, note: TaskAnnotation) {
        if !self.notes.iter().any(|(known, _)| *known == id) {
            self.notes.push((id, note));
        }
    }

    pub(super) fn annotations(&self) -> Vec<TaskAnnotation> {
        let records = self.records().into_iter().filter(|record| record.kind == RecordKind::Annotation);
        let of_steps = records.map(|Recorded { name, payload, step, at, .. }| TaskAnnotation {
            name,
            payload,
            step: Some(step),
            by: None,
            at,
        });
        let mut all: Vec<_> = of_steps.chain(self.notes.iter().map(|(_, note)| note.clone())).collect();
        all.sort_by_key(|annotation| annotation.at);
        all
    }

    /// An execution failed, and the step with it.
    pub(super) fn fail(&mut self, no: StepNo, error: StepError, now: Timestamp) -> Result<(), StoreError> {
        self.move_step(no, StepState::Error, self.step(no).worker, Some(&error), now)?;
        let step = self.step_mut(no);
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
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let (waiting, worker) = (self.step(no).waiting, self.step(no).worker);
        self.fail(no, error, now)?;
        self.move_step(no, StepState::Pending, worker, None, now)?;
        let step = self.step_mut(no);
        step.waiting = waiting.or(due.map(|_| Waiting::Time));
        step.run_at = due.unwrap_or(step.run_at);
        Ok(())
    }

    /// As if the execution had not begun.
    pub(super) fn hand_back(&mut self, no: StepNo, now: Timestamp) -> Result<(), StoreError> {
        self.move_step(no, StepState::Pending, self.step(no).worker, None, now)?;
        let step = self.step_mut(no);
        step.attempt.0 -= 1;
        step.worker = None;
        Ok(())
    }

    /// As an operator finds it.
    pub(super) fn situation(&self) -> Situation {
        let graph = self.workflow.graph();
        let steps = self.workflow.steps().iter().zip(&self.steps).enumerate();
        let steps = steps.map(|(at, (def, step))| StepSituation {
            state: step.state,
            optional: def.is_optional(),
            dependents: graph.dependents(StepNo::at(at)),
            open_dependencies: step.open_dependencies,
            waiting: step.waiting,
            run_at: step.run_at,
            attempt: step.attempt,
            lost: step.lost,
            retry_limit: step.limit,
            held: step.worker.is_some(),
            result: None,
            inputs: None,
        });
        Situation {
            state: self.state,
            concurrent: self.workflow.is_concurrent(),
            steps: steps.collect(),
            moves: Vec::new(),
        }
    }

    pub(super) fn has_followed(&self, order: &Order) -> bool {
        self.orders.contains(&order.id)
    }

    /// As an operator leaves it.
    pub(super) fn follow(
        &mut self,
        order: &Order,
        situation: Situation,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        self.orders.insert(order.id);
        let place = HistoryPlace::order(now, order.id);
        self.history.insert(place, Happened { at: now, what: order.what() });
        self.become_as(situation, now)
    }

    /// As a situation says.
    pub(super) fn become_as(&mut self, situation: Situation, now: Timestamp) -> Result<(), StoreError> {
        self.ended_at = situation.ended_at(self.ended_at, now);
        // As subscribers hear of them: a task that is opened again comes before its steps, one that ends after them.
        let mut moves = situation.moves;
        moves.sort_by_key(|moved| match *moved {
            Move::Task(from, to) => Lifecycle::of_task(from, to).rank(),
            Move::Step(_, from, to) => Lifecycle::of_step(from, to).rank(),
        });
        for moved in moves {
            match moved {
                Move::Task(_, to) => self.go_to(to, now)?,
                Move::Step(no, _, to) => self.move_step(no, to, self.step(no).worker, None, now)?,
            }
        }
        for (step, left) in self.steps.iter_mut().zip(situation.steps) {
            if left.open_dependencies < step.open_dependencies {
                step.ready_at = Some(now);
            }
            step.open_dependencies = left.open_dependencies;
            (step.waiting, step.run_at, step.limit) = (left.waiting, left.run_at, left.retry_limit);
            (step.attempt, step.lost) = (left.attempt, left.lost);
            step.worker = step.worker.filter(|_| left.held);
            step.result = left.result.or(step.result.take());
            step.inputs = left.inputs.or(step.inputs.take());
            if step.state.satisfies_dependents() {
                step.error = None;
            }
        }
        Ok(())
    }

    /// What a step takes as its context.
    pub(super) fn inputs(&self, no: StepNo) -> &Json {
        self.step(no).inputs.as_ref().unwrap_or(&self.context)
    }

    pub(super) fn history(&self) -> Vec<Happened> {
        self.history.values().cloned().collect()
    }

    /// What there is beside its status.
    pub(super) fn known(&self) -> KnownTask {
        let steps = self.workflow.steps().iter().zip(&self.steps);
        let moves = self.history.values().filter_map(|happened| match &happened.what {
            What::Step { step, from, to, .. } => {
                Some(StepMove { step: self.workflow.find(step)?, from: *from, to: *to, at: happened.at })
            }
            _ => None,
        });
        KnownTask {
            graph: StoredStep::all_of(&self.workflow),
            concurrent: self.workflow.is_concurrent(),
            steps: steps
                .map(|(def, step)| KnownStep {
                    retry_limit: step.limit,
                    run_at: step.run_at,
                    dependent_system: def.dependent_system().map(ToOwned::to_owned),
                })
                .collect(),
            moves: moves.collect(),
        }
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
    pub(super) fn release(&mut self, no: StepNo, now: Timestamp) {
        let step = self.step_mut(no);
        step.open_dependencies -= 1;
        step.ready_at = Some(now);
    }

    pub(super) fn results(&self, steps: &[StepNo]) -> Vec<(StepNo, Json)> {
        steps.iter().filter_map(|&no| Some((no, self.step(no).result.clone()?))).collect()
    }

    pub(super) fn result(&self, name: &str) -> Option<Json> {
        self.step(self.workflow.find(name)?).result.clone()
    }

    pub(super) fn status(
        &self,
        now: Timestamp,
        parked: Option<&Parked>,
        workflow_paused: bool,
    ) -> TaskStatus {
        let steps: Vec<StepStatus> = self
            .workflow
            .steps()
            .iter()
            .zip(&self.steps)
            .enumerate()
            .map(|(at, (def, step))| StepStatus {
                no: StepNo::at(at),
                name: def.name().to_owned(),
                state: step.state,
                attempts: step.attempt,
                lost: step.lost,
                error: step.error.clone(),
                waiting_for: (step.state == StepState::Pending).then(|| {
                    WaitingFor::of(step.open_dependencies, step.waiting, step.run_at, now)
                        .unless_paused(workflow_paused)
                        .unless_parked(parked)
                }),
            })
            .collect();
        let operator = steps.iter().any(|step| step.waiting_for == Some(WaitingFor::Operator));
        TaskStatus {
            id: self.id,
            workflow: self.workflow.id().clone(),
            idempotency_key: self.idempotency_key.clone(),
            correlation_id: self.attributes.correlation_id.clone().unwrap_or_else(|| self.id.to_string()),
            traceparent: self.attributes.traceparent.clone(),
            state: self.state,
            paused: operator || self.steps.iter().any(|step| step.waiting == Some(Waiting::Operator)),
            created_at: self.created_at,
            ended_at: self.ended_at,
            steps,
        }
    }
}

pub(super) fn corrupt(error: &IllegalTransition) -> StoreError {
    StoreError::Corrupt(error.to_string())
}
