//! The graph of a definition.

use std::collections::BTreeMap;

use serde::Serialize;

use super::serial::full_name;
use super::words::words;
use crate::{StepDef, StepNo, WorkflowDef, WorkflowId};

/// The graph of a definition: what can be said of a workflow before any task of it.
///
/// Ruby Tasker's template analysis also lists cycles. A [`WorkflowDef`] has none: the builder refuses steps that wait for
/// each other, and names them.
///
/// ```
/// use tasker_core::report::TemplateAnalysis;
/// use tasker_core::{StepSpec, WorkflowDef};
///
/// let order = WorkflowDef::builder("shop", "order", "1.0.0")
///     .step(StepSpec::new("charge"))
///     .step(StepSpec::new("ship").depends_on(["charge"]))
///     .build()?;
/// let graph = TemplateAnalysis::of(&order);
/// assert_eq!(graph.topology, ["charge", "ship"]);
/// assert_eq!(graph.levels["ship"], 1);
/// # Ok::<(), tasker_core::DefinitionError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TemplateAnalysis {
    /// The workflow, as `namespace.name@version`.
    #[serde(serialize_with = "full_name")]
    pub workflow: WorkflowId,
    /// The steps, in canonical order.
    pub nodes: Vec<TemplateNode>,
    /// An edge from each step to those that depend on it.
    pub edges: Vec<TemplateEdge>,
    /// The names in an order in which the steps can run.
    pub topology: Vec<String>,
    /// How many steps lie on the longest way to each.
    pub levels: BTreeMap<String, u32>,
    /// The steps that depend on none.
    pub roots: Vec<String>,
    /// The steps that none depends on.
    pub leaves: Vec<String>,
    /// All of it in short.
    pub summary: TemplateSummary,
}

/// A step of a [`TemplateAnalysis`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TemplateNode {
    /// Its name.
    pub name: String,
    /// What it does.
    pub description: String,
    /// The steps that it depends on.
    pub dependencies: Vec<String>,
    /// How many they are.
    pub dependency_count: usize,
    /// Whether it may be skipped.
    pub skippable: bool,
    /// How many executions may fail.
    pub retry_limit: u32,
}

/// An edge of a [`TemplateAnalysis`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TemplateEdge {
    /// The step that has to be over.
    pub from: String,
    /// The step that depends on it.
    pub to: String,
    /// Whether that depends on others, too.
    #[serde(rename = "type")]
    pub edge_type: EdgeType,
}

words! {
    /// Whether a step depends on one step or on several.
    pub enum EdgeType {
        /// On this one only.
        Single = "single",
        /// On others, too.
        Multiple = "multiple",
    }
}

/// A [`TemplateAnalysis`] in short.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TemplateSummary {
    /// How many steps there are.
    pub total_steps: usize,
    /// How many edges.
    pub total_dependencies: usize,
    /// The greatest level.
    pub max_depth: u32,
    /// How many steps the widest level has.
    pub parallel_branches: usize,
}

impl TemplateAnalysis {
    /// Looks at a definition.
    #[must_use]
    pub fn of(workflow: &WorkflowDef) -> Self {
        let (steps, graph) = (workflow.steps(), workflow.graph());
        let names = |places: &[StepNo]| -> Vec<String> {
            places.iter().map(|place| steps[place.index()].name().to_owned()).collect()
        };
        let mut is_leaf = vec![true; steps.len()];
        let mut edges = Vec::new();
        let mut nodes = Vec::with_capacity(steps.len());
        for (at, step) in steps.iter().enumerate() {
            let before = graph.dependencies(StepNo::at(at));
            let edge_type = if before.len() > 1 { EdgeType::Multiple } else { EdgeType::Single };
            for from in &before {
                is_leaf[from.index()] = false;
                let from = steps[from.index()].name().to_owned();
                edges.push(TemplateEdge { from, to: step.name().to_owned(), edge_type });
            }
            nodes.push(TemplateNode {
                name: step.name().to_owned(),
                description: step.description().to_owned(),
                dependency_count: before.len(),
                dependencies: names(&before),
                skippable: step.is_optional(),
                retry_limit: step.retry().limit,
            });
        }
        let levels = graph.levels();
        let name = |step: &StepDef| step.name().to_owned();
        Self {
            workflow: workflow.id().clone(),
            topology: steps.iter().map(name).collect(),
            levels: steps
                .iter()
                .enumerate()
                .map(|(at, step)| (name(step), graph.level(StepNo::at(at))))
                .collect(),
            roots: names(&graph.roots().collect::<Vec<_>>()),
            leaves: steps
                .iter()
                .zip(&is_leaf)
                .filter(|(_, is_leaf)| **is_leaf)
                .map(|(step, _)| name(step))
                .collect(),
            summary: TemplateSummary {
                total_steps: steps.len(),
                total_dependencies: edges.len(),
                max_depth: levels.len().saturating_sub(1) as u32,
                parallel_branches: levels.iter().map(Vec::len).max().unwrap_or(0),
            },
            nodes,
            edges,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::StepSpec;

    #[test]
    fn a_definition_is_described_by_its_graph() {
        let order = WorkflowDef::builder("shop", "order", "1.0.0")
            .step(StepSpec::new("fetch").description("Fetches."))
            .step(StepSpec::new("charge").depends_on(["fetch"]))
            .step(StepSpec::new("pack").depends_on(["fetch"]).optional(true))
            .step(StepSpec::new("ship").depends_on(["charge", "pack"]))
            .build()
            .unwrap();
        let json = serde_json::to_value(TemplateAnalysis::of(&order)).unwrap();
        assert_eq!(json["workflow"], "shop.order@1.0.0");
        assert_eq!(
            json["nodes"][2],
            json!({
                "name": "pack", "description": "", "dependencies": ["fetch"], "dependency_count": 1,
                "skippable": true, "retry_limit": 3,
            })
        );
        assert_eq!(
            json["edges"],
            json!([
                {"from": "fetch", "to": "charge", "type": "single"},
                {"from": "fetch", "to": "pack", "type": "single"},
                {"from": "charge", "to": "ship", "type": "multiple"},
                {"from": "pack", "to": "ship", "type": "multiple"},
            ])
        );
        assert_eq!(json["topology"], json!(["fetch", "charge", "pack", "ship"]));
        assert_eq!(json["levels"], json!({"fetch": 0, "charge": 1, "pack": 1, "ship": 2}));
        assert_eq!((&json["roots"], &json["leaves"]), (&json!(["fetch"]), &json!(["ship"])));
        assert_eq!(
            json["summary"],
            json!({"total_steps": 4, "total_dependencies": 4, "max_depth": 2, "parallel_branches": 2})
        );
    }

    #[test]
    fn steps_that_wait_for_each_other_are_no_definition() {
        let builder = WorkflowDef::builder("shop", "order", "1.0.0");
        let looped = builder
            .step(StepSpec::new("a").depends_on(["b"]))
            .step(StepSpec::new("b").depends_on(["a"]))
            .build();
        assert_eq!(looped.unwrap_err().mistakes(), ["the steps `a`, `b` wait for each other"]);
    }
}
