//! Steps that wait for each other. Numbers and nothing else, so that it is tested like any other function.

use std::collections::VecDeque;

/// `edges[step]` are the steps that `step` waits for, by number.
pub type Edges = Vec<Vec<usize>>;

/// One cycle for each knot of steps, the shortest through its first step; the step after each one is what it waits for.
#[must_use]
pub fn cycles(edges: &Edges) -> Vec<Vec<usize>> {
    let mut done = outside_of_cycles(edges);
    let mut search = Search { from: vec![(0, 0); edges.len()], round: 0 };
    let mut cycles = Vec::new();
    for start in 0..edges.len() {
        if done[start] {
            continue;
        }
        // Once it was looked for, it is on no other cycle that is told.
        done[start] = true;
        if let Some(cycle) = search.shortest(edges, &done, start) {
            for &step in &cycle {
                done[step] = true;
            }
            cycles.push(cycle);
        }
    }
    cycles
}

/// The steps that wait for no cycle, and those that no cycle waits for: only the rest is searched.
fn outside_of_cycles(edges: &Edges) -> Vec<bool> {
    let mut dependents = vec![Vec::new(); edges.len()];
    for (step, dependencies) in edges.iter().enumerate() {
        for &dependency in dependencies {
            dependents[dependency].push(step);
        }
    }
    let mut done = sortable(edges, &dependents);
    for (step, last) in sortable(&dependents, edges).into_iter().enumerate() {
        done[step] |= last;
    }
    done
}

/// The steps before which only others of the kind stand.
fn sortable(before: &Edges, after: &Edges) -> Vec<bool> {
    let mut waiting: Vec<usize> = before.iter().map(Vec::len).collect();
    let mut sortable = vec![false; before.len()];
    let mut free: Vec<usize> = (0..before.len()).filter(|&step| waiting[step] == 0).collect();
    while let Some(step) = free.pop() {
        sortable[step] = true;
        for &next in &after[step] {
            waiting[next] -= 1;
            if waiting[next] == 0 {
                free.push(next);
            }
        }
    }
    sortable
}

/// Where each step was reached from, and in which round, so that nothing is cleared in between.
struct Search {
    from: Vec<(usize, usize)>,
    round: usize,
}

impl Search {
    /// The shortest way from `start` back to itself among the steps not `done`, breadth first.
    fn shortest(&mut self, edges: &Edges, done: &[bool], start: usize) -> Option<Vec<usize>> {
        self.round += 1;
        let mut queue = VecDeque::from([start]);
        while let Some(step) = queue.pop_front() {
            for &dependency in &edges[step] {
                if dependency == start {
                    let back = |&at: &usize| (at != start).then(|| self.from[at].1);
                    let mut cycle: Vec<usize> = std::iter::successors(Some(step), back).collect();
                    cycle.reverse();
                    return Some(cycle);
                }
                if !done[dependency] && self.from[dependency].0 != self.round {
                    self.from[dependency] = (self.round, step);
                    queue.push_back(dependency);
                }
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_cycle_is_found_once_and_what_waits_behind_it_is_none() {
        let edges = vec![vec![2], vec![0], vec![1], vec![4], vec![3], vec![0], vec![]];
        assert_eq!(cycles(&edges), [vec![0, 2, 1], vec![3, 4]]);
        assert!(cycles(&vec![vec![1, 2], vec![3], vec![3], vec![]]).is_empty());
    }

    #[test]
    fn a_long_chain_behind_a_cycle_costs_nothing_extra() {
        let mut edges: Edges =
            (0..20_000_usize).map(|step| step.checked_sub(1).into_iter().collect()).collect();
        assert!(cycles(&edges).is_empty());
        edges[0].push(1);
        assert_eq!(cycles(&edges), [vec![0, 1]]);
        edges.reverse();
        for dependencies in &mut edges {
            for dependency in dependencies {
                *dependency = 19_999 - *dependency;
            }
        }
        assert_eq!(cycles(&edges), [vec![19_998, 19_999]]);
    }
}
