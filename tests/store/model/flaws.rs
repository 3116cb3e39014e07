//! Stores that are broken on purpose, each in one way: the histories have to find out.
//!
//! A broken store is a SQLite database with a trigger that spoils what is written, or with a layer over it that spoils what is asked. The
//! product knows nothing of it. What is broken on the way (a fence that does not look at the worker) is one step away from what a
//! careless change of the statements would do.

mod broken;
mod trigger;

pub(super) use broken::Broken;

use super::lane::{Lane, Place};

/// What is wrong with a store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Flaw {
    /// Nothing: the layer itself.
    Nothing,
    /// The fence does not look at the revision: what was handed back can still end.
    FenceWithoutRevision,
    /// The fence does not look at the worker: others can end what one runs.
    FenceWithoutWorker,
    /// Dependents are released before the fence is asked.
    ReleaseBeforeRecord,
    /// A refused result takes the place of the one that was accepted.
    ResultOverwritten,
    /// What a refused outcome brings with it is recorded.
    RecordsOfRefusedKept,
    /// A sweep forgets dead workers before it takes their steps back.
    ForgetWorkerBeforeItsSteps,
    /// A worker that was given up gets its lease back.
    LeaseRevived,
    /// A claim gives out again what the worker has already.
    ClaimTwice,
    /// No limit of a definition holds.
    LimitIgnored,
    /// A claim says nothing of what is due.
    DueUntold,
    /// A loss is counted as a failure.
    LossCountsAsFailure,
    /// What is handed back costs an attempt.
    HandBackCostsAttempt,
    /// Of dependencies that end together only one is counted.
    JoinLost,
    /// A retry runs at once.
    BackoffForgotten,
    /// What ends in a paused task is not paused.
    PauseForgotten,
    /// A cancelled task's running steps go on.
    CancelSparesRunning,
    /// The turn goes to everybody.
    TurnForAll,
    /// The turn goes to nobody.
    TurnLost,
    /// All tasks have the same priority.
    PriorityIgnored,
    /// A key is not kept.
    KeyForgotten,
    /// The history leaves out what was handed back.
    HistoryGap,
    /// The history says that everything began as pending.
    HistoryWrong,
    /// A cancelled task still counts active steps.
    CounterStays,
    /// A purge leaves the history behind.
    PurgeLeavesHistory,
    /// What keeps a worker from running a definition is not kept.
    ObstacleForgotten,
    /// What a worker offered stays when it goes.
    OfferStays,
    /// An order whose answer was lost is done again.
    OrderDoneAgain,
    /// The history does not say who gave an order.
    OperatorUnnamed,
    /// A paused workflow goes on.
    WorkflowPauseIgnored,
    /// What a task was paused with waits on after it is resumed.
    ResumeForgotten,
    /// A step that is retried has no more executions than it had.
    RetryWithoutExecutions,
    /// A step that was resolved or skipped releases nothing.
    ResolvedReleasesNothing,
    /// What an operator gives a step does not reach it.
    InputsForgotten,
}

impl Flaw {
    const ALL: [Self; 33] = [
        Self::FenceWithoutRevision,
        Self::FenceWithoutWorker,
        Self::ReleaseBeforeRecord,
        Self::ResultOverwritten,
        Self::RecordsOfRefusedKept,
        Self::ForgetWorkerBeforeItsSteps,
        Self::LeaseRevived,
        Self::ClaimTwice,
        Self::LimitIgnored,
        Self::DueUntold,
        Self::LossCountsAsFailure,
        Self::HandBackCostsAttempt,
        Self::JoinLost,
        Self::BackoffForgotten,
        Self::PauseForgotten,
        Self::CancelSparesRunning,
        Self::TurnForAll,
        Self::TurnLost,
        Self::PriorityIgnored,
        Self::KeyForgotten,
        Self::HistoryGap,
        Self::HistoryWrong,
        Self::CounterStays,
        Self::PurgeLeavesHistory,
        Self::ObstacleForgotten,
        Self::OfferStays,
        Self::OrderDoneAgain,
        Self::OperatorUnnamed,
        Self::WorkflowPauseIgnored,
        Self::ResumeForgotten,
        Self::RetryWithoutExecutions,
        Self::ResolvedReleasesNothing,
        Self::InputsForgotten,
    ];
}

/// How many histories a flaw may hide in.
const MOST: usize = 240;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_flaw_is_found() {
    use futures_util::StreamExt;
    let missed = std::sync::Mutex::new(Vec::new());
    let hunt = async |flaw| {
        let mut lane = Lane::open(Place::broken(flaw)).await;
        // The same ones each time: this asks whether the histories are rich enough, not whether there is luck.
        for seed in 0..MOST {
            if let Err(failure) = lane.run(&super::deeds_of(seed as u64)).await {
                let message = failure.message.lines().next().unwrap_or_default().to_owned();
                println!("{flaw:?}: found by history {seed} at deed {}: {message}", failure.at);
                return;
            }
        }
        missed.lock().unwrap().push(flaw);
    };
    futures_util::stream::iter(Flaw::ALL).for_each_concurrent(2, hunt).await;
    let missed = missed.into_inner().unwrap();
    assert!(missed.is_empty(), "{missed:?} were not found within {MOST} histories");
}

/// And the layer itself breaks nothing.
#[tokio::test]
async fn a_store_without_a_flaw_is_not_blamed() {
    let mut lane = Lane::open(Place::broken(Flaw::Nothing)).await;
    for seed in 0..5 {
        assert!(lane.run(&super::deeds_of(seed)).await.is_ok());
    }
}
