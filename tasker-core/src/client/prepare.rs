use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use super::start::Conflict;
use super::{Client, StartError, TaskHandle};
use crate::store::{Created, NewTask, Store};

/// A task that is checked and not stored yet: what a store needs to create it in a transaction of the application.
///
/// A function of a store, such as one that takes a transaction of its database, prepares the task, makes sure that
/// [`store`](Self::store) is one of its own, writes [`task`](Self::task) as its `create` would, and returns the handle that
/// [`created`](Self::created) makes of the answer. The task exists once the application commits. This process is not told of that: it
/// looks when [`TaskHandle::wait`] is called on that handle after the commit, or at its next poll.
pub struct Prepared<W = ()> {
    client: Client,
    task: NewTask,
    conflict: Conflict,
    workflow: PhantomData<fn() -> W>,
}

impl<W> fmt::Debug for Prepared<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Prepared({})", self.task.id)
    }
}

impl<W> Prepared<W> {
    pub(super) fn new(client: Client, task: NewTask, conflict: Conflict) -> Self {
        Self { client, task, conflict, workflow: PhantomData }
    }

    /// The task as it is to be stored.
    #[must_use]
    pub fn task(&self) -> &NewTask {
        &self.task
    }

    /// The store whose workers are to run it. A store finds out whether it is one of its own with `Any`:
    /// `let store: &dyn Any = &**prepared.store();`.
    #[must_use]
    pub fn store(&self) -> &Arc<dyn Store> {
        &self.client.0.store
    }

    /// The handle of the task, once it was written.
    ///
    /// # Errors
    /// [`StartError::Conflict`] if the same was asked for before, where that is an error; nothing was written then.
    pub fn created(self, created: Created) -> Result<TaskHandle<W>, StartError> {
        self.client.0.metrics.created(std::slice::from_ref(&self.task), &[created]);
        self.conflict.check(created, self.task.workflow.id())?;
        // Most transactions end soon: the engine looks often for a while.
        self.client.0.wake.notify_one();
        Ok(TaskHandle::new(self.client, created).committed_later())
    }
}
