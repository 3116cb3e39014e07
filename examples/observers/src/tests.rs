//! What each observer sees of the same orders, and what it does when something is in its way.

use serde_json::{Value, json};
use tasker::events::{Subscriber, TaskerEvent};
use tasker::yaml::YamlFile;
use tasker::{BuildError, MemoryStore, Tasker};

use super::*;
use crate::catalog::{Wanted, shown};
use crate::shop::order::{self, Card, Context};

/// All that `run` does, with a chat that is busy for so many messages.
async fn observed(busy: u32) -> (Outside, Observed) {
    let outside = Outside::start(busy, SECRET).await.expect("a server");
    let shop = Observed::build(MemoryStore::new(), &outside, SECRET).await.expect("a shop");
    run::orders(&shop.tasker).await.expect("orders");
    run::until_all_heard(&shop.tasker).await.expect("subscribers that hear");
    (outside, shop)
}

/// An event as it is sent: of the task with this id, a step that did something.
fn event(id: &str, name: &str, more: &Value) -> TaskerEvent {
    let mut payload = json!({
        "task_id": "01935a3e-5b2a-7c41-9f0e-2f6b1c8d4e70", "namespace": "shop", "task_name": "order", "version": "1.0.0",
        "correlation_id": "order-7", "created_at": "2026-11-18T10:13:20.000000Z", "total_execution_duration": 1.0,
        "step_id": 1, "step_name": "charge", "attempt_number": 1, "retry_limit": 3, "worker_id": null,
        "started_at": "2026-11-18T10:13:20.000000Z", "execution_duration": 1.0, "error_message": "no", "error_code": null,
        "permanent": false, "name": name,
    });
    payload.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
    let event = json!({ "id": id, "event": name, "at": "2026-11-18T10:13:22.000000Z", "payload": payload });
    serde_json::from_value(event).expect("an event")
}

#[tokio::test]
async fn the_chat_reads_once_of_each_order_that_failed_or_was_mended_and_of_nothing_else() {
    let (outside, shop) = observed(2).await;
    let of_order = |order: &str| -> Vec<String> {
        let seen = outside.seen();
        let texts = seen.messages.iter().map(|(_, text)| text.clone());
        texts
            .filter_map(|text| Some(text.strip_prefix(&format!("#orders order {order} "))?.to_owned()))
            .collect()
    };
    assert_eq!(
        of_order("order-1003"),
        ["failed, `charge`: the card was declined [CARD_DECLINED]", "went through after all"]
    );
    assert_eq!(
        of_order("order-1004"),
        ["failed, `ship`: there is no address [NO_ADDRESS]", "was seen to by hand"]
    );
    assert_eq!(of_order("order-1005"), ["failed, `ship`: there is no address [NO_ADDRESS]"]);
    assert_eq!(outside.seen().messages.len(), 5);
    shop.tasker.shutdown().await;
}

#[tokio::test]
async fn a_chat_that_refuses_for_good_is_asked_once_and_its_address_is_in_no_error() {
    let outside = Outside::start(0, SECRET).await.expect("a server");
    let tasker = Arc::new(OnceLock::new());
    // There is nothing at this address.
    let config = json!({ "url": outside.url("/chats"), "channel": "#orders", "namespace": "shop" });
    let api = Api::builder().without_proxy().build();
    let chat = Chat::of(config, &api, &tasker).expect("a chat");
    let built = Tasker::builder(()).store(MemoryStore::new()).register::<order::Workflow>();
    let built = built.subscribe("chat", chat).build().await.expect("a tasker");
    assert!(tasker.set(built.clone()).is_ok());
    let context = Context { order_id: 1, cents: 100, card: Card::Declined, address: String::new() };
    built.start::<order::Workflow>(context).await.expect("a task").wait().await.expect("an end");
    run::until_all_heard(&built).await.expect("a subscriber that hears");
    let given_up = built.events().dead_letters("chat", 10).await.expect("an answer");
    assert_eq!((given_up.len(), given_up[0].attempts), (1, 1));
    assert_eq!(given_up[0].error, "the chat did not take it: HTTP_404");
    built.shutdown().await;
}

#[tokio::test]
async fn a_message_that_comes_twice_is_shown_once() {
    let outside = Outside::start(0, SECRET).await.expect("a server");
    let config = json!({ "url": outside.url("/chat"), "channel": "#orders", "namespace": "shop" });
    let chat = Chat::of(config, &Api::builder().without_proxy().build(), &Arc::default()).expect("a chat");
    for id in ["1", "1", "2"] {
        chat.on_event(&event(id, "task.resolved_manually", &json!({}))).await.expect("a chat that takes it");
    }
    let keys: Vec<_> = outside.seen().messages.iter().map(|(key, _)| key.clone()).collect();
    assert_eq!(keys, ["1", "2"]);
    let of_others = event("3", "task.resolved_manually", &json!({ "namespace": "house" }));
    assert!(!Subscriber::wants(&chat, &of_others));
    let early = chat.on_event(&event("4", "task.failed", &json!({}))).await;
    assert_eq!(early.expect_err("a try too early").to_string(), "the application is still starting");
}

#[test]
fn the_config_of_the_chat_is_checked_when_the_tasker_is_built() {
    let (api, tasker) = (Api::builder().without_proxy().build(), Arc::default());
    let mistake = |config: Value| Chat::of(config, &api, &tasker).err().expect("a mistake").to_string();
    let config = |url: &str| json!({ "url": url, "channel": "#orders", "namespace": "shop" });
    assert!(mistake(config("chat.example")).starts_with("`url` does not begin with `https://`"));
    assert!(mistake(json!({ "url": "https://chat.example", "channel": "#orders" })).contains("`namespace`"));
    assert!(mistake(json!({ "uri": "https://chat.example" })).contains("`uri`"));
    assert!(Chat::of(config("https://chat.example"), &api, &tasker).is_ok());
}

#[tokio::test]
async fn failures_that_are_alike_are_one_issue_with_what_led_to_it() {
    let (_outside, shop) = observed(0).await;
    let issues = shop.tracker.issues();
    let counts: Vec<_> = issues.iter().map(|(known, issue)| (known.code.as_str(), issue.count)).collect();
    assert_eq!(counts, [("DISK_FULL", 1), ("CARD_DECLINED", 1), ("GATEWAY_BUSY", 1), ("NO_ADDRESS", 2)]);
    let (known, issue) = issues.into_iter().find(|(known, _)| known.code == "GATEWAY_BUSY").expect("one");
    assert_eq!((known.workflow.as_str(), known.step.as_str()), ("shop.order", "charge"));
    assert_eq!(
        (issue.correlation_id.as_str(), issue.message.as_str()),
        ("order-1002", "the gateway answered 503")
    );
    assert_eq!((issue.tags["permanent"].as_str(), issue.tags["attempt"].as_str()), ("false", "1 of 3"));
    assert_eq!(
        issue.breadcrumbs,
        [
            "reserve execution_requested",
            "reserve completed",
            "charge execution_requested",
            "charge failed: the gateway answered 503",
        ]
    );
    shop.tasker.shutdown().await;
}

#[tokio::test]
async fn an_event_that_comes_twice_is_one_failure_and_the_trail_ends_with_the_task() {
    let tracker = Tracker::default();
    let hear = async |id: &str, name: &str| {
        tracker.on_event(&event(id, name, &json!({}))).await.expect("a tracker that takes everything");
        tracker.issues().into_values().next()
    };
    assert_eq!(hear("1", "step.execution_requested").await.map(|issue| issue.count), None);
    for _ in 0..2 {
        let issue = hear("2", "step.failed").await.expect("an issue");
        assert_eq!((issue.count, issue.breadcrumbs.len()), (1, 2));
    }
    hear("3", "task.failed").await;
    let issue = hear("4", "step.failed").await.expect("an issue");
    assert_eq!((issue.count, issue.breadcrumbs), (2, vec!["charge failed: no".to_owned()]));
    for crumb in 5..50 {
        hear(&crumb.to_string(), "step.completed").await;
    }
    assert_eq!(hear("50", "step.failed").await.expect("an issue").breadcrumbs.len(), 20);
}

#[tokio::test]
async fn the_meter_adds_to_what_the_engine_counts_and_prometheus_reads_both() {
    let (_outside, shop) = observed(0).await;
    let text = format!("{}{}", shop.meter.render(), shop.tasker.metrics().render());
    openmetrics_parser::openmetrics::parse_openmetrics(&text)
        .unwrap_or_else(|error| panic!("{error}\n{text}"));
    for line in [
        "shop_parcels_total 3",
        "shop_revenue_cents_total 6950",
        "shop_failed_orders_total 3",
        "shop_order_seconds_count 3",
        "tasker_tasks_ended_total{namespace=\"house\",workflow=\"backup\",state=\"error\"} 1",
    ] {
        assert!(text.lines().any(|other| other == line), "{line} is not in\n{text}");
    }
    shop.tasker.shutdown().await;
}

#[tokio::test]
async fn the_partner_takes_what_is_signed_and_refuses_everybody_else() {
    let (outside, shop) = observed(0).await;
    shop.tasker.shutdown().await;
    let taken = |name: &str| outside.seen().events.iter().filter(|(_, taken)| taken == name).count();
    assert_eq!((taken("order.shipped"), taken("task.completed"), outside.seen().events.len()), (3, 3, 6));
    assert!(outside.seen().refused.is_empty());

    let other = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYX";
    let webhook = |secret: &str| {
        let webhook = Webhook::new(&outside.url("/partner")).and_then(|webhook| webhook.secret(secret));
        webhook.expect("a webhook").without_proxy()
    };
    let event = event("9", "task.completed", &json!({}));
    let refused =
        webhook(other).on_event(&event).await.expect_err("a signature of somebody else").to_string();
    assert!(refused.ends_with(" answered 401"), "{refused}");
    assert_eq!(outside.seen().refused, [tasker::http::WebhookRefused::Signature.to_string()]);
    // The right one is taken, and once however often it comes.
    for _ in 0..2 {
        webhook(SECRET).on_event(&event).await.expect("a partner that takes it");
        assert_eq!(outside.seen().events.len(), 7);
    }
}

#[tokio::test]
async fn the_file_says_who_is_subscribed() {
    let (_outside, shop) = observed(0).await;
    let subscriptions = shop.tasker.events().subscriptions().await.expect("an answer");
    let names: Vec<_> = subscriptions.iter().map(|one| one.name.as_str()).collect();
    assert_eq!(names, ["errors", "meter", "order_chat", "partner"], "`pager` is switched off");
    shop.tasker.shutdown().await;

    let text = include_str!("../config/subscriptions/shop.yaml").replace("enabled: false", "enabled: true");
    let environment = Environment::named("test").variables([("CHAT_URL", "https://chat.example")]);
    let (api, tasker) = (Api::builder().without_proxy().build(), Arc::default());
    let built = Tasker::builder(()).store(MemoryStore::new()).environment(environment);
    let built = built.subscriber_class("Chat", move |config| Chat::of(config, &api, &tasker));
    let built = built.subscriptions(YamlFile::new("shop.yaml", text)).build().await;
    let Err(error @ BuildError::Yaml(_)) = built else { panic!("it was built") };
    let error = error.to_string();
    assert!(error.contains("the subscriber class `Pager` is not registered"), "{error}");
}

#[tokio::test]
async fn the_catalog_is_searched_by_words_and_namespace() {
    let outside = Outside::start(0, SECRET).await.expect("a server");
    let shop = Observed::build(MemoryStore::new(), &outside, SECRET).await.expect("a shop");
    let catalog = shop.tasker.events().catalog();
    let wanted = |namespace: Option<&str>, words: &[&str]| Wanted {
        namespace: namespace.map(ToOwned::to_owned),
        words: words.iter().map(|&word| word.to_owned()).collect(),
    };
    assert_eq!(
        shown(catalog, &wanted(Some("order"), &[])),
        "order.shipped (of the application)\n  A parcel left the house.\n  by shop.order@1.0.0: ship\n    \
         cents                    integer          What the customer paid.\n    \
         order_id                 integer          The number of the order.\n\n1 of 16 events\n"
    );
    let all = shown(catalog, &Wanted::default());
    for event in catalog.all() {
        assert!(all.contains(&format!("\n{} (", event.name)) || all.starts_with(&event.name), "{all}");
    }
    assert!(all.ends_with("\n16 of 16 events\n"));
    let failed = shown(catalog, &wanted(Some("step"), &["FAILED", "operator"]));
    assert!(failed.starts_with("step.retry_requested (step)\n"), "{failed}");
    assert!(
        failed.contains("\n    retry_limit              integer          How many executions may fail.\n")
    );
    assert!(failed.contains("\n  such as {\"at\":"), "{failed}");
    assert!(failed.ends_with("\n1 of 16 events\n"), "{failed}");
    assert_eq!(shown(catalog, &wanted(Some("workflow"), &[])), "0 of 16 events\n");
    shop.tasker.shutdown().await;
}
