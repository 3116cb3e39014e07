//! What a file adds to a definition that a module has: see [`yaml::module`](crate::yaml).

use serde_json::Value;

use super::config::{Configuration, Misfit};
use super::{StepDef, Variables, WorkflowDef};
use crate::yaml::ModuleFile;

impl WorkflowDef {
    /// The file that says more about it, which is then used up.
    pub(crate) fn take_file(&mut self) -> Option<ModuleFile> {
        self.file.take()
    }

    /// Sets the configuration of the workflow as a whole, with what to show of it.
    pub(crate) fn supply_config(&mut self, value: Value, written: Option<Value>, variables: Variables) {
        self.config = Some(Configuration::supplied(value, written, variables));
    }

    pub(crate) fn supply_context_schema(&mut self, schema: Value) {
        self.context_schema = Some(schema);
    }

    pub(crate) fn steps_mut(&mut self) -> &mut [StepDef] {
        &mut self.steps
    }
}

impl StepDef {
    pub(crate) fn supply_limit(&mut self, limit: u32) {
        self.retry.limit = limit;
    }

    pub(crate) fn supply_dependent_system(&mut self, system: Option<String>) {
        self.dependent_system = system;
    }

    /// Whether its function takes a configuration, and there is none.
    pub(crate) fn lacks_config(&self) -> bool {
        self.config_type.is_some() && self.config.is_none()
    }

    /// Merges a configuration (RFC 7396) into the one that the attribute gives, if it gives one. `written` is what to show of it.
    pub(crate) fn supply_config(
        &mut self,
        value: &Value,
        written: Option<&Value>,
        variables: Variables,
    ) -> Result<(), Misfit> {
        let over = |patch: &Value| match &self.config {
            Some(default) => {
                let mut merged = default.clone();
                merged.merge(patch, None);
                merged.value().clone()
            }
            None => patch.clone(),
        };
        let (merged, written) = (over(value), written.map(over));
        let merged = match self.config_type {
            Some(config_type) => {
                let told = variables.while_reading(|| config_type.mistakes(&merged, written.as_ref()));
                told.map_err(Misfit::Told)?;
                config_type.fit(&merged, value)?
            }
            None => merged,
        };
        self.config = Some(Configuration::supplied(merged, written, variables));
        Ok(())
    }
}
