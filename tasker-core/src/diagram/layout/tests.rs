use fastrand::Rng;

use super::*;

const SIZE: Size = Size { width: 100.0, height: 40.0 };

/// Dependencies of a random graph, from 1 to `most` steps, half of its edges to steps nearby.
fn random(rng: &mut Rng, most: usize) -> Vec<Vec<usize>> {
    let count = rng.usize(1..=most);
    let mut dependencies = Vec::with_capacity(count);
    for at in 0..count {
        let mut before: Vec<usize> = Vec::new();
        for _ in 0..rng.usize(0..=3.min(at)) {
            before.push(if rng.bool() { rng.usize(at.saturating_sub(4)..at) } else { rng.usize(0..at) });
        }
        before.sort_unstable();
        before.dedup();
        dependencies.push(before);
    }
    dependencies
}

fn random_sizes(rng: &mut Rng, count: usize) -> Vec<Size> {
    let size = |_| Size { width: rng.u32(60..260).into(), height: [36.0, 51.0, 66.0][rng.usize(0..3)] };
    (0..count).map(size).collect()
}

/// The number of steps on the longest way to each, the slow way.
fn levels(dependencies: &[Vec<usize>]) -> Vec<usize> {
    fn level(dependencies: &[Vec<usize>], step: usize) -> usize {
        dependencies[step].iter().map(|&before| level(dependencies, before) + 1).max().unwrap_or(0)
    }
    (0..dependencies.len()).map(|step| level(dependencies, step)).collect()
}

/// Every rule of a drawing.
fn check(dependencies: &[Vec<usize>], layout: &Layout) {
    let boxes = &layout.boxes;
    assert_eq!(boxes.len(), dependencies.len(), "each step has one box");
    for rect in boxes {
        assert!(rect.left >= -0.01 && rect.right() <= layout.width + 0.01, "{rect:?} is outside");
        assert!(rect.top >= 0.0 && rect.bottom() <= layout.height + 0.01, "{rect:?} is outside");
    }
    let levels = levels(dependencies);
    for a in 0..boxes.len() {
        for b in 0..boxes.len() {
            if levels[a] < levels[b] {
                assert!(boxes[a].bottom() + 30.0 <= boxes[b].top, "the rows are the levels");
            } else if a < b && levels[a] == levels[b] {
                let apart =
                    boxes[a].right() + 20.0 <= boxes[b].left || boxes[b].right() + 20.0 <= boxes[a].left;
                assert!(apart, "two boxes overlap: {:?} {:?}", boxes[a], boxes[b]);
            }
        }
    }
    for (target, before) in dependencies.iter().enumerate() {
        for &source in before {
            check_edge(layout, source, target);
        }
    }
    let ends = layout.runs.iter().filter(|run| run.target.is_some()).count();
    assert_eq!(ends, dependencies.iter().map(Vec::len).sum::<usize>(), "each edge has one end");
    let rows: Vec<_> = boxes.iter().zip(&levels).collect();
    for run in layout.runs.iter().filter(|run| run.target.is_none()) {
        let row = rows.iter().filter(|(rect, _)| rect.bottom() > run.arrives && rect.top < run.to.y);
        for (rect, _) in row {
            let beside = run.to.x < rect.left - 5.0 || run.to.x > rect.right() + 5.0;
            assert!(beside, "a bend runs through a box: {run:?} {rect:?}");
        }
    }
}

/// The pieces from the source to the target hang together and lead downwards.
fn check_edge(layout: &Layout, source: usize, target: usize) {
    let mut at =
        layout.runs.iter().position(|run| (run.source, run.target) == (source, Some(target))).unwrap();
    let (from, to) = (&layout.boxes[source], &layout.boxes[target]);
    let same = |a: f64, b: f64| (a - b).abs() < 0.01;
    let end = &layout.runs[at].to;
    assert!(same(end.x, to.left + to.width / 2.0) && same(end.y, to.top), "the edge ends at the box");
    loop {
        let run = &layout.runs[at];
        assert!(run.from.y <= run.leaves && run.leaves < run.arrives && run.arrives <= run.to.y, "{run:?}");
        if same(run.from.x, from.left + from.width / 2.0) && same(run.from.y, from.bottom()) {
            return;
        }
        let above = layout.runs[..at]
            .iter()
            .rposition(|above| above.source == source && above.target.is_none() && above.to == run.from);
        at = above.expect("a piece hangs in the air");
    }
}

#[test]
fn random_graphs_are_drawn_by_the_rules() {
    for seed in 0..150 {
        let mut rng = Rng::with_seed(seed);
        let dependencies = random(&mut rng, 40);
        let sizes = random_sizes(&mut rng, dependencies.len());
        println!("seed {seed}");
        check(&dependencies, &lay_out(&sizes, &dependencies));
    }
}

#[test]
fn the_same_graph_is_laid_out_the_same() {
    let dependencies = random(&mut Rng::with_seed(9), 60);
    let sizes = vec![SIZE; dependencies.len()];
    assert_eq!(lay_out(&sizes, &dependencies), lay_out(&sizes, &dependencies));
}

#[test]
fn no_steps_and_one_step_are_graphs_too() {
    let empty = lay_out(&[], &[]);
    assert_eq!((empty.boxes.len(), empty.width, empty.height), (0, 0.0, 0.0));
    let one = lay_out(&[SIZE], &[vec![]]);
    assert_eq!(one.boxes, [Rect { left: 0.0, top: 0.0, width: 100.0, height: 40.0 }]);
}

/// Pairs of edges that cross, by trying all.
fn crossings_by_trying(slots: &Slots, place: &[usize]) -> usize {
    let edges: Vec<_> =
        (0..slots.len()).flat_map(|from| slots.down[from].iter().map(move |&to| (from, to))).collect();
    let mut count = 0;
    for (at, &(a, b)) in edges.iter().enumerate() {
        for &(c, d) in &edges[..at] {
            let same_row = slots.level[a] == slots.level[c];
            let crosses =
                (place[a] < place[c] && place[b] > place[d]) || (place[a] > place[c] && place[b] < place[d]);
            count += usize::from(same_row && crosses);
        }
    }
    count
}

fn places(slots: &Slots, rows: &[Vec<usize>]) -> Vec<usize> {
    let mut place = vec![0; slots.len()];
    for row in rows {
        for (at, &slot) in row.iter().enumerate() {
            place[slot] = at;
        }
    }
    place
}

#[test]
fn the_order_never_has_more_crossings_than_the_walk_and_mostly_fewer() {
    let (mut before, mut after) = (0, 0);
    for seed in 0..60 {
        let dependencies = random(&mut Rng::with_seed(seed), 40);
        let (slots, _) = Slots::new(&vec![SIZE; dependencies.len()], &dependencies);
        let count = |rows: &[Vec<usize>]| {
            let place = places(&slots, rows);
            let count = order::crossings(&slots, rows, &place);
            assert_eq!(count, crossings_by_trying(&slots, &place), "seed {seed}");
            count
        };
        let (walked, found) = (count(&order::walked(&slots)), count(&order::find(&slots)));
        assert!(found <= walked, "seed {seed}");
        before += walked;
        after += found;
    }
    assert!(after * 3 < before * 2, "{before} crossings became {after}");
}

#[test]
fn more_goes_never_make_it_worse() {
    let mut improved = 0;
    for seed in 0..30 {
        let dependencies = random(&mut Rng::with_seed(seed), 80);
        let (slots, _) = Slots::new(&vec![SIZE; dependencies.len()], &dependencies);
        let crossings: Vec<_> = (0..8)
            .map(|goes| order::best_of(&slots, goes))
            .map(|rows| order::crossings(&slots, &rows, &places(&slots, &rows)))
            .collect();
        assert!(crossings.is_sorted_by(|a, b| a >= b), "seed {seed}: {crossings:?}");
        improved += usize::from(crossings[2] > crossings[7]);
    }
    assert!(improved > 5, "later goes help {improved} times");
}

#[test]
fn what_can_be_drawn_without_crossings_is() {
    // Two chains that share a beginning and an end, given crosswise; and a tree.
    let ladder = vec![vec![], vec![0], vec![0], vec![2], vec![1], vec![4], vec![3], vec![5, 6]];
    let tree = (0..31_usize).map(|at| at.checked_sub(1).map(|at| at / 2).into_iter().collect()).collect();
    let backwards: Vec<Vec<usize>> =
        vec![vec![], vec![], vec![], vec![2], vec![1], vec![0], vec![5, 0], vec![3, 4]];
    for dependencies in [ladder, tree, backwards] {
        let (slots, _) = Slots::new(&vec![SIZE; dependencies.len()], &dependencies);
        let rows = order::find(&slots);
        assert_eq!(order::crossings(&slots, &rows, &places(&slots, &rows)), 0, "{dependencies:?}");
    }
}

#[test]
fn a_long_edge_with_room_beside_it_is_straight() {
    // 0 → 1 → 2 → 3 → 4, and 0 → 4
    let layout = lay_out(&[SIZE; 5], &[vec![], vec![0], vec![1], vec![2], vec![0, 3]]);
    let bends: Vec<f64> = layout.runs.iter().filter(|run| run.target.is_none()).map(|run| run.to.x).collect();
    assert_eq!(bends.len(), 3);
    assert!(bends.iter().all(|x| (x - bends[0]).abs() < 0.01), "{bends:?}");
}

#[test]
fn the_long_edges_of_a_step_share_their_bends() {
    // A chain of ten, and an edge from its first step to all others.
    let dependencies: Vec<Vec<usize>> = (0..10_usize)
        .map(|at| {
            let mut before: Vec<usize> =
                [0, at.saturating_sub(1)].into_iter().filter(|&before| before < at).collect();
            before.dedup();
            before
        })
        .collect();
    let (slots, routes) = Slots::new(&[SIZE; 10], &dependencies);
    assert_eq!(slots.len() - slots.steps, 8, "one for each row in between");
    assert_eq!(routes.len(), 17);
    check(&dependencies, &lay_out(&[SIZE; 10], &dependencies));
}

#[test]
fn a_graph_of_long_edges_has_no_more_bends_than_it_may() {
    // A chain, and an edge from each of its steps to the last one: half a million rows are passed.
    let last = 999;
    let mut dependencies: Vec<Vec<usize>> =
        (0..last).map(|at: usize| at.checked_sub(1).into_iter().collect()).collect();
    dependencies.push((0..last).collect());
    let (slots, routes) = Slots::new(&vec![SIZE; 1000], &dependencies);
    let edges = 2 * last - 1;
    assert!(slots.len() <= 1000 + BENDS * (1000 + edges) + FREE_BENDS);
    assert_eq!(routes.len(), edges, "and none is lost");
    assert!(routes.iter().filter(|route| route.before.is_none()).count() > 500, "which go straight");
    let layout = lay_out(&vec![SIZE; 1000], &dependencies);
    assert_eq!(layout.runs.iter().filter(|run| run.target.is_some()).count(), edges);
}
