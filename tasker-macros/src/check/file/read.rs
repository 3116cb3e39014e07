//! From the path of a file to what it says. The one place that knows the crate which reads task files.

use std::collections::HashMap;
use std::env;
use std::path::{Path, PathBuf};

use tasker_rules::suggest::nearest;
use tasker_yaml::{Kind, Node, Report, STEPS, Source, Task, YamlError, dependencies_of};

use super::facts::{Facts, Step, Told};

/// What the file says, or each mistake in it, as it is told. It is read as it is without an environment: which one the application
/// will be in, the compiler cannot know.
pub(super) fn facts(path: &str) -> Result<Facts, Vec<String>> {
    let absolute = directory().join(path);
    if !absolute.is_file() {
        return Err(vec![no_file(path, &absolute)]);
    }
    let source = Source::read(path.to_owned(), &absolute).map_err(|error| told(&error))?;
    let mut report = Report::of(&source);
    match tasker_yaml::read(None, &mut report) {
        Some(task) if report.is_empty() => Ok(of(&task, &source, absolute.to_string_lossy().into_owned())),
        _ => Err(told(&report.into_error())),
    }
}

/// Where the `Cargo.toml` of the package is that is compiled.
fn directory() -> PathBuf {
    env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from).unwrap_or_default()
}

fn no_file(path: &str, absolute: &Path) -> String {
    let entries = absolute.parent().and_then(|directory| directory.read_dir().ok());
    let names: Vec<String> = entries
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect();
    let name = absolute.file_name().unwrap_or_default().to_string_lossy();
    let near = nearest(&name, names.iter().map(String::as_str));
    let near = near.map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
    format!(
        "there is no file `{path}`\n\
         help: a path begins where the `Cargo.toml` of the package is{near}"
    )
}

/// Each mistake as it is printed, but for the word with which the compiler begins.
fn told(error: &YamlError) -> Vec<String> {
    let texts = error.mistakes().iter().map(ToString::to_string);
    texts.map(|text| text.strip_prefix("error: ").unwrap_or(&text).to_owned()).collect()
}

fn of(task: &Task, source: &Source, absolute: String) -> Facts {
    let Task { node, environments, .. } = task;
    let line = |node: &Node| source.line(node.span);
    let text = |node: &Node, key: &str| {
        let node = node.get(key)?;
        Some(Told { value: node.text()?.to_owned(), line: line(node) })
    };
    let flag = |node: &Node, key: &str| {
        let node = node.get(key)?;
        Some(Told { value: node.flag()?, line: line(node) })
    };
    let steps = node.get(STEPS).map(Node::items).unwrap_or_default();
    let places: HashMap<&str, usize> =
        steps.iter().enumerate().filter_map(|(at, step)| Some((step.text_of("name")?, at))).collect();
    let system = node.text_of("default_dependent_system");
    let step = |step: &Node| {
        let name = text(step, "name").unwrap_or(Told { value: String::new(), line: line(step) });
        let dependencies = dependencies_of(step);
        let at = dependencies.first().map_or(name.line, |(_, span)| source.line(*span));
        let of_environments =
            environments.iter().flat_map(|entry| entry.value.get(STEPS).map(Node::items).unwrap_or_default());
        let mut same = of_environments.filter(|over| over.text_of("name") == Some(&name.value));
        let config = step.get("handler_config");
        Step {
            description: step.text_of("description").unwrap_or_default().to_owned(),
            depends_on: Told {
                value: dependencies.iter().filter_map(|(name, _)| places.get(name).copied()).collect(),
                line: at,
            },
            skippable: flag(step, "skippable"),
            limit: limit(step, source),
            dependent_system: step.text_of("dependent_system").or(system).map(str::to_owned),
            config: config.or_else(|| same.find_map(|over| over.get("handler_config"))).map(line),
            name,
        }
    };
    Facts {
        path: source.name().to_owned(),
        absolute,
        name: text(node, "name").unwrap_or(Told { value: String::new(), line: 1 }),
        namespace: text(node, "namespace_name"),
        version: text(node, "version"),
        concurrent: flag(node, "concurrent"),
        description: node.text_of("description").unwrap_or_default().to_owned(),
        steps: steps.iter().map(step).collect(),
    }
}

/// One that is not tried again is executed once.
fn limit(step: &Node, source: &Source) -> Option<Told<u32>> {
    let retryable = step.get("default_retryable");
    if let Some(node) = retryable.filter(|node| node.flag() == Some(false)) {
        return Some(Told { value: 1, line: source.line(node.span) });
    }
    let node = step.get("default_retry_limit")?;
    let Kind::Number(number) = &node.kind else { return None };
    let value = u32::try_from(number.as_u64()?).ok()?;
    Some(Told { value, line: source.line(node.span) })
}
