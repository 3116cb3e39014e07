//! Who reads the outbox, how far each has come, and what a subscriber did not take.

use std::time::Duration;

use sea_orm::{
    ColumnTrait, ConnectionTrait, DatabaseTransaction, DbErr, EntityTrait, QueryFilter, QueryResult,
    QuerySelect, Set,
};
use tasker_core::store::{
    Attempts, Cursor, Delivery, EPHEMERAL, Lead, Progress, SetAside, StoreError, SubscriptionStatus, Tried,
};
use tasker_core::{Json, TaskId, Timestamp};
use uuid::Uuid;

use super::super::{SqlStore, execute, query};
use super::holes;
use crate::entity::{delivery, subscription};
use crate::error::store_error;

const WAITING: &str = "waiting";
const DEAD: &str = "dead";

impl SqlStore {
    pub(super) async fn try_subscribe(&self, names: &[String]) -> Result<(), DbErr> {
        const SQL: &str =
            "INSERT INTO tasker_subscriptions (name, cursor, lease_until, delivered, created_at)
            VALUES ($1, $2, 0, 0, $3) ON CONFLICT DO NOTHING";
        let transaction = self.begin().await?;
        let now = self.now_in(&transaction).await?;
        let cursor = written(&Cursor::after(self.last_number(&transaction).await?))?;
        for name in names {
            execute(&transaction, SQL, [name.into(), cursor.as_str().into(), now.into()]).await?;
        }
        transaction.commit().await
    }

    /// The number that a row of the outbox was given last.
    async fn last_number<C: ConnectionTrait>(&self, db: &C) -> Result<i64, DbErr> {
        let sql = if self.is_postgres() {
            "SELECT coalesce(pg_sequence_last_value(pg_get_serial_sequence('tasker_outbox', 'id')), 0)"
        } else {
            "SELECT coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'tasker_outbox'), 0)"
        };
        let rows = query(db, sql, []).await?;
        rows.first().map_or(Ok(0), |row| row.try_get_by_index(0))
    }

    pub(super) async fn try_unsubscribe(&self, name: &str) -> Result<bool, DbErr> {
        let transaction = self.begin().await?;
        let gone = subscription::Entity::delete_by_id(name).exec(&transaction).await?;
        let of_it = delivery::Column::Subscription.eq(name);
        delivery::Entity::delete_many().filter(of_it).exec(&transaction).await?;
        transaction.commit().await?;
        Ok(gone.rows_affected > 0)
    }

    pub(super) async fn try_forget(&self, unled: Duration) -> Result<Vec<String>, DbErr> {
        use subscription::{Column, Entity};
        let transaction = self.begin().await?;
        let now = self.now_in(&transaction).await?;
        let before = now.saturating_sub(i64::try_from(unled.as_micros()).unwrap_or(i64::MAX));
        // Who begins to deliver meanwhile waits for the row, or has it.
        let unused = Entity::find()
            .select_only()
            .column(Column::Name)
            .filter(Column::LeaseUntil.lte(before))
            .filter(Column::CreatedAt.lte(before))
            .lock_exclusive();
        let mut names: Vec<String> = unused.into_tuple().all(&transaction).await?;
        names.retain(|name| !name.starts_with(EPHEMERAL));
        names.sort();
        if !names.is_empty() {
            Entity::delete_many().filter(Column::Name.is_in(&names)).exec(&transaction).await?;
            let of_them = delivery::Column::Subscription.is_in(&names);
            delivery::Entity::delete_many().filter(of_them).exec(&transaction).await?;
        }
        transaction.commit().await?;
        Ok(names)
    }

    pub(super) async fn try_lead(&self, name: &str, leader: Uuid, lease: Duration) -> Result<Lead, DbErr> {
        let transaction = self.begin().await?;
        let Some(row) = lock(&transaction, name).await? else { return Ok(Lead::Unknown) };
        let now = self.now_in(&transaction).await?;
        if row.leader != Some(leader) && row.lease_until > now {
            return Ok(Lead::Others);
        }
        let is_new = row.leader != Some(leader);
        let until = (Timestamp::from_micros(now) + lease).as_micros();
        let lead = subscription::ActiveModel {
            name: Set(row.name),
            leader: Set(Some(leader)),
            lease_until: Set(until),
            ..Default::default()
        };
        subscription::Entity::update(lead).exec(&transaction).await?;
        transaction.commit().await?;
        if is_new {
            self.0.recent.memory().clear();
        }
        Ok(Lead::Own(read_cursor(&row.cursor)?))
    }

    pub(super) async fn try_advance(
        &self,
        name: &str,
        leader: Uuid,
        progress: &Progress,
    ) -> Result<bool, DbErr> {
        let transaction = self.begin().await?;
        let row = lock(&transaction, name).await?;
        let Some(row) = row.filter(|row| row.leader == Some(leader)) else { return Ok(false) };
        let now = self.now_in(&transaction).await?;
        let mut changed = subscription::ActiveModel {
            name: Set(row.name),
            cursor: Set(written(&progress.cursor)?),
            delivered: Set(row.delivered.saturating_add_unsigned(progress.taken)),
            ..Default::default()
        };
        if let Some(error) = &progress.error {
            (changed.error, changed.error_at) = (Set(Some(error.clone())), Set(Some(now)));
        }
        subscription::Entity::update(changed).exec(&transaction).await?;
        for events in progress.set_aside.chunks(500) {
            let rows = events.iter().map(|event| put_aside(name, event, now));
            delivery::Entity::insert_many(rows).exec(&transaction).await?;
        }
        for (id, tried) in &progress.tried {
            match tried {
                Tried::Taken => {
                    delivery::Entity::delete_by_id(*id).exec(&transaction).await?;
                }
                Tried::Failed(attempts) => {
                    let (state, next_at) = standing(attempts, now);
                    let changed = delivery::ActiveModel {
                        id: Set(*id),
                        state: Set(state),
                        next_at: Set(next_at),
                        attempts: Set(attempts.count as i32),
                        error: Set(attempts.error.clone()),
                        ..Default::default()
                    };
                    // An operator may have removed it.
                    let of_it = delivery::Column::Id.eq(*id);
                    delivery::Entity::update_many().set(changed).filter(of_it).exec(&transaction).await?;
                }
            }
        }
        transaction.commit().await?;
        Ok(true)
    }

    pub(super) async fn read_set_aside(
        &self,
        name: &str,
        dead: bool,
        limit: usize,
    ) -> Result<Vec<Delivery>, StoreError> {
        const WHAT: &str = "reading what a subscriber did not take";
        let sql = format!(
            "SELECT id, task_id, event, attempts, next_at - {}, error, created_at FROM tasker_deliveries
            WHERE subscription = $2 AND state = $3 ORDER BY id LIMIT $4",
            self.now_sql()
        );
        let state = if dead { DEAD } else { WAITING };
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let values = [self.fixed_now().into(), name.into(), state.into(), limit.into()];
        let rows = self.read(WHAT, &sql, values).await?;
        let deliveries = rows.iter().map(|row| read_delivery(row, dead));
        deliveries.collect::<Result<_, DbErr>>().map_err(|error| store_error(WHAT, error))
    }

    pub(super) async fn try_revive(&self, name: &str, ids: Option<&[i64]>) -> Result<u64, DbErr> {
        use delivery::{ActiveModel, Column, Entity};
        let again = ActiveModel {
            state: Set(WAITING.to_owned()),
            attempts: Set(0),
            next_at: Set(0),
            ..Default::default()
        };
        let mut revived = Entity::update_many()
            .set(again)
            .filter(Column::Subscription.eq(name))
            .filter(Column::State.eq(DEAD));
        if let Some(ids) = ids {
            revived = revived.filter(Column::Id.is_in(ids.iter().copied()));
        }
        Ok(revived.exec(self.writer()).await?.rows_affected)
    }

    pub(super) async fn read_subscriptions(&self) -> Result<Vec<SubscriptionStatus>, StoreError> {
        const WHAT: &str = "asking how far subscribers have come";
        let read = || async {
            let now = self.now_in(self.reader()).await?;
            let mut statuses = Vec::new();
            for row in subscription::Entity::find().all(self.reader()).await? {
                if row.name.starts_with(EPHEMERAL) {
                    continue;
                }
                statuses.push(self.subscription_status(row, now).await?);
            }
            statuses.sort_by(|one: &SubscriptionStatus, other| one.name.cmp(&other.name));
            Ok(statuses)
        };
        self.repeated(WHAT, read).await
    }

    async fn subscription_status(
        &self,
        row: subscription::Model,
        now: i64,
    ) -> Result<SubscriptionStatus, DbErr> {
        const BEHIND: &str =
            "SELECT count(*), coalesce(min(created_at), -1) FROM tasker_outbox WHERE id > $1";
        // What lies between its holes it has read.
        const BEHIND_OR_IN_HOLES: &str = "SELECT count(*), coalesce(min(created_at), -1) FROM (
            SELECT created_at FROM tasker_outbox WHERE id > $1
            UNION ALL
            SELECT o.created_at FROM unnest($2::bigint[], $3::bigint[]) AS h(first, last)
            JOIN tasker_outbox AS o ON o.id BETWEEN h.first AND h.last
        ) AS unread";
        const ASIDE: &str =
            "SELECT state, count(*) FROM tasker_deliveries WHERE subscription = $1 GROUP BY state";
        let cursor = read_cursor(&row.cursor)?;
        let behind = if self.is_postgres() {
            let values = [cursor.high.into()].into_iter().chain(holes(&cursor));
            query(self.reader(), BEHIND_OR_IN_HOLES, values).await?
        } else {
            query(self.reader(), BEHIND, [cursor.high.into()]).await?
        };
        let (behind, oldest): (i64, i64) = match behind.first() {
            Some(row) => (row.try_get_by_index(0)?, row.try_get_by_index(1)?),
            None => (0, -1),
        };
        let (mut waiting, mut dead) = (0, 0);
        for row in query(self.reader(), ASIDE, [row.name.as_str().into()]).await? {
            let (state, count): (String, i64) = (row.try_get_by_index(0)?, row.try_get_by_index(1)?);
            *(if state == DEAD { &mut dead } else { &mut waiting }) = count as u64;
        }
        let led = row.leader.is_some() && row.lease_until > now;
        // One to which nobody has delivered yet waits since it began.
        let unled_since = row.lease_until.max(row.created_at);
        Ok(SubscriptionStatus {
            behind: behind as u64,
            lag_micros: if oldest < 0 { 0 } else { u64::try_from(now - oldest).unwrap_or(0) },
            delivered: row.delivered as u64,
            waiting,
            dead,
            error: row.error.zip(row.error_at.map(Timestamp::from_micros)),
            led,
            unled_since: (!led).then(|| Timestamp::from_micros(unled_since)),
            unled_micros: if led { 0 } else { u64::try_from(now - unled_since).unwrap_or(0) },
            name: row.name,
        })
    }

    pub(super) async fn try_trim(&self) -> Result<u64, DbErr> {
        use subscription::{Column, Entity};
        const READ: &str = "DELETE FROM tasker_outbox WHERE id <= $1";
        const OLD: &str = "DELETE FROM tasker_outbox WHERE created_at < $1";
        let db = self.writer();
        let now = self.now_in(db).await?;
        // Asked before those who read are: what comes later may be for somebody who has just begun to.
        let last = self.last_number(db).await?;
        let ephemeral = || Column::Name.starts_with(EPHEMERAL);
        Entity::delete_many().filter(ephemeral()).filter(Column::LeaseUntil.lt(now)).exec(db).await?;
        let all: Vec<(String, String)> =
            Entity::find().select_only().columns([Column::Name, Column::Cursor]).into_tuple().all(db).await?;
        let durable = all.iter().filter(|(name, _)| !name.starts_with(EPHEMERAL));
        let lows = durable.map(|(_, cursor)| read_cursor(cursor).map(|cursor| cursor.low()));
        let low = lows.collect::<Result<Vec<i64>, DbErr>>()?.into_iter().min();
        let done = if let Some(low) = low {
            execute(db, READ, [low.into()]).await?
        } else if all.is_empty() {
            // Nothing is written any more, and what is left is for nobody.
            execute(db, READ, [last.into()]).await?
        } else {
            execute(db, OLD, [(now - KEPT.as_micros() as i64).into()]).await?
        };
        Ok(done.rows_affected())
    }
}

/// For how long what happens is kept for those who only listen.
const KEPT: Duration = Duration::from_mins(1);

/// Keeps others from changing a subscriber's row.
async fn lock(db: &DatabaseTransaction, name: &str) -> Result<Option<subscription::Model>, DbErr> {
    subscription::Entity::find_by_id(name).lock_exclusive().one(db).await
}

fn written(cursor: &Cursor) -> Result<String, DbErr> {
    serde_json::to_string(cursor).map_err(|error| DbErr::Custom(error.to_string()))
}

fn read_cursor(text: &str) -> Result<Cursor, DbErr> {
    serde_json::from_str(text).map_err(|error| DbErr::Type(error.to_string()))
}

/// The state of a delivery, and when it is tried again.
fn standing(attempts: &Attempts, now: i64) -> (String, i64) {
    match attempts.wait {
        Some(wait) => (WAITING.to_owned(), (Timestamp::from_micros(now) + wait).as_micros()),
        None => (DEAD.to_owned(), now),
    }
}

fn put_aside(name: &str, SetAside { task, event, attempts }: &SetAside, now: i64) -> delivery::ActiveModel {
    let (state, next_at) = standing(attempts, now);
    delivery::ActiveModel {
        subscription: Set(name.to_owned()),
        task_id: Set(task.as_uuid()),
        state: Set(state),
        event: Set(event.as_str().to_owned()),
        attempts: Set(attempts.count as i32),
        next_at: Set(next_at),
        error: Set(attempts.error.clone()),
        created_at: Set(now),
        ..Default::default()
    }
}

fn read_delivery(row: &QueryResult, dead: bool) -> Result<Delivery, DbErr> {
    let wait: i64 = row.try_get_by_index(4)?;
    Ok(Delivery {
        id: row.try_get_by_index(0)?,
        task: TaskId::from(row.try_get_by_index::<Uuid>(1)?),
        event: Json::from_stored(row.try_get_by_index::<String>(2)?),
        attempts: row.try_get_by_index::<i32>(3)? as u32,
        wait: (!dead).then(|| Duration::from_micros(u64::try_from(wait).unwrap_or(0))),
        error: row.try_get_by_index(5)?,
        at: Timestamp::from_micros(row.try_get_by_index(6)?),
    })
}
