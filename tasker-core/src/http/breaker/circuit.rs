//! One breaker, as a machine of three states. Whoever calls it holds the lock, and says what time it is.

use std::collections::VecDeque;

use serde::Serialize;

use super::{BreakerSettings, Report};
use crate::Timestamp;

/// Whether calls go through.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum CircuitState {
    /// Calls go through.
    #[default]
    Closed,
    /// Calls fail at once.
    Open,
    /// One call may go through, or does: its end decides.
    HalfOpen,
}

/// A breaker at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct BreakerState {
    /// Whether calls go through.
    pub state: CircuitState,
    /// The failures in a row within the window; where it is not closed, those that opened it, and each probe that failed since.
    pub failures: u32,
    /// When it opened, the last time if probes failed since; none where it is closed.
    pub opened_at: Option<Timestamp>,
    /// From when on a call may go through; none where it is closed.
    pub retry_at: Option<Timestamp>,
}

#[derive(Debug)]
pub(super) struct Circuit {
    settings: BreakerSettings,
    /// Goes up with each change of the state. Reports of calls that began in another round come too late to say anything.
    round: u64,
    phase: Phase,
}

#[derive(Debug)]
enum Phase {
    /// When the last calls failed, all in a row, the oldest first; fewer than it takes to open.
    Closed(VecDeque<Timestamp>),
    Open {
        since: Timestamp,
        failures: u32,
        /// When the last probe under way began.
        probe: Option<Timestamp>,
    },
}

impl Circuit {
    pub(super) fn new(settings: BreakerSettings) -> Self {
        Self { settings, round: 0, phase: Phase::Closed(VecDeque::new()) }
    }

    pub(super) fn shown(&self, now: Timestamp) -> BreakerState {
        let Self { settings, phase, .. } = self;
        match phase {
            Phase::Closed(failures) => {
                let recent = failures.iter().filter(|&&at| now.since(at) <= settings.window);
                BreakerState { failures: recent.count() as u32, ..BreakerState::default() }
            }
            Phase::Open { since, failures, probe } => {
                let half_open = probe.is_some() || may_probe(*since, settings, now);
                BreakerState {
                    state: if half_open { CircuitState::HalfOpen } else { CircuitState::Open },
                    failures: *failures,
                    opened_at: Some(*since),
                    retry_at: Some(probe.unwrap_or(*since) + settings.open_for),
                }
            }
        }
    }

    /// Lets a call through, with the round that it belongs to; or says why not.
    pub(super) fn admit(&mut self, now: Timestamp) -> Result<u64, BreakerState> {
        if let Phase::Open { since, probe, .. } = &mut self.phase {
            // A probe that hangs gives up its place: nobody knows when it ends, and those who wait have to be told a time that is yet to come.
            if !may_probe(probe.unwrap_or(*since), &self.settings, now) {
                return Err(self.shown(now));
            }
            *probe = Some(now);
            self.round += 1;
        }
        Ok(self.round)
    }

    pub(super) fn report(&mut self, round: u64, report: Report, now: Timestamp) {
        if round != self.round {
            return;
        }
        match (&mut self.phase, report) {
            (Phase::Closed(_), Report::Nothing) => {}
            (Phase::Open { probe, .. }, Report::Nothing) => *probe = None,
            (Phase::Closed(failures), Report::Works) => failures.clear(),
            (Phase::Closed(failures), Report::Fails) => {
                failures.retain(|&at| now.since(at) <= self.settings.window);
                failures.push_back(now);
                if failures.len() >= self.settings.failures as usize {
                    let failures = failures.len() as u32;
                    self.enter(Phase::Open { since: now, failures, probe: None });
                }
            }
            (Phase::Open { .. }, Report::Works) => self.close(),
            (Phase::Open { failures, .. }, Report::Fails) => {
                let failures = failures.saturating_add(1);
                self.enter(Phase::Open { since: now, failures, probe: None });
            }
        }
    }

    pub(super) fn close(&mut self) {
        self.enter(Phase::Closed(VecDeque::new()));
    }

    fn enter(&mut self, phase: Phase) {
        self.phase = phase;
        self.round += 1;
    }
}

/// Whether an open breaker lets a probe through, so long after it opened or after the probe before. A clock that was set back does not keep it open.
fn may_probe(since: Timestamp, settings: &BreakerSettings, now: Timestamp) -> bool {
    now >= since + settings.open_for || now < since
}
