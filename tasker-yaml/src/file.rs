//! A text and its name, and the way from it to a checked tree.

use std::fs::File;
use std::io::Read;
use std::iter;
use std::path::Path;

use super::keys::SUBSCRIPTIONS;
use super::merge::Task;
use super::mistake::{Mistake, Report, YamlError};
use super::node::{Node, Span};
use super::parse::{self, LONGEST};
use super::{check, merge, shape};

/// A text and what it is called in messages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    name: String,
    text: String,
    /// Where its lines begin.
    lines: Vec<usize>,
}

impl Source {
    /// A text that is in hand.
    #[must_use]
    pub fn new(name: String, text: String) -> Self {
        let lines = iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect();
        Self { name, text, lines }
    }

    /// Reads the file at `path`, which is called `name`.
    ///
    /// # Errors
    /// When it cannot be read, is longer than 1 MiB, or is not UTF-8.
    pub fn read(name: String, path: &Path) -> Result<Self, YamlError> {
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

    /// What it is called.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The text.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The line of a place in it, from 1.
    #[must_use]
    pub fn line(&self, span: Span) -> usize {
        self.lines.partition_point(|&begin| begin <= span.start)
    }

    /// Where a line begins.
    pub(crate) fn begin_of(&self, line: usize) -> usize {
        self.lines.get(line - 1).copied().unwrap_or(self.text.len())
    }

    /// A place in it: `order.yaml:91`.
    #[must_use]
    pub fn place(&self, span: Span) -> String {
        format!("{}:{}", self.name, self.line(span))
    }
}

/// Reads a file of subscriptions. What is wrong is added to the report; there is no tree where the text is no YAML.
pub fn read_subscriptions(report: &mut Report<'_>) -> Option<Node> {
    let root = parse::parse(report)?;
    shape::mapping(&root, &SUBSCRIPTIONS, report);
    Some(root)
}

/// Reads a task as it is in an environment, or as it is without any. What is wrong is added to the report; there is no tree where the text
/// is no YAML.
pub fn read(environment: Option<&str>, report: &mut Report<'_>) -> Option<Task> {
    let root = parse::parse(report)?;
    shape::check(&root, report);
    let task = merge::merged(&root, environment, report);
    check::check(&task.node, report);
    Some(task)
}
