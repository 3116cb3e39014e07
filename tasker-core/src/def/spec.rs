//! What is said about a step, before anything of it is checked.

use std::time::Duration;

use serde::Serialize;
use serde_json::Value;

#[cfg(feature = "yaml")]
use super::Variables;
use super::{ConfigType, Configuration, RecordSpec};
use crate::RetryPolicy;
use crate::step::Payload;
use crate::store::RecordKind;

/// One step, as it was described.
#[derive(Debug, Clone)]
pub struct StepSpec {
    pub(super) name: String,
    pub(super) description: String,
    pub(super) depends_on: Vec<String>,
    pub(super) optional: bool,
    pub(super) reads: Vec<String>,
    pub(super) reads_optional: Vec<String>,
    pub(super) retry: RetryPolicy,
    pub(super) timeout: Option<Duration>,
    pub(super) config: Option<Result<Configuration, String>>,
    pub(super) config_type: Option<ConfigType>,
    pub(super) handler_class: Option<String>,
    pub(super) dependent_system: Option<String>,
    pub(super) result_schema: Option<Value>,
    pub(super) emits: Vec<RecordSpec>,
    pub(super) annotates: Vec<RecordSpec>,
}

impl StepSpec {
    /// A step that depends on nothing, with the default retry policy and no time limit.
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            description: String::new(),
            depends_on: Vec::new(),
            optional: false,
            reads: Vec::new(),
            reads_optional: Vec::new(),
            retry: RetryPolicy::DEFAULT,
            timeout: None,
            config: None,
            config_type: None,
            handler_class: None,
            dependent_system: None,
            result_schema: None,
            emits: Vec::new(),
            annotates: Vec::new(),
        }
    }

    /// Says what it does.
    #[must_use]
    pub fn description(mut self, description: impl Into<String>) -> Self {
        self.description = description.into();
        self
    }

    /// Adds steps that must be over, complete or skipped, before this one starts.
    #[must_use]
    pub fn depends_on<'a>(mut self, steps: impl IntoIterator<Item = &'a str>) -> Self {
        self.depends_on.extend(steps.into_iter().map(str::to_owned));
        self
    }

    /// Says whether the step may be skipped, so that it is over without a result. Default: it may not.
    #[must_use]
    pub fn optional(mut self, optional: bool) -> Self {
        self.optional = optional;
        self
    }

    /// Adds ancestors whose results the step takes, and cannot do without.
    #[must_use]
    pub fn reads<'a>(mut self, steps: impl IntoIterator<Item = &'a str>) -> Self {
        self.reads.extend(steps.into_iter().map(str::to_owned));
        self
    }

    /// Adds ancestors whose results the step takes where there are some: they may have been skipped.
    #[must_use]
    pub fn reads_optional<'a>(mut self, steps: impl IntoIterator<Item = &'a str>) -> Self {
        self.reads_optional.extend(steps.into_iter().map(str::to_owned));
        self
    }

    /// Sets when it runs again after a failure.
    #[must_use]
    pub fn retry(mut self, retry: RetryPolicy) -> Self {
        self.retry = retry;
        self
    }

    /// Limits the time of one attempt.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// Sets its configuration, which is kept as JSON.
    #[must_use]
    pub fn config<T: Serialize>(mut self, config: &T) -> Self {
        self.config = Some(Configuration::of(config));
        self
    }

    /// Sets its configuration, with what to show of it: the same before the values of variables were put in.
    #[cfg(feature = "yaml")]
    pub(crate) fn config_with_variables(
        mut self,
        config: Value,
        written: Value,
        variables: Variables,
    ) -> Self {
        self.config = Some(Ok(Configuration::with_variables(config, written, variables)));
        self
    }

    /// Names the handler that runs it: see [`TaskerBuilder::register_dynamic`](crate::TaskerBuilder::register_dynamic). Such a step
    /// takes the results of all the steps that it depends on.
    #[must_use]
    pub fn handler_class(mut self, class: impl Into<String>) -> Self {
        self.handler_class = Some(class.into());
        self
    }

    /// Names the system outside that the step talks to. Default: none, which is stored as `unknown`.
    #[must_use]
    pub fn dependent_system(mut self, system: impl Into<String>) -> Self {
        self.dependent_system = Some(system.into());
        self
    }

    /// Says of what type its configuration is, so that it can be overridden.
    #[must_use]
    pub fn config_type<T: Payload>(mut self) -> Self {
        self.config_type = Some(ConfigType::of::<T>());
        self
    }

    /// Sets the JSON Schema of its result.
    #[must_use]
    pub fn result_schema(mut self, schema: Value) -> Self {
        self.result_schema = Some(schema);
        self
    }

    /// Adds an event that it publishes, with its JSON Schema.
    #[must_use]
    pub fn emits(mut self, name: impl Into<String>, schema: Value) -> Self {
        self.emits.push(RecordSpec::new(name.into(), schema));
        self
    }

    /// Adds an annotation that it sets, with its JSON Schema.
    #[must_use]
    pub fn annotates(mut self, name: impl Into<String>, schema: Value) -> Self {
        self.annotates.push(RecordSpec::new(name.into(), schema));
        self
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// What it writes of one kind.
    pub(super) fn records(&self, kind: RecordKind) -> &[RecordSpec] {
        match kind {
            RecordKind::Event => &self.emits,
            RecordKind::Annotation => &self.annotates,
        }
    }
}
