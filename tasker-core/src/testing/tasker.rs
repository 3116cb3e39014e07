//! A Tasker for tests, and the tasks that it starts.

use std::fmt;

use super::builder::Builder;
use super::patience;
use super::run::Run;
use super::trace::Recorder;
use crate::{TaskHandle, TaskId, Workflow};

/// An engine in virtual time on an empty store in memory. The module [`testing`](super) says how it is used.
#[derive(Clone)]
pub struct Tasker {
    real: crate::Tasker,
    recorder: Recorder,
    seed: Option<u64>,
}

impl Tasker {
    /// Starts to put one together around the state of an application.
    pub fn builder<A: Send + Sync + 'static>(app: A) -> Builder<A> {
        Builder::new(app)
    }

    pub(super) fn new(real: crate::Tasker, recorder: Recorder, seed: Option<u64>) -> Self {
        Self { real, recorder, seed }
    }

    /// The real one, for all that it can do: start tasks by name, shut down.
    #[must_use]
    pub fn real(&self) -> &crate::Tasker {
        &self.real
    }

    /// Starts a task.
    ///
    /// # Panics
    /// When the workflow is not registered or the context does not fit. A test of that asks the [real](Self::real) one.
    pub async fn start<W: Workflow>(&self, context: W::Context) -> Task<W> {
        match self.real.start::<W>(context).await {
            Ok(handle) => self.task(handle),
            Err(error) => panic!("the task cannot be started: {error}"),
        }
    }

    /// A task that the [real](Self::real) one started.
    #[must_use]
    pub fn task<W>(&self, handle: TaskHandle<W>) -> Task<W> {
        Task { tasker: self.clone(), handle }
    }

    /// Starts a task and lets it run to its end.
    ///
    /// # Panics
    /// As [`start`](Self::start) and [`Task::run_to_end`].
    pub async fn run_to_end<W: Workflow>(&self, context: W::Context) -> Run<W> {
        self.start::<W>(context).await.run_to_end().await
    }
}

impl fmt::Debug for Tasker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tasker").field("seed", &self.seed).finish_non_exhaustive()
    }
}

/// A task of a test. It runs whenever the test waits for something.
pub struct Task<W> {
    tasker: Tasker,
    handle: TaskHandle<W>,
}

impl<W> Task<W> {
    /// The id of the task.
    #[must_use]
    pub fn id(&self) -> TaskId {
        self.handle.id()
    }

    /// What an application holds in its hand: it tells the status before the end, pauses, cancels.
    #[must_use]
    pub fn handle(&self) -> &TaskHandle<W> {
        &self.handle
    }

    /// Lets the task run to its end, well or badly.
    ///
    /// # Panics
    /// When it has not ended after a virtual year: it is parked, or waits for what does not come. The message says for what. A step that is
    /// executed more often than [`most_executions`](super::Builder::most_executions) allows ends the wait as well.
    pub async fn run_to_end(&self) -> Run<W> {
        let status = patience::end_of(&self.handle, &self.tasker.recorder, self.tasker.seed).await;
        Run::read(&self.handle, status, &self.tasker.recorder).await
    }
}

impl<W> fmt::Debug for Task<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Task({})", self.id())
    }
}
