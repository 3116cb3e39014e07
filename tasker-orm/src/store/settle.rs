//! Settling: outcomes in, released steps and ended tasks out, in one transaction.

use std::collections::BTreeMap;

use sea_orm::DbErr;
use tasker_core::store::{Ending, Outcome, Runnable, Settled};
use tasker_core::{StepNo, TaskId, WorkerId};

use super::SqlStore;
use super::change::{Change, End, History, advance, change};

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
        let mut history = History::default();
        let changes: Vec<_> = outcomes.iter().map(|outcome| end_of(outcome, worker, now)).collect();
        let accepted = change(&transaction, &changes, &mut history).await?;
        let (mut released, mut refused) = (BTreeMap::new(), Vec::new());
        for (outcome, accepted) in outcomes.iter().zip(&accepted.changes) {
            if *accepted {
                release(outcome, runnable, &mut released);
            } else {
                refused.push(outcome.execution);
            }
        }
        let ended = advance(&transaction, &accepted, &released, now, &mut history).await?;
        let claimed = self.claim_in(&transaction, worker, runnable, room, outcomes, history).await?;
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

/// Adds the steps that wait for a completed one.
fn release(outcome: &Outcome, runnable: &Runnable, released: &mut BTreeMap<(TaskId, StepNo), u32>) {
    let Outcome { execution, definition, ending } = outcome;
    if matches!(ending, Ending::Complete(_)) {
        for &dependent in runnable.dependents(*definition, execution.step) {
            *released.entry((execution.task, dependent)).or_default() += 1;
        }
    }
}
