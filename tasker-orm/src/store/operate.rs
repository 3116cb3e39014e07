//! What operators do to tasks. The rules are [`Situation`](tasker_core::store::Situation)'s; here tasks are read under locks, and what
//! changed is written.
//!
//! Many orders are followed together, in a few statements, each as a whole. Those whose task somebody else works on are left aside
//! meanwhile, so that many orders neither wait for one task nor hold up the workers at all the others; they follow in a transaction of
//! their own.

mod found;
mod left;

use std::collections::{HashMap, HashSet};

use sea_orm::{ColumnTrait, DatabaseTransaction, DbErr, EntityTrait, QueryFilter, QuerySelect};
use tasker_core::store::{Action, Created, NewTask, Operated, Order, Situation, StoreError};
use tasker_core::{StepNo, TaskId, Timestamp};
use uuid::Uuid;

use super::trip::pause;
use super::{SqlStore, execute};
use crate::entity::operation;
use crate::statement::Dialect;
use found::{Found, Locks};

const WHAT: &str = "doing what an operator wants";

/// How many orders share a transaction.
const AT_ONCE: usize = 500;

impl SqlStore {
    pub(super) async fn follow(&self, orders: &[Order]) -> Result<Vec<Operated>, StoreError> {
        let mut operated = Vec::with_capacity(orders.len());
        let mut rest = orders;
        while !rest.is_empty() {
            let (together, others) = rest.split_at(distinct(rest));
            operated.extend(self.follow_distinct(together).await?);
            rest = others;
        }
        Ok(operated)
    }

    /// Follows orders of which each is about another task.
    async fn follow_distinct(&self, orders: &[Order]) -> Result<Vec<Operated>, StoreError> {
        let mut operated: HashMap<Uuid, Operated> = HashMap::with_capacity(orders.len());
        let mut left: Vec<&Order> = orders.iter().collect();
        let mut tries = 0;
        while let Some(locks) = self.locks_of_many().filter(|_| left.len() > 1) {
            let answers = self.repeated(WHAT, || self.try_follow(&left, locks)).await?;
            let before = left.len();
            let answered = left.iter().zip(&answers);
            operated.extend(answered.filter_map(|(order, answer)| Some((order.id, (*answer)?))));
            left.retain(|order| !operated.contains_key(&order.id));
            if left.is_empty() || left.len() == before {
                break;
            }
            tries += 1;
            tokio::time::sleep(pause(tries)).await;
        }
        for order in left {
            let alone = [order];
            let answers = self.repeated(WHAT, || self.try_follow(&alone, Locks::Wait)).await?;
            operated.extend(answers.into_iter().flatten().map(|answer| (order.id, answer)));
        }
        let unanswered = || StoreError::Corrupt("an order was left unanswered".to_owned());
        orders.iter().map(|order| operated.get(&order.id).copied().ok_or_else(unanswered)).collect()
    }

    /// How many tasks are locked in one transaction; none where that would make it wait for all who work on one of them.
    fn locks_of_many(&self) -> Option<Locks> {
        match (self.is_postgres(), self.dialect().profile.skip_locked) {
            (false, _) => Some(Locks::Wait),
            (true, true) => Some(Locks::PassOver),
            (true, false) => None,
        }
    }

    /// Follows orders, each about another task, in one transaction. None for one whose task was passed over.
    async fn try_follow(&self, orders: &[&Order], locks: Locks) -> Result<Vec<Option<Operated>>, DbErr> {
        let transaction = self.begin().await?;
        let needs_edges: HashMap<TaskId, bool> =
            orders.iter().map(|order| (order.task, matches!(order.action, Action::Step(..)))).collect();
        let tasks: Vec<TaskId> = orders.iter().map(|order| order.task).collect();
        let found = Found::read(&transaction, &tasks, |task| needs_edges[&task], locks).await?;
        // Under the locks, so that it is later than all that was done to these tasks before.
        let now = self.now_in(&transaction).await?;
        // The answers of these were lost. They are looked for under the locks, since whoever follows an order has them.
        let followed = followed(&transaction, orders).await?;
        let mut answers = Vec::with_capacity(orders.len());
        let mut changed = Vec::new();
        for order in orders {
            let answer = match found.of(order.task) {
                _ if followed.contains(&order.id) => Some(Operated::Done),
                Some(found) => {
                    let (operated, left) = apply(found, order, now)?;
                    changed.extend(left.map(|left| (found, left, Some(*order))));
                    Some(operated)
                }
                None if locks == Locks::Wait => Some(Operated::NoTask),
                None => None,
            };
            answers.push(answer);
        }
        left::write(&transaction, self.dialect().backend, &changed, now).await?;
        if self.has_company() && !changed.is_empty() {
            execute(&transaction, "SELECT pg_notify('tasker', '')", []).await?;
        }
        transaction.commit().await?;
        Ok(answers)
    }

    /// Passes over the steps that tasks which were just created are to go without.
    pub(super) async fn bypass(
        &self,
        db: &DatabaseTransaction,
        tasks: &[NewTask],
        created: &[Created],
    ) -> Result<(), DbErr> {
        let bypassing = tasks
            .iter()
            .zip(created)
            .filter(|(task, created)| !task.bypass.is_empty() && **created == Created::New(task.id));
        let bypassing: Vec<&NewTask> = bypassing.map(|(task, _)| task).collect();
        if bypassing.is_empty() {
            return Ok(());
        }
        let ids: Vec<TaskId> = bypassing.iter().map(|task| task.id).collect();
        let now = self.now_in(db).await?;
        let found = Found::read(db, &ids, |_| true, Locks::Wait).await?;
        let mut changed = Vec::with_capacity(ids.len());
        for new in bypassing {
            let Some(found) = found.of(new.id) else { continue };
            let mut left = found.situation.clone();
            let bypassed = left.bypass(&new.bypass, Timestamp::from_micros(now));
            bypassed.map_err(|error| DbErr::Custom(error.to_string()))?;
            changed.extend((left != found.situation).then_some((found, left, None)));
        }
        left::write(db, self.dialect().backend, &changed, now).await
    }

    /// Gives the turn in sequential tasks in which nobody has it to the first step that waits for it. Other tasks it leaves alone.
    pub(super) async fn pass_turns(&self, db: &DatabaseTransaction, tasks: &[TaskId]) -> Result<(), DbErr> {
        if tasks.is_empty() {
            return Ok(());
        }
        let dialect = self.dialect();
        let now = self.now_in(db).await?;
        let ids = crate::batch::ids(dialect.backend, tasks.iter().map(|task| task.as_uuid()));
        execute(db, Dialect::pass_turns(&dialect.among("t.task_id", "$1"), "$2"), [ids, now.into()])
            .await
            .map(|_| ())
    }
}

/// How many of the first orders are about different tasks, and few enough for one transaction.
fn distinct(orders: &[Order]) -> usize {
    let mut tasks = HashSet::new();
    orders.iter().take(AT_ONCE).take_while(|order| tasks.insert(order.task)).count()
}

/// Those of the orders that were followed before.
async fn followed(db: &DatabaseTransaction, orders: &[&Order]) -> Result<HashSet<Uuid>, DbErr> {
    use operation::{Column, Entity};
    let ids = orders.iter().map(|order| order.id);
    let followed = Entity::find().select_only().column(Column::Id).filter(Column::Id.is_in(ids));
    Ok(followed.into_tuple::<Uuid>().all(db).await?.into_iter().collect())
}

/// What comes of an order, and how it leaves the task if it changes something.
fn apply(found: &Found, order: &Order, now: i64) -> Result<(Operated, Option<Situation>), DbErr> {
    let mut left = found.situation.clone();
    let find = |name: &str| found.graph.iter().position(|step| step.name == name).map(StepNo::at);
    let operated = left.apply(&order.action, find, Timestamp::from_micros(now));
    match operated.map_err(|error| DbErr::Custom(error.to_string()))? {
        Operated::Done if left == found.situation => Ok((Operated::Unchanged, None)),
        Operated::Done => Ok((Operated::Done, Some(left))),
        refused => Ok((refused, None)),
    }
}
