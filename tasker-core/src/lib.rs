//! What workflows, steps, tasks and errors *are*, and the engine that runs them.
//!
//! Applications depend on the crate `tasker`, which re-exports this one together with a store.

pub mod analytics;
mod annotation;
mod batcher;
mod client;
mod clock;
mod correlation;
mod def;
pub mod diagram;
mod echo;
mod engine;
mod error;
mod event;
pub mod events;
mod handler;
mod health;
#[cfg(feature = "http")]
pub mod http;
mod ids;
mod json;
#[cfg(feature = "logs")]
pub mod logs;
#[cfg(feature = "prometheus")]
pub mod metrics;
#[cfg(not(feature = "prometheus"))]
#[path = "metrics/none.rs"]
mod metrics;
#[cfg(feature = "otel")]
pub mod otel;
mod param;
mod redact;
mod registry;
pub mod report;
mod retention;
mod retry;
mod schema;
mod shown;
mod state;
mod step;
pub mod store;
#[cfg(feature = "testing")]
pub mod testing;
mod trace;
#[cfg(feature = "yaml")]
pub mod yaml;

pub use annotation::Annotation;
pub use client::{
    Analytics, AnalyticsError, AnnotateError, Annotating, BuildError, Bulk, BulkError, CatalogError,
    ConfigurationError, Cursor, CursorError, DependencyEdge, DependencyGraph, FindBottlenecks, HasStore,
    Identity, IdentityFn, IdentityRequest, NoStore, Operate, OperateTasks, OperateWorkflow, OperatorError,
    Page, Prepared, QueryError, RegisteredWorkflow, RegistryStatistics, RequestMany, ResultError, Start,
    StartError, StartMany, StepHandle, StepOfTasks, TaskHandle, TaskRequest, Tasker, TaskerBuilder, Tasks,
    UnknownWorkflow, WorkflowHandle, WorkflowRegistry,
};
pub use clock::{Clock, InvalidTimestamp, ManualClock, SystemClock, Timestamp, TokioClock};
pub use correlation::CorrelationId;
pub use def::{
    DefinitionError, Graph, RecordSpec, Shape, StepDef, StepSpec, StoredDefinition, StoredStep,
    WorkflowBuilder, WorkflowDef, WorkflowId,
};
pub use error::StepError;
pub use event::Event;
pub use handler::{
    HandlerFunction, StepContext, StepHandler, StepMistake, StepMistakes, StepSequence, Task, handler_fn,
};
pub use health::{Checks, DatabaseCheck, Health, OldestWaiting, Retries, SystemStatus, WorkerCheck};
pub use ids::{DefinitionId, InvalidId, StepNo, TaskId, WorkerId};
pub use json::Json;
pub use param::{Annotate, Attempt, Cancelled, Config, Emit, FromStep, Invocation, Output, Provides, State};
pub use redact::Redaction;
pub use registry::RegisterError;
pub use retention::Retention;
pub use retry::{Executions, RetryPolicy};
pub use schema::{SchemaError, Violation};
pub use state::{IllegalTransition, StepState, TaskState, UnknownState};
pub use step::{
    Always, Certain, DependsOn, Ended, Executable, IntoStepError, Maybe, Param, Payload, Presence, Returned,
    RunsIn, Step, StepOf, StepResult, StepReturn, Workflow,
};
pub use store::{
    Attributes, DependentSystem, MemoryStore, ObjectMap, RecordKind, Recorded, RemoteObject, StepStatus,
    Store, StoreError, TaskAnnotation, TaskStatus, TaskSummary, Waiting, WaitingFor,
};
pub use tasker_macros::{Annotation, AppState, Event, step, subscriber, workflow};
pub use trace::{InvalidTraceParent, TraceParent};

/// The versions that contexts, results, configurations and events derive from.
#[doc(no_inline)]
pub use {async_trait::async_trait, schemars, serde};

/// Names that only expanded code uses.
#[doc(hidden)]
pub mod __private {
    pub use crate::events::routes::{Returns, is_named, read};
    pub use crate::param::numbers::*;
    pub use crate::param::{Nth, Provided, configure, told, workflow};
    pub use crate::step::{
        BoxFuture, HandlerFn, Handlers, Join, Seen, Sees, StepFn, Steps, Values, Wrong, boxed, handlers,
    };
    #[cfg(feature = "yaml")]
    pub use crate::yaml::module::of_file;
    pub use core::time::Duration;
    pub use std::vec::Vec;

    /// What an editor offers inside `#[workflow(..)]` and `#[step(..)]`.
    pub mod options;
}
