//! Which spans a task has, so that every process knows them without asking.
//!
//! The span of a task covers what several processes do, and is written by the one in which it ends. Those of its steps are its children,
//! and are written before. So the ids are no random numbers: they are made of the task, the step and the transition that began it.

use super::TraceParent;
use crate::TaskId;
use crate::store::Execution;

/// The trace of a task, and its own place in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TaskTrace {
    task: TaskId,
    /// The trace that it is a part of.
    pub(crate) trace: u128,
    /// The span that asked for it; without one it is the first of its trace.
    pub(crate) parent: Option<u64>,
    /// Whether its spans are recorded.
    pub(crate) sampled: bool,
}

impl TaskTrace {
    /// The trace that the task was started in, or one of its own, for which is asked whether it is recorded.
    pub(crate) fn of(
        task: TaskId,
        asked: Option<TraceParent>,
        is_sampled: impl FnOnce(u128) -> bool,
    ) -> Self {
        if let Some(TraceParent { trace, span, sampled }) = asked {
            return Self { task, trace, parent: Some(span), sampled };
        }
        let trace = own_trace(task);
        Self { task, trace, parent: None, sampled: is_sampled(trace) }
    }

    /// The span of the task.
    pub(crate) fn span(&self) -> TraceParent {
        let (high, low) = halves(self.task);
        self.with(mixed(high, low))
    }

    /// The span of one of its executions.
    pub(crate) fn span_of(&self, execution: Execution) -> TraceParent {
        self.span_at(execution, execution.revision)
    }

    /// The span of the execution of the same step that came before this one, as far as the numbers tell: after a failure, which has a
    /// transition of its own and counts, it began three transitions before; after it was handed back, which counts as no attempt, two.
    /// Where both happened, nobody knows in which order, and there is none.
    pub(crate) fn span_before(&self, execution: Execution) -> Option<TraceParent> {
        let failures = execution.attempt.0.saturating_sub(1);
        let transitions = execution.revision.checked_sub(1)?;
        let before = match (failures, transitions) {
            (0, 1..) if transitions % 2 == 0 => execution.revision - 2,
            (1.., _) if failures.checked_mul(3) == Some(transitions) => execution.revision - 3,
            _ => return None,
        };
        Some(self.span_at(execution, before))
    }

    fn span_at(&self, execution: Execution, revision: u32) -> TraceParent {
        let (high, low) = halves(self.task);
        let which = (u64::from(execution.step.0) << 32) | u64::from(revision);
        self.with(mixed(mixed(high, low), which.wrapping_add(1)))
    }

    fn with(&self, span: u64) -> TraceParent {
        TraceParent { trace: self.trace, span: span.max(1), sampled: self.sampled }
    }
}

/// The id of the task will not do: samplers look at bits of a trace that are not random in it.
fn own_trace(task: TaskId) -> u128 {
    let (high, low) = halves(task);
    let trace = (u128::from(mixed(low, high)) << 64) | u128::from(mixed(mixed(low, high), low));
    trace.max(1)
}

fn halves(task: TaskId) -> (u64, u64) {
    task.as_uuid().as_u64_pair()
}

/// Two numbers in one, by the finalizer of [SplitMix64](https://prng.di.unimi.it/splitmix64.c).
fn mixed(first: u64, second: u64) -> u64 {
    let mix = |mut z: u64| {
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    };
    mix(mix(first.wrapping_add(0x9e37_79b9_7f4a_7c15)).wrapping_add(second))
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::{Attempt, StepNo};

    #[test]
    fn spans_differ_in_task_step_and_execution_and_not_in_who_asks() {
        let mut seen = HashSet::new();
        for _ in 0..200 {
            let task = TaskId::random();
            let trace = TaskTrace::of(task, None, |_| true);
            assert_eq!(trace, TaskTrace::of(task, None, |_| true));
            assert!(seen.insert(trace.span().span));
            for (step, revision) in (0..10).flat_map(|step| (1..10).map(move |revision| (step, revision))) {
                let execution = Execution { task, step: StepNo(step), attempt: Attempt(1), revision };
                assert!(seen.insert(trace.span_of(execution).span));
                assert_eq!(trace.span_of(execution).trace, trace.trace);
            }
        }
    }

    #[test]
    fn an_execution_knows_the_one_before_it() {
        let task = TaskId::random();
        let trace = TaskTrace::of(task, None, |_| true);
        let at = |attempt, revision| Execution { task, step: StepNo(3), attempt: Attempt(attempt), revision };
        let follows = |now, before| trace.span_before(now) == Some(trace.span_of(before));
        assert_eq!(trace.span_before(at(1, 1)), None, "it is the first");
        assert!(follows(at(2, 4), at(1, 1)) && follows(at(3, 7), at(2, 4)), "it failed");
        assert!(follows(at(1, 3), at(1, 1)) && follows(at(1, 5), at(1, 3)), "it was handed back");
        assert_eq!(
            trace.span_before(at(2, 6)),
            None,
            "it failed and was handed back, or the other way round"
        );
        assert_eq!(trace.span_before(at(u32::MAX, 1)), None);
    }

    #[test]
    fn of_traces_of_ones_own_a_sampler_takes_the_share_that_it_is_told() {
        // As samplers of OpenTelemetry decide: by the last 63 bits, or by the last 56.
        let (mut by_63, mut by_56) = (0, 0);
        for _ in 0..20_000 {
            let TaskTrace { trace, .. } = TaskTrace::of(TaskId::random(), None, |_| true);
            by_63 += i32::from((trace as u64 >> 1) < (1 << 63) / 10);
            by_56 += i32::from((trace as u64 & ((1 << 56) - 1)) < (1 << 56) / 10);
        }
        assert!((1_800..2_200).contains(&by_63) && (1_800..2_200).contains(&by_56), "{by_63}, {by_56}");
    }

    #[test]
    fn a_task_is_a_part_of_the_trace_that_it_was_started_in() {
        let parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00";
        let task = TaskTrace::of(TaskId::random(), parent.parse().ok(), |_| panic!("it was decided"));
        assert_eq!(
            (task.trace, task.parent, task.sampled),
            (0x4bf9_2f35_77b3_4da6_a3ce_929d_0e0e_4736, Some(0x00f0_67aa_0ba9_02b7), false)
        );
    }
}
