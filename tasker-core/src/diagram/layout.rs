//! Where boxes and wires of a graph go.
//!
//! The layered way of drawing (Sugiyama, Tagawa and Toda 1981). A step stands in the row of its level, so that every edge leads downwards.
//! Where an edge passes rows, it gets a bend in each, which takes room there as a thin box would; all edges of one step share their bends, as a trunk
//! that branches off. Then the order within the rows is found (`order`), and the places (`place`). Nothing is left to chance.
//!
//! Costs are O((steps + edges) · log): a drawing has at most a few bends for each step and edge. Where that is not enough, the longest edges go
//! straight to their end, behind what is in between.

mod order;
mod place;

use super::svg::text::Size;

/// A drawing without its looks.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Layout {
    /// A box for each step.
    pub(super) boxes: Vec<Rect>,
    /// The edges.
    pub(super) runs: Vec<Run>,
    pub(super) width: f64,
    pub(super) height: f64,
}

/// A box.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Rect {
    pub(super) left: f64,
    pub(super) top: f64,
    pub(super) width: f64,
    pub(super) height: f64,
}

/// A piece of an edge, from one row to a lower one. The pieces of one source follow each other, the pieces of a trunk from above.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Run {
    /// The step that the edge comes from.
    pub(super) source: usize,
    /// The step that this piece ends at; none where it ends in a bend.
    pub(super) target: Option<usize>,
    /// Where it starts.
    pub(super) from: Point,
    /// Down to here it goes straight.
    pub(super) leaves: f64,
    /// From here on it goes straight again.
    pub(super) arrives: f64,
    /// Where it ends.
    pub(super) to: Point,
}

/// A place in a drawing.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Point {
    pub(super) x: f64,
    pub(super) y: f64,
}

impl Rect {
    pub(super) fn bottom(&self) -> f64 {
        self.top + self.height
    }

    #[cfg(test)]
    pub(super) fn right(&self) -> f64 {
        self.left + self.width
    }
}

/// What takes room in a row: first the steps, by their number, then the bends.
#[derive(Debug, Clone)]
struct Slots {
    /// How many of them are steps.
    steps: usize,
    level: Vec<usize>,
    size: Vec<Size>,
    /// The slots that an edge leads from, in the row above.
    up: Vec<Vec<usize>>,
    /// The slots that an edge leads to, in the row below.
    down: Vec<Vec<usize>>,
}

/// An edge as it passes the rows: from the step through the bends (of the trunk, up to its last row) to the other step.
#[derive(Debug, Clone, Copy)]
struct Route {
    source: usize,
    target: usize,
    /// The slot before the target: the source, or a bend. None where the edge goes straight through the rows.
    before: Option<usize>,
}

/// How many bends there may be for each step and edge.
const BENDS: usize = 4;
/// How many there may be however small the graph is.
const FREE_BENDS: usize = 400;

/// Lays out steps with these sizes and dependencies; each depends on steps before it.
pub(super) fn lay_out(sizes: &[Size], dependencies: &[Vec<usize>]) -> Layout {
    let (slots, routes) = Slots::new(sizes, dependencies);
    let rows = order::find(&slots);
    let middles = place::find(&slots, &rows);
    draw(&slots, &rows, &middles, &routes)
}

impl Slots {
    fn new(sizes: &[Size], dependencies: &[Vec<usize>]) -> (Self, Vec<Route>) {
        let steps = sizes.len();
        let mut level = vec![0; steps];
        let mut dependents = vec![Vec::new(); steps];
        for (step, before) in dependencies.iter().enumerate() {
            level[step] = before.iter().map(|&before| level[before] + 1).max().unwrap_or(0);
            for &before in before {
                dependents[before].push(step);
            }
        }
        let edges: usize = dependencies.iter().map(Vec::len).sum();
        let has_trunk = trunks(&level, &dependents, BENDS * (steps + edges) + FREE_BENDS);
        let mut slots = Self {
            steps,
            level,
            size: sizes.to_vec(),
            up: vec![Vec::new(); steps],
            down: vec![Vec::new(); steps],
        };
        let mut routes = Vec::with_capacity(edges);
        for (source, targets) in dependents.iter().enumerate() {
            slots.route(source, targets, has_trunk[source], &mut routes);
        }
        (slots, routes)
    }

    /// Leads the edges of a step through the rows.
    fn route(&mut self, source: usize, targets: &[usize], has_trunk: bool, routes: &mut Vec<Route>) {
        let mut targets = targets.to_vec();
        targets.sort_by_key(|&target| (self.level[target], target));
        // The slot of the trunk in the row that was reached.
        let mut at = source;
        for target in targets {
            while has_trunk && self.level[at] + 1 < self.level[target] {
                at = self.bend(at);
            }
            let is_next = self.level[at] + 1 == self.level[target];
            if is_next {
                self.connect(at, target);
            }
            routes.push(Route { source, target, before: is_next.then_some(at) });
        }
    }

    fn bend(&mut self, above: usize) -> usize {
        let bend = self.level.len();
        self.level.push(self.level[above] + 1);
        self.size.push(Size { width: 0.0, height: 0.0 });
        self.up.push(Vec::new());
        self.down.push(Vec::new());
        self.connect(above, bend);
        bend
    }

    fn connect(&mut self, above: usize, below: usize) {
        self.down[above].push(below);
        self.up[below].push(above);
    }

    fn is_bend(&self, slot: usize) -> bool {
        slot >= self.steps
    }

    fn len(&self) -> usize {
        self.level.len()
    }

    fn edges(&self) -> usize {
        self.down.iter().map(Vec::len).sum()
    }
}

/// Which steps get a trunk for their long edges: those with the shortest, while there are bends left.
fn trunks(level: &[usize], dependents: &[Vec<usize>], mut bends: usize) -> Vec<bool> {
    let longest = |step: usize| {
        let lowest = dependents[step].iter().map(|&target| level[target]).max();
        lowest.map_or(0, |lowest| lowest - level[step] - 1)
    };
    let mut lengths: Vec<_> = (0..level.len()).map(|step| (longest(step), step)).collect();
    lengths.sort_unstable();
    let mut has_trunk = vec![false; level.len()];
    for (length, step) in lengths {
        has_trunk[step] = length <= bends;
        bends = bends.saturating_sub(length);
    }
    has_trunk
}

/// The least height between two rows.
const ROW_GAP: f64 = 40.0;
/// The greatest.
const ROW_GAP_MAX: f64 = 130.0;
/// How much of the widest leap between two rows is added to the height, so that no curve is flat.
const ROW_GAP_SHARE: f64 = 0.07;

fn draw(slots: &Slots, rows: &[Vec<usize>], middles: &[f64], routes: &[Route]) -> Layout {
    let ends = |slot: &usize| {
        let half = slots.size[*slot].width / 2.0;
        (middles[*slot] - half, middles[*slot] + half)
    };
    let left = rows.iter().flatten().map(|slot| ends(slot).0).fold(f64::INFINITY, f64::min);
    let right = rows.iter().flatten().map(|slot| ends(slot).1).fold(f64::NEG_INFINITY, f64::max);
    let (mut tops, mut bottoms, mut y) = (Vec::new(), Vec::new(), 0.0);
    for row in rows {
        let height = row.iter().map(|&slot| slots.size[slot].height).fold(0.0, f64::max);
        tops.push(y);
        bottoms.push(y + height);
        let leaps = row.iter().flat_map(|&slot| slots.down[slot].iter().map(move |&down| (slot, down)));
        let widest = leaps.map(|(from, to)| (middles[from] - middles[to]).abs()).fold(0.0, f64::max);
        y += height + (ROW_GAP + widest * ROW_GAP_SHARE).min(ROW_GAP_MAX).round();
    }
    let boxes: Vec<Rect> = (0..slots.steps)
        .map(|step| {
            let Size { width, height } = slots.size[step];
            let (top, bottom) = (tops[slots.level[step]], bottoms[slots.level[step]]);
            Rect { left: ends(&step).0 - left, top: f64::midpoint(top, bottom) - height / 2.0, width, height }
        })
        .collect();
    let x = |slot: usize| middles[slot] - left;
    let start = |slot: usize| Point {
        x: x(slot),
        y: if slots.is_bend(slot) { bottoms[slots.level[slot]] } else { boxes[slot].bottom() },
    };
    let run = |source, from: usize, to: usize| {
        let is_bend = slots.is_bend(to);
        let end = if is_bend { bottoms[slots.level[to]] } else { boxes[to].top };
        Run {
            source,
            target: (!is_bend).then_some(to),
            from: start(from),
            leaves: bottoms[slots.level[from]],
            arrives: tops[slots.level[to]],
            to: Point { x: x(to), y: end },
        }
    };
    let mut runs = Vec::with_capacity(slots.edges());
    let mut drawn = vec![false; slots.len()];
    for &Route { source, target, before } in routes {
        let mut trunk: Vec<usize> = Vec::new();
        let mut at = before.filter(|&slot| slots.is_bend(slot));
        while let Some(bend) = at.filter(|&bend| slots.is_bend(bend) && !drawn[bend]) {
            drawn[bend] = true;
            trunk.push(bend);
            at = slots.up[bend].first().copied();
        }
        for &bend in trunk.iter().rev() {
            runs.push(run(source, slots.up[bend][0], bend));
        }
        runs.push(run(source, before.unwrap_or(source), target));
    }
    let height = bottoms.last().copied().unwrap_or(0.0);
    Layout { boxes, runs, width: if right > left { right - left } else { 0.0 }, height }
}

#[cfg(test)]
mod tests;
