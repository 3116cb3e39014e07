//! The states of tasks and steps, with one transition function each.
//!
//! States and transitions are those of Ruby Tasker's state machines; what is added is marked. Why a pending
//! step waits is not a state: it waits for its dependencies, or for a time.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

macro_rules! states {
    ($(#[$doc:meta])* $name:ident { $($(#[$state_doc:meta])* $state:ident = $text:literal,)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum $name {
            $($(#[$state_doc])* $state,)*
        }

        impl $name {
            /// Every state.
            pub const ALL: &'static [Self] = &[$(Self::$state),*];

            /// The name, as stored and shown.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$state => $text),* }
            }

            /// Goes on to another state.
            ///
            /// # Errors
            /// When no transition leads there from here.
            pub fn transition(self, to: Self) -> Result<Self, IllegalTransition> {
                let allowed = self.allowed();
                if allowed.contains(&to) {
                    return Ok(to);
                }
                let allowed = allowed.iter().map(|state| state.as_str()).collect();
                Err(IllegalTransition { from: self.as_str(), to: to.as_str(), allowed })
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(self.as_str())
            }
        }

        impl FromStr for $name {
            type Err = UnknownState;

            fn from_str(text: &str) -> Result<Self, UnknownState> {
                Self::ALL.iter().copied().find(|state| state.as_str() == text).ok_or_else(|| UnknownState(text.to_owned()))
            }
        }
    };
}

states! {
    /// Where a task stands.
    TaskState {
        /// No step has begun.
        Pending = "pending",
        /// A step has begun, and something can still go on.
        InProgress = "in_progress",
        /// Every step is complete, resolved or skipped.
        Complete = "complete",
        /// A step ended in error, and nothing else can go on.
        Error = "error",
        /// Stopped by an operator.
        Cancelled = "cancelled",
        /// Declared done by an operator.
        ResolvedManually = "resolved_manually",
    }
}

states! {
    /// Where a step stands.
    StepState {
        /// Waits for its dependencies, for a time, or for a worker.
        Pending = "pending",
        /// A worker runs it.
        InProgress = "in_progress",
        /// Its result is recorded.
        Complete = "complete",
        /// It failed for good.
        Error = "error",
        /// Stopped by an operator.
        Cancelled = "cancelled",
        /// Declared done by an operator.
        ResolvedManually = "resolved_manually",
        /// Passed over; its dependents run as if it were complete. (Not in Ruby Tasker.)
        Skipped = "skipped",
    }
}

impl TaskState {
    /// The states that follow this one. Other than in Ruby Tasker, a task that is complete or was resolved is not cancelled any more:
    /// what it did is done, and its history would say otherwise.
    #[must_use]
    pub const fn allowed(self) -> &'static [Self] {
        match self {
            Self::Pending => &[Self::InProgress, Self::Cancelled, Self::Error],
            Self::InProgress => &[Self::Complete, Self::Error, Self::Cancelled, Self::Pending],
            Self::Error => &[Self::Pending, Self::ResolvedManually],
            Self::Complete | Self::ResolvedManually | Self::Cancelled => &[],
        }
    }

    /// Whether nothing goes on by itself from here. A task in error can still be retried by an operator.
    #[must_use]
    pub const fn has_ended(self) -> bool {
        !matches!(self, Self::Pending | Self::InProgress)
    }
}

impl StepState {
    /// The states that follow this one. Not in Ruby Tasker are `in_progress` → `pending`, which hands a step back that
    /// a worker did not finish before it shut down, and what leads to `skipped`: a worker found that there is nothing to do, or an operator
    /// passed over the step.
    #[must_use]
    pub const fn allowed(self) -> &'static [Self] {
        match self {
            Self::Pending => {
                &[Self::InProgress, Self::Error, Self::Cancelled, Self::ResolvedManually, Self::Skipped]
            }
            Self::InProgress => &[Self::Complete, Self::Error, Self::Cancelled, Self::Pending, Self::Skipped],
            Self::Error => &[Self::Pending, Self::ResolvedManually, Self::Skipped],
            Self::Complete | Self::Cancelled | Self::ResolvedManually | Self::Skipped => &[],
        }
    }

    /// Whether the steps that depend on this one may run.
    #[must_use]
    pub const fn satisfies_dependents(self) -> bool {
        matches!(self, Self::Complete | Self::ResolvedManually | Self::Skipped)
    }
}

/// A transition that does not exist.
#[derive(Clone, PartialEq, Eq, thiserror::Error)]
#[error("cannot go from `{from}` to `{to}`; from `{from}` it goes to {}", one_of(allowed))]
pub struct IllegalTransition {
    from: &'static str,
    to: &'static str,
    allowed: Vec<&'static str>,
}

fn one_of(states: &[&'static str]) -> String {
    if states.is_empty() {
        return "no other state".to_owned();
    }
    states.iter().map(|state| format!("`{state}`")).collect::<Vec<_>>().join(", ")
}

/// A text that names no state.
#[derive(Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a state")]
pub struct UnknownState(String);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_state_reads_back_from_its_name() {
        for state in TaskState::ALL {
            assert_eq!(state.as_str().parse(), Ok(*state));
        }
        for state in StepState::ALL {
            assert_eq!(state.as_str().parse(), Ok(*state));
        }
        assert!("running".parse::<StepState>().is_err());
    }

    #[test]
    fn a_pending_task_cannot_be_complete_and_the_error_says_where_it_can_go() {
        let error = TaskState::Pending.transition(TaskState::Complete).unwrap_err();
        assert_eq!(
            error.to_string(),
            "cannot go from `pending` to `complete`; from `pending` it goes to `in_progress`, `cancelled`, `error`"
        );
    }

    #[test]
    fn no_state_leads_to_itself() {
        for &state in StepState::ALL {
            assert!(state.transition(state).is_err());
        }
        for &state in TaskState::ALL {
            assert!(state.transition(state).is_err());
        }
    }

    #[test]
    fn what_satisfies_dependents_is_final() {
        for state in StepState::ALL {
            assert!(!state.satisfies_dependents() || state.allowed().is_empty());
        }
    }
}
