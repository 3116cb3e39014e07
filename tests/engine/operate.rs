//! What operators do to tasks that run.

use std::collections::HashSet;
use std::time::Duration;

use tasker::store::What;
use tasker::{Attempt, OperatorError, StepState, TaskId, TaskState};
use tokio::time::{Instant, timeout};

use crate::faults::{Fault, Faulty, Verb};
use crate::support::{Act, App, builder, context, job, memory, once, seeds, tasker, wait_until};

#[tokio::test(start_paused = true)]
async fn a_cancelled_step_is_told_to_stop_at_once() {
    let app = App::new([Act::SleepUntilCancelled]);
    let tasker = tasker(&app, &memory()).await;
    let task = tasker.start::<job::Workflow>(context(1)).await.unwrap();
    app.script.began().await;
    let began = Instant::now();
    let (status, ()) = tokio::join!(task.wait(), async { task.cancel().await.unwrap() });
    let status = status.unwrap();
    assert_eq!(status.state, TaskState::Cancelled);
    wait_until(|| app.script.running() == 0).await;
    assert!(began.elapsed() < Duration::from_millis(50), "{:?}", began.elapsed());
    task.cancel().await.unwrap();
    assert_eq!(app.reported(), 0);
    assert_eq!(task.status().await.unwrap(), status);
    tasker.shutdown().await;
}

#[tokio::test(start_paused = true)]
async fn a_cancelled_step_that_does_not_listen_is_dropped_and_its_place_is_free() {
    // `PanicWhenStopped` panics on the way out, which is nobody's business.
    for act in [Act::Sleep(Duration::from_hours(1)), Act::PanicWhenStopped] {
        let app = App::new([act]);
        let tasker = builder(&app, &memory()).concurrency(1).build().await.unwrap();
        let task = tasker.start::<job::Workflow>(context(1)).await.unwrap();
        app.script.began().await;
        let next = tasker.start::<job::Workflow>(context(2)).await.unwrap();
        let began = Instant::now();
        task.cancel().await.unwrap();
        assert_eq!(next.wait().await.unwrap().state, TaskState::Complete);
        let elapsed = began.elapsed().as_secs_f64();
        assert!((1.0..1.1).contains(&elapsed), "after a second of patience: {elapsed}");
        assert_eq!(app.script.most_running(), 1);
        tasker.shutdown().await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_cancel_in_another_process_is_noticed_with_the_next_heartbeat() {
    let (app, other) = (App::new([]), App::new([]));
    let store = memory();
    let worker = tasker(&app, &store).await;
    let client = tasker(&other, &store).await;
    client.shutdown().await;
    let task = worker.start::<once::Workflow>(1).await.unwrap();
    app.script.began().await;
    client.task(task.id()).cancel().await.unwrap();
    let began = Instant::now();
    wait_until(|| app.script.running() == 0).await;
    assert!(began.elapsed() < Duration::from_secs(7), "heartbeat and patience: {:?}", began.elapsed());
    worker.shutdown().await;
    assert_eq!(task.status().await.unwrap().state, TaskState::Cancelled);
}

#[tokio::test(start_paused = true)]
async fn a_step_that_ends_while_its_task_is_cancelled_harms_nobody() {
    for (delay, wait) in [(0, 1), (0, 9), (1, 5), (1, 11), (5, 9), (5, 12), (20, 5), (20, 30), (20, 50)] {
        for parallel in [1, 3] {
            let app = App::new((0..20).map(|n| Act::Sleep(Duration::from_millis(10 + n % 3))));
            let store = Faulty::new().parallel(parallel).delay(Duration::from_millis(delay));
            let tasker = builder(&app, &store).build().await.unwrap();
            let tasks = tasker.start_many::<job::Workflow>((1..=20).map(context)).await.unwrap();
            while app.script.attempts().is_empty() {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
            tokio::time::sleep(Duration::from_millis(wait)).await;
            for (at, task) in tasks.iter().enumerate() {
                let cancelled = at % 2 == 0 && task.cancel().await.is_ok();
                let expected = if cancelled { TaskState::Cancelled } else { TaskState::Complete };
                let status = task.wait().await.unwrap();
                assert_eq!(status.state, expected);
                assert!(status.steps.iter().all(|step| step.attempts <= Attempt(1)), "nothing ran twice");
            }
            tasker.shutdown().await;
            assert_eq!(app.script.running(), 0);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_paused_task_stands_still_until_it_is_resumed() {
    let app = App::new([Act::Sleep(Duration::from_secs(5))]);
    let tasker = tasker(&app, &memory()).await;
    let task = tasker.start::<job::Workflow>(context(1)).await.unwrap();
    app.script.began().await;
    task.pause().await.unwrap();
    tokio::time::sleep(Duration::from_mins(5)).await;
    let status = task.status().await.unwrap();
    assert!(status.paused);
    assert_eq!(status.steps[1].state, StepState::Complete, "what ran came to its end");
    assert_eq!((status.state, app.reported()), (TaskState::InProgress, 0));
    assert!(tasker.stranded().await.unwrap().is_empty());
    let began = Instant::now();
    task.resume().await.unwrap();
    assert_eq!(task.wait().await.unwrap().state, TaskState::Complete);
    assert!(began.elapsed() < Duration::from_millis(50), "{:?}", began.elapsed());
}

#[tokio::test(start_paused = true)]
async fn a_task_in_error_runs_again_from_where_it_failed() {
    let app = App::new([Act::FailForGood]);
    let tasker = tasker(&app, &memory()).await;
    let task = tasker.start::<job::Workflow>(context(1)).await.unwrap();
    assert_eq!(task.wait().await.unwrap().state, TaskState::Error);
    task.retry().await.unwrap();
    let status = task.wait().await.unwrap();
    assert_eq!(status.state, TaskState::Complete);
    let attempts: Vec<_> = status.steps.iter().map(|step| step.attempts).collect();
    assert_eq!(attempts, [Attempt(1); 3], "the first is not repeated, the second counts anew");
    assert_eq!(app.script.attempts(), [1, 1]);
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_done_says_when_it_could() {
    let tasker = tasker(&App::new([]), &memory()).await;
    let task = tasker.start::<job::Workflow>(context(1)).await.unwrap();
    task.wait().await.unwrap();
    let id = task.id();
    let refused = [
        (task.cancel().await, "cancelled", "`pending` or `in_progress`"),
        (task.retry().await, "retried", "`error`"),
        (task.pause().await, "paused", "`pending` or `in_progress`"),
        (task.resume().await, "resumed", "`pending` or `in_progress`"),
    ];
    for (result, done, states) in refused {
        let expected =
            format!("task {id} is `complete` and cannot be {done}; that can be done while it is {states}");
        assert_eq!(result.unwrap_err().to_string(), expected);
    }
    let unknown = tasker.task(TaskId::random());
    assert!(matches!(unknown.pause().await, Err(OperatorError::NoTask(id)) if id == unknown.id()));
}

#[tokio::test(start_paused = true)]
async fn an_operation_whose_answer_is_lost_is_an_error_and_can_be_asked_again() {
    let (app, store) = (App::new([Act::SleepUntilCancelled]), Faulty::new());
    let tasker = builder(&app, &store).build().await.unwrap();
    let task = tasker.start::<job::Workflow>(context(1)).await.unwrap();
    app.script.began().await;
    store
        .fail(|call| (call.verb == Verb::Operate && call.before == 0).then_some(crate::faults::Fault::After));
    assert!(matches!(task.cancel().await, Err(OperatorError::Store(_))));
    task.cancel().await.unwrap();
    assert_eq!(task.wait().await.unwrap().state, TaskState::Cancelled);
}

/// Operators who do this and that, while steps fail and answers get lost: 30 seeds, or `TASKER_HISTORIES`.
#[tokio::test(start_paused = true)]
async fn operators_and_chance_strand_no_task() {
    for seed in seeds(30) {
        let mut random = fastrand::Rng::with_seed(seed);
        let acts = (0..200).map(|_| match random.u32(0..6) {
            0 => Act::FailForGood,
            1 => Act::SleepUntilCancelled,
            2 => Act::Fail,
            _ => Act::Sleep(Duration::from_millis(random.u64(1..200))),
        });
        let app = App::new(acts.collect::<Vec<_>>());
        let store = Faulty::new().parallel(random.usize(1..4)).delay(Duration::from_millis(random.u64(0..9)));
        let mut faults = random.fork();
        store.fail(move |call| match faults.u32(0..30) {
            0 if call.verb.is_a_workers() => Some(Fault::Before),
            1 if call.verb.is_a_workers() => Some(Fault::After),
            _ => None,
        });
        let builder = builder(&app, &store).seed(seed).concurrency(8).limit::<job::Workflow>(6);
        let tasker = builder.build().await.unwrap();
        let tasks = tasker.start_many::<job::Workflow>((1..=30).map(context)).await.unwrap();
        let mut cancelled = HashSet::new();
        for _ in 0..120 {
            let task = &tasks[random.usize(0..tasks.len())];
            let _ = match random.u32(0..10) {
                0 => task.cancel().await.map(|()| cancelled.extend([task.id()])),
                1..4 => task.retry().await,
                4..7 => task.pause().await,
                _ => task.resume().await,
            };
            tokio::time::sleep(Duration::from_millis(random.u64(0..50))).await;
            assert!(tasker.stranded().await.unwrap().is_empty(), "seed {seed}");
        }
        for task in &tasks {
            // What is paused may have ended meanwhile.
            let _ = task.resume().await;
            let ended = timeout(Duration::from_mins(10), task.wait()).await;
            let Ok(status) = ended else { panic!("seed {seed}: {:?}", task.status().await) };
            let status = status.unwrap();
            assert_eq!(status.state == TaskState::Cancelled, cancelled.contains(&task.id()), "seed {seed}");
            assert!(store.completed(task.id()).iter().all(|&times| times == 1), "seed {seed}");
        }
        tasker.shutdown().await;
        assert!(store.most_held() <= 6 && app.script.most_running() <= 6, "seed {seed}");
        assert_eq!(app.script.running(), 0, "seed {seed}");
    }
}

/// Asks for a price and ships, with an insurance or without.
#[tasker::workflow(namespace = "test")]
mod parcel {
    use tasker::schemars::JsonSchema;
    use tasker::serde::{Deserialize, Serialize};
    use tasker::{Output, StepError};

    #[derive(Debug, Serialize, Deserialize, JsonSchema)]
    #[serde(crate = "tasker::serde")]
    #[schemars(crate = "tasker::schemars")]
    pub(crate) struct Context {
        #[schemars(range(min = 1))]
        pub(crate) grams: u32,
    }

    #[derive(Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
    #[serde(crate = "tasker::serde")]
    #[schemars(crate = "tasker::schemars")]
    pub(crate) struct Price {
        pub(crate) cents: u32,
    }

    #[step]
    pub(crate) async fn price(ctx: &Context) -> Result<Price, StepError> {
        if ctx.grams > 1_000 {
            return Err(StepError::permanent("too heavy").code("HEAVY"));
        }
        Ok(Price { cents: ctx.grams })
    }

    #[step(depends_on = price)]
    pub(crate) async fn ship(price: Output<price>) -> Result<u32, StepError> {
        Ok(price.cents + 1)
    }
}

async fn parcels() -> tasker::Tasker {
    tasker::Tasker::builder(()).store(memory()).register::<parcel::Workflow>().build().await.unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_step_is_resolved_with_a_result_that_fits() {
    let tasker = parcels().await;
    let task = tasker.start::<parcel::Workflow>(parcel::Context { grams: 2_000 }).await.unwrap();
    assert_eq!(task.wait().await.unwrap().state, TaskState::Error);
    let step = task.step_of::<parcel::price>();
    let misfit = step.resolve(serde_json::json!({ "cents": "many" })).await.unwrap_err();
    assert_eq!(
        misfit.to_string(),
        format!(
            "step `price` of task {} cannot take this: /cents: \"many\" is not of type \"integer\"",
            task.id()
        )
    );
    let no_number = step.resolve(serde_json::json!({ "cents": f64::NAN })).await.unwrap_err();
    assert!(no_number.to_string().ends_with("/cents: null is not of type \"integer\""), "{no_number}");
    let no_number = task.step_of::<parcel::ship>().resolve(f64::INFINITY).await.unwrap_err();
    assert!(no_number.to_string().ends_with("/: null is not of type \"integer\""), "{no_number}");
    assert_eq!(task.state().await.unwrap(), TaskState::Error);
    step.resolve(parcel::Price { cents: 41 }).by("ada").because("asked by phone").await.unwrap();
    assert_eq!(task.wait().await.unwrap().state, TaskState::Complete);
    assert_eq!(task.output::<parcel::price>().await.unwrap(), Some(parcel::Price { cents: 41 }));
    assert_eq!(task.output::<parcel::ship>().await.unwrap(), Some(42));
    let orders = task.history().await.unwrap().into_iter().filter_map(|happened| match happened.what {
        What::Ordered { action, step, by, reason, .. } => Some((action, step, by, reason)),
        _ => None,
    });
    let text = |text: &str| Some(text.to_owned());
    let expected = ("resolve_step".to_owned(), text("price"), text("ada"), text("asked by phone"));
    assert_eq!(orders.collect::<Vec<_>>(), [expected]);
    tasker.shutdown().await;
}

#[tokio::test(start_paused = true)]
async fn a_failed_step_runs_again_with_other_inputs() {
    let tasker = parcels().await;
    let task = tasker.start::<parcel::Workflow>(parcel::Context { grams: 2_000 }).await.unwrap();
    task.wait().await.unwrap();
    let step = task.step("price");
    let misfit = step.set_inputs(serde_json::json!({ "grams": 0 })).await.unwrap_err();
    assert!(misfit.to_string().ends_with("/grams: 0 is less than the minimum of 1"), "{misfit}");
    step.set_inputs(parcel::Context { grams: 500 }).await.unwrap();
    step.set_retry_limit(5).await.unwrap();
    step.retry().await.unwrap();
    assert_eq!(task.wait().await.unwrap().state, TaskState::Complete);
    assert_eq!(task.output::<parcel::ship>().await.unwrap(), Some(501));
    tasker.shutdown().await;
}

#[tokio::test(start_paused = true)]
async fn inputs_are_taken_as_a_context_is() {
    let tasker = parcels().await;
    let task = tasker.start::<parcel::Workflow>(parcel::Context { grams: 2_000 }).await.unwrap();
    task.wait().await.unwrap();
    // A whole number for the schema, and none for the type.
    let misfit = task.step("price").set_inputs(serde_json::json!({ "grams": 5.0 })).await.unwrap_err();
    let told = "/grams: invalid type: floating point `5.0`, expected u32";
    assert!(misfit.to_string().ends_with(told), "{misfit}");
    task.step("price").set_inputs(serde_json::json!({ "grams": 500, "colour": "red" })).await.unwrap();
    let history = task.history().await.unwrap();
    let inputs = history.iter().find_map(|happened| match &happened.what {
        What::Ordered { value, .. } => value.clone(),
        _ => None,
    });
    assert_eq!(inputs.unwrap().as_str(), r#"{"grams":500}"#, "as the type writes it");
    tasker.shutdown().await;
}

#[tokio::test(start_paused = true)]
async fn who_and_why_are_texts_that_every_store_can_keep() {
    let tasker = parcels().await;
    let task = tasker.start::<parcel::Workflow>(parcel::Context { grams: 2_000 }).await.unwrap();
    task.wait().await.unwrap();
    let told = |who: &str| format!("{who} has the character '\\0'; only printable ones can be stored");
    let error = task.retry().by("a\0b").await.unwrap_err();
    assert_eq!(error.to_string(), told("who wants it"));
    let error = task.step("price").retry().because("x\0").await.unwrap_err();
    assert_eq!(error.to_string(), told("the reason"));
    let error = task.retry().by("ada\u{1b}[2J").await.unwrap_err();
    assert!(error.to_string().starts_with("who wants it has the character '\\u{1b}'"), "{error}");
    let error = tasker.tasks().namespace("test").retry().by("a\0b").await.unwrap_err();
    assert_eq!(error.to_string(), told("who wants it"));
    let error = tasker.workflow_of::<parcel::Workflow>().pause().because("x\0").await.unwrap_err();
    assert_eq!(error.to_string(), told("the reason"));
    assert_eq!(task.state().await.unwrap(), TaskState::Error, "nothing was done");
    task.retry().by("ada").because("two\nlines, and a\ttab").await.unwrap();
    tasker.shutdown().await;
}

#[tokio::test(start_paused = true)]
async fn a_wish_about_a_step_that_cannot_be_fulfilled_says_why() {
    let tasker = parcels().await;
    let task = tasker.start::<parcel::Workflow>(parcel::Context { grams: 2_000 }).await.unwrap();
    task.wait().await.unwrap();
    let id = task.id();
    let errors = [
        (task.step("prize").retry().await, format!("task {id} has no step `prize`; did you mean `price`?")),
        (
            task.step("invoice").resolve(serde_json::json!(1)).await,
            format!("task {id} has no step `invoice`; its steps are `price`, `ship`"),
        ),
        (
            task.step("ship").retry().await,
            format!(
                "step `ship` of task {id} is `pending` and cannot be retried; that can be done while it is `error`, or `pending` and \
                 waits for its retry"
            ),
        ),
        (
            task.step("price").skip().await,
            format!(
                "step `price` of task {id} may not be skipped, because others count on its result; `resolve` it with one; only a step \
                 with `skippable` or `when`, or with `skippable: true` in its file, may be skipped"
            ),
        ),
        (
            task.step("price").cancel().await,
            format!(
                "task {id} is `error`, and its step `price` cannot be cancelled; that can be done while the task is `pending` or \
                 `in_progress`"
            ),
        ),
        (
            task.step("price").set_retry_limit(0).await,
            format!(
                "step `price` of task {id} cannot take this: /: a retry limit of 0 would never let it run; the least is 1"
            ),
        ),
        (task.retry().by("").await, "who wants it has 0 characters; it can have 1 to 128".to_owned()),
        (
            task.retry().because("x".repeat(1_001)).await,
            "the reason has 1001 characters; it can have 1 to 1000".to_owned(),
        ),
    ];
    for (result, expected) in errors {
        assert_eq!(result.unwrap_err().to_string(), expected);
    }
    assert_eq!(task.history().await.unwrap().len(), 4, "none of it changed anything");
    tasker.shutdown().await;
}

#[tokio::test(start_paused = true)]
async fn a_step_that_is_cancelled_is_told_to_stop_and_its_task_ends() {
    let app = App::new([Act::SleepUntilCancelled]);
    let tasker = tasker(&app, &memory()).await;
    let task = tasker.start::<job::Workflow>(context(1)).await.unwrap();
    app.script.began().await;
    let status = task.status().await.unwrap();
    let running = status.steps.iter().find(|step| step.state == StepState::InProgress).unwrap();
    let (status, ()) =
        tokio::join!(task.wait(), async { task.step(running.name.as_str()).cancel().await.unwrap() });
    assert_eq!(status.unwrap().state, TaskState::Error, "nothing else of it can go on");
    wait_until(|| app.script.running() == 0).await;
    tasker.shutdown().await;
}

#[tokio::test(start_paused = true)]
async fn a_workflow_that_the_store_does_not_know_is_told_with_the_one_that_is_near() {
    let tasker = parcels().await;
    let told = async |namespace: &str, name: &str, version: Option<&str>| {
        let workflow = tasker.workflow(namespace, name);
        let workflow = version.map_or(workflow.clone(), |version| workflow.version(version));
        let error = workflow.pause().await.unwrap_err();
        assert!(matches!(error, OperatorError::NoWorkflow { .. }));
        error.to_string()
    };
    let known = [
        (("test", "parcle", None), "`test.parcle`; did you mean `test.parcel`?"),
        (("default", "parcel", None), "`default.parcel`; did you mean `parcel` of the namespace `test`?"),
        (("test", "parcel", Some("2.0.0")), "`test.parcel@2.0.0`; it has the versions `0.1.0`"),
        (("test", "invoice", None), "`test.invoice`; a process that registers it makes it known"),
    ];
    for ((namespace, name, version), expected) in known {
        let told = told(namespace, name, version).await;
        assert_eq!(told, format!("the store knows no workflow {expected}"));
    }
    tasker.shutdown().await;
}

#[tokio::test(start_paused = true)]
async fn what_happened_to_a_task_that_is_not_there_is_an_error_and_not_nothing() {
    let tasker = parcels().await;
    let unknown = tasker.task(TaskId::random());
    let told = unknown.status().await.unwrap_err().to_string();
    assert_eq!(told, format!("there is no task {}", unknown.id()));
    assert_eq!(unknown.history().await.unwrap_err().to_string(), told);
    assert_eq!(unknown.annotations().await.unwrap_err().to_string(), told);
    assert_eq!(unknown.records().await.unwrap_err().to_string(), told);
    tasker.shutdown().await;
    let task = tasker.start::<parcel::Workflow>(parcel::Context { grams: 1 }).await.unwrap();
    assert_eq!(task.history().await.unwrap(), [], "nothing happened to it yet");
    assert_eq!(task.annotations().await.unwrap(), []);
    assert_eq!(task.records().await.unwrap(), []);
}

#[tokio::test(start_paused = true)]
async fn a_history_reads_as_lines() {
    let tasker = parcels().await;
    let task = tasker.start::<parcel::Workflow>(parcel::Context { grams: 2_000 }).await.unwrap();
    task.wait().await.unwrap();
    tokio::time::sleep(Duration::from_secs(1)).await;
    task.resolve().by("ada").because("sent by hand").await.unwrap();
    let lines = task.history().await.unwrap().into_iter().map(|happened| {
        let at = happened.at.to_string();
        happened.to_string().strip_prefix(&format!("{at} ")).unwrap().to_owned()
    });
    let lines: Vec<String> = lines.collect();
    let begins = [
        "task: pending → in_progress",
        "step `price`: pending → in_progress, attempt 1, worker ",
        "step `price`: in_progress → error, attempt 1, worker ",
        "task: in_progress → error",
        "order `resolve`, by ada, because sent by hand",
    ];
    assert!(lines.len() > begins.len());
    for (line, begin) in lines.iter().zip(begins) {
        assert!(line.starts_with(begin), "{line}");
    }
    assert!(lines[2].ends_with(": too heavy [HEAVY]"), "{}", lines[2]);
    tasker.shutdown().await;
}
