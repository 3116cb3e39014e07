//! The files that were given to a builder, and what becomes of them when it builds.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use tasker_yaml::{Mistake, YamlError};

use super::environment::Environment;
use super::file::{TaskFile, YamlFile};
use super::module;
use super::subscriptions::{Subscription, SubscriptionFiles};
use crate::TaskerBuilder;
use crate::events::EventCatalog;
use crate::handler::Handlers;
use crate::registry::{Registration, Registry};

/// What was given, and the environment to load it for.
#[derive(Default)]
pub(crate) struct Sources {
    given: Vec<Given>,
    environment: Option<Environment>,
    pub(super) subscriptions: SubscriptionFiles,
}

pub(super) enum Given {
    File(YamlFile),
    Path(PathBuf),
    Directory(PathBuf),
}

impl Sources {
    /// Who is to hear of events, by the files.
    pub(crate) fn subscriptions(&mut self, catalog: &EventCatalog) -> Result<Vec<Subscription>, YamlError> {
        let environment = self.environment.clone().unwrap_or_else(Environment::of_process);
        self.subscriptions.read(&environment, catalog)
    }

    /// Lets modules take from their files what they get from there.
    pub(crate) fn complete(&self, registry: &mut Registry) -> Result<(), YamlError> {
        let environment = self.environment.clone().unwrap_or_else(Environment::of_process);
        let mut wrong = YamlError::of(Vec::new());
        for registration in registry.iter_mut() {
            let workflow = Arc::make_mut(&mut registration.workflow);
            match module::complete(workflow, &environment) {
                Ok(()) => registration.read_schema_again(),
                Err(error) => wrong.add(error),
            }
        }
        if wrong.is_empty() { Ok(()) } else { Err(wrong) }
    }

    /// Registers all the tasks, or none if there is a mistake in one of them.
    pub(crate) fn register(&mut self, handlers: &Handlers, registry: &mut Registry) -> Result<(), YamlError> {
        let environment = self.environment.clone().unwrap_or_else(Environment::of_process);
        let (mut tasks, mut wrong) = (Vec::new(), YamlError::of(Vec::new()));
        for given in std::mem::take(&mut self.given) {
            for file in given.files() {
                match file.and_then(|file| file.load_with(&environment, Some(handlers))) {
                    Ok(task) => tasks.push(task),
                    Err(error) => wrong.add(error),
                }
            }
        }
        let mut mistakes = Vec::new();
        for (at, task) in tasks.iter().enumerate() {
            check_name(task, &tasks[..at], registry, &mut mistakes);
        }
        wrong.add(YamlError::of(mistakes));
        if !wrong.is_empty() {
            return Err(wrong);
        }
        for task in tasks {
            let file = task.name().to_owned();
            let registered = Registration::dynamic(task.into_workflow(), handlers);
            registered
                .and_then(|registration| registry.add(registration))
                .map_err(|error| YamlError::of(vec![Mistake::of_file(&file, error.to_string(), None)]))?;
        }
        Ok(())
    }
}

impl Given {
    pub(super) fn files(self) -> Vec<Result<YamlFile, YamlError>> {
        match self {
            Self::File(file) => vec![Ok(file)],
            Self::Path(path) => vec![YamlFile::read(path)],
            Self::Directory(path) => match files_in(&path) {
                Ok(files) => files.into_iter().map(YamlFile::read).collect(),
                Err(message) => {
                    let name = path.display().to_string();
                    vec![Err(YamlError::of(vec![Mistake::of_file(&name, message, None)]))]
                }
            },
        }
    }
}

/// The YAML files in a directory, by name.
fn files_in(path: &Path) -> Result<Vec<PathBuf>, String> {
    let failed = |error: std::io::Error| match std::env::current_dir() {
        Ok(from) if path.is_relative() => {
            format!("the directory cannot be read: {error}; it was looked for in {}", from.display())
        }
        _ => format!("the directory cannot be read: {error}"),
    };
    let mut files = Vec::new();
    for entry in std::fs::read_dir(path).map_err(failed)? {
        let file = entry.map_err(failed)?.path();
        let is_yaml = file.extension().is_some_and(|extension| extension == "yaml" || extension == "yml");
        if is_yaml && file.is_file() {
            files.push(file);
        }
    }
    if files.is_empty() {
        return Err("the directory has no files that end in `.yaml` or `.yml`".to_owned());
    }
    files.sort();
    Ok(files)
}

fn check_name(task: &TaskFile, before: &[TaskFile], registry: &Registry, mistakes: &mut Vec<Mistake>) {
    let id = task.workflow().id();
    let other = if let Some(other) = before.iter().find(|other| other.workflow().id() == id) {
        format!("the other description stands at {}", other.place())
    } else if registry.find(id).is_some() {
        "the application registers the other one itself".to_owned()
    } else {
        return;
    };
    let help = format!("{other}; give one of the two another version, name or namespace");
    mistakes.push(task.mistake(format!("the task `{id}` is there twice"), help));
}

impl<A: Send + Sync + 'static, S> TaskerBuilder<A, S> {
    /// Adds the task that a YAML file describes: see [`yaml`](crate::yaml). What is wrong with it is reported by [`build`](Self::build),
    /// together with what is wrong with other files.
    #[must_use]
    pub fn yaml(mut self, file: YamlFile) -> Self {
        self.yaml.given.push(Given::File(file));
        self
    }

    /// Adds the task of a file, which is read when the Tasker is built.
    #[must_use]
    pub fn yaml_file(mut self, path: impl Into<PathBuf>) -> Self {
        self.yaml.given.push(Given::Path(path.into()));
        self
    }

    /// Adds the tasks of all files in a directory that end in `.yaml` or `.yml`, in the order of their names. Directories in it are not
    /// looked into, and one without such files is a mistake.
    #[must_use]
    pub fn yaml_dir(mut self, path: impl Into<PathBuf>) -> Self {
        self.yaml.given.push(Given::Directory(path.into()));
        self
    }

    /// Says for which environment YAML files are loaded. Default: [`Environment::of_process`], which is what the variable `TASKER_ENV`
    /// says, or else `RAILS_ENV`, or else `development`.
    #[must_use]
    pub fn environment(mut self, environment: impl Into<Environment>) -> Self {
        self.yaml.environment = Some(environment.into());
        self
    }
}
