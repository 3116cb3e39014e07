//! When a worker looks for steps of which nobody told it.
//!
//! What other processes make is found by asking, so the wait between two looks is what it may cost in time; what an idle worker asks
//! is what it costs the database. The wait doubles with each look that finds nothing, from a tenth of a second to
//! the poll interval, and is short again as soon as there is something to do. A step whose time is known is looked for at
//! its time.

use std::time::Duration;

use tokio::time::Instant;

use super::after;

/// The wait after something was found.
const SHORTEST: Duration = Duration::from_millis(100);

pub(super) struct Poll {
    longest: Duration,
    wait: Duration,
    random: fastrand::Rng,
    at: Instant,
    /// When the next step that waits for a time is due.
    due: Option<Instant>,
    /// The same of steps that began to wait since the last claim was asked: its answer may not know of them.
    due_since: Option<Instant>,
    /// By when to claim even if the worker has to make room first.
    at_last: Instant,
}

impl Poll {
    /// Looks at once.
    pub(super) fn new(longest: Duration, random: fastrand::Rng) -> Self {
        let now = Instant::now();
        let wait = SHORTEST.min(longest);
        Self { longest, wait, random, at: now, due: None, due_since: None, at_last: now }
    }

    /// When to claim, given that there is room.
    pub(super) fn next(&self) -> Instant {
        self.due.map_or(self.at, |due| due.min(self.at)).min(self.at_last)
    }

    /// Whether to make room for a claim. A settle takes only what is ready, so without a claim a worker that always has
    /// something to settle would never see what is due.
    pub(super) fn is_overdue(&self, now: Instant) -> bool {
        self.at_last <= now || self.due.is_some_and(|due| due <= now)
    }

    /// A claim is asked for.
    pub(super) fn ask(&mut self) {
        self.due_since = None;
        let late = after(self.longest.mul_f64(1.1));
        (self.at, self.at_last) = (late, late);
    }

    /// A claim was answered.
    pub(super) fn answered(&mut self, found: bool, next_due: Option<Duration>) {
        self.due = next_due.map(after).into_iter().chain(self.due_since).min();
        if found {
            self.wait = SHORTEST.min(self.longest);
        }
        self.at = after(self.wait.mul_f64(self.random.f64().mul_add(0.2, 0.9)));
        self.wait = (self.wait * 2).min(self.longest);
    }

    /// There may be something to do: it pays to look often.
    pub(super) fn expect(&mut self) {
        self.wait = SHORTEST.min(self.longest);
        self.at = self.at.min(after(self.wait));
    }

    /// A step waits for a time from now on.
    pub(super) fn due_in(&mut self, wait: Duration) {
        let due = Some(after(wait));
        self.due = self.due.into_iter().chain(due).min();
        self.due_since = self.due_since.into_iter().chain(due).min();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn poll() -> Poll {
        Poll::new(Duration::from_secs(1), fastrand::Rng::with_seed(1))
    }

    #[tokio::test(start_paused = true)]
    async fn the_wait_doubles_while_nothing_is_found() {
        let mut poll = poll();
        let mut waits = Vec::new();
        for found in [true, false, false, false, false, false, true] {
            poll.ask();
            poll.answered(found, None);
            waits.push((poll.next() - Instant::now()).as_secs_f64());
        }
        for (wait, expected) in waits.into_iter().zip([0.1, 0.2, 0.4, 0.8, 1.0, 1.0, 0.1]) {
            assert!((expected * 0.89..expected * 1.11).contains(&wait), "{wait} is not about {expected}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_step_that_begins_to_wait_while_a_claim_is_under_way_is_not_forgotten() {
        let mut poll = poll();
        poll.ask();
        poll.due_in(Duration::from_millis(30));
        poll.answered(false, Some(Duration::from_secs(9)));
        assert_eq!(poll.next() - Instant::now(), Duration::from_millis(30));
        poll.ask();
        poll.answered(false, None);
        assert!(poll.next() - Instant::now() > Duration::from_millis(50), "the claim knew of it");
    }

    #[tokio::test(start_paused = true)]
    async fn a_busy_worker_makes_room_for_what_is_due_and_now_and_then_for_what_others_made() {
        let mut poll = poll();
        poll.ask();
        poll.answered(true, Some(Duration::from_millis(500)));
        assert!(!poll.is_overdue(after(Duration::from_millis(499))));
        assert!(poll.is_overdue(after(Duration::from_millis(500))));
        poll.ask();
        poll.answered(true, None);
        assert!(!poll.is_overdue(after(Duration::from_secs(1))));
        assert!(poll.is_overdue(after(Duration::from_millis(1_100))));
    }
}
