//! Without the feature `yaml` a builder takes no task files. Who gives it some is told which feature to ask for, and not that there is no such
//! method. Nothing here can be called.

use std::path::PathBuf;

use super::TaskerBuilder;

/// Nothing has it.
#[diagnostic::on_unimplemented(
    message = "task files need the feature `yaml` of `tasker`, which is not on",
    label = "this is for task files",
    note = "add it in `Cargo.toml`: `tasker = {{ .., features = [\"yaml\"] }}`"
)]
pub trait WithYaml {}

impl<A, S> TaskerBuilder<A, S> {
    #[doc(hidden)]
    #[must_use]
    pub fn yaml<F>(self, _: F) -> Self
    where
        F: WithYaml,
    {
        self
    }

    #[doc(hidden)]
    #[must_use]
    pub fn yaml_file(self, _: impl Into<PathBuf>) -> Self
    where
        S: WithYaml,
    {
        self
    }

    #[doc(hidden)]
    #[must_use]
    pub fn yaml_dir(self, _: impl Into<PathBuf>) -> Self
    where
        S: WithYaml,
    {
        self
    }

    #[doc(hidden)]
    #[must_use]
    pub fn environment<E>(self, _: E) -> Self
    where
        E: WithYaml,
    {
        self
    }
}
