//! What happened, in order and in virtual time.

use std::fmt;
use std::ops::Deref;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;

use super::mortal::Lost;
use crate::{Attempt, Clock, Ended, StepError, TaskId, Timestamp};

/// When the executions of a task began and ended, in order. It derefs to the moments, and prints as a line for each.
///
/// ```
/// # use tasker_core::{Output, StepError, workflow};
/// # extern crate tasker_core as tasker;
/// # #[workflow(context = u64)]
/// # mod order {
/// #     use super::*;
/// #     #[step]
/// #     pub async fn price(ctx: &u64) -> Result<u64, StepError> { Ok(*ctx) }
/// #     #[step(depends_on = price)]
/// #     pub async fn ship() -> Result<(), StepError> { Ok(()) }
/// # }
/// # fn main() { tasker::testing::block_on(async {
/// let tasker = tasker::testing::Tasker::builder(())
///     .register::<order::Workflow>()
///     .fail_times::<order::ship>(1, StepError::retryable("busy"))
///     .build()
///     .await;
/// let run = tasker.run_to_end::<order::Workflow>(1250).await;
/// assert_eq!(
///     run.trace().to_string(),
///     "0ns: price 1 began\n\
///      0ns: price 1 completed\n\
///      0ns: ship 1 began\n\
///      0ns: ship 1 failed: busy\n\
///      2s: ship 2 began\n\
///      2s: ship 2 completed\n"
/// );
/// # }) }
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Trace(Vec<Moment>);

/// A moment at which an execution began or ended.
#[derive(Debug, Clone, PartialEq)]
pub struct Moment {
    /// The virtual time since the task was created.
    pub at: Duration,
    /// The name of the step.
    pub step: String,
    /// Which execution of the step it is.
    pub attempt: Attempt,
    /// What happened.
    pub change: Change,
}

/// What happened to an execution.
#[derive(Debug, Clone, PartialEq)]
pub enum Change {
    /// It began.
    Began,
    /// It returned a result.
    Completed,
    /// There was nothing to do, as the step's `when` said.
    Skipped,
    /// It returned an error.
    Failed(StepError),
    /// It panicked.
    Panicked,
    /// It was stopped in the middle: by its time limit, by the shutdown or the crash of its worker, or because its task was cancelled.
    Stopped,
    /// Its worker died, and nothing of it is recorded: it counts as an attempt, whether it had begun or not. The checks that let a worker die
    /// tell of it.
    Lost,
}

impl Trace {
    /// The names of the steps in the order in which their executions began.
    #[must_use]
    pub fn began(&self) -> Vec<&str> {
        let began = self.0.iter().filter(|moment| moment.change == Change::Began);
        began.map(|moment| moment.step.as_str()).collect()
    }

    /// How long each execution that is not the first of its step began after the one before it had ended, in the order in which they
    /// began.
    #[must_use]
    pub fn waits(&self) -> Vec<(&str, Duration)> {
        let mut waits = Vec::new();
        for (place, moment) in self.0.iter().enumerate() {
            let before = self.0[..place].iter().rfind(|before| before.step == moment.step);
            if let (Change::Began, Some(before)) = (&moment.change, before) {
                waits.push((moment.step.as_str(), moment.at.saturating_sub(before.at)));
            }
        }
        waits
    }
}

impl Deref for Trace {
    type Target = [Moment];

    fn deref(&self) -> &[Moment] {
        &self.0
    }
}

impl fmt::Display for Trace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|moment| writeln!(f, "{moment}"))
    }
}

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { at, step, attempt, change } = self;
        write!(f, "{at:?}: {step} {attempt} {change}")
    }
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Began => f.write_str("began"),
            Self::Completed => f.write_str("completed"),
            Self::Skipped => f.write_str("skipped"),
            Self::Failed(error) => write!(f, "failed: {error}"),
            Self::Panicked => f.write_str("panicked"),
            Self::Stopped => f.write_str("stopped"),
            Self::Lost => f.write_str("was lost with its worker"),
        }
    }
}

/// Takes the notes. Clones share them, also those of engines that follow one another.
#[derive(Clone)]
pub(super) struct Recorder {
    clock: Arc<dyn Clock>,
    notes: Arc<Mutex<Vec<Note>>>,
    limit: Arc<Limit>,
}

/// How often a step may be executed in one task, and the tasks that had more.
struct Limit {
    most: u32,
    over: Mutex<Vec<(TaskId, String)>>,
    told: Notify,
}

impl Limit {
    fn over(&self, task: TaskId) -> Option<String> {
        let over = self.over.lock().unwrap_or_else(PoisonError::into_inner);
        over.iter().find(|(other, _)| *other == task).map(|(_, step)| step.clone())
    }
}

struct Note {
    task: TaskId,
    step: String,
    attempt: Attempt,
    at: Timestamp,
    change: Change,
}

impl Recorder {
    pub(super) fn new(clock: Arc<dyn Clock>, most: u32) -> Self {
        let limit = Limit { most, over: Mutex::default(), told: Notify::new() };
        Self { clock, notes: Arc::default(), limit: Arc::new(limit) }
    }

    /// How often a step may be executed in one task.
    pub(super) fn most(&self) -> u32 {
        self.limit.most
    }

    /// Resolves with the name of a step of the task that is executed more often than it may be.
    pub(super) async fn is_over(&self, task: TaskId) -> String {
        loop {
            // Listens before it looks, so that nothing in between is missed.
            let told = self.limit.told.notified();
            if let Some(step) = self.limit.over(task) {
                return step;
            }
            told.await;
        }
    }

    fn notes(&self) -> MutexGuard<'_, Vec<Note>> {
        self.notes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn note(&self, task: TaskId, step: &str, attempt: Attempt, change: Change) {
        let at = self.clock.now();
        self.notes().push(Note { task, step: step.to_owned(), attempt, at, change });
    }

    /// Notes that an execution begins.
    pub(super) fn begin(&self, task: TaskId, step: &str, attempt: Attempt) -> Execution {
        self.note(task, step, attempt, Change::Began);
        // Once: it is over as soon as somebody waits for the task.
        if attempt.0.checked_sub(1) == Some(self.limit.most) {
            let mut over = self.limit.over.lock().unwrap_or_else(PoisonError::into_inner);
            over.push((task, step.to_owned()));
            self.limit.told.notify_waiters();
        }
        Execution { recorder: self.clone(), task, step: step.to_owned(), attempt, ended: false }
    }

    /// Notes that a worker died that had this.
    pub(super) fn lost(&self, Lost { task, step, attempt }: &Lost) {
        self.note(*task, step, *attempt, Change::Lost);
    }

    /// What happened in a task, by the time since its creation.
    pub(super) fn trace(&self, task: TaskId, created_at: Timestamp) -> Trace {
        let notes = self.notes();
        let moments = notes.iter().filter(|note| note.task == task).map(|note| Moment {
            at: note.at.since(created_at),
            step: note.step.clone(),
            attempt: note.attempt,
            change: note.change.clone(),
        });
        Trace(moments.collect())
    }
}

/// An execution that has begun. Dropped before its end, it was stopped or has panicked.
pub(super) struct Execution {
    recorder: Recorder,
    task: TaskId,
    step: String,
    attempt: Attempt,
    ended: bool,
}

impl Execution {
    pub(super) fn end(mut self, ended: &Result<Ended, StepError>) {
        self.ended = true;
        let change = match ended {
            Ok(Ended::Complete(_)) => Change::Completed,
            Ok(Ended::Skipped) => Change::Skipped,
            Err(error) => Change::Failed(error.clone()),
        };
        self.recorder.note(self.task, &self.step, self.attempt, change);
    }
}

impl Drop for Execution {
    fn drop(&mut self) {
        if !self.ended {
            let change = if std::thread::panicking() { Change::Panicked } else { Change::Stopped };
            self.recorder.note(self.task, &self.step, self.attempt, change);
        }
    }
}
