//! Pictures of workflows and tasks.
//!
//! A [`Diagram`] is made of a definition or of a task, and drawn in three ways: as text for [Mermaid](https://mermaid.js.org), as nodes and edges for whoever
//! draws it themselves (both as Ruby Tasker did), and as an SVG, which needs neither a script nor a library to be looked at. The same diagram is
//! always drawn the same, to the byte.

mod layout;
mod mermaid;
mod model;
mod svg;

pub use model::{DiagramEdge, DiagramModel, DiagramNode, EdgeDirection, EdgeLine, FlowDirection, NodeShape};
pub use svg::Theme;

use std::time::Duration;

use crate::report::span;
use crate::report::{BlockingReason, StepReadiness, TaskExecution, TaskSnapshot};
use crate::{StepNo, StepState, TaskId, TaskState, WorkflowDef};

/// A workflow or a task, to be drawn.
///
/// ```
/// use tasker_core::diagram::Diagram;
/// use tasker_core::{StepSpec, WorkflowDef};
///
/// let order = WorkflowDef::builder("shop", "order", "1.0.0")
///     .step(StepSpec::new("charge"))
///     .step(StepSpec::new("ship").depends_on(["charge"]))
///     .build()?;
/// let diagram = Diagram::of_workflow(&order);
/// assert!(diagram.svg().starts_with("<svg "));
/// assert!(diagram.mermaid().contains("step_0 -->|\"provides\"| step_1"));
/// assert_eq!(diagram.model().nodes.len(), 2);
/// # Ok::<(), tasker_core::DefinitionError>(())
/// ```
#[derive(Debug, Clone)]
pub struct Diagram {
    title: String,
    task: Option<Head>,
    steps: Vec<Step>,
    links: Option<String>,
}

/// The task that a diagram shows.
#[derive(Debug, Clone)]
struct Head {
    id: TaskId,
    name: String,
    state: TaskState,
    /// How far it is.
    progress: String,
    waiting_because: Option<String>,
}

/// A step of a diagram.
#[derive(Debug, Clone)]
struct Step {
    name: String,
    description: String,
    depends_on: Vec<StepNo>,
    optional: bool,
    /// Where it stands, in a task.
    stand: Option<Stand>,
}

/// Where a step stands.
#[derive(Debug, Clone)]
struct Stand {
    state: StepState,
    sign: Sign,
    /// The same in a few words.
    words: String,
    attempts: u32,
    error: Option<String>,
    waiting_because: Option<String>,
}

/// What a step is marked with, so that nobody has to tell colours apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Sign {
    Waiting,
    Ready,
    Clock,
    Pause,
    Blocked,
    Running,
    Check,
    Cross,
    Slash,
    Passed,
}

impl Diagram {
    /// The steps and edges of a definition.
    #[must_use]
    pub fn of_workflow(workflow: &WorkflowDef) -> Self {
        let steps = workflow.steps().iter().enumerate().map(|(at, step)| Step {
            name: step.name().to_owned(),
            description: step.description().to_owned(),
            depends_on: workflow.graph().dependencies(StepNo::at(at)),
            optional: step.is_optional(),
            stand: None,
        });
        Self { title: workflow.id().to_string(), task: None, steps: steps.collect(), links: None }
    }

    /// A task with its steps, as they stood at the moment of the snapshot.
    #[must_use]
    pub fn of_task(task: &TaskSnapshot) -> Self {
        let execution = task.execution();
        let steps = execution.steps.iter().zip(task.steps()).map(|(step, known)| Step {
            name: step.name.clone(),
            description: String::new(),
            depends_on: known.depends_on.clone(),
            optional: known.optional,
            stand: Some(Stand::of(task, step, known.duration())),
        });
        let status = task.status();
        let head = Head {
            id: status.id,
            name: status.workflow.name.clone(),
            state: status.state,
            progress: progress(&execution),
            waiting_because: execution.waiting_because.clone(),
        };
        Self { title: status.workflow.to_string(), steps: steps.collect(), task: Some(head), links: None }
    }

    /// Links the nodes to the pages of the task and its steps, `BASE/tasks/ID` and `BASE/tasks/ID/workflow_steps/NUMBER`. In a diagram of
    /// a definition nothing is linked. The base is the application's own, such as `/tasker`: whoever sees the diagram may follow it.
    #[must_use]
    pub fn links(self, base: impl Into<String>) -> Self {
        let base = base.into();
        Self { links: Some(base.trim_end_matches('/').to_owned()), ..self }
    }

    /// The nodes and edges, to be serialized.
    #[must_use]
    pub fn model(&self) -> DiagramModel {
        DiagramModel::of(self)
    }

    /// The text that Mermaid draws.
    #[must_use]
    pub fn mermaid(&self) -> String {
        mermaid::write(&self.model())
    }

    /// A picture that follows what the reader prefers, light or dark.
    #[must_use]
    pub fn svg(&self) -> String {
        self.svg_in(Theme::Auto)
    }

    /// A picture in the colours of the page that it is shown on.
    #[must_use]
    pub fn svg_in(&self, theme: Theme) -> String {
        svg::draw(self, theme)
    }

    /// Where the page of the task is, or that of a step of it.
    fn url(&self, step: Option<StepNo>) -> Option<String> {
        let (base, task) = (self.links.as_ref()?, self.task.as_ref()?.id);
        Some(match step {
            None => format!("{base}/tasks/{task}"),
            Some(StepNo(step)) => format!("{base}/tasks/{task}/workflow_steps/{step}"),
        })
    }
}

/// Such as `3 of 7 steps, 42.86 %`.
fn progress(task: &TaskExecution) -> String {
    let steps = if task.total_steps == 1 { "step" } else { "steps" };
    format!("{} of {} {steps}, {} %", task.steps_over(), task.total_steps, task.completion_percentage)
}

impl Stand {
    fn of(task: &TaskSnapshot, step: &StepReadiness, took: Option<Duration>) -> Self {
        let (sign, words) = match step.current_state {
            StepState::Pending => waiting(task, step),
            StepState::InProgress if step.attempts > 1 => {
                (Sign::Running, format!("running, attempt {} of {}", step.attempts, step.retry_limit))
            }
            StepState::InProgress => (Sign::Running, "running".to_owned()),
            StepState::Complete => (Sign::Check, ended("complete", step, took)),
            StepState::Error => (Sign::Cross, ended("error", step, None)),
            StepState::Cancelled => (Sign::Slash, "cancelled".to_owned()),
            StepState::ResolvedManually => (Sign::Check, "resolved manually".to_owned()),
            StepState::Skipped => (Sign::Passed, "skipped".to_owned()),
        };
        Self {
            state: step.current_state,
            sign,
            words,
            attempts: step.attempts,
            // An operator who resolved or cancelled it has seen the error.
            error: step.error.clone().filter(|_| !step.current_state.allowed().is_empty()),
            waiting_because: step.waiting_because.clone(),
        }
    }
}

fn waiting(task: &TaskSnapshot, step: &StepReadiness) -> (Sign, String) {
    let (sign, words) = match step.blocking_reason {
        None => (Sign::Ready, "ready"),
        Some(BlockingReason::WaitingForBackoff) => {
            let wait = step.next_retry_at.map(|at| span(at.since(task.now()))).unwrap_or_default();
            return (Sign::Clock, format!("tried again in {wait}"));
        }
        Some(BlockingReason::DependencyFailed | BlockingReason::TaskEnded) => (Sign::Blocked, "blocked"),
        Some(BlockingReason::TaskPaused) => (Sign::Pause, "paused"),
        Some(BlockingReason::NoWorkerCanRunIt) => (Sign::Pause, "no worker can run it"),
        Some(BlockingReason::WaitingForTurn) => (Sign::Waiting, "waits for its turn"),
        Some(_) => (Sign::Waiting, "waiting"),
    };
    (sign, words.to_owned())
}

fn ended(word: &str, step: &StepReadiness, took: Option<Duration>) -> String {
    let took = took.map(|took| format!(", {}", span(took))).unwrap_or_default();
    let attempts = if step.attempts > 1 { format!(", {} attempts", step.attempts) } else { String::new() };
    format!("{word}{took}{attempts}")
}

/// The error of a step as a diagram has room for it: of more than 30 characters the first 28.
fn short(error: &str) -> String {
    let error = error.lines().next().unwrap_or_default();
    if error.chars().count() <= 30 {
        return error.to_owned();
    }
    error.chars().take(28).chain(['…']).collect()
}

#[cfg(test)]
mod tests;
