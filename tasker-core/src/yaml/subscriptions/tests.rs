//! Subscriptions of files: who hears of what, and what is told about mistakes.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Value, json};
use tasker_yaml::{Report, Source};

use super::delivery;
use crate::events::{Delivery, Subscriber, SubscriberResult, TaskerEvent};
use crate::yaml::{Environment, YamlFile};
use crate::{MemoryStore, StepSpec, Store, Tasker, TaskerBuilder, WorkflowDef, handler_fn};

/// Writes down what it hears; by itself it hears of `task.completed`.
struct Ear {
    name: String,
    heard: Heard,
}

type Heard = Arc<Mutex<Vec<String>>>;

#[async_trait::async_trait]
impl Subscriber for Ear {
    fn events(&self) -> Vec<&str> {
        vec!["task.completed"]
    }

    fn wants(&self, event: &TaskerEvent) -> bool {
        event.name() != "step.execution_requested"
    }

    async fn on_event(&self, event: &TaskerEvent) -> SubscriberResult {
        self.heard.lock().unwrap().push(format!("{} {}", self.name, event.name()));
        Ok(())
    }
}

fn builder(heard: &Heard) -> TaskerBuilder<(), Arc<dyn Store>> {
    let step = StepSpec::new("ship").handler_class("Ship");
    let (ear, other) = (Arc::clone(heard), Arc::clone(heard));
    Tasker::builder(())
        .store(MemoryStore::new())
        .environment(Environment::named("test").variables([("EAR", "left")]))
        .register_dynamic(WorkflowDef::builder("shop", "order", "1.0.0").step(step))
        .handler("Ship", handler_fn(|_, _, _| async { Ok(Value::Null) }))
        .subscriber_class("OrderEar", move |config| match config["name"].as_str() {
            Some(name) => Ok(Ear { name: name.to_owned(), heard: Arc::clone(&ear) }),
            None => Err("it has no `name`"),
        })
        .subscriber_class("Plain", move |config: Value| -> Result<Ear, &str> {
            assert_eq!(config, json!({}), "no configuration is an empty one");
            Ok(Ear { name: "plain".to_owned(), heard: Arc::clone(&other) })
        })
}

/// What is told about a file, without the pictures of its lines.
async fn told(text: &str) -> Vec<String> {
    let file = YamlFile::new("s.yml", text);
    let error = builder(&Heard::default()).subscriptions(file).build().await.err().expect("a mistake");
    let crate::BuildError::Yaml(error) = error else { panic!("{error}") };
    let mistakes = error.mistakes().iter().map(|mistake| {
        let place = mistake.line().map(|line| format!("{line}: ")).unwrap_or_default();
        let help = mistake.help().map(|help| format!(" ({help})")).unwrap_or_default();
        format!("{place}{}{help}", mistake.message())
    });
    mistakes.collect()
}

#[tokio::test(start_paused = true)]
async fn a_file_says_who_hears_of_what() {
    let heard = Heard::default();
    let file = YamlFile::new(
        "s.yml",
        "
subscriptions:
  own: { class: OrderEar, config: { name: '${EAR}' } }
  all: { class: OrderEar, enabled: true, events: ['*'], config: { name: all } }
  some: { class: Plain, events: [step.*] }
  none: { class: NotThereYet, enabled: false, config: { secret: '${NOT_SET}' } }
",
    );
    let tasker = builder(&heard).subscriptions(file).build().await.unwrap();
    let names: Vec<String> =
        tasker.events().subscriptions().await.unwrap().into_iter().map(|status| status.name).collect();
    assert_eq!(names, ["all", "own", "some"]);
    tasker.start_named("shop", "order", "1.0.0", json!({})).await.unwrap().wait().await.unwrap();
    while heard.lock().unwrap().len() < 6 {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    tasker.shutdown().await;
    let mut heard = heard.lock().unwrap().clone();
    heard.sort();
    assert_eq!(
        heard,
        [
            "all step.completed",
            "all task.completed",
            "all task.initialize_requested",
            "all task.start_requested",
            "left task.completed",
            "plain step.completed",
        ]
    );
}

#[tokio::test]
async fn every_mistake_of_a_file_is_told_with_its_place() {
    let text = "
subscriptions:
  a: { class: OrderEear }
  b: { clas: Plain }
  c: { class: Plain, events: [task.complete, order.shipped] }
  d: { class: Plain, events: task.completed, enabled: 1 }
  e: { class: OrderEar, config: { nam: x } }
  f: { class: OrderEar, config: { name: '${UNSET}' } }
  g g: { class: Plain, events: [] }
  h:
  i: { class: Elsewhere, handler_config: {} }
subscribers: {}
";
    assert_eq!(
        told(text).await,
        [
            "3: the subscriber class `OrderEear` is not registered (did you mean `OrderEar`?)",
            "4: a subscription has no key `clas` (did you mean `class`?)",
            "5: there is no event `task.complete` (did you mean `task.completed`?)",
            "5: there is no event `order.shipped` (`Events::catalog` lists those there are; one that only another process \
             publishes is made known with `TaskerBuilder::event`)",
            "6: `events` takes a list of names; here is one name (write `events: [task.completed]`)",
            "6: `enabled` takes `true` or `false`; here is a number",
            "7: `OrderEar` does not take this configuration: it has no `name`",
            "8: the environment variable `UNSET` is not set (the environment `test` needs it; set it, or give a default: \
             `${UNSET:-..}`)",
            "9: the subscription `g g` cannot be: its name is not 1 to 64 letters, digits, `-`, `_` and `.` of ASCII",
            "9: the list `events` is empty (leave it out for those of the class, write `['*']` for all, or `enabled: false`)",
            "10: the subscription `h` says nothing (write its `class` under it)",
            "11: the subscriber class `Elsewhere` is not registered (register it with `TaskerBuilder::subscriber_class`; \
             those that are registered are `OrderEar`, `Plain`)",
            "11: a subscription has no key `handler_config` (it is called `config` here)",
            "12: a file of subscriptions has no key `subscribers` (it is called `subscriptions` here)",
        ]
    );
}

#[tokio::test]
async fn a_file_says_how_events_are_delivered() {
    /// Never takes anything.
    struct Deaf;

    #[async_trait::async_trait]
    impl Subscriber for Deaf {
        fn events(&self) -> Vec<&str> {
            vec!["task.completed"]
        }

        async fn on_event(&self, _: &TaskerEvent) -> SubscriberResult {
            std::future::pending().await
        }
    }

    let text = "
subscriptions:
  deaf:
    class: Deaf
    delivery: { attempts: 2, backoff: { first: 0.02, longest: 1 }, timeout: 0.05 }
";
    let builder = builder(&Heard::default()).subscriptions(YamlFile::new("s.yml", text));
    let tasker = builder.subscriber_class("Deaf", |_| Ok::<_, &str>(Deaf)).build().await.unwrap();
    tasker.start_named("shop", "order", "1.0.0", json!({})).await.unwrap().wait().await.unwrap();
    let dead = loop {
        if let Some(dead) = tasker.events().dead_letters("deaf", 9).await.unwrap().pop() {
            break dead;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    };
    assert_eq!((dead.attempts, dead.error.as_str()), (2, "not done within its time limit of 50ms"));
    tasker.shutdown().await;
}

#[test]
fn each_key_of_a_delivery_says_what_its_name_says() {
    let read = |text: &str| {
        let text = format!("subscriptions: {{ a: {{ class: A, delivery: {text} }} }}");
        let source = Source::new("s.yml".to_owned(), text);
        let mut report = Report::of(&source);
        let root = tasker_yaml::read_subscriptions(&mut report).unwrap();
        assert!(report.is_empty());
        delivery(Some(root.at("/subscriptions/a/delivery")))
    };
    let (second, usual) = (Duration::from_secs(1), Delivery::default);
    for (text, expected) in [
        ("{}", usual()),
        ("{ attempts: 5 }", usual().attempts(5)),
        ("{ backoff: { first: 2 } }", usual().backoff(2 * second, 3_600 * second)),
        ("{ backoff: { longest: 7.5 } }", usual().backoff(second, Duration::from_millis(7_500))),
        ("{ timeout: 0.5, backoff: }", usual().timeout(Duration::from_millis(500))),
        ("{ concurrency: 3 }", usual().concurrency(3)),
        ("{ most_set_aside: 1000000 }", usual().most_set_aside(1_000_000)),
        ("{ lease: 60 }", usual().lease(60 * second)),
    ] {
        assert_eq!(read(text), expected, "{text}");
    }
}

#[tokio::test]
async fn what_is_wrong_with_a_delivery_is_told_with_its_place() {
    let text = "
subscriptions:
  a: { class: Plain, delivery: { attempts: 0, timeout: 30s, concurrency: 2.5 } }
  b: { class: Plain, delivery: 5 }
  c: { class: Plain, delivery: { atempts: 5, retries: 5, lease: 0 } }
  d:
    class: Plain
    delivery:
      backoff: { frist: 1, longest: -1 }
      most_set_aside: many
      lease: true
  e: { class: Plain, delivery: { backoff: 10 }, attempts: 3 }
  f: { class: Plain, delivery: { backoff: { longest: 99999999999 } } }
";
    assert_eq!(
        told(text).await,
        [
            "3: `attempts` takes a whole number from 1 to 1000000; here is 0 (How often an event is tried before it is given \
             up. Default: 20.)",
            "3: `timeout` takes a number of seconds; here is a text (write the number alone, as in `timeout: 30`)",
            "3: `concurrency` takes a whole number from 1 to 1000000; here is 2.5 (How many events are delivered at the same \
             time. Default: 8.)",
            "4: a delivery is a mapping; here is a number",
            "5: a delivery has no key `atempts` (did you mean `attempts`?)",
            "5: a delivery has no key `retries` (it is called `attempts` here)",
            "5: `lease` takes 0.001 to 31536000 seconds; here is 0 (How long another process waits before it takes over from one \
             that does not answer, in seconds. Default: 30.)",
            "9: a backoff has no key `frist` (did you mean `first`?)",
            "9: `longest` takes 0.001 to 31536000 seconds; here is -1 (The longest wait, in seconds. Default: 3600.)",
            "10: `most_set_aside` takes a whole number; here is a text",
            "11: `lease` takes a number of seconds; here is a truth value",
            "12: a backoff is a mapping; here is a number",
            "12: a subscription has no key `attempts` (it stands under `delivery`)",
            "13: `longest` takes 0.001 to 31536000 seconds; here is 99999999999 (The longest wait, in seconds. Default: 3600.)",
        ]
    );
}

#[tokio::test]
async fn a_name_is_given_once_in_all_files_and_in_the_application() {
    let file = |name: &str| YamlFile::new(name, "subscriptions: { ear: { class: Plain } }");
    let two = builder(&Heard::default()).subscriptions(file("a.yml")).subscriptions(file("b.yml"));
    let error = two.build().await.err().unwrap().to_string();
    assert!(error.contains("there are two subscriptions `ear`"), "{error}");
    assert!(error.contains("b.yml:1:") && error.contains("the other one stands at a.yml:1"), "{error}");
    let heard = Heard::default();
    let ear = Ear { name: "x".to_owned(), heard: Arc::clone(&heard) };
    let error =
        builder(&heard).subscribe("ear", ear).subscriptions(file("a.yml")).build().await.err().unwrap();
    assert!(error.to_string().starts_with("subscriber `ear`: there are two of this name"), "{error}");
}

#[tokio::test]
async fn files_are_read_from_a_directory_and_one_that_is_not_there_is_a_mistake() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("a.yml"), "subscriptions: { one: { class: Plain } }").unwrap();
    std::fs::write(folder.path().join("b.yaml"), "subscriptions: { two: { class: Plain } }").unwrap();
    let tasker = builder(&Heard::default()).subscriptions_dir(folder.path()).build().await.unwrap();
    assert_eq!(tasker.events().subscriptions().await.unwrap().len(), 2);
    tasker.shutdown().await;
    let missing = builder(&Heard::default()).subscriptions_file(folder.path().join("c.yml")).build().await;
    assert!(missing.err().unwrap().to_string().contains("the file cannot be read"));
}
