//! Many steps that are alike to the graph, drawn as one.
//!
//! Steps that wait for the same and are waited for by the same would make a row as wide as they are many, and as many edges on both sides. From
//! [`FEWEST`] on they stand in a frame, as a grid, and the edges lead to the frame and from it. The layout knows cells only: a cell
//! is a step or a frame. A cell comes where its first step is, so that each depends on cells before it.

use std::collections::HashMap;

use super::super::layout::{Layout, Rect};
use super::text::Size;

/// So many alike stand in a frame.
const FEWEST: usize = 8;
/// The room between the boxes in a frame.
const GAP: f64 = 12.0;
/// The room between them and the frame.
const PADDING: f64 = 16.0;
/// How much wider than high a frame is to be.
const ASPECT: f64 = 1.7;

/// What the layout lays out.
pub(super) struct Cells {
    cells: Vec<Cell>,
    /// The cells that each depends on.
    pub(super) dependencies: Vec<Vec<usize>>,
}

/// A step, or several in a frame.
struct Cell {
    steps: Vec<usize>,
    columns: usize,
    /// The size of the largest box.
    step: Size,
}

impl Cells {
    /// The cells of steps with these sizes and dependencies; each depends on steps before it.
    pub(super) fn of(sizes: &[Size], dependencies: &[Vec<usize>]) -> Self {
        let mut dependents = vec![Vec::new(); sizes.len()];
        for (step, before) in dependencies.iter().enumerate() {
            for &before in before {
                dependents[before].push(step);
            }
        }
        let mut alike: HashMap<(&[usize], &[usize]), Vec<usize>> = HashMap::new();
        for (step, (before, after)) in dependencies.iter().zip(&dependents).enumerate() {
            alike.entry((before, after)).or_default().push(step);
        }
        let (mut cells, mut cell_of) = (Vec::new(), Vec::with_capacity(sizes.len()));
        let mut of_cells: Vec<Vec<usize>> = Vec::new();
        for (step, (before, after)) in dependencies.iter().zip(&dependents).enumerate() {
            let steps = &alike[&(before.as_slice(), after.as_slice())];
            let framed = steps.len() >= FEWEST;
            if framed && steps[0] != step {
                cell_of.push(cell_of[steps[0]]);
                continue;
            }
            cell_of.push(cells.len());
            let mut before: Vec<usize> = before.iter().map(|&before| cell_of[before]).collect();
            before.sort_unstable();
            before.dedup();
            of_cells.push(before);
            cells.push(Cell::new(if framed { steps.clone() } else { vec![step] }, sizes));
        }
        Self { cells, dependencies: of_cells }
    }

    pub(super) fn sizes(&self) -> Vec<Size> {
        self.cells.iter().map(Cell::size).collect()
    }

    /// The steps of a cell.
    pub(super) fn steps(&self, cell: usize) -> &[usize] {
        &self.cells[cell].steps
    }

    /// The frames.
    pub(super) fn frames<'l>(&'l self, layout: &'l Layout) -> impl Iterator<Item = &'l Rect> {
        self.cells.iter().zip(&layout.boxes).filter(|(cell, _)| cell.is_frame()).map(|(_, rect)| rect)
    }

    /// The box of each step, by its number.
    pub(super) fn boxes(&self, layout: &Layout) -> Vec<Rect> {
        let mut boxes: Vec<(usize, Rect)> = Vec::new();
        for (cell, rect) in self.cells.iter().zip(&layout.boxes) {
            boxes.extend(cell.steps.iter().enumerate().map(|(at, &step)| (step, cell.place(at, rect))));
        }
        boxes.sort_unstable_by_key(|(step, _)| *step);
        boxes.into_iter().map(|(_, rect)| rect).collect()
    }
}

impl Cell {
    #[expect(clippy::cast_precision_loss, reason = "a count of steps, far below 2^52")]
    fn new(steps: Vec<usize>, sizes: &[Size]) -> Self {
        let largest = |of: fn(&Size) -> f64| steps.iter().map(|&step| of(&sizes[step])).fold(0.0, f64::max);
        let step = Size { width: largest(|size| size.width), height: largest(|size| size.height) };
        let square = steps.len() as f64 * ASPECT * (step.height + GAP) / (step.width + GAP);
        let columns = (square.sqrt().ceil() as usize).clamp(1, steps.len());
        Self { steps, columns, step }
    }

    fn is_frame(&self) -> bool {
        self.steps.len() > 1
    }

    #[expect(clippy::cast_precision_loss, reason = "a count of steps, far below 2^52")]
    fn size(&self) -> Size {
        if !self.is_frame() {
            return self.step;
        }
        let along = |count: usize, each: f64| count as f64 * (each + GAP) - GAP + 2.0 * PADDING;
        Size {
            width: along(self.columns, self.step.width),
            height: along(self.steps.len().div_ceil(self.columns), self.step.height),
        }
    }

    /// The box of one of its steps.
    #[expect(clippy::cast_precision_loss, reason = "a count of steps, far below 2^52")]
    fn place(&self, at: usize, cell: &Rect) -> Rect {
        if !self.is_frame() {
            return *cell;
        }
        let Size { width, height } = self.step;
        Rect {
            left: cell.left + PADDING + (at % self.columns) as f64 * (width + GAP),
            top: cell.top + PADDING + (at / self.columns) as f64 * (height + GAP),
            width,
            height,
        }
    }
}

#[cfg(test)]
mod tests {
    use fastrand::Rng;

    use super::super::super::layout::lay_out;
    use super::*;

    const SIZE: Size = Size { width: 100.0, height: 40.0 };

    /// One step, so many behind it, one behind them.
    fn fan(count: usize) -> Vec<Vec<usize>> {
        let mut dependencies = vec![Vec::new()];
        dependencies.extend((0..count).map(|_| vec![0]));
        dependencies.push((1..=count).collect());
        dependencies
    }

    fn counts(dependencies: &[Vec<usize>]) -> Vec<usize> {
        let cells = Cells::of(&vec![SIZE; dependencies.len()], dependencies);
        cells.cells.iter().map(|cell| cell.steps.len()).collect()
    }

    #[test]
    fn many_that_are_alike_stand_in_a_frame_and_few_do_not() {
        assert_eq!(counts(&fan(8)), [1, 8, 1]);
        assert_eq!(counts(&fan(7)), [1; 9]);
        let cells = Cells::of(&[SIZE; 10], &fan(8));
        assert_eq!(cells.dependencies, [vec![], vec![0], vec![1]]);
    }

    #[test]
    fn steps_that_others_wait_for_otherwise_are_not_alike() {
        let mut dependencies = fan(10);
        dependencies.push(vec![3]);
        assert_eq!(counts(&dependencies), [1, 9, 1, 1, 1]);
    }

    #[test]
    fn every_step_has_a_box_in_its_cell_and_no_two_overlap() {
        for seed in 0..40 {
            let mut rng = Rng::with_seed(seed);
            let mut dependencies: Vec<Vec<usize>> = Vec::new();
            while dependencies.len() < 60 {
                let count = dependencies.len();
                let before: Vec<usize> = (0..count).filter(|_| rng.usize(0..count) < 2).collect();
                let alike = if rng.bool() { 1 } else { rng.usize(2..20) };
                dependencies.extend((0..alike).map(|_| before.clone()));
            }
            let sizes: Vec<_> = dependencies
                .iter()
                .map(|_| Size { width: f64::from(rng.u32(60..200)), height: f64::from(rng.u32(30..70)) })
                .collect();
            let cells = Cells::of(&sizes, &dependencies);
            let layout = lay_out(&cells.sizes(), &cells.dependencies);
            let boxes = cells.boxes(&layout);
            assert_eq!(boxes.len(), dependencies.len(), "seed {seed}");
            for (at, a) in boxes.iter().enumerate() {
                for b in &boxes[..at] {
                    let beside = a.left >= b.right() + 10.0 || b.left >= a.right() + 10.0;
                    let below = a.top >= b.bottom() + 10.0 || b.top >= a.bottom() + 10.0;
                    assert!(beside || below, "seed {seed}: {a:?} {b:?}");
                }
                for &before in &dependencies[at] {
                    assert!(boxes[before].bottom() + 30.0 <= a.top, "seed {seed}: an edge leads up");
                }
            }
        }
    }

    #[test]
    fn a_fan_of_a_thousand_is_a_picture_and_not_a_line() {
        let cells = Cells::of(&vec![SIZE; 1002], &fan(1000));
        let layout = lay_out(&cells.sizes(), &cells.dependencies);
        assert!(layout.width < 4_000.0 && layout.height < 4_000.0, "{} × {}", layout.width, layout.height);
        assert_eq!(layout.runs.len(), 2);
    }
}
