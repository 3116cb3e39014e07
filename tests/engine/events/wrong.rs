//! Subscribers that make no sense, and the catalog that says what there is.

use std::time::Duration;

use serde_json::{Value, json};
use tasker::events::{Category, Delivery};
use tasker::{StepSpec, Tasker, TaskerBuilder, WorkflowBuilder, WorkflowDef, handler_fn};

use super::Ear;
use crate::support::{App, builder, memory};

async fn mistakes(builder: TaskerBuilder<App, std::sync::Arc<dyn tasker::Store>>) -> Vec<String> {
    let error = builder.build().await.err().expect("an error");
    let text = error.to_string();
    text.lines().filter(|line| !line.ends_with("cannot be built:")).map(ToOwned::to_owned).collect()
}

#[tokio::test(start_paused = true)]
async fn all_that_is_wrong_with_subscribers_is_told_at_once() {
    let (app, store) = (App::new([]), memory());
    let builder = builder(&app, &store)
        .subscribe("a b", Ear::new(&["*", "task.complete"]))
        .subscribe("idle", Ear::new(&[]))
        .subscribe("twice", Ear::new(&["*"]))
        .subscribe_with("twice", Ear::new(&["order.shipped"]), Delivery::default().attempts(0))
        .event("task.mine", "not mine");
    assert_eq!(
        mistakes(builder).await,
        [
            "the event `task.mine` has a name that is kept for Tasker's own: those that begin with `task.`",
            "subscriber `a b`: its name is not 1 to 64 letters, digits, `-`, `_` and `.` of ASCII",
            "subscriber `a b`: there is no event `task.complete`; did you mean `task.completed`?",
            "subscriber `idle`: it wants no event; name some, or `*` for all of them",
            "subscriber `twice`: its `attempts` is 0; the least is 1",
            "subscriber `twice`: there are two of this name; give each its own, because what it has taken is kept under it",
            "subscriber `twice`: there is no event `order.shipped`; if another process publishes it, make it known with \
             `TaskerBuilder::event`",
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn an_event_has_one_description() {
    let (app, store) = (App::new([]), memory());
    let left = "A parcel left the house.";
    let builder = || builder(&app, &store).event("order.shipped", left).event("order.shipped", left);
    let wrong = builder().event("order.shipped", "A parcel arrived.").event("order.lost", "Nobody knows.");
    assert_eq!(
        mistakes(wrong.subscribe("idle", Ear::new(&[]))).await,
        [
            "the event `order.shipped` is described as \"A parcel left the house.\" and as \"A parcel arrived.\"; call `event` once for it",
            "subscriber `idle`: it wants no event; name some, or `*` for all of them",
        ]
    );
    let tasker = builder().build().await.unwrap();
    assert_eq!(tasker.events().catalog().get("order.shipped").unwrap().description, left);
}

/// A workflow whose step publishes `order.paid`.
fn paying(name: &str, version: &str, schema: &Value) -> WorkflowBuilder {
    let step = StepSpec::new("pay").handler_class("Pay").emits("order.paid", schema.clone());
    WorkflowDef::builder("shop", name, version).step(step)
}

#[tokio::test(start_paused = true)]
async fn an_event_of_several_workflows_is_of_one_type() {
    let (app, store) = (App::new([]), memory());
    let builder = || builder(&app, &store).handler("Pay", handler_fn(|_, _, _| async { Ok(Value::Null) }));
    let (cents, text) = (json!({ "type": "integer" }), json!({ "type": "string" }));
    let two = builder()
        .register_dynamic(paying("order", "1.0.0", &cents))
        .register_dynamic(paying("refund", "1.0.0", &text))
        .subscribe("idle", Ear::new(&[]));
    assert_eq!(
        mistakes(two).await,
        [
            "the event `order.paid` of the step `pay` of `shop.refund@1.0.0` is of another type than that of the step `pay` of \
             `shop.order@1.0.0`; give one of them another name",
            "subscriber `idle`: it wants no event; name some, or `*` for all of them",
        ]
    );
    // The same type, another version with a field more, and a task file that says nothing of it.
    let told = json!({ "type": "integer", "title": "Cents", "description": "Money came." });
    let tasker = builder()
        .register_dynamic(paying("invoice", "1.0.0", &cents))
        .register_dynamic(paying("order", "1.0.0", &told))
        .register_dynamic(paying("order", "2.0.0", &text))
        .register_dynamic(paying("refund", "1.0.0", &cents))
        .register_dynamic(paying("legacy", "1.0.0", &json!({ "description": "As in the old system." })));
    let tasker = tasker.build().await.unwrap();
    let paid = tasker.events().catalog().get("order.paid").unwrap();
    assert_eq!((paid.description.as_str(), paid.schema.as_ref()), ("Money came.", Some(&cents)), "{paid:?}");
    assert_eq!(paid.fired_by.len(), 5);
}

#[tokio::test(start_paused = true)]
async fn a_delivery_has_times_that_a_clock_can_tell() {
    let (app, store, for_ever) = (App::new([]), memory(), Duration::MAX);
    let delivery = Delivery::default().lease(for_ever).timeout(for_ever).backoff(for_ever, for_ever);
    let builder = builder(&app, &store).subscribe_with("eternal", Ear::new(&["*"]), delivery);
    let longest =
        |what: &str| format!("subscriber `eternal`: its `{what}` is {for_ever:?}; the longest is a year");
    assert_eq!(mistakes(builder).await, ["timeout", "lease", "backoff", "longest backoff"].map(longest));
}

#[tokio::test(start_paused = true)]
async fn the_catalog_lists_all_events_with_what_they_say() {
    let (app, store) = (App::new([]), memory());
    let tasker: Tasker =
        builder(&app, &store).event("order.shipped", "A parcel left the house.").build().await.unwrap();
    let catalog = tasker.events().catalog();
    assert_eq!(catalog.of_category(Category::Task).count(), 7);
    assert_eq!(catalog.of_category(Category::Step).count(), 8);
    assert_eq!(catalog.of_namespace("step").count(), 8);
    let completed = catalog.get("step.completed").unwrap();
    assert_eq!(completed.description, "A step has its result.");
    assert!(completed.schema.as_ref().unwrap()["properties"]["execution_duration"].is_object());
    assert_eq!(completed.example.as_ref().unwrap()["event"], "step.completed");
    let found: Vec<&str> = catalog.search("PARCEL").map(|event| event.name.as_str()).collect();
    assert_eq!(found, ["order.shipped"]);
    assert!(catalog.to_string().contains("order.shipped\n    A parcel left the house.\n"));
    assert!(tasker.events().listen(&["order.shipped", "task.*"]).await.is_ok());
    for (wrong, why) in [
        (
            "order.shiped",
            "; did you mean `order.shipped`? If another process publishes it, make it known with `TaskerBuilder::event`",
        ),
        (
            "tasks.*",
            "; did you mean `task.*`? If another process publishes it, make it known with `TaskerBuilder::event`",
        ),
        ("*.completed", "; `*` stands alone, or behind the last dot: `task.*`"),
        ("step.handle", "; `Events::catalog` lists those there are"),
    ] {
        let error = tasker.events().listen(&[wrong]).await.unwrap_err();
        assert_eq!(error.to_string(), format!("there is no event `{wrong}`{why}"));
    }
}
