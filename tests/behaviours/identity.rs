//! Lines 39 and 40: which requests are the same one, and which are refused.

use serde_json::json;
use tasker::{Identity, StartError, TaskRequest, Timestamp};

use crate::fixture::{DUMMY, HANDLER};
use crate::lab::{Lab, Plan, Script, ended};
use crate::place::{Place, on_both};

on_both! {
    b39_two_identical_requests_of_one_minute_are_one_task_and_the_caller_chooses_what_the_second_gets,
    b39_without_a_strategy_each_request_is_a_task_of_its_own,
    b39_a_function_of_the_application_may_say_what_is_the_same,
    b40_a_context_that_violates_the_schema_is_refused_with_all_its_paths_and_nothing_is_stored,
    b40_defaults_of_the_schema_are_applied_and_stored,
}

/// A moment in the middle of a minute.
const NOON: Timestamp = Timestamp::from_micros(1_795_000_050_000_000);

async fn lab(place: Place, identity: Identity) -> Lab {
    Lab::with(place, &[&DUMMY], Script::default(), |builder| builder.identity(identity)).await
}

fn request() -> TaskRequest {
    let context = serde_json::to_value(Plan::default()).unwrap();
    TaskRequest {
        namespace: "test".to_owned(),
        initiator: Some("ada".to_owned()),
        requested_at: Some(NOON),
        ..TaskRequest::new("dummy", context)
    }
}

/// Ours: the conflict names the task that there is, or that task is returned; in Ruby the second is an error.
async fn b39_two_identical_requests_of_one_minute_are_one_task_and_the_caller_chooses_what_the_second_gets(
    place: Place,
) {
    let lab = lab(place, Identity::Hash).await;
    let first = lab.tasker.request(request()).await.unwrap();
    let key = first.status().await.unwrap().idempotency_key.unwrap();
    assert!(key.len() == 64 && key.bytes().all(|byte| byte.is_ascii_hexdigit()), "{key}");
    let later = NOON + std::time::Duration::from_secs(9);
    let again = || TaskRequest { requested_at: Some(later), tags: vec!["again".to_owned()], ..request() };
    let refused = lab.tasker.request(again()).await.unwrap_err();
    assert!(matches!(refused, StartError::Conflict { existing, .. } if existing == first.id()), "{refused}");
    let existing = lab.tasker.request(again()).or_existing().await.unwrap();
    assert_eq!((existing.id(), existing.is_new()), (first.id(), false));
    assert_eq!(lab.tasker.tasks().total().await.unwrap(), 1);
    let other = |change: fn(&mut TaskRequest)| {
        let mut request = request();
        change(&mut request);
        lab.tasker.request(request)
    };
    let different = [
        other(|request| request.initiator = Some("grace".to_owned())),
        other(|request| request.source_system = Some("billing".to_owned())),
        other(|request| request.reason = Some("once more".to_owned())),
        other(|request| request.context["fail"] = json!({ "step-one": 1 })),
        other(|request| request.requested_at = Some(NOON + std::time::Duration::from_mins(1))),
    ];
    let mut tasks = vec![first.id()];
    for request in different {
        let task = request.await.unwrap();
        assert!(task.is_new() && !tasks.contains(&task.id()));
        tasks.push(task.id());
    }
    assert_eq!(lab.tasker.tasks().total().await.unwrap(), 6);
    lab.end().await;
}

async fn b39_without_a_strategy_each_request_is_a_task_of_its_own(place: Place) {
    let lab = lab(place, Identity::Default).await;
    let (one, other) =
        (lab.tasker.request(request()).await.unwrap(), lab.tasker.request(request()).await.unwrap());
    assert!(one.is_new() && other.is_new());
    assert_ne!(one.id(), other.id());
    assert_eq!(one.status().await.unwrap().idempotency_key, None);
    lab.end().await;
}

async fn b39_a_function_of_the_application_may_say_what_is_the_same(place: Place) {
    let by_initiator = Identity::custom(|request| request.attributes.initiator.clone());
    let lab = lab(place, by_initiator).await;
    let first = lab.tasker.request(request()).await.unwrap();
    assert_eq!(first.status().await.unwrap().idempotency_key.as_deref(), Some("ada"));
    let mut other = request();
    other.context["fail"] = json!({ "step-one": 1 });
    let refused = lab.tasker.request(other).await.unwrap_err();
    assert!(matches!(refused, StartError::Conflict { existing, .. } if existing == first.id()), "{refused}");
    let nobody = || TaskRequest { initiator: None, ..request() };
    assert!(lab.tasker.request(nobody()).await.unwrap().is_new());
    assert!(lab.tasker.request(nobody()).await.unwrap().is_new(), "no key, no conflict");
    lab.end().await;
}

/// A workflow that takes `{dummy: boolean}`.
async fn with_schema(place: Place) -> Lab {
    let schema = json!({
        "type": "object",
        "required": ["dummy"],
        "properties": {
            "dummy": { "type": "boolean" },
            "times": { "type": "integer", "minimum": 1, "default": 2 },
            "fail": { "type": "object", "default": {} },
            "fail_for_good": { "type": "array", "default": [] }
        }
    });
    let builder = tasker::WorkflowDef::builder("test", "strict", "1.0.0").context_schema(schema);
    let step = tasker::StepSpec::new("only").handler_class(HANDLER).config(&json!({ "parents": [] }));
    Lab::with(place, &[], Script::default(), |tasker| tasker.register_dynamic(builder.step(step))).await
}

/// Ours: the schema is meant as it is written; Ruby requires every property that it names.
async fn b40_a_context_that_violates_the_schema_is_refused_with_all_its_paths_and_nothing_is_stored(
    place: Place,
) {
    let lab = with_schema(place).await;
    let request = TaskRequest {
        namespace: "test".to_owned(),
        ..TaskRequest::new("strict", json!({ "dummy": "yes", "times": 0 }))
    };
    let refused = lab.tasker.request(request).await.unwrap_err();
    let StartError::InvalidRequest { violations, .. } = &refused else { panic!("{refused}") };
    let mut paths: Vec<_> = violations.iter().map(|violation| violation.path.as_str()).collect();
    paths.sort_unstable();
    assert_eq!(paths, ["/context/dummy", "/context/times"]);
    let refused = lab.tasker.start_named("test", "strict", "1.0.0", json!({})).await.unwrap_err();
    assert!(matches!(refused, StartError::InvalidContext { .. }), "{refused}");
    assert!(refused.to_string().contains("\"dummy\" is a required property"), "{refused}");
    assert_eq!(lab.tasker.tasks().total().await.unwrap(), 0);
    lab.end().await;
}

/// Ours: in Ruby defaults are lost.
async fn b40_defaults_of_the_schema_are_applied_and_stored(place: Place) {
    let lab = with_schema(place).await;
    let context = json!({ "dummy": true, "not_named": "allowed" });
    let task = lab.tasker.start_named("test", "strict", "1.0.0", context).await.unwrap();
    ended(&task).await;
    // Without the defaults the handler could not have read its plan.
    assert_eq!(task.result("only").await.unwrap().unwrap()["step"], "only");
    lab.end().await;
}
