use std::fmt;
use std::pin::Pin;

use tasker_rules::suggest::quoted;
use uuid::Uuid;

use super::{OperatorError, check_texts};
use crate::client::{Client, Tasker};
use crate::step::Workflow;
use crate::store::{Happened, StoreError, WorkflowOrder};

/// A workflow, for operators: all its versions, or one.
///
/// ```
/// # async fn stop(tasker: tasker_core::Tasker) -> Result<(), tasker_core::OperatorError> {
/// tasker.workflow("shop", "payout").pause().by("ada").because("the bank is down until noon").await?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct WorkflowHandle {
    client: Client,
    namespace: String,
    name: String,
    version: Option<String>,
}

impl fmt::Debug for WorkflowHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "WorkflowHandle({})", self.shown())
    }
}

impl Tasker {
    /// All versions of a workflow, by name.
    #[must_use]
    pub fn workflow(&self, namespace: impl Into<String>, name: impl Into<String>) -> WorkflowHandle {
        let (namespace, name) = (namespace.into(), name.into());
        WorkflowHandle { client: self.0.client.clone(), namespace, name, version: None }
    }

    /// A workflow at its version, by type.
    #[must_use]
    pub fn workflow_of<W: Workflow>(&self) -> WorkflowHandle {
        let id = W::define().id().clone();
        self.workflow(id.namespace, id.name).version(id.version)
    }
}

impl WorkflowHandle {
    /// One version of it.
    #[must_use]
    pub fn version(mut self, version: impl Into<String>) -> Self {
        self.version = Some(version.into());
        self
    }

    /// Lets no step of the workflow's tasks begin, in any process, until it is resumed: not of those that are open, nor of those
    /// that are started meanwhile. Steps that run come to their end. A version that the store does not know yet is not paused.
    ///
    /// # Errors
    /// When the store does not know the workflow, or does not answer.
    pub fn pause(&self) -> OperateWorkflow {
        self.order(true)
    }

    /// Lets the workflow's tasks go on; those that are [paused](crate::TaskHandle::pause) themselves stay so.
    ///
    /// # Errors
    /// When the store does not know the workflow, or does not answer.
    pub fn resume(&self) -> OperateWorkflow {
        self.order(false)
    }

    /// What operators did to the workflow at any of its versions, in order.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn history(&self) -> Result<Vec<Happened>, StoreError> {
        self.client.0.store.workflow_history(&self.namespace, &self.name).await
    }

    fn order(&self, paused: bool) -> OperateWorkflow {
        let Self { client, namespace, name, version } = self.clone();
        let id = Uuid::now_v7();
        let order = WorkflowOrder { id, namespace, name, version, paused, by: None, reason: None };
        OperateWorkflow { client, order, shown: self.shown() }
    }

    fn shown(&self) -> String {
        let version = self.version.as_ref().map(|version| format!("@{version}"));
        format!("{}.{}{}", self.namespace, self.name, version.unwrap_or_default())
    }
}

/// Something that an operator wants to be done to a workflow; it is done when it is awaited.
#[must_use = "nothing is done before this is awaited"]
pub struct OperateWorkflow {
    client: Client,
    order: WorkflowOrder,
    shown: String,
}

impl fmt::Debug for OperateWorkflow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "OperateWorkflow({:?})", self.order)
    }
}

impl OperateWorkflow {
    /// Says who wants it: 1 to 128 printable characters, which stand in the [history](WorkflowHandle::history).
    pub fn by(mut self, who: impl Into<String>) -> Self {
        self.order.by = Some(who.into());
        self
    }

    /// Says why: 1 to 1,000 characters, printable or those of lines and tabs, which stand in the [history](WorkflowHandle::history).
    pub fn because(mut self, reason: impl Into<String>) -> Self {
        self.order.reason = Some(reason.into());
        self
    }

    /// Why the store may not know it, as far as this process can tell.
    fn unknown(self) -> OperatorError {
        let WorkflowOrder { namespace, name, .. } = &self.order;
        let versions =
            self.client.registered_ids().filter(|id| (&id.namespace, &id.name) == (namespace, name));
        let versions: Vec<&str> = versions.map(|id| id.version.as_str()).collect();
        let help = match self.client.known().did_you_mean(namespace, name) {
            near if !near.is_empty() => near,
            _ if !versions.is_empty() => format!("; it has the versions {}", quoted(versions)),
            _ => "; a process that registers it makes it known".to_owned(),
        };
        OperatorError::NoWorkflow { workflow: self.shown, help }
    }

    async fn follow(self) -> Result<(), OperatorError> {
        check_texts(self.order.by.as_deref(), self.order.reason.as_deref())?;
        if !self.client.0.store.operate_workflow(&self.order).await? {
            return Err(self.unknown());
        }
        if !self.order.paused {
            self.client.0.wake.notify_one();
        }
        Ok(())
    }
}

impl IntoFuture for OperateWorkflow {
    type Output = Result<(), OperatorError>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.follow())
    }
}
