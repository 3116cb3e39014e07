use std::fmt;
use std::sync::Arc;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::execution::Execution;
use crate::def::name_mistake;
use crate::schema;
use crate::store::RecordKind;
use crate::{Attempt, Json, StepDef, StepError};

/// The execution of a step, as its [handler](crate::StepHandler) sees it.
#[derive(Clone)]
pub struct StepContext(pub(super) Arc<Execution>);

impl StepContext {
    /// The name of the step.
    #[must_use]
    pub fn name(&self) -> &str {
        self.def().map_or("", StepDef::name)
    }

    /// Which execution of the step it is, from 1.
    #[must_use]
    pub fn attempt(&self) -> Attempt {
        self.0.input.attempt
    }

    /// How many executions of the step may fail, this one included.
    #[must_use]
    pub fn retry_limit(&self) -> u32 {
        self.0.input.limit
    }

    /// The system outside that the step talks to, if its description names one.
    #[must_use]
    pub fn dependent_system(&self) -> Option<&str> {
        self.def().and_then(StepDef::dependent_system)
    }

    /// The configuration of the step as a type: what a YAML file says under `handler_config`. A step that has none reads as an empty
    /// object.
    ///
    /// # Errors
    /// Permanent, when it does not fit. Where values of variables have a part in it, the message says where, and not what is there.
    pub fn config<T: DeserializeOwned>(&self) -> Result<T, StepError> {
        let none = Value::Object(serde_json::Map::new());
        let config = self.config_value().unwrap_or(&none);
        let read = || schema::read(config);
        let read = self.def().map_or_else(read, |def| def.while_reading(read));
        read.map_err(|violation| {
            let secret = self.def().is_some_and(|def| def.config_as_written().is_some());
            let reason = if secret { violation.without_value() } else { violation };
            let (step, wanted) = (self.name(), std::any::type_name::<T>());
            let message = format!("the configuration of the step `{step}` is no `{wanted}`: {reason}");
            StepError::permanent(message).code("CONFIGURATION")
        })
    }

    /// The configuration of the step as it is, if it has one.
    #[must_use]
    pub fn config_value(&self) -> Option<&Value> {
        self.def().and_then(StepDef::config)
    }

    /// Publishes an event when the step completes: exactly once with the execution whose result is recorded, and never by one that fails.
    /// Its name has 1 to 128 printable characters, such as `payment.processed`, and does not begin like those of Tasker's own [events](crate::Event::NAME).
    /// What is no JSON, or no name, fails the step for good.
    ///
    /// If the workflow announces events, as `custom_events` of a task file or with [`StepSpec::emits`](crate::StepSpec::emits), and no step of it
    /// announces this one, it is published all the same; the log says so, once for each name.
    pub fn emit(&self, name: &str, payload: impl Serialize) {
        if self.takes(RecordKind::Event, name) {
            let workflow = &self.0.input.workflow;
            self.0.unannounced.see(workflow, self.name(), name);
            self.0.input.records.add(name, Json::of(&payload));
        }
    }

    /// Makes a note on the task when the step completes, in the place of what this execution set under the name before. The name has 1
    /// to 64 printable characters.
    pub fn annotate(&self, name: &str, value: impl Serialize) {
        if self.takes(RecordKind::Annotation, name) {
            self.0.input.records.set(name, Json::of(&value));
        }
    }

    /// Keeps what the handler came to, in the place of what it kept before, in case that the execution fails: by an error, a panic or its
    /// time limit. It is stored with the error, as [`StepError::partial_results`]. An execution that completes has its result instead.
    pub fn keep(&self, partial: impl Into<Value>) {
        self.0.input.records.keep(partial.into());
    }

    /// Whether the step should come to an end: the worker shuts down, or has lost its lease. A handler that returns an error then runs
    /// again elsewhere, and the attempt is not counted.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        self.0.input.cancelled.is_cancelled()
    }

    /// Resolves when the step should come to an end.
    pub async fn cancelled(&self) {
        self.0.input.cancelled.cancelled().await;
    }

    fn def(&self) -> Option<&StepDef> {
        self.0.input.workflow.step(self.0.input.step)
    }

    fn takes(&self, kind: RecordKind, name: &str) -> bool {
        let mistake = name_mistake(kind, name);
        let good = mistake.is_none();
        if let Some(message) = mistake {
            self.0.input.records.refuse(StepError::permanent(message).code("RECORD_NAME"));
        }
        good
    }
}

impl fmt::Debug for StepContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "StepContext({}, attempt {} of {})", self.name(), self.attempt(), self.retry_limit())
    }
}
