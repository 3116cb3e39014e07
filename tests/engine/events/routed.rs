//! `#[subscriber]`: each event finds its method.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tasker::events::{CustomEvent, StepFailed, Subscriber, SubscriberError, TaskCompleted, TaskerEvent};
use tasker::{Event, subscriber};
use tokio::time::sleep;

use crate::support::{Act, App, builder, context, job, memory};

#[derive(Event, Serialize, Deserialize, JsonSchema)]
#[event("order.shipped")]
struct OrderShipped {
    parcel: u32,
}

#[derive(Event, Serialize, Deserialize, JsonSchema)]
#[event("order.locked")]
struct OrderLocked {
    pin: u32,
}

/// Writes down which of its methods was called with what.
#[derive(Clone, Default)]
struct Clerk(Arc<Mutex<Vec<String>>>);

#[subscriber]
impl Clerk {
    async fn on_task_completed(&self, event: &TaskCompleted) {
        self.note(format!("completed {}", event.task.task_name));
    }

    async fn on_step_failed(&self, event: &StepFailed) -> Result<(), String> {
        self.note(format!("failed {} {}", event.step.step_name, event.step.attempt_number));
        if event.permanent { Err("for good?".to_owned()) } else { Ok(()) }
    }

    async fn on_step_skipped(&self, event: &TaskerEvent) {
        self.note(format!("skipped {}", event.id));
    }

    #[event("order.shipped")]
    async fn shipped(&self, event: &OrderShipped) {
        self.note(format!("parcel {}", event.parcel));
    }

    #[event("order.locked")]
    async fn locked(&self, event: &OrderLocked) {
        self.note(format!("locked {}", event.pin));
    }

    #[event("order.paid")]
    async fn paid(&self, event: &CustomEvent) {
        self.note(format!("paid {}", event.data));
    }

    #[event("step.*")]
    async fn steps(&self, event: &TaskerEvent) {
        self.note(format!("a step: {}", event.name()));
    }

    #[event("*")]
    async fn rest(&self, event: &TaskerEvent) {
        self.note(format!("else {}", event.name()));
    }

    fn wants(&self, event: &TaskerEvent) -> bool {
        event.name() != "task.cancelled"
    }

    fn note(&self, what: String) {
        self.0.lock().unwrap().push(what);
    }

    fn notes(&self) -> Vec<String> {
        self.0.lock().unwrap().clone()
    }
}

fn event(name: &str, more: &Value) -> TaskerEvent {
    let mut payload = json!({
        "task_id": "01935a3e-5b2a-7c41-9f0e-2f6b1c8d4e70", "namespace": "shop", "task_name": "order", "version": "1.0.0",
        "correlation_id": "c", "created_at": "2026-11-18T10:13:20.000000Z", "total_execution_duration": 1.0,
        "step_id": 1, "step_name": "charge", "attempt_number": 2, "retry_limit": 3, "worker_id": null,
        "started_at": "2026-11-18T10:13:20.000000Z", "execution_duration": 1.0, "error_message": "no", "error_code": null,
        "permanent": false, "name": name,
    });
    payload.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let event = json!({ "id": "e1", "event": name, "at": "2026-11-18T10:13:22.000000Z", "payload": payload });
    serde_json::from_value(event).unwrap()
}

async fn heard(name: &str, more: Value) -> (Vec<String>, Result<(), SubscriberError>) {
    let clerk = Clerk::default();
    let taken = clerk.on_event(&event(name, &more)).await;
    (clerk.notes(), taken)
}

#[tokio::test]
async fn each_event_finds_the_method_that_says_most_about_it() {
    for (name, more, note) in [
        ("task.completed", json!({}), "completed order"),
        ("step.failed", json!({}), "failed charge 2"),
        ("step.skipped", json!({}), "skipped e1"),
        ("order.shipped", json!({ "data": { "parcel": 7 } }), "parcel 7"),
        ("order.paid", json!({ "data": [1] }), "paid [1]"),
        ("step.completed", json!({}), "a step: step.completed"),
        ("task.failed", json!({}), "else task.failed"),
        ("order.lost", json!({ "data": null }), "else order.lost"),
    ] {
        let (notes, taken) = heard(name, more).await;
        assert_eq!(notes, [note]);
        assert!(taken.is_ok());
    }
}

#[tokio::test]
async fn what_a_method_returns_and_what_does_not_fit_is_an_error_of_the_delivery() {
    let (notes, taken) = heard("step.failed", json!({ "permanent": true })).await;
    assert_eq!(notes, ["failed charge 2"]);
    assert_eq!(taken.unwrap_err().to_string(), "for good?");
    let (notes, taken) = heard("order.shipped", json!({ "data": { "parcel": "seven" } })).await;
    assert!(notes.is_empty());
    let error = taken.unwrap_err().to_string();
    assert!(error.starts_with("what `order.shipped` says does not fit the type"), "{error}");
    assert!(
        error.ends_with("OrderShipped`: /parcel: invalid type: string \"seven\", expected u32"),
        "{error}"
    );
    let (_, taken) = heard("order.locked", json!({ "data": { "pin": "hunter2" } })).await;
    let error = taken.unwrap_err().to_string();
    assert!(
        error.ends_with("OrderLocked`: /pin: no value of the type that is asked for: expected u32"),
        "{error}"
    );
}

#[tokio::test]
async fn a_filter_is_asked_and_the_events_are_those_of_the_methods() {
    let clerk = Clerk::default();
    assert!(!clerk.wants(&event("task.cancelled", &json!({}))));
    assert!(Subscriber::wants(&clerk, &event("task.completed", &json!({}))));
    assert_eq!(
        clerk.events(),
        [
            "task.completed",
            "step.failed",
            "step.skipped",
            "order.shipped",
            "order.locked",
            "order.paid",
            "step.*",
            "*"
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn it_is_a_subscriber_like_any_other() {
    let (app, store, clerk) = (App::new([Act::Fail]), memory(), Clerk::default());
    let tasker = builder(&app, &store).subscribe("clerk", clerk.clone()).build().await.unwrap();
    let task = tasker.start::<job::Workflow>(context(1)).await.unwrap();
    task.wait().await.unwrap();
    while !clerk.notes().iter().any(|note| note.starts_with("completed")) {
        sleep(Duration::from_millis(10)).await;
    }
    assert!(clerk.notes().contains(&"failed work 1".to_owned()), "{:?}", clerk.notes());
    tasker.shutdown().await;
}
