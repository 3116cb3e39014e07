//! Modules that are compiled with a file: what they take from it, and what is told when the application starts.

use serde_json::json;
use tasker::yaml::Environment;
use tasker::{BuildError, MemoryStore, StepState, TaskState, Tasker, TaskerBuilder, Workflow, workflow};

use crate::support::{depends_on, good, step, without_variables};

/// A file of Ruby Tasker as it is, with environments and configurations that only some of them have.
#[workflow(yaml = "yaml/files/order_process.yaml")]
mod order_process {
    use schemars::JsonSchema;
    use serde::{Deserialize, Serialize};
    use serde_json::Value;
    use tasker::{Attempt, Config, Output, StepError};

    #[derive(Serialize, Deserialize, JsonSchema)]
    pub(crate) struct Context {
        pub(crate) order_id: u64,
        pub(crate) customer_id: u64,
        pub(crate) priority: Option<String>,
    }

    #[derive(Serialize, Deserialize, JsonSchema)]
    pub(crate) struct Processor {
        payment_processor: String,
        timeout: Option<u64>,
    }

    #[derive(Default, Serialize, Deserialize, JsonSchema)]
    pub(crate) struct Mail {
        email_service: Option<String>,
        api_key: Option<String>,
    }

    #[step]
    pub(crate) async fn fetch_order(ctx: &Context) -> Result<u64, StepError> {
        Ok(ctx.order_id)
    }

    #[step]
    pub(crate) async fn validate_inventory(
        ctx: &Context,
        order: Output<fetch_order>,
    ) -> Result<Option<String>, StepError> {
        assert_eq!(*order, ctx.order_id);
        Ok(ctx.priority.clone())
    }

    /// Charges the customer at the second try.
    #[step(retry(base = "1s"))]
    pub(crate) async fn process_payment(
        processor: Config<Processor>,
        attempt: Attempt,
    ) -> Result<String, StepError> {
        if attempt.0 == 1 {
            return Err(StepError::retryable("busy"));
        }
        Ok(format!("{} within {:?}", processor.payment_processor, processor.timeout))
    }

    #[step]
    pub(crate) async fn ask_courier(request: Config<Value>) -> Result<Value, StepError> {
        Ok(request.0["headers"].clone())
    }

    #[step(config = Mail::default())]
    pub(crate) async fn send_confirmation(
        mail: Config<Mail>,
        paid: Output<process_payment>,
        order: Output<fetch_order>,
    ) -> Result<String, StepError> {
        Ok(format!("{}, {}, {}", *order, *paid, mail.0.api_key.is_some()))
    }
}

/// Says some things itself.
#[workflow(yaml = "yaml/compiled/parcel.yaml", version = "1.0.0")]
mod parcel {
    use schemars::JsonSchema;
    use serde::{Deserialize, Serialize};
    use tasker::{Config, Output, StepError};

    #[derive(Serialize, Deserialize, JsonSchema)]
    pub(crate) struct Context {
        pub(crate) grams: u64,
    }

    #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
    pub(crate) struct Scale {
        pub(crate) unit: String,
        pub(crate) precision: u8,
    }

    #[step]
    pub(crate) async fn weigh(scale: Config<Scale>) -> Result<Scale, StepError> {
        Ok(scale.0)
    }

    #[step(depends_on = weigh, timeout = "3s")]
    pub(crate) async fn send_parcel(weighed: Output<weigh>) -> Result<String, StepError> {
        Ok(weighed.unit.clone())
    }
}

/// Its step calls an API.
#[workflow(yaml = "yaml/compiled/ask.yaml")]
mod ask {
    use tasker::http::ApiConfig;
    use tasker::{Config, StepError};

    pub(crate) type Context = serde_json::Value;

    #[step]
    pub(crate) async fn call(settings: Config<ApiConfig>) -> Result<(), StepError> {
        drop(settings);
        Ok(())
    }
}

#[tokio::test]
async fn every_mistake_in_settings_of_an_api_is_told_at_its_key() {
    let variables = without_variables("wrong").variables([("TIMEOUT", "4711")]);
    let text = told(of::<ask::Workflow>(variables)).await;
    for part in [
        "the `handler_config` of the step `call` does not fit: nothing reads `timout`",
        "ask.yaml:12:27",
        "`timeout` takes a number of seconds; here is a text",
        "ask.yaml:12:47",
        "2 mistakes",
    ] {
        assert!(text.contains(part), "{part} in {text}");
    }
    assert!(!text.contains("4711"), "{text}");
    let tasker = of::<ask::Workflow>(without_variables("right")).build().await.unwrap();
    tasker.shutdown().await;
}

/// Its context is another one than that of the file.
#[workflow(yaml = "yaml/compiled/context.yaml")]
mod context {
    use schemars::JsonSchema;
    use serde::{Deserialize, Serialize};
    use tasker::StepError;

    #[derive(Serialize, Deserialize, JsonSchema)]
    pub(crate) struct Context {
        grams: u64,
        size: u64,
        speed: u64,
    }

    #[step]
    async fn weigh(ctx: &Context) -> Result<u64, StepError> {
        Ok(ctx.grams + ctx.size + ctx.speed)
    }
}

type Builder = TaskerBuilder<(), std::sync::Arc<dyn tasker::Store>>;

fn of<W: tasker::Executable<()>>(environment: Environment) -> Builder {
    Tasker::builder(()).store(MemoryStore::new()).register::<W>().environment(environment)
}

/// What is told where the Tasker is not built.
async fn told(builder: Builder) -> String {
    match builder.build().await {
        Err(BuildError::Yaml(error)) => error.to_string(),
        Err(other) => panic!("{other}"),
        Ok(_) => panic!("it was built"),
    }
}

#[test]
fn a_module_has_the_identity_the_graph_and_the_policies_of_its_file() {
    let file = good("order_process.yaml", "nowhere");
    let (file, module) = (file.workflow(), order_process::Workflow::define().build().unwrap());
    assert_eq!(module.id(), file.id());
    assert_eq!(module.shape(), file.shape());
    for (of_file, step) in file.steps().iter().zip(module.steps()) {
        assert_eq!(step.name(), of_file.name());
        assert_eq!(step.retry().limit, of_file.retry().limit, "{}", step.name());
        assert_eq!(step.handler_class(), None);
    }
    let payment = step(&module, "process_payment");
    assert_eq!(payment.retry().base, std::time::Duration::from_secs(1));
    assert_eq!(payment.description(), "Charges the customer at the second try.");
}

#[tokio::test(start_paused = true)]
async fn a_task_runs_in_the_order_of_the_file_with_its_configurations() {
    let tasker = of::<order_process::Workflow>(without_variables("development")).build().await.unwrap();
    let context = order_process::Context { order_id: 7, customer_id: 8, priority: None };
    let task = tasker.start::<order_process::Workflow>(context).await.unwrap();
    let status = task.wait().await.unwrap();
    assert_eq!(status.state, TaskState::Complete);
    assert!(status.steps.iter().all(|step| step.state == StepState::Complete));
    let sent = task.output::<order_process::send_confirmation>().await.unwrap();
    assert_eq!(sent.as_deref(), Some("7, test within None, false"));
    let headers = task.output::<order_process::ask_courier>().await.unwrap();
    assert_eq!(headers, Some(json!({"Authorization": "Bearer none"})));
    tasker.shutdown().await;
}

#[tokio::test(start_paused = true)]
async fn the_environment_says_more_and_overrides_come_on_top() {
    let environment = || without_variables("production").variables([("MAILER_API_KEY", "hunter2")]);
    let builder = of::<order_process::Workflow>(environment())
        .configure::<order_process::process_payment>(json!({"timeout": 9}))
        .configure::<order_process::send_confirmation>(json!({"email_service": "other"}));
    let tasker = builder.build().await.unwrap();
    let context = order_process::Context { order_id: 7, customer_id: 8, priority: None };
    let task = tasker.start::<order_process::Workflow>(context).await.unwrap();
    task.wait().await.unwrap();
    let sent = task.output::<order_process::send_confirmation>().await.unwrap();
    assert_eq!(sent.as_deref(), Some("7, stripe within Some(9), true"));
    tasker.shutdown().await;

    let told = told(of::<order_process::Workflow>(without_variables("production"))).await;
    assert!(told.contains("the environment variable `MAILER_API_KEY` is not set"), "{told}");
    assert!(told.contains("--> yaml/files/order_process.yaml:78:"), "{told}");
}

#[tokio::test(start_paused = true)]
async fn a_step_whose_name_is_none_in_rust_is_the_function_of_that_snake_case() {
    let environment = || Environment::named("careful").variables([("SECRET_UNIT", "stone")]);
    let tasker = of::<parcel::Workflow>(environment()).build().await.unwrap();
    let definition = parcel::Workflow::define().build().unwrap();
    assert_eq!(depends_on(&definition, "send/parcel"), ["weigh"]);
    assert!(!definition.is_concurrent());
    let task = tasker.start::<parcel::Workflow>(parcel::Context { grams: 1 }).await.unwrap();
    task.wait().await.unwrap();
    let weighed = task.output::<parcel::weigh>().await.unwrap();
    assert_eq!(weighed, Some(parcel::Scale { unit: "stone".to_owned(), precision: 2 }));
    assert_eq!(task.result("send/parcel").await.unwrap(), Some(json!("stone")));
    tasker.shutdown().await;
}

#[tokio::test(start_paused = true)]
async fn an_environment_does_not_change_what_is_compiled() {
    let told = told(of::<parcel::Workflow>(without_variables("other_graph"))).await;
    for (place, what) in [
        ("29:14", "changes `version`"),
        ("30:17", "changes `concurrent`"),
        ("15:5", "changes what the step `send/parcel` depends on"),
        ("34:20", "changes whether the step `send/parcel` is `skippable`"),
    ] {
        assert!(told.contains(what), "{what}\n{told}");
        assert!(told.contains(&format!("yaml/compiled/parcel.yaml:{place}\n")), "{place}\n{told}");
    }
    assert!(told.ends_with("4 mistakes; nothing was registered"), "{told}");
}

#[tokio::test(start_paused = true)]
async fn a_configuration_that_is_none_is_told_with_its_place_and_without_secrets() {
    let environment = Environment::named("other_type").variables([("SECRET_UNIT", "hunter2")]);
    let text = told(of::<parcel::Workflow>(environment)).await;
    let mistake = "the `handler_config` of the step `weigh` does not fit: what the variables here hold is of another type";
    assert!(
        text.contains(mistake) && text.contains("parcel.yaml:38:38") && !text.contains("hunter2"),
        "{text}"
    );

    let text = told(of::<parcel::Workflow>(without_variables("other_key"))).await;
    let mistake = "the `handler_config` of the step `weigh` does not fit: nothing reads `/precison`";
    assert!(text.contains(mistake) && text.contains("parcel.yaml:42:27"), "{text}");
    assert!(text.contains("did you mean `precision`?"), "{text}");

    let text = told(of::<parcel::Workflow>(without_variables("nothing"))).await;
    let mistake = "the step `weigh` takes a configuration, and there is none in the environment `nothing`";
    assert!(text.contains(mistake), "{text}");
}

#[tokio::test(start_paused = true)]
async fn what_is_asked_for_has_to_fit_the_schema_of_the_file_too_and_gets_its_defaults() {
    let builder = of::<order_process::Workflow>(without_variables("development"));
    let tasker = builder.build().await.unwrap_or_else(|error| panic!("{error}"));
    let asked = async |context| tasker.start_named("default", "order_process", "0.1.0", context).await;
    let error = asked(json!({"order_id": 7, "customer_id": 8, "priority": "urgent"})).await.unwrap_err();
    assert!(error.to_string().contains("/priority: \"urgent\" is not one of"), "{error}");
    let task = asked(json!({"order_id": 7, "customer_id": 8})).await.unwrap();
    task.wait().await.unwrap();
    assert_eq!(task.result("validate_inventory").await.unwrap(), Some(json!("normal")));
    tasker.shutdown().await;
}

#[tokio::test(start_paused = true)]
async fn a_context_that_no_task_of_the_file_could_have_is_told() {
    let told = told(of::<context::Workflow>(without_variables("test"))).await;
    assert!(
        told.contains("the schema requires `colour`, which the context of the module does not have"),
        "{told}"
    );
    assert!(told.contains("the context of the module cannot be without `size`"), "{told}");
    let mistake = "`grams` is `string` in the schema, and `integer` in the context of the module";
    assert!(told.contains(mistake) && told.contains("yaml/compiled/context.yaml:5:20"), "{told}");
    assert!(told.contains("yaml/compiled/context.yaml:3:13"), "{told}");
    // A default is filled in.
    assert!(told.ends_with("3 mistakes; nothing was registered"), "{told}");
}
