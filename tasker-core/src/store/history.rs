mod shown;

use uuid::Uuid;

use crate::{Attempt, Json, StepError, StepNo, StepState, TaskState, Timestamp, WorkerId};

/// Something that happened to a task. It shows itself as a line, such as
/// ``2026-11-22T08:30:00.000250Z step `charge`: in_progress → error, attempt 1: card declined [DECLINED]``.
#[derive(Debug, Clone, PartialEq)]
pub struct Happened {
    /// When it was recorded.
    pub at: Timestamp,
    /// What it was.
    pub what: What,
}

/// What a [`Happened`] was. It shows itself as that does, without the time.
#[derive(Debug, Clone, PartialEq)]
pub enum What {
    /// An operator had something done.
    Ordered {
        /// What was done, as [`Action::as_str`](super::Action::as_str) names it.
        action: String,
        /// The step it was done to, if it was to one.
        step: Option<String>,
        /// Who wanted it, if that was said.
        by: Option<String>,
        /// Why, if that was said.
        reason: Option<String>,
        /// What the step was given: a retry limit or inputs. A result is the step's.
        value: Option<Json>,
    },
    /// The task went to another state.
    Task {
        /// Where it stood.
        from: TaskState,
        /// Where it stands since.
        to: TaskState,
    },
    /// A step went to another state.
    Step {
        /// The step.
        step: String,
        /// Where it stood.
        from: StepState,
        /// Where it stands since.
        to: StepState,
        /// The execution that began or ended, or the last one there was.
        attempt: Attempt,
        /// The worker that took it or had it.
        worker: Option<WorkerId>,
        /// How the execution failed, if it did.
        error: Option<StepError>,
    },
}

/// Puts what happened to a task in order.
///
/// A step goes from state to state in one order, and a task does, too, whatever the clock says: where somebody waited for a lock, what he
/// did first has a time after what the next one did. So nothing comes before what its own step or task did before, and the task's end
/// comes after that of the executions of its steps; otherwise it goes by time.
#[must_use]
pub fn in_order(mut happened: Vec<(HistoryPlace, Happened)>) -> Vec<Happened> {
    // Of each step and of the task, one transition after the other.
    happened.sort_unstable_by_key(|(place, _)| (place.whose(), place.revision, *place));
    let mut last: Option<HistoryPlace> = None;
    let mut last_step = Timestamp::from_micros(i64::MIN);
    for (place, Happened { what, .. }) in &mut happened {
        if let Some(last) = last.filter(|last| last.whose() == place.whose() && place.rank != ORDERED) {
            place.at = place.at.max(last.at);
        }
        if matches!(what, What::Step { from: StepState::InProgress, .. }) {
            last_step = last_step.max(place.at);
        }
        last = Some(*place);
    }
    let is_of_task = |place: &HistoryPlace| place.rank == BEGAN || place.rank == ENDED;
    if let Some((end, _)) = happened.iter_mut().rfind(|(place, _)| is_of_task(place))
        && end.rank == ENDED
    {
        end.at = end.at.max(last_step);
    }
    happened.sort_unstable_by_key(|(place, _)| *place);
    happened.into_iter().map(|(_, happened)| happened).collect()
}

const ORDERED: u8 = 0;
const BEGAN: u8 = 1;
const STEP: u8 = 2;
const ENDED: u8 = 3;

/// Where something stands among what happened to its task: by time; of one moment first what operators wanted, then the task's
/// beginning, what became of its steps, and the task's end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct HistoryPlace {
    at: Timestamp,
    rank: u8,
    /// The step, or zero.
    step: u32,
    /// The how manieth transition of the task or the step it was, or zero.
    revision: u32,
    /// The order, or nil.
    order: Uuid,
}

impl HistoryPlace {
    /// The place of an order.
    #[must_use]
    pub const fn order(at: Timestamp, order: Uuid) -> Self {
        Self { at, rank: ORDERED, step: 0, revision: 0, order }
    }

    /// The place of a task's transition.
    #[must_use]
    pub const fn task(at: Timestamp, revision: u32, to: TaskState) -> Self {
        let rank = if to.has_ended() { ENDED } else { BEGAN };
        Self { at, rank, step: 0, revision, order: Uuid::nil() }
    }

    /// The place of a step's transition.
    #[must_use]
    pub const fn step(at: Timestamp, step: StepNo, revision: u32) -> Self {
        Self { at, rank: STEP, step: step.0, revision, order: Uuid::nil() }
    }

    /// Orders, each step, and at last the task.
    const fn whose(&self) -> (u8, u32) {
        match self.rank {
            ORDERED => (0, 0),
            STEP => (1, self.step),
            _ => (2, 0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A clock that says too little where somebody waited for a lock.
    #[test]
    fn what_a_step_and_a_task_did_stands_in_its_order_whatever_the_clock_says() {
        use StepState::{Complete, Error, InProgress, Pending};

        let at = Timestamp::from_micros;
        let step = |time, no, revision, from, to| {
            let what = What::Step {
                step: format!("s{no}"),
                from,
                to,
                attempt: Attempt(1),
                worker: None,
                error: None,
            };
            (HistoryPlace::step(at(time), StepNo(no), revision), Happened { at: at(time), what })
        };
        let task = |time, revision, from, to| {
            (
                HistoryPlace::task(at(time), revision, to),
                Happened { at: at(time), what: What::Task { from, to } },
            )
        };
        let order = |time| {
            let what =
                What::Ordered { action: "retry".to_owned(), step: None, by: None, reason: None, value: None };
            (HistoryPlace::order(at(time), Uuid::from_u128(7)), Happened { at: at(time), what })
        };
        let expected = [
            task(10, 1, TaskState::Pending, TaskState::InProgress),
            step(10, 0, 1, Pending, InProgress),
            step(20, 0, 2, InProgress, Error),
            task(20, 2, TaskState::InProgress, TaskState::Error),
            order(40),
            task(40, 3, TaskState::Error, TaskState::InProgress),
            step(40, 0, 3, Error, Pending),
            // Who claims and settles asked for the time, and waited for the operator then.
            step(35, 0, 4, Pending, InProgress),
            step(50, 0, 5, InProgress, Complete),
            step(50, 1, 1, Pending, InProgress),
            step(49, 1, 2, InProgress, Complete),
            task(38, 4, TaskState::InProgress, TaskState::Error),
            // What an operator does to a step of a task in error does not open it again.
            step(60, 2, 1, Pending, StepState::ResolvedManually),
        ];
        for seed in 0..50 {
            let mut happened = expected.to_vec();
            fastrand::Rng::with_seed(seed).shuffle(&mut happened);
            let shown: Vec<Happened> = in_order(happened);
            assert_eq!(shown, expected.each_ref().map(|(_, happened)| happened.clone()), "seed {seed}");
        }
    }
}
