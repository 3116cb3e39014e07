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
    /// The numbers below that were not there, and a transaction number that was given after this was noticed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub holes: Vec<(i64, u64)>,
}

/// What a database says of its transactions at the moment of a reading.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seen {
    /// The lowest transaction number that is still under way.
    pub oldest_open: u64,
    /// One that was given after the reading, if the reading [leaves a hole](Cursor::leaves_hole): what fills the hole has a lower one. What a
    /// snapshot says does not do: transactions that are younger than all that have ended do not stand in it.
    pub later: u64,
}

/// A jump is no row of holes: so many numbers are missing when a database was restored, not when transactions are under way.
const MOST_HOLES: i64 = 10_000;

impl Cursor {
    /// From where a new subscriber reads, when this number was given last.
    #[must_use]
    pub const fn after(high: i64) -> Self {
        Self { high, holes: Vec::new() }
    }

    /// The highest number below which nothing is missing.
    #[must_use]
    pub fn low(&self) -> i64 {
        self.holes.first().map_or(self.high, |&(hole, _)| (hole - 1).min(self.high))
    }

    /// Whether a number is missing once these were read, ascending, that was not missing before.
    #[must_use]
    pub fn leaves_hole(&self, read: &[i64]) -> bool {
        let new = &read[read.partition_point(|number| *number <= self.high)..];
        new.last().is_some_and(|last| last - self.high > new.len() as i64)
    }

    /// How it stands after these numbers were read, ascending, in one view of the database. Without `seen`, numbers are given in the
    /// order of the commits, and there are no holes.
    #[must_use]
    pub fn moved(&self, read: &[i64], seen: Option<Seen>) -> Self {
        let high = read.last().map_or(self.high, |&last| last.max(self.high));
        let Some(Seen { oldest_open, later }) = seen else { return Self::after(high) };
        let is_read = |number: i64| read.binary_search(&number).is_ok();
        let open = |&&(hole, since): &&(i64, u64)| !is_read(hole) && oldest_open < since;
        let mut holes: Vec<(i64, u64)> = self.holes.iter().filter(open).copied().collect();
        let from = (self.high + 1).max(high - MOST_HOLES);
        holes.extend((from..=high).filter(|&number| !is_read(number)).map(|hole| (hole, later)));
        Self { high, holes }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn seen(oldest_open: u64, later: u64) -> Seen {
        Seen { oldest_open, later }
    }

    #[test]
    fn a_hole_is_left_by_what_is_new() {
        let cursor = Cursor { high: 10, holes: vec![(4, 1)] };
        for (read, leaves) in
            [(&[][..], false), (&[4], false), (&[4, 11, 12], false), (&[12], true), (&[4, 11, 13], true)]
        {
            assert_eq!(cursor.leaves_hole(read), leaves, "{read:?}");
        }
    }

    #[test]
    fn a_hole_is_remembered_until_it_is_filled_or_cannot_be_filled_any_more() {
        let cursor = Cursor::after(10).moved(&[11, 14], Some(seen(90, 100)));
        assert_eq!(cursor, Cursor { high: 14, holes: vec![(12, 100), (13, 100)] });
        assert_eq!(cursor.low(), 11);
        // The twelfth came; a transaction that began before is still under way.
        let cursor = cursor.moved(&[12, 15], Some(seen(99, 103)));
        assert_eq!(cursor, Cursor { high: 15, holes: vec![(13, 100)] });
        assert_eq!(cursor.moved(&[], Some(seen(100, 104))), Cursor::after(15));
    }

    #[test]
    fn where_numbers_are_given_in_the_order_of_the_commits_nothing_is_missing() {
        assert_eq!(Cursor::after(3).moved(&[4, 9], None), Cursor::after(9));
        assert_eq!(Cursor::after(3).moved(&[], None), Cursor::after(3));
    }

    #[test]
    fn a_jump_is_no_row_of_holes() {
        let cursor = Cursor::after(0).moved(&[1_000_000], Some(seen(1, 2)));
        assert_eq!(cursor.holes.len(), 10_000);
        assert_eq!(cursor.low(), 989_999);
    }
}
