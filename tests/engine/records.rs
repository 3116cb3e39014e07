//! Events and annotations, from the step's function to who reads them.

use std::collections::HashMap;
use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tasker::{
    Annotate, Annotation, Attempt, Emit, Event, FromStep, Invocation, Output, RecordKind, ResultError,
    StepError, StepState, Store, TaskHandle, TaskId, TaskState, Tasker, WorkflowDef, workflow,
};
use tokio::time::timeout;

use crate::faults::Faulty;
use crate::support::memory;

#[derive(Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Authorized {
    attempt: u32,
}

impl Event for Authorized {
    const NAME: &'static str = "payment.authorized";
}

/// What an application of another version takes it for.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
struct Renamed {
    number: u32,
}

impl Event for Renamed {
    const NAME: &'static str = "payment.authorized";
}

/// JSON has no keys that are lists.
#[derive(Serialize, Deserialize, JsonSchema)]
pub(crate) struct Odd(HashMap<Vec<u8>, u8>);

impl Event for Odd {
    const NAME: &'static str = "odd";
}

#[derive(Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Score(u32);

impl Annotation for Score {
    const NAME: &'static str = "fraud_score";
}

/// What an execution is called at other services.
#[derive(Debug)]
pub(crate) struct Key(String);

impl<S> FromStep<S> for Key {
    type Resource = ();

    fn from_step<A>(invocation: &Invocation<'_, A>, (): ()) -> Result<Self, StepError> {
        let (task, step, attempt) = (invocation.task(), invocation.step_name(), invocation.attempt());
        Ok(Self(format!("{} {task} {step} {attempt}", invocation.workflow())))
    }
}

/// Publishes in each execution, and fails as often as it is told.
#[workflow(namespace = "test")]
pub(crate) mod payment {
    use super::*;

    #[derive(Clone, Default, Serialize, Deserialize, JsonSchema)]
    pub(crate) struct Context {
        pub(crate) fails: u32,
        pub(crate) odd: bool,
    }

    #[step]
    pub(crate) async fn authorize(
        ctx: &Context,
        attempt: Attempt,
        events: Emit<Authorized>,
        odd: Emit<Odd>,
        score: Annotate<Score>,
    ) -> Result<u32, StepError> {
        events.publish(Authorized { attempt: attempt.0 });
        score.set(Score(1));
        score.set(Score(10 + attempt.0));
        events.publish(Authorized { attempt: attempt.0 + 100 });
        if ctx.odd {
            odd.publish(Odd(HashMap::from([(vec![1], 2)])));
        }
        if attempt.0 <= ctx.fails { Err(StepError::retryable("not yet")) } else { Ok(attempt.0) }
    }

    #[step(depends_on = authorize, name = "take the money")]
    pub(crate) async fn capture(
        id: TaskId,
        key: Key,
        authorized: Option<Output<authorize>>,
        score: Annotate<Score>,
    ) -> Result<(String, String, Option<u32>), StepError> {
        score.set(Score(99));
        Ok((id.to_string(), key.0, authorized.map(|attempt| *attempt)))
    }
}

async fn run(
    store: &(impl Store + Clone),
    context: payment::Context,
    max_payload: usize,
) -> (TaskHandle<payment::Workflow>, TaskState) {
    let builder = Tasker::builder(()).store(store.clone()).register::<payment::Workflow>();
    let tasker = builder.max_payload(max_payload).seed(7).build().await.unwrap();
    let task = tasker.start::<payment::Workflow>(context).await.unwrap();
    let ended = timeout(Duration::from_mins(10), task.wait()).await.expect("it ends").unwrap();
    tasker.shutdown().await;
    (task, ended.state)
}

fn failing(fails: u32) -> payment::Context {
    payment::Context { fails, ..Default::default() }
}

const ENOUGH: usize = 1_000;

#[tokio::test(start_paused = true)]
async fn a_step_that_fails_twice_and_then_completes_publishes_once() {
    let (task, state) = run(&memory(), failing(2), ENOUGH).await;
    assert_eq!(state, TaskState::Complete);
    let events = task.events::<Authorized>().await.unwrap();
    assert_eq!(events, [Authorized { attempt: 3 }, Authorized { attempt: 103 }]);
    let shown: Vec<_> = task.records().await.unwrap().into_iter().map(|r| (r.kind, r.name, r.step)).collect();
    let shown: Vec<_> =
        shown.iter().map(|(kind, name, step)| (*kind, name.as_str(), step.as_str())).collect();
    let expected = [
        (RecordKind::Event, "payment.authorized", "authorize"),
        (RecordKind::Annotation, "fraud_score", "authorize"),
        (RecordKind::Event, "payment.authorized", "authorize"),
        (RecordKind::Annotation, "fraud_score", "take the money"),
    ];
    assert_eq!(shown, expected);
}

#[tokio::test(start_paused = true)]
async fn of_an_annotation_the_last_one_counts() {
    let (task, _) = run(&memory(), failing(0), ENOUGH).await;
    let notes = task.records().await.unwrap().into_iter().filter(|r| r.kind == RecordKind::Annotation);
    let notes: Vec<_> = notes.map(|note| note.payload.as_str().to_owned()).collect();
    assert_eq!(notes, ["11", "99"], "of an execution, too");
    assert_eq!(task.annotation::<Score>().await.unwrap(), Some(Score(99)));
}

#[tokio::test(start_paused = true)]
async fn a_step_that_fails_for_good_publishes_nothing() {
    let (task, state) = run(&memory(), failing(3), ENOUGH).await;
    assert_eq!(state, TaskState::Error);
    assert!(task.events::<Authorized>().await.unwrap().is_empty());
    assert_eq!(task.annotation::<Score>().await.unwrap(), None);
}

#[tokio::test(start_paused = true)]
async fn an_event_that_is_no_json_fails_its_step_for_good() {
    let context = payment::Context { odd: true, ..Default::default() };
    let (task, state) = run(&memory(), context, ENOUGH).await;
    let step = &task.status().await.unwrap().steps[0];
    assert_eq!((state, step.attempts), (TaskState::Error, Attempt(1)));
    let error = step.error.as_ref().unwrap();
    assert_eq!(error.to_string(), "the event `odd` is no JSON: key must be a string [RECORD_NOT_JSON]");
    assert!(task.records().await.unwrap().is_empty());
}

#[tokio::test(start_paused = true)]
async fn what_an_execution_writes_counts_together_against_the_limit() {
    let (task, state) = run(&memory(), failing(0), 29).await;
    let step = &task.status().await.unwrap().steps[0];
    assert_eq!((state, step.attempts), (TaskState::Error, Attempt(1)));
    let error = step.error.as_ref().unwrap();
    assert_eq!(error.error_code(), Some("RECORDS_TOO_LARGE"));
    assert!(error.message().contains("are 30 bytes of JSON, more than the limit of 29"), "{error}");
    assert!(task.records().await.unwrap().is_empty());
}

#[tokio::test(start_paused = true)]
async fn an_outcome_whose_records_the_store_refuses_is_recorded_as_a_failure_without_them() {
    let store = Faulty::new();
    store.poison(|outcome| !outcome.records.is_empty());
    let (task, state) = run(&store, failing(0), ENOUGH).await;
    let step = &task.status().await.unwrap().steps[0];
    assert_eq!((state, step.state), (TaskState::Error, StepState::Error));
    assert_eq!(step.error.as_ref().unwrap().error_code(), Some("NOT_STORED"));
    assert!(task.records().await.unwrap().is_empty());
}

#[tokio::test(start_paused = true)]
async fn an_event_of_another_type_under_the_same_name_is_an_error_that_names_it() {
    let (task, _) = run(&memory(), failing(0), ENOUGH).await;
    let error = task.events::<Renamed>().await.unwrap_err();
    assert!(matches!(error, ResultError::RecordDoesNotFit { kind: RecordKind::Event, .. }), "{error:?}");
    let expected = format!(
        "the event `payment.authorized` of step `authorize` of task {} does not fit its type: /: missing field `number`",
        task.id()
    );
    assert!(error.to_string().starts_with(&expected), "{error}");
}

#[tokio::test(start_paused = true)]
async fn a_parameter_of_ones_own_knows_the_execution() {
    let (task, _) = run(&memory(), failing(1), ENOUGH).await;
    let (id, key, authorized) = task.output::<payment::capture>().await.unwrap().unwrap();
    let workflow = WorkflowDef::builder("test", "payment", "0.1.0").id().to_string();
    assert_eq!((id, authorized), (task.id().to_string(), Some(2)));
    assert_eq!(key, format!("{workflow} {} take the money 1", task.id()));
}

#[test]
fn a_workflow_says_what_its_steps_write() {
    let workflow = <payment::Workflow as tasker::Workflow>::define().build().unwrap();
    let names = |records: &[tasker::RecordSpec]| {
        records.iter().map(|record| record.name().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(names(workflow.steps()[0].emits()), ["odd", "payment.authorized"]);
    assert_eq!(names(workflow.steps()[1].annotates()), ["fraud_score"]);
    assert_eq!(workflow.steps()[0].emits()[1].schema()["properties"]["attempt"]["type"], "integer");
}
