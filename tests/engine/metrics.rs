//! What an engine says of itself, number by number.

#![expect(clippy::float_cmp, reason = "whatever is counted is a whole number")]

mod documented;
mod exposition;
mod faulty;

use std::time::Duration;

use tasker::metrics::CONTENT_TYPE;
use tasker::{
    MemoryStore, SqlStore, StepError, StepSpec, Store, TaskState, Tasker, WorkflowDef, handler_fn, workflow,
};
use tokio::time::sleep;

use crate::support::{Act, App, builder, context, job, memory, once, tasker, wait_until, wide};
use exposition::Seen;

/// The outcomes of a step of a workflow, those that there are.
fn outcomes(seen: &Seen, workflow: &str, step: &str) -> Vec<(&'static str, f64)> {
    const ALL: [&str; 8] =
        ["complete", "skipped", "retried", "failed", "handed_back", "refused", "revoked", "lost"];
    let number = |outcome| {
        let labels = [("namespace", "test"), ("workflow", workflow), ("step", step), ("outcome", outcome)];
        (outcome, seen.number("tasker_steps_ended_total", &labels))
    };
    ALL.into_iter().map(number).filter(|(_, number)| *number > 0.0).collect()
}

/// How many tasks of a workflow ended, complete and in error.
fn ended(seen: &Seen, workflow: &str) -> (f64, f64) {
    let of = |state| seen.number("tasker_tasks_ended_total", &[("workflow", workflow), ("state", state)]);
    (of("complete"), of("error"))
}

fn is(one: f64, other: f64) -> bool {
    (one - other).abs() < 1e-6
}

#[tokio::test(start_paused = true)]
async fn a_retry_and_a_completion_are_counted_by_step() {
    let wait = Duration::from_secs(7);
    let app = App::new([Act::FailAfter(wait), Act::Sleep(Duration::from_secs(3))]);
    let tasker = tasker(&app, &memory()).await;
    let before = Seen::of(&tasker);
    assert_eq!(before.number("tasker_steps_ended_total", &[]), 0.0, "the series are there from the start");
    tasker.start::<job::Workflow>(context(1)).await.unwrap().wait().await.unwrap();
    let seen = Seen::of(&tasker);
    let of_job = [("namespace", "test"), ("workflow", "job")];
    assert_eq!(seen.number("tasker_tasks_created_total", &of_job), 1.0);
    assert_eq!(seen.number("tasker_tasks_created_total", &[]), 1.0, "of no other workflow");
    assert_eq!(ended(&seen, "job"), (1.0, 0.0));
    assert_eq!(outcomes(&seen, "job", "prepare"), [("complete", 1.0)]);
    assert_eq!(outcomes(&seen, "job", "work"), [("complete", 1.0), ("retried", 1.0)]);
    assert_eq!(outcomes(&seen, "job", "report"), [("complete", 1.0)]);
    // The first one and the retry were claimed, the others handed on.
    assert_eq!(seen.number("tasker_claimed_steps_total", &[("workflow", "job"), ("by", "claim")]), 2.0);
    assert_eq!(seen.number("tasker_claimed_steps_total", &[("workflow", "job"), ("by", "settle")]), 2.0);
    assert_eq!(seen.number("tasker_claims_total", &[("result", "steps")]), 2.0);
    let claims = seen.number("tasker_store_call_seconds", &[("call", "claim")]);
    assert_eq!(seen.number("tasker_claims_total", &[]), claims);
    let of_work = [("workflow", "job"), ("step", "work")];
    assert_eq!(seen.number("tasker_step_run_seconds", &of_work), 2.0);
    assert!(is(seen.sum("tasker_step_run_seconds", &of_work), 3.0));
    assert_eq!(seen.within("tasker_step_run_seconds", 1.0, &of_work), 1.0, "the one that failed at once");
    assert_eq!(seen.within("tasker_step_run_seconds", 5.0, &of_work), 2.0);
    assert_eq!(seen.number("tasker_step_queue_seconds", &of_work), 2.0);
    assert_eq!(seen.number("tasker_step_queue_seconds", &of_job), 4.0);
    assert!(
        seen.sum("tasker_step_queue_seconds", &of_work) < 0.01,
        "it does not wait when its time has come"
    );
    assert_eq!(seen.number("tasker_settle_outcomes", &[]), 4.0);
    assert_eq!(seen.sum("tasker_settle_outcomes", &[]), 4.0, "one by one");
    assert_eq!(seen.number("tasker_store_call_seconds", &[("call", "settle")]), 4.0);
    assert_eq!(seen.number("tasker_store_call_seconds", &[("call", "create")]), 1.0);
    assert_eq!(seen.number("tasker_store_errors_total", &[]), 0.0);
    assert_eq!(seen.number("tasker_concurrency", &[]), 200.0);
    assert_eq!(seen.number("tasker_steps_running", &[]), 0.0);
}

#[tokio::test(start_paused = true)]
async fn steps_that_wait_for_a_place_are_queued_for_so_long() {
    let app = App::new([]);
    let tasker = builder(&app, &memory()).concurrency(1).build().await.unwrap();
    let task = tasker.start::<wide::Workflow>(1).await.unwrap();
    sleep(Duration::from_millis(2_500)).await;
    let seen = Seen::of(&tasker);
    assert_eq!(seen.number("tasker_steps_running", &[("workflow", "wide")]), 1.0);
    assert_eq!(seen.number("tasker_concurrency", &[]), 1.0);
    task.wait().await.unwrap();
    let seen = Seen::of(&tasker);
    let of_wide = [("workflow", "wide")];
    assert!(is(seen.sum("tasker_step_run_seconds", &of_wide), 4.0));
    let queued = seen.sum("tasker_step_queue_seconds", &of_wide);
    assert!((6.0..6.1).contains(&queued), "0 + 1 + 2 + 3 s, and not {queued}");
    assert_eq!(seen.within("tasker_step_queue_seconds", 0.5, &of_wide), 1.0);
    assert_eq!(seen.number("tasker_steps_running", &of_wide), 0.0);
}

#[tokio::test(start_paused = true)]
async fn outcomes_that_are_settled_together_are_one_settle() {
    let app = App::new([]);
    let tasker = tasker(&app, &memory()).await;
    tasker.start::<wide::Workflow>(1).await.unwrap().wait().await.unwrap();
    let seen = Seen::of(&tasker);
    assert_eq!(
        (seen.number("tasker_settle_outcomes", &[]), seen.sum("tasker_settle_outcomes", &[])),
        (1.0, 4.0)
    );
}

#[tokio::test(start_paused = true)]
async fn a_failure_is_one_of_the_step_and_of_its_task() {
    let app = App::new([Act::FailForGood]);
    let tasker = tasker(&app, &memory()).await;
    tasker.start::<job::Workflow>(context(1)).await.unwrap().wait().await.unwrap();
    let seen = Seen::of(&tasker);
    assert_eq!(outcomes(&seen, "job", "work"), [("failed", 1.0)]);
    assert_eq!(outcomes(&seen, "job", "report"), []);
    assert_eq!(ended(&seen, "job"), (0.0, 1.0));
}

/// Greets, or has nothing to do.
#[workflow(namespace = "test", context = bool)]
mod greeting {
    use super::StepError;

    #[step(when = |ctx| *ctx)]
    pub(crate) async fn greet() -> Result<u8, StepError> {
        Ok(1)
    }
}

#[tokio::test(start_paused = true)]
async fn a_step_with_nothing_to_do_is_skipped_and_one_that_is_passed_over_never_ran() {
    let builder = Tasker::builder(()).store(memory()).register::<greeting::Workflow>();
    let tasker = builder.build().await.unwrap();
    tasker.start::<greeting::Workflow>(false).await.unwrap().wait().await.unwrap();
    let seen = Seen::of(&tasker);
    assert_eq!(outcomes(&seen, "greeting", "greet"), [("skipped", 1.0)]);
    assert_eq!(ended(&seen, "greeting"), (1.0, 0.0));
    tasker.start::<greeting::Workflow>(true).bypass(["greet"]).await.unwrap().wait().await.unwrap();
    let seen = Seen::of(&tasker);
    assert_eq!(outcomes(&seen, "greeting", "greet"), [("skipped", 1.0)]);
    assert_eq!(ended(&seen, "greeting"), (2.0, 0.0), "it was at its end when it was created");
}

#[tokio::test(start_paused = true)]
async fn what_a_shutdown_hands_back_is_counted_so() {
    let app = App::new([Act::SleepUntilCancelled]);
    let tasker = tasker(&app, &memory()).await;
    tasker.start::<job::Workflow>(context(1)).await.unwrap();
    app.script.began().await;
    assert_eq!(Seen::of(&tasker).number("tasker_steps_running", &[("workflow", "job")]), 1.0);
    tasker.shutdown().await;
    let seen = Seen::of(&tasker);
    assert_eq!(outcomes(&seen, "job", "work"), [("handed_back", 1.0)]);
    assert_eq!(ended(&seen, "job"), (0.0, 0.0));
    assert_eq!(seen.number("tasker_steps_running", &[]), 0.0);
    assert_eq!(seen.number("tasker_store_call_seconds", &[("call", "retire")]), 1.0);
}

#[tokio::test(start_paused = true)]
async fn starts_that_find_a_task_are_told_from_those_that_create_one() {
    let app = App::new([]);
    let tasker = tasker(&app, &memory()).await;
    for _ in 0..3 {
        tasker.start::<job::Workflow>(context(1)).idempotency_key("the one").await.unwrap();
    }
    tasker.start_many::<wide::Workflow>(0..5).await.unwrap();
    let seen = Seen::of(&tasker);
    for (workflow, created, existing) in [("job", 1.0, 2.0), ("wide", 5.0, 0.0), ("once", 0.0, 0.0)] {
        assert_eq!(seen.number("tasker_tasks_created_total", &[("workflow", workflow)]), created);
        assert_eq!(seen.number("tasker_tasks_existing_total", &[("workflow", workflow)]), existing);
    }
}

#[tokio::test(start_paused = true)]
async fn what_operators_do_is_counted_and_so_are_steps_that_they_stop() {
    let app = App::new([]);
    let tasker = tasker(&app, &memory()).await;
    let task = tasker.start::<once::Workflow>(1).await.unwrap();
    app.script.began().await;
    task.cancel().await.unwrap();
    task.cancel().await.unwrap();
    wait_until(|| app.script.running() == 0).await;
    sleep(Duration::from_secs(2)).await;
    let others = tasker.start_many::<once::Workflow>(0..3).await.unwrap();
    for other in &others {
        other.pause().await.unwrap();
    }
    let done = tasker.tasks().workflow::<once::Workflow>().open().resume().await.unwrap();
    let seen = Seen::of(&tasker);
    assert_eq!(outcomes(&seen, "once", "charge"), [("revoked", 1.0)]);
    assert_eq!(ended(&seen, "once"), (0.0, 0.0), "not by its steps");
    let orders = |action| seen.number("tasker_task_orders_total", &[("action", action)]);
    assert_eq!((orders("cancel"), orders("pause")), (1.0, 3.0), "the second one changed nothing");
    assert_eq!((orders("resume"), done.done), (3.0, 3));
}

/// A process that runs this build of a workflow.
async fn build_of(steps: &[(&str, &[&str])], store: &MemoryStore) -> Tasker {
    let builder = WorkflowDef::builder("test", "shipping", "1.0.0");
    let workflow = steps.iter().fold(builder, |workflow, (step, after)| {
        workflow.step(StepSpec::new(*step).depends_on(after.iter().copied()).handler_class("Any"))
    });
    let any = handler_fn(|_, _, _| async { Ok(serde_json::json!({})) });
    let builder = Tasker::builder(()).store(store.clone()).handler("Any", any).register_dynamic(workflow);
    builder.build().await.unwrap()
}

#[tokio::test(start_paused = true)]
async fn steps_of_another_build_are_counted_by_their_own_names() {
    let store = memory();
    let old = build_of(&[("a", &[]), ("z", &["a"])], &store).await;
    old.shutdown().await;
    let task = old.start_named("test", "shipping", "1.0.0", serde_json::json!({})).await.unwrap();
    let new = build_of(&[("a", &[]), ("b", &["a"]), ("z", &["a"])], &store).await;
    assert_eq!(new.task(task.id()).wait().await.unwrap().state, TaskState::Complete);
    let seen = Seen::of(&new);
    let of = |step| outcomes(&seen, "shipping", step);
    assert_eq!((of("a"), of("b"), of("z")), (vec![("complete", 1.0)], vec![], vec![("complete", 1.0)]));
    assert_eq!(ended(&seen, "shipping"), (1.0, 0.0));
    assert_eq!(seen.number("tasker_tasks_created_total", &[]), 0.0, "the other process did");
}

/// Each step that this process took is running or was counted by how it ended.
#[tokio::test(start_paused = true)]
async fn what_was_claimed_is_what_ended_and_what_runs() {
    let act = |n: u64| match n % 5 {
        0 => Act::Fail,
        1 => Act::FailForGood,
        2 => Act::SleepUntilCancelled,
        _ => Act::Sleep(Duration::from_millis(n * 37 % 900)),
    };
    let app = App::new((0..60).map(act));
    let tasker = builder(&app, &memory()).concurrency(20).build().await.unwrap();
    let tasks = tasker.start_many::<job::Workflow>((1..=40).map(context)).await.unwrap();
    let both = |seen: &Seen| {
        let (claimed, ended) =
            (seen.number("tasker_claimed_steps_total", &[]), seen.number("tasker_steps_ended_total", &[]));
        (claimed, ended + seen.number("tasker_steps_running", &[]))
    };
    let mut cancelled = 0;
    for (at, task) in tasks.iter().enumerate() {
        sleep(Duration::from_millis(100)).await;
        let (claimed, accounted) = both(&Seen::of(&tasker));
        assert_eq!(claimed, accounted, "after {at} tasks");
        if at % 4 == 0 {
            cancelled += u32::from(task.cancel().await.is_ok());
        }
    }
    assert!(cancelled > 3, "{cancelled} were cancelled");
    tasker.shutdown().await;
    let seen = Seen::of(&tasker);
    let (claimed, accounted) = both(&seen);
    assert_eq!(claimed, accounted);
    assert_eq!(seen.number("tasker_steps_running", &[]), 0.0);
    for outcome in ["complete", "retried", "failed", "handed_back", "revoked"] {
        assert!(seen.number("tasker_steps_ended_total", &[("outcome", outcome)]) > 0.0, "{outcome}");
    }
}

#[tokio::test(start_paused = true)]
async fn subscribers_are_shown_as_long_as_there_are_any() {
    let (app, store) = (App::new([]), memory());
    let tasker =
        builder(&app, &store).lease(Duration::from_secs(2), Duration::from_secs(9)).build().await.unwrap();
    let names = ["audit", "a \"quoted\" \\ name"].map(str::to_owned);
    store.feed().subscribe(&names).await.unwrap();
    tasker.start::<job::Workflow>(context(1)).await.unwrap().wait().await.unwrap();
    sleep(Duration::from_secs(10)).await;
    let seen = Seen::of(&tasker);
    let status = store.feed().subscriptions().await.unwrap();
    let behind = f64::from(u32::try_from(status[0].behind).unwrap());
    for name in &names {
        let of = [("subscription", name.as_str())];
        assert_eq!(seen.number("tasker_outbox_behind_transactions", &of), behind);
        let lag = seen.number("tasker_outbox_lag_seconds", &of);
        assert!((8.0..=10.1).contains(&lag), "as it stood at the last heartbeat: {lag} s");
        assert_eq!(seen.number("tasker_outbox_waiting_events", &of), 0.0);
        assert_eq!(seen.number("tasker_outbox_dead_events", &of), 0.0);
    }
    assert!(status[0].behind > 3, "{status:?}");
    store.feed().unsubscribe("audit").await.unwrap();
    sleep(Duration::from_secs(3)).await;
    let seen = Seen::of(&tasker);
    assert_eq!(seen.series("tasker_outbox_lag_seconds", &[("subscription", "audit")]), 0);
    assert_eq!(seen.series("tasker_outbox_lag_seconds", &[]), 1);
}

#[tokio::test]
async fn the_connections_of_a_database_are_shown_by_what_they_are_for() {
    let app = App::new([]);
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}", folder.path().join("tasks.db").display());
    let store = SqlStore::connect(&url).await.unwrap();
    let tasker = tasker(&app, &store).await;
    let status = tasker.start::<job::Workflow>(context(1)).await.unwrap().wait().await.unwrap();
    assert_eq!(status.state, TaskState::Complete);
    tasker.shutdown().await;
    let seen = Seen::of(&tasker);
    let limit = |pool| seen.number("tasker_pool_connections_limit", &[("pool", pool)]);
    assert_eq!((limit("write"), limit("read")), (1.0, 4.0));
    let open = |pool| seen.number("tasker_pool_connections", &[("pool", pool)]);
    assert_eq!(open("write"), 1.0);
    assert!((1.0..=4.0).contains(&open("read")));
    assert_eq!(ended(&seen, "job"), (1.0, 0.0));
    assert_eq!(seen.number("tasker_claimed_steps_total", &[]), 3.0);
    assert_eq!(seen.number("tasker_step_queue_seconds", &[]), 3.0);
    let took = seen.sum("tasker_store_call_seconds", &[("call", "settle")]);
    assert!((0.000_001..60.0).contains(&took), "{took} s");
}

#[tokio::test]
async fn the_text_is_what_its_type_says() {
    let builder = Tasker::builder(()).store(memory()).register::<greeting::Workflow>();
    let tasker = builder.build().await.unwrap();
    assert_eq!(CONTENT_TYPE, "application/openmetrics-text; version=1.0.0; charset=utf-8");
    let text = tasker.metrics().render();
    assert!(text.ends_with("# EOF\n") && text.contains("# TYPE tasker_step_run_seconds histogram\n"));
    assert_eq!(text, tasker.metrics().clone().render(), "a clone is the same");
}
