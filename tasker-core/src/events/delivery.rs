use std::time::Duration;

/// How events are delivered to a subscriber.
///
/// ```
/// use std::time::Duration;
/// use tasker_core::events::Delivery;
///
/// let delivery = Delivery::default().attempts(5).timeout(Duration::from_secs(10)).concurrency(4);
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Delivery {
    pub(crate) attempts: u32,
    pub(crate) first_wait: Duration,
    pub(crate) longest_wait: Duration,
    pub(crate) timeout: Duration,
    pub(crate) concurrency: usize,
    pub(crate) most_set_aside: usize,
    pub(crate) lease: Duration,
}

/// What is longer is a mistake, and no clock can tell the end of it.
const LONGEST: Duration = Duration::from_hours(24 * 365);

impl Default for Delivery {
    fn default() -> Self {
        Self {
            attempts: 20,
            first_wait: Duration::from_secs(1),
            longest_wait: Duration::from_hours(1),
            timeout: Duration::from_secs(30),
            concurrency: 8,
            most_set_aside: 1_000,
            lease: Duration::from_secs(30),
        }
    }
}

impl Delivery {
    /// How often an event is tried before it is given up and left to an operator. Default: 20, which with the default waits is about ten
    /// hours.
    #[must_use]
    pub const fn attempts(mut self, attempts: u32) -> Self {
        self.attempts = attempts;
        self
    }

    /// How long to wait after the first failed attempt, and at most: each wait is twice the one before. Default: 1 s and 1 h.
    #[must_use]
    pub const fn backoff(mut self, first: Duration, longest: Duration) -> Self {
        (self.first_wait, self.longest_wait) = (first, longest);
        self
    }

    /// How long an attempt may take. Default: 30 s.
    #[must_use]
    pub const fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// How many events are delivered at the same time, each of another task. Default: 8.
    #[must_use]
    pub const fn concurrency(mut self, events: usize) -> Self {
        self.concurrency = events;
        self
    }

    /// How many events at most wait aside for another attempt. With more, nothing new is delivered until some of them are taken or given
    /// up: then the subscriber is not there. Default: 1,000.
    #[must_use]
    pub const fn most_set_aside(mut self, events: usize) -> Self {
        self.most_set_aside = events;
        self
    }

    /// How long another process waits before it takes over from one that does not answer any more. Default: 30 s.
    #[must_use]
    pub const fn lease(mut self, lease: Duration) -> Self {
        self.lease = lease;
        self
    }

    /// How long to wait after so many attempts; none if that was the last one.
    pub(super) fn wait_after(&self, attempts: u32) -> Option<Duration> {
        let doubled = self.first_wait.saturating_mul(1_u32.checked_shl(attempts.saturating_sub(1).min(31))?);
        (attempts < self.attempts).then(|| doubled.min(self.longest_wait))
    }

    /// A wait that somebody asks for, as it may be.
    pub(super) fn within(&self, wait: Duration) -> Duration {
        wait.max(self.first_wait).min(self.longest_wait)
    }

    /// What is wrong with it.
    pub(crate) fn mistakes(&self) -> Vec<String> {
        let mut mistakes = Vec::new();
        for (what, number) in [
            ("attempts", self.attempts as usize),
            ("concurrency", self.concurrency),
            ("most_set_aside", self.most_set_aside),
        ] {
            if number == 0 {
                mistakes.push(format!("its `{what}` is 0; the least is 1"));
            }
        }
        let times = [("timeout", self.timeout), ("lease", self.lease), ("backoff", self.first_wait)];
        for (what, time) in times {
            if time.is_zero() {
                mistakes.push(format!("its `{what}` is 0; it has to be longer"));
            }
        }
        let longest = ("longest backoff", self.longest_wait);
        for (what, time) in times.into_iter().chain([longest]).filter(|(_, time)| *time > LONGEST) {
            mistakes.push(format!("its `{what}` is {time:?}; the longest is a year"));
        }
        mistakes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_wait_is_twice_the_one_before_up_to_the_longest_and_the_last_attempt_has_none() {
        let delivery =
            Delivery::default().attempts(5).backoff(Duration::from_secs(1), Duration::from_secs(3));
        let waits: Vec<_> =
            (1..=5).map(|attempts| delivery.wait_after(attempts).map(|wait| wait.as_secs())).collect();
        assert_eq!(waits, [Some(1), Some(2), Some(3), Some(3), None]);
        assert!(Delivery::default().wait_after(19).is_some());
    }
}
