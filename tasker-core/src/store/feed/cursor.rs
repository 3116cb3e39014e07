use serde::{Deserialize, Serialize};

/// How far the outbox was read.
///
/// The rows of the outbox have numbers, and of two transactions that move the same task the later one has the higher number. But
/// transactions that have nothing to do with one another commit in any order, so a number may be missing that comes later, or, if its
/// transaction was undone, never. Such a hole stops nobody: what comes behind it is about other tasks. The cursor remembers it until it
/// is filled, or until every transaction has ended that could fill it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Cursor {
    /// The highest number that was read.
    pub high: i64,
    /// The numbers below that were not there, ascending.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub holes: Vec<Hole>,
}

/// Numbers that were not there when one behind them was. A single transaction may have any number of them, and a restored database jumps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "(i64, i64, u64)", into = "(i64, i64, u64)")]
pub struct Hole {
    /// The lowest of them.
    pub first: i64,
    /// The highest of them.
    pub last: i64,
    /// A transaction number that was given after this was noticed.
    pub since: u64,
}

/// What a database says of its transactions at the moment of a reading.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seen {
    /// The lowest transaction number that is still under way.
    pub oldest_open: u64,
    /// One that is higher than that of every transaction that has ended.
    pub next: u64,
    /// One that was given after the reading, if that is [asked for](Cursor::asks_for_number): what fills a hole that the reading leaves has a
    /// lower one. What a snapshot says does not do: transactions that are younger than all that have ended do not stand in it.
    pub later: u64,
}

/// What a reading brought.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Numbers<'r> {
    /// The numbers behind a cursor and in its holes, ascending.
    pub read: &'r [i64],
    /// Up to where all were read that there are.
    pub up_to: i64,
}

/// How many holes are borne: one is left by each transaction that is undone while an older one is open. Each reading looks into all of
/// them, and so much is written each time that a cursor is kept.
const MOST_HOLES: usize = 10_000;

impl Cursor {
    /// From where a new subscriber reads, when this number was given last.
    #[must_use]
    pub const fn after(high: i64) -> Self {
        Self { high, holes: Vec::new() }
    }

    /// The highest number below which nothing is missing.
    #[must_use]
    pub fn low(&self) -> i64 {
        self.holes.first().map_or(self.high, |hole| (hole.first - 1).min(self.high))
    }

    /// Whether it has as many holes as are borne: then it does not read on behind the highest number until some are gone.
    #[must_use]
    pub const fn is_full(&self) -> bool {
        self.holes.len() >= MOST_HOLES
    }

    /// Whether the database has to give a transaction number after a reading: a number is missing that was not missing before, or a hole was
    /// noticed under a higher number than any that was given. Then the database is a restored one, on a server that counts anew.
    #[must_use]
    pub fn asks_for_number(&self, read: &[i64], next: u64) -> bool {
        let new = &read[read.partition_point(|number| *number <= self.high)..];
        new.last().is_some_and(|last| last - self.high > new.len() as i64)
            || self.holes.iter().any(|hole| hole.since >= next)
    }

    /// How it stands after a reading in one view of the database. Without `seen`, numbers are given in the order of the commits, and there
    /// are no holes.
    #[must_use]
    pub fn moved(&self, numbers: Numbers<'_>, seen: Option<Seen>) -> Self {
        let Numbers { read, up_to } = numbers;
        let high = read.last().map_or(self.high, |&last| last.max(self.high));
        let Some(Seen { oldest_open, next, later }) = seen else { return Self::after(high) };
        let mut holes = Vec::new();
        for &(mut hole) in &self.holes {
            if hole.since >= next {
                hole.since = later;
            }
            if oldest_open < hole.since {
                holes.extend(hole.without(read));
            } else if hole.last > up_to {
                // It has rows perhaps that were not read yet.
                holes.push(Hole { first: hole.first.max(up_to + 1), ..hole });
            }
        }
        if high > self.high {
            holes.extend(Hole { first: self.high + 1, last: high, since: later }.without(read));
        }
        Self { high, holes }
    }
}

impl Hole {
    /// What is left of it when these are there, ascending.
    fn without(self, read: &[i64]) -> impl Iterator<Item = Self> + '_ {
        let inside = &read[read.partition_point(|number| *number < self.first)..];
        let inside = &inside[..inside.partition_point(|number| *number <= self.last)];
        let starts = std::iter::once(self.first).chain(inside.iter().map(|number| number + 1));
        let ends = inside.iter().map(|number| number - 1).chain([self.last]);
        let parts = starts.zip(ends).map(move |(first, last)| Self { first, last, ..self });
        parts.filter(|part| part.first <= part.last)
    }
}

impl From<(i64, i64, u64)> for Hole {
    fn from((first, last, since): (i64, i64, u64)) -> Self {
        Self { first, last, since }
    }
}

impl From<Hole> for (i64, i64, u64) {
    fn from(Hole { first, last, since }: Hole) -> Self {
        (first, last, since)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn seen(oldest_open: u64, later: u64) -> Seen {
        Seen { oldest_open, next: later, later }
    }

    const fn all(read: &[i64]) -> Numbers<'_> {
        Numbers { read, up_to: i64::MAX }
    }

    const fn hole(first: i64, last: i64, since: u64) -> Hole {
        Hole { first, last, since }
    }

    #[test]
    fn a_number_is_asked_for_where_one_is_missing() {
        let cursor = Cursor { high: 10, holes: vec![hole(4, 4, 1)] };
        for (read, asks) in
            [(&[][..], false), (&[4], false), (&[4, 11, 12], false), (&[12], true), (&[4, 11, 13], true)]
        {
            assert_eq!(cursor.asks_for_number(read, 2), asks, "{read:?}");
        }
        assert!(cursor.asks_for_number(&[], 1), "the hole is of another server");
    }

    #[test]
    fn a_hole_is_remembered_until_it_is_filled_or_cannot_be_filled_any_more() {
        let cursor = Cursor::after(10).moved(all(&[11, 15]), Some(seen(90, 100)));
        assert_eq!(cursor, Cursor { high: 15, holes: vec![hole(12, 14, 100)] });
        assert_eq!(cursor.low(), 11);
        // The thirteenth came; a transaction that began before is still under way.
        let cursor = cursor.moved(all(&[13, 16]), Some(seen(99, 103)));
        assert_eq!(cursor, Cursor { high: 16, holes: vec![hole(12, 12, 100), hole(14, 14, 100)] });
        assert_eq!(cursor.moved(all(&[12]), Some(seen(99, 104))).holes, [hole(14, 14, 100)]);
        assert_eq!(cursor.moved(all(&[]), Some(seen(100, 104))), Cursor::after(16));
    }

    #[test]
    fn what_was_not_looked_at_is_not_given_up() {
        let cursor = Cursor { high: 50, holes: vec![hole(2, 3, 100), hole(5, 30, 100), hole(40, 49, 100)] };
        let cut = Numbers { read: &[5, 6, 9], up_to: 9 };
        let rest = vec![hole(10, 30, 100), hole(40, 49, 100)];
        assert_eq!(cursor.moved(cut, Some(seen(100, 104))), Cursor { high: 50, holes: rest });
        let open = vec![hole(2, 3, 100), hole(7, 8, 100), hole(10, 30, 100), hole(40, 49, 100)];
        assert_eq!(cursor.moved(cut, Some(seen(99, 104))), Cursor { high: 50, holes: open });
    }

    #[test]
    fn on_a_server_that_counts_anew_a_hole_is_one_that_was_noticed_now() {
        let cursor = Cursor { high: 50, holes: vec![hole(2, 3, 4_000)] };
        let later = Some(Seen { oldest_open: 90, next: 95, later: 100 });
        let cursor = cursor.moved(all(&[]), later);
        assert_eq!(cursor.holes, [hole(2, 3, 100)]);
        assert_eq!(cursor.moved(all(&[]), Some(seen(101, 102))), Cursor::after(50));
    }

    #[test]
    fn where_numbers_are_given_in_the_order_of_the_commits_nothing_is_missing() {
        assert_eq!(Cursor::after(3).moved(all(&[4, 9]), None), Cursor::after(9));
        assert_eq!(Cursor::after(3).moved(all(&[]), None), Cursor::after(3));
    }

    #[test]
    fn a_jump_is_one_hole() {
        let cursor = Cursor::after(0).moved(all(&[1_000_000]), Some(seen(1, 2)));
        assert_eq!(cursor, Cursor { high: 1_000_000, holes: vec![hole(1, 999_999, 2)] });
        let text = serde_json::to_string(&cursor).unwrap();
        assert_eq!(text, r#"{"high":1000000,"holes":[[1,999999,2]]}"#);
        assert_eq!(serde_json::from_str::<Cursor>(&text).unwrap(), cursor);
    }
}
