//! Flaws of what is asked: a layer over the store.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use sea_orm::prelude::Uuid;
use sea_orm::{ConnectionTrait, DbBackend, QueryResult, Statement, Value};
use tasker::report::TaskSnapshot;
use tasker::store::{
    Catalog, Claim, ClaimedStep, Created, Ending, Execution, Feed, Figures, Happened, Lease, NewAnnotation,
    NewTask, Offer, Operated, Order, Outcome, Room, Runnable, Settled, Store, Swept, TaskAnnotation,
    TaskFilter, TaskQuery, TaskSummary, WorkflowOrder,
};
use tasker::{
    Clock, DefinitionId, Json, Recorded, SqlStore, StoreError, StoredDefinition, TaskId, TaskState,
    TaskStatus, WorkerId, WorkflowDef,
};

use super::Flaw;
use crate::fixture::LEASE;

/// A store that has a [`Flaw`].
pub(in crate::model) struct Broken {
    store: SqlStore,
    flaw: Flaw,
    /// What was given out last.
    last: Mutex<Option<(WorkerId, ClaimedStep)>>,
}

impl Broken {
    pub(in crate::model) fn new(store: SqlStore, flaw: Flaw) -> Self {
        Self { store, flaw, last: Mutex::default() }
    }

    /// In memory the connection that reads is the one that writes.
    async fn sql(&self, sql: &str, values: impl IntoIterator<Item = Value>) -> Vec<QueryResult> {
        let statement = Statement::from_sql_and_values(DbBackend::Sqlite, sql, values);
        self.store.reader().query_all_raw(statement).await.unwrap()
    }

    fn room(&self, room: &Room) -> Room {
        match self.flaw {
            Flaw::LimitIgnored if room.is_for_released() => {
                Room::new(room.total()).for_released(room.total())
            }
            Flaw::LimitIgnored => Room::new(room.total()),
            _ => room.clone(),
        }
    }

    /// The worker that runs a step, and in which revision.
    async fn running(&self, execution: Execution) -> Option<(WorkerId, u32)> {
        let sql = "SELECT worker_id, revision FROM tasker_workflow_steps
            WHERE task_id = $1 AND step_no = $2 AND state = 'in_progress'";
        let rows = self.sql(sql, [execution.task.as_uuid().into(), execution.step.0.into()]).await;
        let row = rows.first()?;
        let worker: Uuid = row.try_get_by_index(0).unwrap();
        Some((worker.into(), row.try_get_by_index::<i32>(1).unwrap() as u32))
    }

    /// An outcome as it passes a fence that does not look.
    async fn forge(&self, worker: WorkerId, outcome: &Outcome) -> (WorkerId, Outcome) {
        let mut forged = outcome.clone();
        match (self.flaw, self.running(outcome.execution).await) {
            (Flaw::FenceWithoutRevision, Some((_, revision))) => {
                forged.execution.revision = revision;
                (worker, forged)
            }
            (Flaw::FenceWithoutWorker, Some((runs, _))) => (runs, forged),
            _ => (worker, forged),
        }
    }

    fn misread(&self, order: &Order) -> Order {
        let order = order.clone();
        match self.flaw {
            Flaw::OrderDoneAgain => Order { id: Uuid::now_v7(), ..order },
            Flaw::OperatorUnnamed => Order { by: None, ..order },
            _ => order,
        }
    }

    /// What goes wrong before anything is settled.
    async fn spoil(&self, runnable: &Runnable, outcome: &Outcome) {
        let Outcome { execution, definition, ending, records } = outcome;
        let holds =
            self.running(*execution).await.is_some_and(|(_, revision)| revision == execution.revision);
        if self.flaw == Flaw::RecordsOfRefusedKept && !holds {
            for record in records {
                let sql = "INSERT INTO tasker_events (task_id, step_no, revision, place, name, payload, created_at)
                    SELECT task_id, step_no, revision, 0, $3, $4, created_at FROM tasker_workflow_step_transitions
                    WHERE task_id = $1 AND step_no = $2 ORDER BY revision DESC LIMIT 1";
                let values = [
                    execution.task.as_uuid().into(),
                    execution.step.0.into(),
                    record.name.as_str().into(),
                    record.payload.as_str().into(),
                ];
                self.sql(sql, values).await;
            }
        }
        let Ending::Complete(result) = ending else { return };
        match self.flaw {
            Flaw::ReleaseBeforeRecord if !holds => {
                for dependent in runnable.dependents(*definition, execution.step) {
                    let sql = "UPDATE tasker_workflow_steps SET open_dependencies = open_dependencies - 1
                        WHERE task_id = $1 AND step_no = $2 AND open_dependencies > 0 AND state = 'pending'";
                    self.sql(sql, [execution.task.as_uuid().into(), dependent.0.into()]).await;
                }
            }
            Flaw::ResultOverwritten if !holds => {
                let sql = "UPDATE tasker_workflow_steps SET result = $3
                    WHERE task_id = $1 AND step_no = $2 AND state = 'complete'";
                let values =
                    [execution.task.as_uuid().into(), execution.step.0.into(), result.as_str().into()];
                self.sql(sql, values).await;
            }
            _ => {}
        }
    }
}

#[async_trait]
impl Store for Broken {
    async fn claim(&self, worker: WorkerId, runnable: &Runnable, room: &Room) -> Result<Claim, StoreError> {
        let mut claim = self.store.claim(worker, runnable, &self.room(room)).await?;
        let mut last = self.last.lock().unwrap();
        if self.flaw == Flaw::ClaimTwice
            && claim.steps.len() < room.total()
            && let Some((_, step)) = last.as_ref().filter(|(got, _)| *got == worker)
        {
            claim.steps.push(step.clone());
        }
        if self.flaw == Flaw::DueUntold {
            claim.next_due = claim.next_due.filter(|due| !due.is_zero());
        }
        if let Some(step) = claim.steps.first() {
            *last = Some((worker, step.clone()));
        }
        Ok(claim)
    }

    async fn settle(
        &self,
        worker: WorkerId,
        runnable: &Runnable,
        outcomes: &[Outcome],
        room: &Room,
    ) -> Result<Settled, StoreError> {
        let mut all = Settled::default();
        let mut own = Vec::new();
        for outcome in outcomes {
            self.spoil(runnable, outcome).await;
            let (by, forged) = self.forge(worker, outcome).await;
            if by == worker {
                own.push(forged);
                continue;
            }
            let settled = self.store.settle(by, runnable, &[forged], &Room::new(0)).await?;
            all.refused.extend(settled.refused);
            all.ended.extend(settled.ended);
            all.in_error.extend(settled.in_error);
        }
        let settled = self.store.settle(worker, runnable, &own, &self.room(room)).await?;
        all.refused.extend(settled.refused);
        all.ended.extend(settled.ended);
        all.in_error.extend(settled.in_error);
        (all.claimed, all.left) = (settled.claimed, settled.left);
        Ok(all)
    }

    async fn heartbeat(&self, worker: WorkerId, lease: Duration) -> Result<Lease, StoreError> {
        let held = self.store.heartbeat(worker, lease).await?;
        if self.flaw == Flaw::LeaseRevived && held == Lease::Lost {
            self.store.enlist(worker, LEASE, &[]).await?;
        }
        Ok(held)
    }

    async fn sweep(&self) -> Result<Swept, StoreError> {
        self.store.sweep().await
    }

    async fn install(&self, definitions: &[Arc<WorkflowDef>]) -> Result<Vec<DefinitionId>, StoreError> {
        self.store.install(definitions).await
    }

    async fn create(&self, tasks: &[NewTask]) -> Result<Vec<Created>, StoreError> {
        self.store.create(tasks).await
    }

    async fn siblings(&self, definitions: &[DefinitionId]) -> Result<Vec<Vec<StoredDefinition>>, StoreError> {
        self.store.siblings(definitions).await
    }

    async fn enlist(&self, worker: WorkerId, lease: Duration, offers: &[Offer]) -> Result<(), StoreError> {
        self.store.enlist(worker, lease, offers).await
    }

    async fn retire(&self, worker: WorkerId) -> Result<(), StoreError> {
        self.store.retire(worker).await
    }

    async fn held(&self, worker: WorkerId) -> Result<Vec<(Execution, DefinitionId)>, StoreError> {
        self.store.held(worker).await
    }

    async fn task_states(&self, tasks: &[TaskId]) -> Result<Vec<Option<TaskState>>, StoreError> {
        self.store.task_states(tasks).await
    }

    async fn statuses(&self, tasks: &[TaskId]) -> Result<Vec<Option<TaskStatus>>, StoreError> {
        self.store.statuses(tasks).await
    }

    async fn snapshots(&self, tasks: &[TaskId]) -> Result<Vec<Option<TaskSnapshot>>, StoreError> {
        self.store.snapshots(tasks).await
    }

    async fn open_tasks(&self, after: Option<TaskId>, limit: usize) -> Result<Vec<TaskId>, StoreError> {
        self.store.open_tasks(after, limit).await
    }

    async fn find(&self, query: &TaskQuery) -> Result<Vec<TaskSummary>, StoreError> {
        self.store.find(query).await
    }

    async fn count(&self, filter: &TaskFilter) -> Result<u64, StoreError> {
        self.store.count(filter).await
    }

    async fn result(&self, task: TaskId, step: &str) -> Result<Option<Json>, StoreError> {
        self.store.result(task, step).await
    }

    async fn records(&self, task: TaskId) -> Result<Vec<Recorded>, StoreError> {
        self.store.records(task).await
    }

    async fn annotate(&self, annotation: &NewAnnotation) -> Result<bool, StoreError> {
        self.store.annotate(annotation).await
    }

    async fn annotations(&self, task: TaskId) -> Result<Vec<TaskAnnotation>, StoreError> {
        self.store.annotations(task).await
    }

    fn catalog(&self) -> &dyn Catalog {
        self.store.catalog()
    }

    fn feed(&self) -> &dyn Feed {
        self.store.feed()
    }

    fn clock(&self) -> Option<Arc<dyn Clock>> {
        self.store.clock()
    }

    fn figures(&self) -> &dyn Figures {
        self.store.figures()
    }

    async fn history(&self, task: TaskId) -> Result<Vec<Happened>, StoreError> {
        self.store.history(task).await
    }

    async fn operate(&self, orders: &[Order]) -> Result<Vec<Operated>, StoreError> {
        let orders: Vec<Order> = orders.iter().map(|order| self.misread(order)).collect();
        self.store.operate(&orders).await
    }

    async fn operate_workflow(&self, order: &WorkflowOrder) -> Result<bool, StoreError> {
        if self.flaw == Flaw::WorkflowPauseIgnored {
            return self.store.operate_workflow(&WorkflowOrder { paused: false, ..order.clone() }).await;
        }
        self.store.operate_workflow(order).await
    }

    async fn workflow_history(&self, namespace: &str, name: &str) -> Result<Vec<Happened>, StoreError> {
        self.store.workflow_history(namespace, name).await
    }

    async fn purge(&self, age: Duration, limit: usize) -> Result<usize, StoreError> {
        self.store.purge(age, limit).await
    }

    async fn stranded(&self, limit: usize) -> Result<Vec<TaskId>, StoreError> {
        self.store.stranded(limit).await
    }
}
