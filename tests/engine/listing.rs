//! Lists of tasks and notes on them, through the client.

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tasker::{
    AnnotateError, Annotation, CatalogError, Cursor, CursorError, QueryError, ResultError, TaskHandle,
    TaskId, TaskState, Tasker, Timestamp,
};

use crate::faults::{Fault, Faulty, Verb};
use crate::support::{Act, App, builder, context, job, memory, once, tasker};

#[derive(Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
struct Case {
    number: u32,
}

impl Annotation for Case {
    const NAME: &'static str = "case";
}

/// Five tasks that nobody runs.
async fn five(tasker: &Tasker) -> Vec<TaskId> {
    let start =
        |number: u32| tasker.start::<job::Workflow>(context(number)).tags([format!("n{}", number % 2)]);
    let mut tasks = Vec::new();
    for number in 1..=5 {
        tasks.push(start(number).await.unwrap().id());
    }
    tasks
}

async fn idle() -> Tasker {
    let tasker = tasker(&App::new([]), &memory()).await;
    tasker.shutdown().await;
    tasker
}

#[tokio::test(start_paused = true)]
async fn a_list_is_read_page_by_page_to_its_end() {
    let tasker = idle().await;
    let mut tasks = five(&tasker).await;
    let mut read = Vec::new();
    let mut page = tasker.tasks().oldest_first().limit(2).await.unwrap();
    loop {
        read.extend(page.tasks.iter().map(|task| task.id));
        let Some(next) = page.next else { break };
        // As it comes back from a URL.
        let next = Cursor::from(next.to_string());
        page = tasker.tasks().oldest_first().limit(3).after(next).await.unwrap();
    }
    assert_eq!(read, tasks);
    tasks.reverse();
    let all = tasker.tasks().limit(5).await.unwrap();
    assert_eq!(all.tasks.iter().map(|task| task.id).collect::<Vec<_>>(), tasks);
    assert_eq!(all.next, None, "a full page can be the last one");
}

#[tokio::test(start_paused = true)]
async fn a_list_is_narrowed_by_what_is_said_of_tasks() {
    let app = App::new([Act::Succeed, Act::FailForGood]);
    let tasker = builder(&app, &memory()).concurrency(1).build().await.unwrap();
    let job =
        |initiator: &str| tasker.start::<job::Workflow>(context(1)).initiator(initiator).source_system("web");
    let good = job("ada").idempotency_key("k").await.unwrap();
    good.wait().await.unwrap();
    tokio::time::sleep(Duration::from_secs(1)).await;
    let bad = job("grace").tags(["vip"]).await.unwrap();
    bad.wait().await.unwrap();
    tasker.shutdown().await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    let other = tasker.start::<once::Workflow>(1).await.unwrap();
    let found = async |tasks: tasker::Tasks| {
        let total = tasks.total().await.unwrap();
        let page = tasks.oldest_first().await.unwrap();
        assert_eq!(page.tasks.len() as u64, total);
        page.tasks.into_iter().map(|task| task.id).collect::<Vec<_>>()
    };
    let ended = bad.status().await.unwrap().ended_at.unwrap();
    assert_eq!(found(tasker.tasks().state(TaskState::Error)).await, [bad.id()]);
    assert_eq!(found(tasker.tasks().state(TaskState::Error).open()).await, [bad.id(), other.id()]);
    assert_eq!(found(tasker.tasks().workflow::<once::Workflow>()).await, [other.id()]);
    assert_eq!(found(tasker.tasks().namespace("test").version("1.2.0")).await, [good.id(), bad.id()]);
    assert_eq!(found(tasker.tasks().name("once")).await, [other.id()]);
    assert_eq!(found(tasker.tasks().tag("vip")).await, [bad.id()]);
    assert_eq!(found(tasker.tasks().tag("vip").tag("none")).await, []);
    assert_eq!(found(tasker.tasks().any_tag(["vip", "none"])).await, [bad.id()]);
    assert_eq!(found(tasker.tasks().initiator("ada").source_system("web")).await, [good.id()]);
    assert_eq!(found(tasker.tasks().initiator("unknown")).await, [other.id()]);
    assert_eq!(found(tasker.tasks().idempotency_key("k")).await, [good.id()]);
    assert_eq!(found(tasker.tasks().ended_from(ended)).await, [bad.id()]);
    assert_eq!(found(tasker.tasks().ended_before(ended)).await, [good.id()]);
    let created = other.status().await.unwrap().created_at;
    assert_eq!(found(tasker.tasks().created_from(created)).await, [other.id()]);
    assert_eq!(found(tasker.tasks().created_before(created)).await, [good.id(), bad.id()]);
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_listed_is_told() {
    let tasker = idle().await;
    five(&tasker).await;
    for limit in [0, 1_001] {
        let error = tasker.tasks().limit(limit).await.unwrap_err();
        assert_eq!(error.to_string(), format!("a page of {limit} tasks cannot be had; it has 1 to 1,000"));
    }
    let next = tasker.tasks().tag("n1").limit(1).await.unwrap().next.unwrap();
    let error = tasker.tasks().tag("n0").after(next.clone()).await.unwrap_err();
    assert!(matches!(error, QueryError::Cursor(CursorError::OfAnotherList(_))), "{error}");
    let error = tasker.tasks().after("page 2".into()).await.unwrap_err();
    assert!(matches!(error, QueryError::Cursor(CursorError::None(_))), "{error}");
    let list = || tasker.tasks().annotation("case", "/numbers", json!([1]));
    assert!(matches!(list().await.unwrap_err(), QueryError::Annotation { name, .. } if name == "case"));
    assert!(matches!(list().total().await.unwrap_err(), QueryError::Annotation { .. }));
}

#[tokio::test(start_paused = true)]
async fn a_note_from_outside_is_read_by_its_type_and_found() {
    let tasker = idle().await;
    let tasks = five(&tasker).await;
    let task = tasker.task(tasks[2]);
    assert_eq!(task.annotation::<Case>().await.unwrap(), None);
    task.annotate("case", &json!({"number": 1})).by("ada").await.unwrap();
    task.annotate_with(&Case { number: 2 }).await.unwrap();
    assert_eq!(task.annotation::<Case>().await.unwrap(), Some(Case { number: 2 }));
    let annotations = task.annotations().await.unwrap();
    let by: Vec<_> = annotations.iter().map(|note| (note.by.as_deref(), note.step.as_deref())).collect();
    assert_eq!(by, [(Some("ada"), None), (None, None)]);
    let found = async |list: tasker::Tasks| {
        list.await.unwrap().tasks.into_iter().map(|task| task.id).collect::<Vec<_>>()
    };
    assert_eq!(found(tasker.tasks().annotated_with::<Case>()).await, [tasks[2]]);
    assert_eq!(found(tasker.tasks().annotation("case", "number", 1)).await, [tasks[2]]);
    assert_eq!(found(tasker.tasks().annotation("case", "/number", 3)).await, []);
    assert_eq!(tasker.annotation_types().await.unwrap(), ["case"]);
    task.annotate("case", "of another kind").await.unwrap();
    let error = task.annotation::<Case>().await.unwrap_err();
    assert!(matches!(error, ResultError::AnnotationDoesNotFit { .. }), "{error}");
}

#[tokio::test(start_paused = true)]
async fn a_note_that_cannot_be_made_is_told() {
    let tasker = builder(&App::new([]), &memory()).max_payload(20).build().await.unwrap();
    let task = tasker.start::<once::Workflow>(1).await.unwrap();
    let told = async |task: &TaskHandle<()>, name: &str, by: &str, value: Value| {
        task.annotate(name, &value).by(by).await.unwrap_err()
    };
    let (task, unknown) = (tasker.task(task.id()), tasker.task(TaskId::random()));
    assert!(
        matches!(told(&unknown, "case", "ada", json!(1)).await, AnnotateError::NoTask(id) if id == unknown.id())
    );
    let error = told(&task, "", "ada", json!(1)).await.to_string();
    assert_eq!(
        error,
        "the name of the annotation cannot be stored: it has 0 characters; it can have 1 to 64"
    );
    let error = told(&task, "case", "a\tb", json!(1)).await.to_string();
    assert!(error.starts_with("who makes it cannot be stored: it has the character '\\t'"), "{error}");
    let error = told(&task, "case", "ada", json!("x".repeat(19))).await;
    assert!(matches!(error, AnnotateError::TooLarge { size: 21, limit: 20, .. }), "{error}");
    let odd = std::collections::HashMap::from([(vec![1], 2)]);
    let error = task.annotate("case", &odd).await.unwrap_err();
    assert!(matches!(error, AnnotateError::NoJson { .. }), "{error}");
    assert!(task.annotations().await.unwrap().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_store_that_fails_is_told_to_who_lists_and_who_notes() {
    let store = Faulty::new();
    let tasker = builder(&App::new([]), &store).build().await.unwrap();
    let task = tasker.start::<once::Workflow>(1).await.unwrap();
    store.fail(|call| matches!(call.verb, Verb::Find | Verb::Annotate).then_some(Fault::Before));
    assert!(matches!(tasker.tasks().await.unwrap_err(), QueryError::Store(_)));
    assert!(matches!(tasker.tasks().total().await.unwrap_err(), QueryError::Store(_)));
    assert!(matches!(task.annotate("case", &1).await.unwrap_err(), AnnotateError::Store(_)));
}

#[tokio::test(start_paused = true)]
async fn systems_and_maps_of_their_objects_are_checked() {
    let tasker = idle().await;
    let system = tasker.dependent_system("crm", Some("who buys")).await.unwrap();
    assert_eq!(tasker.dependent_systems().await.unwrap()[0], system);
    let error = tasker.dependent_system("", None).await.unwrap_err().to_string();
    assert_eq!(
        error,
        "the name of the system \"\" cannot be stored: it has 0 characters; it can have 1 to 64"
    );
    let error = tasker.dependent_system("crm", Some(&"x".repeat(256))).await.unwrap_err();
    assert!(matches!(error, CatalogError::Invalid { .. }), "{error}");
    let error = tasker.map_objects(("crm", "17"), ("crm", "17")).await.unwrap_err().to_string();
    assert_eq!(error, "\"17\" of `crm` was given twice; an object is mapped to another one");
    let error = tasker.map_objects(("crm", "17"), ("shop", "x".repeat(129))).await.unwrap_err();
    assert!(matches!(error, CatalogError::Invalid { what: "the id", .. }), "{error}");
    assert!(tasker.mapped_objects(("crm", "17")).await.unwrap().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_list_on_which_no_task_can_be_says_why() {
    let tasker = idle().await;
    five(&tasker).await;
    let at = Timestamp::from_micros;
    let lists = [
        (
            tasker.tasks().created_from(at(1_000_000)).created_before(at(0)),
            "it is to be created at 1970-01-01T00:00:01.000000Z or later, and before 1970-01-01T00:00:00.000000Z; the first has to be \
             the earlier moment",
        ),
        (
            tasker.tasks().ended_from(at(5)).ended_before(at(5)),
            "it is to be ended at 1970-01-01T00:00:00.000005Z or later, and before 1970-01-01T00:00:00.000005Z; the first has to be the \
             earlier moment",
        ),
        (
            tasker.tasks().open().ended_before(at(5)),
            "it is to have ended at a time, and to be `pending` or `in_progress`, which no task is that has ended",
        ),
        (
            tasker.tasks().any_tag([""; 0]),
            "`any_tag` was given no tag, and nothing is one of none; leave it away if tags do not matter",
        ),
    ];
    for (list, why) in lists {
        let told = format!("no task can be on this list: {why}");
        assert_eq!(list.clone().await.unwrap_err().to_string(), told);
        assert_eq!(list.total().await.unwrap_err().to_string(), told);
        assert_eq!(list.cancel().every_task().await.unwrap_err().to_string(), told);
    }
    let never = tasker.tasks().ended_before(at(5)).cancel().await.unwrap_err().to_string();
    assert!(never.contains("which no task is that has ended"), "only open tasks are cancelled: {never}");
    let never = tasker.tasks().limit(0).await.unwrap_err().to_string();
    assert_eq!(never, "a page of 0 tasks cannot be had; it has 1 to 1,000");
    assert_eq!(tasker.tasks().created_from(at(0)).created_before(at(1)).total().await.unwrap(), 0);
    assert!(tasker.tasks().ended_from(at(0)).retry().await.is_ok());
    assert_eq!(tasker.tasks().open().total().await.unwrap(), 5, "nothing was done to them");
}
