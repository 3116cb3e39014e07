//! Handlers as values, found by name: for workflows that are no Rust modules.
//!
//! It is how Tasker works in Ruby: a task is described by data (a [`WorkflowBuilder`](crate::WorkflowBuilder), or a YAML file), each step
//! names the class of its handler, and `process(task, sequence, step)` does the work. One value of a handler serves all tasks. What does not
//! fit together is found when the application starts, by [`TaskerBuilder::build`](crate::TaskerBuilder::build): nothing is stored then. What a
//! handler reads by name it reads at run time, and the errors say what there is.

mod classes;
mod execution;
mod function;
mod mistake;
mod sequence;
mod step;
mod task;
mod unannounced;

use std::future::{Future, ready};

use serde_json::Value;

#[cfg(feature = "yaml")]
pub(crate) use classes::kind_of;
pub(crate) use classes::{Handlers, NoHandler};
#[cfg(feature = "testing")]
pub(crate) use execution::handle;
pub use function::{HandlerFunction, handler_fn};
pub use mistake::{StepMistake, StepMistakes};
pub use sequence::StepSequence;
pub use step::StepContext;
pub use task::Task;

use crate::{StepDef, StepError};

/// What runs a step that is named in data: `handler_class: OrderProcess::StepHandler::ProcessPaymentHandler`.
///
/// What `process` returns is stored as the result of the step, in the same transaction as its end. An error ends the execution, and the
/// step runs again if it may: see [`StepError`]. The step may run more than once, as every step.
///
/// A handler is given to [`TaskerBuilder::handler`](crate::TaskerBuilder::handler) and carries what it needs of the application. A test calls it
/// with `testing::StepCall`.
///
/// ```
/// use serde_json::{Value, json};
/// use tasker_core::{MemoryStore, StepContext, StepError, StepHandler, StepSequence, StepSpec, Task, Tasker, WorkflowDef};
///
/// struct FetchOrder;
///
/// impl StepHandler for FetchOrder {
///     async fn process(&self, task: &Task, _: &StepSequence, _: &StepContext) -> Result<Value, StepError> {
///         let order_id: u64 = task.get("order_id")?;
///         Ok(json!({ "order_id": order_id, "cents": 1250 }))
///     }
/// }
///
/// struct ProcessPayment {
///     gateway: &'static str,
/// }
///
/// impl StepHandler for ProcessPayment {
///     async fn process(&self, _: &Task, sequence: &StepSequence, step: &StepContext) -> Result<Value, StepError> {
///         let cents: u64 = sequence.get_previous_step_data("fetch_order", "cents").await?;
///         step.emit("payment.processed", json!({ "cents": cents }));
///         Ok(json!({ "status": "paid", "through": self.gateway }))
///     }
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let order = WorkflowDef::builder("shop", "order_process", "1.0.0")
///     .step(StepSpec::new("fetch_order").handler_class("OrderProcess::FetchOrder"))
///     .step(StepSpec::new("process_payment").depends_on(["fetch_order"]).handler_class("OrderProcess::ProcessPayment"));
/// let tasker = Tasker::builder(())
///     .store(MemoryStore::new())
///     .handler("OrderProcess::FetchOrder", FetchOrder)
///     .handler("OrderProcess::ProcessPayment", ProcessPayment { gateway: "acme" })
///     .register_dynamic(order)
///     .build()
///     .await?;
/// let task = tasker.start_named("shop", "order_process", "1.0.0", json!({ "order_id": 7 })).await?;
/// task.wait().await?;
/// assert_eq!(task.result("process_payment").await?, Some(json!({ "status": "paid", "through": "acme" })));
/// # tasker.shutdown().await;
/// # Ok(())
/// # }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not handle steps",
    label = "not a handler",
    note = "implement `StepHandler` for it: `async fn process(&self, task: &Task, sequence: &StepSequence, step: &StepContext) -> Result<Value, StepError>`",
    note = "an async closure is one with `handler_fn(|task, sequence, step| async move {{ .. }})`"
)]
pub trait StepHandler: Send + Sync + 'static {
    /// Does the work of one execution of a step. Its future can be sent to another thread.
    fn process(
        &self,
        task: &Task,
        sequence: &StepSequence,
        step: &StepContext,
    ) -> impl Future<Output = Result<Value, StepError>> + Send;

    /// Makes the result that is stored of what [`process`](Self::process) returned, as part of the same execution. Unless it is written
    /// otherwise, that is the result.
    fn process_results(
        &self,
        step: &StepContext,
        output: Value,
    ) -> impl Future<Output = Result<Value, StepError>> + Send {
        let _ = step;
        ready(Ok(output))
    }

    /// Says what is wrong with the description of a step that it is to run, above all with its [configuration](StepDef::config): what
    /// nothing reads, and what it cannot run with. [`TaskerBuilder::build`](crate::TaskerBuilder::build) asks for each such step, and fails with all
    /// that was said, so that no task has to find it out. Unless it is written otherwise, nothing is wrong.
    ///
    /// ```
    /// # use serde_json::Value;
    /// # use tasker_core::{StepContext, StepError, StepHandler, StepSequence, Task};
    /// use tasker_core::{StepDef, StepMistake, StepMistakes};
    ///
    /// struct Charge;
    ///
    /// impl StepHandler for Charge {
    ///     # async fn process(&self, _: &Task, _: &StepSequence, _: &StepContext) -> Result<Value, StepError> { Ok(Value::Null) }
    ///     fn check(&self, step: &StepDef) -> Result<(), StepMistakes> {
    ///         match step.config().and_then(|config| config.get("gateway")) {
    ///             Some(gateway) if gateway.is_string() => Ok(()),
    ///             Some(_) => Err(StepMistake::new("`gateway` takes a text").at("/gateway").into()),
    ///             None => Err(StepMistake::new("there is no `gateway`").help("write which one takes the money").into()),
    ///         }
    ///     }
    /// }
    /// ```
    ///
    /// # Errors
    /// With each mistake, its place in the configuration, and how to mend it. The text is shown, so it has no values of a configuration
    /// that may be secret.
    fn check(&self, step: &StepDef) -> Result<(), StepMistakes> {
        let _ = step;
        Ok(())
    }
}
