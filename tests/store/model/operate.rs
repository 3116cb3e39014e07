//! What operators do in a history.

use fastrand::Rng;
use sea_orm::prelude::Uuid;
use tasker::store::{Action, Operated, Order, StepAction, Store, WorkflowOrder};
use tasker::{Json, StepState, TaskId, TaskState, TaskStatus};

use super::Check;
use super::history::{History, same};
use super::side::failed;

/// What is to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wish {
    Cancel,
    Retry,
    Resolve,
    Pause,
    Resume,
    CancelStep,
    RetryStep,
    ResolveStep,
    SkipStep,
    RetryLimit,
    Inputs,
}

impl Wish {
    /// Each as often as it is to be done: a task that is cancelled does nothing any more.
    pub(super) const ALL: [Self; 18] = [
        Self::Cancel,
        Self::Retry,
        Self::Retry,
        Self::Retry,
        Self::Resolve,
        Self::Pause,
        Self::Pause,
        Self::Pause,
        Self::Resume,
        Self::Resume,
        Self::Resume,
        Self::CancelStep,
        Self::RetryStep,
        Self::RetryStep,
        Self::ResolveStep,
        Self::SkipStep,
        Self::RetryLimit,
        Self::Inputs,
    ];

    /// Whether it can be done to a task in this state.
    pub(super) fn fits(self, task: &TaskStatus) -> bool {
        match self {
            Self::Retry | Self::Resolve => task.state == TaskState::Error,
            Self::Cancel | Self::Pause | Self::Resume | Self::CancelStep => !task.state.has_ended(),
            _ => task.state == TaskState::Error || !task.state.has_ended(),
        }
    }

    /// What it is in full: to a step, mostly one that it can be done to.
    pub(super) fn action(self, task: Option<&TaskStatus>, random: &mut Rng) -> Action {
        let steps = task.map(|task| task.steps.as_slice()).unwrap_or_default();
        let fits = |state: StepState| match self {
            Self::CancelStep => matches!(state, StepState::Pending | StepState::InProgress),
            _ => matches!(state, StepState::Pending | StepState::Error),
        };
        let fitting: Vec<&str> =
            steps.iter().filter(|step| fits(step.state)).map(|step| step.name.as_str()).collect();
        let any = steps.iter().map(|step| step.name.as_str()).collect();
        let names: Vec<&str> = if random.u32(0..6) == 0 { any } else { fitting };
        let step = (*random.choice(names.iter()).unwrap_or(&"nothing")).to_owned();
        let given = Json::of(&format!("given {}", random.u32(..))).unwrap();
        match self {
            Self::Cancel => Action::Cancel,
            Self::Retry => Action::Retry,
            Self::Resolve => Action::Resolve,
            Self::Pause => Action::Pause,
            Self::Resume => Action::Resume,
            Self::CancelStep => Action::Step(step, StepAction::Cancel),
            Self::RetryStep => Action::Step(step, StepAction::Retry),
            Self::ResolveStep => Action::Step(step, StepAction::Resolve(given)),
            Self::SkipStep => Action::Step(step, StepAction::Skip),
            Self::RetryLimit => Action::Step(step, StepAction::RetryLimit(random.u32(1..5))),
            Self::Inputs => Action::Step(step, StepAction::Inputs(given)),
        }
    }
}

async fn ask(store: &dyn Store, orders: &[Order]) -> Result<Vec<Operated>, String> {
    store.operate(orders).await.map_err(failed)
}

impl History<'_> {
    /// Pauses a workflow, or lets it go on.
    pub(super) async fn operate_workflow(&mut self, at: usize, paused: bool) -> Check {
        let id = self.workflows()[at].id().clone();
        self.say(format!("{} {id}", if paused { "pause" } else { "resume" }));
        let order = WorkflowOrder {
            id: Uuid::now_v7(),
            namespace: id.namespace.clone(),
            name: id.name.clone(),
            version: None,
            paused,
            by: None,
            reason: None,
        };
        let model = self.oracle.store.operate_workflow(&order).await.map_err(failed)?;
        let database = self.subject().store.operate_workflow(&order).await.map_err(failed)?;
        same("whether a workflow is known", &model, &database)?;
        let model = self.oracle.store.workflow_history(&id.namespace, &id.name).await.map_err(failed)?;
        let database =
            self.subject().store.workflow_history(&id.namespace, &id.name).await.map_err(failed)?;
        same("the history of a workflow", &model, &database)
    }

    /// Asks for several things at once, or for one.
    pub(super) async fn operate(&mut self, wanted: &[(Action, TaskId)], random: &mut Rng) -> Check {
        let by = random.bool().then(|| "somebody".to_owned());
        let order =
            |(action, task): &(Action, TaskId)| Order { by: by.clone(), ..Order::new(*task, action.clone()) };
        let orders: Vec<Order> = wanted.iter().map(order).collect();
        for order in &orders {
            self.say(format!("{:?} {}", order.action, order.task));
        }
        let model = ask(&*self.oracle.store, &orders).await?;
        let database = ask(&*self.subject().store, &orders).await?;
        same("what an operator was told", &model, &database)?;
        for (order, told) in orders.iter().zip(database) {
            self.ledger.operated(order, told, &self.lane.workflows);
        }
        // As one does whose answer was lost: what changed something is not done again.
        if random.u32(0..8) == 0 {
            let model = ask(&*self.oracle.store, &orders).await?;
            let database = ask(&*self.subject().store, &orders).await?;
            same("what an operator was told again", &model, &database)?;
            for (order, told) in orders.iter().zip(database) {
                self.ledger.operated(order, told, &self.lane.workflows);
            }
        }
        for order in &orders {
            let before = self.oracle.store.history(order.task).await.map_err(failed)?;
            same("a history", &before, &self.subject().store.history(order.task).await.map_err(failed)?)?;
        }
        Ok(())
    }
}
