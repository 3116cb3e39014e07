//! One thing that is done to all tasks of a list, each in its own right.
//!
//! The list is read page by page, and the tasks of a page are done before the next one is read; each page begins after the last task of
//! the one before. So it takes as much memory as a page, no transaction is longer than that of a page, and no task is met twice,
//! although what is done decides whether it is still on the list. Whether it can be done to a task is found out under its lock.

mod result;
mod walk;

use std::fmt;
use std::pin::Pin;

use serde::Serialize;
use serde_json::Value;

pub use result::{Bulk, BulkError};

use super::check_texts;
use crate::client::tasks::{QueryError, Tasks};
use crate::step::Step;
use crate::store::{Action, StepAction, TaskFilter, TaskQuery};
use crate::{Json, TaskState};
use walk::{Walk, Wanted};

/// Something that an operator wants to be done to all tasks of a list; it is done when it is awaited, and [`Bulk`] tells to how many.
///
/// Where the list is not narrowed to [states](Tasks::state), it is those tasks to which it can be done at all: `cancel` reaches the open
/// ones, `retry` and `resolve` those in error.
///
/// - Each task is done by itself, as if its [handle](crate::TaskHandle) were asked: as a whole or not at all, durable, and with who and why in its
///   history. That one refuses stops no other.
/// - A task is on the list as it stands when its page is read. Whether it can be done is then looked at again, under a lock.
/// - None is met twice, also if it comes back on the list meanwhile, say because it failed again. Tasks that are started meanwhile are
///   mostly reached if the list begins with the [oldest](Tasks::oldest_first); otherwise hardly ever.
/// - Whoever stops waiting for the end, by dropping this or by a crash, leaves whole tasks done. Asking again does the rest.
///
/// ```
/// # use tasker_core::{MemoryStore, StepError, TaskState, Tasker, workflow};
/// # extern crate tasker_core as tasker;
/// # #[workflow(namespace = "shop", context = u32)]
/// # mod order {
/// #     use super::StepError;
/// #     #[step]
/// #     pub async fn charge(ctx: &u32) -> Result<u32, StepError> { Ok(*ctx) }
/// # }
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let tasker = Tasker::builder(()).store(MemoryStore::new()).register::<order::Workflow>().build().await?;
/// # tasker.shutdown().await;
/// # tasker.start_many::<order::Workflow>(0..300).tags(["spring sale"]).await?;
/// let of_the_sale = || tasker.tasks().workflow::<order::Workflow>().tag("spring sale");
/// let cancel = || of_the_sale().cancel().by("ada").because("the sale was called off");
/// assert_eq!(cancel().total().await?, 300); // a rehearsal
/// let bulk = cancel().await?;
/// assert_eq!((bulk.done, bulk.refused), (300, 0));
/// assert_eq!(of_the_sale().state(TaskState::Cancelled).total().await?, 300);
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
#[must_use = "nothing is done before this is awaited"]
pub struct OperateTasks {
    tasks: Tasks,
    action: Result<Action, BulkError>,
    /// What a step is given, to be checked against its schema.
    given: Option<Value>,
    by: Option<String>,
    reason: Option<String>,
    every_task: bool,
}

impl fmt::Debug for OperateTasks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "OperateTasks({:?}, {:?})", self.action, self.tasks.query.filter)
    }
}

/// A step, by its name, of all tasks of a list.
///
/// ```
/// # async fn mend(tasker: tasker_core::Tasker) -> Result<(), tasker_core::BulkError> {
/// let orders = tasker.tasks().namespace("shop").name("order");
/// let bulk = orders.step("charge").retry().by("ada").because("the gateway is back").await?;
/// println!("{bulk}");
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
#[must_use = "nothing is done before something is asked for"]
pub struct StepOfTasks {
    tasks: Tasks,
    step: String,
}

impl Tasks {
    /// Cancels the tasks of the list, as [`TaskHandle::cancel`](crate::TaskHandle::cancel) does one; [`OperateTasks`] has an example.
    pub fn cancel(self) -> OperateTasks {
        self.operate(Ok(Action::Cancel))
    }

    /// Retries the tasks of the list, as [`TaskHandle::retry`](crate::TaskHandle::retry) does one.
    pub fn retry(self) -> OperateTasks {
        self.operate(Ok(Action::Retry))
    }

    /// Declares the tasks of the list done, as [`TaskHandle::resolve`](crate::TaskHandle::resolve) does one.
    pub fn resolve(self) -> OperateTasks {
        self.operate(Ok(Action::Resolve))
    }

    /// Pauses the tasks of the list, as [`TaskHandle::pause`](crate::TaskHandle::pause) does one. A whole workflow, with the tasks that are
    /// still to come, is paused by [`WorkflowHandle::pause`](crate::WorkflowHandle::pause).
    pub fn pause(self) -> OperateTasks {
        self.operate(Ok(Action::Pause))
    }

    /// Resumes the tasks of the list, as [`TaskHandle::resume`](crate::TaskHandle::resume) does one.
    pub fn resume(self) -> OperateTasks {
        self.operate(Ok(Action::Resume))
    }

    /// A step of each task of the list, by its name. Tasks that have no such step refuse what is asked.
    pub fn step(self, name: impl Into<String>) -> StepOfTasks {
        StepOfTasks { tasks: self, step: name.into() }
    }

    /// A step of each task of the list that is one of its workflow, by its type: `tasks.step_of::<order::charge>()`.
    pub fn step_of<S: Step>(self) -> StepOfTasks {
        self.workflow::<S::Workflow>().step(S::NAME)
    }

    fn operate(self, action: Result<Action, BulkError>) -> OperateTasks {
        OperateTasks { tasks: self, action, given: None, by: None, reason: None, every_task: false }
    }
}

impl StepOfTasks {
    /// Cancels the step in each task, as [`StepHandle::cancel`](crate::StepHandle::cancel) does in one.
    pub fn cancel(self) -> OperateTasks {
        self.operate(StepAction::Cancel)
    }

    /// Retries the step in each task, as [`StepHandle::retry`](crate::StepHandle::retry) does in one. Tasks in which it neither failed nor
    /// waits for its retry refuse.
    pub fn retry(self) -> OperateTasks {
        self.operate(StepAction::Retry)
    }

    /// Passes over the step in each task, as [`StepHandle::skip`](crate::StepHandle::skip) does in one.
    pub fn skip(self) -> OperateTasks {
        self.operate(StepAction::Skip)
    }

    /// Declares the step done in each task, with the same result, as [`StepHandle::resolve`](crate::StepHandle::resolve) does in one.
    /// Tasks whose workflow says that the result is no such refuse.
    pub fn resolve(self, result: impl Serialize) -> OperateTasks {
        let json = serde_json::to_value(&result).and_then(|value| Ok((Json::of(&value)?, value)));
        match json {
            Ok((json, value)) => {
                OperateTasks { given: Some(value), ..self.operate(StepAction::Resolve(json)) }
            }
            Err(error) => {
                let mistake = BulkError::NoJson { step: self.step, reason: error.to_string() };
                self.tasks.operate(Err(mistake))
            }
        }
    }

    fn operate(self, action: StepAction) -> OperateTasks {
        self.tasks.operate(Ok(Action::Step(self.step, action)))
    }
}

impl OperateTasks {
    /// Says who wants it: 1 to 128 printable characters, which stand in the [history](crate::TaskHandle::history) of each task.
    pub fn by(mut self, who: impl Into<String>) -> Self {
        self.by = Some(who.into());
        self
    }

    /// Says why: 1 to 1,000 characters, printable or those of lines and tabs, which stand in the [history](crate::TaskHandle::history) of each task.
    pub fn because(mut self, reason: impl Into<String>) -> Self {
        self.reason = Some(reason.into());
        self
    }

    /// Says that a list which was not narrowed is meant as it is: every task of the store, of whatever workflow. Without it that is
    /// [an error](BulkError::EveryTask).
    pub fn every_task(mut self) -> Self {
        self.every_task = true;
        self
    }

    /// How many tasks it would reach as they stand now: a rehearsal. [`limit`](Tasks::limit) and [`after`](Tasks::after) are left aside.
    ///
    /// # Errors
    /// When something cannot be looked for, or the store does not answer.
    pub async fn total(&self) -> Result<u64, QueryError> {
        let mut tasks = self.tasks.clone();
        if let Ok(action) = &self.action {
            tasks.query.filter = reached(tasks.query.filter, action);
        }
        tasks.total().await
    }

    async fn follow(self) -> Result<Bulk, BulkError> {
        let Self { tasks, action, given, by, reason, every_task } = self;
        let action = action?;
        check_texts(by.as_deref(), reason.as_deref())?;
        tasks.check()?;
        if tasks.query.filter.is_everything() && !every_task {
            return Err(BulkError::EveryTask(action.as_str()));
        }
        if tasks.limit == Some(0) {
            return Err(BulkError::Limit);
        }
        let after = tasks.after.as_ref().map(|cursor| cursor.task(&tasks.query)).transpose();
        let after = after.map_err(QueryError::from)?;
        let filter = reached(tasks.query.filter.clone(), &action);
        if let Some(why) = filter.contradiction() {
            return Err(QueryError::Impossible(why).into());
        }
        let query = TaskQuery { filter, after, ..tasks.query.clone() };
        let mut walk = Walk::new(tasks, query, Wanted { action, given, by, reason });
        match walk.go().await {
            Ok(()) => Ok(walk.bulk),
            Err(cause) => Err(BulkError::Stopped { so_far: Box::new(walk.bulk), cause }),
        }
    }
}

impl IntoFuture for OperateTasks {
    type Output = Result<Bulk, BulkError>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.follow())
    }
}

/// Of the tasks that are looked for those to which it can be done, unless it is said in which states they are. What is cancelled is not
/// cancelled again.
fn reached(mut filter: TaskFilter, action: &Action) -> TaskFilter {
    if filter.states.is_empty() {
        let allowed = action.allowed_tasks().iter().copied();
        filter.states = allowed.filter(|state| *state != TaskState::Cancelled).collect();
    }
    filter
}
