//! Configurations that are overridden where the application starts.

use serde_json::{Value, json};
use tasker::{BuildError, Step, Tasker};

use crate::support::{App, builder, context, job, memory, once};

type Builder = tasker::TaskerBuilder<App, std::sync::Arc<dyn tasker::Store>>;

/// The end of the report, which is the configuration of its step.
async fn suffix(overrides: impl FnOnce(Builder) -> Builder) -> Result<String, Vec<String>> {
    let app = App::new([]);
    let tasker = match overrides(builder(&app, &memory())).build().await {
        Ok(tasker) => tasker,
        Err(BuildError::Configuration(error)) => return Err(error.mistakes().to_vec()),
        Err(error) => panic!("{error}"),
    };
    let task = tasker.start::<job::Workflow>(context(1)).await.unwrap();
    task.wait().await.unwrap();
    let report = task.output::<job::report>().await.unwrap().unwrap();
    tasker.shutdown().await;
    Ok(report.trim_start_matches("work 1 of 1 ").to_owned())
}

fn document(text: &str) -> Value {
    json!({ "test.job": { "report": { "text": text } } })
}

#[tokio::test(start_paused = true)]
async fn what_the_attribute_says_is_the_default() {
    assert_eq!(suffix(|builder| builder).await.as_deref(), Ok("!"));
}

#[tokio::test(start_paused = true)]
async fn the_last_override_counts() {
    let by_step =
        suffix(|builder| builder.configuration(document("?")).configure::<job::report>(json!({"text": "."})));
    assert_eq!(by_step.await.as_deref(), Ok("."));
    let by_document =
        suffix(|builder| builder.configure::<job::report>(json!({"text": "."})).configuration(document("?")));
    assert_eq!(by_document.await.as_deref(), Ok("?"));
}

#[tokio::test(start_paused = true)]
async fn a_document_names_a_workflow_with_or_without_its_version() {
    let versioned = json!({ "test.job@1.2.0": { "report": { "text": "?" } } });
    assert_eq!(suffix(|builder| builder.configuration(versioned)).await.as_deref(), Ok("?"));
}

/// An older version, which has fewer steps.
#[tasker::workflow(namespace = "test", name = "job", version = "1.1.0", context = u32)]
mod old_job {
    use tasker::StepError;

    #[step]
    pub(crate) async fn prepare() -> Result<u32, StepError> {
        Ok(1)
    }
}

#[tokio::test(start_paused = true)]
async fn without_a_version_those_are_meant_that_have_the_step() {
    let both = suffix(|builder| builder.register::<old_job::Workflow>().configuration(document("?")));
    assert_eq!(both.await.as_deref(), Ok("?"));
    let neither = json!({ "test.job": { "rport": {} } });
    let mistakes = suffix(|builder| builder.register::<old_job::Workflow>().configuration(neither));
    assert_eq!(mistakes.await.unwrap_err().len(), 2, "each says which steps it has");
}

#[tokio::test(start_paused = true)]
async fn a_variable_that_is_not_set_overrides_nothing() {
    let unset = suffix(|builder| builder.configuration_from_env("TASKER_TESTS_SET_NO_SUCH_VARIABLE"));
    assert_eq!(unset.await.as_deref(), Ok("!"));
}

#[tokio::test(start_paused = true)]
async fn a_variable_that_is_no_json_is_told_without_its_text() {
    // A variable that every process of cargo has, and that is no JSON.
    let mistakes = suffix(|builder| builder.configuration_from_env("CARGO_MANIFEST_DIR")).await.unwrap_err();
    assert_eq!(
        mistakes,
        ["the environment variable `CARGO_MANIFEST_DIR` is no JSON: expected value at line 1 column 1"]
    );
}

#[tokio::test(start_paused = true)]
async fn every_override_that_does_not_fit_is_told() {
    let overrides = json!({
        "test.job": { "report": { "txt": "?" }, "rport": {}, "work": {} },
        "test.jobs": {},
        "test.once": 5,
    });
    let mistakes =
        suffix(|builder| builder.configuration(overrides).configure::<job::report>(json!({ "text": 5 })));
    assert_eq!(
        mistakes.await.unwrap_err(),
        [
            "the overrides: workflow `test.job@1.2.0`: nothing reads `/txt` in the configuration of the step `report`; did you mean `text`?",
            "the overrides: workflow `test.job@1.2.0`: there is no step `rport`; did you mean `report`? the steps are `prepare`, `work`, `report`",
            "the overrides: workflow `test.job@1.2.0`: the step `work` takes no configuration; give it one with `config = ...` \
             and `Config<T>`",
            "the overrides name the workflow `test.jobs`, which is not registered; did you mean `test.job`? Registered are `test.job@1.2.0`, \
             `test.once@0.1.0`, `test.wide@0.1.0`, `test.narrow@0.1.0`",
            "the overrides, at `test.once`, must be an object of steps",
            "workflow `test.job@1.2.0`: the configuration of the step `report` does not fit: /text: invalid type: integer `5`, \
             expected a string",
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn a_step_of_a_workflow_that_is_not_registered_cannot_be_configured() {
    let builder = Tasker::builder(App::new([])).store(memory()).register::<job::Workflow>();
    let built = builder.configure::<once::charge>(json!({})).build().await;
    let Err(BuildError::Configuration(error)) = built else { panic!("built") };
    assert_eq!(once::charge::NAME, "charge");
    assert_eq!(error.mistakes(), ["workflow `test.once@0.1.0` is not registered; call `register` for it"]);
}
