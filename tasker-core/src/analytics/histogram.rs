//! Durations, counted in buckets.
//!
//! A bucket is an eighth of a power of two wide, so that every duration is known within 6.3 %, whatever its size, and two histograms
//! are added by adding their buckets: the percentiles of a day are those of its minutes. How many there are, their mean and the longest
//! are exact. Nothing but whole numbers is calculated with, so that every machine and every store comes to the same.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// How many durations of which size there were, in microseconds.
///
/// ```
/// use std::time::Duration;
/// use tasker_core::analytics::Histogram;
///
/// let mut durations = Histogram::default();
/// for ms in 1..=100 {
///     durations.add(Duration::from_millis(ms), 1);
/// }
/// let p95 = durations.percentile(95).unwrap();
/// assert!(p95.abs_diff(Duration::from_millis(95)) < Duration::from_millis(95).mul_f64(0.063));
/// assert_eq!(durations.longest(), Some(Duration::from_millis(100)));
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Stored", into = "Stored")]
pub struct Histogram {
    count: u64,
    sum: u64,
    longest: u64,
    /// In order, with how many each has. A list, because thousands of them are read and added up for a report.
    buckets: Vec<(u64, u64)>,
}

/// Count, sum, longest, then of each bucket how far it is behind the one before, and how many it has, one after the other: short numbers.
#[derive(Serialize, Deserialize)]
struct Stored(u64, u64, u64, Vec<u64>);

impl From<Histogram> for Stored {
    fn from(Histogram { count, sum, longest, buckets }: Histogram) -> Self {
        let mut before = 0;
        let near = |(bucket, times)| [bucket - std::mem::replace(&mut before, bucket), times];
        Self(count, sum, longest, buckets.into_iter().flat_map(near).collect())
    }
}

impl From<Stored> for Histogram {
    fn from(Stored(count, sum, longest, buckets): Stored) -> Self {
        let mut before = 0_u64;
        let far = |pair: &[u64]| {
            before = before.saturating_add(pair[0]);
            (before, pair[1])
        };
        let buckets = buckets.chunks_exact(2).map(far).collect();
        Self { count, sum, longest, buckets }
    }
}

impl Histogram {
    /// Adds a duration so many times.
    pub fn add(&mut self, duration: Duration, times: u64) {
        if times == 0 {
            return;
        }
        let micros = u64::try_from(duration.as_micros()).unwrap_or(u64::MAX);
        self.count += times;
        self.sum = self.sum.saturating_add(micros.saturating_mul(times));
        self.longest = self.longest.max(micros);
        let bucket = bucket(micros);
        match self.buckets.binary_search_by_key(&bucket, |&(known, _)| known) {
            Ok(place) => self.buckets[place].1 += times,
            Err(place) => self.buckets.insert(place, (bucket, times)),
        }
    }

    /// Adds all that another one has.
    pub fn merge(&mut self, other: &Self) {
        self.count += other.count;
        self.sum = self.sum.saturating_add(other.sum);
        self.longest = self.longest.max(other.longest);
        let (mut place, mut missing) = (0, Vec::new());
        for &(bucket, times) in &other.buckets {
            while self.buckets.get(place).is_some_and(|&(known, _)| known < bucket) {
                place += 1;
            }
            match self.buckets.get_mut(place) {
                Some((known, all)) if *known == bucket => *all += times,
                _ => missing.push((bucket, times)),
            }
        }
        if !missing.is_empty() {
            self.buckets.append(&mut missing);
            self.buckets.sort_unstable();
        }
    }

    /// How many durations there are.
    #[must_use]
    pub const fn count(&self) -> u64 {
        self.count
    }

    /// All of them together.
    #[must_use]
    pub const fn sum(&self) -> Duration {
        Duration::from_micros(self.sum)
    }

    /// Their mean, exactly; of none, none.
    #[must_use]
    pub fn mean(&self) -> Option<Duration> {
        self.sum.checked_div(self.count).map(Duration::from_micros)
    }

    /// The longest, exactly.
    #[must_use]
    pub fn longest(&self) -> Option<Duration> {
        (self.count > 0).then(|| Duration::from_micros(self.longest))
    }

    /// The duration that so many percent of them do not exceed, within 6.3 %; of none, none.
    #[must_use]
    pub fn percentile(&self, percent: u8) -> Option<Duration> {
        let rank = (u128::from(self.count) * u128::from(percent.min(100))).div_ceil(100).max(1);
        let mut seen = 0;
        let found = self.buckets.iter().find(|(_, times)| {
            seen += u128::from(*times);
            seen >= rank
        });
        found.map(|&(bucket, _)| Duration::from_micros(middle(bucket).min(self.longest)))
    }

    /// How many of them are shorter than that, as far as buckets tell.
    #[must_use]
    pub fn shorter_than(&self, duration: Duration) -> u64 {
        let micros = u64::try_from(duration.as_micros()).unwrap_or(u64::MAX);
        let end = bucket(micros);
        self.buckets.iter().take_while(|(bucket, _)| *bucket < end).map(|(_, times)| times).sum()
    }
}

/// So many buckets make a power of two.
const PARTS: u64 = 8;

/// The first power of two that is cut into parts; what is less has a bucket of its own for each value.
const FIRST: u32 = PARTS.ilog2() + 1;

fn bucket(micros: u64) -> u64 {
    if micros < 1 << FIRST {
        return micros;
    }
    let power = micros.ilog2();
    let part = (micros >> (power - PARTS.ilog2())) % PARTS;
    (1 << FIRST) + u64::from(power - FIRST) * PARTS + part
}

/// What stands for the durations of a bucket.
fn middle(bucket: u64) -> u64 {
    let Some(beyond) = bucket.checked_sub(1 << FIRST) else { return bucket };
    // What was stored by something else than this is no reason to panic.
    let power = u32::try_from(beyond / PARTS).unwrap_or(u32::MAX).saturating_add(FIRST).min(u64::BITS - 1);
    let width = 1_u64 << (power - PARTS.ilog2());
    (PARTS + beyond % PARTS) * width + width / 2
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_for_a_bucket_is_within_the_bound_of_all_that_is_in_it() {
        let mut random = fastrand::Rng::with_seed(1);
        let powers = (0..63).flat_map(|power| [1_u64 << power, (1 << power) - 1]);
        let values: Vec<u64> =
            powers.chain((0..10_000).map(|_| random.u64(..) >> random.u32(1..64))).collect();
        for value in values {
            let middle = middle(bucket(value));
            assert_eq!(bucket(middle), bucket(value), "{value}");
            assert!(middle.abs_diff(value) <= value / 16, "{value} is taken for {middle}");
        }
    }

    #[test]
    fn longer_durations_are_in_later_buckets() {
        let mut last = 0;
        for value in 0..100_000 {
            assert!(bucket(value) == last || bucket(value) == last + 1);
            last = bucket(value);
        }
    }

    #[test]
    fn percentiles_are_those_of_the_sorted_durations() {
        let mut random = fastrand::Rng::with_seed(2);
        let (mut all, mut parts) = (Vec::new(), [Histogram::default(), Histogram::default()]);
        for _ in 0..5_000 {
            let micros = random.u64(..) >> random.u32(24..60);
            all.push(micros);
            parts[random.usize(..2)].add(Duration::from_micros(micros), 1);
        }
        all.sort_unstable();
        let [mut one, other] = parts;
        one.merge(&other);
        for percent in [1, 50, 90, 95, 99, 100] {
            let expected = all[(all.len() * usize::from(percent)).div_ceil(100) - 1];
            let found = one.percentile(percent).unwrap().as_micros() as u64;
            assert!(found.abs_diff(expected) * 16 <= expected, "p{percent}: {found}, not {expected}");
        }
        let sum: u64 = all.iter().sum();
        assert_eq!(one.mean(), Some(Duration::from_micros(sum / 5_000)));
        assert_eq!(one.longest(), all.last().map(|&micros| Duration::from_micros(micros)));
    }

    #[test]
    fn of_nothing_there_is_nothing_to_say() {
        let none = Histogram::default();
        assert_eq!((none.mean(), none.percentile(50), none.longest()), (None, None, None));
    }

    #[test]
    fn it_is_stored_as_a_short_list_and_comes_back() {
        let mut durations = Histogram::default();
        durations.add(Duration::from_micros(7), 2);
        durations.add(Duration::from_micros(100), 1);
        let text = serde_json::to_string(&durations).unwrap();
        assert_eq!(text, "[3,114,100,[7,2,29,1]]");
        assert_eq!(serde_json::from_str::<Histogram>(&text).unwrap(), durations);
        let odd: Histogram =
            serde_json::from_str("[1,1,18446744073709551615,[18446744073709551615,1]]").unwrap();
        assert!(odd.percentile(50).is_some());
    }
}
