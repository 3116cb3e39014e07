use std::future::{Future, IntoFuture};
use std::marker::PhantomData;
use std::pin::Pin;
use std::sync::Arc;

use serde_json::Value;

use super::{Client, Prepared, TaskHandle};
use crate::registry::Registration;
use crate::schema::Violation;
use crate::store::{NewTask, StoreError};
use crate::{DefinitionId, TaskId, WorkflowId};

/// A task about to be started; await it.
#[must_use = "a task is started when this is awaited"]
pub struct Start<W> {
    client: Client,
    registration: Result<(DefinitionId, Arc<Registration>), StartError>,
    context: Result<Value, String>,
    idempotency_key: Option<String>,
    priority: i16,
    workflow: PhantomData<fn() -> W>,
}

/// Why a task was not started. Nothing was stored, unless an error says so or the store's answer was lost.
#[derive(Debug, Clone, thiserror::Error)]
pub enum StartError {
    /// This process knows no such workflow.
    #[error("workflow `{workflow}` is not registered; {}", registered(known))]
    NotRegistered {
        /// What was asked for.
        workflow: WorkflowId,
        /// What is registered.
        known: Vec<String>,
    },
    /// The context does not fit the workflow.
    #[error("the context of `{workflow}` is not valid: {}", list(violations))]
    InvalidContext {
        /// The workflow.
        workflow: WorkflowId,
        /// Every violation.
        violations: Vec<Violation>,
    },
    /// The idempotency key is empty, or longer than 255 characters.
    #[error("the idempotency key `{0}` is not 1 to 255 characters")]
    InvalidKey(String),
    /// The context is larger than `max_payload`.
    #[error(
        "the context of `{workflow}` is {size} bytes of JSON, more than the limit of {limit}; \
             store it elsewhere and start the task with where it is, or raise the limit with `max_payload`"
    )]
    TooLarge {
        /// The workflow.
        workflow: WorkflowId,
        /// The size of the context.
        size: usize,
        /// The limit.
        limit: usize,
    },
    /// One of many tasks cannot be started; none was.
    #[error("task {position} of those to be started, counted from 0: {cause}")]
    Invalid {
        /// Its place among the contexts, from 0.
        position: usize,
        /// What is wrong with it.
        cause: Box<StartError>,
    },
    /// Of many tasks the first were started, then the store failed. The next thousand may exist too, if the store's answer was lost.
    #[error("{} tasks were started, then the store failed: {cause}", started.len())]
    Partly {
        /// The tasks that were started, in the order of their contexts.
        started: Vec<TaskId>,
        /// Why the others were not.
        cause: StoreError,
    },
    /// The store did not take the task.
    #[error(transparent)]
    Store(#[from] StoreError),
}

fn registered(known: &[String]) -> String {
    if known.is_empty() {
        return "no workflow is; call `register` on the builder".to_owned();
    }
    format!(
        "registered are {}",
        known.iter().map(|known| format!("`{known}`")).collect::<Vec<_>>().join(", ")
    )
}

fn list(violations: &[Violation]) -> String {
    violations.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}

impl<W> Start<W> {
    pub(super) fn new(
        client: Client,
        registration: Result<(DefinitionId, Arc<Registration>), StartError>,
        context: Result<Value, String>,
    ) -> Self {
        Self { client, registration, context, idempotency_key: None, priority: 0, workflow: PhantomData }
    }

    /// Starts the task at most once: if a task of the same namespace and name (at any version) has this key, that one is
    /// returned, whatever its context and state, and [`TaskHandle::is_new`] is false. A key has 1 to 255 characters.
    pub fn idempotency_key(mut self, key: impl Into<String>) -> Self {
        self.idempotency_key = Some(key.into());
        self
    }

    /// Lets the steps of tasks with a higher priority go first. Default: 0.
    pub fn priority(mut self, priority: i16) -> Self {
        self.priority = priority;
        self
    }

    /// Checks the task and leaves it to a store to create it, in a transaction of the application. What uses this is a
    /// function of a store, as [`Prepared`] says; an application calls that function.
    ///
    /// # Errors
    /// As when the task is started, except for those of the store.
    pub fn prepare(self) -> Result<Prepared<W>, StartError> {
        let task =
            prepared(&self.client, &self.registration?, self.context, self.idempotency_key, self.priority)?;
        Ok(Prepared::new(self.client, task))
    }

    async fn create(self) -> Result<TaskHandle<W>, StartError> {
        let client = self.client.clone();
        let task = self.prepare()?.into_task();
        let created = client.0.create.ask(task).await?;
        client.0.wake.notify_one();
        Ok(TaskHandle::new(client, created))
    }
}

/// A new task, checked.
pub(super) fn prepared(
    client: &Client,
    (definition, registration): &(DefinitionId, Arc<Registration>),
    context: Result<Value, String>,
    idempotency_key: Option<String>,
    priority: i16,
) -> Result<NewTask, StartError> {
    if let Some(key) = idempotency_key.as_ref().filter(|key| !(1..=255).contains(&key.chars().count())) {
        return Err(StartError::InvalidKey(key.clone()));
    }
    Ok(NewTask {
        id: TaskId::random(),
        definition: *definition,
        workflow: Arc::clone(&registration.workflow),
        idempotency_key,
        context: check(registration, context, client.0.max_payload)?,
        priority,
    })
}

/// The context as it is stored, if it fits the workflow and is not too large.
fn check(
    registration: &Registration,
    context: Result<Value, String>,
    limit: usize,
) -> Result<crate::Json, StartError> {
    let invalid =
        |violations| StartError::InvalidContext { workflow: registration.workflow.id().clone(), violations };
    let whole = |message: String| invalid(vec![Violation { path: String::new(), message }]);
    let context = context.map_err(whole)?;
    let context = registration.accept(context).map_err(invalid)?;
    let size = context.as_str().len();
    if size > limit {
        return Err(StartError::TooLarge { workflow: registration.workflow.id().clone(), size, limit });
    }
    Ok(context)
}

impl<W: 'static> IntoFuture for Start<W> {
    type Output = Result<TaskHandle<W>, StartError>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.create())
    }
}
