//! Where orders come from, and how they become tasks.

use std::fs;
use std::path::Path;

use futures_util::future;
use serde_json::Value;
use tasker::{StartError, StoreError, TaskHandle, Tasker, Workflow as _, WorkflowId};

use crate::order::order_process;

/// The orders that come with the example.
const BUNDLED: [(&str, &str); 3] = [
    ("orders/1001.json", include_str!("../orders/1001.json")),
    ("orders/1002.json", include_str!("../orders/1002.json")),
    ("orders/1003.json", include_str!("../orders/1003.json")),
];

/// An order that was read but not yet checked.
pub struct Draft {
    /// The file it is from, for messages.
    file: String,
    content: Value,
}

/// Why a file is no order: one line for each reason.
#[derive(Debug, PartialEq, Eq)]
pub struct Refusal(pub Vec<String>);

impl Draft {
    /// The orders that come with the example.
    pub fn bundled() -> Vec<Result<Self, Refusal>> {
        BUNDLED.iter().map(|(file, text)| Self::parse((*file).to_owned(), text)).collect()
    }

    /// Reads an order file.
    pub fn read(path: &Path) -> Result<Self, Refusal> {
        let file = path.display().to_string();
        match fs::read_to_string(path) {
            Ok(text) => Self::parse(file, &text),
            Err(error) => Err(Refusal(vec![format!("{file}: {error}")])),
        }
    }

    fn parse(file: String, text: &str) -> Result<Self, Refusal> {
        match serde_json::from_str(text) {
            Ok(content) => Ok(Self { file, content }),
            Err(error) => {
                let (line, column) = (error.line(), error.column());
                let reason = error.to_string();
                let reason =
                    reason.strip_suffix(&format!(" at line {line} column {column}")).unwrap_or(&reason);
                Err(Refusal(vec![format!("{file}: line {line} column {column}: {reason}")]))
            }
        }
    }

    /// Starts the order, unless there is a task of its number already: then that one is meant.
    async fn start(self, tasker: &Tasker, workflow: &WorkflowId) -> Result<Started, StartError> {
        let WorkflowId { namespace, name, version } = workflow;
        let key = self.content["order_id"].to_string();
        // By name, with JSON for a context: a typed one would stop at the first mistake in the file.
        match tasker.start_named(namespace, name, version, self.content).idempotency_key(key).await {
            Ok(handle) => Ok(Ok(handle)),
            Err(StartError::InvalidContext { violations, .. }) => {
                let reasons =
                    violations.iter().map(|violation| format!("{}: {violation}", self.file)).collect();
                Ok(Err(Refusal(reasons)))
            }
            Err(error) => Err(error),
        }
    }
}

/// What became of one order file: a task, or the reasons why not.
type Started = Result<TaskHandle, Refusal>;

/// Starts all orders at once, and so in few transactions. What it gives back is in the order of what it was given.
pub async fn start(tasker: &Tasker, drafts: Vec<Result<Draft, Refusal>>) -> Result<Vec<Started>, StartError> {
    let workflow = order_process::Workflow::define().id().clone();
    let started = drafts.into_iter().map(async |draft| match draft {
        Ok(draft) => draft.start(tasker, &workflow).await,
        Err(refusal) => Ok(Err(refusal)),
    });
    future::try_join_all(started).await
}

/// The unfinished tasks of a database, oldest first.
///
/// Asked before the engine starts: what it ends at once, because it was lost too often, is among them.
pub async fn unfinished(store: &impl tasker::Store) -> Result<Vec<tasker::TaskId>, StoreError> {
    const PAGE: usize = 1_000;
    let mut tasks = Vec::new();
    loop {
        let page = store.open_tasks(tasks.last().copied(), PAGE).await?;
        tasks.extend(&page);
        if page.len() < PAGE {
            return Ok(tasks);
        }
    }
}
