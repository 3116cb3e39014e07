//! Tasks that somebody outside asks for, who asks, and what becomes of the same request again.

use std::time::Duration;

use schemars::JsonSchema;
use sea_orm::TransactionTrait;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tasker::{
    Identity, SqlStore, StartError, StartIn, StepError, Store, TaskHandle, TaskId, TaskRequest, TaskState,
    TaskSummary, Tasker, Timestamp, workflow,
};

use crate::places::{on_every_store, postgres};
use crate::support::{App, builder, context, job, memory};

#[workflow(namespace = "test", name = "rollout", version = "1.9.0", context = u32)]
mod rollout_9 {
    use super::StepError;

    #[step]
    pub(crate) async fn old() -> Result<(), StepError> {
        Ok(())
    }
}

#[workflow(namespace = "test", name = "rollout", version = "1.10.0", context = u32)]
mod rollout_10 {
    use super::StepError;

    #[step]
    pub(crate) async fn new() -> Result<(), StepError> {
        Ok(())
    }
}

/// That of version 1.10.0 again, with another step.
#[workflow(namespace = "test", name = "rollout", version = "1.10.0", context = u32)]
mod rollout_10_again {
    use super::StepError;

    #[step]
    pub(crate) async fn newer() -> Result<(), StepError> {
        Ok(())
    }
}

#[workflow(name = "rollout", version = "1.11.0-rc.1")]
mod elsewhere {
    use super::{Deserialize, JsonSchema, Serialize, StepError};

    #[derive(Serialize, Deserialize, JsonSchema)]
    pub(crate) struct Context {
        #[schemars(range(max = 9))]
        pub(crate) size: u32,
    }

    #[step]
    pub(crate) async fn only() -> Result<(), StepError> {
        Ok(())
    }
}

async fn tasker(identity: Identity) -> Tasker {
    let builder = builder(&App::new([]), &memory()).register::<rollout_10::Workflow>();
    let builder = builder.register::<rollout_9::Workflow>().register::<elsewhere::Workflow>();
    let tasker = builder.identity(identity).build().await.unwrap();
    tasker.shutdown().await;
    tasker
}

async fn summary(tasker: &Tasker, task: TaskId) -> TaskSummary {
    let page = tasker.tasks().await.unwrap();
    page.tasks.into_iter().find(|summary| summary.id == task).unwrap()
}

fn shown(error: &StartError) -> Vec<String> {
    let StartError::InvalidRequest { violations, .. } = error else { panic!("{error}") };
    let mut shown: Vec<String> = violations.iter().map(ToString::to_string).collect();
    shown.sort();
    shown
}

#[tokio::test(start_paused = true)]
async fn a_request_starts_a_task_with_all_that_it_says() {
    let tasker = tasker(Identity::Default).await;
    let request = json!({
        "name": "rollout", "namespace": "test", "version": "1.9.0", "context": 7, "initiator": "ada",
        "source_system": "web", "reason": "asked to", "tags": ["b", "a", "b"], "priority": -2,
        "requested_at": "2026-11-22T09:30:00+01:00", "idempotency_key": "k"
    });
    let request = TaskRequest::read(&request).unwrap();
    let task = tasker.request(request.clone()).await.unwrap();
    let read = summary(&tasker, task.id()).await;
    assert_eq!(read.workflow.to_string(), "test.rollout@1.9.0");
    assert_eq!((read.initiator.as_str(), read.source_system.as_str()), ("ada", "web"));
    assert_eq!((read.reason.as_str(), read.priority), ("asked to", -2));
    assert_eq!(read.tags.into_iter().collect::<Vec<_>>(), ["a", "b"]);
    assert_eq!(read.requested_at.to_string(), "2026-11-22T08:30:00.000000Z");
    assert_eq!(read.idempotency_key.as_deref(), Some("k"));
    assert_eq!(tasker.request(request.clone()).await.unwrap().id(), task.id(), "its key is taken");
    let again: TaskRequest = serde_json::from_value(serde_json::to_value(&request).unwrap()).unwrap();
    assert_eq!(again, request);
}

#[tokio::test(start_paused = true)]
async fn a_request_without_a_version_is_one_of_the_latest() {
    let tasker = tasker(Identity::Default).await;
    let version = async |namespace: &str, version: Option<&str>| {
        let version = version.map(str::to_owned);
        let context = if namespace == "test" { json!(1) } else { json!({"size": 1}) };
        let request =
            TaskRequest { namespace: namespace.to_owned(), version, ..TaskRequest::new("rollout", context) };
        let task = tasker.request(request).await.unwrap();
        summary(&tasker, task.id()).await.workflow.version
    };
    assert_eq!(version("test", None).await, "1.10.0");
    assert_eq!(version("test", Some("latest")).await, "1.10.0");
    assert_eq!(version("test", Some("1.9.0")).await, "1.9.0");
    assert_eq!(version("default", None).await, "1.11.0-rc.1", "the only one there is");
    let task = tasker.start_named("test", "rollout", "latest", json!(1)).await.unwrap();
    assert_eq!(summary(&tasker, task.id()).await.workflow.version, "1.10.0");
}

#[tokio::test(start_paused = true)]
async fn all_that_is_wrong_with_a_request_is_told_at_once() {
    let tasker = tasker(Identity::Default).await;
    let request = TaskRequest {
        initiator: Some("x".repeat(129)),
        tags: vec![String::new(), "good".to_owned()],
        idempotency_key: Some(String::new()),
        requested_at: Some(Timestamp::from_micros(-1)),
        ..TaskRequest::new("rollout", json!({"size": 10}))
    };
    let error = tasker.request(request.clone()).await.unwrap_err();
    assert_eq!(
        shown(&error),
        [
            "/context/size: 10 is greater than the maximum of 9",
            "/idempotency_key: the idempotency key `` is not 1 to 255 characters",
            "/initiator: it has 129 characters; it can have 1 to 128",
            "/requested_at: it lies before 1970",
            "/tags: \"\": it has 0 characters; it can have 1 to 64",
        ]
    );
    assert!(
        error.to_string().starts_with("the request of `default.rollout@latest` is not valid: "),
        "{error}"
    );
    let unknown = TaskRequest { name: "rolout".to_owned(), ..request };
    let unknown = shown(&tasker.request(unknown).await.unwrap_err());
    assert_eq!(unknown.len(), 5, "{unknown:?}");
    let hint = "/name: workflow `default.rolout@latest` is not registered; did you mean `default.rollout`? ";
    assert!(unknown.iter().any(|shown| shown.starts_with(hint)), "{unknown:?}");
    assert!(tasker.open_tasks().await.unwrap().is_empty());
    let alone = tasker.request(TaskRequest::new("rolout", json!(1))).await.unwrap_err();
    assert!(matches!(alone, StartError::NotRegistered { .. }), "{alone}");
    let alone = tasker.request(TaskRequest::new("job", json!(1))).await.unwrap_err().to_string();
    let forgotten = "workflow `default.job@latest` is not registered; did you mean `job` of the namespace `test`? Registered are ";
    assert!(alone.starts_with(forgotten), "{alone}");
}

#[tokio::test(start_paused = true)]
async fn what_is_told_of_a_large_request_is_small() {
    let tasker = tasker(Identity::Default).await;
    let long = |tag: usize| format!("{}{tag}", "x".repeat(100_000));
    let request = TaskRequest {
        tags: (0..60).map(long).collect(),
        idempotency_key: Some(long(0)),
        bypass_steps: (0..300).map(long).collect(),
        ..TaskRequest::new("rollout", json!({"size": "x".repeat(900_000)}))
    };
    let error = tasker.request(request.clone()).await.unwrap_err();
    assert!(error.to_string().len() < 50_000, "{}", error.to_string().len());
    let large = TaskRequest { context: json!(["x".repeat(2 << 20)]), ..request.clone() };
    let error = shown(&tasker.request(large).await.unwrap_err());
    let told = error.iter().find(|shown| shown.starts_with("/context")).unwrap();
    assert!(told.contains("is 2097156 bytes of JSON, more than the limit of 1048576"), "{told}");
    let unknown = TaskRequest { name: long(0), ..request };
    let error = tasker.request(unknown).await.unwrap_err();
    assert!(error.to_string().len() < 50_000, "{}", error.to_string().len());
    let fields: serde_json::Map<String, Value> = (0..300).map(|at| (long(at), json!(1))).collect();
    let error = TaskRequest::read(&Value::Object(fields)).unwrap_err();
    assert!(error.to_string().len() < 50_000, "{}", error.to_string().len());
}

#[tokio::test(start_paused = true)]
async fn a_typed_start_tells_what_cannot_be_stored_too() {
    let tasker = tasker(Identity::Default).await;
    let error =
        tasker.start::<job::Workflow>(context(1)).reason("two\nlines").tags(["t"; 2]).await.unwrap_err();
    assert_eq!(shown(&error), ["/reason: it has the character '\\n'; only printable ones can be stored"]);
    let error = tasker.start_many::<job::Workflow>([context(1)]).initiator("").await.unwrap_err();
    assert_eq!(shown(&error), ["/initiator: it has 0 characters; it can have 1 to 128"]);
}

#[test]
fn a_document_that_is_no_request_is_told_all_that_is_wrong_with_it() {
    let read = |json: Value| shown(&TaskRequest::read(&json).unwrap_err());
    assert_eq!(read(json!([])), ["/: a request is a JSON object"]);
    assert_eq!(
        read(
            json!({"name": null, "tag": ["a"], "tags": ["a", 7], "priority": 40_000, "requested_at": "now", "a/b": 1})
        ),
        [
            "/a~1b: a request has no such field",
            "/context: it is missing; a request names a workflow and has a context",
            "/name: it is missing; a request names a workflow and has a context",
            "/priority: invalid value: integer `40000`, expected i16",
            "/requested_at: `now` is no moment; one is written as in RFC 3339, such as `2026-11-22T08:30:00Z`",
            "/tag: a request has no such field; did you mean `tags`?",
            "/tags/1: invalid type: integer `7`, expected a string",
        ]
    );
    let least = TaskRequest::read(&json!({"name": "x", "context": null, "version": null})).unwrap();
    assert_eq!(least, TaskRequest::new("x", Value::Null));
    let unknown = serde_json::from_value::<TaskRequest>(json!({"name": "x", "context": 1, "skip_steps": []}));
    assert!(unknown.unwrap_err().to_string().contains("unknown field `skip_steps`"));
}

/// Wraps a gift, and sends it.
#[tasker::workflow(namespace = "test", context = u32)]
mod gift {
    use tasker::{Output, StepError};

    #[step(when = |_| true)]
    pub(crate) async fn wrap() -> Result<u32, StepError> {
        Ok(1)
    }

    #[step(depends_on = wrap)]
    pub(crate) async fn send(wrapped: Option<Output<wrap>>) -> Result<bool, StepError> {
        Ok(wrapped.is_some())
    }
}

#[tokio::test(start_paused = true)]
async fn a_request_may_go_without_steps_that_may_be_skipped() {
    let tasker =
        tasker::Tasker::builder(()).store(memory()).register::<gift::Workflow>().build().await.unwrap();
    let ask = |bypass: Value| {
        let request = json!({"name": "gift", "namespace": "test", "context": 1, "bypass_steps": bypass});
        tasker.request(TaskRequest::read(&request).unwrap())
    };
    let task = ask(json!(["wrap"])).await.unwrap();
    task.wait().await.unwrap();
    assert_eq!(task.result("send").await.unwrap(), Some(json!(false)));
    let task = tasker.start::<gift::Workflow>(1).bypass(["wrap", "wrap"]).await.unwrap();
    task.wait().await.unwrap();
    assert_eq!(task.output::<gift::send>().await.unwrap(), Some(false));
    let error = ask(json!(["send", "warp"])).await.unwrap_err();
    assert_eq!(
        shown(&error),
        [
            "/bypass_steps/0: the step `send` may not be passed over, because others count on its result; only one with `skippable` or \
             `when`, or with `skippable: true` in its file, may",
            "/bypass_steps/1: there is no step `warp`; did you mean `wrap`?",
        ]
    );
    tasker.shutdown().await;
}

on_every_store! {
    many_requests_start_tasks_of_several_workflows_each_with_all_that_it_says,
    steps_are_bypassed_in_each_of_many_tasks,
}

async fn with_gifts(store: &(impl Store + Clone)) -> Tasker {
    builder(&App::new([]), store).register::<gift::Workflow>().build().await.unwrap()
}

fn gift(bypass: &[&str]) -> TaskRequest {
    let bypass_steps = bypass.iter().map(|&step| step.to_owned()).collect();
    TaskRequest { namespace: "test".to_owned(), bypass_steps, ..TaskRequest::new("gift", json!(1)) }
}

async fn many_requests_start_tasks_of_several_workflows_each_with_all_that_it_says(
    store: impl Store + Clone,
) {
    let tasker = with_gifts(&store).await;
    let job = |number: u32, priority| TaskRequest {
        namespace: "test".to_owned(),
        version: Some("1.2.0".to_owned()),
        priority,
        ..TaskRequest::new("job", json!({"number": number}))
    };
    let keyed =
        TaskRequest { idempotency_key: Some("k".to_owned()), tags: vec!["vip".to_owned()], ..gift(&[]) };
    let requests = [gift(&["wrap"]), job(7, 3), keyed.clone(), gift(&[]), keyed.clone(), job(8, -3)];
    let tasks = tasker.request_many(requests).await.unwrap();
    for task in &tasks {
        assert_eq!(task.wait().await.unwrap().state, TaskState::Complete);
    }
    let mut sent = Vec::new();
    for at in [0, 2, 3] {
        sent.push(tasks[at].result("send").await.unwrap());
    }
    assert_eq!(sent, [false, true, true].map(|sent| Some(json!(sent))));
    assert_eq!(tasks[1].result("prepare").await.unwrap(), Some(json!(7)));
    assert_eq!(tasks[5].result("prepare").await.unwrap(), Some(json!(8)));
    assert_eq!((summary(&tasker, tasks[5].id()).await.priority, tasks[4].id()), (-3, tasks[2].id()));
    assert_eq!(
        tasks.iter().map(TaskHandle::is_new).collect::<Vec<_>>(),
        [true, true, true, true, false, true]
    );
    let again = tasker.request_many([keyed]).await.unwrap();
    assert_eq!((again[0].id(), again[0].is_new()), (tasks[2].id(), false));
    assert!(summary(&tasker, again[0].id()).await.tags.contains("vip"));
    assert!(tasker.request_many([]).await.unwrap().is_empty());
    tasker.shutdown().await;
}

async fn steps_are_bypassed_in_each_of_many_tasks(store: impl Store + Clone) {
    let tasker = with_gifts(&store).await;
    let tasks = tasker.start_many::<gift::Workflow>(0..1_200).bypass(["wrap"]).await.unwrap();
    for task in tasks.iter().step_by(97) {
        task.wait().await.unwrap();
        assert_eq!(task.output::<gift::send>().await.unwrap(), Some(false));
        assert_eq!(task.output::<gift::wrap>().await.unwrap(), None);
    }
    let error = tasker.start_many::<gift::Workflow>(0..9).bypass(["send", "wrap"]).await.unwrap_err();
    let told = shown(&error);
    assert_eq!(told.len(), 1, "once, not for each task: {error}");
    assert!(told[0].starts_with("/bypass_steps/0: the step `send` may not be passed over"), "{error}");
    tasker.shutdown().await;
}

async fn a_request_is_started_in_a_transaction_of_the_host(store: SqlStore, url: &str) {
    let tasker = with_gifts(&store).await;
    let host = sea_orm::Database::connect(url).await.unwrap();
    // One that begins to write later may find that the engine wrote in between.
    let immediate = || sea_orm::TransactionOptions {
        sqlite_transaction_mode: Some(sea_orm::SqliteTransactionMode::Immediate),
        ..Default::default()
    };
    let transaction = host.begin_with_options(immediate()).await.unwrap();
    let gone = tasker.request_in(&transaction, gift(&[])).await.unwrap();
    transaction.rollback().await.unwrap();
    let transaction = host.begin_with_options(immediate()).await.unwrap();
    let tasks = [
        tasker.request_in(&transaction, gift(&["wrap"])).await.unwrap(),
        tasker.request_in(&transaction, gift(&[])).bypass(["wrap"]).tags(["vip"]).await.unwrap(),
    ];
    let typed = tasker.start_in::<gift::Workflow>(&transaction, 1).bypass(["wrap"]).await.unwrap();
    let wrong = tasker.request_in(&transaction, gift(&["send"])).await.unwrap_err();
    assert!(shown(&wrong)[0].starts_with("/bypass_steps/0: the step `send` may not be"), "{wrong}");
    transaction.commit().await.unwrap();
    for task in &tasks {
        assert_eq!(task.wait().await.unwrap().state, TaskState::Complete);
        assert_eq!(task.result("send").await.unwrap(), Some(json!(false)), "it went without a wrapping");
    }
    typed.wait().await.unwrap();
    assert_eq!(typed.output::<gift::send>().await.unwrap(), Some(false));
    let found: Vec<TaskId> =
        tasker.tasks().oldest_first().await.unwrap().tasks.iter().map(|task| task.id).collect();
    assert_eq!(found, [tasks[0].id(), tasks[1].id(), typed.id()], "{} was rolled back", gone.id());
    tasker.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_is_started_in_a_transaction_of_the_host_on_sqlite() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}", folder.path().join("tasks.db").display());
    a_request_is_started_in_a_transaction_of_the_host(SqlStore::connect(&url).await.unwrap(), &url).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_is_started_in_a_transaction_of_the_host_on_postgres() {
    let Some((store, database)) = postgres(None).await else { return };
    a_request_is_started_in_a_transaction_of_the_host(store, database.url()).await;
}

#[tokio::test(start_paused = true)]
async fn all_that_is_wrong_with_many_requests_is_told_at_once_and_none_is_started() {
    let tasker = with_gifts(&memory()).await;
    let unknown = TaskRequest { name: "gfit".to_owned(), ..gift(&[]) };
    let wrong = TaskRequest { context: json!("x"), tags: vec![String::new()], ..gift(&["warp"]) };
    let error = tasker.request_many([gift(&[]), unknown, gift(&["wrap"]), wrong]).await.unwrap_err();
    let StartError::Invalid { mistakes, count: 2 } = &error else { panic!("{error}") };
    assert_eq!(mistakes.iter().map(|(position, _)| *position).collect::<Vec<_>>(), [1, 3]);
    assert!(mistakes[0].1.to_string().contains("did you mean `test.gift`?"), "{error}");
    assert_eq!(
        shown(&mistakes[1].1),
        [
            "/bypass_steps/0: there is no step `warp`; did you mean `wrap`?",
            "/context: \"x\" is not of type \"integer\"",
            "/tags: \"\": it has 0 characters; it can have 1 to 64",
        ]
    );
    assert!(tasker.tasks().await.unwrap().tasks.is_empty());
    tasker.shutdown().await;
}

#[tokio::test(start_paused = true)]
async fn of_many_requests_those_that_were_made_before_are_returned() {
    let tasker = tasker(Identity::Hash).await;
    let request = |number: u32| TaskRequest {
        requested_at: Some(Timestamp::from_micros(1_795_000_020_000_000)),
        namespace: "test".to_owned(),
        ..TaskRequest::new("job", json!({"number": number}))
    };
    let first = tasker.request(request(1)).await.unwrap();
    let many = tasker.request_many([1, 2, 2].map(request)).await.unwrap();
    assert_eq!(many.iter().map(TaskHandle::is_new).collect::<Vec<_>>(), [false, true, false]);
    assert_eq!((many[0].id(), many[1].id()), (first.id(), many[2].id()));
}

fn conflict(error: &StartError) -> TaskId {
    let StartError::Conflict { existing, .. } = error else { panic!("{error}") };
    *existing
}

#[tokio::test(start_paused = true)]
async fn by_hash_the_same_request_in_one_minute_is_refused_and_names_the_task_that_there_is() {
    let tasker = tasker(Identity::Hash).await;
    let start = |number, seconds: i64| {
        let moment = Timestamp::from_micros(1_795_000_020_000_000 + seconds * 1_000_000);
        tasker.start::<job::Workflow>(context(number)).initiator("ada").requested_at(moment)
    };
    let first = start(1, 0).await.unwrap();
    let key = first.status().await.unwrap().idempotency_key.unwrap();
    assert!(key.len() == 64 && key.bytes().all(|byte| byte.is_ascii_hexdigit()), "{key}");
    let error = start(1, 59).tags(["another"]).await.unwrap_err();
    assert_eq!(conflict(&error), first.id());
    assert!(error.to_string().contains("the same for the `Identity` of this Tasker: it is task"), "{error}");
    let existing = start(1, 59).or_existing().await.unwrap();
    assert_eq!((existing.id(), existing.is_new()), (first.id(), false));
    for other in [start(1, 60), start(2, 0), start(1, 0).reason("again"), start(1, 0).idempotency_key("mine")]
    {
        assert!(other.await.unwrap().is_new());
    }
    let mine = start(1, 0).idempotency_key("mine");
    assert!(!mine.await.unwrap().is_new(), "a key that was given returns the task that there is");
}

#[tokio::test(start_paused = true)]
async fn by_hash_the_minute_is_that_of_the_clock_that_the_store_was_given() {
    let tasker = tasker(Identity::Hash).await;
    let start = || tasker.start::<job::Workflow>(context(1));
    let first = start().await.unwrap();
    assert_eq!(conflict(&start().await.unwrap_err()), first.id());
    tokio::time::sleep(Duration::from_mins(1)).await;
    let next = start().await.unwrap();
    assert!(next.is_new() && next.id() != first.id(), "the system's clock still shows the same minute");
}

#[tokio::test(start_paused = true)]
async fn a_key_that_was_given_is_a_conflict_if_that_is_asked_for() {
    let tasker = tasker(Identity::Default).await;
    let start = || tasker.start::<job::Workflow>(context(1)).idempotency_key("order-17");
    let first = start().or_conflict().await.unwrap();
    let error = start().or_conflict().await.unwrap_err();
    assert_eq!(conflict(&error), first.id());
    assert_eq!(
        error.to_string(),
        format!(
            "the idempotency key `order-17` of `test.job@1.2.0` belongs to task {}; without `or_conflict` that task is returned",
            first.id()
        )
    );
    assert_eq!(start().await.unwrap().id(), first.id());
    let without = || tasker.start::<job::Workflow>(context(1)).or_conflict();
    assert_ne!(
        without().await.unwrap().id(),
        without().await.unwrap().id(),
        "without a key nothing is the same"
    );
}

#[tokio::test(start_paused = true)]
async fn a_function_can_say_what_is_the_same() {
    let identity = Identity::custom(|request| match request.attributes.reason.as_deref() {
        Some("alone") => None,
        Some("wrong") => Some(String::new()),
        _ => Some(format!("{} {}", request.workflow.version, request.context.as_str())),
    });
    let tasker = tasker(identity).await;
    let start = |number| tasker.start::<job::Workflow>(context(number));
    let first = start(1).await.unwrap();
    let key = first.status().await.unwrap().idempotency_key;
    assert_eq!(key.as_deref(), Some(r#"1.2.0 {"number":1,"note":""}"#), "the context as it is stored");
    assert_eq!(conflict(&start(1).await.unwrap_err()), first.id());
    assert!(start(1).reason("alone").await.unwrap().is_new());
    assert!(matches!(start(1).reason("wrong").await.unwrap_err(), StartError::InvalidKey(_)));
    // Of many those that there are already are returned.
    let many = tasker.start_many::<job::Workflow>([context(1), context(2), context(2)]).await.unwrap();
    assert_eq!(many.iter().map(TaskHandle::is_new).collect::<Vec<_>>(), [false, true, false]);
    assert_eq!((many[0].id(), many[1].id()), (first.id(), many[2].id()));
}

#[tokio::test(start_paused = true)]
async fn a_conflict_of_a_prepared_task_is_told_once_a_store_wrote_it() {
    let tasker = tasker(Identity::Hash).await;
    let prepared = tasker.start::<job::Workflow>(context(1)).prepare().unwrap();
    let existing = TaskId::random();
    let error = prepared.created(tasker::store::Created::Existing(existing)).unwrap_err();
    assert_eq!(conflict(&error), existing);
}

#[tokio::test(start_paused = true)]
async fn the_registry_tells_what_there_is() {
    let tasker = tasker(Identity::Default).await;
    let registry = tasker.registry();
    assert_eq!(registry.namespaces(), ["default", "test"]);
    assert_eq!(registry.names("test").unwrap(), ["job", "narrow", "once", "rollout", "wide"]);
    assert_eq!(registry.versions("test", "rollout").unwrap(), ["1.9.0", "1.10.0"]);
    let job = registry.workflow("test", "job", Some("1.2.0")).unwrap();
    let job = serde_json::to_value(&job).unwrap();
    assert_eq!(
        (&job["namespace"], &job["version"], &job["is_latest"]),
        (&json!("test"), &json!("1.2.0"), &json!(true))
    );
    assert_eq!(
        job["dependency_graph"],
        json!({
            "nodes": ["prepare", "work", "report"],
            "edges": [{"from": "prepare", "to": "work"}, {"from": "work", "to": "report"}],
            "execution_order": ["prepare", "work", "report"],
        })
    );
    let shown = registry
        .workflows(Some("test"))
        .into_iter()
        .map(|known| (known.workflow.to_string(), known.is_latest));
    let shown: Vec<_> = shown.filter(|(name, _)| name.contains("rollout")).collect();
    assert_eq!(shown, [("test.rollout@1.9.0".to_owned(), false), ("test.rollout@1.10.0".to_owned(), true)]);
    let statistics = registry.statistics();
    assert_eq!((statistics.total_namespaces, statistics.total_workflows), (2, 7));
    assert_eq!(statistics.workflows_by_namespace["test"], 6);
    assert_eq!(statistics.versions_by_namespace["test"]["rollout"], ["1.9.0", "1.10.0"]);
    assert_eq!(
        statistics.total_steps,
        registry.workflows(None).iter().map(|known| known.dependency_graph.nodes.len()).sum::<usize>()
    );
}

#[tokio::test(start_paused = true)]
async fn what_is_not_registered_is_told_with_what_is() {
    let registry = tasker(Identity::Default).await.registry();
    let told = |namespace: &str, name: &str, version: Option<&str>| {
        registry.workflow(namespace, name, version).unwrap_err().to_string()
    };
    assert_eq!(
        told("tst", "job", None),
        "No task handler in namespace tst; did you mean `test`? The process has `default`, `test`"
    );
    assert_eq!(
        told("test", "jobs", None),
        "No task handler for jobs in namespace test; did you mean `job`? The namespace has `job`, `narrow`, `once`, `rollout`, `wide`"
    );
    assert_eq!(
        told("default", "job", None),
        "No task handler for job in namespace default; did you mean that of namespace `test`? The namespace has `rollout`"
    );
    assert_eq!(
        told("payments", "job", None),
        "No task handler in namespace payments; did you mean that of namespace `test`? The process has `default`, `test`"
    );
    assert_eq!(
        told("test", "rollout", Some("1.9.1")),
        "No task handler for rollout in namespace test and version 1.9.1; the workflow has `1.9.0`, `1.10.0`"
    );
}

#[tokio::test(start_paused = true)]
async fn a_workflow_is_replaced_on_purpose_only() {
    let twice = || builder(&App::new([]), &memory()).register::<rollout_10::Workflow>();
    let error = twice().register::<rollout_10_again::Workflow>().build().await.err().unwrap().to_string();
    assert!(
        error.contains("`test.rollout@1.10.0` is registered twice") && error.contains("`replace`"),
        "{error}"
    );
    let tasker = twice()
        .replace::<rollout_10_again::Workflow>()
        .replace::<rollout_9::Workflow>()
        .build()
        .await
        .unwrap();
    let workflow = tasker.registry().workflow("test", "rollout", None).unwrap();
    assert_eq!(workflow.dependency_graph.nodes, ["newer"]);
    assert_eq!(tasker.registry().versions("test", "rollout").unwrap(), ["1.9.0", "1.10.0"]);
    let task = tasker.start::<rollout_10_again::Workflow>(1).await.unwrap();
    task.wait().await.unwrap();
    assert_eq!(task.output::<rollout_10_again::newer>().await.unwrap(), Some(()));
    let replaced = tasker.start::<rollout_10::Workflow>(1).await.unwrap_err();
    assert!(matches!(replaced, StartError::NotRegistered { .. }));
    tasker.shutdown().await;
}
