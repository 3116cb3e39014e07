//! The rules of who is next: definitions take turns, limits hold, times are met, and a sequential task runs one step at a
//! time. `verbs` runs them.

use std::sync::Arc;
use std::time::Duration;

use tasker::store::{Ending, Room, Store};
use tasker::{ManualClock, StepState, TaskState, WaitingFor};

use crate::fixture::{Bench, LEASE, chain, diamond, done, failed, fan, outcome, retry, sequence};

const TURN: Option<WaitingFor> = Some(WaitingFor::Turn);

pub(crate) async fn definitions_take_turns_at_equal_priority<S: Store>(store: S, clock: Arc<ManualClock>) {
    let bench = Bench::new(store, &[chain(), diamond()]).await;
    let worker = bench.worker().await;
    for _ in 0..5 {
        bench.start(0).await;
    }
    clock.advance(Duration::from_secs(1));
    for _ in 0..2 {
        bench.start(1).await;
    }
    let first = bench.claimed(worker, &Room::new(4)).await;
    assert_eq!(first, ["a", "a", "top", "top"], "the flood came first and does not go first");
    assert_eq!(
        bench.claimed(worker, &Room::new(4)).await,
        ["a", "a", "a"],
        "nobody waits for who is not there"
    );
}

pub(crate) async fn a_higher_priority_comes_before_the_turn_of_another_definition<S: Store>(
    store: S,
    _: Arc<ManualClock>,
) {
    let bench = Bench::new(store, &[chain(), diamond()]).await;
    let worker = bench.worker().await;
    bench.start(1).await;
    for _ in 0..3 {
        let mut task = bench.task(0);
        task.priority = 1;
        bench.store.create(&[task]).await.unwrap();
    }
    assert_eq!(bench.claimed(worker, &Room::new(3)).await, ["a", "a", "a"]);
}

pub(crate) async fn a_claim_exceeds_no_limit<S: Store>(store: S, _: Arc<ManualClock>) {
    let bench = Bench::new(store, &[chain(), diamond()]).await;
    let worker = bench.worker().await;
    let limited = bench.workflows[0].0;
    for _ in 0..4 {
        bench.start(0).await;
        bench.start(1).await;
    }
    let room = Room::new(5).limit(limited, 1);
    assert_eq!(bench.claimed(worker, &room).await, ["a", "top", "top", "top", "top"]);
    assert!(bench.claimed(worker, &Room::new(5).limit(limited, 0)).await.is_empty());
    assert_eq!(bench.claimed(worker, &Room::new(2).limit(limited, 9)).await, ["a", "a"]);
}

pub(crate) async fn a_settle_exceeds_no_limit<S: Store>(store: S, _: Arc<ManualClock>) {
    let bench = Bench::new(store, &[chain(), diamond()]).await;
    let worker = bench.worker().await;
    bench.start(1).await;
    bench.start(0).await;
    let top = bench.claim(worker, 2).await;
    let room = Room::new(9).limit(bench.workflows[1].0, 1);
    let settled = bench.complete(worker, &top, &room).await;
    assert_eq!(bench.names(&settled.claimed), ["b", "left"]);
    assert!(settled.left, "the other one of the two that it released");
}

pub(crate) async fn room_for_what_a_settle_releases_is_taken_by_nothing_else<S: Store>(
    store: S,
    _: Arc<ManualClock>,
) {
    let bench = Bench::new(store, &[chain(), diamond()]).await;
    let worker = bench.worker().await;
    let running = bench.start(1).await;
    let top = bench.claim(worker, 1).await;
    let mut urgent = bench.task(0);
    urgent.priority = 9;
    bench.store.create(&[urgent]).await.unwrap();
    let room = |most| Room::new(9).for_released(most);
    let sides = bench.complete(worker, &top, &room(2)).await;
    assert_eq!(
        (bench.names(&sides.claimed), sides.left),
        (vec!["left".to_owned(), "right".to_owned()], false)
    );
    // One after the other: the first of them releases nothing yet.
    let first = bench.complete(worker, &sides.claimed[..1], &room(1)).await;
    assert_eq!((first.claimed.len(), first.left), (0, false));
    let join = bench.complete(worker, &sides.claimed[1..], &room(1)).await;
    assert_eq!((bench.names(&join.claimed), join.left), (vec!["join".to_owned()], false));
    assert_eq!(join.claimed[0].results.len(), 2);
    let last = bench.complete(worker, &join.claimed, &room(0)).await;
    assert_eq!((last.claimed.len(), last.ended), (0, vec![running]));
    assert_eq!(bench.claimed(worker, &Room::new(9)).await, ["a"]);
}

pub(crate) async fn where_more_is_released_than_there_is_room_for_the_first_are_taken<S: Store>(
    store: S,
    _: Arc<ManualClock>,
) {
    let bench = Bench::new(store, &[fan(), diamond()]).await;
    let worker = bench.worker().await;
    bench.start(0).await;
    bench.start(1).await;
    let tops = bench.claim(worker, 2).await;
    let room = Room::new(9).limit(bench.workflows[1].0, 1).for_released(4);
    let settled = bench.complete(worker, &tops, &room).await;
    // Definitions take turns here too, and the second has a limit.
    assert_eq!(bench.names(&settled.claimed), ["left", "s0", "s1", "s2"]);
    assert!(settled.left);
    assert_eq!(bench.claimed(worker, &Room::new(9)).await, ["right", "s3", "s4", "s5"]);
}

pub(crate) async fn a_settle_takes_only_what_is_ready<S: Store>(store: S, clock: Arc<ManualClock>) {
    let bench = Bench::new(store, &[chain(), diamond()]).await;
    let worker = bench.worker().await;
    bench.start(0).await;
    bench.run_one(worker, retry(2)).await;
    bench.start(1).await;
    let top = bench.claim(worker, 9).await;
    clock.advance(Duration::from_secs(2));
    let settled = bench.settle(worker, &[outcome(&top[0], failed())], 9).await;
    assert!(settled.claimed.is_empty(), "what is due is left to the claim");
    assert_eq!(bench.claimed(worker, &Room::new(9)).await, ["a"]);
}

pub(crate) async fn a_claim_looks_at_no_more_due_steps_than_there_is_room_for<S: Store>(
    store: S,
    clock: Arc<ManualClock>,
) {
    let bench = Bench::new(store, &[chain(), diamond()]).await;
    let worker = bench.worker().await;
    let tasks: Vec<_> = (0..5).map(|_| bench.task(0)).chain([bench.task(1)]).collect();
    bench.store.create(&tasks).await.unwrap();
    let outcomes: Vec<_> = bench.claim(worker, 9).await.iter().map(|step| outcome(step, retry(1))).collect();
    bench.settle(worker, &outcomes, 0).await;
    clock.advance(Duration::from_secs(1));
    let claim = async |room: Room| {
        let claim = bench.store.claim(worker, &bench.runnable, &room).await.unwrap();
        (bench.names(&claim.steps), claim.next_due)
    };
    let limited = bench.workflows[0].0;
    assert_eq!(claim(Room::new(0)).await, (vec![], None), "for nothing there is room");
    let (steps, next_due) = claim(Room::new(1)).await;
    assert_eq!((steps.len(), next_due), (1, Some(Duration::ZERO)), "one was left of the two that it saw");
    assert_eq!(bench.settle(worker, &[], 9).await.claimed.len(), 0, "what it left is not ready, but due");
    let (steps, next_due) = claim(Room::new(9).limit(limited, 1)).await;
    assert!(
        steps.contains(&"a".to_owned()) && next_due.is_none(),
        "of the limited ones it saw one: {steps:?}"
    );
    let (steps, next_due) = claim(Room::new(9)).await;
    assert_eq!((steps.iter().all(|step| step == "a"), next_due), (true, None));
    assert_eq!(bench.store.held(worker).await.unwrap().len(), 6);
}

pub(crate) async fn due_steps_stand_among_the_ready_ones<S: Store>(store: S, clock: Arc<ManualClock>) {
    let bench = Bench::new(store, &[chain(), diamond()]).await;
    let worker = bench.worker().await;
    let mut tasks = [bench.task(0), bench.task(0), bench.task(0), bench.task(1)];
    for (task, priority) in tasks.iter_mut().zip([0, 3, 1, 2]) {
        task.priority = priority;
    }
    bench.store.create(&tasks[..2]).await.unwrap();
    for step in bench.claim(worker, 9).await {
        let first = step.execution.task == tasks[0].id;
        bench.settle(worker, &[outcome(&step, retry(if first { 1 } else { 2 }))], 0).await;
    }
    bench.store.create(&tasks[2..]).await.unwrap();
    clock.advance(Duration::from_secs(2));
    let claim = async || {
        let mut claimed: Vec<_> =
            bench.claim(worker, 2).await.iter().map(|step| step.execution.task).collect();
        claimed.sort_unstable();
        claimed
    };
    assert_eq!(
        claim().await,
        [tasks[1].id, tasks[3].id],
        "of the priorities 3 and 2, though another one was due before"
    );
    assert_eq!(claim().await, [tasks[0].id, tasks[2].id]);
}

pub(crate) async fn a_settle_tells_whether_it_left_what_it_released<S: Store>(store: S, _: Arc<ManualClock>) {
    let bench = Bench::new(store, &[diamond()]).await;
    let worker = bench.worker().await;
    bench.start(0).await;
    let top = bench.claim(worker, 1).await;
    let settled = bench.settle(worker, &[outcome(&top[0], done())], 1).await;
    assert!(settled.left, "it took one of two");
    let settled = bench.settle(worker, &[outcome(&settled.claimed[0], done())], 1).await;
    assert!(!settled.left, "it released nothing");
    let settled = bench.settle(worker, &[outcome(&settled.claimed[0], done())], 1).await;
    assert!(!settled.left, "it took what it released");
}

pub(crate) async fn a_sequential_task_runs_one_step_at_a_time<S: Store>(store: S, _: Arc<ManualClock>) {
    let bench = Bench::new(store, &[sequence()]).await;
    let worker = bench.worker().await;
    let task = bench.start(0).await;
    assert_eq!(
        bench.waiting(task).await,
        [Some(WaitingFor::Worker), TURN, Some(WaitingFor::Dependencies(1))]
    );
    let claim = bench.claim(worker, 9).await;
    assert_eq!(bench.names(&claim), ["a"]);
    assert_eq!(bench.waiting(task).await, [None, TURN, Some(WaitingFor::Dependencies(1))]);
    let settled = bench.settle(worker, &[outcome(&claim[0], done())], 9).await;
    assert!(
        settled.claimed.is_empty() && settled.left,
        "the turn is passed when all is recorded and given out"
    );
    assert_eq!(bench.waiting(task).await, [None, Some(WaitingFor::Worker), TURN]);
    let claim = bench.claim(worker, 9).await;
    assert_eq!(bench.names(&claim), ["b"]);
    assert_eq!(bench.waiting(task).await, [None, None, TURN]);
    assert!(bench.settle(worker, &[outcome(&claim[0], done())], 9).await.left);
    let claim = bench.claim(worker, 9).await;
    assert_eq!(bench.names(&claim), ["c"]);
    assert_eq!(bench.settle(worker, &[outcome(&claim[0], done())], 9).await.ended, [task]);
}

pub(crate) async fn the_turn_stays_with_a_step_that_runs_again<S: Store>(store: S, clock: Arc<ManualClock>) {
    let bench = Bench::new(store, &[sequence()]).await;
    let worker = bench.worker().await;
    let task = bench.start(0).await;
    bench.run_one(worker, Ending::HandedBack).await;
    assert_eq!(bench.waiting(task).await[..2], [Some(WaitingFor::Worker), TURN]);
    bench.run_one(worker, retry(5)).await;
    assert!(
        bench.claimed(worker, &Room::new(9)).await.is_empty(),
        "it waits for its retry, and the others for it"
    );
    clock.advance(Duration::from_secs(5));
    assert_eq!(bench.claimed(worker, &Room::new(9)).await, ["a"]);
    clock.advance(LEASE);
    bench.store.sweep().await.unwrap();
    let other = bench.worker().await;
    assert_eq!(bench.claimed(other, &Room::new(9)).await, ["a"], "the worker was lost, the turn was not");
}

pub(crate) async fn the_turn_goes_on_when_a_step_fails<S: Store>(store: S, _: Arc<ManualClock>) {
    let bench = Bench::new(store, &[sequence()]).await;
    let worker = bench.worker().await;
    let task = bench.start(0).await;
    let settled = bench.run_one(worker, failed()).await;
    assert!(settled.ended.is_empty() && settled.left);
    assert_eq!(bench.run_one(worker, done()).await.ended, [task], "`b` ran, and `c` never can");
    let states = [StepState::Error, StepState::Complete, StepState::Pending];
    assert_eq!(bench.states(task).await, (TaskState::Error, states.to_vec()));
}

pub(crate) async fn the_turn_goes_on_when_a_step_is_lost_for_good<S: Store>(
    store: S,
    clock: Arc<ManualClock>,
) {
    let bench = Bench::new(store, &[sequence()]).await;
    let worker = bench.worker().await;
    let task = bench.start(0).await;
    bench.run_one(worker, done()).await;
    assert_eq!(bench.claimed(worker, &Room::new(9)).await, ["b"], "which may run once");
    clock.advance(LEASE);
    assert!(bench.store.sweep().await.unwrap().ended.is_empty());
    let other = bench.worker().await;
    assert_eq!(bench.claimed(other, &Room::new(9)).await, ["c"]);
    assert_eq!(bench.states(task).await.1[1], StepState::Error);
}
