use std::fmt;

use crate::TaskId;
use crate::client::operate::OperatorError;
use crate::client::tasks::{Cursor, QueryError};
use crate::store::StoreError;

/// What came of something that was [done to all tasks of a list](crate::OperateTasks).
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct Bulk {
    /// To how many tasks it was done.
    pub done: u64,
    /// How many were so already, and were left as they are.
    pub unchanged: u64,
    /// How many refused it, and were left as they are.
    pub refused: u64,
    /// The first hundred of those that refused, and why.
    pub refusals: Vec<(TaskId, OperatorError)>,
    /// Where to go on, if the list has more tasks than its [limit](crate::Tasks::limit): what to ask the same with
    /// [`after`](crate::Tasks::after).
    pub next: Option<Cursor>,
}

/// So many of those that refused are told by name.
const REFUSALS: usize = 100;

impl Bulk {
    /// How many more refusals are told by name.
    pub(super) fn room(&self) -> usize {
        REFUSALS - self.refusals.len()
    }

    pub(super) fn refuse(&mut self, task: TaskId, why: OperatorError) {
        self.refused += 1;
        if self.refusals.len() < REFUSALS {
            self.refusals.push((task, why));
        }
    }
}

/// `17 tasks done, 1 unchanged, 2 refused; the first refusal: task … is …`.
impl fmt::Display for Bulk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let tasks = if self.done == 1 { "task" } else { "tasks" };
        write!(f, "{} {tasks} done", self.done)?;
        for (number, what) in [(self.unchanged, "unchanged"), (self.refused, "refused")] {
            if number > 0 {
                write!(f, ", {number} {what}")?;
            }
        }
        if let Some((_, why)) = self.refusals.first() {
            write!(f, "; the first refusal: {why}")?;
        }
        Ok(())
    }
}

/// Why something was not done to all tasks of a list.
#[derive(Clone, thiserror::Error)]
#[non_exhaustive]
pub enum BulkError {
    /// The list was not narrowed, and it was not said that this is meant; nothing was done.
    #[error(
        "`{0}` of a list that nothing narrows is about every task of the store; narrow the list, for instance by `workflow`, `state` or \
         `tag`, or say `every_task()` if every task is meant"
    )]
    EveryTask(
        /// What was to be done.
        &'static str,
    ),
    /// The limit is 0; nothing was done.
    #[error(
        "`limit(0)` leaves no task to do it to; the least is 1, and without `limit` the whole list is meant"
    )]
    Limit,
    /// The list is none; nothing was done.
    #[error(transparent)]
    Query(#[from] QueryError),
    /// What is to stand in the history cannot; nothing was done.
    #[error(transparent)]
    Operator(#[from] OperatorError),
    /// The result that a step is to have cannot be stored; nothing was done.
    #[error("the result for step `{step}` cannot be written as JSON: {reason}")]
    NoJson {
        /// The step.
        step: String,
        /// Why not.
        reason: String,
    },
    /// The store failed in the middle. What was done stays done, and the two hundred tasks after those may have been done, too.
    #[error("the store failed after {so_far}: {cause}; asking again does the rest")]
    Stopped {
        /// What was done before. Its [`next`](Bulk::next) is where to go on; none is where it began.
        so_far: Box<Bulk>,
        /// What the store said.
        cause: StoreError,
    },
}
