//! What operators do: each is one order, which the store follows or refuses, and which stands in the history with who wanted it and why.

mod bulk;
mod error;
mod step;
mod workflow;

use std::fmt;
use std::pin::Pin;

pub use bulk::{Bulk, BulkError, OperateTasks, StepOfTasks};
pub use error::OperatorError;
use serde_json::Value;
use step::Given;
pub use step::StepHandle;
pub use workflow::{OperateWorkflow, WorkflowHandle};

use super::handle::near_step;
use super::{Client, ResultError, TaskHandle};
use crate::TaskId;
use crate::store::{Action, Happened, Operated, Order, StepAction, StoreError};
use crate::trace;

/// Something that an operator wants; it is done when it is awaited.
///
/// ```
/// # use tasker_core::{TaskHandle, OperatorError};
/// # async fn stop(task: TaskHandle) -> Result<(), OperatorError> {
/// task.cancel().by("ada@example.com").because("ordered twice").await?;
/// # Ok(())
/// # }
/// ```
#[must_use = "nothing is done before this is awaited"]
pub struct Operate {
    client: Client,
    order: Result<Order, OperatorError>,
    /// What has to fit before it is asked for.
    check: Option<(Given, Value)>,
}

impl fmt::Debug for Operate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Operate({:?})", self.order)
    }
}

impl Operate {
    fn new(client: &Client, order: Result<Order, OperatorError>) -> Self {
        Self { client: client.clone(), order, check: None }
    }

    /// Says who wants it: 1 to 128 printable characters, which stand in the [history](TaskHandle::history).
    pub fn by(mut self, who: impl Into<String>) -> Self {
        self.order = self.order.map(|order| Order { by: Some(who.into()), ..order });
        self
    }

    /// Says why: 1 to 1,000 characters, printable or those of lines and tabs, which stand in the [history](TaskHandle::history).
    pub fn because(mut self, reason: impl Into<String>) -> Self {
        self.order = self.order.map(|order| Order { reason: Some(reason.into()), ..order });
        self
    }

    async fn follow(self) -> Result<(), OperatorError> {
        let mut order = self.order?;
        check_texts(order.by.as_deref(), order.reason.as_deref())?;
        if let (Some((given, value)), Action::Step(step, action)) = (&self.check, &mut order.action) {
            match self.client.fit(order.task, step, *given, value).await? {
                Ok(Some(inputs)) => *action = StepAction::Inputs(inputs),
                Ok(None) => {}
                Err(violations) => {
                    let step = step.clone();
                    return Err(OperatorError::DoesNotFit { task: order.task, step, violations });
                }
            }
        }
        let operated = self.client.0.store.operate(std::slice::from_ref(&order)).await?;
        match operated.first() {
            Some(operated @ (Operated::Done | Operated::Unchanged)) => {
                if *operated == Operated::Done {
                    self.client.done(&order.action, &[order.task]);
                }
                self.client.tell_of(&order.action, &[order.task]);
                Ok(())
            }
            Some(Operated::NoStep) => {
                let help = self.client.steps_near(&[order.task], order.action.step()).await;
                Err(OperatorError::no_step(&order, help.into_iter().next()))
            }
            Some(refused) => Err(OperatorError::of(&order, *refused)),
            None => Err(StoreError::Corrupt("an order was left unanswered".to_owned()).into()),
        }
    }
}

impl IntoFuture for Operate {
    type Output = Result<(), OperatorError>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.follow())
    }
}

impl Client {
    /// For each of these tasks, which have no such step, what may have been meant; as far as the store answers.
    async fn steps_near(&self, tasks: &[TaskId], step: &str) -> Vec<String> {
        // That there is no such step is known, and is worth more than why the rest is not.
        let statuses = self.0.store.statuses(tasks).await.unwrap_or_default();
        statuses.into_iter().map_while(|status| status.map(|status| near_step(step, &status))).collect()
    }

    /// An operator did this to these tasks.
    fn done(&self, action: &Action, tasks: &[TaskId]) {
        self.0.metrics.ordered(action, tasks.len());
        match action {
            Action::Cancel | Action::Resolve | Action::Step(..) => {
                trace::may_have_ended(&self.0.store, tasks, false);
            }
            Action::Pause | Action::Retry | Action::Resume => {}
        }
    }

    /// Tells the engine and who waits here what orders may have brought.
    fn tell_of(&self, action: &Action, tasks: &[TaskId]) {
        match action {
            Action::Pause => return,
            // What it runs may have been taken from it.
            Action::Cancel => self.0.look.notify_one(),
            Action::Step(..) => {
                self.0.look.notify_one();
                self.0.wake.notify_one();
            }
            Action::Retry | Action::Resolve | Action::Resume => self.0.wake.notify_one(),
        }
        self.0.waiters.ended(tasks);
    }
}

/// Whether it can stand in the history who wants something, and why.
fn check_texts(by: Option<&str>, reason: Option<&str>) -> Result<(), OperatorError> {
    check_text("who wants it", by, 128, &[])?;
    check_text("the reason", reason, 1_000, &['\n', '\t'])
}

fn check_text(
    what: &'static str,
    text: Option<&str>,
    most: usize,
    allowed: &[char],
) -> Result<(), OperatorError> {
    let Some(text) = text else { return Ok(()) };
    let length = text.chars().count();
    if !(1..=most).contains(&length) {
        return Err(OperatorError::Length { what, length, most });
    }
    match text.chars().find(|character| character.is_control() && !allowed.contains(character)) {
        Some(character) => Err(OperatorError::NotPrintable { what, character }),
        None => Ok(()),
    }
}

impl<W> TaskHandle<W> {
    /// Cancels the task: no step of it begins any more. Steps that run are told to stop through [`Cancelled`](crate::Cancelled), here at
    /// once and in other processes within a heartbeat, and dropped a second later; whatever they return, nothing is recorded. What
    /// they did elsewhere is not undone. A task that is cancelled already stays so.
    ///
    /// # Errors
    /// When the task has ended otherwise, does not exist, or the store does not answer.
    pub fn cancel(&self) -> Operate {
        self.order(Action::Cancel)
    }

    /// Runs the failed steps of a task in error again, with all their attempts. Steps that are complete stay so. A pause ends
    /// with it.
    ///
    /// # Errors
    /// When the task is not in error, does not exist, or the store does not answer.
    pub fn retry(&self) -> Operate {
        self.order(Action::Retry)
    }

    /// Declares a task in error done, as it is: what of it failed was seen to by hand. Nothing of it runs any more.
    ///
    /// # Errors
    /// When the task is not in error, does not exist, or the store does not answer.
    pub fn resolve(&self) -> Operate {
        self.order(Action::Resolve)
    }

    /// Lets no further step of the task begin, until it is resumed. Steps that run come to their end. A task that is paused already
    /// stays so.
    ///
    /// # Errors
    /// When the task has ended, does not exist, or the store does not answer.
    pub fn pause(&self) -> Operate {
        self.order(Action::Pause)
    }

    /// Lets a paused task go on. A task that is not paused goes on as it did.
    ///
    /// # Errors
    /// When the task has ended, does not exist, or the store does not answer.
    pub fn resume(&self) -> Operate {
        self.order(Action::Resume)
    }

    /// What happened to the task, in order: what became of it and of its steps, and what operators did, with who and why. Each shows
    /// itself as a line.
    ///
    /// ```
    /// # async fn tell(task: tasker_core::TaskHandle) -> Result<(), tasker_core::ResultError> {
    /// for happened in task.history().await? {
    ///     println!("{happened}"); // 2026-11-22T08:30:00.000250Z step `charge`: pending → in_progress, attempt 1, worker …
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// When there is no such task, or the store does not answer.
    pub async fn history(&self) -> Result<Vec<Happened>, ResultError> {
        let history = self.client.0.store.history(self.id()).await?;
        self.or_no_task(history).await
    }

    fn order(&self, action: Action) -> Operate {
        Operate::new(&self.client, Ok(Order::new(self.id(), action)))
    }
}

impl OperatorError {
    fn of(order: &Order, refused: Operated) -> Self {
        let (task, action) = (order.task, order.action.clone());
        let step = action.step().to_owned();
        match refused {
            Operated::Refused(state) => Self::Refused { task, state, action },
            Operated::RefusedStep(state) => Self::RefusedStep { task, step, state, action },
            Operated::NotSkippable => Self::NotSkippable { task, step },
            Operated::NothingFailed => Self::NothingFailed(task),
            Operated::NoStep => Self::no_step(order, None),
            Operated::Done | Operated::Unchanged | Operated::NoTask => Self::NoTask(task),
        }
    }
    fn no_step(order: &Order, help: Option<String>) -> Self {
        let help = help.unwrap_or_else(|| "; its status lists the steps that it has".to_owned());
        Self::NoStep { task: order.task, step: order.action.step().to_owned(), help }
    }
}
