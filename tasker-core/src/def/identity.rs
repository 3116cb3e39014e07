use std::fmt;

use serde::Serialize;

/// What a workflow is called: namespace, name and semantic version.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
pub struct WorkflowId {
    /// Keeps the workflows of one team or product apart from others'; `default` unless said.
    pub namespace: String,
    /// The name, unique in its namespace.
    pub name: String,
    /// The semantic version; a task keeps the one it was started with.
    pub version: String,
}

impl fmt::Display for WorkflowId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}@{}", self.namespace, self.name, self.version)
    }
}
