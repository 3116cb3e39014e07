//! The order of the slots within their rows.
//!
//! It begins with the order in which a walk along the edges comes by, which draws trees without a crossing. Then the rows are gone through,
//! downwards and upwards in turn: each slot goes where the median of its neighbours in the row before is, and neighbours in the row change
//! places where that saves crossings. The best order that was seen is kept; crossings are counted, so it never gets worse.

use super::Slots;

/// After so many goes without an improvement it is left at that.
const IDLE: usize = 4;
/// How many goes there are at most, in a small graph.
const MOST: usize = 24;
/// How many there are at least.
const LEAST: usize = 6;
/// How many slots and edges are looked at in all goes together.
const WORK: usize = 150_000;

/// The rows from above, each from left to right.
pub(super) fn find(slots: &Slots) -> Vec<Vec<usize>> {
    best_of(slots, (WORK / (slots.len() + slots.edges()).max(1)).clamp(LEAST, MOST))
}

/// The best order that is seen in so many goes.
pub(super) fn best_of(slots: &Slots, goes: usize) -> Vec<Vec<usize>> {
    let mut rows = walked(slots);
    let mut place = vec![0; slots.len()];
    for row in &rows {
        number(row, &mut place);
    }
    let (mut best, mut fewest, mut idle) = (rows.clone(), crossings(slots, &rows, &place), 0);
    for go in 0..goes {
        if fewest == 0 || idle == IDLE {
            break;
        }
        sweep(slots, &mut rows, &mut place, go % 2 == 0);
        exchange(slots, &mut rows, &mut place);
        let now = crossings(slots, &rows, &place);
        idle += 1;
        if now < fewest {
            (best, fewest, idle) = (rows.clone(), now, 0);
        }
    }
    best
}

/// The slots as a walk along the edges comes by, from the first root to the last.
pub(super) fn walked(slots: &Slots) -> Vec<Vec<usize>> {
    let depth = slots.level.iter().max().map_or(0, |&level| level + 1);
    let mut rows = vec![Vec::new(); depth];
    let mut seen = vec![false; slots.len()];
    for root in 0..slots.steps {
        if !slots.up[root].is_empty() {
            continue;
        }
        let mut open = vec![root];
        while let Some(slot) = open.pop() {
            if !std::mem::replace(&mut seen[slot], true) {
                rows[slots.level[slot]].push(slot);
                open.extend(slots.down[slot].iter().rev());
            }
        }
    }
    rows
}

fn number(row: &[usize], place: &mut [usize]) {
    for (at, &slot) in row.iter().enumerate() {
        place[slot] = at;
    }
}

/// Puts each slot where the median of its neighbours in the row before is.
fn sweep(slots: &Slots, rows: &mut [Vec<usize>], place: &mut [usize], downwards: bool) {
    let count = rows.len();
    let (mut medians, mut free, mut places) = (Vec::new(), Vec::new(), Vec::new());
    for at in 1..count {
        let (row, before) = if downwards { (at, &slots.up) } else { (count - 1 - at, &slots.down) };
        medians.clear();
        // What has no neighbour there stays where it is.
        free.clear();
        for (at, &slot) in rows[row].iter().enumerate() {
            sort_places(&before[slot], place, &mut places);
            if let Some(median) = median(&places) {
                medians.push((median, slot));
                free.push(at);
            }
        }
        medians.sort_by(|a, b| a.0.total_cmp(&b.0));
        for (&at, &(_, slot)) in free.iter().zip(&medians) {
            rows[row][at] = slot;
        }
        number(&rows[row], place);
    }
}

/// The places of some slots, in order.
fn sort_places(slots: &[usize], place: &[usize], sorted: &mut Vec<usize>) {
    sorted.clear();
    sorted.extend(slots.iter().map(|&slot| place[slot]));
    sorted.sort_unstable();
}

/// The median of places; between the two in the middle of an even number, nearer to the side where the others are closer together
/// (Gansner, Koutsofios, North and Vo 1993).
#[expect(clippy::cast_precision_loss, reason = "places in a row, far below 2^52")]
fn median(places: &[usize]) -> Option<f64> {
    let middle = places.len() / 2;
    let (&first, &last) = (places.first()?, places.last()?);
    if places.len() % 2 == 1 {
        return Some(places[middle] as f64);
    }
    let (low, high) = (places[middle - 1], places[middle]);
    let (left, right) = ((low - first) as f64, (last - high) as f64);
    if places.len() == 2 || left + right == 0.0 {
        return Some(f64::midpoint(low as f64, high as f64));
    }
    Some((low as f64 * right + high as f64 * left) / (left + right))
}

/// Lets neighbours in a row change places where that saves crossings.
fn exchange(slots: &Slots, rows: &mut [Vec<usize>], place: &mut [usize]) {
    // The sorted places of all neighbours, one slot after the other; a slot's range in it ends with those above, then with those below.
    let (mut all, mut places, mut around) = (Vec::new(), Vec::new(), Vec::new());
    for row in rows.iter_mut() {
        all.clear();
        around.clear();
        for &slot in row.iter() {
            let start = all.len();
            sort_places(&slots.up[slot], place, &mut places);
            all.extend_from_slice(&places);
            let middle = all.len();
            sort_places(&slots.down[slot], place, &mut places);
            all.extend_from_slice(&places);
            around.push((slot, start, middle, all.len()));
        }
        for at in 1..around.len() {
            let sides = |(_, start, middle, end): (usize, usize, usize, usize)| {
                (&all[start..middle], &all[middle..end])
            };
            let ((left_up, left_down), (right_up, right_down)) = (sides(around[at - 1]), sides(around[at]));
            let now = inversions(left_up, right_up) + inversions(left_down, right_down);
            if now > 0 && inversions(right_up, left_up) + inversions(right_down, left_down) < now {
                around.swap(at - 1, at);
            }
        }
        for (slot, (new, ..)) in row.iter_mut().zip(&around) {
            *slot = *new;
        }
        number(row, place);
    }
}

/// How many edges of a left slot cross those of a right one, by the sorted places where they end.
fn inversions(left: &[usize], right: &[usize]) -> usize {
    let mut below = 0;
    let mut count = 0;
    for &place in left {
        while right.get(below).is_some_and(|&other| other < place) {
            below += 1;
        }
        count += below;
    }
    count
}

/// How many pairs of edges cross.
pub(super) fn crossings(slots: &Slots, rows: &[Vec<usize>], place: &[usize]) -> usize {
    let mut all = 0;
    for pair in rows.windows(2) {
        // Edges by where they begin and end; those that ended further right before cross this one (Barth, Jünger and Mutzel 2002).
        let mut ended = Fenwick(vec![0; pair[1].len() + 1]);
        let mut count = 0;
        for &slot in &pair[0] {
            let down = slots.down[slot].iter().map(|&slot| place[slot]);
            all += down.clone().map(|end| count - ended.up_to(end)).sum::<usize>();
            for end in down {
                ended.add(end);
                count += 1;
            }
        }
    }
    all
}

/// Counts by place, with sums of the first ones in O(log).
struct Fenwick(Vec<usize>);

impl Fenwick {
    fn add(&mut self, place: usize) {
        let mut at = place + 1;
        while at < self.0.len() {
            self.0[at] += 1;
            at += at & at.wrapping_neg();
        }
    }

    /// How many are at this place or left of it.
    fn up_to(&self, place: usize) -> usize {
        let (mut at, mut sum) = (place + 1, 0);
        while at > 0 {
            sum += self.0[at];
            at &= at - 1;
        }
        sum
    }
}
