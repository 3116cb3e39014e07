use std::future::{Future, IntoFuture};
use std::pin::Pin;
use std::sync::Arc;

use super::start::{Conflict, Wish};
use super::{Client, StartError, TaskHandle, create_tasks};
use crate::registry::Registration;
use crate::store::NewTask;
use crate::{DefinitionId, TaskId, Timestamp, TraceParent, Workflow};

/// How many tasks are created in one transaction, and checked without letting others run.
const AT_ONCE: usize = 1_000;

/// Many tasks of one workflow about to be started; await them.
#[must_use = "the tasks are started when this is awaited"]
pub struct StartMany<W: Workflow> {
    client: Client,
    registration: Result<(DefinitionId, Arc<Registration>), StartError>,
    contexts: Vec<W::Context>,
    idempotency_keys: Option<Vec<String>>,
    /// Of each of them, the key left aside.
    wish: Wish,
}

impl<W: Workflow> StartMany<W> {
    pub(super) fn new(
        client: Client,
        registration: Result<(DefinitionId, Arc<Registration>), StartError>,
        contexts: Vec<W::Context>,
    ) -> Self {
        Self { client, registration, contexts, idempotency_keys: None, wish: Wish::default() }
    }

    /// Starts each task at most once, by a key made of its context: see [`Start::idempotency_key`](crate::Start::idempotency_key).
    pub fn idempotency_keys(mut self, key: impl FnMut(&W::Context) -> String) -> Self {
        self.idempotency_keys = Some(self.contexts.iter().map(key).collect());
        self
    }

    /// Lets the steps of tasks with a higher priority go first. Default: 0.
    pub fn priority(mut self, priority: i16) -> Self {
        self.wish.priority = priority;
        self
    }

    /// Says who asks for the tasks: see [`Start::initiator`](crate::Start::initiator).
    pub fn initiator(mut self, initiator: impl Into<String>) -> Self {
        self.wish.attributes.initiator = Some(initiator.into());
        self
    }

    /// Says which system asks for the tasks: see [`Start::source_system`](crate::Start::source_system).
    pub fn source_system(mut self, system: impl Into<String>) -> Self {
        self.wish.attributes.source_system = Some(system.into());
        self
    }

    /// Says why the tasks are asked for: see [`Start::reason`](crate::Start::reason).
    pub fn reason(mut self, reason: impl Into<String>) -> Self {
        self.wish.attributes.reason = Some(reason.into());
        self
    }

    /// Adds tags to each of the tasks: see [`Start::tags`](crate::Start::tags).
    pub fn tags(mut self, tags: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.wish.attributes.tags.extend(tags.into_iter().map(Into::into));
        self
    }

    /// Passes over these steps of each of the tasks from the start: see [`Start::bypass`](crate::Start::bypass).
    pub fn bypass<'a>(mut self, steps: impl IntoIterator<Item = &'a str>) -> Self {
        self.wish.bypass.extend(steps.into_iter().map(str::to_owned));
        self
    }

    /// Says what the tasks share with the request that they come from: see [`Start::correlation_id`](crate::Start::correlation_id).
    pub fn correlation_id(mut self, id: impl Into<String>) -> Self {
        self.wish.attributes.correlation_id = Some(id.into());
        self
    }

    /// Says which span of a trace asks for the tasks: see [`Start::traceparent`](crate::Start::traceparent).
    pub fn traceparent(mut self, parent: TraceParent) -> Self {
        self.wish.attributes.traceparent = Some(parent.to_string());
        self
    }

    /// Says when the tasks were asked for: see [`Start::requested_at`](crate::Start::requested_at).
    pub fn requested_at(mut self, moment: Timestamp) -> Self {
        self.wish.attributes.requested_at = Some(moment);
        self
    }

    async fn create(self) -> Result<Vec<TaskHandle<W>>, StartError> {
        let Self { client, registration, contexts, idempotency_keys, wish } = self;
        let (definition, registration) = registration?;
        wish.check_request(&registration.workflow)?;
        let mut keys = idempotency_keys.into_iter().flatten();
        let mut checked = Checked::new(contexts.len());
        for context in contexts {
            let context = serde_json::to_value(&context).map_err(|error| error.to_string());
            let wish = Wish { key: keys.next(), ..wish.clone() };
            let task = wish.check_key();
            checked.add(task.and_then(|()| wish.task_of(&client, definition, &registration, context))).await;
        }
        create_all(client, &checked.tasks()?).await
    }
}

/// Tasks that were checked, and what is wrong with those that cannot be started.
pub(super) struct Checked {
    tasks: Vec<NewTask>,
    mistakes: Vec<(usize, StartError)>,
    mistaken: usize,
    position: usize,
}

impl Checked {
    pub(super) fn new(tasks: usize) -> Self {
        Self { tasks: Vec::with_capacity(tasks), mistakes: Vec::new(), mistaken: 0, position: 0 }
    }

    /// Takes the next one. Of many, one that there is already is returned, whatever is usual.
    pub(super) async fn add(&mut self, task: Result<(NewTask, Conflict), StartError>) {
        const MOST: usize = 100;
        match task {
            Ok((task, _)) if self.mistaken == 0 => self.tasks.push(task),
            Ok(_) => {}
            Err(cause) => {
                // None will be stored.
                self.tasks = Vec::new();
                self.mistaken += 1;
                if self.mistakes.len() < MOST {
                    self.mistakes.push((self.position, cause));
                }
            }
        }
        self.position += 1;
        if self.position.is_multiple_of(AT_ONCE) {
            tokio::task::yield_now().await;
        }
    }

    pub(super) fn tasks(self) -> Result<Vec<NewTask>, StartError> {
        match self.mistaken {
            0 => Ok(self.tasks),
            count => Err(StartError::Invalid { mistakes: self.mistakes, count }),
        }
    }
}

/// Stores tasks, a thousand in a transaction.
pub(super) async fn create_all<W>(
    client: Client,
    tasks: &[NewTask],
) -> Result<Vec<TaskHandle<W>>, StartError> {
    let mut handles: Vec<TaskHandle<W>> = Vec::with_capacity(tasks.len());
    for tasks in tasks.chunks(AT_ONCE) {
        match create_tasks(&client.0.store, &client.0.metrics, tasks).await {
            Ok(created) => {
                client.0.wake.notify_one();
                handles.extend(created.into_iter().map(|created| TaskHandle::new(client.clone(), created)));
            }
            Err(cause) if handles.is_empty() => return Err(cause.into()),
            Err(cause) => {
                let started: Vec<TaskId> = handles.iter().map(TaskHandle::id).collect();
                return Err(StartError::Partly { started, cause });
            }
        }
    }
    Ok(handles)
}

impl<W: Workflow> IntoFuture for StartMany<W> {
    type Output = Result<Vec<TaskHandle<W>>, StartError>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.create())
    }
}
