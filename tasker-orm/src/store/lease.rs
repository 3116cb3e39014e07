//! The life and death of workers.

use std::time::Duration;

use sea_orm::{
    ColumnTrait, ConnectionTrait, DatabaseTransaction, DbErr, EntityTrait, QueryFilter, QueryResult,
    QuerySelect,
};
use tasker_core::store::{Ending, Execution, Lease, Offer, StoreError, Swept};
use tasker_core::{Attempt, DefinitionId, Executions, StepNo, Timestamp, WorkerId};

use uuid::Uuid;

use super::exchange::{End, Exchange, How};
use super::{SqlStore, execute, query};
use crate::batch::{Batch, Cell, Column};
use crate::entity::{worker, worker_definition, workflow_step};
use crate::error::store_error;
use crate::statement::Backend;

/// A step in the hands of a worker.
struct Held {
    execution: Execution,
    worker: WorkerId,
    definition: DefinitionId,
    executions: Executions,
}

impl SqlStore {
    pub(super) async fn try_enlist(
        &self,
        worker: WorkerId,
        lease: Duration,
        offers: &[Offer],
    ) -> Result<(), DbErr> {
        if let Some(presence) = &self.0.presence
            && let Err(error) = presence.announce(worker)
        {
            tracing::warn!(%worker, %error, "no lock file; if this process dies, its steps wait for the lease to run out");
        }
        let enlisted = self.write_worker(worker, lease, offers).await;
        match &enlisted {
            Ok(()) => self.note_own(worker, true),
            Err(_) => self.withdraw(worker),
        }
        enlisted
    }

    async fn write_worker(&self, worker: WorkerId, lease: Duration, offers: &[Offer]) -> Result<(), DbErr> {
        let transaction = self.begin().await?;
        let sql = format!(
            "INSERT INTO tasker_workers (id, lease_until, started_at) VALUES ($2, {now} + $3, {now}) ON CONFLICT DO NOTHING",
            now = self.now_sql()
        );
        let values = [self.fixed_now().into(), worker.as_uuid().into(), micros(lease).into()];
        // Asked for again, it changes nothing.
        if execute(&transaction, sql, values).await?.rows_affected() == 1 {
            self.write_offers(&transaction, worker, offers).await?;
        }
        transaction.commit().await
    }

    async fn write_offers(
        &self,
        transaction: &DatabaseTransaction,
        worker: WorkerId,
        offers: &[Offer],
    ) -> Result<(), DbErr> {
        let backend = self.dialect().backend;
        let mut batch = Batch::new(backend, &[Column::Big, Column::Text]);
        for Offer { definition, obstacle } in offers {
            batch.push([Cell::Big(definition.0), Cell::OptText(obstacle.as_deref())]);
        }
        let offered = match backend {
            Backend::Postgres => {
                "SELECT o.definition_id, $1, nullif(o.obstacle, '')
                FROM unnest($2::bigint[], $3::text[]) AS o(definition_id, obstacle)"
            }
            Backend::Sqlite => "SELECT value->>0, $1, value->>1 FROM json_each($2)",
        };
        let sql =
            format!("INSERT INTO tasker_worker_definitions (definition_id, worker_id, obstacle) {offered}");
        let values = [worker.as_uuid().into()].into_iter().chain(batch.into_values());
        execute(transaction, sql, values).await.map(|_| ())
    }

    /// Takes away what shows that a worker of this process lives.
    fn withdraw(&self, worker: WorkerId) {
        self.note_own(worker, false);
        if let Some(presence) = &self.0.presence {
            presence.withdraw(worker);
        }
    }

    pub(super) async fn try_heartbeat(&self, worker: WorkerId, lease: Duration) -> Result<Lease, DbErr> {
        let sql = format!("UPDATE tasker_workers SET lease_until = {} + $3 WHERE id = $2", self.now_sql());
        let values = [self.fixed_now().into(), worker.as_uuid().into(), micros(lease).into()];
        let done = execute(self.writer(), sql, values).await?;
        if done.rows_affected() == 1 {
            return Ok(Lease::Held);
        }
        self.withdraw(worker);
        Ok(Lease::Lost)
    }

    pub(super) async fn try_retire(&self, worker: WorkerId) -> Result<(), DbErr> {
        let transaction = self.begin().await?;
        // Nothing is given to the worker from here on.
        lock(&transaction, worker).await?;
        let held = held(&transaction, worker).await?;
        let ends: Vec<_> = held.iter().map(|held| held.end(How::Settled(&Ending::HandedBack))).collect();
        self.exchange_in(&transaction, &Exchange::of_ends(&ends, self.has_company()), self.fixed_now())
            .await?;
        forget(&transaction, worker).await?;
        transaction.commit().await?;
        self.withdraw(worker);
        #[cfg(feature = "sqlite")]
        self.move_log_into_database().await;
        Ok(())
    }

    pub(super) async fn held_by(
        &self,
        worker: WorkerId,
    ) -> Result<Vec<(Execution, DefinitionId)>, StoreError> {
        self.repeated("asking what a worker holds", || async {
            let held = held(self.writer(), worker).await?;
            Ok(held.into_iter().map(|held| (held.execution, held.definition)).collect())
        })
        .await
    }

    pub(super) async fn sweep_workers(&self) -> Result<Swept, StoreError> {
        const WHAT: &str = "sweeping dead workers";
        let leases = self.leases(WHAT).await?;
        let known: Vec<WorkerId> = leases.iter().map(|&(worker, _)| worker).collect();
        self.note_company(&known);
        if let Some(presence) = &self.0.presence {
            presence.tidy(&known);
        }
        let mut swept = Swept::default();
        for (worker, left) in leases {
            // Whoever holds the proof of a death is the one who sweeps.
            let proof = self.0.presence.as_ref().and_then(|presence| presence.find_dead(worker));
            if proof.is_none() && !left.is_zero() {
                swept.next_end = swept.next_end.into_iter().chain([left]).min();
                continue;
            }
            let taken_back = self.repeated(WHAT, || self.try_take_back(worker, proof.is_some())).await?;
            if let Some(one) = taken_back {
                // It may have been one of this process, which gave itself up.
                self.withdraw(worker);
                swept.workers.push(worker);
                swept.steps += one.steps;
                swept.ended.extend(one.ended);
            }
            if let Some(proof) = proof {
                proof.bury();
            }
        }
        Ok(swept)
    }

    /// All workers, and how long each of them may still live.
    async fn leases(&self, what: &str) -> Result<Vec<(WorkerId, Duration)>, StoreError> {
        let sql = format!("SELECT id, lease_until - {} FROM tasker_workers", self.now_sql());
        let now = self.fixed_now();
        let rows = self.repeated(what, || query(self.reader(), sql.as_str(), [now.into()])).await?;
        let lease = |row: &QueryResult| {
            let (worker, left): (Uuid, i64) = (row.try_get_by_index(0)?, row.try_get_by_index(1)?);
            Ok((worker.into(), Duration::from_micros(u64::try_from(left).unwrap_or(0))))
        };
        rows.iter().map(lease).collect::<Result<_, DbErr>>().map_err(|error| store_error(what, error))
    }

    /// Takes back what a dead worker holds, and only then forgets the worker. One that is dead only by its lease may have
    /// prolonged it since.
    async fn try_take_back(&self, worker: WorkerId, proven: bool) -> Result<Option<Swept>, DbErr> {
        let transaction = self.begin().await?;
        let row = lock(&transaction, worker).await?;
        let now = self.now_in(&transaction).await?;
        if !row.is_some_and(|row| proven || row.lease_until <= now) {
            return Ok(None);
        }
        let held = held(&transaction, worker).await?;
        let again = |held: &Held| How::Lost { again: !held.executions.exhausted_by_loss() };
        let ends: Vec<_> = held.iter().map(|held| held.end(again(held))).collect();
        let answer = self
            .exchange_in(&transaction, &Exchange::of_ends(&ends, self.has_company()), self.fixed_now())
            .await?;
        let ended: Vec<_> = held.iter().map(|held| held.execution.task).collect();
        self.pass_turns(&transaction, &ended).await?;
        forget(&transaction, worker).await?;
        transaction.commit().await?;
        Ok(Some(Swept { workers: vec![worker], steps: held.len(), ended: answer.ended, next_end: None }))
    }
}

/// Keeps others from changing a worker's row, and from giving it steps.
async fn lock(transaction: &DatabaseTransaction, worker: WorkerId) -> Result<Option<worker::Model>, DbErr> {
    worker::Entity::find_by_id(worker.as_uuid()).lock_exclusive().one(transaction).await
}

/// Removes a worker with what it offered.
async fn forget(transaction: &DatabaseTransaction, worker: WorkerId) -> Result<(), DbErr> {
    let of_worker = worker_definition::Column::WorkerId.eq(worker.as_uuid());
    worker_definition::Entity::delete_many().filter(of_worker).exec(transaction).await?;
    worker::Entity::delete_by_id(worker.as_uuid()).exec(transaction).await.map(|_| ())
}

fn micros(lease: Duration) -> i64 {
    (Timestamp::from_micros(0) + lease).as_micros()
}

async fn held<C: ConnectionTrait>(db: &C, worker: WorkerId) -> Result<Vec<Held>, DbErr> {
    use workflow_step::{Column, Entity};
    let steps = Entity::find()
        .select_only()
        .columns([Column::TaskId, Column::StepNo, Column::Attempt, Column::Revision])
        .columns([Column::DefinitionId, Column::Lost, Column::RetryLimit])
        .filter(Column::WorkerId.eq(worker.as_uuid()))
        .filter(Column::State.eq("in_progress"));
    let rows: Vec<(Uuid, i32, i32, i32, i64, i32, i32)> = steps.into_tuple().all(db).await?;
    let mut held: Vec<Held> = rows.into_iter().map(|row| Held::of(worker, row)).collect();
    held.sort_unstable_by_key(|held| held.execution);
    Ok(held)
}

impl Held {
    fn of(worker: WorkerId, row: (Uuid, i32, i32, i32, i64, i32, i32)) -> Self {
        let (task, step, attempt, revision, definition, lost, limit) = row;
        let (step, attempt) = (StepNo(step as u32), Attempt(attempt as u32));
        Self {
            execution: Execution { task: task.into(), step, attempt, revision: revision as u32 },
            worker,
            definition: DefinitionId(definition),
            executions: Executions { attempt, lost: lost as u32, limit: limit as u32 },
        }
    }

    fn end<'a>(&self, how: How<'a>) -> End<'a> {
        End { execution: self.execution, worker: self.worker, how, dependents: &[] }
    }
}
