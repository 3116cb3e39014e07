//! How an application registers handlers by name, and the workflows whose steps name them.

use super::TaskerBuilder;
use crate::registry::RegisterError;
use crate::{StepHandler, WorkflowBuilder};

impl<A: Send + Sync + 'static, S> TaskerBuilder<A, S> {
    /// Adds what runs the steps whose `handler_class` is this name, such as `OrderProcess::StepHandler::ProcessPaymentHandler`: one value
    /// for all tasks. The order in which handlers and workflows are registered has no meaning. That a name is given twice is reported
    /// by [`build`](Self::build). A handler that no step asks for is told in the log.
    #[must_use]
    pub fn handler(mut self, class: impl Into<String>, handler: impl StepHandler) -> Self {
        let class = class.into();
        if !self.handlers.add(class.clone(), handler) {
            self.errors.push(RegisterError::HandlerTwice(format!("`{class}`")).into());
        }
        self
    }

    /// Adds what runs steps by the `type` of their configuration, such as `api` for `handler_config: { type: api }`, where the handler
    /// that they name is not registered. With the feature `http` there is one for `api`, unless another one is given here: it makes the call that
    /// the configuration describes.
    #[must_use]
    pub fn handler_for_type(mut self, kind: impl Into<String>, handler: impl StepHandler) -> Self {
        let kind = kind.into();
        if !self.handlers.add_kind(kind.clone(), handler) {
            self.errors.push(RegisterError::HandlerTwice(format!("those of `type: {kind}`")).into());
        }
        self
    }

    /// Adds a workflow that is put together at run time. Each of its steps names its handler
    /// ([`StepSpec::handler_class`](crate::StepSpec::handler_class)); tasks of it are started with
    /// [`start_named`](crate::Tasker::start_named). What is wrong with it, and each handler that it misses, is reported by
    /// [`build`](Self::build). [`StepHandler`] has an example.
    #[must_use]
    pub fn register_dynamic(mut self, workflow: WorkflowBuilder) -> Self {
        self.dynamic.push(workflow);
        self
    }
}
