//! The orders of operators, one by one.

use tasker::store::{Action, Operated, Order, StepAction, StoreError};
use tasker::{Store, TaskId};

/// What an operator asks of a store.
#[expect(async_fn_in_trait, reason = "tests await them where they are")]
pub trait Operator {
    /// Does something to a task.
    async fn order(&self, task: TaskId, action: Action) -> Result<Operated, StoreError>;

    /// Cancels a task.
    async fn cancel(&self, task: TaskId) -> Result<Operated, StoreError> {
        self.order(task, Action::Cancel).await
    }

    /// Retries a task.
    async fn retry(&self, task: TaskId) -> Result<Operated, StoreError> {
        self.order(task, Action::Retry).await
    }

    /// Pauses a task.
    async fn pause(&self, task: TaskId) -> Result<Operated, StoreError> {
        self.order(task, Action::Pause).await
    }

    /// Resumes a task.
    async fn resume(&self, task: TaskId) -> Result<Operated, StoreError> {
        self.order(task, Action::Resume).await
    }

    /// Does something to a step.
    async fn order_step(&self, task: TaskId, step: &str, action: StepAction) -> Result<Operated, StoreError> {
        self.order(task, Action::Step(step.to_owned(), action)).await
    }
}

impl<S: Store + ?Sized> Operator for S {
    async fn order(&self, task: TaskId, action: Action) -> Result<Operated, StoreError> {
        Ok(self.operate(&[Order::new(task, action)]).await?.remove(0))
    }
}
