//! Lines 25-28: what the answers of other systems mean for a step. A real server answers on this machine.

use std::sync::Arc;

use serde_json::{Value, json};
use tasker::http::{Api, ApiConfig, ApiRequest};
use tasker::{
    Attempt, RetryPolicy, StepContext, StepError, StepSpec, StepState, Task, TaskHandle, TaskState, Tasker,
    WaitingFor, WorkflowDef, handler_fn,
};
use tasker_tests::postgres::Database;

use crate::bench::seconds;
use crate::lab::{ended, once};
use crate::place::{Place, on_both};
use crate::server::Server;

on_both! {
    b25_an_answer_429_lets_the_step_wait_as_long_as_it_asks_for,
    b26_an_answer_that_refuses_is_a_permanent_error_and_the_step_is_not_retried,
    b27_an_answer_500_is_tried_again_by_the_policy_of_the_step,
    b28_a_date_in_the_past_is_a_wait_of_a_second,
}

/// Tasks of one step that calls what its context names.
struct Calls {
    tasker: Tasker,
    server: Server,
    _database: Option<Database>,
}

impl Calls {
    async fn of(place: Place) -> Self {
        let (store, database) = place.open().await;
        let api = Arc::new(Api::builder().without_proxy().build());
        let handler = handler_fn(move |task: Task, _, step: StepContext| {
            let api = Arc::clone(&api);
            async move {
                let config = ApiConfig::get(task.get::<String>("url")?);
                let response = api.call(ApiRequest::new(&config).attempt(step.attempt())).await?;
                Ok::<Value, StepError>(json!({ "status": response.status }))
            }
        });
        let retry = RetryPolicy { base: std::time::Duration::from_millis(1), ..RetryPolicy::DEFAULT };
        let call = StepSpec::new("call").handler_class("Call").retry(retry);
        let builder = Tasker::builder(()).store(store).handler("Call", handler);
        let builder = builder.register_dynamic(WorkflowDef::builder("test", "calls", "1.0.0").step(call));
        let tasker = builder.build().await.unwrap();
        Self { tasker, server: Server::start(), _database: database }
    }

    async fn start(&self, path: &str) -> TaskHandle {
        let context = json!({ "url": self.server.url(path) });
        self.tasker.start_named("test", "calls", "1.0.0", context).await.unwrap()
    }

    /// The error of the step of a task that waits, and for how many seconds it does, counted from the creation of the task.
    async fn waiting(&self, task: &TaskHandle) -> (StepError, f64) {
        let waits = |step: &tasker::StepStatus| matches!(step.waiting_for, Some(WaitingFor::Time(_)));
        let status = once(task, |status| waits(&status.steps[0])).await;
        let step = &status.steps[0];
        assert_eq!((step.state, step.attempts), (StepState::Pending, Attempt(1)));
        let Some(WaitingFor::Time(at)) = step.waiting_for else { panic!("{step:?}") };
        (step.error.clone().unwrap(), at.since(status.created_at).as_secs_f64())
    }
}

async fn b25_an_answer_429_lets_the_step_wait_as_long_as_it_asks_for(place: Place) {
    let calls = Calls::of(place).await;
    for (path, asked, waits) in [("/429/60", 60, 60), ("/503/45", 45, 45), ("/429/4000", 300, 300)] {
        let task = calls.start(path).await;
        let (error, waited) = calls.waiting(&task).await;
        assert!(!error.is_permanent());
        assert_eq!(error.error_code(), Some(&*format!("HTTP_{}", &path[1..4])));
        assert_eq!(error.wait(), Some(seconds(asked)), "{path}");
        // The call itself takes a while, too.
        let expected = f64::from(waits)..f64::from(waits) + 30.0;
        assert!(expected.contains(&waited), "{path}: {waited} s");
        assert_eq!(calls.server.calls(path), 1);
    }
    calls.tasker.shutdown().await;
}

/// Ours: it is not tried again, as Ruby's documents say and Ruby does not do.
async fn b26_an_answer_that_refuses_is_a_permanent_error_and_the_step_is_not_retried(place: Place) {
    let calls = Calls::of(place).await;
    for status in [400, 401, 403, 404, 422] {
        let path = format!("/{status}");
        let task = calls.start(&path).await;
        let ended = ended(&task).await;
        let step = &ended.steps[0];
        assert_eq!(
            (ended.state, step.state, step.attempts),
            (TaskState::Error, StepState::Error, Attempt(1))
        );
        let error = step.error.as_ref().unwrap();
        assert!(error.is_permanent());
        assert_eq!(error.error_code(), Some(&*format!("HTTP_{status}")));
        assert_eq!(error.facts()["response_status"], status);
        assert_eq!(calls.server.calls(&path), 1, "{status}");
    }
    calls.tasker.shutdown().await;
}

async fn b27_an_answer_500_is_tried_again_by_the_policy_of_the_step(place: Place) {
    let calls = Calls::of(place).await;
    let task = calls.start("/500,502,200").await;
    let mended = ended(&task).await;
    assert_eq!((mended.state, mended.steps[0].attempts), (TaskState::Complete, Attempt(3)));
    assert_eq!(task.result("call").await.unwrap(), Some(json!({ "status": 200 })));
    let task = calls.start("/500").await;
    let broken = ended(&task).await;
    assert_eq!((broken.state, broken.steps[0].attempts), (TaskState::Error, Attempt(3)));
    let error = broken.steps[0].error.as_ref().unwrap();
    assert!(!error.is_permanent());
    assert_eq!(
        (error.error_code(), error.wait()),
        (Some("HTTP_500"), None),
        "it asks for no wait of its own"
    );
    assert_eq!(calls.server.calls("/500"), 3);
    calls.tasker.shutdown().await;
}

async fn b28_a_date_in_the_past_is_a_wait_of_a_second(place: Place) {
    let calls = Calls::of(place).await;
    let path = "/429,200/Sun,_06_Nov_1994_08:49:37_GMT";
    let task = calls.start(path).await;
    let (error, waited) = calls.waiting(&task).await;
    assert_eq!(error.facts()["retry_after"], 1.0, "the header was read");
    assert_eq!(error.wait(), Some(seconds(1)));
    assert!((1.0..30.0).contains(&waited), "{waited} s");
    let status = ended(&task).await;
    assert_eq!((status.state, status.steps[0].attempts), (TaskState::Complete, Attempt(2)));
    calls.tasker.shutdown().await;
}
