//! How many steps run at the same time, and which of them.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tasker::yaml::YamlFile;
use tasker::{
    Attempt, BuildError, StepSpec, Store, TaskRequest, TaskState, Tasker, TaskerBuilder, WorkflowBuilder,
    WorkflowDef, handler_fn,
};
use tokio::time::Instant;

use crate::faults::Faulty;
use crate::support::{App, builder, context, job, memory, narrow, wide};

#[tokio::test(start_paused = true)]
async fn no_more_steps_of_a_workflow_run_than_its_limit() {
    for parallel in [1, 3] {
        let app = App::new([]);
        let store = Faulty::new().parallel(parallel).delay(Duration::from_millis(2));
        // Nothing is found by chance, at the next poll.
        let builder = builder(&app, &store).poll(Duration::from_hours(1));
        let tasker = builder.concurrency(50).limit::<wide::Workflow>(3).build().await.unwrap();
        let began = Instant::now();
        let limited = tasker.start_many::<wide::Workflow>(0..6).await.unwrap();
        let others = tasker.start_many::<job::Workflow>((1..=20).map(context)).await.unwrap();
        for task in &others {
            task.wait().await.unwrap();
        }
        assert!(began.elapsed() < Duration::from_secs(1), "the others do not wait for them");
        for task in &limited {
            assert_eq!(task.wait().await.unwrap().state, TaskState::Complete);
        }
        assert_eq!(app.gauge.most_and_all("wide"), (3, 24));
        let elapsed = began.elapsed();
        assert!(elapsed < Duration::from_millis(8_200), "no place was left empty: {elapsed:?}");
        tasker.shutdown().await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_worker_at_its_limit_does_not_keep_asking() {
    let (app, store) = (App::new([]), Faulty::new());
    let tasker = builder(&app, &store).limit::<wide::Workflow>(1).build().await.unwrap();
    let tasks = tasker.start_many::<wide::Workflow>(0..25).await.unwrap();
    for task in &tasks {
        task.wait().await.unwrap();
    }
    // 100 steps of a second each: a settle for each, and a claim for each poll.
    let (settles, claims) =
        (store.calls(crate::faults::Verb::Settle), store.calls(crate::faults::Verb::Claim));
    assert!(settles <= 101 && claims <= 125, "{settles} settles, {claims} claims");
}

#[tokio::test(start_paused = true)]
async fn a_limit_that_makes_no_sense_is_refused() {
    let app = App::new([]);
    let message = |built: Result<Tasker, BuildError>| match built {
        Err(BuildError::Option(message)) => message,
        Err(error) => panic!("{error}"),
        Ok(_) => panic!("built"),
    };
    let none = builder(&app, &memory()).limit::<wide::Workflow>(0).build().await;
    assert_eq!(
        message(none),
        "`limit` of workflow `test.wide@0.1.0` is 0: no step of it would ever run; the least is 1"
    );
    let unknown = Tasker::builder(app).store(memory()).register::<job::Workflow>().limit::<wide::Workflow>(5);
    assert_eq!(
        message(unknown.build().await),
        "`limit` names workflow `test.wide@0.1.0`, which is not registered; call `register` for it"
    );
}

/// `shop.parcel` of a version, which weighs and sends: a second each.
fn parcel(version: &str) -> WorkflowBuilder {
    let weigh = StepSpec::new("weigh").handler_class("Weigh");
    WorkflowDef::builder("shop", "parcel", version)
        .step(weigh)
        .step(StepSpec::new("send").handler_class("Weigh"))
}

/// A builder with a handler that notes in `most` how many of it ran at the same time.
fn with_parcels(most: &Arc<AtomicUsize>) -> TaskerBuilder<App, Arc<dyn Store>> {
    let (running, most) = (Arc::new(AtomicUsize::new(0)), Arc::clone(most));
    let weigh = handler_fn(move |_, _, _| {
        let (running, most) = (Arc::clone(&running), Arc::clone(&most));
        async move {
            most.fetch_max(running.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
            tokio::time::sleep(Duration::from_secs(1)).await;
            running.fetch_sub(1, Ordering::SeqCst);
            Ok(serde_json::json!(1))
        }
    });
    builder(&App::new([]), &memory()).handler("Weigh", weigh)
}

#[tokio::test(start_paused = true)]
async fn a_workflow_that_is_no_module_is_limited_by_its_name_each_version_by_itself() {
    for (versions, limits, expected) in [
        (&["1.0.0"][..], &[3][..], 3),
        (&["1.0.0"], &[3, 5], 5),
        (&["1.0.0", "1.1.0"], &[3], 6),
        (&["1.0.0"], &[], 40),
    ] {
        let most = Arc::default();
        let mut builder = with_parcels(&most);
        for limit in limits {
            // Before what it is about is registered.
            builder = builder.limit_named("shop", "parcel", *limit);
        }
        builder = versions.iter().fold(builder, |builder, version| builder.register_dynamic(parcel(version)));
        let tasker = builder.limit_named("test", "wide", 1).build().await.unwrap();
        let mut tasks = Vec::new();
        for number in 0..20 {
            let version = versions[number % versions.len()];
            tasks.push(tasker.start_named("shop", "parcel", version, serde_json::json!({})).await.unwrap());
        }
        for task in &tasks {
            assert_eq!(task.wait().await.unwrap().state, TaskState::Complete);
        }
        assert_eq!(most.load(Ordering::SeqCst), expected, "{versions:?} {limits:?}");
        tasker.shutdown().await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_workflow_of_a_task_file_is_limited_by_its_name() {
    const PARCEL: &str = "{name: parcel, namespace_name: shop, version: 2.0.0, step_templates: [{name: weigh, handler_class: Weigh}]}";
    let most = Arc::default();
    let builder = with_parcels(&most).yaml(YamlFile::new("parcel.yaml", PARCEL));
    let tasker = builder.limit_named("shop", "parcel", 2).build().await.unwrap();
    let request =
        || TaskRequest { namespace: "shop".to_owned(), ..TaskRequest::new("parcel", serde_json::json!({})) };
    for task in tasker.request_many((0..7).map(|_| request())).await.unwrap() {
        assert_eq!(task.wait().await.unwrap().state, TaskState::Complete);
    }
    assert_eq!(most.load(Ordering::SeqCst), 2);
    tasker.shutdown().await;
}

#[tokio::test(start_paused = true)]
async fn a_module_is_limited_by_its_name_too_and_the_last_limit_counts() {
    for (first, second, expected) in [(true, 2, 2), (false, 2, 4)] {
        let app = App::new([]);
        let builder = builder(&app, &memory());
        let builder = if first {
            builder.limit::<wide::Workflow>(4).limit_named("test", "wide", second)
        } else {
            builder.limit_named("test", "wide", second).limit::<wide::Workflow>(4)
        };
        let tasker = builder.build().await.unwrap();
        for task in tasker.start_many::<wide::Workflow>(0..4).await.unwrap() {
            task.wait().await.unwrap();
        }
        assert_eq!(app.gauge.most_and_all("wide"), (expected, 16));
        tasker.shutdown().await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_limit_of_a_name_that_is_not_registered_says_what_is() {
    let message = async |namespace: &str, name: &str, steps| {
        let builder = with_parcels(&Arc::default()).register_dynamic(parcel("1.0.0"));
        builder.limit_named(namespace, name, steps).build().await.err().unwrap().to_string()
    };
    let known = "egistered are `shop.parcel`, `test.job`, `test.narrow`, `test.once`, `test.wide`";
    assert_eq!(
        message("shop", "parcle", 2).await,
        format!(
            "`limit_named` names workflow `shop.parcle`, which is not registered; did you mean `shop.parcel`? R{known}"
        )
    );
    assert_eq!(
        message("billing", "invoice", 2).await,
        format!("`limit_named` names workflow `billing.invoice`, which is not registered; r{known}")
    );
    assert_eq!(
        message("shop", "parcel", 0).await,
        "`limit_named` of workflow `shop.parcel` is 0: no step of it would ever run; the least is 1"
    );
    let none = Tasker::builder(()).store(memory()).limit_named("shop", "parcel", 2).build().await;
    assert_eq!(
        none.err().unwrap().to_string(),
        "`limit_named` names workflow `shop.parcel`, which is not registered; no workflow is"
    );
}

#[tokio::test(start_paused = true)]
async fn a_sequential_task_runs_one_step_at_a_time_and_other_tasks_beside_it() {
    let app = App::new([]);
    let tasker = builder(&app, &memory()).build().await.unwrap();
    let began = Instant::now();
    let task = tasker.start::<narrow::Workflow>(1).await.unwrap();
    let status = task.wait().await.unwrap();
    assert_eq!(status.state, TaskState::Complete);
    assert_eq!(status.step("b").unwrap().attempts, Attempt(2));
    assert_eq!(app.gauge.most_and_all("narrow"), (1, 4));
    let elapsed = began.elapsed();
    assert!(elapsed >= Duration::from_millis(5_700), "`c` waited for the retry of `b`: {elapsed:?}");
    let app = App::new([]);
    let tasker = builder(&app, &memory()).build().await.unwrap();
    for task in tasker.start_many::<narrow::Workflow>(0..5).await.unwrap() {
        task.wait().await.unwrap();
    }
    assert_eq!(app.gauge.most_and_all("narrow"), (5, 20));
}

#[tokio::test(start_paused = true)]
async fn a_flood_of_one_workflow_starves_no_other() {
    let app = App::new([]);
    let store = memory();
    let client = builder(&app, &store).build().await.unwrap();
    client.shutdown().await;
    client.start_many::<wide::Workflow>(0..500).await.unwrap();
    let late = client.start::<narrow::Workflow>(1).await.unwrap();
    let began = Instant::now();
    let tasker = builder(&app, &store).concurrency(4).build().await.unwrap();
    tasker.task(late.id()).wait().await.unwrap();
    let elapsed = began.elapsed();
    assert!(elapsed < Duration::from_secs(12), "2,000 steps of a second stood before it: {elapsed:?}");
}
