//! What this process did a moment ago, for those who read the outbox in it.
//!
//! An entry of the outbox says which transition it was; what an event says beside that stands in the history. Mostly the process that
//! delivers is the one whose worker made the transition, so what its workers were given is remembered here for a while, and the
//! history is asked for the rest only. A transition does not change once it is committed, and nothing is remembered before; what is not
//! here, because it was given to another process, or long ago, or in a commit whose answer was lost, stands in the database.

use std::collections::{HashMap, VecDeque};
use std::hash::Hash;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tasker_core::events::{StepFacts, TaskFacts};
use tasker_core::store::{ClaimedStep, Lifecycle, Runnable, StepOccurrence};
use tasker_core::{StepDef, StepNo, Timestamp, WorkerId, WorkflowDef};
use uuid::Uuid;

use super::read::Entry;

/// How many executions and how many tasks are remembered: of each the latest, a few hundred bytes at most.
const MOST: usize = 16_384;

/// For how long after somebody read it is taken that somebody reads.
const READ: Duration = Duration::from_secs(10);

#[derive(Debug, Default)]
pub(in crate::store) struct Recent(Mutex<Memory>);

#[derive(Debug, Default)]
pub(super) struct Memory {
    read: Option<Instant>,
    /// By task, step, and the revision with which they began.
    executions: Latest<(Uuid, StepNo, u32), Begun>,
    tasks: Latest<Uuid, Arc<TaskFacts>>,
}

/// An execution that a worker of this process began.
#[derive(Debug)]
struct Begun {
    worker: WorkerId,
    workflow: Arc<WorkflowDef>,
    attempt: u32,
    retry_limit: u32,
    /// When, once its beginning was read.
    at: Option<Timestamp>,
}

impl Recent {
    pub(super) fn memory(&self) -> MutexGuard<'_, Memory> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Steps were given to a worker, and that is committed.
    pub(in crate::store) fn given(&self, worker: WorkerId, runnable: &Runnable, claimed: &[ClaimedStep]) {
        let mut memory = self.memory();
        if claimed.is_empty() || memory.read.is_none_or(|read| read.elapsed() > READ) {
            return;
        }
        for step in claimed {
            let Some(workflow) = runnable.workflow(step.definition) else { continue };
            let execution = step.execution;
            let begun = Begun {
                worker,
                workflow: Arc::clone(workflow),
                attempt: execution.attempt.0,
                retry_limit: step.executions.limit,
                at: None,
            };
            memory.executions.insert((execution.task.as_uuid(), execution.step, execution.revision), begun);
        }
    }
}

impl Memory {
    /// Somebody begins to read here, behind what others read: among that may have been that a task was removed and begun anew.
    pub(super) fn clear(&mut self) {
        (self.executions, self.tasks) = Default::default();
    }

    /// These entries were read: from here on it is known when what is among them began.
    pub(super) fn note(&mut self, entries: &[Entry]) {
        self.read = Some(Instant::now());
        for entry in entries {
            match entry.what {
                // One that was removed and is asked for again is another task.
                Lifecycle::TaskInitializeRequested => self.tasks.forget(&entry.task),
                Lifecycle::StepExecutionRequested => {
                    let key = (entry.task, entry.step, entry.revision);
                    match self.executions.get_mut(&key).map(|begun| begun.at.get_or_insert(entry.at)) {
                        Some(at) if *at != entry.at => self.executions.forget(&key),
                        _ => {}
                    }
                }
                _ => {}
            }
        }
    }

    /// The step that began or was completed with this, if that is known.
    pub(super) fn step(&self, entry: &Entry) -> Option<StepOccurrence> {
        let (revision, is_over) = match entry.what {
            Lifecycle::StepExecutionRequested => (entry.revision, false),
            // Only the worker that has an execution completes it.
            Lifecycle::StepCompleted => (entry.revision.checked_sub(1)?, true),
            _ => return None,
        };
        let begun = self.executions.get(&(entry.task, entry.step, revision))?;
        let facts = StepFacts {
            step_id: entry.step.0,
            step_name: begun.workflow.step(entry.step).map(StepDef::name)?.to_owned(),
            attempt_number: begun.attempt,
            retry_limit: begun.retry_limit,
            worker_id: Some(begun.worker),
        };
        let began_at = if is_over { Some(begun.at?) } else { None };
        Some(StepOccurrence { facts, began_at, error: None, run_at: None })
    }

    pub(super) fn task(&self, task: Uuid) -> Option<&Arc<TaskFacts>> {
        self.tasks.get(&task)
    }

    pub(super) fn remember(&mut self, tasks: impl IntoIterator<Item = (Uuid, Arc<TaskFacts>)>) {
        for (id, task) in tasks {
            self.tasks.insert(id, task);
        }
    }
}

/// The latest values, by key.
#[derive(Debug)]
struct Latest<K, V> {
    values: HashMap<K, V>,
    /// The oldest first.
    order: VecDeque<K>,
}

impl<K, V> Default for Latest<K, V> {
    fn default() -> Self {
        Self { values: HashMap::new(), order: VecDeque::new() }
    }
}

impl<K: Copy + Eq + Hash, V> Latest<K, V> {
    fn get(&self, key: &K) -> Option<&V> {
        self.values.get(key)
    }

    fn get_mut(&mut self, key: &K) -> Option<&mut V> {
        self.values.get_mut(key)
    }

    fn forget(&mut self, key: &K) {
        self.values.remove(key);
    }

    fn insert(&mut self, key: K, value: V) {
        if self.values.insert(key, value).is_some() {
            return;
        }
        self.order.push_back(key);
        if self.order.len() > MOST
            && let Some(oldest) = self.order.pop_front()
        {
            self.values.remove(&oldest);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_is_forgotten() {
        let mut latest = Latest::default();
        for key in 0..=MOST {
            latest.insert(key, key);
            latest.insert(key, key + 1);
        }
        assert_eq!((latest.get(&0), latest.get(&1), latest.get(&MOST)), (None, Some(&2), Some(&(MOST + 1))));
        assert_eq!((latest.values.len(), latest.order.len()), (MOST, MOST));
    }
}
