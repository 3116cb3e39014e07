//! What follows from a step, through the whole graph: which steps never run because of it, and how many wait behind it.

use super::TaskSnapshot;
use crate::{StepNo, StepState};

/// For each step the one in error or cancelled that keeps it from ever running, unless an operator steps in: the first such step among
/// those that it waits for, or what keeps the first of those from running.
pub(super) fn causes(task: &TaskSnapshot) -> Vec<Option<StepNo>> {
    let mut causes: Vec<Option<StepNo>> = Vec::with_capacity(task.steps().len());
    for (step, of) in task.status().steps.iter().zip(task.steps()) {
        let cause = of.depends_on.iter().find_map(|&dependency| match task.state(dependency) {
            StepState::Error | StepState::Cancelled => Some(dependency),
            StepState::Pending => causes[dependency.index()],
            _ => None,
        });
        causes.push(cause.filter(|_| step.state == StepState::Pending));
    }
    causes
}

/// What lies behind a step.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Downstream {
    /// How many steps wait for it, directly or through others.
    pub(super) total: usize,
    /// How many of them are blocked.
    pub(super) blocked: usize,
    /// The first of them, in canonical order.
    pub(super) first: Vec<StepNo>,
    /// The first of those that are blocked.
    pub(super) first_blocked: Vec<StepNo>,
}

/// How many steps of a long list are named.
pub(super) const LISTED: usize = 20;

/// What lies behind each of these steps, every step counted once however many ways lead to it.
///
/// One pass over the graph serves 64 of them: each step keeps a bit for each of the 64 that it lies behind. Beside the passes it takes as long as
/// there is to count.
pub(super) fn downstream(
    task: &TaskSnapshot,
    of: &[StepNo],
    is_blocked: impl Fn(StepNo) -> bool,
) -> Vec<Downstream> {
    let mut all = Vec::with_capacity(of.len());
    for block in of.chunks(64) {
        let mut found = vec![Downstream::default(); block.len()];
        let mut own = vec![0_u64; task.steps().len()];
        for (bit, step) in block.iter().enumerate() {
            own[step.index()] |= 1 << bit;
        }
        let mut behind = vec![0_u64; task.steps().len()];
        for (at, step) in task.steps().iter().enumerate() {
            let before = step.depends_on.iter().map(|dependency| dependency.index());
            let mut bits = before.fold(0, |bits, before| bits | behind[before] | own[before]);
            behind[at] = bits;
            while bits != 0 {
                found[bits.trailing_zeros() as usize].add(StepNo::at(at), &is_blocked);
                bits &= bits - 1;
            }
        }
        all.append(&mut found);
    }
    all
}

impl Downstream {
    fn add(&mut self, step: StepNo, is_blocked: impl Fn(StepNo) -> bool) {
        self.total += 1;
        if self.first.len() < LISTED {
            self.first.push(step);
        }
        if is_blocked(step) {
            self.blocked += 1;
            if self.first_blocked.len() < LISTED {
                self.first_blocked.push(step);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{Made, random_graph};
    use super::*;

    #[test]
    fn a_step_that_two_ways_lead_to_is_counted_once() {
        let task = Made::new(&[("a", &[]), ("b", &["a"]), ("c", &["a"]), ("d", &["b", "c"])]).snapshot();
        let found = downstream(&task, &[StepNo(0), StepNo(1), StepNo(3)], |step| step == StepNo(3));
        assert_eq!(
            found.iter().map(|found| (found.total, found.blocked)).collect::<Vec<_>>(),
            [(3, 1), (1, 1), (0, 0)]
        );
    }

    #[test]
    fn what_lies_behind_is_what_the_step_is_an_ancestor_of() {
        for seed in 0..30 {
            let task = random_graph(&mut fastrand::Rng::with_seed(seed), 90).snapshot();
            let steps: Vec<_> = (0..task.steps().len()).map(StepNo::at).collect();
            for (&step, found) in steps.iter().zip(downstream(&task, &steps, |_| true)) {
                let behind = steps.iter().filter(|&&other| task.graph().is_ancestor(step, other)).count();
                assert_eq!((found.total, found.blocked), (behind, behind), "seed {seed}, step {step:?}");
            }
        }
    }

    #[test]
    fn the_cause_is_the_step_that_failed_not_the_one_in_between() {
        let task = Made::new(&[("a", &[]), ("b", &["a"]), ("c", &["b"]), ("d", &[])]).failed("a").snapshot();
        assert_eq!(causes(&task), [None, Some(StepNo(0)), Some(StepNo(0)), None]);
    }
}
