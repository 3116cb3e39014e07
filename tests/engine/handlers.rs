//! Workflows that are put together at run time, whose steps name their handlers.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use serde_json::{Value, json};
use tasker::{
    BuildError, RecordKind, RetryPolicy, StartError, StepContext, StepError, StepHandler, StepSequence,
    StepSpec, StepState, Store, Task, TaskHandle, TaskState, Tasker, TaskerBuilder, WorkflowBuilder,
    WorkflowDef, handler_fn,
};

use crate::faults::{Faulty, Verb};
use crate::support::{App, job, memory};

type Result<T = Value, E = StepError> = std::result::Result<T, E>;

fn workflow(name: &str, steps: impl IntoIterator<Item = StepSpec>) -> WorkflowBuilder {
    steps.into_iter().fold(WorkflowDef::builder("test", name, "1.0.0"), WorkflowBuilder::step)
}

fn step(name: &str, depends_on: &[&'static str], class: &str) -> StepSpec {
    StepSpec::new(name).depends_on(depends_on.iter().copied()).handler_class(class)
}

fn builder(store: impl Store) -> TaskerBuilder<(), Arc<dyn Store>> {
    Tasker::builder(()).store(store).seed(7)
}

async fn run(tasker: &Tasker, name: &str, context: Value) -> (TaskState, TaskHandle) {
    let task = tasker.start_named("test", name, "1.0.0", context).await.unwrap();
    (task.wait().await.unwrap().state, task)
}

async fn error_of(task: &TaskHandle, step: &str) -> StepError {
    let status = task.status().await.unwrap();
    let step = status.steps.iter().find(|known| known.name == step).unwrap();
    step.error.clone().unwrap()
}

/// Runs one step that does this, and gives the error in which it ended.
async fn failure<R>(does: impl Fn(Task, StepSequence, StepContext) -> R + Send + Sync + 'static) -> StepError
where
    R: Future<Output = Result> + Send + 'static,
{
    let steps = [
        step("first", &[], "One"),
        step("skipped", &[], "One").optional(true),
        step("work", &["first"], "Work").retry(RetryPolicy::NEVER),
        step("last", &["work"], "One"),
    ];
    let tasker = builder(memory())
        .handler("One", handler_fn(|_, _, _| async { Ok(json!({"a": 1})) }))
        .handler("Work", handler_fn(does))
        .register_dynamic(workflow("work", steps))
        .build()
        .await
        .unwrap();
    let (state, task) = run(&tasker, "work", json!({"number": "seven"})).await;
    assert_eq!(state, TaskState::Error);
    error_of(&task, "work").await
}

/// Adds what it finds by name; its result is made by `process_results`.
struct Adder {
    calls: AtomicU32,
}

impl StepHandler for Adder {
    async fn process(&self, task: &Task, sequence: &StepSequence, step: &StepContext) -> Result {
        self.calls.fetch_add(1, Ordering::SeqCst);
        let config = step.config_value().unwrap_or(&Value::Null);
        let mut sum: i64 = task.get::<Option<i64>>("number")?.unwrap_or(0);
        for of in config["of"].as_array().into_iter().flatten() {
            sum += sequence.get_previous_step_data::<i64>(of.as_str().unwrap(), "sum").await?;
        }
        Ok(json!(sum))
    }

    async fn process_results(&self, step: &StepContext, output: Value) -> Result {
        Ok(json!({"sum": output, "by": step.name()}))
    }
}

#[tokio::test(start_paused = true)]
async fn handlers_see_the_context_and_the_results_of_any_step_by_name() {
    let adder = |name: &str, depends_on: &[&'static str]| {
        step(name, depends_on, "Math::Adder").config(&json!({"of": depends_on}))
    };
    let steps = [
        adder("a", &[]),
        adder("b", &["a"]),
        adder("c", &["b"]),
        adder("far", &["c"]).config(&json!({"of": ["a", "b", "c"]})),
    ];
    let tasker = builder(memory())
        .register_dynamic(workflow("sums", steps))
        .handler("Math::Adder", Adder { calls: AtomicU32::new(0) })
        .build()
        .await
        .unwrap();
    let (state, task) = run(&tasker, "sums", json!({"number": 1})).await;
    assert_eq!(state, TaskState::Complete);
    assert_eq!(task.result("far").await.unwrap(), Some(json!({"sum": 1 + 1 + 2 + 3, "by": "far"})));
}

#[tokio::test(start_paused = true)]
async fn a_chain_of_steps_reads_nothing_but_what_came_with_the_claim() {
    const STEPS: u32 = 40;
    let store = Faulty::new();
    let steps = (0..STEPS).map(|number| {
        let before = number.checked_sub(1).map(|before| format!("step_{before:02}"));
        let of: Vec<&str> = before.iter().map(String::as_str).collect();
        let spec = StepSpec::new(format!("step_{number:02}")).handler_class("Adder");
        spec.depends_on(of.iter().copied()).config(&json!({"of": of}))
    });
    let tasker = builder(store.clone())
        .handler("Adder", Adder { calls: AtomicU32::new(0) })
        .register_dynamic(workflow("chain", steps))
        .build()
        .await
        .unwrap();
    let (state, task) = run(&tasker, "chain", json!({"number": 1})).await;
    assert_eq!((state, store.calls(Verb::Result)), (TaskState::Complete, 0));
    let last = task.result("step_39").await.unwrap().unwrap();
    assert_eq!(last["sum"], STEPS);
}

#[tokio::test(start_paused = true)]
async fn what_is_not_there_is_told_with_what_there_is() {
    let error = failure(|task, _, _| async move { task.get::<u64>("number").map(Value::from) }).await;
    assert!(error.is_permanent());
    assert!(error.message().contains("`number` in the context of the task is no `u64`"), "{error}");

    let error = failure(|_, steps, _| async move { steps.result("frist").await }).await;
    assert_eq!(
        error.to_string(),
        "the workflow `test.work@1.0.0` has no step `frist`; did you mean `first`? the steps are `first`, `skipped`, `work`, `last` \
         [NO_SUCH_STEP]"
    );

    let error = failure(|_, steps, _| async move {
        steps.get_previous_step_data("first", "b").await.map(|x: u8| x.into())
    });
    let error = error.await;
    assert_eq!(
        error.to_string(),
        "there is no `b` in the result of step `first`; it has `a`; did you mean `a`? [MISSING_VALUE]"
    );

    let error = failure(|_, steps, _| async move { steps.result("last").await }).await;
    assert!(!error.is_permanent(), "it may come");
    assert!(error.message().contains("name it in the dependencies of `work`"), "{error}");

    let none = failure(|_, steps, _| async move {
        let absent: Option<Value> = steps.optional_result("last").await?;
        Err(StepError::permanent(format!("{absent:?}")))
    });
    assert_eq!(none.await.message(), "None");
}

#[tokio::test(start_paused = true)]
async fn a_handler_knows_its_configuration_and_its_attempt() {
    #[derive(serde::Deserialize)]
    struct Settings {
        url: String,
        #[serde(default)]
        timeout: u64,
    }
    let told = handler_fn(|task: Task, _, step: StepContext| async move {
        let settings: Settings = step.config()?;
        if step.attempt().0 < step.retry_limit() {
            return Err(StepError::retryable("again"));
        }
        Ok(json!([
            settings.url,
            settings.timeout,
            step.name(),
            step.attempt(),
            step.dependent_system(),
            task.workflow().to_string(),
            task.config_value(),
            step.is_cancelled(),
        ]))
    });
    let spec = step("ask", &[], "Told").dependent_system("billing");
    let spec = spec.config(&json!({"url": "https://a.example"}));
    let steps = [spec.retry(RetryPolicy { limit: 2, ..RetryPolicy::DEFAULT }), step("bare", &[], "Told")];
    let tasker = builder(memory())
        .handler("Told", told)
        .register_dynamic(workflow("told", steps).config(&json!({"sla_seconds": 45})))
        .configuration(json!({"test.told": {"ask": {"timeout": 9}}}))
        .build()
        .await
        .unwrap();
    let (_, task) = run(&tasker, "told", json!({})).await;
    assert_eq!(
        task.result("ask").await.unwrap().unwrap(),
        json!(["https://a.example", 9, "ask", 2, "billing", "test.told@1.0.0", {"sla_seconds": 45}, false])
    );
    let error = error_of(&task, "bare").await;
    assert!(error.message().contains("configuration of the step `bare` is no"), "{error}");
    assert!(error.message().ends_with("missing field `url`"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn events_and_annotations_by_name_are_recorded_with_the_result() {
    let publisher = handler_fn(|_, _, step: StepContext| async move {
        step.emit("payment.processed", json!({"attempt": step.attempt()}));
        step.annotate("margin", 1);
        step.annotate("margin", 2);
        if step.attempt().0 == 1 { Err(StepError::retryable("no")) } else { Ok(Value::Null) }
    });
    let tasker = builder(memory())
        .handler("Publisher", publisher)
        .register_dynamic(workflow("publish", [step("pay", &[], "Publisher")]))
        .build()
        .await
        .unwrap();
    let (_, task) = run(&tasker, "publish", json!({})).await;
    let records = task.records().await.unwrap();
    let shown: Vec<_> =
        records.iter().map(|record| (record.kind, record.name.as_str(), record.payload.as_str())).collect();
    assert_eq!(
        shown,
        [
            (RecordKind::Event, "payment.processed", "{\"attempt\":2}"),
            (RecordKind::Annotation, "margin", "2")
        ]
    );
    for name in ["", "step.done"] {
        let error = failure(move |_, _, step| async move {
            step.emit(name, 1);
            Ok(Value::Null)
        });
        assert_eq!(error.await.error_code(), Some("RECORD_NAME"), "{name}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_a_handler_kept_stands_with_its_error_however_it_failed() {
    let error = failure(|_, _, step| async move {
        step.keep(json!({"charged": 1}));
        step.keep(json!({"charged": 2}));
        Err(StepError::permanent("no").context(json!({"status": 402})))
    });
    let error = error.await;
    assert_eq!(error.facts(), &json!({"status": 402, "partial_results": {"charged": 2}}));

    let panicked = failure(|_, _, step| async move {
        step.keep(3);
        panic!("oh")
    });
    let panicked = panicked.await;
    assert_eq!((panicked.error_code(), panicked.partial_results()), (Some("PANIC"), Some(&json!(3))));

    let slow = handler_fn(|_, _, step: StepContext| async move {
        step.keep("half of it");
        tokio::time::sleep(Duration::from_hours(1)).await;
        Ok(Value::Null)
    });
    let spec = step("slow", &[], "Slow").timeout(Duration::from_secs(1)).retry(RetryPolicy::NEVER);
    let tasker = builder(memory())
        .handler("Slow", slow)
        .register_dynamic(workflow("slow", [spec]))
        .build()
        .await
        .unwrap();
    let (_, task) = run(&tasker, "slow", json!({})).await;
    let error = error_of(&task, "slow").await;
    assert_eq!((error.error_code(), error.partial_results()), (Some("TIMEOUT"), Some(&json!("half of it"))));
}

#[tokio::test(start_paused = true)]
async fn a_context_is_checked_and_gets_the_defaults_of_the_schema() {
    let schema = json!({
        "type": "object",
        "required": ["order_id"],
        "properties": {
            "order_id": {"type": "integer"},
            "mode": {"type": "string", "enum": ["standard", "fast"], "default": "standard"},
            "limits": {"type": "object", "properties": {"rows": {"type": "integer", "default": 50}}},
        },
    });
    let tasker = builder(memory())
        .handler("Echo", handler_fn(|task, _, _| async move { task.context() }))
        .register_dynamic(workflow("echo", [step("echo", &[], "Echo")]).context_schema(schema))
        .build()
        .await
        .unwrap();
    let (_, task) = run(&tasker, "echo", json!({"order_id": 7, "limits": {}, "more": true})).await;
    assert_eq!(
        task.result("echo").await.unwrap(),
        Some(json!({"order_id": 7, "limits": {"rows": 50}, "mode": "standard", "more": true}))
    );
    let refused = tasker.start_named("test", "echo", "1.0.0", json!({"mode": "slow"})).await.unwrap_err();
    let StartError::InvalidContext { violations, .. } = refused else { panic!("{refused}") };
    assert_eq!(violations.len(), 2);
}

#[tokio::test(start_paused = true)]
async fn every_missing_handler_is_told() {
    let steps = [step("a", &[], "Shop::Charge"), step("b", &[], "Shop::Chagre"), StepSpec::new("c")];
    let built = builder(memory())
        .handler("Shop::Charge", handler_fn(|_, _, _| async { Ok(Value::Null) }))
        .register_dynamic(workflow("shop", steps))
        .build()
        .await;
    assert_eq!(
        built.err().unwrap().to_string(),
        "workflow `test.shop@1.0.0` cannot be registered: the step `b` needs the handler `Shop::Chagre`, which is not registered; \
         register it with `.handler(\"Shop::Chagre\", ..)`; registered are `Shop::Charge`; did you mean `Shop::Charge`?; \
         the step `c` names no handler; say which with `handler_class`"
    );
}

#[tokio::test(start_paused = true)]
async fn what_is_registered_twice_is_refused() {
    let nothing = || handler_fn(|_, _, _| async { Ok(Value::Null) });
    let told = async |builder: TaskerBuilder<(), Arc<dyn Store>>| {
        let error: BuildError = builder.build().await.err().unwrap();
        error.to_string()
    };
    assert_eq!(
        told(builder(memory()).handler("A", nothing()).handler("A", nothing())).await,
        "two handlers are registered as `A`; give one of the two another name"
    );
    assert_eq!(
        told(builder(memory()).handler_for_type("api", nothing()).handler_for_type("api", nothing())).await,
        "two handlers are registered as those of `type: api`; give one of the two another name"
    );
    let same = || WorkflowDef::builder("test", "job", "1.2.0").step(step("a", &[], "A"));
    let both = Tasker::builder(App::new([])).store(memory()).register::<job::Workflow>();
    let error = both.handler("A", nothing()).register_dynamic(same()).build().await.err().unwrap();
    assert!(error.to_string().starts_with("workflow `test.job@1.2.0` is registered twice"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn a_type_stands_in_for_handlers_that_are_not_registered() {
    let steps = [
        step("fetch", &[], "Shop::Fetch").config(&json!({"type": "api", "url": "https://a.example"})),
        step("own", &["fetch"], "Shop::Own").config(&json!({"type": "api"})),
    ];
    let tasker = builder(memory())
        .handler_for_type("api", handler_fn(|_, _, step| async move { step.config() }))
        .handler("Shop::Own", handler_fn(|_, _, _| async { Ok(json!("own")) }))
        .register_dynamic(workflow("api", steps))
        .build()
        .await
        .unwrap();
    let (_, task) = run(&tasker, "api", json!({})).await;
    assert_eq!(task.result("fetch").await.unwrap().unwrap()["url"], "https://a.example");
    assert_eq!(task.result("own").await.unwrap(), Some(json!("own")));
}

#[tokio::test]
async fn handlers_are_recorded_in_a_test_of_an_application() {
    let tasker = tasker::testing::Tasker::builder(())
        .with(|tasker| {
            let again = handler_fn(|_, _, step: StepContext| async move {
                if step.attempt().0 == 1 { Err(StepError::retryable("no")) } else { Ok(Value::Null) }
            });
            tasker.handler("Again", again).register_dynamic(workflow("again", [step("a", &[], "Again")]))
        })
        .build()
        .await;
    let task = tasker.real().start_named("test", "again", "1.0.0", json!({})).await.unwrap();
    let run = tasker.task(task).run_to_end().await;
    assert_eq!(run.status().steps[0].state, StepState::Complete);
    assert_eq!(run.took(), Duration::from_secs(2));
    assert_eq!(run.trace().began(), ["a", "a"]);
}
