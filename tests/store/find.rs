//! Lists of tasks: what any filter finds, in which order, page by page.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use tasker::store::{
    Action, AnnotationFilter, Attributes, Ending, ListOrder, NewAnnotation, NewTask, Order, Outcome, Record,
    RecordKind, Room, Span, Store, TaskFilter, TaskQuery, TaskSummary, WorkflowOrder,
};
use tasker::{Clock, Json, ManualClock, StepState, TaskId, TaskState, WorkflowDef};

use crate::fixture::{Bench, build, chain, diamond, done, failed, outcome, retry};

/// A task as the test knows it.
struct Fact {
    summary: TaskSummary,
    annotations: Vec<(String, Value)>,
}

fn workflows() -> Vec<Arc<WorkflowDef>> {
    let named = [
        ("shop", "order", "1.0.0"),
        ("shop", "order", "1.10.0"),
        ("shop", "refund", "1.0.0"),
        ("mail", "order", "1.0.0"),
        ("mail", "'; --", "0.1.0"),
    ];
    let one = |(namespace, name, version)| {
        build(WorkflowDef::builder(namespace, name, version), &[("a", &[], 2), ("b", &["a"], 1)])
    };
    // The same version in another shape, too.
    let other = build(WorkflowDef::builder("shop", "order", "1.0.0"), &[("only", &[], 1)]);
    named.into_iter().map(one).chain([other]).collect()
}

const TAGS: [&str; 4] = ["vip", "eu", "é'", "rare"];
const PEOPLE: [&str; 3] = ["ada", "grace", "unknown"];
const REQUESTS: [&str; 3] = ["req-1", "req_2", "none"];
const KEYS: [&str; 3] = ["k1", "k2", "\"["];
const TYPES: [&str; 3] = ["payment", "note", "no such"];

fn payloads() -> [Value; 11] {
    [
        json!({"status": "paid", "n": 1, "card": {"brand": "visa", "0": true}}),
        json!({"status": "open", "n": 1.0, "card": ["visa"]}),
        json!({"status": "1", "n": "1", "card": null}),
        json!({"n": -2.5, "flag": true, "a b/c.d": 9_007_199_254_740_993_i64}),
        json!({"status": "paid\u{0}", "n": 7}),
        json!("paid"),
        json!(1),
        json!(false),
        json!(null),
        json!([{"status": "paid"}]),
        json!({"status": "'; --", "flag": 1}),
    ]
}

fn asked_for() -> [(&'static str, Value); 18] {
    [
        ("/status", json!("paid")),
        ("status", json!("1")),
        ("/status", json!(1)),
        ("/status", json!("'; --")),
        ("/n", json!(1)),
        ("/n", json!(1.0)),
        ("/n", json!(-2.5)),
        ("/n", json!("1")),
        ("/n", json!(7)),
        ("/card", json!(null)),
        ("/card/brand", json!("visa")),
        ("/card/0", json!(true)),
        ("/card/0", json!("visa")),
        ("/flag", json!(true)),
        ("/flag", json!(1)),
        ("/a b~1c.d", json!(9_007_199_254_740_993_i64)),
        ("", json!("paid")),
        ("", json!(false)),
    ]
}

/// Chance, by a seed.
struct Chance(fastrand::Rng);

impl Chance {
    fn one<'a, T>(&mut self, of: &'a [T]) -> &'a T {
        &of[self.0.usize(..of.len())]
    }

    fn maybe<T>(&mut self, in_so_many: u32, value: impl FnOnce(&mut Self) -> T) -> Option<T> {
        (self.0.u32(..in_so_many) == 0).then(|| value(self))
    }

    fn text(&mut self, of: &[&str]) -> String {
        (*self.one(of)).to_owned()
    }

    fn some(&mut self, of: &[&str]) -> BTreeSet<String> {
        of.iter().filter(|_| self.0.u32(..3) == 0).map(|&text| text.to_owned()).collect()
    }
}

/// Of some tasks what a request said, of some the id of a task before them, of some nothing.
fn correlation_id(chance: &mut Chance, tasks: &[NewTask]) -> Option<String> {
    match chance.0.u32(..4) {
        0 => Some(chance.text(&REQUESTS)),
        1 if !tasks.is_empty() => Some(chance.one(tasks).id.to_string()),
        _ => None,
    }
}

/// Tasks of all kinds, in all states.
async fn fill<S: Store>(bench: &Bench<S>, clock: &ManualClock, chance: &mut Chance) -> Vec<Fact> {
    let worker = bench.worker().await;
    let (mut tasks, mut annotations) = (Vec::new(), BTreeMap::<TaskId, Vec<(String, Value)>>::new());
    for _ in 0..70 {
        let attributes = Attributes {
            initiator: chance.maybe(2, |chance| chance.text(&PEOPLE)),
            source_system: chance.maybe(2, |chance| chance.text(&PEOPLE)),
            tags: chance.some(&TAGS),
            requested_at: chance.maybe(2, |_| clock.now() - Duration::from_secs(9)),
            correlation_id: correlation_id(chance, &tasks),
            ..Attributes::default()
        };
        let task = bench.task(chance.0.usize(..bench.workflows.len()));
        let idempotency_key = chance.maybe(3, |chance| chance.text(&KEYS));
        let task = NewTask { attributes, idempotency_key, ..task };
        if bench.store.create(std::slice::from_ref(&task)).await.unwrap()[0].task() == task.id {
            tasks.push(task);
        }
        clock.advance(Duration::from_millis(chance.0.u64(..3)));
        if let Some(step) = chance.maybe(2, |_| bench.claim(worker, 1)) {
            for step in step.await {
                let ending = chance.one(&[done(), failed(), retry(1), Ending::HandedBack, done()]).clone();
                let mut records = Vec::new();
                while chance.0.bool() {
                    let (name, says) = (chance.text(&TYPES[..2]), chance.one(&payloads()).clone());
                    let payload = Json::of(&says).unwrap();
                    records.push(Record { kind: RecordKind::Annotation, name: name.clone(), payload });
                    annotations.entry(step.execution.task).or_default().push((name, says));
                }
                let ended = Outcome { records, ..outcome(&step, ending) };
                let room = Room::new(usize::from(chance.0.bool()));
                bench.store.settle(worker, &bench.runnable, &[ended], &room).await.unwrap();
            }
        }
        let task = chance.one(&tasks).id;
        if chance.0.u32(..4) == 0 {
            let (name, says) = (chance.text(&TYPES[..2]), chance.one(&payloads()).clone());
            let (id, payload) = (TaskId::random().as_uuid(), Json::of(&says).unwrap());
            let note = NewAnnotation { id, task, name: name.clone(), payload, by: None };
            assert!(bench.store.annotate(&note).await.unwrap());
            annotations.entry(task).or_default().push((name, says));
        }
        let action = chance.one(&[Action::Cancel, Action::Resolve, Action::Retry, Action::Pause]).clone();
        let task = chance.one(&tasks).id;
        if let Some(order) = chance.maybe(4, |_| Order::new(task, action)) {
            bench.store.operate(&[order]).await.unwrap();
        }
    }
    let mut facts = Vec::new();
    for task in tasks {
        let status = bench.status(task.id).await;
        let mut steps: BTreeMap<StepState, u32> = BTreeMap::new();
        for step in &status.steps {
            *steps.entry(step.state).or_default() += 1;
        }
        let Attributes { initiator, source_system, reason, requested_at, tags, correlation_id, .. } =
            task.attributes;
        let summary = TaskSummary {
            id: task.id,
            workflow: status.workflow,
            state: status.state,
            priority: task.priority,
            idempotency_key: status.idempotency_key,
            correlation_id: correlation_id.unwrap_or(task.id.to_string()),
            initiator: initiator.unwrap_or("unknown".into()),
            source_system: source_system.unwrap_or("unknown".into()),
            reason: reason.unwrap_or("unknown".into()),
            tags,
            requested_at: requested_at.unwrap_or(status.created_at),
            created_at: status.created_at,
            ended_at: status.ended_at,
            steps,
        };
        assert_eq!(status.correlation_id, summary.correlation_id);
        facts.push(Fact { annotations: annotations.remove(&task.id).unwrap_or_default(), summary });
    }
    facts
}

/// An annotation that is asked for: its name, and what it says at which place.
type Wanted = (String, Option<(&'static str, Value)>);

fn random_filter(chance: &mut Chance, facts: &[Fact]) -> (TaskFilter, Vec<Wanted>) {
    let states = [
        TaskState::Pending,
        TaskState::InProgress,
        TaskState::Complete,
        TaskState::Error,
        TaskState::Cancelled,
        TaskState::ResolvedManually,
    ];
    let mut wanted = Vec::new();
    while chance.0.u32(..5) == 0 {
        let says = chance.maybe(2, |chance| chance.one(&asked_for()).clone());
        wanted.push((chance.text(&TYPES), says));
    }
    let annotations = wanted.iter().map(|(name, says)| match says {
        Some((pointer, value)) => AnnotationFilter::saying(name.as_str(), pointer, value.clone()).unwrap(),
        None => AnnotationFilter::of(name.as_str()),
    });
    let annotations = annotations.collect();
    let mut moment = |in_so_many| chance.maybe(in_so_many, |chance| chance.one(facts).summary.created_at);
    let created = Span { from: moment(6), before: moment(6) };
    let ended = Span { from: moment(8), before: moment(8) };
    let filter = TaskFilter {
        states: (0..chance.0.usize(..3)).map(|_| *chance.one(&states)).collect(),
        namespace: chance.maybe(4, |chance| chance.text(&["shop", "mail", "none"])),
        name: chance.maybe(4, |chance| chance.text(&["order", "refund", "'; --"])),
        version: chance.maybe(6, |chance| chance.text(&["1.0.0", "1.10.0", "9.9.9"])),
        all_tags: chance.maybe(4, |chance| chance.some(&TAGS)).unwrap_or_default(),
        any_tags: chance.maybe(4, |chance| chance.some(&TAGS)).unwrap_or_default(),
        annotations,
        initiator: chance.maybe(5, |chance| chance.text(&PEOPLE)),
        source_system: chance.maybe(5, |chance| chance.text(&PEOPLE)),
        created,
        ended,
        idempotency_key: chance.maybe(8, |chance| chance.text(&KEYS)),
        correlation_id: chance.maybe(4, |chance| {
            if chance.0.bool() {
                return chance.text(&REQUESTS);
            }
            let task = chance.one(facts).summary.id.to_string();
            // The id in other letters is another text.
            if chance.0.u32(..8) == 0 { task.to_uppercase() } else { task }
        }),
    };
    (filter, wanted)
}

/// The filter in other words than those of the stores.
fn fits(fact: &Fact, filter: &TaskFilter, annotations: &[(String, Option<(&str, Value)>)]) -> bool {
    let Fact { summary, annotations: has } = fact;
    let mut fits = filter.states.is_empty() || filter.states.iter().any(|state| *state == summary.state);
    for (wanted, is) in [
        (&filter.namespace, &summary.workflow.namespace),
        (&filter.name, &summary.workflow.name),
        (&filter.version, &summary.workflow.version),
        (&filter.initiator, &summary.initiator),
        (&filter.source_system, &summary.source_system),
        (&filter.correlation_id, &summary.correlation_id),
        (&filter.idempotency_key, summary.idempotency_key.as_ref().unwrap_or(&String::new())),
    ] {
        fits &= wanted.is_none() || wanted.as_ref() == Some(is);
    }
    for tag in &filter.all_tags {
        fits &= summary.tags.contains(tag);
    }
    fits &= filter.any_tags.is_empty() || filter.any_tags.iter().any(|tag| summary.tags.contains(tag));
    for (span, moment) in [(filter.created, Some(summary.created_at)), (filter.ended, summary.ended_at)] {
        fits &= span.from.is_none_or(|from| moment.is_some_and(|moment| moment >= from));
        fits &= span.before.is_none_or(|before| moment.is_some_and(|moment| moment < before));
    }
    for (name, says) in annotations {
        fits &= has
            .iter()
            .any(|(has, payload)| has == name && says.as_ref().is_none_or(|says| said(payload, says)));
    }
    fits
}

fn said(payload: &Value, (pointer, wanted): &(&str, Value)) -> bool {
    if payload.to_string().contains("\\u0000") {
        return false;
    }
    let pointer = if pointer.is_empty() || pointer.starts_with('/') {
        (*pointer).to_owned()
    } else {
        format!("/{pointer}")
    };
    let within_list =
        payload.pointer(pointer.rsplit_once('/').map_or("", |(list, _)| list)).is_some_and(Value::is_array);
    payload.pointer(&pointer).filter(|_| !within_list).is_some_and(|found| {
        found == wanted || (found.is_number() && wanted.is_number() && found.as_f64() == wanted.as_f64())
    })
}

pub(crate) async fn a_list_is_what_fits_in_order_and_the_same_page_by_page<S: Store>(
    store: S,
    clock: Arc<ManualClock>,
) {
    let seed = std::env::var("TASKER_SEED").map_or_else(|_| fastrand::u64(..), |seed| seed.parse().unwrap());
    let mut chance = Chance(fastrand::Rng::with_seed(seed));
    let bench = Bench::new(store, &workflows()).await;
    let facts = fill(&bench, &clock, &mut chance).await;
    let mut found_some = 0;
    for _ in 0..250 {
        let (filter, annotations) = random_filter(&mut chance, &facts);
        let order = *chance.one(&[ListOrder::NewestFirst, ListOrder::OldestFirst]);
        let mut expected: Vec<&TaskSummary> =
            facts.iter().filter(|fact| fits(fact, &filter, &annotations)).map(|fact| &fact.summary).collect();
        expected.sort_by_key(|summary| summary.id);
        if order == ListOrder::NewestFirst {
            expected.reverse();
        }
        found_some += usize::from(!expected.is_empty());
        let limit = *chance.one(&[1, 3, 10, 100]);
        let mut query = TaskQuery { filter, order, after: None, limit };
        let mut found = Vec::new();
        loop {
            let page = bench.store.find(&query).await.unwrap();
            assert!(page.len() <= limit);
            let Some(last) = page.last() else { break };
            query.after = Some(last.id);
            found.extend(page);
        }
        assert_eq!(found.iter().collect::<Vec<_>>(), expected, "TASKER_SEED={seed}: {query:?}");
        let count = bench.store.count(&query.filter).await.unwrap();
        assert_eq!(count, expected.len() as u64, "TASKER_SEED={seed}: {query:?}");
    }
    assert!(found_some > 30, "TASKER_SEED={seed}: only {found_some} of the lists have a task");
}

pub(crate) async fn tasks_that_come_move_nothing_between_pages<S: Store>(store: S, _: Arc<ManualClock>) {
    let bench = Bench::new(store, &[chain(), diamond()]).await;
    let mut tasks = Vec::new();
    for workflow in [0, 1, 0, 1, 0] {
        tasks.push(bench.start(workflow).await);
    }
    let page = async |order, after| {
        let filter = TaskFilter { namespace: Some("test".to_owned()), ..TaskFilter::default() };
        let page = bench.store.find(&TaskQuery { filter, order, after, limit: 2 }).await.unwrap();
        page.into_iter().map(|task| task.id).collect::<Vec<_>>()
    };
    assert_eq!(page(ListOrder::NewestFirst, None).await, [tasks[4], tasks[3]]);
    assert_eq!(page(ListOrder::OldestFirst, None).await, tasks[..2]);
    let new = bench.start(0).await;
    assert_eq!(page(ListOrder::NewestFirst, Some(tasks[3])).await, [tasks[2], tasks[1]]);
    assert_eq!(page(ListOrder::OldestFirst, Some(tasks[3])).await, [tasks[4], new]);
    assert_eq!(
        page(ListOrder::OldestFirst, Some(TaskId::random())).await,
        [],
        "what is after a task need not exist"
    );
}

pub(crate) async fn more_definitions_than_are_listed_one_by_one_are_found<S: Store>(
    store: S,
    _: Arc<ManualClock>,
) {
    let version =
        |n: usize| build(WorkflowDef::builder("shop", "order", format!("1.{n}.0")), &[("only", &[], 1)]);
    let bench = Bench::new(store, &(0..30).map(version).collect::<Vec<_>>()).await;
    for workflow in 0..30 {
        bench.start(workflow).await;
    }
    let filter = TaskFilter { name: Some("order".to_owned()), ..TaskFilter::default() };
    assert_eq!(bench.store.count(&filter).await.unwrap(), 30);
    let found = bench.store.find(&TaskQuery { filter, limit: 3, ..TaskQuery::default() }).await.unwrap();
    let versions: Vec<_> = found.iter().map(|task| task.workflow.version.as_str()).collect();
    assert_eq!(versions, ["1.29.0", "1.28.0", "1.27.0"]);
}

pub(crate) async fn what_no_store_keeps_is_found_nowhere<S: Store>(store: S, _: Arc<ManualClock>) {
    let bench = Bench::new(store, &[chain()]).await;
    let tags = BTreeSet::from(["vip".to_owned()]);
    let task = NewTask { attributes: Attributes { tags, ..Attributes::default() }, ..bench.task(0) };
    bench.store.create(std::slice::from_ref(&task)).await.unwrap();
    let nul = || Some("vip\0".to_owned());
    let tagged = || BTreeSet::from(["vip\0".to_owned()]);
    let says = |name: &str, text: &str| vec![AnnotationFilter::saying(name, "/status", json!(text)).unwrap()];
    let filter = TaskFilter::default;
    let filters = [
        TaskFilter { namespace: nul(), ..filter() },
        TaskFilter { name: nul(), ..filter() },
        TaskFilter { version: nul(), ..filter() },
        TaskFilter { initiator: nul(), ..filter() },
        TaskFilter { source_system: nul(), ..filter() },
        TaskFilter { correlation_id: nul(), ..filter() },
        TaskFilter { idempotency_key: nul(), ..filter() },
        TaskFilter { all_tags: tagged(), ..filter() },
        TaskFilter { any_tags: tagged(), ..filter() },
        TaskFilter { annotations: vec![AnnotationFilter::of("note\0")], ..filter() },
        TaskFilter { annotations: says("note\0", "paid"), ..filter() },
        TaskFilter { annotations: says("note", "paid\0"), ..filter() },
    ];
    for filter in filters {
        assert_eq!(bench.store.count(&filter).await.unwrap(), 0, "{filter:?}");
        let query = TaskQuery { filter, limit: 9, ..TaskQuery::default() };
        assert_eq!(bench.store.find(&query).await.unwrap(), [], "{query:?}");
    }
    let any_tags = BTreeSet::from(["vip".to_owned(), "vip\0".to_owned()]);
    let query = TaskQuery { filter: TaskFilter { any_tags, ..filter() }, limit: 9, ..TaskQuery::default() };
    assert_eq!(bench.store.find(&query).await.unwrap().len(), 1, "one of the two tags is kept");
    assert!(bench.store.result(task.id, "a\0").await.unwrap().is_none());
    let order = WorkflowOrder {
        id: TaskId::random().as_uuid(),
        namespace: "test\0".to_owned(),
        name: "chain".to_owned(),
        version: None,
        paused: true,
        by: None,
        reason: None,
    };
    assert!(!bench.store.operate_workflow(&order).await.unwrap(), "it knows no such workflow");
}
