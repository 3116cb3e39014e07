//! What operators do to single steps, and what the history tells of it.

use std::sync::Arc;
use std::time::Duration;

use tasker::store::{
    Action, Created, Happened, NewTask, Operated, Order, Room, StepAction, Store, What, WorkflowOrder,
};
use tasker::{
    Clock, Json, ManualClock, StepNo, StepSpec, StepState, TaskId, TaskState, WaitingFor, WorkflowDef,
};
use tasker_tests::operator::Operator as _;

use crate::fixture::{
    Bench, build, chain, diamond, done, failed, forest, outcome, result, retry, sequence, sequential_diamond,
    workflow,
};

use StepState::{Cancelled, Complete, Error, InProgress, Pending, ResolvedManually, Skipped};

/// Two steps side by side that may be skipped, and one that waits for both.
pub(crate) fn skippable() -> Arc<WorkflowDef> {
    let builder = WorkflowDef::builder("test", "skippable", "1.0.0");
    let steps = [
        StepSpec::new("left").optional(true),
        StepSpec::new("right").optional(true),
        StepSpec::new("join").depends_on(["left", "right"]).reads_optional(["left", "right"]),
    ];
    Arc::new(steps.into_iter().fold(builder, tasker::WorkflowBuilder::step).build().unwrap())
}

fn json(text: &str) -> Json {
    Json::of(text).unwrap()
}

fn resolve(text: &str) -> StepAction {
    StepAction::Resolve(json(text))
}

pub(crate) async fn what_depends_on_a_cancelled_step_does_not_run<S: Store>(store: S, _: Arc<ManualClock>) {
    let bench = Bench::new(store, &[diamond()]).await;
    let worker = bench.worker().await;
    let task = bench.start(0).await;
    bench.run_one(worker, done()).await;
    for operated in [Operated::Done, Operated::Unchanged] {
        assert_eq!(bench.store.order_step(task, "left", StepAction::Cancel).await.unwrap(), operated);
    }
    assert_eq!(bench.claimed(worker, &Room::new(9)).await, ["right"], "the branch beside it goes on");
    let status = bench.status(task).await;
    assert_eq!(status.state, TaskState::InProgress);
    let right = bench.store.held(worker).await.unwrap()[0].0;
    let ended = tasker::store::Outcome {
        execution: right,
        definition: bench.workflows[0].0,
        ending: done(),
        records: Vec::new(),
    };
    assert_eq!(bench.settle(worker, &[ended], 9).await.ended, [task]);
    assert_eq!(bench.states(task).await, (TaskState::Error, vec![Complete, Cancelled, Complete, Pending]));
}

pub(crate) async fn a_step_that_is_cancelled_while_it_runs_is_nobodys<S: Store>(
    store: S,
    clock: Arc<ManualClock>,
) {
    let bench = Bench::new(store, &[chain()]).await;
    let worker = bench.worker().await;
    let task = bench.start(0).await;
    let running = bench.claim(worker, 1).await;
    assert_eq!(bench.store.order_step(task, "a", StepAction::Cancel).await.unwrap(), Operated::Done);
    assert!(bench.store.held(worker).await.unwrap().is_empty());
    let status = bench.status(task).await;
    assert_eq!((status.state, status.steps[0].state), (TaskState::Error, Cancelled));
    assert!(status.ended_at.is_some());
    let settled = bench.settle(worker, &[outcome(&running[0], done())], 9).await;
    assert_eq!(settled.refused, [running[0].execution], "what it returns late is refused");
    assert_eq!(bench.store.retry(task).await.unwrap(), Operated::NothingFailed);
    clock.advance(Duration::from_secs(5));
    assert_eq!(bench.store.order(task, Action::Resolve).await.unwrap(), Operated::Done);
    let status = bench.status(task).await;
    assert_eq!((status.state, status.ended_at), (TaskState::ResolvedManually, Some(clock.now())));
}

pub(crate) async fn one_failed_step_is_retried_and_the_other_is_not<S: Store>(store: S, _: Arc<ManualClock>) {
    let bench = Bench::new(store, &[forest()]).await;
    let worker = bench.worker().await;
    let task = bench.start(0).await;
    for _ in 0..2 {
        bench.run_one(worker, failed()).await;
    }
    assert_eq!(bench.states(task).await, (TaskState::Error, vec![Error, Pending, Error, Pending]));
    assert_eq!(bench.store.order_step(task, "x", StepAction::Retry).await.unwrap(), Operated::Done);
    let status = bench.status(task).await;
    assert_eq!((status.state, status.ended_at), (TaskState::Pending, None));
    assert_eq!((status.steps[0].state, status.steps[2].state), (Error, Pending));
    assert_eq!(status.steps[2].attempts.0, 0, "with all its attempts");
    bench.run_one(worker, done()).await;
    assert_eq!(bench.run_one(worker, done()).await.ended, [task]);
    assert_eq!(bench.states(task).await, (TaskState::Error, vec![Error, Pending, Complete, Complete]));
}

pub(crate) async fn a_retried_step_does_not_wait_for_its_time<S: Store>(store: S, _: Arc<ManualClock>) {
    let bench = Bench::new(store, &[chain(), sequence()]).await;
    let worker = bench.worker().await;
    for workflow in 0..2 {
        let task = bench.start(workflow).await;
        bench.run_one(worker, retry(600)).await;
        assert!(!bench.claimed(worker, &Room::new(9)).await.contains(&"a".to_owned()));
        assert_eq!(bench.store.order_step(task, "a", StepAction::Retry).await.unwrap(), Operated::Done);
        let refused = Operated::RefusedStep(Pending);
        assert_eq!(bench.store.order_step(task, "c", StepAction::Retry).await.unwrap(), refused);
        assert_eq!(
            bench.store.order_step(task, "a", StepAction::Retry).await.unwrap(),
            refused,
            "it is ready"
        );
        let again = bench.claim(worker, 9).await;
        assert_eq!(bench.names(&again), ["a"]);
        assert_eq!(again[0].executions.attempt.0, 2, "the attempt that failed is counted");
        bench.store.cancel(task).await.unwrap();
    }
}

pub(crate) async fn a_step_that_is_retried_in_a_paused_task_waits_for_the_operator<S: Store>(
    store: S,
    _: Arc<ManualClock>,
) {
    let bench = Bench::new(store, &[forest()]).await;
    let worker = bench.worker().await;
    let task = bench.start(0).await;
    bench.run_one(worker, failed()).await;
    bench.store.pause(task).await.unwrap();
    assert_eq!(bench.store.order_step(task, "a", StepAction::Retry).await.unwrap(), Operated::Done);
    assert!(bench.claimed(worker, &Room::new(9)).await.is_empty());
    bench.store.resume(task).await.unwrap();
    assert_eq!(bench.claimed(worker, &Room::new(9)).await, ["a", "x"]);
}

pub(crate) async fn a_resolved_step_has_the_result_that_it_was_given<S: Store>(
    store: S,
    _: Arc<ManualClock>,
) {
    let bench = Bench::new(store, &[chain()]).await;
    let worker = bench.worker().await;
    let task = bench.start(0).await;
    assert_eq!(bench.run_one(worker, failed()).await.ended, [task]);
    assert_eq!(bench.store.order_step(task, "a", resolve("by hand")).await.unwrap(), Operated::Done);
    let status = bench.status(task).await;
    assert_eq!((status.state, status.steps[0].state), (TaskState::Pending, ResolvedManually));
    assert_eq!(status.steps[0].error, None);
    let next = bench.claim(worker, 9).await;
    assert_eq!(bench.names(&next), ["b"]);
    assert_eq!(next[0].results, [(StepNo(0), json("by hand"))]);
    assert_eq!(bench.store.result(task, "a").await.unwrap(), Some(json("by hand")));
}

pub(crate) async fn a_step_can_be_resolved_before_its_turn<S: Store>(store: S, _: Arc<ManualClock>) {
    let bench = Bench::new(store, &[chain(), sequential_diamond()]).await;
    let worker = bench.worker().await;
    let task = bench.start(0).await;
    assert_eq!(bench.store.order_step(task, "b", resolve("early")).await.unwrap(), Operated::Done);
    assert_eq!(bench.claimed(worker, &Room::new(9)).await, ["a", "c"]);
    bench.store.cancel(task).await.unwrap();
    let task = bench.start(1).await;
    bench.store.order_step(task, "left", resolve("early")).await.unwrap();
    bench.run_one(worker, done()).await;
    bench.run_one(worker, done()).await;
    assert_eq!(bench.run_one(worker, done()).await.ended, [task]);
    let states = vec![Complete, ResolvedManually, Complete, Complete];
    assert_eq!(bench.states(task).await, (TaskState::Complete, states));
}

pub(crate) async fn a_task_whose_last_steps_are_resolved_is_complete<S: Store>(
    store: S,
    clock: Arc<ManualClock>,
) {
    let bench = Bench::new(store, &[chain()]).await;
    let worker = bench.worker().await;
    // Of a task that never began, of one that goes on, and of one in error.
    for runs in 0..3 {
        let task = bench.start(0).await;
        for ending in [result("one"), failed()].into_iter().take(runs) {
            bench.run_one(worker, ending).await;
        }
        clock.advance(Duration::from_secs(5));
        for step in ["a", "b", "c"].into_iter().skip(usize::from(runs > 0)) {
            assert_eq!(bench.store.order_step(task, step, resolve(step)).await.unwrap(), Operated::Done);
        }
        let status = bench.status(task).await;
        assert_eq!((status.state, status.ended_at), (TaskState::Complete, Some(clock.now())), "{runs}");
        assert!(bench.store.open_tasks(None, 9).await.unwrap().is_empty());
        assert_eq!(bench.store.purge(Duration::ZERO, 9).await.unwrap(), 1);
    }
}

pub(crate) async fn only_what_may_be_skipped_is_skipped<S: Store>(store: S, _: Arc<ManualClock>) {
    let bench = Bench::new(store, &[skippable()]).await;
    let worker = bench.worker().await;
    let task = bench.start(0).await;
    let skip = async |step: &str| bench.store.order_step(task, step, StepAction::Skip).await.unwrap();
    assert_eq!(skip("join").await, Operated::NotSkippable);
    assert_eq!(skip("left").await, Operated::Done);
    assert_eq!(skip("left").await, Operated::RefusedStep(Skipped));
    assert_eq!(bench.claim(worker, 9).await.len(), 1);
    assert_eq!(skip("right").await, Operated::RefusedStep(InProgress));
    let held = bench.store.held(worker).await.unwrap();
    let outcome = tasker::store::Outcome {
        execution: held[0].0,
        definition: held[0].1,
        ending: failed(),
        records: Vec::new(),
    };
    assert_eq!(bench.settle(worker, &[outcome], 9).await.ended, [task]);
    assert_eq!(skip("right").await, Operated::Done);
    assert_eq!(bench.claimed(worker, &Room::new(9)).await, ["join"]);
    assert_eq!(bench.states(task).await, (TaskState::InProgress, vec![Skipped, Skipped, InProgress]));
}

pub(crate) async fn a_task_may_go_without_steps_from_the_start<S: Store>(store: S, clock: Arc<ManualClock>) {
    let bench = Bench::new(store, &[skippable()]).await;
    let worker = bench.worker().await;
    let without = |bypass: &[u32]| {
        let bypass = bypass.iter().map(|&no| StepNo(no)).collect();
        NewTask { bypass, ..bench.task(0) }
    };
    let (none, left, both) = (without(&[]), without(&[0]), without(&[0, 1]));
    let all = [none.clone(), left.clone(), both.clone()];
    for _ in 0..2 {
        let created = bench.store.create(&all).await.unwrap();
        assert_eq!(created, all.each_ref().map(|task| Created::New(task.id)), "also when asked again");
    }
    assert_eq!(bench.states(none.id).await.1, [Pending, Pending, Pending]);
    assert_eq!(bench.states(left.id).await.1, [Skipped, Pending, Pending]);
    assert_eq!(bench.states(both.id).await, (TaskState::Pending, vec![Skipped, Skipped, Pending]));
    assert_eq!(bench.claimed(worker, &Room::new(9)).await, ["join", "left", "right", "right"]);
    let history = bench.store.history(left.id).await.unwrap();
    assert!(
        matches!(&history[1].what, What::Step { step, to: Skipped, .. } if step == "left"),
        "{history:?}"
    );
    // One that goes without all of its steps is complete.
    let only = StepSpec::new("only").optional(true);
    let only = WorkflowDef::builder("test", "only", "1.0.0").step(only).build().unwrap();
    let bench = Bench::new(bench.store, &[Arc::new(only)]).await;
    let nothing = NewTask { bypass: vec![StepNo(0)], ..bench.task(0) };
    bench.store.create(std::slice::from_ref(&nothing)).await.unwrap();
    let status = bench.status(nothing.id).await;
    assert_eq!((status.state, status.ended_at), (TaskState::Complete, Some(clock.now())));
    assert!(!bench.store.open_tasks(None, 9).await.unwrap().contains(&nothing.id));
}

pub(crate) async fn a_retry_limit_is_changed<S: Store>(store: S, _: Arc<ManualClock>) {
    let bench = Bench::new(store, &[chain()]).await;
    let worker = bench.worker().await;
    let task = bench.start(0).await;
    let limit = StepAction::RetryLimit(7);
    assert_eq!(bench.store.order_step(task, "a", limit.clone()).await.unwrap(), Operated::Done);
    let claimed = bench.claim(worker, 1).await;
    assert_eq!(claimed[0].executions.limit, 7);
    assert_eq!(bench.store.order_step(task, "a", limit).await.unwrap(), Operated::RefusedStep(InProgress));
}

pub(crate) async fn inputs_take_the_place_of_the_context_for_one_step<S: Store>(
    store: S,
    _: Arc<ManualClock>,
) {
    let bench = Bench::new(store, &[chain()]).await;
    let worker = bench.worker().await;
    let task = bench.start(0).await;
    let give = async |step: &str, text: &str| {
        let inputs = StepAction::Inputs(json(text));
        assert_eq!(bench.store.order_step(task, step, inputs).await.unwrap(), Operated::Done);
    };
    give("a", "for a").await;
    give("b", "for b").await;
    let a = bench.claim(worker, 1).await;
    assert_eq!(a[0].context, json("for a"));
    let b = bench.settle(worker, &[outcome(&a[0], done())], 9).await.claimed;
    assert_eq!(b[0].context, json("for b"), "also where a settle hands the step on");
    bench.settle(worker, &[outcome(&b[0], failed())], 9).await;
    give("b", "for b again").await;
    bench.store.order_step(task, "b", StepAction::Retry).await.unwrap();
    let b = bench.claim(worker, 1).await;
    assert_eq!(b[0].context, json("for b again"));
    let c = bench.settle(worker, &[outcome(&b[0], done())], 9).await.claimed;
    assert_eq!(c[0].context, json(&task.to_string()));
}

pub(crate) async fn steps_are_operated_only_where_it_makes_sense<S: Store>(store: S, _: Arc<ManualClock>) {
    let bench = Bench::new(store, &[chain()]).await;
    let worker = bench.worker().await;
    let task = bench.start(0).await;
    let all = || {
        let (limit, inputs) = (StepAction::RetryLimit(2), StepAction::Inputs(json("x")));
        [StepAction::Cancel, StepAction::Retry, resolve("x"), StepAction::Skip, limit, inputs]
    };
    for action in all() {
        assert_eq!(bench.store.order_step(task, "z", action).await.unwrap(), Operated::NoStep);
    }
    bench.run_one(worker, done()).await;
    let refused = async |step: &str, action: StepAction, because: Operated| {
        let before = bench.status(task).await;
        assert_eq!(bench.store.order_step(task, step, action).await.unwrap(), because);
        assert_eq!(bench.status(task).await, before);
    };
    for action in all() {
        refused("a", action, Operated::RefusedStep(Complete)).await;
    }
    bench.claim(worker, 1).await;
    for action in all().into_iter().skip(1) {
        refused("b", action, Operated::RefusedStep(InProgress)).await;
    }
    bench.store.cancel(task).await.unwrap();
    for action in all() {
        refused("c", action, Operated::Refused(TaskState::Cancelled)).await;
    }
    let unknown = TaskId::random();
    assert_eq!(bench.store.order_step(unknown, "a", StepAction::Cancel).await.unwrap(), Operated::NoTask);
    assert!(bench.store.history(unknown).await.unwrap().is_empty());
}

pub(crate) async fn what_was_done_is_not_done_again<S: Store>(store: S, _: Arc<ManualClock>) {
    let bench = Bench::new(store, &[chain()]).await;
    let worker = bench.worker().await;
    let task = bench.start(0).await;
    bench.run_one(worker, failed()).await;
    let order = Order::new(task, Action::Retry);
    for _ in 0..2 {
        let operated = bench.store.operate(std::slice::from_ref(&order)).await.unwrap();
        assert_eq!(operated, [Operated::Done], "also when the answer was lost");
    }
    bench.run_one(worker, failed()).await;
    assert_eq!(bench.store.operate(&[order]).await.unwrap(), [Operated::Done]);
    assert_eq!(bench.status(task).await.state, TaskState::Error, "it was done, once");
}

pub(crate) async fn several_orders_are_followed_in_order<S: Store>(store: S, _: Arc<ManualClock>) {
    let bench = Bench::new(store, &[chain()]).await;
    let (first, second) = (bench.start(0).await, bench.start(0).await);
    let order = Order::new;
    let orders = [
        order(first, Action::Pause),
        order(second, Action::Cancel),
        order(first, Action::Resume),
        order(second, Action::Pause),
    ];
    let operated = bench.store.operate(&orders).await.unwrap();
    let refused = Operated::Refused(TaskState::Cancelled);
    assert_eq!(operated, [Operated::Done, Operated::Done, Operated::Done, refused]);
    assert!(!bench.status(first).await.paused);
}

pub(crate) async fn the_history_tells_who_did_what_and_why<S: Store>(store: S, clock: Arc<ManualClock>) {
    let bench = Bench::new(store, &[chain()]).await;
    let worker = bench.worker().await;
    let task = bench.start(0).await;
    let start = clock.now();
    bench.run_one(worker, failed()).await;
    clock.advance(Duration::from_secs(1));
    let order = Order {
        by: Some("ada".to_owned()),
        reason: Some("the bank was closed".to_owned()),
        ..Order::new(task, Action::Step("a".to_owned(), resolve("by hand")))
    };
    bench.store.operate(&[order]).await.unwrap();
    bench.store.order_step(task, "b", StepAction::RetryLimit(9)).await.unwrap();
    // What changes nothing is not recorded.
    bench.store.resume(task).await.unwrap();
    let history = bench.store.history(task).await.unwrap();
    let told: Vec<String> = history.iter().map(|happened| tell(happened, start)).collect();
    assert_eq!(
        told,
        [
            "0: task pending -> in_progress",
            "0: a pending -> in_progress, attempt 1, a worker",
            "0: a in_progress -> error, attempt 1, a worker, never [NEVER]",
            "0: task in_progress -> error",
            "1: resolve_step a by ada because the bank was closed",
            "1: change_retry_limit b: 9",
            "1: task error -> pending",
            "1: a error -> resolved_manually, attempt 1",
        ]
    );
}

pub(crate) async fn a_snapshot_has_the_times_of_the_steps<S: Store>(store: S, clock: Arc<ManualClock>) {
    let bench = Bench::new(store, &[chain(), sequence()]).await;
    let worker = bench.worker().await;
    let start = clock.now();
    let task = bench.start(0).await;
    let unknown = TaskId::random();
    let mut second = 0;
    let mut wait = |seconds: u64| {
        second += seconds;
        clock.advance(Duration::from_secs(seconds));
    };
    wait(1);
    let a = bench.claim(worker, 1).await;
    wait(2);
    let b = bench.settle(worker, &[outcome(&a[0], done())], 9).await.claimed;
    wait(4);
    bench.settle(worker, &[outcome(&b[0], retry(60))], 0).await;
    wait(8);
    let snapshots = bench.store.snapshots(&[task, unknown]).await.unwrap();
    assert!(snapshots[1].is_none());
    let snapshot = snapshots[0].as_ref().unwrap();
    assert_eq!((snapshot.now(), snapshot.status()), (clock.now(), &bench.status(task).await));
    let seconds = |at: Option<tasker::Timestamp>| at.map(|at| at.since(start).as_secs());
    let times: Vec<_> = snapshot
        .steps()
        .iter()
        .map(|step| [step.ready_at, step.started_at, step.failed_at, step.ended_at].map(seconds))
        .collect();
    let expected =
        [[Some(0), Some(1), None, Some(3)], [Some(7), Some(3), Some(7), Some(7)], [None, None, None, None]];
    assert_eq!(times, expected);
    assert_eq!(seconds(snapshot.steps()[1].run_at), Some(67));
    let limits: Vec<_> = snapshot.steps().iter().map(|step| step.retry_limit).collect();
    assert_eq!((limits, snapshot.steps()[2].depends_on.clone()), (vec![3, 3, 1], vec![StepNo(1)]));
    assert!(!snapshot.is_one_at_a_time());
    let other = bench.start(1).await;
    assert!(bench.store.snapshots(&[other]).await.unwrap()[0].as_ref().unwrap().is_one_at_a_time());
}

fn tell(happened: &Happened, start: tasker::Timestamp) -> String {
    let seconds = happened.at.since(start).as_secs();
    let what = match &happened.what {
        What::Ordered { action, step, by, reason, value } => {
            let mut text = action.clone();
            text += &step.as_ref().map(|step| format!(" {step}")).unwrap_or_default();
            text += &by.as_ref().map(|by| format!(" by {by}")).unwrap_or_default();
            text += &reason.as_ref().map(|reason| format!(" because {reason}")).unwrap_or_default();
            text + &value.as_ref().map(|value| format!(": {}", value.as_str())).unwrap_or_default()
        }
        What::Task { from, to } => format!("task {from} -> {to}"),
        What::Step { step, from, to, attempt, worker, error } => {
            let worker = if worker.is_some() { ", a worker" } else { "" };
            let error = error.as_ref().map(|error| format!(", {error}")).unwrap_or_default();
            format!("{step} {from} -> {to}, attempt {attempt}{worker}{error}")
        }
    };
    format!("{seconds}: {what}")
}

pub(crate) async fn no_step_of_a_paused_workflow_begins<S: Store>(store: S, clock: Arc<ManualClock>) {
    let bench = Bench::new(store, &[chain(), diamond()]).await;
    let worker = bench.worker().await;
    let (task, other) = (bench.start(0).await, bench.start(1).await);
    let running = bench.claim(worker, 9).await;
    assert_eq!(running.len(), 2);
    let again = bench.start(0).await;
    pause_chain(&bench.store, true, "1.0.0").await;
    let later = bench.start(0).await;
    let waiting = WaitingFor::Operator;
    for task in [again, later] {
        let status = bench.status(task).await;
        assert_eq!((status.paused, status.steps[0].waiting_for.clone()), (true, Some(waiting.clone())));
    }
    assert!(bench.claim(worker, 9).await.is_empty());
    // What runs comes to its end, and hands nothing on; other workflows go on.
    let outcomes: Vec<_> = running.iter().map(|step| outcome(step, done())).collect();
    let settled = bench.settle(worker, &outcomes, 9).await;
    assert_eq!(bench.names(&settled.claimed), ["left", "right"]);
    let room = Room::new(9).for_released(9);
    for step in &settled.claimed {
        let outcomes = [outcome(step, done())];
        let settled = bench.store.settle(worker, &bench.runnable, &outcomes, &room).await.unwrap();
        let rest = bench.claim(worker, 9).await;
        assert!(bench.names(&settled.claimed).iter().chain(&bench.names(&rest)).all(|name| name == "join"));
    }
    assert_eq!(bench.status(other).await.steps[3].attempts.0, 1);
    assert_eq!(bench.status(task).await.steps[1].waiting_for, Some(waiting));
    // Nor does what is due, and nothing waits without a reason.
    clock.advance(Duration::from_mins(1));
    assert!(bench.store.stranded(9).await.unwrap().is_empty());
    pause_chain(&bench.store, false, "1.0.0").await;
    assert_eq!(bench.claimed(worker, &Room::new(9)).await, ["a", "a", "b"]);
}

async fn pause_chain<S: Store>(store: &S, paused: bool, version: &str) {
    let order = WorkflowOrder {
        id: sea_orm::prelude::Uuid::now_v7(),
        namespace: "test".to_owned(),
        name: "chain".to_owned(),
        version: Some(version.to_owned()),
        paused,
        by: Some("ada".to_owned()),
        reason: None,
    };
    for _ in 0..2 {
        assert!(store.operate_workflow(&order).await.unwrap());
    }
}

pub(crate) async fn a_released_step_of_a_paused_workflow_waits<S: Store>(store: S, _: Arc<ManualClock>) {
    let bench = Bench::new(store, &[chain()]).await;
    let worker = bench.worker().await;
    bench.start(0).await;
    let running = bench.claim(worker, 9).await;
    pause_chain(&bench.store, true, "1.0.0").await;
    let room = Room::new(9).for_released(9);
    let outcomes = [outcome(&running[0], done())];
    let settled = bench.store.settle(worker, &bench.runnable, &outcomes, &room).await.unwrap();
    assert!(settled.claimed.is_empty() && settled.refused.is_empty());
    assert!(bench.claim(worker, 9).await.is_empty());
    pause_chain(&bench.store, false, "1.0.0").await;
    assert_eq!(bench.claimed(worker, &Room::new(9)).await, ["b"]);
}

pub(crate) async fn a_pause_of_a_workflow_is_for_every_shape_of_its_version<S: Store>(
    store: S,
    _: Arc<ManualClock>,
) {
    let bench = Bench::new(store, &[chain()]).await;
    pause_chain(&bench.store, true, "1.0.0").await;
    let other = workflow("chain", &[("a", &[], 3), ("b", &["a"], 3)]);
    let next = build(WorkflowDef::builder("test", "chain", "2.0.0"), &[("a", &[], 3)]);
    let bench = Bench::new(bench.store, &[other, next]).await;
    let worker = bench.worker().await;
    let (paused, next) = (bench.start(0).await, bench.start(1).await);
    assert_eq!(bench.claim(worker, 9).await.len(), 1);
    assert!(bench.status(paused).await.paused && !bench.status(next).await.paused);
    let unknown = WorkflowOrder {
        id: sea_orm::prelude::Uuid::now_v7(),
        namespace: "test".to_owned(),
        name: "nothing".to_owned(),
        version: None,
        paused: true,
        by: None,
        reason: None,
    };
    assert!(!bench.store.operate_workflow(&unknown).await.unwrap());
    let history = bench.store.workflow_history("test", "chain").await.unwrap();
    let [Happened { what: What::Ordered { action, by, value, .. }, .. }] = &history[..] else {
        panic!("{history:?}")
    };
    assert_eq!((action.as_str(), by.as_deref()), ("pause_workflow", Some("ada")));
    assert_eq!(value.as_ref().unwrap().as_str(), r#""1.0.0""#);
}

/// A workflow of one step, of which the others know nothing.
pub(crate) async fn a_purged_task_leaves_no_history<S: Store>(store: S, _: Arc<ManualClock>) {
    let one = build(WorkflowDef::builder("test", "one", "1.0.0"), &[("a", &[], 3)]);
    let bench = Bench::new(store, &[one]).await;
    let task = bench.start(0).await;
    bench.store.cancel(task).await.unwrap();
    assert_eq!(bench.store.history(task).await.unwrap().len(), 3);
    assert_eq!(bench.store.purge(Duration::ZERO, 9).await.unwrap(), 1);
    assert!(bench.store.history(task).await.unwrap().is_empty());
}
