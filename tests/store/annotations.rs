//! Notes on tasks, by steps and by others.

use std::sync::Arc;
use std::time::Duration;

use tasker::store::{NewAnnotation, Outcome, Record, RecordKind, Store, TaskAnnotation};
use tasker::{Clock, Json, ManualClock, StepSpec, TaskId, Timestamp, WorkflowDef};

use crate::fixture::{Bench, chain, diamond, done, failed, outcome};

fn note(task: TaskId, name: &str, says: &str, by: Option<&str>) -> NewAnnotation {
    let (id, payload) = (TaskId::random().as_uuid(), Json::of(says).unwrap());
    NewAnnotation { id, task, name: name.to_owned(), payload, by: by.map(str::to_owned) }
}

fn of_step(step: &str, name: &str, says: &str, at: Timestamp) -> TaskAnnotation {
    let payload = Json::of(says).unwrap();
    TaskAnnotation { name: name.to_owned(), payload, step: Some(step.to_owned()), by: None, at }
}

fn of(note: &NewAnnotation, at: Timestamp) -> TaskAnnotation {
    let NewAnnotation { name, payload, by, .. } = note.clone();
    TaskAnnotation { name, payload, step: None, by, at }
}

pub(crate) async fn a_task_is_annotated_by_steps_and_by_others_and_tells_them_in_order<S: Store>(
    store: S,
    clock: Arc<ManualClock>,
) {
    let bench = Bench::new(store, &[diamond()]).await;
    let worker = bench.worker().await;
    let (task, other) = (bench.start(0).await, bench.start(0).await);
    let early = note(task, "score", "early", None);
    assert!(bench.store.annotate(&early).await.unwrap(), "before a step began");
    let began = clock.now();
    clock.advance(Duration::from_secs(1));
    let top = bench.claim(worker, 1).await;
    let late = note(task, "case", "1 \u{1F980} ' \" \\ $1", Some("ada"));
    assert!(bench.store.annotate(&late).await.unwrap());
    let records = ["two", "one"].map(|says| Record {
        kind: RecordKind::Annotation,
        name: "score".to_owned(),
        payload: Json::of(says).unwrap(),
    });
    let ended = Outcome { records: records.to_vec(), ..outcome(&top[0], done()) };
    bench.settle(worker, &[ended], 0).await;
    let now = clock.now();
    // Of one moment those of steps come first.
    let expected = [
        of(&early, began),
        of_step("top", "score", "two", now),
        of_step("top", "score", "one", now),
        of(&late, now),
    ];
    assert_eq!(bench.store.annotations(task).await.unwrap(), expected);
    assert_eq!(bench.store.records(task).await.unwrap().len(), 2, "the records are those of steps");
    assert!(bench.store.annotations(other).await.unwrap().is_empty());
}

pub(crate) async fn a_note_that_is_asked_for_twice_is_made_once<S: Store>(store: S, _: Arc<ManualClock>) {
    let bench = Bench::new(store, &[chain()]).await;
    let task = bench.start(0).await;
    let one = note(task, "case", "1", None);
    let same = note(task, "case", "1", None);
    for note in [&one, &one, &same, &one] {
        assert!(bench.store.annotate(note).await.unwrap());
    }
    assert_eq!(
        bench.store.annotations(task).await.unwrap().len(),
        2,
        "another one that says the same is another one"
    );
}

pub(crate) async fn what_does_not_exist_is_not_annotated<S: Store>(store: S, clock: Arc<ManualClock>) {
    let bench = Bench::new(store, &[chain()]).await;
    let worker = bench.worker().await;
    let task = bench.start(0).await;
    bench.run_one(worker, failed()).await;
    assert!(bench.store.annotate(&note(task, "case", "it has ended", None)).await.unwrap());
    clock.advance(Duration::from_secs(1));
    bench.store.purge(Duration::ZERO, 9).await.unwrap();
    for task in [task, TaskId::random()] {
        assert!(!bench.store.annotate(&note(task, "case", "it is gone", None)).await.unwrap());
        assert!(bench.store.annotations(task).await.unwrap().is_empty());
    }
}

pub(crate) async fn the_types_of_annotations_are_known_once_they_are_named_or_written<S: Store>(
    store: S,
    _: Arc<ManualClock>,
) {
    let step = StepSpec::new("a").annotates("named", serde_json::json!({ "type": "string" }));
    let workflow = WorkflowDef::builder("test", "annotating", "1.0.0").step(step).build().unwrap();
    let bench = Bench::new(store, &[Arc::new(workflow)]).await;
    assert_eq!(bench.store.catalog().annotation_types().await.unwrap(), ["named"]);
    let worker = bench.worker().await;
    let task = bench.start(0).await;
    bench.store.annotate(&note(task, "noted", "1", None)).await.unwrap();
    bench.store.annotate(&note(task, "Noted", "1", None)).await.unwrap();
    let claimed = bench.claim(worker, 1).await;
    let record =
        Record { kind: RecordKind::Annotation, name: "written".to_owned(), payload: Json::of("1").unwrap() };
    bench.settle(worker, &[Outcome { records: vec![record], ..outcome(&claimed[0], done()) }], 0).await;
    let types = bench.store.catalog().annotation_types().await.unwrap();
    assert_eq!(types, ["Noted", "named", "noted", "written"]);
}
