//! The steps of a task and what they wait for.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::StepNo;
use crate::report::TaskSnapshot;

/// The steps and their edges.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DependencyGraph {
    /// The steps, in canonical order.
    pub nodes: Vec<GraphNode>,
    /// An edge from each step to those that wait for it, ordered by the latter.
    pub edges: Vec<GraphEdge>,
    /// The steps that wait for each.
    pub adjacency_list: BTreeMap<StepNo, Vec<StepNo>>,
    /// The steps that each waits for.
    pub reverse_adjacency_list: BTreeMap<StepNo, Vec<StepNo>>,
    /// How many steps lie on the longest way to each.
    pub dependency_levels: BTreeMap<StepNo, u32>,
}

/// A step of a [`DependencyGraph`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct GraphNode {
    /// Its place in the definition.
    pub id: StepNo,
    /// Its name.
    pub name: String,
    /// How many steps lie on the longest way to it; 0 for a root.
    pub level: u32,
}

/// An edge of a [`DependencyGraph`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct GraphEdge {
    /// The step that has to be over.
    pub from: StepNo,
    /// The step that waits for it.
    pub to: StepNo,
    /// The name of the former.
    pub from_name: String,
    /// The name of the latter.
    pub to_name: String,
}

pub(super) fn of(task: &TaskSnapshot) -> DependencyGraph {
    let all = || (0..task.steps().len()).map(StepNo::at);
    let name = |step| task.name(step).to_owned();
    let mut after: BTreeMap<StepNo, Vec<StepNo>> = all().map(|step| (step, Vec::new())).collect();
    let mut edges = Vec::with_capacity(task.edge_count());
    for to in all() {
        for &from in &task.steps()[to.index()].depends_on {
            edges.push(GraphEdge { from, to, from_name: name(from), to_name: name(to) });
            after.entry(from).or_default().push(to);
        }
    }
    DependencyGraph {
        nodes: all().map(|id| GraphNode { id, name: name(id), level: task.graph().level(id) }).collect(),
        edges,
        adjacency_list: after,
        reverse_adjacency_list: all()
            .map(|step| (step, task.steps()[step.index()].depends_on.clone()))
            .collect(),
        dependency_levels: all().map(|step| (step, task.graph().level(step))).collect(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::StepNo;
    use crate::report::fixture::{Made, random_graph};

    #[test]
    fn a_graph_reads_as_taskers_does() {
        let task = Made::new(&[("charge", &[]), ("ship", &["charge"])]).snapshot();
        assert_eq!(
            serde_json::to_value(super::of(&task)).unwrap(),
            json!({
                "nodes": [{"id": 0, "name": "charge", "level": 0}, {"id": 1, "name": "ship", "level": 1}],
                "edges": [{"from": 0, "to": 1, "from_name": "charge", "to_name": "ship"}],
                "adjacency_list": {"0": [1], "1": []},
                "reverse_adjacency_list": {"0": [], "1": [0]},
                "dependency_levels": {"0": 0, "1": 1},
            })
        );
    }

    #[test]
    fn both_lists_hold_every_edge_and_levels_are_longest_ways() {
        for seed in 0..40 {
            let task = random_graph(&mut fastrand::Rng::with_seed(seed), 40).snapshot();
            let graph = super::of(&task);
            for (to, step) in (0..).map(StepNo).zip(task.steps()) {
                assert_eq!(graph.reverse_adjacency_list[&to], step.depends_on, "seed {seed}");
                let before = step.depends_on.iter().map(|from| graph.dependency_levels[from] + 1);
                assert_eq!(graph.dependency_levels[&to], before.max().unwrap_or(0), "seed {seed}");
            }
            let edges: Vec<_> = graph.edges.iter().map(|edge| (edge.from, edge.to)).collect();
            let mut listed: Vec<_> = graph
                .adjacency_list
                .iter()
                .flat_map(|(&from, to)| to.iter().map(move |&to| (from, to)))
                .collect();
            listed.sort_unstable_by_key(|&(from, to)| (to, from));
            assert_eq!(edges, listed, "seed {seed}");
        }
    }
}
