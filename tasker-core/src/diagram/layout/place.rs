//! Where in its row a slot stands.
//!
//! A slot wants to stand in the middle of its neighbours, and bends above each other, so that long edges are straight. What a whole row can have at
//! best, with its order and enough room between any two, is a weighted isotonic regression, which is solved exactly by pooling (Ayer and others 1955).
//! The rows are gone through downwards and upwards a few times, then by what is above and below. At last trunks are drawn straight where there is
//! room, and the boxes settle around them.

use super::Slots;

/// The room between two boxes.
const BOX_GAP: f64 = 28.0;
/// The room beside a bend.
const BEND_GAP: f64 = 14.0;
/// How often the rows are gone through in each direction.
const ROUNDS: usize = 6;

/// The neighbours that a slot looks at.
#[derive(Clone, Copy)]
enum Look {
    Up,
    Down,
    Both,
    /// At both, and bends stay where they are, as far as they can.
    AroundTrunks,
}

/// The middle of each slot.
pub(super) fn find(slots: &Slots, rows: &[Vec<usize>]) -> Vec<f64> {
    let mut middles = vec![0.0; slots.len()];
    for row in rows {
        let mut x = 0.0;
        for pair in row.windows(2) {
            x += room(slots, pair[0], pair[1]);
            middles[pair[1]] = x;
        }
        for &slot in row {
            middles[slot] -= x / 2.0;
        }
    }
    for _ in 0..ROUNDS {
        for row in rows {
            settle(slots, row, &mut middles, Look::Up);
        }
        for row in rows.iter().rev() {
            settle(slots, row, &mut middles, Look::Down);
        }
    }
    for row in rows {
        settle(slots, row, &mut middles, Look::Both);
    }
    for _ in 0..2 {
        straighten(slots, rows, &mut middles);
        for row in rows {
            settle(slots, row, &mut middles, Look::AroundTrunks);
        }
    }
    middles
}

/// Puts the bends of each trunk above each other, in as few pieces as the room beside their neighbours allows.
fn straighten(slots: &Slots, rows: &[Vec<usize>], middles: &mut [f64]) {
    let mut place = vec![0; slots.len()];
    for row in rows {
        for (at, &slot) in row.iter().enumerate() {
            place[slot] = at;
        }
    }
    let between = |slot: usize, middles: &[f64]| {
        let (row, at) = (&rows[slots.level[slot]], place[slot]);
        let left = at.checked_sub(1).map(|at| row[at]);
        let low = left.map_or(f64::NEG_INFINITY, |left| middles[left] + room(slots, left, slot));
        let right = row.get(at + 1);
        let high = right.map_or(f64::INFINITY, |&right| middles[right] - room(slots, slot, right));
        // What was rounded must not turn them around.
        (low.min(middles[slot]), high.max(middles[slot]))
    };
    // The bends of a trunk have rising numbers, so the first one comes first.
    for first in slots.steps..slots.len() {
        let is_first = slots.up[first].iter().all(|&above| !slots.is_bend(above));
        let mut next = is_first.then_some(first);
        while let Some(from) = next {
            let mut piece = vec![from];
            let (mut low, mut high) = between(from, middles);
            next = below(slots, from);
            while let Some(bend) = next {
                let (left, right) = between(bend, middles);
                if low.max(left) > high.min(right) {
                    break;
                }
                (low, high) = (low.max(left), high.min(right));
                piece.push(bend);
                next = below(slots, bend);
            }
            let wanted = ends(slots, &piece, middles);
            for bend in piece {
                middles[bend] = wanted.clamp(low, high);
            }
        }
    }
}

/// The next bend of a trunk.
fn below(slots: &Slots, bend: usize) -> Option<usize> {
    slots.down[bend].iter().copied().find(|&slot| slots.is_bend(slot))
}

/// Between what a piece of a trunk comes from and what it leads to.
fn ends(slots: &Slots, piece: &[usize], middles: &[f64]) -> f64 {
    let is_box = |slot: &&usize| !slots.is_bend(**slot);
    let boxes = piece.iter().flat_map(|&bend| slots.up[bend].iter().chain(&slots.down[bend])).filter(is_box);
    let mut around: Vec<f64> = boxes.map(|&slot| middles[slot]).collect();
    // The pieces above and below, where the trunk has several.
    let above =
        piece.first().and_then(|&bend| slots.up[bend].iter().copied().find(|&slot| slots.is_bend(slot)));
    let below = piece.last().and_then(|&bend| below(slots, bend));
    around.extend(above.into_iter().chain(below).map(|slot| middles[slot]));
    around.sort_by(f64::total_cmp);
    let middle = around.len() / 2;
    match around.len() {
        0 => middles[piece[0]],
        count if count % 2 == 1 => around[middle],
        _ => f64::midpoint(around[middle - 1], around[middle]),
    }
}

/// How far apart the middles of two neighbours are at least.
fn room(slots: &Slots, left: usize, right: usize) -> f64 {
    let gap = if slots.is_bend(left) || slots.is_bend(right) { BEND_GAP } else { BOX_GAP };
    f64::midpoint(slots.size[left].width, slots.size[right].width) + gap
}

/// How much an edge pulls: most where it is to be straight.
fn pull(slots: &Slots, a: usize, b: usize) -> f64 {
    match (slots.is_bend(a), slots.is_bend(b)) {
        (true, true) => 8.0,
        (true, false) | (false, true) => 2.0,
        (false, false) => 1.0,
    }
}

/// Slots that stand as close as they may, side by side.
struct Pool {
    weight: f64,
    /// The weighted sum of where they want to stand, less the room that those on the left take.
    sum: f64,
    count: usize,
}

/// Gives the slots of a row the places that are nearest to where they want to be.
fn settle(slots: &Slots, row: &[usize], middles: &mut [f64], look: Look) {
    let mut pools: Vec<Pool> = Vec::with_capacity(row.len());
    let mut offset = 0.0;
    let mut offsets = Vec::with_capacity(row.len());
    for (at, &slot) in row.iter().enumerate() {
        if let Some(left) = at.checked_sub(1) {
            offset += room(slots, row[left], slot);
        }
        offsets.push(offset);
        let (weight, wanted) = wish(slots, slot, middles, look);
        let mut pool = Pool { weight, sum: weight * (wanted - offset), count: 1 };
        while let Some(left) = pools.pop_if(|left| left.sum * pool.weight >= pool.sum * left.weight) {
            pool.weight += left.weight;
            pool.sum += left.sum;
            pool.count += left.count;
        }
        pools.push(pool);
    }
    let mut rest = row.iter().zip(offsets);
    for Pool { weight, sum, count } in pools {
        for (&slot, offset) in rest.by_ref().take(count) {
            middles[slot] = sum / weight + offset;
        }
    }
}

/// Where a slot wants to stand, and how much.
fn wish(slots: &Slots, slot: usize, middles: &[f64], look: Look) -> (f64, f64) {
    /// Of what has no neighbours: it goes where there is room.
    const FAINT: f64 = 0.01;
    /// Of what is to stay.
    const FIRM: f64 = 1e6;
    if matches!(look, Look::AroundTrunks) && slots.is_bend(slot) {
        return (FIRM, middles[slot]);
    }
    let (mut weight, mut sum) = (0.0, 0.0);
    let (up, down): (&[usize], &[usize]) = match look {
        Look::Up => (&slots.up[slot], &[]),
        Look::Down => (&[], &slots.down[slot]),
        Look::Both | Look::AroundTrunks => (&slots.up[slot], &slots.down[slot]),
    };
    for &other in up.iter().chain(down) {
        let pull = pull(slots, slot, other);
        weight += pull;
        sum += pull * middles[other];
    }
    if weight == 0.0 { (FAINT, middles[slot]) } else { (weight, sum / weight) }
}
