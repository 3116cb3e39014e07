//! From a file to a task that has run.

use serde_json::{Value, json};
use tasker::yaml::YamlFile;
use tasker::{
    BuildError, MemoryStore, StartError, StepContext, StepError, StepHandler, StepSequence, Task, TaskState,
    Tasker, TaskerBuilder, WorkflowDef, handler_fn,
};

use crate::support::{directory, without_variables};

type Result<T = Value, E = StepError> = std::result::Result<T, E>;

struct ProcessPayment {
    gateway: &'static str,
}

impl StepHandler for ProcessPayment {
    async fn process(&self, task: &Task, sequence: &StepSequence, step: &StepContext) -> Result {
        let order_id: u64 = task.get("order_id")?;
        let cents: u64 = sequence.get_previous_step_data("fetch_order", "cents").await?;
        if step.attempt().0 < step.retry_limit() {
            return Err(StepError::retryable("the gateway is busy"));
        }
        step.emit("payment.processed", json!({"order_id": order_id}));
        let processor = &step.config_value().unwrap_or(&Value::Null)["payment_processor"];
        Ok(json!({"charged": cents, "gateway": self.gateway, "processor": processor}))
    }
}

fn order_process() -> TaskerBuilder<()> {
    let class = |name: &str| format!("OrderProcess::StepHandler::{name}Handler");
    Tasker::builder(())
        .yaml_file(directory("files").join("order_process.yaml"))
        .environment(without_variables("development"))
        .handler(
            class("FetchOrder"),
            handler_fn(|task: Task, _, _| async move {
                Ok(json!({"cents": 1250, "priority": task.get::<String>("priority")?}))
            }),
        )
        .handler(class("ValidateInventory"), handler_fn(|_, _, _| async { Ok(Value::Null) }))
        .handler(class("ProcessPayment"), ProcessPayment { gateway: "acme" })
        .handler(
            class("SendConfirmation"),
            handler_fn(|_, steps: StepSequence, _| async move {
                let offer: String = steps.get_previous_step_data("ask_courier", "url").await?;
                Ok(json!([offer, steps.result::<Value>("fetch_order").await?]))
            }),
        )
        // What calls services stands in for the handler that nobody wrote.
        .handler_for_type("api", handler_fn(|_, _, step: StepContext| async move { step.config() }))
}

#[tokio::test(start_paused = true)]
async fn a_task_from_a_file_runs_to_its_end() {
    let tasker =
        order_process().store(MemoryStore::new()).build().await.unwrap_or_else(|error| panic!("{error}"));
    let context = json!({"order_id": 7, "customer_id": 8});
    let task = tasker.start_named("default", "order_process", "0.1.0", context).await.unwrap();
    assert_eq!(task.wait().await.unwrap().state, TaskState::Complete);
    assert_eq!(
        task.result("process_payment").await.unwrap(),
        Some(json!({"charged": 1250, "gateway": "acme", "processor": "test"}))
    );
    assert_eq!(
        task.result("send_confirmation").await.unwrap(),
        Some(json!(["https://courier.example/offers", {"cents": 1250, "priority": "normal"}])),
        "with the default of the schema, from a step that is far away"
    );
    let events = task.records().await.unwrap();
    assert_eq!((events.len(), events[0].name.as_str()), (1, "payment.processed"));
}

#[tokio::test(start_paused = true)]
async fn a_context_that_does_not_fit_is_refused() {
    let tasker = order_process().store(MemoryStore::new()).build().await.unwrap();
    let context = json!({"order_id": "seven", "priority": "whenever"});
    let error = tasker.start_named("default", "order_process", "0.1.0", context).await.unwrap_err();
    let StartError::InvalidContext { violations, .. } = error else { panic!("{error}") };
    let mut shown: Vec<String> = violations.iter().map(ToString::to_string).collect();
    shown.sort();
    assert_eq!(
        shown,
        [
            "/: \"customer_id\" is a required property",
            "/order_id: \"seven\" is not of type \"integer\"",
            "/priority: \"whenever\" is not one of \"low\", \"normal\" or \"high\"",
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn all_mistakes_of_all_files_are_told_and_nothing_is_registered() {
    let file = |name: &str, text: &str| YamlFile::new(name, text);
    let a = "name: wrong\nstep_templates:\n  - {name: one, handler_class: Shop::Chagre}\n  - {name: two, depends_on_step: three, handler_class: Shop::Ship, handler_config: {type: mail}}\n";
    let b =
        "name: other\nstep_templates:\n  - {name: one, handler_class: Shop::Charge, depends_on_step: ono}\n";
    let same = "name: same\nstep_templates:\n  - {name: one, handler_class: Shop::Charge}\n";
    let built = Tasker::builder(())
        .store(MemoryStore::new())
        .yaml(file("a.yaml", a))
        .yaml(file("b.yaml", b))
        .yaml(file("c.yaml", same))
        .yaml(file("d.yaml", same))
        .yaml_file("no/such.yaml")
        .yaml_dir("no/such")
        .handler("Shop::Charge", handler_fn(|_, _, _| async { Ok(Value::Null) }))
        .environment(without_variables("test"))
        .build()
        .await;
    let Err(BuildError::Yaml(error)) = built else { panic!("it has mistakes") };
    let told: Vec<String> = error
        .mistakes()
        .iter()
        .map(|mistake| {
            let line = mistake.line().unwrap_or_default();
            format!("{}:{line} {}; {}", mistake.file(), mistake.message(), mistake.help().unwrap_or_default())
        })
        .collect();
    let expected = [
        "a.yaml:3 the handler `Shop::Chagre` of the step `one` is not registered; register it with `.handler(\"Shop::Chagre\", ..)`; \
         registered are `Shop::Charge`; did you mean `Shop::Charge`?",
        "a.yaml:4 the step `two` depends on `three`, which there is not; the steps are `one`, `two`",
        "a.yaml:4 the handler `Shop::Ship` of the step `two` is not registered; register it with `.handler(\"Shop::Ship\", ..)`, or what \
         runs all steps of its type with `.handler_for_type(\"mail\", ..)`; registered are",
        "b.yaml:3 the step `one` depends on `ono`, which there is not; did you mean `one`?",
        "no/such.yaml:0 the file cannot be read: ",
        "no/such:0 the directory cannot be read: ",
        "d.yaml:1 the task `default.same@0.1.0` is there twice; the other description stands at c.yaml:1; give one of the two",
    ];
    assert_eq!(told.len(), expected.len(), "{error}");
    for (told, expected) in told.iter().zip(expected) {
        assert!(told.starts_with(expected), "{told}\n{expected}");
    }
    assert!(error.to_string().ends_with("7 mistakes; nothing was registered"));
    // A path that is not absolute begins where the process does.
    let here = format!("; it was looked for in {}", std::env::current_dir().unwrap().display());
    assert!(error.to_string().contains(&here), "{error}");
}

#[tokio::test(start_paused = true)]
async fn a_directory_brings_all_its_files() {
    let folder = tempfile::tempdir().unwrap();
    for (file, name) in [("b.yaml", "b"), ("a.yml", "a"), ("c.txt", "c")] {
        let text = format!("name: {name}\nstep_templates:\n  - {{name: only, handler_class: Only}}\n");
        std::fs::write(folder.path().join(file), text).unwrap();
    }
    let tasker = Tasker::builder(())
        .store(MemoryStore::new())
        .handler("Only", handler_fn(|_, _, _| async { Ok(Value::Null) }))
        .yaml_dir(folder.path())
        .build()
        .await
        .unwrap();
    let error = tasker.start_named("default", "c", "0.1.0", json!({})).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "workflow `default.c@0.1.0` is not registered; did you mean `default.a`? Registered are `default.a@0.1.0`, `default.b@0.1.0`"
    );
    let empty = tempfile::tempdir().unwrap();
    let built = Tasker::builder(()).store(MemoryStore::new()).yaml_dir(empty.path()).build().await;
    let error = built.err().unwrap().to_string();
    assert!(error.starts_with("error: the directory has no files that end in `.yaml` or `.yml`"), "{error}");
}

#[tokio::test]
async fn results_of_far_steps_come_from_the_database() {
    let text = "
name: chain
step_templates:
  - {name: first, handler_class: Number, handler_config: {n: 1}}
  - {name: second, handler_class: Number, depends_on_step: first, handler_config: {n: 2}}
  - {name: maybe, handler_class: Number, skippable: true, handler_config: {n: 4}}
  - {name: third, handler_class: Sum, depends_on_steps: [second, maybe]}
";
    let number = handler_fn(|_, _, step: StepContext| async move {
        Ok(step.config_value().map_or(Value::Null, |config| config["n"].clone()))
    });
    let sum = handler_fn(|_, steps: StepSequence, _| async move {
        let maybe: Option<u64> = steps.optional_result("maybe").await?;
        let (first, second): (u64, u64) = (steps.result("first").await?, steps.result("second").await?);
        Ok(json!(first + second + maybe.unwrap_or_default()))
    });
    let tasker = Tasker::builder(())
        .store(tasker::SqlStore::connect("sqlite::memory:").await.unwrap())
        .yaml(YamlFile::new("chain.yaml", text))
        .handler("Number", number)
        .handler("Sum", sum)
        .build()
        .await
        .unwrap();
    let task = tasker.start_named("default", "chain", "0.1.0", json!({})).await.unwrap();
    assert_eq!(task.wait().await.unwrap().state, TaskState::Complete);
    assert_eq!(task.result("third").await.unwrap(), Some(json!(7)));
    tasker.shutdown().await;
}

#[tokio::test]
async fn settings_of_which_no_call_can_be_made_are_told_with_their_place_and_nothing_starts() {
    let text = |key: &str| {
        format!(
            "name: {key}\nstep_templates:\n  - name: ask\n    handler_class: Ask\n    handler_config:\n      type: api\n      \
             url: http://shop.example\n      {key}: 3\n"
        )
    };
    let builder = Tasker::builder(())
        .store(MemoryStore::new())
        .environment(without_variables("test"))
        .yaml(YamlFile::new("one.yaml", text("timout")))
        .yaml(YamlFile::new("two.yaml", text("retry_limit")));
    let Err(error) = builder.build().await else { panic!("it started") };
    let told = error.to_string();
    for part in [
        "the handler of the step `ask` cannot run it: nothing reads `timout`",
        "one.yaml:8:7",
        "did you mean `timeout`?",
        "nothing reads `retry_limit`",
        "two.yaml:8:7",
        "set `default_retry_limit` of the step, or `retries` here",
        "2 mistakes; nothing was registered",
    ] {
        assert!(told.contains(part), "{part} in {told}");
    }
}

#[tokio::test]
async fn what_is_wrong_with_files_and_with_the_rest_is_told_together() {
    let builder = Tasker::builder(())
        .store(MemoryStore::new())
        .concurrency(0)
        .register_dynamic(WorkflowDef::builder("shop", "empty", "1.0.0"))
        .yaml(YamlFile::new("one.yaml", "name: one\n"));
    let Err(error) = builder.build().await else { panic!("it started") };
    let BuildError::Several(errors) = &error else { panic!("{error}") };
    assert_eq!(errors.len(), 3, "{error}");
    for part in ["the Tasker cannot be built:", "`concurrency`", "shop.empty@1.0.0", "one.yaml:1:1"] {
        assert!(error.to_string().contains(part), "{part} in {error}");
    }
}
