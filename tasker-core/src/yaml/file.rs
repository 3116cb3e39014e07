//! A YAML file, and the task that it describes.

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use tasker_yaml::{Mistake, Node, Report, STEPS, Source, Span, Task, YamlError};

use super::build::{self, Described};
use super::context_schema;
use super::environment::Environment;
use crate::handler::Handlers;
use crate::{StepNo, WorkflowDef};

/// A file that describes a task, not looked into yet. Copies share the text.
#[derive(Clone)]
pub struct YamlFile {
    source: Arc<Source>,
}

impl YamlFile {
    /// A text that is in hand; the name is what mistakes are told with.
    pub fn new(name: impl Into<String>, text: impl Into<String>) -> Self {
        Self { source: Arc::new(Source::new(name.into(), text.into())) }
    }

    /// Reads a file.
    ///
    /// # Errors
    /// When it cannot be read, is longer than 1 MiB, or is not UTF-8.
    pub fn read(path: impl AsRef<Path>) -> Result<Self, YamlError> {
        let path = path.as_ref();
        let source = Source::read(path.display().to_string(), path)?;
        Ok(Self { source: Arc::new(source) })
    }

    pub(super) fn source(&self) -> &Source {
        &self.source
    }

    /// What it is called in messages.
    #[must_use]
    pub fn name(&self) -> &str {
        self.source.name()
    }

    /// Reads and checks what it describes, in an environment.
    ///
    /// ```
    /// use tasker_core::yaml::{Environment, YamlFile};
    ///
    /// let text = "
    /// name: order
    /// step_templates:
    ///   - name: charge
    ///     handler_class: Order::Charge
    ///   - name: ship
    ///     handler_class: Order::Ship
    ///     depends_on_step: chagre
    /// ";
    /// let error = YamlFile::new("order.yaml", text).load(&Environment::named("production")).unwrap_err();
    /// let mistake = &error.mistakes()[0];
    /// assert_eq!((mistake.line(), mistake.column()), (Some(8), Some(22)));
    /// assert_eq!(mistake.help(), Some("did you mean `charge`?"));
    /// ```
    ///
    /// # Errors
    /// With every mistake that is found in it.
    pub fn load(&self, environment: &Environment) -> Result<TaskFile, YamlError> {
        self.load_with(environment, None)
    }

    /// The same; a handler that is not among these is a mistake, too.
    pub(super) fn load_with(
        &self,
        environment: &Environment,
        handlers: Option<&Handlers>,
    ) -> Result<TaskFile, YamlError> {
        let mut report = Report::of(&self.source);
        let Some(Task { node: task, environments, .. }) = read_for(environment, &mut report) else {
            return Err(report.into_error());
        };
        context_schema::check(&task, &mut report);
        let described = build::build(&task, environment, handlers, report)?;
        let Described { workflow, task_handler_class, name } = described;
        let steps = task.get(STEPS).map(Node::items).unwrap_or_default();
        let order = steps.iter().filter_map(|step| workflow.find(step.text_of("name")?)).collect();
        let environments = environments.into_iter().map(|other| other.key);
        let others = environments.filter(|other| other != environment.name()).collect();
        let environment = environment.name().to_owned();
        let source = Arc::clone(&self.source);
        Ok(TaskFile { source, workflow, task_handler_class, name, environment, others, order })
    }
}

/// Reads a task as it is in an environment.
pub(super) fn read_for(environment: &Environment, report: &mut Report<'_>) -> Option<Task> {
    let task = tasker_yaml::read(Some(environment.name()), report)?;
    if let Some(near) = &task.nearest_environment {
        tracing::warn!(
            environment = environment.name(),
            near,
            "a task file says nothing about this environment, but about one of almost that name"
        );
    }
    Some(task)
}

impl fmt::Debug for YamlFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "YamlFile({:?})", self.source.name())
    }
}

/// A task as its file describes it in one environment, checked. That its handlers are there is checked when it is registered.
#[derive(Clone)]
pub struct TaskFile {
    source: Arc<Source>,
    workflow: WorkflowDef,
    task_handler_class: Option<String>,
    /// Where its name stands.
    name: Span,
    /// The environment that it was loaded for.
    environment: String,
    /// Others for which the file says something.
    others: Vec<String>,
    /// The steps as they stand in the file.
    order: Vec<StepNo>,
}

impl TaskFile {
    /// The workflow that it describes.
    #[must_use]
    pub fn workflow(&self) -> &WorkflowDef {
        &self.workflow
    }

    /// The whole name of its class in Ruby, if it says one: `task_handler_class`, with `module_namespace` before it.
    #[must_use]
    pub fn task_handler_class(&self) -> Option<&str> {
        self.task_handler_class.as_deref()
    }

    /// What the file is called in messages.
    #[must_use]
    pub fn name(&self) -> &str {
        self.source.name()
    }

    /// The environment that it was loaded for, and others for which the file says something.
    pub(super) fn environments(&self) -> (&str, &[String]) {
        (&self.environment, &self.others)
    }

    /// The steps as they stand in the file.
    pub(super) fn order(&self) -> &[StepNo] {
        &self.order
    }

    pub(super) fn into_workflow(self) -> WorkflowDef {
        self.workflow
    }

    /// A mistake at its name.
    pub(super) fn mistake(&self, message: String, help: String) -> Mistake {
        Mistake::at(&self.source, self.name, message, Some(help))
    }

    /// Where its name stands: `order.yaml:2`.
    pub(super) fn place(&self) -> String {
        self.source.place(self.name)
    }
}

impl fmt::Debug for TaskFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TaskFile")
            .field("name", &self.source.name())
            .field("workflow", &self.workflow)
            .finish_non_exhaustive()
    }
}
