//! What is asked of a definition whose steps have handlers by name.

use serde_json::Value;

use super::config::Configuration;
use super::{StepDef, WorkflowDef};

impl WorkflowDef {
    /// Its configuration as it may be shown: where [`config`](Self::config) has values of variables, which may be secret, this has their
    /// names.
    #[must_use]
    pub fn shown_config(&self) -> Option<&Value> {
        self.config_as_written().or_else(|| self.config())
    }

    /// Its configuration as it was written, if values of variables are in it, which nobody but a handler may see.
    pub(crate) fn config_as_written(&self) -> Option<&Value> {
        self.config.as_ref().and_then(Configuration::written)
    }
}

impl StepDef {
    /// Its configuration as it may be shown: where [`config`](Self::config) has values of variables, which may be secret, this has their
    /// names.
    #[must_use]
    pub fn shown_config(&self) -> Option<&Value> {
        self.config_as_written().or_else(|| self.config())
    }

    /// Reads something from its configuration, with what is known of its variables.
    pub(crate) fn while_reading<T>(&self, read: impl FnOnce() -> T) -> T {
        match &self.config {
            Some(config) => config.variables().while_reading(read),
            None => read(),
        }
    }

    /// Its configuration as it was written, if values of variables are in it, which nobody but its handler may see.
    pub(crate) fn config_as_written(&self) -> Option<&Value> {
        self.config.as_ref().and_then(Configuration::written)
    }
}
