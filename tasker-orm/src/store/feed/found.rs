//! What stands behind entries of the outbox: what is known of them, and what was read.

use std::collections::{HashMap, hash_map};
use std::sync::Arc;

use sea_orm::{DbErr, QueryResult};
use tasker_core::events::{StepFacts, TaskFacts};
use tasker_core::store::{Emitted, Lifecycle, Occurrence, StepOccurrence};
use tasker_core::{Json, StepNo, Timestamp, WorkerId};
use uuid::Uuid;

use super::super::query::parse_error;
use super::read::Entry;
use super::recent::Memory;

/// What was found behind entries.
pub(super) struct Found<'e> {
    pub(super) entries: &'e [Entry],
    pub(super) tasks: HashMap<Uuid, Arc<TaskFacts>>,
    /// Which of the entries are beginnings of executions, and when they were.
    pub(super) begins: HashMap<(Uuid, StepNo, u32), Timestamp>,
    /// The steps that are known without asking, by entry.
    known: Vec<Option<StepOccurrence>>,
    /// The others, by entry; of what published something there is one for each event, with its place.
    steps: HashMap<usize, Vec<(u32, StepOccurrence, Option<Emitted>)>>,
}

impl<'e> Found<'e> {
    /// What is known without asking.
    pub(super) fn new(entries: &'e [Entry], recent: &Memory) -> Self {
        let known = entries.iter().map(|entry| recent.step(entry)).collect();
        let mut tasks = HashMap::new();
        for entry in entries {
            if let hash_map::Entry::Vacant(place) = tasks.entry(entry.task)
                && let Some(task) = recent.task(entry.task)
            {
                place.insert(Arc::clone(task));
            }
        }
        let mut found = Self { entries, tasks, begins: HashMap::new(), known, steps: HashMap::new() };
        if (0..entries.len()).any(|at| found.asks_for(at)) {
            let begins = entries.iter().filter(|entry| entry.what == Lifecycle::StepExecutionRequested);
            found.begins = begins.map(|entry| ((entry.task, entry.step, entry.revision), entry.at)).collect();
        }
        found
    }

    /// Whether an entry is of a step that is not known.
    pub(super) fn asks_for(&self, at: usize) -> bool {
        self.entries[at].is_of_step() && self.known[at].is_none()
    }

    pub(super) fn unknown_tasks(&self) -> Vec<Uuid> {
        let tasks = self.entries.iter().map(|entry| entry.task);
        let mut unknown: Vec<Uuid> = tasks.filter(|task| !self.tasks.contains_key(task)).collect();
        unknown.sort_unstable();
        unknown.dedup();
        unknown
    }

    pub(super) fn add(&mut self, row: &QueryResult) -> Result<(), DbErr> {
        let (at, place): (i32, Option<i32>) = (row.try_get_by_index(0)?, row.try_get_by_index(1)?);
        let (at, place) = (at as usize, place.unwrap_or_default() as u32);
        let Some(entry) = self.entries.get(at) else { return Ok(()) };
        let time =
            |column| Ok::<_, DbErr>(row.try_get_by_index::<Option<i64>>(column)?.map(Timestamp::from_micros));
        let text = |column| row.try_get_by_index::<Option<String>>(column);
        let facts = StepFacts {
            step_id: entry.step.0,
            step_name: row.try_get_by_index(2)?,
            attempt_number: row.try_get_by_index::<i32>(3)? as u32,
            retry_limit: row.try_get_by_index::<i32>(4)? as u32,
            worker_id: row.try_get_by_index::<Option<Uuid>>(5)?.map(WorkerId::from),
        };
        let step = StepOccurrence {
            facts,
            began_at: time(6)?.or_else(|| self.begins.get(&entry.begin()).copied()),
            error: text(7)?.as_deref().map(parse_error),
            run_at: time(8)?.filter(|_| entry.what == Lifecycle::StepRetryRequested),
        };
        let emitted = text(9)?.zip(text(10)?).map(|(name, payload)| Emitted {
            name,
            payload: Json::from_stored(payload),
            place,
        });
        self.steps.entry(at).or_default().push((place, step, emitted));
        Ok(())
    }

    /// In the order of the entries.
    pub(super) fn into_occurrences(mut self) -> Vec<Occurrence> {
        let mut occurrences = Vec::with_capacity(self.entries.len());
        for (at, entry) in self.entries.iter().enumerate() {
            let Some(task) = self.tasks.get(&entry.task) else { continue };
            let mut push = |step, emitted| {
                let (what, at, task, revision) = (entry.what, entry.at, Arc::clone(task), entry.revision);
                occurrences.push(Occurrence { what, at, task, revision, step, emitted });
            };
            let known = self.known[at].take();
            if known.is_some() || !entry.is_of_step() {
                push(known, None);
                continue;
            }
            let mut steps = self.steps.remove(&at).unwrap_or_default();
            steps.sort_by_key(|(place, ..)| *place);
            for (_, step, emitted) in steps {
                push(Some(step), emitted);
            }
        }
        occurrences
    }
}
