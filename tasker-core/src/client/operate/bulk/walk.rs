//! The way through a list: page by page, and what is done to the tasks of each.

use std::collections::HashMap;

use serde_json::Value;

use super::Bulk;
use crate::client::operate::OperatorError;
use crate::client::tasks::{Cursor, Tasks};
use crate::schema::Violation;
use crate::store::{Action, Operated, Order, StoreError, TaskQuery, TaskSummary};
use crate::{TaskId, WorkflowId};

/// How many tasks are read, and then done, at a time.
const PAGE: usize = 200;

/// What is to be done to each task.
pub(super) struct Wanted {
    pub(super) action: Action,
    /// What a step is given, to be checked against its schema.
    pub(super) given: Option<Value>,
    pub(super) by: Option<String>,
    pub(super) reason: Option<String>,
}

impl Wanted {
    fn order(&self, task: TaskId) -> Order {
        let order = Order::new(task, self.action.clone());
        Order { by: self.by.clone(), reason: self.reason.clone(), ..order }
    }
}

/// On the way through a list.
pub(super) struct Walk {
    tasks: Tasks,
    /// The page that is next.
    query: TaskQuery,
    wanted: Wanted,
    /// What is wrong with what a step is given, by workflow.
    misfits: HashMap<WorkflowId, Vec<Violation>>,
    pub(super) bulk: Bulk,
}

impl Walk {
    /// Where the first page of the query begins. Cursors are those of the list, which may be wider.
    pub(super) fn new(tasks: Tasks, query: TaskQuery, wanted: Wanted) -> Self {
        Self { tasks, query, wanted, misfits: HashMap::new(), bulk: Bulk::default() }
    }

    pub(super) async fn go(&mut self) -> Result<(), StoreError> {
        let mut left = self.tasks.limit.unwrap_or(usize::MAX);
        loop {
            self.query.limit = PAGE.min(left);
            let page = self.tasks.client.0.store.find(&self.query).await?;
            let Some(last) = page.last().map(|task| task.id) else { break };
            self.follow_all(&page).await?;
            left -= page.len();
            self.query.after = Some(last);
            self.bulk.next = Some(Cursor::after(last, &self.tasks.query));
            if page.len() < self.query.limit {
                break;
            }
            if left == 0 {
                self.query.limit = 1;
                if !self.tasks.client.0.store.find(&self.query).await?.is_empty() {
                    return Ok(());
                }
                break;
            }
        }
        self.bulk.next = None;
        Ok(())
    }

    async fn follow_all(&mut self, page: &[TaskSummary]) -> Result<(), StoreError> {
        let mut orders = Vec::with_capacity(page.len());
        for task in page {
            match self.misfit(task) {
                Some(refused) => self.bulk.refuse(task.id, refused),
                None => orders.push(self.wanted.order(task.id)),
            }
        }
        match self.ask(&orders).await {
            // Something is wrong with one of them, which is not to stop the others.
            Err(error) if is_about_a_task(&error) => {
                for order in &orders {
                    match self.ask(std::slice::from_ref(order)).await {
                        Err(error) if is_about_a_task(&error) => self.bulk.refuse(order.task, error.into()),
                        answered => answered?,
                    }
                }
                Ok(())
            }
            answered => answered,
        }
    }

    async fn ask(&mut self, orders: &[Order]) -> Result<(), StoreError> {
        let client = &self.tasks.client;
        let operated = client.0.store.operate(orders).await?;
        if operated.len() != orders.len() {
            return Err(StoreError::Corrupt("an order was left unanswered".to_owned()));
        }
        let without: Vec<TaskId> = orders
            .iter()
            .zip(&operated)
            .filter(|(_, operated)| **operated == Operated::NoStep)
            .map(|(order, _)| order.task)
            .take(self.bulk.room())
            .collect();
        let mut near = Vec::new().into_iter();
        if !without.is_empty() {
            near = client.steps_near(&without, self.wanted.action.step()).await.into_iter();
        }
        let mut done = Vec::with_capacity(orders.len());
        for (order, operated) in orders.iter().zip(operated) {
            match operated {
                Operated::Done => done.push(order.task),
                Operated::Unchanged => self.bulk.unchanged += 1,
                Operated::NoStep => self.bulk.refuse(order.task, OperatorError::no_step(order, near.next())),
                refused => self.bulk.refuse(order.task, OperatorError::of(order, refused)),
            }
        }
        self.bulk.done += done.len() as u64;
        if !done.is_empty() {
            client.done(&self.wanted.action, &done);
            client.tell_of(&self.wanted.action, &done);
        }
        Ok(())
    }

    /// What is wrong with what a step of the task is to be given.
    fn misfit(&mut self, task: &TaskSummary) -> Option<OperatorError> {
        let (Some(value), Action::Step(step, _)) = (&self.wanted.given, &self.wanted.action) else {
            return None;
        };
        if !self.misfits.contains_key(&task.workflow) {
            let client = &self.tasks.client;
            let mut violations = client.misfits(&task.workflow, step, value);
            violations.extend(client.too_large(value));
            self.misfits.insert(task.workflow.clone(), violations);
        }
        let violations = self.misfits.get(&task.workflow).filter(|violations| !violations.is_empty())?;
        let (step, violations) = (step.clone(), violations.clone());
        Some(OperatorError::DoesNotFit { task: task.id, step, violations })
    }
}

/// Whether the store is there, and what it holds of a task is wrong.
const fn is_about_a_task(error: &StoreError) -> bool {
    matches!(error, StoreError::Refused { .. } | StoreError::Corrupt(_))
}
