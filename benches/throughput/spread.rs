//! What several measurements of the same thing come to.

use std::time::Duration;

/// The median of some measurements, and between what they lie.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Spread {
    pub(crate) median: f64,
    pub(crate) from: f64,
    pub(crate) to: f64,
}

impl Spread {
    /// Of at least one measurement.
    pub(crate) fn of(measurements: impl IntoIterator<Item = f64>) -> Self {
        let mut sorted: Vec<f64> = measurements.into_iter().collect();
        sorted.sort_by(f64::total_cmp);
        Self { median: at(&sorted, 50), from: at(&sorted, 0), to: at(&sorted, 100) }
    }
}

/// The middle and the 95th percentile of some durations, in milliseconds.
pub(crate) fn p50_and_p95(durations: &[Duration]) -> (f64, f64) {
    let mut sorted: Vec<f64> = durations.iter().map(|duration| duration.as_secs_f64() * 1e3).collect();
    sorted.sort_by(f64::total_cmp);
    (at(&sorted, 50), at(&sorted, 95))
}

fn at(sorted: &[f64], percent: usize) -> f64 {
    sorted.get(sorted.len().saturating_sub(1) * percent / 100).copied().unwrap_or(f64::NAN)
}
