//! The dependency graph as plain numbers: no tokens and no spans, so that it is tested like any other function.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

pub(crate) use tasker_rules::cycles::Edges;
use tasker_rules::cycles::cycles;

/// What can be put in order, and what cannot.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Order {
    /// The steps that are neither on a cycle nor behind one, each after those it depends on.
    pub(crate) sorted: Vec<usize>,
    /// The cycles: one for each knot of steps, the shortest through the knot's first step, starting with it.
    /// The step after each one is what it depends on.
    pub(crate) cycles: Vec<Vec<usize>>,
}

/// Sorts the steps topologically, and by name among those that could come next (Kahn's algorithm with a heap): the canonical order of
/// `tasker`. Cycles are looked for among what is left over.
pub(crate) fn order(edges: &Edges, names: &[String]) -> Order {
    let mut waiting: Vec<usize> = edges.iter().map(Vec::len).collect();
    let mut dependents = vec![Vec::new(); edges.len()];
    for (step, dependencies) in edges.iter().enumerate() {
        for &dependency in dependencies {
            dependents[dependency].push(step);
        }
    }
    let mut sorted = Vec::with_capacity(edges.len());
    let next = |step: usize| Reverse((names[step].as_str(), step));
    let mut free: BinaryHeap<_> = (0..edges.len()).filter(|&step| waiting[step] == 0).map(next).collect();
    while let Some(Reverse((_, step))) = free.pop() {
        sorted.push(step);
        for &dependent in &dependents[step] {
            waiting[dependent] -= 1;
            if waiting[dependent] == 0 {
                free.push(next(dependent));
            }
        }
    }
    Order { sorted, cycles: cycles(edges) }
}

/// For each step, whether each other one comes before it: a bit set.
pub(crate) struct Ancestors {
    words: usize,
    bits: Vec<u64>,
}

impl Ancestors {
    /// `sorted` as [`order`] gives it; steps that are not in it have no ancestors here.
    pub(crate) fn new(edges: &Edges, sorted: &[usize]) -> Self {
        let words = edges.len().div_ceil(64);
        let mut bits = vec![0; words * edges.len()];
        for &step in sorted {
            for &dependency in &edges[step] {
                for word in 0..words {
                    bits[step * words + word] |= bits[dependency * words + word];
                }
                bits[step * words + dependency / 64] |= 1 << (dependency % 64);
            }
        }
        Self { words, bits }
    }

    pub(crate) fn contains(&self, step: usize, ancestor: usize) -> bool {
        self.bits[step * self.words + ancestor / 64] & (1 << (ancestor % 64)) != 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// With names that have the order of the numbers.
    fn ordered(edges: &Edges) -> Order {
        let names: Vec<String> = (0..edges.len()).map(|step| format!("{step:03}")).collect();
        order(edges, &names)
    }

    #[test]
    fn a_diamond_has_an_order() {
        let diamond = vec![vec![1, 2], vec![3], vec![3], vec![]];
        assert_eq!(ordered(&diamond), Order { sorted: vec![3, 1, 2, 0], cycles: vec![] });
    }

    #[test]
    fn equals_are_ordered_by_name() {
        let names = ["join", "b", "a", "root"].map(str::to_owned);
        assert_eq!(order(&vec![vec![1, 2], vec![3], vec![3], vec![]], &names).sorted, [3, 2, 1, 0]);
    }

    #[test]
    fn nothing_has_an_order() {
        assert_eq!(ordered(&vec![]), Order { sorted: vec![], cycles: vec![] });
    }

    #[test]
    fn each_cycle_is_found_once_and_what_waits_behind_it_is_no_cycle() {
        let edges = vec![vec![2], vec![0], vec![1], vec![4], vec![3], vec![0], vec![]];
        let cycles = vec![vec![0, 2, 1], vec![3, 4]];
        assert_eq!(ordered(&edges), Order { sorted: vec![6], cycles });
    }

    #[test]
    fn one_edge_that_closes_two_cycles_is_one_mistake() {
        // A diamond whose root (0) depends on its end (3).
        let edges = vec![vec![3], vec![0], vec![0], vec![1, 2]];
        assert_eq!(ordered(&edges).cycles, [[0, 3, 1]]);
    }

    #[test]
    fn the_shortest_cycle_is_shown() {
        let edges = vec![vec![1, 3], vec![2], vec![0], vec![0]];
        assert_eq!(ordered(&edges).cycles, [[0, 3]]);
    }

    #[test]
    fn a_step_before_a_cycle_is_no_part_of_it() {
        let edges = vec![vec![1], vec![2], vec![1]];
        assert_eq!(ordered(&edges).cycles, [[1, 2]]);
    }

    #[test]
    fn ancestors_are_transitive_and_cross_the_words_of_the_set() {
        let chain: Edges = (0..200_usize).map(|step| step.checked_sub(1).into_iter().collect()).collect();
        let ancestors = Ancestors::new(&chain, &ordered(&chain).sorted);
        assert!(ancestors.contains(199, 0) && ancestors.contains(199, 64) && ancestors.contains(65, 64));
        assert!(!ancestors.contains(0, 199) && !ancestors.contains(7, 7));
    }
}
