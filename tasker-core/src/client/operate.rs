use std::fmt;

use super::TaskHandle;
use crate::store::{Operated, StoreError};
use crate::{TaskId, TaskState};

/// What an operator can do to a task.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Operation {
    /// [`TaskHandle::cancel`]
    Cancel,
    /// [`TaskHandle::retry`]
    Retry,
    /// [`TaskHandle::pause`]
    Pause,
    /// [`TaskHandle::resume`]
    Resume,
}

impl Operation {
    /// The states of a task in which it can be done.
    #[must_use]
    pub const fn allowed(self) -> &'static [TaskState] {
        match self {
            Self::Cancel => &[TaskState::Pending, TaskState::InProgress, TaskState::Cancelled],
            Self::Retry => &[TaskState::Error],
            Self::Pause | Self::Resume => &[TaskState::Pending, TaskState::InProgress],
        }
    }

    const fn done(self) -> &'static str {
        match self {
            Self::Cancel => "cancelled",
            Self::Retry => "retried",
            Self::Pause => "paused",
            Self::Resume => "resumed",
        }
    }
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Cancel => "cancel",
            Self::Retry => "retry",
            Self::Pause => "pause",
            Self::Resume => "resume",
        })
    }
}

/// Why something was not done to a task.
#[derive(Debug, Clone, thiserror::Error)]
pub enum OperatorError {
    /// The store has no such task.
    #[error("there is no task {0}")]
    NoTask(TaskId),
    /// The task stands in a state in which this cannot be done; nothing changed.
    #[error(
        "task {task} is `{state}` and cannot be {}; that can be done while it is {}",
        action.done(), any_of(allowed)
    )]
    Refused {
        /// The task.
        task: TaskId,
        /// What was to be done.
        action: Operation,
        /// Where the task stands.
        state: TaskState,
        /// Where it would have to stand.
        allowed: &'static [TaskState],
    },
    /// The store did not answer. It may have been done all the same.
    #[error(transparent)]
    Store(#[from] StoreError),
}

fn any_of(states: &[TaskState]) -> String {
    let names: Vec<_> = states.iter().map(|state| format!("`{state}`")).collect();
    names.join(" or ")
}

impl<W> TaskHandle<W> {
    /// Cancels the task: no step of it begins any more. Steps that run are told to stop through [`Cancelled`](crate::Cancelled), here at
    /// once and in other processes within a heartbeat, and dropped a second later; whatever they return, nothing is recorded. What
    /// they did elsewhere is not undone. A task that is cancelled already stays so.
    ///
    /// # Errors
    /// When the task has ended otherwise, does not exist, or the store does not answer.
    pub async fn cancel(&self) -> Result<(), OperatorError> {
        self.check(Operation::Cancel, self.client.0.store.cancel(self.id()).await?)?;
        self.client.0.look.notify_one();
        self.client.0.waiters.ended(&[self.id()]);
        Ok(())
    }

    /// Runs the failed steps of a task in error again, with all their attempts. Steps that are complete stay so. A pause ends
    /// with it.
    ///
    /// # Errors
    /// When the task is not in error, does not exist, or the store does not answer.
    pub async fn retry(&self) -> Result<(), OperatorError> {
        self.check(Operation::Retry, self.client.0.store.retry(self.id()).await?)?;
        self.client.0.wake.notify_one();
        Ok(())
    }

    /// Lets no further step of the task begin, until it is resumed. Steps that run come to their end. A task that is paused already
    /// stays so.
    ///
    /// # Errors
    /// When the task has ended, does not exist, or the store does not answer.
    pub async fn pause(&self) -> Result<(), OperatorError> {
        self.check(Operation::Pause, self.client.0.store.pause(self.id()).await?)
    }

    /// Lets a paused task go on. A task that is not paused goes on as it did.
    ///
    /// # Errors
    /// When the task has ended, does not exist, or the store does not answer.
    pub async fn resume(&self) -> Result<(), OperatorError> {
        self.check(Operation::Resume, self.client.0.store.resume(self.id()).await?)?;
        self.client.0.wake.notify_one();
        Ok(())
    }

    fn check(&self, action: Operation, operated: Operated) -> Result<(), OperatorError> {
        match operated {
            Operated::Done => Ok(()),
            Operated::Refused(state) => {
                Err(OperatorError::Refused { task: self.id(), action, state, allowed: action.allowed() })
            }
            Operated::NoTask => Err(OperatorError::NoTask(self.id())),
        }
    }
}
