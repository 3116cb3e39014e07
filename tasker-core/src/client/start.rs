mod error;
mod wish;

use std::future::{Future, IntoFuture};
use std::marker::PhantomData;
use std::pin::Pin;
use std::sync::Arc;

use serde_json::Value;

pub use error::StartError;
pub(super) use wish::{Conflict, Duplicate, Wish};

use super::{Client, Prepared, TaskHandle};
use crate::registry::Registration;
use crate::schema::{Refusal, Violation};
use crate::{DefinitionId, Timestamp, TraceParent};

/// A task about to be started; await it.
///
/// ```
/// # use tasker_core::{Start, StartError, TaskHandle};
/// # async fn start(order: Start<()>) -> Result<TaskHandle, StartError> {
/// order.initiator("ada@example.com").source_system("web shop").reason("paid").tags(["vip", "eu"]).await
/// # }
/// ```
#[must_use = "a task is started when this is awaited"]
pub struct Start<W> {
    client: Client,
    registration: Result<(DefinitionId, Arc<Registration>), StartError>,
    context: Result<Value, String>,
    wish: Wish,
    workflow: PhantomData<fn() -> W>,
}

impl<W> Start<W> {
    pub(super) fn new(
        client: Client,
        registration: Result<(DefinitionId, Arc<Registration>), StartError>,
        context: Result<Value, String>,
        wish: Wish,
    ) -> Self {
        Self { client, registration, context, wish, workflow: PhantomData }
    }

    /// Starts the task at most once: if a task of the same namespace and name (at any version) has this key, that one is
    /// returned, whatever its context and state, and [`TaskHandle::is_new`] is false; [`or_conflict`](Self::or_conflict) makes that an
    /// error. A key has 1 to 255 characters. It stands in the place of what the [`Identity`](crate::Identity) of the Tasker makes.
    pub fn idempotency_key(mut self, key: impl Into<String>) -> Self {
        self.wish.key = Some(key.into());
        self
    }

    /// If the same was asked for before, returns the task that there is. That is so anyway with a key that was
    /// [given](Self::idempotency_key), and not with one that the [`Identity`](crate::Identity) of the Tasker made.
    pub fn or_existing(mut self) -> Self {
        self.wish.duplicate = Some(Duplicate::Existing);
        self
    }

    /// If the same was asked for before, fails with [`StartError::Conflict`], which names the task that there is. That is so anyway
    /// with a key that the [`Identity`](crate::Identity) of the Tasker made, and not with one that was
    /// [given](Self::idempotency_key).
    pub fn or_conflict(mut self) -> Self {
        self.wish.duplicate = Some(Duplicate::Conflict);
        self
    }

    /// Lets the steps of tasks with a higher priority go first. Default: 0.
    pub fn priority(mut self, priority: i16) -> Self {
        self.wish.priority = priority;
        self
    }

    /// Says who asks for the task: 1 to 128 printable characters. It reads as `unknown` if it is not said.
    pub fn initiator(mut self, initiator: impl Into<String>) -> Self {
        self.wish.attributes.initiator = Some(initiator.into());
        self
    }

    /// Says which system asks for the task: 1 to 128 printable characters. It reads as `unknown` if it is not said.
    pub fn source_system(mut self, system: impl Into<String>) -> Self {
        self.wish.attributes.source_system = Some(system.into());
        self
    }

    /// Says why the task is asked for: 1 to 128 printable characters. It reads as `unknown` if it is not said.
    pub fn reason(mut self, reason: impl Into<String>) -> Self {
        self.wish.attributes.reason = Some(reason.into());
        self
    }

    /// Adds tags, by which [`Tasker::tasks`](crate::Tasker::tasks) finds the task: at most 50, each of 1 to 64 printable characters. One
    /// that is given twice counts once.
    pub fn tags(mut self, tags: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.wish.attributes.tags.extend(tags.into_iter().map(Into::into));
        self
    }

    /// Passes over these steps from the start: they are recorded as skipped, and what depends on them runs. Each of them has to be one
    /// that may be skipped.
    pub fn bypass<'a>(mut self, steps: impl IntoIterator<Item = &'a str>) -> Self {
        self.wish.bypass.extend(steps.into_iter().map(str::to_owned));
        self
    }

    /// Says when the task was asked for. Default: when it is created. Nothing waits for that moment.
    pub fn requested_at(mut self, moment: Timestamp) -> Self {
        self.wish.attributes.requested_at = Some(moment);
        self
    }

    /// Says what the task shares with the request that it comes from: 1 to 100 letters, digits, `-` and `_` of ASCII, of which the first is a
    /// letter or a digit. It is stored with the task, stands in its events, logs and reports, goes along with the calls of its API steps, and
    /// [finds](crate::Tasks::correlation_id) the task.
    ///
    /// Default: where a step starts the task, or a durable subscriber that takes an event, what theirs is; everywhere else, the id of the
    /// task. So all that comes of one request has one correlation id, if only its first task was given it, or none was. What a step spawns
    /// (`tokio::spawn`) is no part of it any more; there the step has to hand over its [`CorrelationId`](crate::CorrelationId).
    pub fn correlation_id(mut self, id: impl Into<String>) -> Self {
        self.wish.attributes.correlation_id = Some(id.into());
        self
    }

    /// Says which span of a trace asks for the task. It is stored with the task, stands in its events, and goes along with the calls of its API
    /// steps, so that others can go on with the trace. With the feature `otel`, the spans of the task are below it.
    ///
    /// Default: where a step starts the task, or a durable subscriber that takes an event, what theirs is. With the feature `otel`, it is the
    /// start of the task itself, which is a child of the span that is current then.
    pub fn traceparent(mut self, parent: TraceParent) -> Self {
        self.wish.attributes.traceparent = Some(parent.to_string());
        self
    }

    /// Checks the task and leaves it to a store to create it, in a transaction of the application. What uses this is a
    /// function of a store, as [`Prepared`] says; an application calls that function.
    ///
    /// # Errors
    /// As when the task is started, except for those of the store.
    pub fn prepare(self) -> Result<Prepared<W>, StartError> {
        let (task, conflict) = self.wish.task(&self.client, self.registration, self.context)?;
        Ok(Prepared::new(self.client, task, conflict))
    }

    async fn create(self) -> Result<TaskHandle<W>, StartError> {
        let client = self.client.clone();
        let (task, conflict) = self.wish.task(&client, self.registration, self.context)?;
        let workflow = Arc::clone(&task.workflow);
        let created = client.0.create.ask(task).await?;
        conflict.check(created, workflow.id())?;
        client.0.wake.notify_one();
        Ok(TaskHandle::new(client, created))
    }
}

/// The context as it is stored, if it fits the workflow and is not too large.
fn check(
    registration: &Registration,
    context: Result<Value, String>,
    limit: usize,
) -> Result<crate::Json, StartError> {
    let workflow = || registration.workflow.id().clone();
    let invalid = |violations| StartError::InvalidContext { workflow: workflow(), violations };
    let whole = |message: String| invalid(vec![Violation { path: String::new(), message }]);
    let context = context.map_err(whole)?;
    registration.accept(context, limit).map_err(|refusal| match refusal {
        Refusal::Violations(violations) => invalid(violations),
        Refusal::TooLarge(size) => StartError::TooLarge { workflow: workflow(), size, limit },
    })
}

impl<W: 'static> IntoFuture for Start<W> {
    type Output = Result<TaskHandle<W>, StartError>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.create())
    }
}
