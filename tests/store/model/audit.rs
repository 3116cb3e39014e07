//! The tables themselves, read through the entities: the history has no gap, counters count, and nothing belongs to nobody.

use std::collections::{BTreeMap, HashSet};
use std::fmt::{Debug, Display};
use std::str::FromStr;

use sea_orm::{DatabaseConnection, DbErr, EntityTrait, QueryOrder};
use tasker::orm::entity::{
    event, task, task_annotation, task_transition, worker, worker_definition, workflow_step,
    workflow_step_transition,
};
use tasker::store::Recorded;
use tasker::{IllegalTransition, StepNo, StepState, TaskId, TaskState, Waiting, WorkflowDef};

use super::Check;
use super::history::{History, same};
use super::side::failed;

/// Everything that is stored, by task.
#[derive(Default)]
pub(crate) struct Tables {
    tasks: Vec<task::Model>,
    steps: BTreeMap<TaskId, Vec<workflow_step::Model>>,
    task_history: BTreeMap<TaskId, Vec<Entry>>,
    step_history: BTreeMap<(TaskId, i32), Vec<Entry>>,
    workers: HashSet<sea_orm::prelude::Uuid>,
    records: Vec<Record>,
    offers: Vec<worker_definition::Model>,
}

/// A row of a history: revision, from, to, when.
type Entry = (i32, String, String, i64);

/// An event or an annotation: of which task, step and transition, and when.
type Record = (TaskId, Option<i32>, Option<i32>, i64);

impl Tables {
    pub(crate) async fn read(db: &DatabaseConnection) -> Result<Self, DbErr> {
        let mut tables = Self { tasks: task::Entity::find().all(db).await?, ..Self::default() };
        let steps = workflow_step::Entity::find().order_by_asc(workflow_step::Column::StepNo);
        for step in steps.all(db).await? {
            tables.steps.entry(step.task_id.into()).or_default().push(step);
        }
        let history = task_transition::Entity::find().order_by_asc(task_transition::Column::Revision);
        for row in history.all(db).await? {
            let entry = (row.revision, row.from_state, row.to_state, row.created_at);
            tables.task_history.entry(row.task_id.into()).or_default().push(entry);
        }
        let history = workflow_step_transition::Entity::find();
        for row in history.order_by_asc(workflow_step_transition::Column::Revision).all(db).await? {
            let entry = (row.revision, row.from_state, row.to_state, row.created_at);
            tables.step_history.entry((row.task_id.into(), row.step_no)).or_default().push(entry);
        }
        tables.workers = worker::Entity::find().all(db).await?.into_iter().map(|worker| worker.id).collect();
        let events = event::Entity::find().all(db).await?.into_iter();
        let events = events.map(|row| (row.task_id.into(), row.step_no, row.revision, row.created_at));
        let notes = task_annotation::Entity::find().all(db).await?.into_iter();
        let notes = notes.map(|row| (row.task_id.into(), row.step_no, row.revision, row.created_at));
        tables.records = events.chain(notes).collect();
        tables.offers = worker_definition::Entity::find().all(db).await?;
        Ok(tables)
    }

    pub(crate) fn tasks(&self) -> impl Iterator<Item = &task::Model> {
        self.tasks.iter()
    }

    pub(crate) fn steps(&self) -> impl Iterator<Item = &workflow_step::Model> {
        self.steps.values().flatten()
    }

    /// The steps that have ended in their history, as often as they have.
    pub(crate) fn completions(&self) -> impl Iterator<Item = (TaskId, i32)> {
        let completions = |(step, history): (&(TaskId, i32), &Vec<Entry>)| {
            let times = history.iter().filter(|entry| entry.2 == "complete").count();
            std::iter::repeat_n(*step, times)
        };
        self.step_history.iter().flat_map(completions)
    }

    /// That all of it fits together. `workflow` says what a task runs.
    pub(crate) fn check<'w>(&self, workflow: impl Fn(TaskId) -> Option<&'w WorkflowDef>) -> Check {
        let known: HashSet<TaskId> = self.tasks.iter().map(|task| task.id.into()).collect();
        let rows = self.steps.keys().chain(self.task_history.keys());
        let mut rows = rows.chain(self.step_history.keys().map(|(task, _)| task));
        if let Some(orphan) = rows.find(|task| !known.contains(task)) {
            return Err(format!("rows of {orphan} are left, and the task is not"));
        }
        if let Some(offer) = self.offers.iter().find(|offer| !self.workers.contains(&offer.worker_id)) {
            return Err(format!("{offer:?} is left, and its worker is not"));
        }
        if let Some(record) = self.records.iter().find(|record| !self.is_of_a_transition(record)) {
            return Err(format!("nothing happened of which {record:?} tells"));
        }
        for task in &self.tasks {
            let workflow = workflow(task.id.into()).ok_or_else(|| format!("nobody asked for {task:?}"))?;
            self.check_task(task, workflow)
                .map_err(|error| format!("{error}\n  {task:?}\n  {:?}", self.steps_of(task)))?;
        }
        Ok(())
    }

    /// That nothing was recorded before what came before it. Of several workers one may record later what it began earlier.
    pub(super) fn check_times(&self) -> Check {
        let mut histories = self.task_history.values().chain(self.step_history.values());
        match histories.find(|history| !history.is_sorted_by_key(|entry| entry.3)) {
            Some(history) => Err(format!("what came later was before: {history:?}")),
            None => Ok(()),
        }
    }

    fn is_of_a_transition(&self, &(task, step, revision, at): &Record) -> bool {
        let history = step.and_then(|step| self.step_history.get(&(task, step)));
        history.is_some_and(|history| {
            history.iter().any(|entry| Some(entry.0) == revision && entry.1 == "in_progress" && entry.3 == at)
        })
    }

    fn steps_of(&self, task: &task::Model) -> &[workflow_step::Model] {
        self.steps.get(&task.id.into()).map_or(&[], Vec::as_slice)
    }

    fn check_task(&self, task: &task::Model, workflow: &WorkflowDef) -> Check {
        let steps = self.steps_of(task);
        if steps.len() != workflow.steps().len() {
            return Err(format!("{} steps of {}", steps.len(), workflow.steps().len()));
        }
        let states: Vec<StepState> = steps.iter().map(|step| parse(&step.state)).collect::<Result<_, _>>()?;
        let open = states.iter().filter(|state| !state.satisfies_dependents()).count();
        equal("open_steps", task.open_steps, open)?;
        let active = steps.iter().zip(&states).filter(|(step, state)| match state {
            StepState::InProgress => true,
            StepState::Pending => step.open_dependencies == 0,
            _ => false,
        });
        equal("active_steps", task.active_steps, active.count())?;
        let history = self.task_history.get(&task.id.into()).map_or(&[][..], Vec::as_slice);
        check_history(history, task.revision, &task.state, TaskState::Pending, TaskState::transition)?;
        for (step, &state) in steps.iter().zip(&states) {
            let dependencies = workflow.graph().dependencies(StepNo(step.step_no as u32));
            let open = dependencies.iter().filter(|no| !states[no.index()].satisfies_dependents());
            equal("open_dependencies", step.open_dependencies, open.count())?;
            self.check_step(task, step, state)?;
            let history = self.step_history.get(&(step.task_id.into(), step.step_no));
            let history = history.map_or(&[][..], Vec::as_slice);
            check_history(history, step.revision, &step.state, StepState::Pending, StepState::transition)?;
        }
        Ok(())
    }

    fn check_step(&self, task: &task::Model, step: &workflow_step::Model, state: StepState) -> Check {
        let wrong = |what: &str| Err(format!("step {}: {what}", step.step_no));
        if (step.definition_id, step.priority) != (task.definition_id, task.priority) {
            return wrong("what it has from its task differs");
        }
        if (state == StepState::InProgress) != step.worker_id.is_some() {
            return wrong("it has a worker if and only if it runs");
        }
        if step.worker_id.is_some_and(|worker| !self.workers.contains(&worker)) {
            return wrong("its worker is not known");
        }
        if matches!(state, StepState::Complete | StepState::ResolvedManually) != step.result.is_some() {
            return wrong("it has a result if and only if it is complete or resolved");
        }
        let waiting: Option<Waiting> = step.waiting_for.as_deref().map(parse).transpose()?;
        match (state, waiting) {
            (StepState::Pending, _) | (StepState::InProgress, Some(Waiting::Operator)) | (_, None) => Ok(()),
            _ => wrong("it waits, and is not pending"),
        }
    }
}

/// That a history is the way from the beginning to where it stands, by legal steps and without a gap.
fn check_history<S>(
    history: &[Entry],
    revision: i32,
    now: &str,
    begin: S,
    transition: impl Fn(S, S) -> Result<S, IllegalTransition>,
) -> Check
where
    S: FromStr<Err: Display> + PartialEq + Debug + Copy,
{
    let mut state = begin;
    for (place, (number, from, to, _)) in history.iter().enumerate() {
        equal("the revision in the history", *number, place + 1)?;
        let (from, to): (S, S) = (parse(from)?, parse(to)?);
        if from != state {
            return Err(format!("revision {number} goes on from {from:?}, and stood at {state:?}"));
        }
        state = transition(from, to).map_err(|error| format!("revision {number}: {error}"))?;
    }
    equal("the revision", revision, history.len())?;
    if parse::<S>(now)? == state {
        Ok(())
    } else {
        Err(format!("its history ends at {state:?}, and it is {now}"))
    }
}

fn equal(what: &str, stored: i32, counted: usize) -> Check {
    if usize::try_from(stored).is_ok_and(|stored| stored == counted) {
        return Ok(());
    }
    Err(format!("{what} is {stored}, counted {counted}"))
}

fn parse<T: FromStr<Err: Display>>(text: &str) -> Result<T, String> {
    text.parse().map_err(|error: T::Err| error.to_string())
}

impl History<'_> {
    /// Holds the tables against one another, and against what was said.
    pub(super) async fn audit(&self) -> Check {
        let tables = Tables::read(&self.lane.db).await.map_err(|error| error.to_string())?;
        let tasks: HashSet<TaskId> = self.ledger.tasks().into_iter().collect();
        tables
            .check(|task| tasks.contains(&task).then(|| &*self.lane.workflows[self.ledger.workflow(task)]))?;
        tables.check_times()?;
        let mut results = 0;
        for step in tables.steps() {
            let accepted = self.ledger.results.get(&(step.task_id.into(), StepNo(step.step_no as u32)));
            if step.result.as_ref() != accepted {
                return Err(format!("accepted was {accepted:?}, stored is {step:?}"));
            }
            results += usize::from(accepted.is_some());
        }
        equal("the number of results", results as i32, self.ledger.results.len())?;
        let records = self.ledger.records.values().map(Vec::len).sum();
        equal("the number of records", tables.records.len() as i32, records)?;
        for (&task, accepted) in &self.ledger.records {
            let workflow = &self.lane.workflows[self.ledger.workflow(task)];
            let mut accepted = accepted.clone();
            accepted.sort_by_key(|&(at, step, _)| (at, step));
            let accepted = accepted.into_iter().map(|(at, step, record)| Recorded {
                kind: record.kind,
                name: record.name,
                step: workflow.step(step).map(|step| step.name().to_owned()).unwrap_or_default(),
                payload: record.payload,
                at,
            });
            let accepted: Vec<Recorded> = accepted.collect();
            let model = self.oracle.store.records(task).await.map_err(failed)?;
            let database = self.subject().store.records(task).await.map_err(failed)?;
            same("what was recorded in the model", &accepted, &model)?;
            same("what was recorded in the database", &accepted, &database)?;
        }
        Ok(())
    }
}
