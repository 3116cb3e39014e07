//! What is no mistake, and may be a slip: it is told in the log.

use serde_json::{Value, json};
use tasker::yaml::YamlFile;
use tasker::{MemoryStore, StepContext, StepHandler, Tasker, handler_fn};

use crate::log::Warnings;
use crate::support::without_variables;

fn nothing() -> impl StepHandler {
    handler_fn(|_, _, _| async { Ok(Value::Null) })
}

#[tokio::test]
async fn a_handler_that_no_step_asks_for() {
    let text = "
name: shop
step_templates:
  - { name: charge, handler_class: \"Shop::Charge\", handler_config: { type: mail } }
  - { name: ship, handler_class: \"Shop::Ship\" }
";
    let warnings = Warnings::collect();
    let tasker = Tasker::builder(())
        .store(MemoryStore::new())
        .environment(without_variables("test"))
        .yaml(YamlFile::new("shop.yaml", text))
        .handler("Shop::Ship", nothing())
        .handler("Shop::Chrage", nothing())
        .handler("Report::Weekly", nothing())
        .handler_for_type("mail", nothing())
        .handler_for_type("fax", nothing())
        .build()
        .await
        .unwrap();
    tasker.shutdown().await;
    assert_eq!(
        warnings.with("is registered"),
        [
            "a handler is registered that no step asks for class=\"Report::Weekly\" wanted=\"`Shop::Charge`, `Shop::Ship`\"",
            "a handler is registered that no step asks for class=\"Shop::Chrage\" meant=\"Shop::Charge\" \
             wanted=\"`Shop::Charge`, `Shop::Ship`\"",
            "a handler is registered for a type, and no step of that type is without a handler of its own type=\"fax\"",
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn an_event_that_the_file_does_not_announce_is_stored_and_told_once() {
    let text = |events: &str| {
        format!(
            "name: shop\n{events}step_templates:\n  - name: charge\n    handler_class: Charge\n    \
                 custom_events: [{{ name: payment.processed }}]\n  - name: ship\n    handler_class: Ship\n"
        )
    };
    let warnings = Warnings::collect();
    let tasker = Tasker::builder(())
        .store(MemoryStore::new())
        .environment(without_variables("test"))
        .yaml(YamlFile::new("shop.yaml", text("")))
        .yaml(YamlFile::new("other.yaml", text("version: 2.0.0\ncustom_events: [{ name: order.shipped }]\n")))
        .handler("Charge", nothing())
        .handler(
            "Ship",
            handler_fn(|_, _, step: StepContext| async move {
                step.emit("payment.processed", json!(1));
                step.emit("order.shiped", json!(2));
                step.emit("order.shipped", json!(3));
                Ok(Value::Null)
            }),
        )
        .build()
        .await
        .unwrap();
    for version in ["0.1.0", "0.1.0", "2.0.0"] {
        let task = tasker.start_named("default", "shop", version, json!({})).await.unwrap();
        task.wait().await.unwrap();
        assert_eq!(task.records().await.unwrap().len(), 3, "announced or not");
    }
    tasker.shutdown().await;
    let told = |version: &str, event: &str, meant: &str, announced: &str| {
        format!(
            "an event is published that `custom_events` does not announce namespace=\"default\" workflow=\"shop\" version={version:?} step=\"ship\" event={event:?}{meant} \
             announced={announced:?}"
        )
    };
    let both = "`order.shipped`, `payment.processed`";
    assert_eq!(
        warnings.with("does not announce"),
        [
            told("0.1.0", "order.shiped", "", "`payment.processed`"),
            told("0.1.0", "order.shipped", "", "`payment.processed`"),
            told("2.0.0", "order.shiped", " meant=\"order.shipped\"", both),
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn of_a_file_that_announces_no_events_nothing_is_told() {
    let text = "name: shop\nstep_templates:\n  - { name: ship, handler_class: Ship }\n";
    let warnings = Warnings::collect();
    let tasker = Tasker::builder(())
        .store(MemoryStore::new())
        .environment(without_variables("test"))
        .yaml(YamlFile::new("shop.yaml", text))
        .handler(
            "Ship",
            handler_fn(|_, _, step: StepContext| async move {
                step.emit("order.shipped", json!(1));
                Ok(Value::Null)
            }),
        )
        .build()
        .await
        .unwrap();
    let task = tasker.start_named("default", "shop", "0.1.0", json!({})).await.unwrap();
    task.wait().await.unwrap();
    tasker.shutdown().await;
    assert_eq!(warnings.with(""), Vec::<String>::new());
}
