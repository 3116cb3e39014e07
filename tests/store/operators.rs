//! The rules of what operators do to tasks, and of what is kept. `verbs` runs them.

use std::sync::Arc;
use std::time::Duration;

use tasker::store::{Action, Created, Ending, Operated, Order, Room, StepAction, Store, What, WorkflowOrder};
use tasker::{Attempt, Clock, Json, ManualClock, StepState, TaskId, TaskState, WaitingFor};
use tasker_tests::operator::Operator as _;

use crate::fixture::{
    Bench, LEASE, chain, diamond, done, failed, forest, outcome, retry, sequence, sequential_diamond,
};

const OPERATOR: Option<WaitingFor> = Some(WaitingFor::Operator);
const WORKER: Option<WaitingFor> = Some(WaitingFor::Worker);
const TURN: Option<WaitingFor> = Some(WaitingFor::Turn);
const ONE_STEP: Option<WaitingFor> = Some(WaitingFor::Dependencies(1));

pub(crate) async fn a_cancelled_task_runs_no_step_and_has_ended<S: Store>(store: S, clock: Arc<ManualClock>) {
    let bench = Bench::new(store, &[chain()]).await;
    let worker = bench.worker().await;
    let task = bench.start(0).await;
    clock.advance(Duration::from_secs(3));
    assert_eq!(bench.store.cancel(task).await.unwrap(), Operated::Done);
    clock.advance(Duration::from_secs(3));
    assert_eq!(bench.store.cancel(task).await.unwrap(), Operated::Unchanged, "it is cancelled already");
    assert_eq!(bench.states(task).await, (TaskState::Cancelled, vec![StepState::Cancelled; 3]));
    let status = bench.status(task).await;
    assert_eq!(status.ended_at.unwrap().since(status.created_at), Duration::from_secs(3));
    assert_eq!(bench.waiting(task).await, [None, None, None]);
    assert!(bench.claimed(worker, &Room::new(9)).await.is_empty());
    assert!(bench.store.open_tasks(None, 9).await.unwrap().is_empty());
}

pub(crate) async fn a_step_that_runs_when_its_task_is_cancelled_records_nothing<S: Store>(
    store: S,
    _: Arc<ManualClock>,
) {
    let bench = Bench::new(store, &[diamond()]).await;
    let worker = bench.worker().await;
    let task = bench.start(0).await;
    bench.run_one(worker, done()).await;
    let running = bench.claim(worker, 1).await;
    assert_eq!(bench.store.cancel(task).await.unwrap(), Operated::Done);
    assert!(bench.store.held(worker).await.unwrap().is_empty(), "the worker can find out");
    for ending in [done(), failed(), retry(1), Ending::HandedBack] {
        let settled = bench.settle(worker, &[outcome(&running[0], ending)], 9).await;
        assert_eq!(settled.refused, [running[0].execution]);
        assert!(settled.claimed.is_empty() && settled.ended.is_empty() && !settled.left);
    }
    let cancelled = StepState::Cancelled;
    let states = vec![StepState::Complete, cancelled, cancelled, cancelled];
    assert_eq!(bench.states(task).await, (TaskState::Cancelled, states), "what was complete stays so");
}

pub(crate) async fn what_has_ended_otherwise_cannot_be_cancelled<S: Store>(store: S, _: Arc<ManualClock>) {
    let bench = Bench::new(store, &[chain()]).await;
    let worker = bench.worker().await;
    let task = bench.start(0).await;
    for _ in 0..3 {
        bench.run_one(worker, done()).await;
    }
    assert_eq!(bench.store.cancel(task).await.unwrap(), Operated::Refused(TaskState::Complete));
    let task = bench.start(0).await;
    bench.run_one(worker, failed()).await;
    assert_eq!(bench.store.cancel(task).await.unwrap(), Operated::Refused(TaskState::Error));
}

pub(crate) async fn a_retried_task_runs_its_failed_steps_as_if_they_never_had<S: Store>(
    store: S,
    clock: Arc<ManualClock>,
) {
    let bench = Bench::new(store, &[chain()]).await;
    let worker = bench.worker().await;
    let task = bench.start(0).await;
    bench.run_one(worker, done()).await;
    bench.run_one(worker, retry(0)).await;
    bench.run_one(worker, failed()).await;
    clock.advance(Duration::from_secs(9));
    assert_eq!(bench.store.retry(task).await.unwrap(), Operated::Done);
    let status = bench.status(task).await;
    assert_eq!((status.state, status.ended_at), (TaskState::Pending, None));
    assert_eq!((status.steps[0].state, status.steps[0].attempts), (StepState::Complete, Attempt(1)));
    let step = &status.steps[1];
    assert_eq!((step.state, step.attempts, step.lost), (StepState::Pending, Attempt(0), 0));
    assert_eq!(step.error.as_ref().unwrap().error_code(), Some("NEVER"), "kept until it ends again");
    assert_eq!(bench.waiting(task).await, [None, WORKER, ONE_STEP]);
    assert_eq!(bench.store.open_tasks(None, 9).await.unwrap(), [task]);
    let claim = bench.claim(worker, 9).await;
    assert_eq!((claim[0].execution.attempt, claim[0].executions.failures()), (Attempt(1), 1));
    assert_eq!(bench.status(task).await.state, TaskState::InProgress);
    bench.settle(worker, &[outcome(&claim[0], done())], 0).await;
    assert_eq!(bench.run_one(worker, done()).await.ended, [task]);
    let status = bench.status(task).await;
    assert_eq!((status.state, &status.steps[1].error), (TaskState::Complete, &None));
    assert!(status.ended_at.is_some());
}

pub(crate) async fn only_a_task_in_error_can_be_retried<S: Store>(store: S, _: Arc<ManualClock>) {
    let bench = Bench::new(store, &[chain()]).await;
    let worker = bench.worker().await;
    let task = bench.start(0).await;
    let refused = |state| Operated::Refused(state);
    assert_eq!(bench.store.retry(task).await.unwrap(), refused(TaskState::Pending));
    bench.run_one(worker, done()).await;
    assert_eq!(bench.store.retry(task).await.unwrap(), refused(TaskState::InProgress));
    bench.store.cancel(task).await.unwrap();
    assert_eq!(bench.store.retry(task).await.unwrap(), refused(TaskState::Cancelled));
    let task = bench.start(0).await;
    for _ in 0..3 {
        bench.run_one(worker, done()).await;
    }
    assert_eq!(bench.store.retry(task).await.unwrap(), refused(TaskState::Complete));
}

pub(crate) async fn a_retried_sequential_task_still_runs_one_step_at_a_time<S: Store>(
    store: S,
    _: Arc<ManualClock>,
) {
    let bench = Bench::new(store, &[sequence()]).await;
    let worker = bench.worker().await;
    let task = bench.start(0).await;
    bench.run_one(worker, failed()).await;
    assert_eq!(bench.run_one(worker, failed()).await.ended, [task]);
    assert_eq!(bench.store.retry(task).await.unwrap(), Operated::Done);
    assert_eq!(bench.waiting(task).await, [WORKER, TURN, ONE_STEP]);
    bench.run_one(worker, done()).await;
    assert_eq!(bench.waiting(task).await, [None, WORKER, TURN]);
}

pub(crate) async fn a_paused_task_begins_no_step_until_it_is_resumed<S: Store>(
    store: S,
    _: Arc<ManualClock>,
) {
    let bench = Bench::new(store, &[forest()]).await;
    let worker = bench.worker().await;
    let task = bench.start(0).await;
    assert!(!bench.status(task).await.paused);
    for operated in [Operated::Done, Operated::Unchanged] {
        assert_eq!(bench.store.pause(task).await.unwrap(), operated);
        assert!(bench.status(task).await.paused);
        assert_eq!(bench.waiting(task).await, [OPERATOR, ONE_STEP, OPERATOR, ONE_STEP]);
        assert!(bench.claimed(worker, &Room::new(9)).await.is_empty());
    }
    assert_eq!(bench.status(task).await.state, TaskState::Pending, "a pause is no state");
    assert_eq!(bench.store.open_tasks(None, 9).await.unwrap(), [task]);
    assert_eq!(bench.store.resume(task).await.unwrap(), Operated::Done);
    assert!(!bench.status(task).await.paused);
    assert_eq!(bench.claimed(worker, &Room::new(9)).await, ["a", "x"]);
}

pub(crate) async fn a_step_that_runs_in_a_paused_task_waits_afterwards<S: Store>(
    store: S,
    clock: Arc<ManualClock>,
) {
    let bench = Bench::new(store, &[diamond()]).await;
    let endings: [fn() -> Option<Ending>; 5] =
        [|| Some(Ending::HandedBack), || Some(retry(0)), || Some(retry(7)), || Some(done()), || None];
    for ending in endings {
        let worker = bench.worker().await;
        let task = bench.start(0).await;
        let top = bench.claim(worker, 1).await;
        bench.store.pause(task).await.unwrap();
        assert_eq!(bench.waiting(task).await[0], None, "it goes on");
        let complete = matches!(ending(), Some(Ending::Complete(_)));
        if let Some(ending) = ending() {
            let settled = bench.settle(worker, &[outcome(&top[0], ending)], 9).await;
            assert!(settled.refused.is_empty() && settled.claimed.is_empty());
            clock.advance(LEASE);
        } else {
            clock.advance(LEASE);
            assert_eq!(bench.store.sweep().await.unwrap().steps, 1);
        }
        let waiting = bench.waiting(task).await;
        assert_eq!(
            waiting[..3],
            if complete {
                [None, OPERATOR, OPERATOR]
            } else {
                [OPERATOR, waiting[1].clone(), waiting[2].clone()]
            }
        );
        let worker = bench.worker().await;
        assert!(bench.claimed(worker, &Room::new(9)).await.is_empty(), "its time has come, not its operator");
        bench.store.resume(task).await.unwrap();
        let next: &[&str] = if complete { &["left", "right"] } else { &["top"] };
        assert_eq!(bench.claimed(worker, &Room::new(9)).await, next);
        bench.store.cancel(task).await.unwrap();
        bench.store.sweep().await.unwrap();
    }
}

pub(crate) async fn a_resumed_step_still_waits_for_its_time<S: Store>(store: S, clock: Arc<ManualClock>) {
    let bench = Bench::new(store, &[chain()]).await;
    let worker = bench.worker().await;
    let task = bench.start(0).await;
    bench.run_one(worker, retry(10)).await;
    let due = clock.now() + Duration::from_secs(10);
    bench.store.pause(task).await.unwrap();
    assert_eq!(bench.waiting(task).await[0], OPERATOR);
    clock.advance(Duration::from_secs(4));
    bench.store.resume(task).await.unwrap();
    assert_eq!(bench.waiting(task).await[0], Some(WaitingFor::Time(due)));
    let claim = bench.store.claim(worker, &bench.runnable, &Room::new(9)).await.unwrap();
    assert_eq!((claim.steps.len(), claim.next_due), (0, Some(Duration::from_secs(6))));
    clock.advance(Duration::from_secs(6));
    assert_eq!(bench.claimed(worker, &Room::new(9)).await, ["a"]);
}

pub(crate) async fn a_resumed_sequential_task_runs_one_step_at_a_time<S: Store>(
    store: S,
    clock: Arc<ManualClock>,
) {
    let bench = Bench::new(store, &[sequence()]).await;
    let worker = bench.worker().await;
    let task = bench.start(0).await;
    bench.store.pause(task).await.unwrap();
    assert_eq!(bench.waiting(task).await, [OPERATOR, OPERATOR, ONE_STEP]);
    bench.store.resume(task).await.unwrap();
    assert_eq!(bench.waiting(task).await, [WORKER, TURN, ONE_STEP]);
    // While a step runs, the turn is with it.
    let a = bench.claim(worker, 9).await;
    bench.store.pause(task).await.unwrap();
    bench.store.resume(task).await.unwrap();
    assert_eq!(bench.waiting(task).await, [None, TURN, ONE_STEP]);
    // While a step waits for its retry too, and then it is still to wait for it.
    bench.settle(worker, &[outcome(&a[0], retry(10))], 9).await;
    let due = clock.now() + Duration::from_secs(10);
    bench.store.pause(task).await.unwrap();
    bench.store.resume(task).await.unwrap();
    assert_eq!(bench.waiting(task).await, [Some(WaitingFor::Time(due)), TURN, ONE_STEP]);
    // What ends in a paused task passes the turn to nobody.
    clock.advance(Duration::from_secs(10));
    let a = bench.claim(worker, 9).await;
    bench.store.pause(task).await.unwrap();
    let settled = bench.settle(worker, &[outcome(&a[0], done())], 9).await;
    assert!(settled.claimed.is_empty() && settled.ended.is_empty());
    assert_eq!(bench.waiting(task).await, [None, OPERATOR, OPERATOR]);
    bench.store.resume(task).await.unwrap();
    assert_eq!(bench.waiting(task).await, [None, WORKER, TURN]);
}

pub(crate) async fn to_resume_what_is_not_paused_changes_nothing<S: Store>(store: S, _: Arc<ManualClock>) {
    let bench = Bench::new(store, &[sequence(), chain()]).await;
    let worker = bench.worker().await;
    let (task, other) = (bench.start(0).await, bench.start(1).await);
    for step in bench.claim(worker, 9).await {
        bench.settle(worker, &[outcome(&step, retry(10))], 0).await;
    }
    for task in [task, other] {
        let before = bench.status(task).await;
        assert_eq!(bench.store.resume(task).await.unwrap(), Operated::Unchanged);
        assert_eq!(bench.status(task).await, before);
    }
}

pub(crate) async fn what_has_ended_can_be_neither_paused_nor_resumed<S: Store>(
    store: S,
    _: Arc<ManualClock>,
) {
    let bench = Bench::new(store, &[chain()]).await;
    let worker = bench.worker().await;
    let failing = bench.start(0).await;
    bench.run_one(worker, failed()).await;
    let complete = bench.start(0).await;
    for _ in 0..3 {
        bench.run_one(worker, done()).await;
    }
    let cancelled = bench.start(0).await;
    bench.store.cancel(cancelled).await.unwrap();
    let ended =
        [(failing, TaskState::Error), (complete, TaskState::Complete), (cancelled, TaskState::Cancelled)];
    for (task, state) in ended {
        let before = bench.status(task).await;
        assert_eq!(bench.store.pause(task).await.unwrap(), Operated::Refused(state));
        assert_eq!(bench.store.resume(task).await.unwrap(), Operated::Refused(state));
        assert_eq!(bench.status(task).await, before);
    }
}

pub(crate) async fn a_task_that_ends_while_it_is_paused_is_paused_no_more<S: Store>(
    store: S,
    _: Arc<ManualClock>,
) {
    let bench = Bench::new(store, &[chain()]).await;
    let worker = bench.worker().await;
    let task = bench.start(0).await;
    bench.run_one(worker, done()).await;
    bench.run_one(worker, done()).await;
    let last = bench.claim(worker, 9).await;
    bench.store.pause(task).await.unwrap();
    assert_eq!(bench.settle(worker, &[outcome(&last[0], done())], 9).await.ended, [task]);
    let status = bench.status(task).await;
    assert_eq!((status.state, status.paused), (TaskState::Complete, false));
    let task = bench.start(0).await;
    bench.store.pause(task).await.unwrap();
    bench.store.cancel(task).await.unwrap();
    assert!(!bench.status(task).await.paused);
}

pub(crate) async fn a_retry_ends_a_pause<S: Store>(store: S, _: Arc<ManualClock>) {
    let bench = Bench::new(store, &[chain()]).await;
    let worker = bench.worker().await;
    let task = bench.start(0).await;
    let running = bench.claim(worker, 9).await;
    bench.store.pause(task).await.unwrap();
    assert_eq!(bench.settle(worker, &[outcome(&running[0], failed())], 9).await.ended, [task]);
    assert_eq!(bench.store.retry(task).await.unwrap(), Operated::Done);
    assert!(!bench.status(task).await.paused);
    for _ in 0..2 {
        assert!(bench.run_one(worker, done()).await.ended.is_empty());
    }
    assert_eq!(bench.run_one(worker, done()).await.ended, [task]);
}

pub(crate) async fn a_retry_ends_the_pause_of_a_sequential_task<S: Store>(store: S, _: Arc<ManualClock>) {
    let bench = Bench::new(store, &[sequential_diamond()]).await;
    let worker = bench.worker().await;
    let task = bench.start(0).await;
    let top = bench.claim(worker, 9).await;
    bench.store.pause(task).await.unwrap();
    assert_eq!(bench.settle(worker, &[outcome(&top[0], failed())], 9).await.ended, [task]);
    assert_eq!(bench.store.retry(task).await.unwrap(), Operated::Done);
    assert!(!bench.status(task).await.paused);
    bench.run_one(worker, done()).await;
    assert_eq!(bench.waiting(task).await, [None, WORKER, TURN, Some(WaitingFor::Dependencies(2))]);
}

pub(crate) async fn what_does_not_exist_cannot_be_operated<S: Store>(store: S, _: Arc<ManualClock>) {
    let unknown = TaskId::random();
    assert_eq!(store.cancel(unknown).await.unwrap(), Operated::NoTask);
    assert_eq!(store.retry(unknown).await.unwrap(), Operated::NoTask);
    assert_eq!(store.pause(unknown).await.unwrap(), Operated::NoTask);
    assert_eq!(store.resume(unknown).await.unwrap(), Operated::NoTask);
}

pub(crate) async fn a_purge_removes_what_ended_long_ago_and_nothing_else<S: Store>(
    store: S,
    clock: Arc<ManualClock>,
) {
    let bench = Bench::new(store, &[chain()]).await;
    let worker = bench.worker().await;
    let open = bench.start(0).await;
    let running = bench.claim(worker, 1).await;
    let paused = bench.start(0).await;
    bench.store.pause(paused).await.unwrap();
    let mut ended = Vec::new();
    for _ in 0..4 {
        let task = bench.start(0).await;
        ended.push(task);
        if ended.len() == 1 {
            bench.store.cancel(task).await.unwrap();
        } else {
            bench.run_one(worker, failed()).await;
        }
        clock.advance(Duration::from_secs(10));
    }
    // They ended 40, 30, 20 and 10 seconds ago.
    let purge = async |seconds, limit| bench.store.purge(Duration::from_secs(seconds), limit).await.unwrap();
    assert_eq!(purge(41, 9).await, 0);
    assert_eq!(purge(20, 1).await, 1, "no more than the limit, and the oldest first");
    let stored = async |tasks: &[TaskId]| {
        let states = bench.store.task_states(tasks).await.unwrap();
        states.iter().map(Option::is_some).collect::<Vec<_>>()
    };
    assert_eq!(stored(&ended).await, [false, true, true, true]);
    assert_eq!(purge(20, 9).await, 2, "20 seconds are at least 20 seconds");
    assert_eq!(stored(&ended).await, [false, false, false, true]);
    assert_eq!(bench.store.statuses(&ended[..1]).await.unwrap(), [None]);
    // What was retried has not ended.
    bench.store.retry(ended[3]).await.unwrap();
    assert_eq!(purge(0, 9).await, 0);
    assert_eq!(stored(&[open, paused, ended[3]]).await, [true; 3]);
    assert!(bench.settle(worker, &[outcome(&running[0], done())], 0).await.refused.is_empty());
    assert_eq!(bench.store.result(ended[0], "a").await.unwrap(), None);
}

pub(crate) async fn a_purge_frees_idempotency_keys<S: Store>(store: S, _: Arc<ManualClock>) {
    let bench = Bench::new(store, &[chain()]).await;
    let keyed = || {
        let mut task = bench.task(0);
        task.idempotency_key = Some("order-1".to_owned());
        task
    };
    let (first, second) = (keyed(), keyed());
    bench.store.create(std::slice::from_ref(&first)).await.unwrap();
    bench.store.cancel(first.id).await.unwrap();
    let created = bench.store.create(std::slice::from_ref(&second)).await.unwrap();
    assert_eq!(created, [Created::Existing(first.id)], "an ended task keeps its key");
    assert_eq!(bench.store.purge(Duration::ZERO, 9).await.unwrap(), 1);
    let created = bench.store.create(std::slice::from_ref(&second)).await.unwrap();
    assert_eq!(created, [Created::New(second.id)]);
}

/// Every situation that a task can wait in has a reason.
pub(crate) async fn nothing_is_ever_stranded<S: Store>(store: S, clock: Arc<ManualClock>) {
    let bench = Bench::new(store, &[chain(), diamond(), sequence()]).await;
    let none = async |when: &str| {
        assert!(bench.store.stranded(9).await.unwrap().is_empty(), "stranded {when}");
    };
    none("without tasks").await;
    let tasks = [bench.start(0).await, bench.start(1).await, bench.start(2).await];
    none("though every task is ready").await;
    let worker = bench.worker().await;
    let claim = bench.claim(worker, 9).await;
    none("though every task runs").await;
    for task in tasks {
        bench.store.pause(task).await.unwrap();
    }
    none("though steps run in paused tasks").await;
    let outcomes: Vec<_> = claim.iter().map(|step| outcome(step, retry(60))).collect();
    bench.settle(worker, &outcomes, 0).await;
    none("though every task is paused").await;
    for task in tasks {
        bench.store.resume(task).await.unwrap();
    }
    none("though every task waits for a retry").await;
    clock.advance(Duration::from_mins(1));
    none("though every retry is due").await;
    let other = bench.worker().await;
    bench.claim(other, 9).await;
    clock.advance(LEASE);
    none("though the worker is dead, as long as it is known").await;
    bench.store.sweep().await.unwrap();
    none("though the worker was swept").await;
    let last = bench.worker().await;
    bench.claim(last, 9).await;
    bench.store.retire(last).await.unwrap();
    none("though the worker retired").await;
    bench.store.cancel(tasks[0]).await.unwrap();
    let last = bench.worker().await;
    for _ in 0..2 {
        bench.run_one(last, failed()).await;
    }
    none("though tasks failed").await;
    let _ = bench.store.retry(tasks[1]).await.unwrap();
    none("though a task is retried").await;
}

/// Twins: of each two tasks in the same place one is among many orders that come together, and the other's order comes alone.
pub(crate) async fn many_orders_come_out_as_if_each_came_alone<S: Store>(store: S, clock: Arc<ManualClock>) {
    let bench = Bench::new(store, &[chain(), sequential_diamond(), forest()]).await;
    let worker = bench.worker().await;
    let text = |text: &str| Json::of(text).unwrap();
    let step = |name: &str, action: StepAction| Action::Step(name.to_owned(), action);
    let actions = [
        Action::Cancel,
        Action::Retry,
        Action::Resolve,
        Action::Pause,
        Action::Resume,
        step("a", StepAction::Retry),
        step("a", StepAction::Resolve(text("by \"hand\""))),
        step("b", StepAction::Cancel),
        step("top", StepAction::RetryLimit(7)),
        step("left", StepAction::Inputs(text("other"))),
        step("x", StepAction::Skip),
    ];
    let mut twins = Vec::new();
    for action in actions {
        for workflow in 0..3 {
            for ending in [None, Some(done()), Some(failed()), Some(retry(60))] {
                let mut pair = Vec::new();
                for _ in 0..2 {
                    let task = bench.start(workflow).await;
                    if let Some(ending) = ending.clone() {
                        // What was started before has ended or is paused.
                        bench.run_one(worker, ending).await;
                    } else if workflow == 1 {
                        bench.store.cancel(task).await.unwrap();
                    }
                    bench.store.pause(task).await.unwrap();
                    pair.push(task);
                }
                twins.push((pair, action.clone()));
            }
        }
    }
    // Together those are unknown, and some come twice.
    let order = |task: TaskId, action: &Action| Order {
        by: Some("ada".to_owned()),
        reason: Some("all of them".to_owned()),
        ..Order::new(task, action.clone())
    };
    let mut together: Vec<Order> = twins.iter().map(|(pair, action)| order(pair[0], action)).collect();
    together.insert(40, order(TaskId::random(), &Action::Cancel));
    together.extend(twins.iter().step_by(9).map(|(pair, action)| order(pair[0], action)));
    clock.advance(Duration::from_secs(1));
    let told = bench.store.operate(&together).await.unwrap();
    assert_eq!(told[40], Operated::NoTask);
    let mut alone = Vec::new();
    for Order { task, action, .. } in &together {
        let twin = twins.iter().find(|(pair, _)| pair[0] == *task).map_or(*task, |(pair, _)| pair[1]);
        alone.extend(bench.store.operate(&[order(twin, action)]).await.unwrap());
    }
    assert_eq!(told, alone);
    for wanted in [Operated::Done, Operated::Unchanged, Operated::NoStep, Operated::NotSkippable] {
        assert!(told.contains(&wanted), "{wanted:?} is among what is tried");
    }
    for (pair, action) in &twins {
        let (one, other) = (&pair[0], &pair[1]);
        let (mut status, twin) = (bench.status(*one).await, bench.status(*other).await);
        // Each has its own id for its request, too.
        assert_eq!((&status.correlation_id, &twin.correlation_id), (&one.to_string(), &other.to_string()));
        (status.id, status.created_at) = (twin.id, twin.created_at);
        status.correlation_id.clone_from(&twin.correlation_id);
        assert_eq!(status, twin, "{action:?}");
        let moved = async |task: TaskId| {
            let history = bench.store.history(task).await.unwrap();
            history.into_iter().map(|happened| format!("{:?}", happened.what)).collect::<Vec<_>>()
        };
        assert_eq!(moved(*one).await, moved(*other).await, "{action:?}");
        for name in status.steps.iter().map(|step| step.name.as_str()) {
            let results = (
                bench.store.result(*one, name).await.unwrap(),
                bench.store.result(*other, name).await.unwrap(),
            );
            assert_eq!(results.0, results.1, "{action:?}");
        }
    }
    assert!(bench.store.stranded(9).await.unwrap().is_empty());
}

/// What a store does by itself when it lost the answer to a commit.
pub(crate) async fn an_order_to_a_workflow_that_is_repeated_undoes_nothing_that_came_in_between<S: Store>(
    store: S,
    clock: Arc<ManualClock>,
) {
    let bench = Bench::new(store, &[chain()]).await;
    let worker = bench.worker().await;
    bench.start(0).await;
    let order = |paused| WorkflowOrder {
        id: TaskId::random().as_uuid(),
        namespace: "test".to_owned(),
        name: "chain".to_owned(),
        version: None,
        paused,
        by: None,
        reason: None,
    };
    let (pause, resume) = (order(true), order(false));
    for order in [&pause, &resume] {
        assert!(bench.store.operate_workflow(order).await.unwrap());
        clock.advance(Duration::from_secs(1));
    }
    assert!(bench.store.operate_workflow(&pause).await.unwrap(), "it was done");
    assert_eq!(bench.claim(worker, 9).await.len(), 1, "the workflow goes on");
    let history = bench.store.workflow_history("test", "chain").await.unwrap();
    let done: Vec<_> = history
        .iter()
        .map(|happened| match &happened.what {
            What::Ordered { action, .. } => action.as_str(),
            _ => "something else",
        })
        .collect();
    assert_eq!(done, ["pause_workflow", "resume_workflow"]);
    assert!(bench.store.operate_workflow(&order(true)).await.unwrap());
    bench.start(0).await;
    assert!(bench.claim(worker, 9).await.is_empty(), "another order is followed");
}
