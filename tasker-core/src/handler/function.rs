use std::fmt;
use std::future::Future;

use serde_json::Value;

use super::{StepContext, StepHandler, StepSequence, Task};
use crate::StepError;

/// An async function as a [`StepHandler`]; made by [`handler_fn`].
#[derive(Clone, Copy)]
pub struct HandlerFunction<F>(F);

/// A handler that needs no type of its own.
///
/// ```
/// use serde_json::json;
/// use tasker_core::{MemoryStore, Tasker, handler_fn};
///
/// let builder = Tasker::builder(()).store(MemoryStore::new()).handler(
///     "Greeter::GreetHandler",
///     handler_fn(|task, _, _| async move { Ok(json!(format!("hello {}", task.get::<String>("name")?))) }),
/// );
/// ```
pub fn handler_fn<F, R>(function: F) -> HandlerFunction<F>
where
    F: Fn(Task, StepSequence, StepContext) -> R + Send + Sync + 'static,
    R: Future<Output = Result<Value, StepError>> + Send,
{
    HandlerFunction(function)
}

impl<F, R> StepHandler for HandlerFunction<F>
where
    F: Fn(Task, StepSequence, StepContext) -> R + Send + Sync + 'static,
    R: Future<Output = Result<Value, StepError>> + Send,
{
    fn process(
        &self,
        task: &Task,
        sequence: &StepSequence,
        step: &StepContext,
    ) -> impl Future<Output = Result<Value, StepError>> + Send {
        (self.0)(task.clone(), sequence.clone(), step.clone())
    }
}

impl<F> fmt::Debug for HandlerFunction<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("HandlerFunction")
    }
}
