//! How often a step is tried, and how long it waits in between.
//!
//! The rule is Ruby Tasker's readiness function: after its n-th failure a step waits min(2^n, 30) seconds,
//! and it is executed at most three times. A step may say otherwise with `retry(limit, base, max)`.

use std::time::Duration;

use crate::Attempt;

/// When a failed step runs again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RetryPolicy {
    /// How many executions may fail, the first included. At least 1.
    pub limit: u32,
    /// The wait after the first failure; it doubles with each further one.
    pub base: Duration,
    /// The longest wait, before jitter.
    pub max: Duration,
}

impl RetryPolicy {
    /// Three executions; waits of 2 s and 4 s (8, 16, 30, 30 … s where the limit is higher).
    pub const DEFAULT: Self = Self { limit: 3, base: Duration::from_secs(2), max: Duration::from_secs(30) };

    /// One execution: whatever it ends with, a crash of the worker included, is final.
    pub const NEVER: Self = Self { limit: 1, ..Self::DEFAULT };

    /// How much of a wait is chance, to either side: a tenth.
    pub const JITTER: f64 = 0.1;

    /// The chance of [`delay_with_jitter`](Self::delay_with_jitter) that makes it [`delay`](Self::delay).
    pub(crate) const NO_JITTER: f64 = 0.5;

    /// The wait after the `failures`-th failed execution, without jitter: `min(base · 2^(failures − 1), max)`.
    #[must_use]
    pub fn delay(&self, failures: u32) -> Duration {
        let doublings = failures.saturating_sub(1).min(63);
        let factor = 1_u64 << doublings;
        let micros = u64::try_from(self.base.as_micros()).unwrap_or(u64::MAX).saturating_mul(factor);
        Duration::from_micros(micros).min(self.max)
    }

    /// The wait with jitter: `chance` in `0.0..1.0` picks a point within [`JITTER`](Self::JITTER) of it.
    #[must_use]
    pub fn delay_with_jitter(&self, failures: u32, chance: f64) -> Duration {
        self.delay(failures).mul_f64(1.0 + Self::JITTER * (2.0 * chance - 1.0))
    }
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self::DEFAULT
    }
}

/// The executions of a step so far: how many began, and how many of them were lost with their worker.
///
/// A lost execution is counted and shown, but it is not the step's failure: it uses up
/// [`LOST_LIMIT`](Self::LOST_LIMIT), not the retry limit, so that a machine that dies three times does not fail an
/// order, while a step that kills its process does not do so for ever. A step that may run only once is
/// not run again after a loss, because nobody knows how far it came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Executions {
    /// Executions that began, this one included.
    pub attempt: Attempt,
    /// Those of them that ended with their worker.
    pub lost: u32,
    /// How many may fail ([`RetryPolicy::limit`], or what an operator set since).
    pub limit: u32,
}

impl Executions {
    /// How many executions may be lost with their worker before the step is taken for the cause.
    pub const LOST_LIMIT: u32 = 10;

    /// Executions that ran to their end, this one included.
    #[must_use]
    pub const fn failures(self) -> u32 {
        self.attempt.0.saturating_sub(self.lost)
    }

    /// Whether a failure of the present execution is the last one allowed.
    #[must_use]
    pub const fn exhausted_by_failure(self) -> bool {
        self.failures() >= self.limit
    }

    /// Whether the loss of the present execution ends the step.
    #[must_use]
    pub const fn exhausted_by_loss(self) -> bool {
        !self.may_run_again() || self.lost + 1 >= Self::LOST_LIMIT
    }

    /// Whether an execution that nobody saw the end of may be repeated.
    #[must_use]
    pub const fn may_run_again(self) -> bool {
        self.limit > 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_are_taskers() {
        let waits: Vec<u64> = (1..=7).map(|n| RetryPolicy::DEFAULT.delay(n).as_secs()).collect();
        assert_eq!(waits, [2, 4, 8, 16, 30, 30, 30]);
    }

    #[test]
    fn jitter_is_a_tenth_to_either_side() {
        let policy = RetryPolicy::DEFAULT;
        assert_eq!(policy.delay_with_jitter(1, 0.0), Duration::from_millis(1_800));
        assert_eq!(policy.delay_with_jitter(1, 0.5), Duration::from_secs(2));
        assert!(policy.delay_with_jitter(1, 0.999) < Duration::from_millis(2_200));
    }

    #[test]
    fn a_huge_count_of_failures_waits_the_maximum() {
        assert_eq!(RetryPolicy::DEFAULT.delay(u32::MAX), Duration::from_secs(30));
    }

    #[test]
    fn a_lost_execution_is_no_failure() {
        let third = Executions { attempt: Attempt(3), lost: 2, limit: 3 };
        assert_eq!(third.failures(), 1);
        assert!(!third.exhausted_by_failure() && !third.exhausted_by_loss());
    }

    #[test]
    fn what_may_run_once_is_not_run_after_a_loss() {
        assert!(Executions { attempt: Attempt(1), lost: 0, limit: 1 }.exhausted_by_loss());
    }

    #[test]
    fn a_step_that_kills_its_worker_again_and_again_ends() {
        assert!(Executions { attempt: Attempt(10), lost: 9, limit: 3 }.exhausted_by_loss());
    }
}
