//! The periods in which what ended is counted: minutes, of which tens are put together, and of those hours.
//!
//! Each [`Level`] is counted up to a moment, its mark: hours up to the first, ten minutes from there on, then minutes, and what ended after the
//! last mark is read from the tasks themselves. A mark moves over one period after the other, and leaps over those in which nothing ended.
//!
//! A period is counted some time after it ended, because what is committed late is stamped with the time at which it began. Whoever puts
//! periods together counts the tasks of that time once more, and where there are more than were counted, all is counted anew.

use serde::{Deserialize, Serialize};

use crate::Timestamp;
use std::time::Duration;

/// How long periods are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Level {
    /// A minute.
    Minute,
    /// Ten minutes.
    TenMinutes,
    /// An hour.
    Hour,
}

impl Level {
    /// The longest first, as they follow in time.
    pub const ALL: [Self; 3] = [Self::Hour, Self::TenMinutes, Self::Minute];

    /// How long its periods are.
    #[must_use]
    pub const fn span(self) -> Duration {
        Duration::from_mins(match self {
            Self::Minute => 1,
            Self::TenMinutes => 10,
            Self::Hour => 60,
        })
    }

    /// The level whose periods are so many seconds long.
    #[must_use]
    pub fn of_seconds(seconds: i64) -> Option<Self> {
        Self::ALL.into_iter().find(|level| level.seconds() == seconds)
    }

    /// How long its periods are, in seconds.
    #[must_use]
    pub const fn seconds(self) -> i64 {
        self.span().as_secs().cast_signed()
    }

    /// How long ago a period has to have ended before it is counted. Hours are put together when no window that
    /// begins at ten minutes needs their parts any more.
    const fn least_age(self) -> Duration {
        match self {
            Self::Minute => Duration::from_mins(1),
            Self::TenMinutes => Duration::from_mins(2),
            Self::Hour => FINE.saturating_add(Self::TenMinutes.span()),
        }
    }

    /// Where the period of a moment begins.
    #[must_use]
    pub const fn floor(self, at: Timestamp) -> Timestamp {
        let span = self.seconds() * 1_000_000;
        Timestamp::from_micros(at.as_micros().div_euclid(span) * span)
    }
}

/// Windows of up to this length begin at ten minutes, longer ones at an hour.
const FINE: Duration = Duration::from_hours(1);

/// For how long periods are kept.
pub const KEPT: Duration = Duration::from_hours(24 * 8);

/// Where a window begins that is to reach back so far: where a period begins.
#[must_use]
pub fn window_start(now: Timestamp, length: Duration) -> Timestamp {
    let level = if length <= FINE { Level::TenMinutes } else { Level::Hour };
    level.floor(now - length)
}

/// A period.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Period {
    /// How long it is.
    pub level: Level,
    /// When it begins.
    pub from: Timestamp,
}

impl Period {
    /// When it ends: what ends at that moment belongs to the next one.
    #[must_use]
    pub fn to(self) -> Timestamp {
        self.from + self.level.span()
    }
}

/// Up to where periods are counted, in microseconds since 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Marks {
    hour: i64,
    ten_minutes: i64,
    minute: i64,
}

impl Marks {
    /// How it begins: with the last day, of which something may be known already.
    #[must_use]
    pub fn begin(now: Timestamp) -> Self {
        let at = Level::Hour.floor(now - Duration::from_hours(24)).as_micros();
        Self { hour: at, ten_minutes: at, minute: at }
    }

    /// Up to where periods of this level are counted.
    #[must_use]
    pub const fn of(&self, level: Level) -> Timestamp {
        Timestamp::from_micros(match level {
            Level::Minute => self.minute,
            Level::TenMinutes => self.ten_minutes,
            Level::Hour => self.hour,
        })
    }

    /// Up to where everything is counted in some period.
    #[must_use]
    pub const fn counted_until(&self) -> Timestamp {
        self.of(Level::Minute)
    }

    /// The period that is to be counted next, if it is time for one. `first` says for each level when the first
    /// thing happened at or after its mark.
    pub fn next(&self, now: Timestamp, first: impl Fn(Level) -> Option<Timestamp>) -> Option<Period> {
        let period = |level: Level| {
            let from = level.floor(first(level)?).max(self.of(level));
            let period = Period { level, from };
            (period.to() + level.least_age() <= now).then_some(period)
        };
        Level::ALL.into_iter().find_map(period)
    }

    /// When a period was counted.
    #[must_use]
    pub fn after(self, period: Period) -> Self {
        let to = period.to().as_micros();
        let reached = |level: Level, mark: i64| if level <= period.level { mark.max(to) } else { mark };
        Self {
            hour: reached(Level::Hour, self.hour),
            ten_minutes: reached(Level::TenMinutes, self.ten_minutes),
            minute: reached(Level::Minute, self.minute),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: Timestamp = Timestamp::from_micros(1_795_000_000_000_000 / 3_600_000_000 * 3_600_000_000);

    fn minutes(minutes: u64) -> Duration {
        Duration::from_mins(minutes)
    }

    #[test]
    fn a_day_that_nobody_counted_is_counted_in_long_periods_first() {
        let now = HOUR + minutes(34);
        let (mut marks, mut counted) = (Marks::begin(now), Vec::new());
        // Something ends all the time.
        while let Some(period) = marks.next(now, |level| Some(marks.of(level))) {
            counted.push(period.level);
            marks = marks.after(period);
        }
        let many = |level| counted.iter().filter(|&&counted| counted == level).count();
        assert_eq!([Level::Hour, Level::TenMinutes, Level::Minute].map(many), [23, 9, 3]);
        assert_eq!(marks.counted_until(), HOUR + minutes(33));
        assert_eq!(marks.of(Level::TenMinutes), HOUR + minutes(30));
        assert!(marks.of(Level::Hour) <= window_start(now, FINE));
    }

    #[test]
    fn a_period_in_which_nothing_ended_is_leapt_over() {
        let marks = Marks::begin(HOUR);
        assert_eq!(marks.next(HOUR, |_| None), None);
        let first = HOUR - minutes(7);
        let period = marks.next(HOUR, |_| Some(first)).unwrap();
        assert_eq!(period, Period { level: Level::Minute, from: first });
        assert_eq!(marks.after(period).counted_until(), HOUR - minutes(6));
        assert_eq!(marks.after(period).of(Level::Hour), marks.of(Level::Hour));
    }

    #[test]
    fn a_minute_is_counted_a_minute_after_it_ended() {
        let marks = Marks::begin(HOUR);
        let next = |now| marks.next(now, |level| (level == Level::Minute).then_some(HOUR + minutes(3)));
        assert_eq!(next(HOUR + minutes(5) - Duration::from_micros(1)), None);
        assert!(next(HOUR + minutes(5)).is_some());
    }

    #[test]
    fn windows_begin_where_periods_do() {
        let now = HOUR + minutes(34);
        assert_eq!(window_start(now, minutes(60)), HOUR - minutes(30));
        assert_eq!(window_start(now, minutes(61)), HOUR - minutes(60));
        assert_eq!(window_start(now, minutes(240)), HOUR - minutes(240));
        assert_eq!(window_start(now, minutes(24 * 60)), HOUR - minutes(24 * 60));
    }
}
