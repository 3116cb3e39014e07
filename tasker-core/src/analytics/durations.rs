use std::time::Duration;

use serde::{Serialize, Serializer};

use super::Histogram;

/// What is told of durations; in JSON, in seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Durations {
    /// How many there are.
    pub count: u64,
    /// Their mean, exactly.
    #[serde(serialize_with = "seconds")]
    pub mean: Duration,
    /// Half of them are not longer; within 6.3 %.
    #[serde(serialize_with = "seconds")]
    pub p50: Duration,
    /// 95 of a hundred are not longer; within 6.3 %.
    #[serde(serialize_with = "seconds")]
    pub p95: Duration,
    /// 99 of a hundred are not longer; within 6.3 %.
    #[serde(serialize_with = "seconds")]
    pub p99: Duration,
    /// The longest, exactly.
    #[serde(serialize_with = "seconds")]
    pub longest: Duration,
}

impl Durations {
    /// What is told of a histogram; of an empty one, nothing.
    #[must_use]
    pub fn of(histogram: &Histogram) -> Option<Self> {
        Some(Self {
            count: histogram.count(),
            mean: histogram.mean()?,
            p50: histogram.percentile(50)?,
            p95: histogram.percentile(95)?,
            p99: histogram.percentile(99)?,
            longest: histogram.longest()?,
        })
    }
}

pub(super) fn seconds<S: Serializer>(duration: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64(duration.as_secs_f64())
}

/// So much of a whole, from 0 to 1; of nothing, none.
pub(super) fn share(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| number(part) / number(whole))
}

/// How many in an hour, at so many in this time; none where the time is none.
pub(super) fn per_hour(count: u64, time: Duration) -> Option<f64> {
    (!time.is_zero()).then(|| number(count) * 3600.0 / time.as_secs_f64())
}

#[expect(clippy::cast_precision_loss, reason = "what is counted is far below 2^52, and shares need no more")]
fn number(count: u64) -> f64 {
    count as f64
}
