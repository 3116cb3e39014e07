//! Steps that had nothing to do, and what steps write beside their results.

use std::sync::Arc;
use std::time::Duration;

use tasker::store::{Ending, Outcome, Record, RecordKind, Recorded, Store};
use tasker::{
    Attempt, Clock, Json, ManualClock, StepSpec, StepState, TaskId, TaskState, Timestamp, WorkflowDef,
};

use crate::fixture::{Bench, chain, diamond, done, outcome, result, retry, sequence};

fn event(name: &str, payload: &str) -> Record {
    record(RecordKind::Event, name, payload)
}

fn annotation(name: &str, payload: &str) -> Record {
    record(RecordKind::Annotation, name, payload)
}

fn record(kind: RecordKind, name: &str, payload: &str) -> Record {
    Record { kind, name: name.to_owned(), payload: Json::of(payload).expect("a string") }
}

fn writing(outcome: Outcome, records: &[Record]) -> Outcome {
    Outcome { records: records.to_vec(), ..outcome }
}

fn recorded(step: &str, record: Record, at: Timestamp) -> Recorded {
    let Record { kind, name, payload } = record;
    Recorded { kind, name, step: step.to_owned(), payload, at }
}

/// Of a task, each record as `step: name payload`.
async fn told<S: Store>(bench: &Bench<S>, task: TaskId) -> Vec<String> {
    let records = bench.store.records(task).await.unwrap().into_iter();
    records.map(|record| format!("{}: {} {}", record.step, record.name, record.payload.as_str())).collect()
}

pub(crate) async fn what_a_step_writes_is_recorded_with_its_outcome_in_order<S: Store>(
    store: S,
    clock: Arc<ManualClock>,
) {
    let bench = Bench::new(store, &[chain()]).await;
    let worker = bench.worker().await;
    let (task, other) = (bench.start(0).await, bench.start(0).await);
    let first = bench.claim(worker, 1).await;
    assert!(bench.store.records(task).await.unwrap().is_empty());
    let a = [event("paid", "1 \u{1F980} ' \" \\ $1"), annotation("score", "2"), event("late", "3")];
    let settled = bench.settle(worker, &[writing(outcome(&first[0], done()), &a)], 1).await;
    let at_first = clock.now();
    clock.advance(Duration::from_secs(3));
    let b = [annotation("score", "4"), event("paid", "5")];
    bench.settle(worker, &[writing(outcome(&settled.claimed[0], done()), &b)], 0).await;
    let expected = a.map(|record| recorded("a", record, at_first)).into_iter();
    let expected = expected.chain(b.map(|record| recorded("b", record, clock.now())));
    assert_eq!(bench.store.records(task).await.unwrap(), expected.collect::<Vec<_>>());
    assert!(bench.store.records(other).await.unwrap().is_empty());
    assert!(bench.store.records(TaskId::random()).await.unwrap().is_empty(), "there is no such task");
}

pub(crate) async fn what_was_recorded_at_one_moment_comes_by_step<S: Store>(store: S, _: Arc<ManualClock>) {
    let bench = Bench::new(store, &[diamond()]).await;
    let worker = bench.worker().await;
    let task = bench.start(0).await;
    let top = bench.claim(worker, 1).await;
    let top = writing(outcome(&top[0], done()), &[event("e", "top")]);
    let both = bench.settle(worker, &[top], 2).await.claimed;
    let end = |name: &str| {
        let step = both.iter().find(|step| bench.names(std::slice::from_ref(step)) == [name]).unwrap();
        writing(outcome(step, done()), &[event("e", name), annotation("n", name)])
    };
    bench.settle(worker, &[end("right"), end("left")], 0).await;
    let expected = [
        r#"top: e "top""#,
        r#"left: e "left""#,
        r#"left: n "left""#,
        r#"right: e "right""#,
        r#"right: n "right""#,
    ];
    assert_eq!(told(&bench, task).await, expected);
}

pub(crate) async fn what_a_refused_outcome_brings_is_not_recorded<S: Store>(store: S, _: Arc<ManualClock>) {
    let bench = Bench::new(store, &[chain()]).await;
    let (worker, stranger) = (bench.worker().await, bench.worker().await);
    let task = bench.start(0).await;
    let first = bench.claim(worker, 1).await;
    let lie = writing(outcome(&first[0], done()), &[event("e", "a lie"), annotation("n", "a lie")]);
    assert_eq!(bench.settle(stranger, &[lie], 0).await.refused.len(), 1);
    assert!(told(&bench, task).await.is_empty());
    // An outcome that is accepted beside it is.
    let other = bench.start(0).await;
    let second = bench.claim(stranger, 1).await;
    let mixed = [
        writing(outcome(&first[0], done()), &[event("e", "a lie")]),
        writing(outcome(&second[0], done()), &[event("e", "the truth")]),
    ];
    assert_eq!(bench.settle(stranger, &mixed, 0).await.refused, [first[0].execution]);
    assert!(told(&bench, task).await.is_empty());
    assert_eq!(told(&bench, other).await, [r#"a: e "the truth""#]);
}

pub(crate) async fn what_an_outcome_brings_is_recorded_once<S: Store>(store: S, _: Arc<ManualClock>) {
    let bench = Bench::new(store, &[chain()]).await;
    let worker = bench.worker().await;
    let task = bench.start(0).await;
    let first = bench.claim(worker, 1).await;
    let end = |text| writing(outcome(&first[0], result(text)), &[event("e", text), annotation("n", text)]);
    let twice = [end("one"), end("other")];
    assert_eq!(bench.settle(worker, &twice, 0).await.refused.len(), 1);
    assert_eq!(bench.settle(worker, &twice, 0).await.refused.len(), 2, "asked again");
    assert_eq!(told(&bench, task).await, [r#"a: e "one""#, r#"a: n "one""#]);
    assert_eq!(bench.store.result(task, "a").await.unwrap().unwrap().as_str(), r#""one""#);
}

pub(crate) async fn an_annotation_may_be_of_a_type_that_no_definition_names<S: Store>(
    store: S,
    _: Arc<ManualClock>,
) {
    let builder = WorkflowDef::builder("test", "annotated", "1.0.0");
    let annotated = StepSpec::new("a").annotates("known", serde_json::json!(true));
    let workflow = Arc::new(builder.step(annotated).build().unwrap());
    let bench = Bench::new(store, &[workflow]).await;
    let worker = bench.worker().await;
    let tasks = [bench.start(0).await, bench.start(0).await];
    for task in tasks {
        let claimed = bench.claim(worker, 1).await;
        let both = [annotation("known", "1"), annotation("unknown", "2")];
        bench.settle(worker, &[writing(outcome(&claimed[0], done()), &both)], 0).await;
        assert_eq!(told(&bench, task).await, [r#"a: known "1""#, r#"a: unknown "2""#]);
    }
}

pub(crate) async fn a_skipped_step_releases_its_dependents_and_has_no_result<S: Store>(
    store: S,
    _: Arc<ManualClock>,
) {
    let bench = Bench::new(store, &[chain()]).await;
    let worker = bench.worker().await;
    let task = bench.start(0).await;
    bench.run_one(worker, retry(0)).await;
    let first = bench.claim(worker, 1).await;
    let skipped = writing(outcome(&first[0], Ending::Skipped), &[event("e", "nothing to do")]);
    let settled = bench.settle(worker, &[skipped], 1).await;
    assert_eq!(bench.names(&settled.claimed), ["b"]);
    assert!(settled.claimed[0].results.is_empty(), "there is no result to read");
    assert!(bench.store.result(task, "a").await.unwrap().is_none());
    let step = &bench.status(task).await.steps[0];
    assert_eq!((step.state, step.attempts, &step.error), (StepState::Skipped, Attempt(2), &None));
    assert_eq!(told(&bench, task).await, [r#"a: e "nothing to do""#]);
    assert_eq!(bench.settle(worker, &[outcome(&first[0], done())], 0).await.refused.len(), 1, "it is over");
}

pub(crate) async fn a_join_waits_for_skipped_and_complete_steps_alike<S: Store>(
    store: S,
    _: Arc<ManualClock>,
) {
    let bench = Bench::new(store, &[diamond()]).await;
    let worker = bench.worker().await;
    bench.start(0).await;
    bench.run_one(worker, done()).await;
    let both = bench.claim(worker, 2).await;
    let settled = bench.settle(worker, &[outcome(&both[0], Ending::Skipped)], 9).await;
    assert!(settled.claimed.is_empty());
    let settled = bench.settle(worker, &[outcome(&both[1], done())], 9).await;
    assert_eq!(bench.names(&settled.claimed), ["join"]);
    assert_eq!(settled.claimed[0].results.len(), 1);
}

pub(crate) async fn a_task_whose_last_step_is_skipped_is_complete<S: Store>(store: S, _: Arc<ManualClock>) {
    let bench = Bench::new(store, &[chain()]).await;
    let worker = bench.worker().await;
    let task = bench.start(0).await;
    for _ in 0..2 {
        assert!(bench.run_one(worker, Ending::Skipped).await.ended.is_empty());
    }
    assert_eq!(bench.run_one(worker, Ending::Skipped).await.ended, [task]);
    assert_eq!(bench.states(task).await, (TaskState::Complete, vec![StepState::Skipped; 3]));
}

pub(crate) async fn the_turn_goes_on_when_a_step_is_skipped<S: Store>(store: S, _: Arc<ManualClock>) {
    let bench = Bench::new(store, &[sequence()]).await;
    let worker = bench.worker().await;
    bench.start(0).await;
    let settled = bench.run_one(worker, Ending::Skipped).await;
    assert!(settled.left, "the next one has the turn");
    assert_eq!(bench.names(&bench.claim(worker, 9).await), ["b"]);
}

pub(crate) async fn a_purge_removes_what_was_recorded<S: Store>(store: S, clock: Arc<ManualClock>) {
    let builder = WorkflowDef::builder("test", "short", "1.0.0");
    let bench = Bench::new(store, &[Arc::new(builder.step(StepSpec::new("a")).build().unwrap())]).await;
    let worker = bench.worker().await;
    let mut tasks = Vec::new();
    for _ in 0..2 {
        tasks.push(bench.start(0).await);
        let claimed = bench.claim(worker, 1).await;
        let both = [event("e", "1"), annotation("n", "2")];
        bench.settle(worker, &[writing(outcome(&claimed[0], done()), &both)], 0).await;
        clock.advance(Duration::from_secs(10));
    }
    assert_eq!(bench.store.purge(Duration::from_secs(20), 9).await.unwrap(), 1);
    assert!(told(&bench, tasks[0]).await.is_empty());
    assert_eq!(told(&bench, tasks[1]).await.len(), 2, "those of other tasks stay");
}
