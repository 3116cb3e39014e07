//! What stores know of other builds: the graphs that they stored, and what workers say of them.

use std::sync::Arc;
use std::time::Duration;

use tasker::store::{Offer, Store};
use tasker::{ManualClock, StepSpec, StoredStep, WaitingFor, WorkerId, WorkflowBuilder, WorkflowDef};

use tasker_tests::operator::Operator as _;

use crate::fixture::{Bench, LEASE, build, chain, diamond, done, retry, sequence, workflow};

/// The chain, as a build stored it that had no `c` yet.
fn short_chain() -> Arc<WorkflowDef> {
    workflow("chain", &[("a", &[], 3), ("b", &["a"], 3)])
}

/// That a step waits for another build, because of this.
#[expect(clippy::unnecessary_wraps, reason = "it is compared with what is one")]
fn parked(reason: &str) -> Option<WaitingFor> {
    Some(WaitingFor::Definition { reason: Some(reason.to_owned()) })
}

/// That it waits for another build, and nobody knows why.
const UNKNOWN: Option<WaitingFor> = Some(WaitingFor::Definition { reason: None });

pub(crate) async fn siblings_are_the_other_graphs_of_the_same_version<S: Store>(
    store: S,
    _: Arc<ManualClock>,
) {
    let later = build(WorkflowDef::builder("test", "chain", "1.0.1"), &[("a", &[], 3)]);
    let elsewhere = build(WorkflowDef::builder("other", "chain", "1.0.0"), &[("a", &[], 3)]);
    let parallel = workflow("chain", &[("a", &[], 3), ("b", &[], 3), ("c", &[], 3)]);
    let ids = store.install(&[short_chain(), chain(), later, elsewhere, diamond(), parallel]).await.unwrap();
    let siblings = store.siblings(&[ids[1], ids[4], ids[0]]).await.unwrap();
    let siblings: Vec<Vec<_>> =
        siblings.iter().map(|siblings| siblings.iter().map(|sibling| sibling.id).collect()).collect();
    assert_eq!(siblings, [vec![ids[0], ids[5]], vec![], vec![ids[1], ids[5]]]);
    assert!(store.siblings(&[]).await.unwrap().is_empty());
}

pub(crate) async fn a_definition_comes_back_as_it_was_installed<S: Store>(store: S, _: Arc<ManualClock>) {
    let builder = || WorkflowDef::builder("test", "chain", "1.0.0");
    let steps = [
        StepSpec::new("z"),
        StepSpec::new("y").depends_on(["z"]).optional(true),
        StepSpec::new("x").depends_on(["y", "z"]),
    ];
    let with_skips = Arc::new(steps.into_iter().fold(builder(), WorkflowBuilder::step).build().unwrap());
    let one_by_one = build(builder().concurrent(false), &[("a", &[], 3)]);
    let ids = store.install(&[chain(), with_skips.clone(), one_by_one.clone()]).await.unwrap();
    let siblings = store.siblings(&ids[..1]).await.unwrap().remove(0);
    assert_eq!(siblings.len(), 2);
    for (sibling, (id, workflow)) in siblings.iter().zip([(ids[1], with_skips), (ids[2], one_by_one)]) {
        assert_eq!((sibling.id, sibling.shape), (id, workflow.shape()));
        assert_eq!(sibling.concurrent, workflow.is_concurrent());
        assert_eq!(sibling.steps, StoredStep::all_of(&workflow));
    }
    assert!(siblings[0].steps[1].optional && !siblings[0].steps[2].optional);
}

pub(crate) async fn a_sibling_says_whether_steps_of_it_wait<S: Store>(store: S, clock: Arc<ManualClock>) {
    let bench = Bench::new(store, &[chain(), short_chain()]).await;
    let waits = async || bench.store.siblings(&[bench.workflows[0].0]).await.unwrap()[0][0].has_waiting;
    assert!(!waits().await);
    bench.start(0).await;
    assert!(!waits().await, "another one's tasks");
    let task = bench.start(1).await;
    assert!(waits().await);
    let worker = bench.worker().await;
    let other = bench.worker().await;
    let steps = bench.claim(worker, 10).await;
    assert!(waits().await, "it runs");
    bench.settle(worker, &[crate::fixture::outcome(&steps[1], retry(5))], 0).await;
    assert!(waits().await, "for a time");
    clock.advance(Duration::from_secs(5));
    bench.run_one(other, done()).await;
    bench.run_one(other, done()).await;
    assert_eq!(bench.states(task).await.0, tasker::TaskState::Complete);
    assert!(!waits().await);
}

pub(crate) async fn a_step_waits_for_a_worker_while_nobody_is_alive<S: Store>(
    store: S,
    clock: Arc<ManualClock>,
) {
    let bench = Bench::new(store, &[chain(), diamond()]).await;
    let task = bench.start(0).await;
    assert_eq!(bench.waiting(task).await[0], Some(WaitingFor::Worker));
    bench.worker_with(&[Offer::obstacle(bench.workflows[0].0, "another graph")]).await;
    assert_eq!(bench.waiting(task).await[0], parked("another graph"));
    clock.advance(LEASE);
    assert_eq!(bench.waiting(task).await[0], Some(WaitingFor::Worker), "its lease is over, swept or not");
    bench.store.sweep().await.unwrap();
    assert_eq!(bench.waiting(task).await[0], Some(WaitingFor::Worker));
}

pub(crate) async fn a_step_waits_for_a_build_while_no_live_worker_can_run_it<S: Store>(
    store: S,
    _: Arc<ManualClock>,
) {
    let bench = Bench::new(store, &[chain(), diamond()]).await;
    let (task, other) = (bench.start(0).await, bench.start(1).await);
    bench.worker_with(&[Offer::to_run(bench.workflows[1].0)]).await;
    assert_eq!(bench.waiting(task).await[0], UNKNOWN, "nobody knows it");
    assert_eq!(bench.waiting(other).await[0], Some(WaitingFor::Worker));
    bench.worker_with(&[Offer::obstacle(bench.workflows[0].0, "step `b` is gone")]).await;
    assert_eq!(bench.waiting(task).await[0], parked("step `b` is gone"));
    let able = bench.worker().await;
    assert_eq!(bench.waiting(task).await[0], Some(WaitingFor::Worker));
    bench.store.retire(able).await.unwrap();
    assert_eq!(bench.waiting(task).await[0], parked("step `b` is gone"));
    assert!(bench.store.stranded(10).await.unwrap().is_empty(), "who waits for a build has a reason");
}

pub(crate) async fn the_newest_live_worker_that_knows_the_workflow_says_why<S: Store>(
    store: S,
    clock: Arc<ManualClock>,
) {
    let bench = Bench::new(store, &[chain(), diamond()]).await;
    let task = bench.start(0).await;
    let obstacle = |what: &str| [Offer::obstacle(bench.workflows[0].0, what)];
    let older = bench.worker_with(&obstacle("older")).await;
    clock.advance(LEASE / 2);
    let newer = bench.worker_with(&obstacle("newer")).await;
    clock.advance(Duration::from_secs(1));
    bench.worker_with(&[]).await;
    assert_eq!(bench.waiting(task).await[0], parked("newer"));
    bench.store.heartbeat(older, LEASE).await.unwrap();
    assert_eq!(bench.waiting(task).await[0], parked("newer"), "it is the younger one all the same");
    bench.store.retire(newer).await.unwrap();
    assert_eq!(bench.waiting(task).await[0], parked("older"));
    bench.store.retire(older).await.unwrap();
    assert_eq!(bench.waiting(task).await[0], UNKNOWN);
}

pub(crate) async fn a_parked_task_still_waits_for_what_else_it_waits_for<S: Store>(
    store: S,
    clock: Arc<ManualClock>,
) {
    let bench = Bench::new(store, &[chain(), sequence()]).await;
    let worker = bench.worker().await;
    let (task, turns) = (bench.start(0).await, bench.start(1).await);
    let steps = bench.claim(worker, 10).await;
    bench.settle(worker, &[crate::fixture::outcome(&steps[0], retry(40))], 0).await;
    bench.store.retire(worker).await.unwrap();
    bench.worker_with(&[]).await;
    let due = tasker::Clock::now(&*clock) + Duration::from_secs(40);
    let waiting = bench.waiting(task).await;
    assert_eq!(waiting[..2], [Some(WaitingFor::Time(due)), Some(WaitingFor::Dependencies(1))]);
    assert_eq!(bench.waiting(turns).await[..2], [UNKNOWN, Some(WaitingFor::Turn)]);
    bench.store.pause(turns).await.unwrap();
    assert_eq!(bench.waiting(turns).await[0], Some(WaitingFor::Operator));
    bench.store.cancel(turns).await.unwrap();
    assert_eq!(bench.waiting(turns).await[0], None);
    clock.advance(Duration::from_secs(40));
    bench.worker_with(&[]).await;
    assert_eq!(bench.waiting(task).await[0], UNKNOWN, "its time has come, and nobody can run it");
}

pub(crate) async fn what_a_worker_offered_goes_with_it<S: Store>(store: S, clock: Arc<ManualClock>) {
    let bench = Bench::new(store, &[chain(), diamond()]).await;
    let task = bench.start(0).await;
    let (retires, dies) = (bench.worker().await, bench.worker().await);
    bench.store.retire(retires).await.unwrap();
    clock.advance(LEASE);
    bench.store.sweep().await.unwrap();
    // Nobody comes back under an old name; if one did, nothing of it would be left.
    for worker in [retires, dies] {
        bench.store.enlist(worker, LEASE, &[]).await.unwrap();
    }
    assert_eq!(bench.waiting(task).await[0], UNKNOWN);
}

/// As one does whose answer was lost.
pub(crate) async fn what_is_offered_when_enlisting_again_changes_nothing<S: Store>(
    store: S,
    _: Arc<ManualClock>,
) {
    let bench = Bench::new(store, &[chain()]).await;
    let task = bench.start(0).await;
    let worker = WorkerId::random();
    let obstacle = [Offer::obstacle(bench.workflows[0].0, "first")];
    for offers in [&obstacle[..], &bench.offers(), &obstacle[..]] {
        bench.store.enlist(worker, LEASE, offers).await.unwrap();
        assert_eq!(bench.waiting(task).await[0], parked("first"));
    }
}
