use tasker_rules::suggest::quoted;

use crate::echo::echo;
use crate::schema::Violation;
use crate::store::StoreError;
use crate::{TaskId, WorkflowId};

/// Why a task was not started. Nothing was stored, unless an error says so or the store's answer was lost.
#[derive(Clone, thiserror::Error)]
pub enum StartError {
    /// This process knows no such workflow.
    #[error("workflow `{}` is not registered{}", shown(workflow), registered(known, help))]
    NotRegistered {
        /// What was asked for.
        workflow: WorkflowId,
        /// What is registered.
        known: Vec<String>,
        /// What may have been meant: `; did you mean …?`, or nothing.
        help: String,
    },
    /// The context does not fit the workflow.
    #[error("the context of `{workflow}` is not valid: {}", list(violations))]
    InvalidContext {
        /// The workflow.
        workflow: WorkflowId,
        /// The violations; of many the first hundred, and how many more there are.
        violations: Vec<Violation>,
    },
    /// The idempotency key is empty, or longer than 255 characters.
    #[error("the idempotency key `{}` is not 1 to 255 characters", echo(.0, 100))]
    InvalidKey(String),
    /// What is asked for cannot be stored or does not fit the workflow.
    #[error("the request{} is not valid: {}", of(workflow), list(violations))]
    InvalidRequest {
        /// What was asked for, as far as it was told.
        workflow: String,
        /// The violations, of many the first hundred and how many more there are; each with its path in a [`TaskRequest`](crate::TaskRequest): that of the context begins with `/context`.
        violations: Vec<Violation>,
    },
    /// The same was asked for before; nothing was stored.
    #[error("{}", conflict(workflow, *existing, key.as_deref()))]
    Conflict {
        /// The workflow.
        workflow: WorkflowId,
        /// The task that there is.
        existing: TaskId,
        /// The idempotency key, if it was one that was given; otherwise the [`Identity`](crate::Identity) is the same.
        key: Option<String>,
    },
    /// The context is larger than `max_payload`.
    #[error(
        "the context of `{workflow}` is {size} bytes of JSON, more than the limit of {limit}; \
             store it elsewhere and start the task with where it is, or raise the limit with `max_payload`"
    )]
    TooLarge {
        /// The workflow.
        workflow: WorkflowId,
        /// The size of the context, with as many of its defaults as it took to be too large.
        size: usize,
        /// The limit.
        limit: usize,
    },
    /// Some of many tasks cannot be started; none was.
    #[error("{}", invalid(mistakes, *count))]
    Invalid {
        /// The first hundred of them: the place of each among those to be started, from 0, and what is wrong with it.
        mistakes: Vec<(usize, StartError)>,
        /// How many there are.
        count: usize,
    },
    /// Of many tasks the first were started, then the store failed. The next thousand may exist too, if the store's answer was lost.
    #[error("{} tasks were started, then the store failed: {cause}", started.len())]
    Partly {
        /// The tasks that were started, in the order in which they were given.
        started: Vec<TaskId>,
        /// Why the others were not.
        cause: StoreError,
    },
    /// The store did not take the task.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What was asked for may be of any length.
fn shown(workflow: &(impl ToString + ?Sized)) -> String {
    echo(&workflow.to_string(), 200).into_owned()
}

fn registered(known: &[String], help: &str) -> String {
    if known.is_empty() {
        return "; no workflow is; call `register` on the builder".to_owned();
    }
    let known = quoted(known.iter().map(String::as_str));
    if help.is_empty() {
        format!("; registered are {known}")
    } else {
        format!("{help} Registered are {known}")
    }
}

fn invalid(mistakes: &[(usize, StartError)], count: usize) -> String {
    /// More than that nobody reads.
    const MOST: usize = 10;
    if let ([(position, cause)], 1) = (mistakes, count) {
        return format!("task {position} of those to be started, counted from 0: {cause}");
    }
    let shown: Vec<_> =
        mistakes.iter().take(MOST).map(|(position, cause)| format!("task {position}: {cause}")).collect();
    let more = match count - shown.len() {
        0 => String::new(),
        more => format!("; and {more} more"),
    };
    format!("{count} of the tasks to be started, counted from 0, cannot be: {}{more}", shown.join("; "))
}

fn of(workflow: &str) -> String {
    if workflow.is_empty() { String::new() } else { format!(" of `{}`", shown(workflow)) }
}

fn conflict(workflow: &WorkflowId, existing: TaskId, key: Option<&str>) -> String {
    match key {
        Some(key) => format!(
            "the idempotency key `{key}` of `{workflow}` belongs to task {existing}; \
             without `or_conflict` that task is returned"
        ),
        None => format!(
            "`{workflow}` was asked for before with what is the same for the `Identity` of this Tasker: it is task {existing}; \
             `or_existing` returns that task, and an `idempotency_key` of its own makes another one"
        ),
    }
}

fn list(violations: &[Violation]) -> String {
    violations.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}
