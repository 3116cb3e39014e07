//! Settling: outcomes in, released steps and ended tasks out, in one transaction.

use std::collections::BTreeMap;

use sea_orm::DbErr;
use tasker_core::WorkerId;
use tasker_core::store::{Ending, Outcome, Runnable, Settled};

use super::SqlStore;
use super::change::{Change, End, History, advance, change};
use super::claim::Results;

impl SqlStore {
    pub(super) async fn try_settle(
        &self,
        worker: WorkerId,
        runnable: &Runnable,
        outcomes: &[Outcome],
        room: usize,
    ) -> Result<Settled, DbErr> {
        let transaction = self.begin().await?;
        let now = self.now();
        let mut history = History::default();
        let changes: Vec<_> = outcomes.iter().map(|outcome| end_of(outcome, worker, now)).collect();
        let accepted = change(&transaction, &changes, &mut history).await?;
        let (mut released, mut results, mut refused) = (BTreeMap::new(), Results::new(), Vec::new());
        for (Outcome { execution, definition, ending }, accepted) in outcomes.iter().zip(&accepted.changes) {
            match ending {
                _ if !accepted => refused.push(*execution),
                Ending::Complete(result) => {
                    for &dependent in runnable.dependents(*definition, execution.step) {
                        *released.entry((execution.task, dependent)).or_default() += 1;
                    }
                    results.insert((execution.task, execution.step), result.clone());
                }
                _ => {}
            }
        }
        let ended = advance(&transaction, &accepted, &released, now, &mut history).await?;
        let claimed = self.claim_in(&transaction, worker, runnable, room, results, history).await?;
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
