//! Retention: what ended long ago is removed, a few tasks at a time.

use std::time::Duration;

use sea_orm::{ColumnTrait, DatabaseTransaction, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use tasker_core::store::{EPHEMERAL, StoreError};
use uuid::Uuid;

use super::SqlStore;
use super::figures::forget_complete;
use crate::entity::{
    event, operation, outbox, subscription, task, task_annotation, task_tag, task_transition, workflow_step,
    workflow_step_transition,
};

/// How many transactions may end while one statement runs. Its time is that of its beginning, its number is given at its end: so many rows
/// are looked at for the oldest of them.
const AT_ONCE: u64 = 10_000;

impl SqlStore {
    pub(super) async fn purge_tasks(&self, age: Duration, limit: usize) -> Result<usize, StoreError> {
        self.repeated("removing old tasks", || self.try_purge(age, limit)).await
    }

    async fn try_purge(&self, age: Duration, limit: usize) -> Result<usize, DbErr> {
        // SQLite takes 32,766 parameters.
        const MOST: usize = 10_000;
        let transaction = self.begin().await?;
        let now = self.now_in(&transaction).await?;
        let before = now.saturating_sub(i64::try_from(age.as_micros()).unwrap_or(i64::MAX));
        let before = self.unread_since(&transaction).await?.map_or(before, |unread| before.min(unread - 1));
        let old = task::Entity::find()
            .select_only()
            .columns([task::Column::Id, task::Column::State, task::Column::EndedAt])
            .filter(task::Column::EndedAt.lte(before))
            .order_by_asc(task::Column::EndedAt)
            .order_by_asc(task::Column::Id)
            .limit(limit.min(MOST) as u64)
            .lock_exclusive();
        let old: Vec<(Uuid, String, i64)> = old.into_tuple().all(&transaction).await?;
        if old.is_empty() {
            return Ok(0);
        }
        let mut complete = Vec::new();
        for (_, state, ended_at) in &old {
            complete.extend((state == "complete").then_some(*ended_at));
        }
        forget_complete(&transaction, self.dialect().backend, &complete).await?;
        let old: Vec<Uuid> = old.into_iter().map(|(id, ..)| id).collect();
        macro_rules! remove {
            ($($entity:ident . $column:ident),*) => {
                $($entity::Entity::delete_many()
                    .filter($entity::Column::$column.is_in(old.iter().copied()))
                    .exec(&transaction)
                    .await?;)*
            };
        }
        remove!(
            operation.TaskId,
            event.TaskId,
            task_annotation.TaskId,
            task_tag.TaskId,
            task_transition.TaskId,
            workflow_step_transition.TaskId,
            workflow_step.TaskId,
            task.Id
        );
        transaction.commit().await?;
        Ok(old.len())
    }

    /// Since when something happened that not all durable subscribers have read: what they are to hear of is in the history.
    async fn unread_since(&self, db: &DatabaseTransaction) -> Result<Option<i64>, DbErr> {
        let durable = subscription::Entity::find()
            .filter(subscription::Column::Name.not_like(format!("{EPHEMERAL}%")))
            .select_only()
            .column(subscription::Column::Name)
            .limit(1)
            .into_tuple::<String>()
            .one(db)
            .await?;
        if durable.is_none() {
            return Ok(None);
        }
        let first = outbox::Entity::find()
            .select_only()
            .column(outbox::Column::CreatedAt)
            .order_by_asc(outbox::Column::Id)
            .limit(AT_ONCE);
        let first: Vec<i64> = first.into_tuple().all(db).await?;
        Ok(first.into_iter().min())
    }
}
