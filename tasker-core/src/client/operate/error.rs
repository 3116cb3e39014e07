use std::fmt::Display;

use crate::schema::Violation;
use crate::store::{Action, StepAction, StoreError};
use crate::{StepState, TaskId, TaskState};

/// Why something was not done to a task or to a step.
#[derive(Clone, thiserror::Error)]
pub enum OperatorError {
    /// The store has no such task.
    #[error("there is no task {0}")]
    NoTask(TaskId),
    /// The store knows no such workflow: no process ever registered it.
    #[error("the store knows no workflow `{workflow}`{help}")]
    NoWorkflow {
        /// What was asked for.
        workflow: String,
        /// What may have been meant, or what makes it known.
        help: String,
    },
    /// The task has no such step.
    #[error("task {task} has no step `{step}`{help}")]
    NoStep {
        /// The task.
        task: TaskId,
        /// What was taken for a step of it.
        step: String,
        /// What may have been meant, or which steps it has.
        help: String,
    },
    /// The task stands in a state in which this cannot be done; nothing changed.
    #[error("{}", refused_task(action, *task, *state))]
    Refused {
        /// The task.
        task: TaskId,
        /// What was to be done.
        action: Action,
        /// Where the task stands.
        state: TaskState,
    },
    /// The step stands in a state in which this cannot be done; nothing changed.
    #[error(
        "step `{step}` of task {task} is `{state}` and cannot be {}; {}",
        done(action),
        when_allowed(action)
    )]
    RefusedStep {
        /// The task.
        task: TaskId,
        /// The step.
        step: String,
        /// What was to be done.
        action: Action,
        /// Where the step stands.
        state: StepState,
    },
    /// The step may not be skipped; nothing changed.
    #[error(
        "step `{step}` of task {task} may not be skipped, because others count on its result; \
         `resolve` it with one; only a step with `skippable` or `when`, or with `skippable: true` in its file, may be skipped"
    )]
    NotSkippable {
        /// The task.
        task: TaskId,
        /// The step.
        step: String,
    },
    /// The task is in error because of steps that were cancelled, and none of it failed; nothing changed.
    #[error(
        "no step of task {0} failed: it is in error because steps of it were cancelled, and they stay so; \
         `resolve` the task, or start another one"
    )]
    NothingFailed(TaskId),
    /// What a step was to be given does not fit; nothing changed.
    #[error("step `{step}` of task {task} cannot take this: {}", listed(violations))]
    DoesNotFit {
        /// The task.
        task: TaskId,
        /// The step.
        step: String,
        /// Every violation, with its path.
        violations: Vec<Violation>,
    },
    /// A text that is to stand in the history is empty or too long; nothing changed.
    #[error("{what} has {length} characters; it can have 1 to {most}")]
    Length {
        /// Which text.
        what: &'static str,
        /// How long it is, in characters.
        length: usize,
        /// How long it may be.
        most: usize,
    },
    /// A text that is to stand in the history has a character that is not printable; nothing changed.
    #[error("{what} has the character {character:?}; only printable ones can be stored")]
    NotPrintable {
        /// Which text.
        what: &'static str,
        /// The character.
        character: char,
    },
    /// The store did not answer. It may have been done all the same.
    #[error(transparent)]
    Store(#[from] StoreError),
}

fn refused_task(action: &Action, task: TaskId, state: TaskState) -> String {
    // What is cancelled already is cancelled again without an error, but that is nobody's way out.
    let allowed: Vec<_> =
        action.allowed_tasks().iter().filter(|state| **state != TaskState::Cancelled).collect();
    let (done, allowed) = (done(action), any_of(&allowed));
    match action {
        Action::Step(step, _) => format!(
            "task {task} is `{state}`, and its step `{step}` cannot be {done}; that can be done while the task is {allowed}"
        ),
        _ => format!("task {task} is `{state}` and cannot be {done}; that can be done while it is {allowed}"),
    }
}

fn done(action: &Action) -> &'static str {
    match action {
        Action::Cancel | Action::Step(_, StepAction::Cancel) => "cancelled",
        Action::Retry | Action::Step(_, StepAction::Retry) => "retried",
        Action::Resolve | Action::Step(_, StepAction::Resolve(_)) => "resolved",
        Action::Pause => "paused",
        Action::Resume => "resumed",
        Action::Step(_, StepAction::Skip) => "skipped",
        Action::Step(_, StepAction::RetryLimit(_)) => "given another retry limit",
        Action::Step(_, StepAction::Inputs(_)) => "given other inputs",
    }
}

fn when_allowed(action: &Action) -> String {
    match action {
        Action::Step(_, StepAction::Retry) => {
            "that can be done while it is `error`, or `pending` and waits for its retry".to_owned()
        }
        Action::Step(_, action) => format!("that can be done while it is {}", any_of(action.allowed_steps())),
        _ => String::new(),
    }
}

fn any_of<S: Display>(states: &[S]) -> String {
    let names: Vec<_> = states.iter().map(|state| format!("`{state}`")).collect();
    names.join(" or ")
}

fn listed(violations: &[Violation]) -> String {
    violations.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}
