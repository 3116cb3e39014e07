//! Webhooks: what is sent, what answers mean, and that nothing is lost.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::time::{sleep, timeout};

use super::server::{Act, Seen, Server, answer};
use super::{NOW, SHORT};
use crate::events::{Delivery, Subscriber, SubscriberError, TaskerEvent};
use crate::http::{Webhook, WebhookRefused, WebhookVerifier};
use crate::{ManualClock, MemoryStore, StepSpec, Tasker, TaskerBuilder, WorkflowDef, handler_fn};

const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const NEXT: &str = "whsec_aGVyZSBhcmUgdHdlbnR5LWZvdXIgYnl0ZXMh";

fn webhook(url: &str) -> Webhook {
    Webhook::new(url).unwrap().without_proxy().clock(ManualClock::starting_at(NOW))
}

fn event() -> TaskerEvent {
    let event = json!({
        "id": "01935a3e-5b2a-7c41-9f0e-2f6b1c8d4e70/1.2", "event": "order.shipped", "at": "2026-11-18T10:13:22.000000Z",
        "payload": {
            "task_id": "01935a3e-5b2a-7c41-9f0e-2f6b1c8d4e70", "namespace": "shop", "task_name": "order",
            "version": "1.0.0", "correlation_id": "c", "created_at": "2026-11-18T10:13:20.000000Z", "step_id": 1,
            "step_name": "ship", "attempt_number": 1, "retry_limit": 3, "worker_id": null,
            "name": "order.shipped", "data": { "to": "Köln" },
        },
    });
    serde_json::from_value(event).unwrap()
}

fn verified(seen: &Seen, verifier: WebhookVerifier) -> Result<(), WebhookRefused> {
    let header = |name| seen.header(name).unwrap();
    let (id, at, signature) =
        (header("webhook-id"), header("webhook-timestamp"), header("webhook-signature"));
    verifier.clock(ManualClock::starting_at(NOW)).verify(id, at, signature, seen.body.as_bytes())
}

async fn refused(acts: Vec<Act>) -> SubscriberError {
    let server = Server::start(move |_| acts.clone()).await;
    webhook(&server.url("/T0K3N"))
        .secret(SECRET)
        .unwrap()
        .timeout(SHORT)
        .on_event(&event())
        .await
        .unwrap_err()
}

#[tokio::test]
async fn an_event_is_sent_as_json_with_its_id_and_a_signature_of_each_secret() {
    let server = Server::start(|_| answer(202, &[], "")).await;
    let hook = webhook(&server.url("/hooks?x=1")).secret(SECRET).unwrap().secret(NEXT).unwrap();
    hook.header("X-Tenant", "shop").unwrap().on_event(&event()).await.unwrap();
    let seen = server.only();
    assert_eq!((seen.method.as_str(), seen.target.as_str()), ("POST", "/hooks?x=1"));
    assert_eq!(seen.header("content-type"), Some("application/json"));
    assert_eq!(seen.header("x-tenant"), Some("shop"));
    assert_eq!(seen.header("x-correlation-id"), Some("c"));
    assert_eq!(seen.header("webhook-id"), Some("01935a3e-5b2a-7c41-9f0e-2f6b1c8d4e70/1-2"));
    assert_eq!(seen.header("webhook-timestamp"), Some("1795334400"));
    assert_eq!(serde_json::from_str::<TaskerEvent>(&seen.body).unwrap(), event());
    let verifier = || WebhookVerifier::new(SECRET).unwrap();
    assert_eq!(verified(&seen, verifier()), Ok(()));
    assert_eq!(verified(&seen, WebhookVerifier::new(NEXT).unwrap()), Ok(()));
    let other = "whsec_b3RoZXIgdHdlbnR5LWZvdXIgYnl0ZXMuLi4u";
    assert_eq!(verified(&seen, WebhookVerifier::new(other).unwrap()), Err(WebhookRefused::Signature));
    assert_eq!(verified(&seen, WebhookVerifier::new(other).unwrap().or(NEXT).unwrap()), Ok(()));
    for (name, value, why) in [
        ("webhook-timestamp", "1795334700", WebhookRefused::Signature),
        ("webhook-timestamp", "1795334701", WebhookRefused::Early),
        ("webhook-timestamp", "1795334099", WebhookRefused::Old),
        ("webhook-timestamp", "now", WebhookRefused::NoTime),
        ("webhook-id", "another", WebhookRefused::Signature),
        ("webhook-signature", "v1,", WebhookRefused::Signature),
    ] {
        let mut changed = seen.clone();
        changed.headers.insert(name.to_owned(), value.to_owned());
        assert_eq!(verified(&changed, verifier()), Err(why), "{name}: {value}");
    }
    let mut changed = seen;
    changed.body.push(' ');
    assert_eq!(verified(&changed, verifier()), Err(WebhookRefused::Signature));
}

#[tokio::test]
async fn what_is_not_taken_says_why_and_nothing_that_is_secret() {
    let moved = answer(302, &[("Location", "/elsewhere")], "");
    for (acts, why) in [
        (answer(500, &[], "whsec_"), "answered 500"),
        (answer(404, &[], ""), "answered 404"),
        (moved, "answered 302, and redirects are not followed"),
        (vec![Act::Stall], "did not answer within 80ms"),
        (vec![Act::Close], "lost the connection"),
    ] {
        let error = refused(acts).await;
        let shown = format!("{error} {error:?}");
        assert!(shown.contains(why), "{shown}");
        assert!(!shown.contains("T0K3N") && !shown.contains("whsec") && !shown.contains("MfKQ"), "{shown}");
    }
    let hook = webhook("https://x.example/T0K3N").secret(SECRET).unwrap();
    let shown = format!("{:?}", hook.header("Authorization", "Bearer b3ar3r").unwrap());
    assert!(shown.starts_with("Webhook { url: \"https://x.example\""), "{shown}");
    assert!(!shown.contains("T0K3N") && !shown.contains("MfKQ") && !shown.contains("b3ar3r"), "{shown}");
}

#[tokio::test]
async fn what_cannot_be_called_or_sent_is_refused_at_once() {
    for (url, why) in [
        ("x.example/hook", "a URL is such as `https://partner.example/hooks`"),
        ("", "does not begin with"),
        ("https://", "empty host"),
        ("ftp://x.example", "does not begin with"),
        ("https://a:s3cret@x.example", "send that as a header"),
    ] {
        let error = Webhook::new(url).unwrap_err().to_string();
        assert!(error.contains(why) && !error.contains("s3cret"), "{error}");
    }
    let own = webhook("https://x.example").header("Webhook-Id", "1").unwrap_err().to_string();
    assert_eq!(own, "the webhook writes the header `Webhook-Id` itself; leave it out");
    assert!(webhook("https://x.example").header("a b", "1").is_err());
}

fn tasker(store: &MemoryStore) -> TaskerBuilder<(), Arc<dyn crate::Store>> {
    let step = StepSpec::new("ship").handler_class("Ship");
    let workflow = WorkflowDef::builder("shop", "order", "1.0.0").step(step);
    Tasker::builder(())
        .store(store.clone())
        .register_dynamic(workflow)
        .handler("Ship", handler_fn(|_, _, _| async { Ok(Value::Null) }))
}

fn quick() -> Delivery {
    Delivery::default().backoff(Duration::from_millis(5), Duration::from_millis(50))
}

/// What a server took, by task: the events' names.
fn taken(server: &Server, status: impl Fn(usize) -> bool) -> std::collections::BTreeMap<String, Vec<String>> {
    let mut tasks = std::collections::BTreeMap::<String, Vec<String>>::new();
    for (_, seen) in server.seen().into_iter().enumerate().filter(|(at, _)| status(*at)) {
        let event: TaskerEvent = serde_json::from_str(&seen.body).unwrap();
        tasks.entry(event.what.task().task_id.to_string()).or_default().push(event.name().to_owned());
    }
    tasks
}

#[tokio::test]
async fn while_the_receiver_is_down_nothing_is_lost_and_the_order_of_each_task_holds() {
    const TASKS: usize = 3;
    let all = [
        "task.initialize_requested",
        "task.start_requested",
        "step.execution_requested",
        "step.completed",
        "task.completed",
    ];
    // Nobody listens at this address until later.
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let store = MemoryStore::new();
    let hook = webhook(&format!("http://{address}/hook")).secret(SECRET).unwrap();
    let delivery = quick().attempts(1_000);
    let tasker = tasker(&store).subscribe_with("partner", hook, delivery).build().await.unwrap();
    for number in 0..TASKS {
        let task = tasker.start_named("shop", "order", "1.0.0", json!({ "n": number })).await.unwrap();
        task.wait().await.unwrap();
    }
    let failing = async {
        while tasker.events().subscriptions().await.unwrap()[0].waiting < TASKS as u64 * all.len() as u64 {
            sleep(Duration::from_millis(5)).await;
        }
    };
    timeout(Duration::from_secs(10), failing).await.unwrap();
    // Of what comes then, every other one is refused.
    let count = AtomicUsize::new(0);
    let refuses = move |_: &Seen| match count.fetch_add(1, Ordering::Relaxed) % 2 {
        0 => answer(503, &[], ""),
        _ => answer(204, &[], ""),
    };
    let server = Server::start_at(TcpListener::bind(address).await.unwrap(), refuses);
    let delivered = async {
        while tasker.events().subscriptions().await.unwrap()[0].waiting > 0 {
            sleep(Duration::from_millis(5)).await;
        }
    };
    timeout(Duration::from_secs(20), delivered).await.unwrap();
    tasker.shutdown().await;
    let status = tasker.events().subscriptions().await.unwrap().remove(0);
    assert_eq!((status.delivered, status.dead), ((TASKS * all.len()) as u64, 0));
    let seen = server.seen();
    assert!(seen.iter().all(|seen| verified(seen, WebhookVerifier::new(SECRET).unwrap()).is_ok()));
    assert_eq!(seen.len(), 2 * TASKS * all.len(), "each was refused once on average");
    for (_, mut names) in taken(&server, |_| true) {
        // Repeated attempts of one event stand side by side: nothing overtakes.
        names.dedup();
        assert_eq!(names, all);
    }
}

#[tokio::test]
async fn a_receiver_that_is_gone_is_not_asked_again_and_one_that_is_busy_says_when() {
    let server = Server::start(|_| answer(410, &[], "")).await;
    let hook = webhook(&server.url("/")).events(["task.completed"]);
    let tasker = tasker(&MemoryStore::new()).subscribe_with("gone", hook, quick()).build().await.unwrap();
    tasker.start_named("shop", "order", "1.0.0", json!({})).await.unwrap().wait().await.unwrap();
    let dead = async {
        loop {
            match tasker.events().dead_letters("gone", 9).await.unwrap().pop() {
                Some(letter) => return letter,
                None => sleep(Duration::from_millis(5)).await,
            }
        }
    };
    let letter = timeout(Duration::from_secs(10), dead).await.unwrap();
    assert_eq!((letter.attempts, server.seen().len()), (1, 1));
    assert!(letter.error.ends_with("answered 410"), "{}", letter.error);
    tasker.shutdown().await;

    for (status, header, wait) in [(429, "7", Some(7)), (503, "9999", Some(300)), (500, "7", None)] {
        let error = refused(answer(status, &[("Retry-After", header)], "")).await;
        let asked = error.downcast_ref::<crate::events::RetryIn>().map(crate::events::RetryIn::wait);
        assert_eq!(asked, wait.map(Duration::from_secs), "{status}");
    }
}
