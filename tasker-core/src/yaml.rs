//! Workflows from YAML files, as Ruby Tasker has them.
//!
//! A file names its steps, their handlers and what depends on what; the handlers are values of the application
//! ([`StepHandler`](crate::StepHandler)), registered under the names that the file has for them. A file is checked as a whole when
//! it is loaded: every mistake is told with its place, and nothing is registered while there is one.
//!
//! ```
//! use serde_json::json;
//! use tasker_core::yaml::YamlFile;
//! use tasker_core::{MemoryStore, Tasker, handler_fn};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let file = YamlFile::new(
//!     "order_process.yaml",
//!     "
//! name: order_process
//! namespace_name: shop
//! version: 1.0.0
//! schema:
//!   type: object
//!   required: [order_id]
//!   properties:
//!     order_id: { type: integer }
//! step_templates:
//!   - name: fetch_order
//!     handler_class: OrderProcess::FetchOrder
//!   - name: process_payment
//!     depends_on_step: fetch_order
//!     handler_class: OrderProcess::ProcessPayment
//!     handler_config:
//!       gateway: acme
//! ",
//! );
//! let tasker = Tasker::builder(())
//!     .store(MemoryStore::new())
//!     .yaml(file) // or .yaml_file("config/tasker/tasks/order_process.yaml"), or .yaml_dir("config/tasker/tasks")
//!     .handler("OrderProcess::FetchOrder", handler_fn(|task, _, _| async move { task.context() }))
//!     .handler("OrderProcess::ProcessPayment", handler_fn(|_, _, step| async move { step.config() }))
//!     .build()
//!     .await?;
//! let task = tasker.start_named("shop", "order_process", "1.0.0", json!({ "order_id": 7 })).await?;
//! task.wait().await?;
//! assert_eq!(task.result("process_payment").await?, Some(json!({ "gateway": "acme" })));
//! # tasker.shutdown().await;
//! # Ok(())
//! # }
//! ```
//!
//! A `#[workflow]` module can be made with a file: `#[workflow(yaml = "config/order.yaml")]`. Then functions run the steps, and the compiler checks them
//! against the file; see [`workflow`](macro@crate::workflow#a-task-file).
//!
//! [`file_schema`] describes the keys of a file, for editors. [`to_rust`] prints a file as a `#[workflow]` module, and [`from_workflow`] a
//! workflow as a file.
//!
//! # Environments
//!
//! What a file says under `environments: { production: .. }` is merged over the rest of it when it is loaded for that
//! [`Environment`]: objects key by key, steps by their name, anything else replaced; null takes a key away.
//!
//! # Variables
//!
//! In the texts of a `handler_config`, `${NAME}` stands for the value of an environment variable, and `${NAME:-default}` for the default where
//! the variable is unset or empty; `$${` is a plain `${`. The value is text, whatever it looks like. Only what the chosen environment uses
//! is looked up. Values are told to nobody but the handler: errors and `Debug` have the names of the variables. What a workflow and its steps
//! are called is stored with each task and shown everywhere, so variables cannot stand there.
//!
//! # What is read otherwise than in Ruby
//!
//! * Unknown keys are mistakes, except in a `handler_config`.
//! * `schema` is JSON Schema as it is written (draft 2020-12, unless `$schema` says otherwise): properties that it does not name are
//!   allowed, and defaults are filled in and stored.
//! * `default_retryable: false` is one execution. `skippable`, `concurrent`, `dependent_system` and `custom_events` count.
//! * YAML is 1.2. What Ruby reads otherwise, such as `yes`, `0755`, `1_000`, `12:30` and `:symbol`, is a mistake unless it is quoted.

mod build;
mod check;
mod context_schema;
mod environment;
mod file;
mod from_workflow;
pub(crate) mod module;
mod schema;
mod sources;
mod subscriptions;
mod to_rust;
mod variables;
mod write;

pub use environment::Environment;
pub use file::{TaskFile, YamlFile};
pub use from_workflow::from_workflow;
pub(crate) use module::ModuleFile;
pub use schema::file_schema;
pub(crate) use sources::Sources;
#[doc(inline)]
pub use tasker_yaml::{Mistake, YamlError};
pub use to_rust::to_rust;
