//! How long a step waits after a failure that may pass, where the answer does not say how long.
//!
//! The rule is Ruby Tasker's backoff calculator: 1, 2, 4, 8, 16 and 32 seconds after the first six executions, the square of their number
//! after that, 300 seconds at most, and a tenth of chance to either side. An API step may begin with another wait than a second, which all the others
//! follow, or ask for the same wait each time.

use std::time::Duration;

/// The waits of one API step. [`ApiConfig::backoff`](super::ApiConfig::backoff) makes it from the step's settings.
///
/// ```
/// use tasker_core::http::Backoff;
///
/// let middle = 0.5; // no chance to either side
/// let waits: Vec<u64> = (0..9).map(|attempt| Backoff::default().wait(attempt, middle).as_secs()).collect();
/// assert_eq!(waits, [0, 1, 2, 4, 8, 16, 32, 49, 64]);
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Backoff {
    base: Base,
    jitter: f64,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Base {
    /// The table, and the squares behind it, times the first wait.
    Growing(Duration),
    /// The same each time.
    Constant(Duration),
}

impl Backoff {
    /// The longest wait, after chance had its part; what a `Retry-After` header asks for is cut to it too.
    pub const MAX: Duration = Duration::from_mins(5);

    /// The part of a wait that is chance, to either side, unless the step says otherwise.
    pub const JITTER: f64 = 0.1;

    /// The waits after the first six executions, in seconds.
    const TABLE: [u32; 6] = [1, 2, 4, 8, 16, 32];

    /// The first wait, unless the step says otherwise, and the shortest one then, after chance had its part.
    const FIRST: Duration = Duration::from_secs(1);

    /// Waits that grow with each execution, from a second on.
    #[must_use]
    pub fn growing() -> Self {
        Self::growing_from(Self::FIRST)
    }

    /// Waits that grow with each execution: the usual ones, times the seconds of the first.
    ///
    /// ```
    /// use std::time::Duration;
    /// use tasker_core::http::Backoff;
    ///
    /// let backoff = Backoff::growing_from(Duration::from_secs(5));
    /// assert_eq!([1, 2, 3].map(|attempt| backoff.wait(attempt, 0.5).as_secs()), [5, 10, 20]);
    /// ```
    #[must_use]
    pub fn growing_from(first: Duration) -> Self {
        Self { base: Base::Growing(first.min(Self::MAX)), jitter: Self::JITTER }
    }

    /// The same wait after each execution.
    #[must_use]
    pub fn constant(wait: Duration) -> Self {
        Self { base: Base::Constant(wait), jitter: Self::JITTER }
    }

    /// Sets the part of each wait that is chance, to either side: 0.1 for a tenth. It is kept within 0 and 1.
    #[must_use]
    pub fn jitter(mut self, factor: f64) -> Self {
        self.jitter = if factor.is_nan() { 0.0 } else { factor.clamp(0.0, 1.0) };
        self
    }

    /// The wait after an execution, the first of which is number 1. `chance` in `0.0..1.0` picks a point within the jitter; 0.5 is the
    /// wait without it.
    #[must_use]
    pub fn wait(&self, attempt: u32, chance: f64) -> Duration {
        let (base, least) = match self.base {
            _ if attempt == 0 => return Duration::ZERO,
            Base::Growing(first) => (Self::growing_base(first, attempt), first.min(Self::FIRST)),
            Base::Constant(wait) => (wait.min(Self::MAX), Duration::ZERO),
        };
        let factor = 1.0 + self.jitter * (2.0 * chance.clamp(0.0, 1.0) - 1.0);
        base.mul_f64(factor).clamp(least, Self::MAX)
    }

    /// A part of a wait by which those that end at the same moment are spread behind it.
    pub(super) fn spread(&self, wait: Duration, chance: f64) -> Duration {
        wait.mul_f64(self.jitter * chance.clamp(0.0, 1.0))
    }

    fn growing_base(first: Duration, attempt: u32) -> Duration {
        let square = u64::from(attempt).pow(2);
        let seconds = Self::TABLE.get(attempt as usize - 1).map_or(square, |&seconds| seconds.into());
        let times = u32::try_from(seconds).unwrap_or(u32::MAX);
        first.saturating_mul(times).min(Self::MAX)
    }
}

impl Default for Backoff {
    fn default() -> Self {
        Self::growing()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::tests::random_cases;

    const NO_JITTER: f64 = 0.5;

    #[test]
    fn waits_are_those_of_the_table_and_then_squares_up_to_five_minutes() {
        let waits: Vec<u64> =
            (1..=20).map(|attempt| Backoff::growing().wait(attempt, NO_JITTER).as_secs()).collect();
        assert_eq!(
            waits,
            [1, 2, 4, 8, 16, 32, 49, 64, 81, 100, 121, 144, 169, 196, 225, 256, 289, 300, 300, 300]
        );
    }

    #[test]
    fn no_execution_waits_for_nothing() {
        assert_eq!(Backoff::growing().wait(0, 0.9), Duration::ZERO);
        assert_eq!(Backoff::constant(Duration::from_secs(9)).wait(0, 0.9), Duration::ZERO);
    }

    #[test]
    fn chance_is_a_tenth_to_either_side_and_never_less_than_a_second() {
        let wait = |attempt, chance| Backoff::growing().wait(attempt, chance);
        assert_eq!(wait(5, 0.0), Duration::from_millis(14_400));
        assert_eq!(wait(5, 1.0), Duration::from_millis(17_600));
        assert_eq!(wait(1, 0.0), Duration::from_secs(1));
        assert_eq!(wait(1, 1.0), Duration::from_millis(1_100));
        assert_eq!(wait(18, 1.0), Duration::from_mins(5));
    }

    #[test]
    fn a_constant_wait_is_the_same_each_time_and_may_be_short() {
        let backoff = Backoff::constant(Duration::from_millis(500)).jitter(0.0);
        assert_eq!([1, 2, 40].map(|attempt| backoff.wait(attempt, 1.0)), [Duration::from_millis(500); 3]);
        let jittered = Backoff::constant(Duration::from_secs(10)).jitter(0.5);
        assert_eq!(jittered.wait(3, 0.0), Duration::from_secs(5));
        assert_eq!(jittered.wait(3, 1.0), Duration::from_secs(15));
    }

    #[test]
    fn any_wait_lies_between_its_bounds() {
        random_cases(|random| {
            let attempt = random.u32(..) >> random.u32(..32);
            let jitter = random.f64() * 3.0 - 1.0;
            let first = Duration::from_millis(random.u64(1_000..5_000));
            let backoff = Backoff::growing_from(first).jitter(jitter);
            let (low, middle, high) =
                (backoff.wait(attempt, 0.0), backoff.wait(attempt, NO_JITTER), backoff.wait(attempt, 1.0));
            let any = backoff.wait(attempt, random.f64());
            assert!(low <= any && any <= high, "{low:?} <= {any:?} <= {high:?}");
            assert!(high <= Backoff::MAX);
            if attempt > 0 {
                assert!(low >= Duration::from_secs(1));
                assert!(middle <= Backoff::growing_from(first).wait(attempt.saturating_add(1), NO_JITTER));
            }
        });
    }

    #[test]
    fn waits_may_begin_with_another_than_a_second() {
        let waits = |millis| {
            let backoff = Backoff::growing_from(Duration::from_millis(millis)).jitter(0.0);
            [1, 2, 6, 7, 40].map(|attempt| backoff.wait(attempt, NO_JITTER).as_millis())
        };
        assert_eq!(waits(5_000), [5_000, 10_000, 160_000, 245_000, 300_000]);
        assert_eq!(waits(20), [20, 40, 640, 980, 32_000]);
        assert_eq!(waits(0), [0; 5]);
        assert_eq!(waits(u64::MAX), [300_000; 5]);
    }

    #[test]
    fn a_jitter_that_is_no_number_is_none() {
        assert_eq!(Backoff::growing().jitter(f64::NAN).wait(3, 1.0), Duration::from_secs(4));
    }
}
