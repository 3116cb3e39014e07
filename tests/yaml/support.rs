//! Files of the tests, and how they are loaded.

use std::fs;
use std::path::{Path, PathBuf};

use tasker::yaml::{Environment, TaskFile, YamlError, YamlFile};
use tasker::{StepDef, WorkflowDef};

/// The directory of this name beside this file.
pub(crate) fn directory(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("yaml").join(name)
}

/// The files in it, by name.
pub(crate) fn files(name: &str, extensions: &[&str]) -> Vec<PathBuf> {
    let entries = fs::read_dir(directory(name)).unwrap().map(|entry| entry.unwrap().path());
    let fits =
        |path: &PathBuf| extensions.iter().any(|wanted| path.extension().is_some_and(|is| is == *wanted));
    let mut files: Vec<_> = entries.filter(fits).collect();
    files.sort();
    files
}

/// A file of the test, called by its name alone.
pub(crate) fn file(path: &Path) -> YamlFile {
    let name = path.file_name().unwrap().to_string_lossy();
    YamlFile::new(name, fs::read_to_string(path).unwrap())
}

/// A good file, for an environment without variables.
pub(crate) fn good(name: &str, environment: &str) -> TaskFile {
    let loaded = file(&directory("files").join(name)).load(&without_variables(environment));
    loaded.unwrap_or_else(|error| panic!("{error}"))
}

pub(crate) fn without_variables(environment: &str) -> Environment {
    Environment::named(environment).variables([("", ""); 0])
}

pub(crate) fn load(text: &str) -> Result<TaskFile, YamlError> {
    YamlFile::new("task.yaml", text).load(&without_variables("test"))
}

pub(crate) fn step<'w>(workflow: &'w WorkflowDef, name: &str) -> &'w StepDef {
    workflow.step(workflow.find(name).unwrap()).unwrap()
}

/// The steps that a step waits for.
pub(crate) fn depends_on<'w>(workflow: &'w WorkflowDef, name: &str) -> Vec<&'w str> {
    let no = workflow.find(name).unwrap();
    workflow.graph().dependencies(no).into_iter().map(|no| workflow.step(no).unwrap().name()).collect()
}
