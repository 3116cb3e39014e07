//! Circuit breakers: a system that fails call after call is left alone for a while.
//!
//! [`Breakers`] says what they do. [`Circuit`] is one of them, a machine without a clock or a lock; this module has both, and hands out a [`Permit`] for
//! each call, which has to come back: with what the call said of its system, or, where it was dropped, with how long it had been waited for.

mod circuit;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::{Clock, SystemClock, Timestamp};
use circuit::Circuit;
pub use circuit::{BreakerState, CircuitState};

/// When breakers open, and for how long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BreakerSettings {
    /// How many failures in a row open a breaker. At least 1. Default: 5.
    pub failures: u32,
    /// Within what time these failures come. Default: one minute.
    pub window: Duration,
    /// How long it is open before a call probes the system. Default: 30 seconds.
    pub open_for: Duration,
}

impl BreakerSettings {
    /// 5 failures within a minute, open for 30 seconds.
    pub const DEFAULT: Self =
        Self { failures: 5, window: Duration::from_mins(1), open_for: Duration::from_secs(30) };
}

impl Default for BreakerSettings {
    fn default() -> Self {
        Self::DEFAULT
    }
}

/// The circuit breakers of this process, one for each system that was called by name. Copies share them.
///
/// After [`failures`](BreakerSettings::failures) in a row within a [`window`](BreakerSettings::window) one opens: calls of its system fail at once, with the code
/// `CIRCUIT_OPEN`, and their steps wait until it is half open. Then one call goes through, and its end closes the breaker or opens it again; while it
/// has no end, there is another such call after each time for which a breaker is open. A failure is an answer with a status from 500 or with 429,
/// or none at all: also a call that was given up after a second or more, as when its step reached its own time limit. A call that was not let through counts against the retry limit of its step, and
/// not against the system: a step behind a breaker needs a limit that lasts until its system is back.
///
/// They are of this process only: other workers find out by themselves, and all are closed after a start.
///
/// ```
/// use tasker_core::http::{Api, CircuitState};
///
/// let api = Api::new();
/// assert_eq!(api.breakers().state("billing").state, CircuitState::Closed);
/// assert!(api.breakers().all().is_empty(), "nothing was called yet");
/// ```
#[derive(Clone)]
pub struct Breakers(Arc<Inner>);

struct Inner {
    settings: BreakerSettings,
    of_systems: Vec<(String, BreakerSettings)>,
    clock: Arc<dyn Clock>,
    circuits: Mutex<BTreeMap<String, Circuit>>,
}

impl Breakers {
    pub(super) fn new(
        settings: BreakerSettings,
        of_systems: Vec<(String, BreakerSettings)>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self(Arc::new(Inner { settings, of_systems, clock, circuits: Mutex::default() }))
    }

    /// The state of one breaker. A system that was never called has a closed one.
    #[must_use]
    pub fn state(&self, system: &str) -> BreakerState {
        let now = self.0.clock.now();
        self.circuits().get(system).map_or_else(BreakerState::default, |circuit| circuit.shown(now))
    }

    /// The state of each breaker, by the name of its system.
    #[must_use]
    pub fn all(&self) -> BTreeMap<String, BreakerState> {
        let now = self.0.clock.now();
        self.circuits().iter().map(|(system, circuit)| (system.clone(), circuit.shown(now))).collect()
    }

    /// Closes a breaker by hand, so that the next call goes through.
    pub fn close(&self, system: &str) {
        if let Some(circuit) = self.circuits().get_mut(system) {
            circuit.close();
        }
    }

    /// Asks whether a system may be called now.
    pub(super) fn admit(&self, system: &str) -> Result<Permit, CircuitOpen> {
        let now = self.0.clock.now();
        let mut circuits = self.circuits();
        // Most calls find their system; the name is copied only for the first.
        if !circuits.contains_key(system) {
            circuits.insert(system.to_owned(), Circuit::new(self.settings(system)));
        }
        let admitted = circuits.get_mut(system).map_or(Ok(0), |circuit| circuit.admit(now));
        match admitted {
            Ok(round) => {
                let (breakers, system) = (self.clone(), system.to_owned());
                Ok(Permit { breakers, system, round, since: now, reported: false })
            }
            Err(state) => Err(CircuitOpen { system: system.to_owned(), state, now }),
        }
    }

    fn settings(&self, system: &str) -> BreakerSettings {
        let own = self.0.of_systems.iter().rev().find(|(name, _)| name == system);
        own.map_or(self.0.settings, |(_, settings)| *settings)
    }

    fn circuits(&self) -> MutexGuard<'_, BTreeMap<String, Circuit>> {
        // Nothing panics with the lock held, and a circuit is whole at all times.
        self.0.circuits.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for Breakers {
    fn default() -> Self {
        Self::new(BreakerSettings::DEFAULT, Vec::new(), Arc::new(SystemClock))
    }
}

impl fmt::Debug for Breakers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Breakers").field(&self.all()).finish()
    }
}

/// A call that was let through. One that is dropped without a word had no answer, which is a failure if it had time for one. If not, it tells
/// nothing of the system, and a probe leaves its place to the next call.
pub(super) struct Permit {
    breakers: Breakers,
    system: String,
    round: u64,
    since: Timestamp,
    reported: bool,
}

/// How long a call has to be under way before it says something that there was no answer. Whoever goes earlier may have a reason of their
/// own, such as a worker that stops.
const TIME_FOR_AN_ANSWER: Duration = Duration::from_secs(1);

/// How a call ended, as far as its system is concerned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Report {
    Works,
    Fails,
    /// Nothing was sent, or nobody waited for the answer.
    Nothing,
}

impl Permit {
    pub(super) fn report(mut self, report: Report) {
        self.reported = true;
        self.tell(report);
    }

    fn tell(&self, report: Report) {
        let now = self.breakers.0.clock.now();
        let mut circuits = self.breakers.circuits();
        let Some(circuit) = circuits.get_mut(&self.system) else { return };
        let before = circuit.shown(now).state;
        circuit.report(self.round, report, now);
        let after = circuit.shown(now);
        drop(circuits);
        let system = &self.system;
        match (before, after.state) {
            (CircuitState::Closed | CircuitState::HalfOpen, CircuitState::Open) => {
                let (failures, until) = (after.failures, after.retry_at.map(tracing::field::display));
                tracing::warn!(
                    system,
                    failures,
                    until,
                    "the circuit is open: calls of this system fail at once"
                );
            }
            (CircuitState::HalfOpen, CircuitState::Closed) => {
                tracing::info!(system, "the circuit is closed: the system works again");
            }
            _ => {}
        }
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        if !self.reported {
            let waited = self.breakers.0.clock.now().since(self.since);
            self.tell(if waited >= TIME_FOR_AN_ANSWER { Report::Fails } else { Report::Nothing });
        }
    }
}

/// Why a call was not made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct CircuitOpen {
    pub(super) system: String,
    pub(super) state: BreakerState,
    now: Timestamp,
}

impl CircuitOpen {
    /// How long it takes until the next call may go through.
    pub(super) fn wait(&self) -> Duration {
        self.state.retry_at.map_or(Duration::ZERO, |at| at.since(self.now))
    }
}

#[cfg(test)]
mod tests;
