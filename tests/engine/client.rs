//! Starting tasks and asking after them.

use std::time::Duration;

use serde_json::json;
use tasker::{BuildError, MemoryStore, RegisterError, ResultError, StartError, TaskId, TaskState, Tasker};

use crate::support::{Act, App, builder, context, job, memory, tasker};

#[tokio::test(start_paused = true)]
async fn a_task_runs_to_its_end_and_its_results_are_typed() {
    let tasker = tasker(&App::new([]), &memory()).await;
    let task = tasker.start::<job::Workflow>(job::Context { number: 7, note: "now".into() }).await.unwrap();
    assert!(task.is_new());
    let status = task.wait().await.unwrap();
    assert_eq!(status.state, TaskState::Complete);
    assert_eq!(status.workflow.to_string(), "test.job@1.2.0");
    assert_eq!(task.output::<job::prepare>().await.unwrap(), Some(7));
    assert_eq!(task.output::<job::report>().await.unwrap().as_deref(), Some("work 7 of 7 now!"));
    assert_eq!(task.result("work").await.unwrap(), Some(json!("work 7")));
}

#[tokio::test(start_paused = true)]
async fn a_task_can_be_started_by_name_and_gets_its_defaults() {
    let tasker = tasker(&App::new([]), &memory()).await;
    let task = tasker.start_named("test", "job", "1.2.0", json!({"number": 3})).await.unwrap();
    task.wait().await.unwrap();
    assert_eq!(task.result("report").await.unwrap(), Some(json!("work 3 of 3 !")));
}

#[tokio::test(start_paused = true)]
async fn a_context_that_breaks_its_schema_is_refused_with_every_violation() {
    let tasker = tasker(&App::new([]), &memory()).await;
    let error =
        tasker.start_named("test", "job", "1.2.0", json!({"number": 0, "note": 5})).await.unwrap_err();
    let StartError::InvalidContext { violations, .. } = &error else { panic!("{error}") };
    let mut shown: Vec<String> = violations.iter().map(ToString::to_string).collect();
    shown.sort();
    assert_eq!(shown, ["/note: 5 is not of type \"string\"", "/number: 0 is less than the minimum of 1"]);
    assert!(tasker.open_tasks().await.unwrap().is_empty());
    let typed = tasker.start::<job::Workflow>(context(101)).await.unwrap_err();
    assert!(typed.to_string().contains("/number: 101 is greater than the maximum of 100"), "{typed}");
}

#[tokio::test(start_paused = true)]
async fn a_context_past_the_size_limit_is_refused() {
    let tasker = builder(&App::new([]), &memory()).max_payload(50).build().await.unwrap();
    let large = job::Context { number: 1, note: "x".repeat(60) };
    let error = tasker.start::<job::Workflow>(large).await.unwrap_err();
    assert!(matches!(error, StartError::TooLarge { limit: 50, .. }), "{error}");
}

#[tokio::test(start_paused = true)]
async fn an_unknown_workflow_is_refused_with_the_known_ones() {
    let tasker = tasker(&App::new([]), &memory()).await;
    let error = tasker.start_named("test", "job", "9.0.0", json!({"number": 3})).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "workflow `test.job@9.0.0` is not registered; registered are `test.job@1.2.0`, `test.once@0.1.0`, \
         `test.wide@0.1.0`, `test.narrow@0.1.0`"
    );
}

#[tokio::test(start_paused = true)]
async fn the_result_of_a_step_that_the_task_does_not_have_is_an_error() {
    let tasker = tasker(&App::new([Act::Sleep(Duration::from_secs(5))]), &memory()).await;
    let task = tasker.start::<job::Workflow>(context(1)).await.unwrap();
    assert_eq!(task.result("report").await.unwrap(), None, "not yet");
    let wrong = async |step| task.result(step).await.unwrap_err().to_string();
    assert_eq!(
        wrong("reprot").await,
        format!("task {} has no step `reprot`; did you mean `report`?", task.id())
    );
    assert_eq!(
        wrong("nosuch").await,
        format!("task {} has no step `nosuch`; its steps are `prepare`, `work`, `report`", task.id())
    );
    let nobody = TaskId::random();
    assert_eq!(
        tasker.task(nobody).result("work").await.unwrap_err().to_string(),
        format!("there is no task {nobody}")
    );
}

#[tokio::test(start_paused = true)]
async fn an_idempotency_key_returns_the_task_there_is() {
    let app = App::new([]);
    let tasker = tasker(&app, &memory()).await;
    let start = |number| tasker.start::<job::Workflow>(context(number)).idempotency_key("order-17");
    let first = start(1).await.unwrap();
    first.wait().await.unwrap();
    let second = start(2).await.unwrap();
    assert!(!second.is_new());
    assert_eq!(second.id(), first.id());
    assert_eq!(second.wait().await.unwrap().state, TaskState::Complete);
    assert_eq!(app.reported(), 1);
}

#[tokio::test(start_paused = true)]
async fn an_empty_idempotency_key_is_refused() {
    let tasker = tasker(&App::new([]), &memory()).await;
    let error = tasker.start::<job::Workflow>(context(1)).idempotency_key("").await.unwrap_err();
    assert_eq!(error.to_string(), "the idempotency key `` is not 1 to 255 characters");
}

#[tokio::test(start_paused = true)]
async fn a_thousand_tasks_that_are_started_at_once_all_end() {
    let app = App::new([]);
    let tasker = tasker(&app, &memory()).await;
    let starts =
        (0..1_000).map(|number| tasker.start::<job::Workflow>(context(number % 100 + 1)).into_future());
    let tasks = futures_util::future::try_join_all(starts).await.unwrap();
    let ends = futures_util::future::try_join_all(tasks.iter().map(tasker::TaskHandle::wait)).await.unwrap();
    assert!(ends.iter().all(|status| status.state == TaskState::Complete));
    assert_eq!(app.reported(), 1_000);
    assert!(app.script.most_running() <= 200, "the default concurrency");
}

#[tokio::test(start_paused = true)]
async fn no_more_steps_run_than_the_concurrency_allows() {
    let acts = std::iter::repeat_n(Act::Sleep(Duration::from_secs(1)), 20);
    let app = App::new(acts);
    let tasker = builder(&app, &memory()).concurrency(3).build().await.unwrap();
    let mut tasks = Vec::new();
    for _ in 0..20 {
        tasks.push(tasker.start::<job::Workflow>(context(1)).await.unwrap());
    }
    for task in tasks {
        task.wait().await.unwrap();
    }
    assert_eq!(app.script.most_running(), 3);
}

#[tokio::test(start_paused = true)]
async fn steps_of_a_task_with_a_higher_priority_go_first() {
    let app = App::new([Act::Sleep(Duration::from_secs(1)), Act::Sleep(Duration::from_secs(1))]);
    let store = memory();
    let idle = builder(&app, &store).build().await.unwrap();
    idle.shutdown().await;
    let low = idle.start::<job::Workflow>(context(1)).await.unwrap();
    let high = idle.start::<job::Workflow>(context(2)).priority(9).await.unwrap();
    let tasker = builder(&app, &store).concurrency(1).build().await.unwrap();
    let high = tasker.task(high.id()).wait().await.unwrap();
    let low = tasker.task(low.id()).wait().await.unwrap();
    assert!(high.ended_at < low.ended_at);
}

#[tokio::test(start_paused = true)]
async fn a_task_that_does_not_exist_is_named() {
    let tasker = tasker(&App::new([]), &memory()).await;
    let unknown = TaskId::random();
    let error = tasker.task(unknown).wait().await.unwrap_err();
    assert!(matches!(error, ResultError::NoTask(id) if id == unknown));
}

#[tokio::test(start_paused = true)]
async fn options_that_make_no_sense_are_refused() {
    let app = App::new([]);
    let message = |builder: tasker::TaskerBuilder<App, _>| async move {
        match builder.build().await {
            Err(error) => error.to_string(),
            Ok(_) => panic!("built"),
        }
    };
    let seconds = Duration::from_secs;
    assert!(message(builder(&app, &memory()).concurrency(0)).await.contains("`concurrency` is 0"));
    assert!(
        message(builder(&app, &memory()).max_payload(0))
            .await
            .contains("`max_payload` is 0 bytes: no context")
    );
    assert!(
        message(builder(&app, &memory()).lease(seconds(11), seconds(30))).await.contains("at most a third")
    );
    assert!(
        message(builder(&app, &memory()).lease(Duration::MAX, Duration::MAX)).await.contains("`lease` is")
    );
    assert!(message(builder(&app, &memory()).grace(Duration::MAX)).await.contains("the longest is a year"));
    assert!(message(builder(&app, &memory()).poll(seconds(0))).await.contains("`poll` is 0"));
}

#[tokio::test(start_paused = true)]
async fn a_workflow_that_is_registered_twice_is_refused() {
    let built = builder(&App::new([]), &memory()).register::<job::Workflow>().build().await;
    assert!(matches!(built, Err(BuildError::Register(RegisterError::Duplicate(_)))));
}

#[tokio::test]
async fn a_tasker_without_workflows_starts_none() {
    let tasker = Tasker::builder(()).store(MemoryStore::new()).build().await.unwrap();
    let error = tasker.start_named("a", "b", "1.0.0", json!({})).await.unwrap_err();
    assert!(error.to_string().contains("call `register` on the builder"), "{error}");
    tasker.shutdown().await;
}
