//! A diagram as nodes and edges: what Ruby Tasker's diagrams were in JSON.

use std::collections::BTreeMap;
use std::fmt::Write;

use serde::Serialize;
use serde_json::{Value, json};

use super::{Diagram, Step, short};
use crate::report::words;
use crate::{StepNo, StepState, TaskState};

/// The nodes and edges of a [`Diagram`].
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DiagramModel {
    /// The task, if it is one, and the steps in canonical order.
    pub nodes: Vec<DiagramNode>,
    /// The edges: from the task to its roots, and from each step to those that depend on it.
    pub edges: Vec<DiagramEdge>,
    /// Which way it is read.
    pub direction: FlowDirection,
    /// What it shows.
    pub title: String,
    /// Whatever else is known of it.
    pub attributes: BTreeMap<String, Value>,
}

/// A box.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DiagramNode {
    /// Its name in the diagram: `task_ID` or `step_NUMBER`, of letters, digits and `_`.
    pub id: String,
    /// What it says, in lines.
    pub label: String,
    /// Its shape.
    pub shape: NodeShape,
    /// Its colours, as Mermaid takes them; none in a diagram of a definition.
    pub style: Option<String>,
    /// The page that it leads to.
    pub url: Option<String>,
    /// Whatever else is known of it.
    pub attributes: BTreeMap<String, Value>,
}

/// An arrow.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DiagramEdge {
    /// The node that it comes from.
    pub source_id: String,
    /// The node that it leads to.
    pub target_id: String,
    /// What it says.
    pub label: Option<String>,
    /// How it is drawn.
    #[serde(rename = "type")]
    pub line: EdgeLine,
    /// Where its head is.
    pub direction: EdgeDirection,
    /// Whatever else is known of it.
    pub attributes: BTreeMap<String, Value>,
}

words! {
    /// Which way a diagram is read.
    pub enum FlowDirection {
        /// From above.
        TopDown = "TD",
    }

    /// The shape of a node.
    pub enum NodeShape {
        /// A box.
        Box = "box",
    }

    /// How an edge is drawn.
    pub enum EdgeLine {
        /// As one line.
        Solid = "solid",
    }

    /// Where the head of an edge is.
    pub enum EdgeDirection {
        /// At its target.
        Forward = "forward",
    }
}

/// What an edge between steps says, as in Ruby Tasker.
const PROVIDES: &str = "provides";

impl DiagramModel {
    pub(super) fn of(diagram: &Diagram) -> Self {
        let mut nodes = Vec::with_capacity(diagram.steps.len() + 1);
        let mut edges = Vec::new();
        let mut title = diagram.title.clone();
        let mut attributes = BTreeMap::new();
        if let Some(task) = &diagram.task {
            let id = format!("task_{}", task.id).replace('-', "_");
            title = format!("Task {}: {}", task.id, task.name);
            attributes.insert("workflow".to_owned(), json!(diagram.title));
            let roots = (0..).zip(&diagram.steps).filter(|(_, step)| step.depends_on.is_empty());
            edges.extend(roots.map(|(root, _)| edge(id.clone(), StepNo(root), None)));
            nodes.push(DiagramNode {
                id,
                label: format!("Task: {}\nID: {}\nStatus: {}", task.name, task.id, task.state),
                shape: NodeShape::Box,
                style: Some(colours(of_task(task.state)).to_owned()),
                url: diagram.url(None),
                attributes: [("status".to_owned(), json!(task.state))].into(),
            });
        }
        for (no, step) in (0..).map(StepNo).zip(&diagram.steps) {
            edges.extend(step.depends_on.iter().map(|&from| edge(step_id(from), no, Some(PROVIDES))));
            nodes.push(DiagramNode {
                id: step_id(no),
                label: label(step),
                shape: NodeShape::Box,
                style: step.stand.as_ref().map(|stand| colours(stand.state).to_owned()),
                url: diagram.url(Some(no)),
                attributes: attributes_of(step),
            });
        }
        Self { nodes, edges, direction: FlowDirection::TopDown, title, attributes }
    }
}

fn step_id(StepNo(no): StepNo) -> String {
    format!("step_{no}")
}

fn edge(source_id: String, target: StepNo, label: Option<&str>) -> DiagramEdge {
    DiagramEdge {
        source_id,
        target_id: step_id(target),
        label: label.map(str::to_owned),
        line: EdgeLine::Solid,
        direction: EdgeDirection::Forward,
        attributes: BTreeMap::new(),
    }
}

fn label(step: &Step) -> String {
    let mut label = format!("Step: {}", step.name);
    if let Some(stand) = &step.stand {
        // Writing to a string does not fail.
        let _ = write!(label, "\nStatus: {}\nAttempts: {}", stand.state, stand.attempts);
        if let Some(error) = &stand.error {
            let _ = write!(label, "\nError: {}", short(error));
        }
    } else if step.optional {
        label.push_str("\nmay be skipped");
    }
    label
}

fn attributes_of(step: &Step) -> BTreeMap<String, Value> {
    let mut attributes = BTreeMap::from([
        ("name".to_owned(), json!(step.name)),
        ("skippable".to_owned(), json!(step.optional)),
    ]);
    if let Some(stand) = &step.stand {
        attributes.insert("status".to_owned(), json!(stand.state));
        attributes.insert("attempts".to_owned(), json!(stand.attempts));
        attributes.insert("error".to_owned(), json!(stand.error));
        attributes.insert("waiting_because".to_owned(), json!(stand.waiting_because));
    }
    attributes
}

/// The state of a step in whose colours a task is shown.
fn of_task(state: TaskState) -> StepState {
    match state {
        TaskState::Pending => StepState::Pending,
        TaskState::InProgress => StepState::InProgress,
        TaskState::Complete => StepState::Complete,
        TaskState::Error => StepState::Error,
        TaskState::Cancelled => StepState::Cancelled,
        TaskState::ResolvedManually => StepState::ResolvedManually,
    }
}

/// Ruby Tasker's colours, with letters that can be read on them.
const fn colours(state: StepState) -> &'static str {
    match state {
        StepState::Pending => "fill:lightblue,color:black",
        StepState::InProgress => "fill:lightgreen,color:black",
        StepState::Complete => "fill:green,color:white",
        StepState::Error => "fill:red,color:white",
        StepState::Cancelled => "fill:gray,color:white",
        StepState::ResolvedManually | StepState::Skipped => "fill:lightgray,color:black",
    }
}
