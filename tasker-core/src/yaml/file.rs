//! A YAML file, and the task that it describes.

use std::fmt;
use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::sync::Arc;

use super::build::{self, Described};
use super::environment::Environment;
use super::mistake::{Mistake, Report, YamlError};
use super::node::Span;
use super::parse::{self, LONGEST};
use super::{check, merge, shape};
use crate::WorkflowDef;
use crate::handler::Handlers;

/// A file that describes a task, not looked into yet. Copies share the text.
#[derive(Clone)]
pub struct YamlFile {
    source: Arc<Source>,
}

/// A text and what it is called in messages.
pub(super) struct Source {
    name: String,
    text: String,
}

impl Source {
    pub(super) fn new(name: String, text: String) -> Self {
        Self { name, text }
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    pub(super) fn text(&self) -> &str {
        &self.text
    }
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
        let name = path.display().to_string();
        let failed = |message: String, help: Option<&str>| {
            YamlError::of(vec![Mistake::of_file(&name, message, help.map(str::to_owned))])
        };
        let mut bytes = Vec::new();
        let limit = LONGEST as u64 + 1;
        File::open(path)
            .and_then(|file| file.take(limit).read_to_end(&mut bytes))
            .map_err(|error| failed(format!("the file cannot be read: {error}"), None))?;
        if bytes.len() > LONGEST {
            let help = "describe a smaller task, or several tasks in a file each";
            return Err(failed(format!("the file is longer than {LONGEST} bytes"), Some(help)));
        }
        let text = String::from_utf8(bytes).map_err(|error| {
            let place = error.utf8_error().valid_up_to();
            failed(format!("the file is not UTF-8, from byte {place} on"), Some("save it as UTF-8"))
        })?;
        Ok(Self::new(name, text))
    }

    /// What it is called in messages.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.source.name
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
        let Some(root) = parse::parse(&mut report) else {
            return Err(report.into_error());
        };
        shape::check(&root, &mut report);
        let merged = merge::merged(&root, environment.name(), &mut report);
        check::check(&merged, &mut report);
        if let Some(handlers) = handlers {
            check::handlers(&merged, handlers, &mut report);
        }
        let Described { workflow, task_handler_class, name } = build::build(&merged, environment, report)?;
        Ok(TaskFile { source: Arc::clone(&self.source), workflow, task_handler_class, name })
    }
}

impl fmt::Debug for YamlFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "YamlFile({:?})", self.source.name)
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
        &self.source.name
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
        let line = self.source.text[..self.name.start].matches('\n').count() + 1;
        format!("{}:{line}", self.source.name)
    }
}

impl fmt::Debug for TaskFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TaskFile")
            .field("name", &self.source.name)
            .field("workflow", &self.workflow)
            .finish_non_exhaustive()
    }
}
