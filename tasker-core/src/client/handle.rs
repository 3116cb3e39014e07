use std::fmt;
use std::marker::PhantomData;
use std::time::Duration;

use serde_json::Value;
use tasker_rules::suggest::{did_you_mean, quoted};

use super::Client;
use crate::report::TaskSnapshot;
use crate::step::{BoxFuture, Payload, Returned, StepOf, StepResult, Workflow};
use crate::store::{Created, RecordKind, Recorded, StoreError, TaskAnnotation, TaskStatus};
use crate::{Annotation, Event, Json, TaskId, TaskState, Violation};

/// How long a wait lasts before it looks whether another process ended the task; it doubles with each look.
const SHORTEST_POLL: Duration = Duration::from_millis(20);

/// A task that exists. It is only a name: dropping it changes nothing.
///
/// `W` is the workflow, where it is known; then results can be read by type.
pub struct TaskHandle<W = ()> {
    pub(super) client: Client,
    created: Created,
    /// Whether the task was written in a transaction of the application, of whose end the engine is not told.
    committed_later: bool,
    workflow: PhantomData<fn() -> W>,
}

impl<W> Clone for TaskHandle<W> {
    fn clone(&self) -> Self {
        Self { client: self.client.clone(), ..*self }
    }
}

impl<W> fmt::Debug for TaskHandle<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TaskHandle({})", self.id())
    }
}

/// Why the status or a result of a task cannot be told.
#[derive(Clone, thiserror::Error)]
pub enum ResultError {
    /// The store has no such task.
    #[error("there is no task {0}")]
    NoTask(TaskId),
    /// The task has no step of that name.
    #[error("task {task} has no step `{step}`{help}")]
    NoStep {
        /// The task.
        task: TaskId,
        /// The name that was asked for.
        step: String,
        /// What may have been meant.
        help: String,
    },
    /// The stored result is not one of the type asked for: the task was run by another version of the code.
    #[error("the result of step `{step}` of task {task} does not fit its type: {reason}")]
    DoesNotFit {
        /// The task.
        task: TaskId,
        /// The step.
        step: String,
        /// What does not fit.
        reason: String,
    },
    /// A stored event or annotation is not one of the type asked for: it was written by another version of the code.
    #[error("the {kind} `{name}` of step `{step}` of task {task} does not fit its type: {reason}")]
    RecordDoesNotFit {
        /// The task.
        task: TaskId,
        /// An event or an annotation.
        kind: RecordKind,
        /// Its name.
        name: String,
        /// The step that wrote it.
        step: String,
        /// What does not fit.
        reason: String,
    },
    /// A stored annotation that no step made is not one of the type asked for.
    #[error("the annotation `{name}` of task {task}, which no step made, does not fit its type: {reason}")]
    AnnotationDoesNotFit {
        /// The task.
        task: TaskId,
        /// Its name.
        name: String,
        /// What does not fit.
        reason: String,
    },
    /// The store did not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl<W> TaskHandle<W> {
    pub(super) fn new(client: Client, created: Created) -> Self {
        Self { client, created, committed_later: false, workflow: PhantomData }
    }

    pub(super) fn committed_later(self) -> Self {
        Self { committed_later: true, ..self }
    }

    /// The id of the task.
    #[must_use]
    pub fn id(&self) -> TaskId {
        self.created.task()
    }

    /// Whether this call started it; false if there was one with the same key, or if the handle was looked up.
    #[must_use]
    pub fn is_new(&self) -> bool {
        matches!(self.created, Created::New(_))
    }

    /// The task with all its steps, as recorded now.
    ///
    /// # Errors
    /// When there is no such task, or the store does not answer.
    pub async fn status(&self) -> Result<TaskStatus, ResultError> {
        self.client.0.statuses.ask(self.id()).await?.ok_or(ResultError::NoTask(self.id()))
    }

    /// The task with its graph and its times, as recorded now: what reports and drawings of it are made of.
    ///
    /// ```
    /// # async fn look(task: tasker_core::TaskHandle) -> Result<(), tasker_core::ResultError> {
    /// let task = task.snapshot().await?;
    /// println!("{:?}", task.execution().waiting_because);
    /// println!("{}", tasker_core::diagram::Diagram::of_task(&task).mermaid());
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// When there is no such task, or the store does not answer.
    pub async fn snapshot(&self) -> Result<TaskSnapshot, ResultError> {
        let snapshots = self.client.0.store.snapshots(&[self.id()]).await?;
        snapshots.into_iter().next().flatten().ok_or(ResultError::NoTask(self.id()))
    }

    /// Where the task stands.
    ///
    /// # Errors
    /// When there is no such task, or the store does not answer.
    pub async fn state(&self) -> Result<TaskState, ResultError> {
        self.client.0.states.ask(self.id()).await?.ok_or(ResultError::NoTask(self.id()))
    }

    /// Waits until the task has ended, in whatever process, and returns how.
    ///
    /// A handle does not keep the engine alive: when the last [`Tasker`](crate::Tasker) of this process is dropped or shut down, and no
    /// other process runs the workflow, the task does not end and neither does the wait.
    ///
    /// # Errors
    /// When there is no such task; one that is started in a transaction of the application is none before the commit. A store that does
    /// not answer for a while is waited for, too.
    pub async fn wait(&self) -> Result<TaskStatus, ResultError> {
        if self.committed_later {
            self.client.0.wake.notify_one();
        }
        // Registered before the look, so that an end in between is not missed.
        let waiting = self.client.0.waiters.register(self.id());
        let mut wait = SHORTEST_POLL.min(self.client.0.poll);
        loop {
            match self.status_if_ended(waiting.was_ended()).await {
                Ok(Some(status)) => return Ok(status),
                Ok(None) => {}
                Err(ResultError::Store(error)) if error.is_transient() => {
                    tracing::warn!(task = %self.id(), %error, "cannot tell whether the task has ended; asking again");
                }
                Err(error) => return Err(error),
            }
            tokio::select! {
                () = waiting.told() => {}
                () = tokio::time::sleep(wait) => wait = (wait * 2).min(self.client.0.poll),
            }
        }
    }

    /// Its state costs less than its status, where it is not known that it has ended.
    async fn status_if_ended(&self, has_ended: bool) -> Result<Option<TaskStatus>, ResultError> {
        if !has_ended && !self.state().await?.has_ended() {
            return Ok(None);
        }
        // An operator may have opened it again.
        self.status().await.map(|status| status.state.has_ended().then_some(status))
    }

    /// The recorded result of a step, by its stored name; `None` until it is complete, and where it was skipped.
    ///
    /// # Errors
    /// When the task has no such step, or does not exist, which is asked only where there is no result; when what is stored is no JSON, or
    /// the store does not answer.
    pub async fn result(&self, step: &str) -> Result<Option<Value>, ResultError> {
        if let Some(json) = self.stored_result(step).await? {
            return json.read().map(Some).map_err(|violation| self.does_not_fit(step, &violation));
        }
        let status = self.status().await?;
        if status.step(step).is_some() { Ok(None) } else { Err(self.no_step(step, &status)) }
    }

    fn no_step(&self, step: &str, status: &TaskStatus) -> ResultError {
        ResultError::NoStep { task: self.id(), step: step.to_owned(), help: near_step(step, status) }
    }

    pub(crate) async fn stored_result(&self, step: &str) -> Result<Option<Json>, StoreError> {
        self.client.0.store.result(self.id(), step).await
    }

    /// The events of one type that the steps of the task published, in the order in which they were recorded.
    ///
    /// # Errors
    /// When a stored event does not fit the type, there is no such task, or the store does not answer.
    pub async fn events<E: Event>(&self) -> Result<Vec<E>, ResultError> {
        let records = self.records().await?;
        let events = records.iter().filter(|record| is(record, RecordKind::Event, E::NAME));
        events.map(|record| self.parse(record)).collect()
    }

    /// The annotation of one type, as it was set last, by a step or by [`annotate`](Self::annotate); `None` until one was.
    ///
    /// # Errors
    /// When the stored annotation does not fit the type, there is no such task, or the store does not answer.
    pub async fn annotation<A: Annotation>(&self) -> Result<Option<A>, ResultError> {
        let annotations = self.annotations().await?;
        let last = annotations.iter().rfind(|annotation| annotation.name == A::NAME);
        let parse = |annotation: &TaskAnnotation| {
            annotation.payload.read().map_err(|violation| match annotation.step.clone() {
                Some(step) => self.record_does_not_fit(RecordKind::Annotation, A::NAME, step, violation),
                None => ResultError::AnnotationDoesNotFit {
                    task: self.id(),
                    name: A::NAME.to_owned(),
                    reason: violation.under(A::NAME).to_string(),
                },
            })
        };
        last.map(parse).transpose()
    }

    /// All events and annotations that the steps of the task wrote, as they are stored, in the order in which they were recorded.
    ///
    /// # Errors
    /// When there is no such task, or the store does not answer.
    pub async fn records(&self) -> Result<Vec<Recorded>, ResultError> {
        let records = self.client.0.store.records(self.id()).await?;
        self.or_no_task(records).await
    }

    /// What there is of the task, and an error where that is nothing because there is no such task.
    pub(super) async fn or_no_task<T>(&self, found: Vec<T>) -> Result<Vec<T>, ResultError> {
        if found.is_empty() {
            self.state().await?;
        }
        Ok(found)
    }

    fn parse<T: Payload>(&self, record: &Recorded) -> Result<T, ResultError> {
        let unfit =
            |violation| self.record_does_not_fit(record.kind, &record.name, record.step.clone(), violation);
        record.payload.read().map_err(unfit)
    }

    fn record_does_not_fit(
        &self,
        kind: RecordKind,
        name: &str,
        step: String,
        violation: Violation,
    ) -> ResultError {
        let (task, name, reason) = (self.id(), name.to_owned(), violation.under(name).to_string());
        ResultError::RecordDoesNotFit { task, kind, name, step, reason }
    }

    fn does_not_fit(&self, step: &str, violation: &Violation) -> ResultError {
        ResultError::DoesNotFit { task: self.id(), step: step.to_owned(), reason: violation.to_string() }
    }
}

/// What may have been meant by the name of a step that the task does not have, or else which steps it has.
pub(super) fn near_step(step: &str, status: &TaskStatus) -> String {
    let names = status.steps.iter().map(|step| step.name.as_str());
    match did_you_mean(step, names.clone()) {
        none if none.is_empty() => format!("; its steps are {}", quoted(names)),
        near => near,
    }
}

fn is(record: &Recorded, kind: RecordKind, name: &str) -> bool {
    record.kind == kind && record.name == name
}

impl<W: Workflow> TaskHandle<W> {
    /// The recorded result of a step, by its type: `task.output::<order::create_order>()`; `None` until it is complete, and where it was
    /// skipped.
    ///
    /// # Errors
    /// When the stored result does not fit the type, or the store does not answer.
    #[must_use]
    // With a named type, because rustc would say of an `async fn` three times that something is not a step of the workflow.
    pub fn output<S: StepOf<W>>(&self) -> BoxFuture<'_, Result<Option<Returned<S>>, ResultError>> {
        Box::pin(async move {
            let stored = self.stored_result(S::NAME).await?;
            stored
                .map(|json| {
                    S::Returned::from_json(&json).map_err(|violation| self.does_not_fit(S::NAME, &violation))
                })
                .transpose()
        })
    }
}
