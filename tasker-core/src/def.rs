//! What a workflow is: its steps, their edges and their policies.
//!
//! Both front doors, `#[workflow]` and whatever is put together at run time, go through [`WorkflowBuilder`], which
//! checks everything that can be wrong with a definition, so that the engine meets none of it. A definition never
//! changes once built. Its steps stand in one canonical order, topological and by name among equals, so that moving a function
//! in the source changes neither the order nor the [`Shape`].

mod adapt;
mod builder;
mod config;
mod dynamic;
mod graph;
mod identity;
mod record;
mod shape;
mod spec;
mod stored;
#[cfg(feature = "yaml")]
mod supply;
#[cfg_attr(
    not(all(feature = "yaml", feature = "http")),
    allow(dead_code, reason = "files have variables, and API steps look for them")
)]
mod variables;

use std::time::Duration;

use serde_json::Value;

pub(crate) use adapt::adapt;
pub use builder::{DefinitionError, WorkflowBuilder};
#[cfg(feature = "yaml")]
pub(crate) use config::Misfit;
use config::{ConfigType, Configuration};
pub use graph::Graph;
pub use identity::WorkflowId;
pub use record::RecordSpec;
pub(crate) use record::name_mistake;
pub use shape::Shape;
pub use spec::StepSpec;
pub use stored::{StoredDefinition, StoredStep};
pub(crate) use variables::Variables;
#[cfg(any(feature = "yaml", feature = "http"))]
pub(crate) use variables::{Part, place_in};

use crate::{RetryPolicy, StepNo};

/// A workflow, checked.
#[derive(Debug, Clone)]
pub struct WorkflowDef {
    id: WorkflowId,
    description: String,
    context_schema: Option<Value>,
    config: Option<Configuration>,
    steps: Vec<StepDef>,
    graph: Graph,
    concurrent: bool,
    shape: Shape,
    /// What says more about it once the environment is known.
    #[cfg(feature = "yaml")]
    file: Option<crate::yaml::ModuleFile>,
}

/// One step of a [`WorkflowDef`].
#[derive(Debug, Clone)]
pub struct StepDef {
    name: String,
    description: String,
    optional: bool,
    reads: Vec<StepNo>,
    reads_optional: Vec<StepNo>,
    retry: RetryPolicy,
    timeout: Option<Duration>,
    config: Option<Configuration>,
    config_type: Option<ConfigType>,
    handler_class: Option<String>,
    dependent_system: Option<String>,
    result_schema: Option<Value>,
    emits: Vec<RecordSpec>,
    annotates: Vec<RecordSpec>,
}

impl WorkflowDef {
    /// Starts a definition. Namespace, name and version are checked at [`build`](WorkflowBuilder::build).
    ///
    /// ```
    /// use tasker_core::{StepSpec, WorkflowDef};
    ///
    /// let order = WorkflowDef::builder("shop", "order", "1.0.0")
    ///     .step(StepSpec::new("charge"))
    ///     .step(StepSpec::new("ship").depends_on(["charge"]))
    ///     .build()?;
    /// assert_eq!(order.steps()[1].name(), "ship");
    /// # Ok::<(), tasker_core::DefinitionError>(())
    /// ```
    pub fn builder(
        namespace: impl Into<String>,
        name: impl Into<String>,
        version: impl Into<String>,
    ) -> WorkflowBuilder {
        WorkflowBuilder::new(namespace.into(), name.into(), version.into())
    }

    /// Namespace, name and version.
    #[must_use]
    pub fn id(&self) -> &WorkflowId {
        &self.id
    }

    /// What it is for: the first paragraph of the module's docs.
    #[must_use]
    pub fn description(&self) -> &str {
        &self.description
    }

    /// The JSON Schema (draft 2020-12) of the context, where there is one.
    #[must_use]
    pub fn context_schema(&self) -> Option<&Value> {
        self.context_schema.as_ref()
    }

    /// A configuration of the workflow as a whole, where it has one: handlers by name can read it.
    #[must_use]
    pub fn config(&self) -> Option<&Value> {
        self.config.as_ref().map(Configuration::value)
    }

    /// The steps in canonical order: [`StepNo`] is the place in it.
    #[must_use]
    pub fn steps(&self) -> &[StepDef] {
        &self.steps
    }

    /// The step at a place.
    #[must_use]
    pub fn step(&self, no: StepNo) -> Option<&StepDef> {
        self.steps.get(no.index())
    }

    /// Lets a step take the results of all the steps that it depends on: what stands in for its function may read others than that does.
    #[cfg(feature = "testing")]
    pub(crate) fn read_dependencies(&mut self, step: StepNo) {
        let dependencies = self.graph.dependencies(step);
        let reads = &mut self.steps[step.index()].reads;
        reads.extend(dependencies);
        reads.sort_unstable();
        reads.dedup();
    }

    /// The place of a step.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<StepNo> {
        self.steps.iter().position(|step| step.name == name).map(StepNo::at)
    }

    /// The edges.
    #[must_use]
    pub fn graph(&self) -> &Graph {
        &self.graph
    }

    /// Whether steps of one task may run at the same time.
    #[must_use]
    pub fn is_concurrent(&self) -> bool {
        self.concurrent
    }

    /// A digest of the steps and their edges; it is stored with each task.
    #[must_use]
    pub fn shape(&self) -> Shape {
        self.shape
    }
}

impl StepDef {
    /// The name, unique in its workflow.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What it does: the first paragraph of the function's docs.
    #[must_use]
    pub fn description(&self) -> &str {
        &self.description
    }

    /// Whether it may be skipped, so that it is over without a result.
    #[must_use]
    pub fn is_optional(&self) -> bool {
        self.optional
    }

    /// The ancestors whose results it takes.
    #[must_use]
    pub fn reads(&self) -> &[StepNo] {
        &self.reads
    }

    /// Those of [`reads`](Self::reads) that it also runs without, because they may have been skipped.
    #[must_use]
    pub fn reads_optional(&self) -> &[StepNo] {
        &self.reads_optional
    }

    /// When it runs again after a failure.
    #[must_use]
    pub fn retry(&self) -> RetryPolicy {
        self.retry
    }

    /// How long one attempt may take.
    #[must_use]
    pub fn timeout(&self) -> Option<Duration> {
        self.timeout
    }

    /// Its configuration.
    #[must_use]
    pub fn config(&self) -> Option<&Value> {
        self.config.as_ref().map(Configuration::value)
    }

    /// The name of the handler that runs it, where it is no function of a module.
    #[must_use]
    pub fn handler_class(&self) -> Option<&str> {
        self.handler_class.as_deref()
    }

    /// The system outside that it talks to.
    #[must_use]
    pub fn dependent_system(&self) -> Option<&str> {
        self.dependent_system.as_deref()
    }

    /// The JSON Schema (draft 2020-12) of its configuration, where its function takes one.
    #[must_use]
    pub fn config_schema(&self) -> Option<Value> {
        self.config_type.map(ConfigType::schema)
    }

    /// The JSON Schema (draft 2020-12) of its result, where it is known.
    #[must_use]
    pub fn result_schema(&self) -> Option<&Value> {
        self.result_schema.as_ref()
    }

    /// The events that it publishes, by name.
    #[must_use]
    pub fn emits(&self) -> &[RecordSpec] {
        &self.emits
    }

    /// The annotations that it sets, by name.
    #[must_use]
    pub fn annotates(&self) -> &[RecordSpec] {
        &self.annotates
    }
}
