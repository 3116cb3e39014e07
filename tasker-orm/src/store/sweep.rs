//! The life and death of workers.

use std::collections::BTreeMap;
use std::time::Duration;

use sea_orm::{DbErr, EntityTrait};
use tasker_core::store::{Ending, Execution, Lease, Swept};
use tasker_core::{Attempt, DefinitionId, Executions, StepNo, Timestamp, WorkerId};
use uuid::Uuid;

use super::change::{Change, End, Given, History, advance, change, finish};
use super::{SqlStore, execute, query};
use crate::entity::worker;
use crate::presence::Dead;
use crate::rows::{Columns, Rows, id};
use crate::statement;

/// A step in the hands of a worker.
struct Held {
    execution: Execution,
    worker: WorkerId,
    definition: DefinitionId,
    executions: Executions,
}

impl SqlStore {
    fn after(&self, wait: Duration) -> i64 {
        (Timestamp::from_micros(self.now()) + wait).as_micros()
    }

    pub(super) async fn try_enlist(&self, worker: WorkerId, lease: Duration) -> Result<(), DbErr> {
        if let Some(presence) = &self.0.presence
            && let Err(error) = presence.announce(worker)
        {
            tracing::warn!(%worker, %error, "no lock file; if this process dies, its steps wait for the lease to run out");
        }
        let (now, lease_until) = (self.now(), self.after(lease));
        let values = [worker.as_uuid().into(), lease_until.into(), now.into()];
        let sql = "INSERT INTO tasker_workers (id, lease_until, started_at) VALUES (?, ?, ?) ON CONFLICT DO NOTHING";
        let enlisted = execute(&self.0.writer, sql, values).await;
        if enlisted.is_err() {
            self.withdraw(worker);
        }
        enlisted.map(|_| ())
    }

    /// Takes away what shows that a worker of this process lives.
    fn withdraw(&self, worker: WorkerId) {
        if let Some(presence) = &self.0.presence {
            presence.withdraw(worker);
        }
    }

    pub(super) async fn try_heartbeat(&self, worker: WorkerId, lease: Duration) -> Result<Lease, DbErr> {
        let values = [self.after(lease).into(), worker.as_uuid().into()];
        let done =
            execute(&self.0.writer, "UPDATE tasker_workers SET lease_until = ? WHERE id = ?", values).await?;
        if done.rows_affected() == 1 {
            return Ok(Lease::Held);
        }
        self.withdraw(worker);
        Ok(Lease::Lost)
    }

    pub(super) async fn try_retire(&self, worker: WorkerId) -> Result<(), DbErr> {
        let transaction = self.begin().await?;
        let mut history = History::default();
        let held = held(&transaction, &[worker]).await?;
        let changes: Vec<_> = held
            .iter()
            .map(|held| Change {
                execution: held.execution,
                worker,
                end: End::Settled(&Ending::HandedBack, None),
            })
            .collect();
        change(&transaction, &changes, &mut history).await?;
        finish(&transaction, worker, Given::default(), history, self.now()).await?;
        worker::Entity::delete_by_id(worker.as_uuid()).exec(&transaction).await?;
        transaction.commit().await?;
        self.withdraw(worker);
        // Moves the log into the database file, as far as nobody reads it, so that a copy of the file after a shutdown is whole.
        if let Err(error) = execute(&self.0.writer, "PRAGMA wal_checkpoint(PASSIVE)", []).await {
            tracing::debug!(%error, "the log was not moved into the database");
        }
        Ok(())
    }

    pub(super) async fn try_held(&self, worker: WorkerId) -> Result<Vec<(Execution, DefinitionId)>, DbErr> {
        let held = held(&self.0.writer, &[worker]).await?;
        Ok(held.into_iter().map(|held| (held.execution, held.definition)).collect())
    }

    pub(super) async fn try_sweep(&self) -> Result<Swept, DbErr> {
        let workers = worker::Entity::find().all(self.reader()).await?;
        let now = self.now();
        // Whoever holds the proof of a death is the one who sweeps.
        let mut proofs: Vec<Dead> = Vec::new();
        let mut dead = Vec::new();
        for worker in &workers {
            let id = WorkerId::from(worker.id);
            let proof = self.0.presence.as_ref().and_then(|presence| presence.find_dead(id));
            if proof.is_some() || worker.lease_until <= now {
                dead.push((id, proof.is_some()));
            }
            proofs.extend(proof);
        }
        if let Some(presence) = &self.0.presence {
            let known: Vec<_> = workers.iter().map(|worker| WorkerId::from(worker.id)).collect();
            presence.tidy(&known);
        }
        if dead.is_empty() {
            return Ok(Swept::default());
        }
        let swept = self.take_back(&dead).await?;
        for proof in proofs {
            proof.bury();
        }
        Ok(swept)
    }

    /// Takes back what dead workers hold, then forgets them. A worker that is dead only by its lease may have prolonged it since.
    async fn take_back(&self, dead: &[(WorkerId, bool)]) -> Result<Swept, DbErr> {
        let transaction = self.begin().await?;
        let now = self.now();
        let mut workers = Vec::new();
        for &(worker, proven) in dead {
            let row = worker::Entity::find_by_id(worker.as_uuid()).one(&transaction).await?;
            if row.is_some_and(|row| proven || row.lease_until <= now) {
                workers.push(worker);
            }
        }
        let held = held(&transaction, &workers).await?;
        let changes: Vec<_> = held
            .iter()
            .map(|held| Change {
                execution: held.execution,
                worker: held.worker,
                end: End::Lost { again: !held.executions.exhausted_by_loss() },
            })
            .collect();
        let mut history = History::default();
        let accepted = change(&transaction, &changes, &mut history).await?;
        let ended = advance(&transaction, &accepted, &BTreeMap::new(), now, &mut history).await?;
        // No step is given to anybody, so it does not matter to whom.
        finish(&transaction, WorkerId::from(Uuid::nil()), Given::default(), history, now).await?;
        for worker in &workers {
            worker::Entity::delete_by_id(worker.as_uuid()).exec(&transaction).await?;
        }
        transaction.commit().await?;
        Ok(Swept { workers, steps: changes.len(), ended })
    }
}

async fn held<C: sea_orm::ConnectionTrait>(db: &C, workers: &[WorkerId]) -> Result<Vec<Held>, DbErr> {
    let rows: Rows = workers.iter().map(|worker| vec![id(worker.as_uuid())]).collect();
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    query(db, statement::HELD_STEPS, [rows.into()])
        .await?
        .iter()
        .map(|row| held_step(&Columns(row)))
        .collect()
}

fn held_step(row: &Columns<'_>) -> Result<Held, DbErr> {
    let (task, step): (Uuid, i32) = (row.get(0)?, row.get(1)?);
    let (attempt, revision): (i32, i32) = (row.get(2)?, row.get(3)?);
    let (worker, definition): (Uuid, i64) = (row.get(4)?, row.get(5)?);
    let (lost, limit): (i32, i64) = (row.get(6)?, row.get(7)?);
    let (task, step, attempt) = (task.into(), StepNo(step as u32), Attempt(attempt as u32));
    Ok(Held {
        execution: Execution { task, step, attempt, revision: revision as u32 },
        worker: worker.into(),
        definition: DefinitionId(definition),
        executions: Executions {
            attempt,
            lost: lost as u32,
            limit: u32::try_from(limit).unwrap_or(u32::MAX),
        },
    })
}
