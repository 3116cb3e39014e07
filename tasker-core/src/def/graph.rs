//! The edges of a workflow, and what follows from them.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use petgraph::Direction;
use petgraph::algo::tarjan_scc;
use petgraph::graph::{DiGraph, NodeIndex};

use crate::StepNo;

/// The dependency graph of a workflow, an edge from each step to those that depend on it.
///
/// Every question is answered in O(steps + edges) or better.
#[derive(Debug, Clone)]
pub struct Graph {
    edges: DiGraph<(), ()>,
    levels: Vec<u32>,
}

impl Graph {
    /// The graph of steps that are already in canonical order: each depends only on steps before it.
    pub(crate) fn in_order(dependencies: &[Vec<StepNo>]) -> Self {
        let edges = digraph(dependencies, StepNo::index);
        let mut levels = vec![0; dependencies.len()];
        for (step, dependencies) in dependencies.iter().enumerate() {
            let before = dependencies.iter().map(|dependency| levels[dependency.index()] + 1);
            levels[step] = before.max().unwrap_or(0);
        }
        Self { edges, levels }
    }

    /// How many steps there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.levels.len()
    }

    /// Whether there is no step at all, which no checked definition is.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.levels.is_empty()
    }

    /// The steps that `step` waits for, in order.
    #[must_use]
    pub fn dependencies(&self, step: StepNo) -> Vec<StepNo> {
        self.neighbors(step, Direction::Incoming)
    }

    /// The steps that wait for `step`, in order.
    #[must_use]
    pub fn dependents(&self, step: StepNo) -> Vec<StepNo> {
        self.neighbors(step, Direction::Outgoing)
    }

    fn neighbors(&self, step: StepNo, direction: Direction) -> Vec<StepNo> {
        let node = NodeIndex::new(step.index());
        let mut steps: Vec<_> =
            self.edges.neighbors_directed(node, direction).map(|node| StepNo::at(node.index())).collect();
        steps.sort_unstable();
        steps
    }

    /// Whether `step` waits for `ancestor`, directly or through others.
    #[must_use]
    pub fn is_ancestor(&self, ancestor: StepNo, step: StepNo) -> bool {
        let ancestor = NodeIndex::new(ancestor.index());
        let mut seen = vec![false; self.len()];
        let mut open = vec![NodeIndex::new(step.index())];
        while let Some(at) = open.pop() {
            for dependency in self.edges.neighbors_directed(at, Direction::Incoming) {
                if dependency == ancestor {
                    return true;
                }
                // What stands before it does not wait for it.
                if dependency > ancestor && !std::mem::replace(&mut seen[dependency.index()], true) {
                    open.push(dependency);
                }
            }
        }
        false
    }

    /// The steps that wait for none.
    pub fn roots(&self) -> impl Iterator<Item = StepNo> + '_ {
        (0..self.len()).map(StepNo::at).filter(|&step| self.level(step) == 0)
    }

    /// How many steps lie on the longest way to `step`; 0 for a root. Steps of one level never wait for each other.
    ///
    /// # Panics
    /// When the workflow has no such step.
    #[must_use]
    pub fn level(&self, step: StepNo) -> u32 {
        self.levels[step.index()]
    }

    /// The steps by level: what can run side by side.
    #[must_use]
    pub fn levels(&self) -> Vec<Vec<StepNo>> {
        let depth = self.levels.iter().max().map_or(0, |&level| level as usize + 1);
        let mut levels = vec![Vec::new(); depth];
        for (step, &level) in self.levels.iter().enumerate() {
            levels[level as usize].push(StepNo::at(step));
        }
        levels
    }

    /// One longest chain of steps: no run of the workflow has fewer rounds than it has steps.
    #[must_use]
    pub fn longest_path(&self) -> Vec<StepNo> {
        let last = (0..self.len()).map(StepNo::at).max_by_key(|&step| (self.level(step), Reverse(step)));
        let mut path: Vec<_> = last.into_iter().collect();
        while let Some(&step) = path.last()
            && let Some(before) = self
                .dependencies(step)
                .into_iter()
                .find(|&dependency| self.level(dependency) + 1 == self.level(step))
        {
            path.push(before);
        }
        path.reverse();
        path
    }
}

fn digraph<T: Copy>(dependencies: &[Vec<T>], place: impl Fn(T) -> usize) -> DiGraph<(), ()> {
    let edge_count = dependencies.iter().map(Vec::len).sum();
    let mut graph = DiGraph::with_capacity(dependencies.len(), edge_count);
    for _ in dependencies {
        graph.add_node(());
    }
    for (step, dependencies) in dependencies.iter().enumerate() {
        for &dependency in dependencies {
            graph.add_edge(NodeIndex::new(place(dependency)), NodeIndex::new(step), ());
        }
    }
    graph
}

/// The canonical order: topological, and by name among the steps that could come next (Kahn's algorithm with
/// a heap). `Err` holds the steps of each cycle.
pub(super) fn canonical_order(
    names: &[String],
    dependencies: &[Vec<usize>],
) -> Result<Vec<usize>, Vec<Vec<usize>>> {
    let graph = digraph(dependencies, |step| step);
    let mut open: Vec<usize> = dependencies.iter().map(Vec::len).collect();
    let mut next: BinaryHeap<_> =
        (0..names.len()).filter(|&step| open[step] == 0).map(|step| Reverse((&names[step], step))).collect();
    let mut order = Vec::with_capacity(names.len());
    while let Some(Reverse((_, step))) = next.pop() {
        order.push(step);
        for dependent in graph.neighbors(NodeIndex::new(step)).map(NodeIndex::index) {
            open[dependent] -= 1;
            if open[dependent] == 0 {
                next.push(Reverse((&names[dependent], dependent)));
            }
        }
    }
    if order.len() == names.len() {
        return Ok(order);
    }
    let mut cycles: Vec<Vec<usize>> = tarjan_scc(&graph)
        .into_iter()
        .map(|knot| knot.into_iter().map(NodeIndex::index).collect::<Vec<_>>())
        .filter(|knot| knot.len() > 1 || dependencies[knot[0]].contains(&knot[0]))
        .collect();
    for knot in &mut cycles {
        knot.sort_unstable();
    }
    cycles.sort_unstable();
    Err(cycles)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(names: &[&str]) -> Vec<String> {
        names.iter().map(|&name| name.to_owned()).collect()
    }

    /// start → left, right → join, and left → tail.
    fn diamond() -> Graph {
        let steps = |places: &[u32]| places.iter().map(|&place| StepNo(place)).collect();
        Graph::in_order(&[&[][..], &[0], &[0], &[1, 2], &[1]].map(steps))
    }

    #[test]
    fn equals_are_ordered_by_name() {
        let order =
            canonical_order(&names(&["join", "b", "a", "root"]), &[vec![1, 2], vec![3], vec![3], vec![]]);
        assert_eq!(order, Ok(vec![3, 2, 1, 0]));
    }

    #[test]
    fn each_cycle_is_found() {
        let deps = [vec![1], vec![0], vec![], vec![3], vec![2]];
        assert_eq!(
            canonical_order(&names(&["a", "b", "c", "d", "e"]), &deps),
            Err(vec![vec![0, 1], vec![3]])
        );
    }

    #[test]
    fn levels_are_longest_ways_from_a_root() {
        let levels: Vec<Vec<u32>> =
            diamond().levels().iter().map(|level| level.iter().map(|step| step.0).collect()).collect();
        assert_eq!(levels, [vec![0], vec![1, 2], vec![3, 4]]);
    }

    #[test]
    fn the_longest_path_goes_from_a_root_to_a_deepest_step() {
        assert_eq!(diamond().longest_path(), [StepNo(0), StepNo(1), StepNo(3)]);
    }

    #[test]
    fn ancestors_are_found_through_others() {
        let ancestors = |step| {
            let before = (0..5).filter(|&at| diamond().is_ancestor(StepNo(at), StepNo(step)));
            before.collect::<Vec<u32>>()
        };
        assert_eq!([0, 1, 3, 4].map(ancestors), [vec![], vec![0], vec![0, 1, 2], vec![0, 1]]);
    }

    #[test]
    fn both_directions_of_an_edge_agree() {
        let graph = diamond();
        assert_eq!(graph.dependents(StepNo(1)), [StepNo(3), StepNo(4)]);
        assert_eq!(graph.dependencies(StepNo(3)), [StepNo(1), StepNo(2)]);
        assert_eq!(graph.roots().collect::<Vec<_>>(), [StepNo(0)]);
    }
}
