use std::future::{Future, IntoFuture};
use std::pin::Pin;
use std::sync::Arc;

use super::start::prepared;
use super::{Client, StartError, TaskHandle};
use crate::registry::Registration;
use crate::store::NewTask;
use crate::{DefinitionId, TaskId, Workflow};

/// How many tasks are created in one transaction, and checked without letting others run.
const AT_ONCE: usize = 1_000;

/// Many tasks about to be started; await them.
#[must_use = "the tasks are started when this is awaited"]
pub struct StartMany<W: Workflow> {
    client: Client,
    registration: Result<(DefinitionId, Arc<Registration>), StartError>,
    contexts: Vec<W::Context>,
    idempotency_keys: Option<Vec<String>>,
    priority: i16,
}

impl<W: Workflow> StartMany<W> {
    pub(super) fn new(
        client: Client,
        registration: Result<(DefinitionId, Arc<Registration>), StartError>,
        contexts: Vec<W::Context>,
    ) -> Self {
        Self { client, registration, contexts, idempotency_keys: None, priority: 0 }
    }

    /// Starts each task at most once, by a key made of its context: see [`Start::idempotency_key`](crate::Start::idempotency_key).
    pub fn idempotency_keys(mut self, key: impl FnMut(&W::Context) -> String) -> Self {
        self.idempotency_keys = Some(self.contexts.iter().map(key).collect());
        self
    }

    /// Lets the steps of tasks with a higher priority go first. Default: 0.
    pub fn priority(mut self, priority: i16) -> Self {
        self.priority = priority;
        self
    }

    async fn create(self) -> Result<Vec<TaskHandle<W>>, StartError> {
        let Self { client, registration, contexts, idempotency_keys, priority } = self;
        let registration = registration?;
        let mut keys = idempotency_keys.into_iter().flatten();
        let mut tasks = Vec::with_capacity(contexts.len());
        for (position, context) in contexts.into_iter().enumerate() {
            let context = serde_json::to_value(&context).map_err(|error| error.to_string());
            let task = prepared(&client, &registration, context, keys.next(), priority);
            tasks.push(task.map_err(|cause| StartError::Invalid { position, cause: Box::new(cause) })?);
            if tasks.len() % AT_ONCE == 0 {
                tokio::task::yield_now().await;
            }
        }
        create_all(client, &tasks).await
    }
}

async fn create_all<W>(client: Client, tasks: &[NewTask]) -> Result<Vec<TaskHandle<W>>, StartError> {
    let mut handles: Vec<TaskHandle<W>> = Vec::with_capacity(tasks.len());
    for tasks in tasks.chunks(AT_ONCE) {
        match client.0.store.create(tasks).await {
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
