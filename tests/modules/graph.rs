//! Random graphs. Step `i` depends on steps before `i` only; in which order they are written is decided later.

use std::collections::VecDeque;

use fastrand::Rng;

/// `edges[step]` are the steps that `step` depends on.
pub(crate) type Edges = Vec<Vec<usize>>;

/// A graph of a random shape, without edges that change nothing, except for some that are returned as well: they need a reader.
pub(crate) fn random(steps: usize, rng: &mut Rng) -> (Edges, Vec<(usize, usize)>) {
    let mut edges = shape(steps, rng);
    let mut needless = Vec::new();
    for step in 0..steps {
        let all = edges[step].clone();
        for &edge in &all {
            let implied = all.iter().any(|&via| ancestors(&edges, via).contains(&edge));
            if implied && rng.u8(..4) == 0 {
                needless.push((step, edge));
            } else if implied {
                edges[step].retain(|&kept| kept != edge);
            }
        }
        rng.shuffle(&mut edges[step]);
    }
    (edges, needless)
}

fn shape(steps: usize, rng: &mut Rng) -> Edges {
    let (first, last) = (0, steps.saturating_sub(1));
    let some = |rng: &mut Rng, from: std::ops::Range<usize>, of_ten: u8| {
        from.filter(|_| rng.u8(..10) < of_ten).collect()
    };
    match rng.u8(..8) {
        // A chain.
        0 => (0..steps).map(|step| step.checked_sub(1).into_iter().collect()).collect(),
        // A fan out of the first.
        1 => (0..steps).map(|step| if step == first { vec![] } else { vec![first] }).collect(),
        // A fan into the last.
        2 => (0..steps).map(|step| if step == last { (0..last).collect() } else { vec![] }).collect(),
        // A diamond.
        3 => {
            let middle = |step| if step == first { vec![] } else { vec![first] };
            (0..steps)
                .map(|step| if step == last && last > 1 { (1..last).collect() } else { middle(step) })
                .collect()
        }
        // Layers.
        4 => {
            let width = rng.usize(1..5);
            let layer = |step: usize| step / width * width;
            (0..steps).map(|step| some(rng, layer(step).saturating_sub(width)..layer(step), 6)).collect()
        }
        // Few edges, many edges.
        5 => (0..steps).map(|step| some(rng, 0..step, 2)).collect(),
        6 => (0..steps).map(|step| some(rng, 0..step, 6)).collect(),
        // Two that have nothing to do with each other.
        _ => {
            let half = steps / 2;
            let mut edges = if half == 0 { Edges::new() } else { shape(half, rng) };
            let other = shape(steps - half, rng);
            edges.extend(other.into_iter().map(|edges| edges.into_iter().map(|edge| edge + half).collect()));
            edges
        }
    }
}

/// All that a step waits for, directly or not.
pub(crate) fn ancestors(edges: &[Vec<usize>], step: usize) -> Vec<usize> {
    let mut found: Vec<usize> = edges[step].clone();
    let mut at = 0;
    while at < found.len() {
        for &edge in &edges[found[at]] {
            if !found.contains(&edge) {
                found.push(edge);
            }
        }
        at += 1;
    }
    found
}

/// How many edges it takes from one step to another, at least.
pub(crate) fn distance(edges: &[Vec<usize>], from: usize, to: usize) -> Option<usize> {
    let mut seen = vec![from];
    let mut queue = VecDeque::from([(from, 0)]);
    while let Some((step, far)) = queue.pop_front() {
        if step == to {
            return Some(far);
        }
        for &edge in &edges[step] {
            if !seen.contains(&edge) {
                seen.push(edge);
                queue.push_back((edge, far + 1));
            }
        }
    }
    None
}
