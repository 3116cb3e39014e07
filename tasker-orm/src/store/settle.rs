//! Settling: outcomes in, released steps and ended tasks out, in one transaction.

use std::collections::BTreeMap;

use sea_orm::{DatabaseTransaction, DbErr};
use tasker_core::store::{Ending, Outcome, Runnable, Settled};
use tasker_core::{StepNo, TaskId, WorkerId};
use uuid::Uuid;

use super::change::{Change, End, StepHistory, Tally, advance, change};
use super::{SqlStore, query};
use crate::rows::{Columns, Rows, id};
use crate::statement;

impl SqlStore {
    pub(super) async fn try_settle(
        &self,
        worker: WorkerId,
        runnable: &Runnable,
        outcomes: &[Outcome],
        room: usize,
    ) -> Result<Settled, DbErr> {
        let now = self.now();
        let transaction = self.begin().await?;
        let mut history = StepHistory::default();
        let changes: Vec<_> = outcomes.iter().map(|outcome| end_of(outcome, worker, now)).collect();
        let mut accepted = change(&transaction, &changes, &mut history).await?;
        let accepted_outcomes = || outcomes.iter().zip(&accepted.accepted);
        let released =
            released_by(accepted_outcomes().filter(|(_, ok)| **ok).map(|(outcome, _)| outcome), runnable);
        let refused =
            accepted_outcomes().filter(|(_, ok)| !**ok).map(|(outcome, _)| outcome.execution).collect();
        release(&transaction, &released, &mut accepted.tallies).await?;
        let ended = advance(&transaction, &accepted.tallies, now).await?;
        let claimed = self.claim_in(&transaction, worker, runnable, room, outcomes, &mut history).await?;
        history.record(&transaction, now).await?;
        transaction.commit().await?;
        Ok(Settled { refused, ended, claimed })
    }
}

fn end_of(outcome: &Outcome, worker: WorkerId, now: i64) -> Change<'_> {
    let due = match &outcome.ending {
        Ending::Retry(_, wait) => {
            Some(now.saturating_add(i64::try_from(wait.as_micros()).unwrap_or(i64::MAX)))
        }
        _ => None,
    };
    Change { execution: outcome.execution, worker, end: End::Settled(&outcome.ending, due) }
}

/// The steps that wait for completed ones, and for how many of them.
fn released_by<'o>(
    outcomes: impl Iterator<Item = &'o Outcome>,
    runnable: &Runnable,
) -> BTreeMap<(TaskId, StepNo), u32> {
    let mut released = BTreeMap::new();
    for Outcome { execution, definition, ending } in outcomes {
        if matches!(ending, Ending::Complete(_)) {
            for &dependent in runnable.dependents(*definition, execution.step) {
                *released.entry((execution.task, dependent)).or_default() += 1;
            }
        }
    }
    released
}

/// Counts dependencies down; a step that waits for no other becomes active.
async fn release(
    transaction: &DatabaseTransaction,
    released: &BTreeMap<(TaskId, StepNo), u32>,
    tallies: &mut BTreeMap<TaskId, Tally>,
) -> Result<(), DbErr> {
    if released.is_empty() {
        return Ok(());
    }
    let rows: Rows =
        released.iter().map(|((task, step), &n)| vec![id(task.as_uuid()), step.0.into(), n.into()]).collect();
    for row in query(transaction, statement::RELEASE_STEPS, [rows.into()]).await? {
        let (task, open): (Uuid, i32) = (Columns(&row).get(0)?, Columns(&row).get(1)?);
        if open == 0 {
            tallies.entry(task.into()).or_default().idle -= 1;
        }
    }
    Ok(())
}
