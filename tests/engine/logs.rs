//! What is logged of tasks and steps, and what is seen of secrets, wherever somebody looks.

use std::io::Write;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tasker::events::{Heard, TaskerEvent};
use tasker::http::Webhook;
use tasker::logs::Logs;
use tasker::{
    Attempt, Emit, Event, MemoryStore, Redaction, StepError, TaskId, TaskState, Tasker, subscriber, workflow,
};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tracing::subscriber::DefaultGuard;
use tracing_subscriber::layer::SubscriberExt;

const IBAN: &str = "DE02120300000000202051";

/// An event with secrets in it.
#[derive(Debug, Clone, PartialEq, Event, Serialize, Deserialize, JsonSchema)]
#[event("pay.paid")]
struct Paid {
    order: u32,
    password: String,
    /// A number that is named like a secret.
    token: u64,
    iban: String,
}

fn paid(order: u32) -> Paid {
    Paid { order, password: "hunter2".to_owned(), token: 4711, iban: IBAN.to_owned() }
}

/// A step that fails once and says too much, and one that fails for good where the context says so.
#[workflow(namespace = "bank", context = u32)]
mod pay {
    use super::{Attempt, Duration, Emit, IBAN, Paid, StepError, TaskId, json, paid};

    #[step(retry(limit = 3, base = "1ms"))]
    pub(super) async fn charge(
        order: &u32,
        task: TaskId,
        attempt: Attempt,
        emit: Emit<Paid>,
    ) -> Result<(), StepError> {
        tracing::info!(password = "hunter2", iban = IBAN, of = %task, "charging iban={IBAN} of order {order}");
        // Others run meanwhile.
        tokio::time::sleep(Duration::from_millis(1)).await;
        tracing::info!(of = %task, "charged");
        if attempt.0 == 1 {
            let facts =
                json!({"api_key": "hunter2", "sent": [{"iban": IBAN}, "password=hunter2"], "order": order});
            return Err(StepError::retryable(format!("refused: token=hunter2, iban={IBAN}")).context(facts));
        }
        emit.publish(paid(*order));
        Ok(())
    }

    #[step(depends_on = charge, no_retry)]
    pub(super) async fn book(order: &u32) -> Result<(), StepError> {
        assert!(*order != 13, "wrong password: hunter2");
        Ok(())
    }
}

/// Reads the event by its type, and fails the first time.
#[derive(Clone, Default)]
struct Books(Arc<Mutex<(u32, Vec<Paid>)>>);

#[subscriber]
impl Books {
    #[event("pay.paid")]
    async fn paid(&self, event: &Paid) -> Result<(), String> {
        let span = tracing::info_span!("booking", order = event.order);
        span.in_scope(|| tracing::info!(iban = event.iban, "booked"));
        let mut books = self.0.lock().unwrap();
        books.0 += 1;
        if books.0 == 1 {
            return Err(format!("the other side said: password=hunter2, iban={IBAN}"));
        }
        books.1.push(event.clone());
        Ok(())
    }

    /// Nothing else.
    #[event("*")]
    async fn others(&self, _event: &TaskerEvent) {}
}

#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Lines {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }

    fn read(&self) -> Vec<Value> {
        self.text().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// Those with a message that begins like this.
    fn saying(&self, message: &str) -> Vec<Value> {
        let says = |line: &Value| line["message"].as_str().is_some_and(|said| said.starts_with(message));
        self.read().into_iter().filter(says).collect()
    }
}

fn redaction() -> Redaction {
    Redaction::new().hide(["IBAN"])
}

/// Logs of this thread.
fn logs(filter: &str) -> (Lines, DefaultGuard) {
    let lines = Lines::default();
    let to = lines.clone();
    let logs = Logs::json().redact(redaction()).filter(filter).writer(move || to.clone());
    let registry = tracing_subscriber::registry().with(logs.layer().unwrap());
    (lines, tracing::subscriber::set_default(registry))
}

/// A server that takes everything, and remembers it.
async fn receiver() -> (String, Lines) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/hook", listener.local_addr().unwrap());
    let seen = Lines::default();
    let heard = seen.clone();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut heard = heard.clone();
            tokio::spawn(async move {
                let mut bytes = vec![0; 64 << 10];
                while let Ok(count @ 1..) = stream.read(&mut bytes).await {
                    Write::write_all(&mut heard, &bytes[..count]).unwrap();
                    // The requests are small: they come at once, headers and body.
                    if bytes[..count].ends_with(b"}") {
                        stream.write_all(b"HTTP/1.1 204 No Content\r\n\r\n").await.unwrap();
                    }
                }
            });
        }
    });
    (url, seen)
}

fn is_clean(text: &str) -> bool {
    !text.contains("hunter2") && !text.contains(IBAN)
}

#[tokio::test]
async fn a_name_that_the_log_would_show_is_told() {
    let (lines, _logs) = logs("info");
    let build = async |names: &[&str]| {
        let builder = Tasker::builder(()).store(MemoryStore::new()).register::<pay::Workflow>();
        let redaction = names.iter().fold(redaction(), |redaction, name| redaction.hide([name]));
        builder.redact(redaction).build().await.unwrap().shutdown().await;
        lines.saying("this Tasker hides")
    };
    assert_eq!(build(&["iban", "password"]).await, [Value::Null; 0]);
    let told = build(&["tax_number", "account"]).await;
    assert_eq!(
        (told.len(), &told[0]["level"], &told[0]["names"]),
        (1, &"WARN".into(), &"taxnumber, account".into())
    );
    assert!(told[0]["message"].as_str().unwrap().contains("`Logs`"), "{told:?}");
}

#[tokio::test]
async fn what_a_step_logs_says_of_what_step_it_is() {
    let (lines, _logs) = logs("info,tasker_core=debug");
    let tasker =
        Tasker::builder(()).store(MemoryStore::new()).register::<pay::Workflow>().build().await.unwrap();
    let task = tasker.start::<pay::Workflow>(7).correlation_id("req-4711").await.unwrap();
    assert_eq!(task.wait().await.unwrap().state, TaskState::Complete);
    let worker = tasker.health().await.checks.worker.id.map(|id| id.to_string());
    tasker.shutdown().await;
    let id = task.id().to_string();
    let charging = lines.saying("charging");
    assert_eq!(charging.len(), 2, "it was retried");
    for (line, attempt) in charging.iter().zip(1..) {
        let carried = json!({
            "task": id, "step": "charge", "attempt": attempt, "correlation_id": "req-4711", "worker": worker, "namespace": "bank",
            "workflow": "pay", "version": "0.1.0",
        });
        for (name, value) in carried.as_object().unwrap() {
            assert_eq!(&line[name], value, "{name}");
        }
    }
    // The line of the book has the same fields, beside those that the step names itself.
    let book = include_str!("../../book/src/logs.md");
    let shown: String =
        book.split("```json\n").nth(1).unwrap().split("```").next().unwrap().lines().collect();
    let names = |line: &Value, own: &[&str]| -> Vec<String> {
        let names = line.as_object().unwrap().keys().filter(|name| !own.contains(&name.as_str()));
        names.cloned().collect()
    };
    let shown = names(&serde_json::from_str(&shown).unwrap(), &["cents", "card_number"]);
    assert_eq!(names(&charging[0], &["password", "iban", "of"]), shown);
    let failed = &lines.saying("the step failed; it runs again")[0];
    assert_eq!((&failed["level"], &failed["attempt"]), (&"INFO".into(), &1.into()));
    assert_eq!(failed["error"], "refused: token=[redacted], iban=[redacted]");
    assert_eq!((&failed["task"], &failed["correlation_id"]), (&id.as_str().into(), &"req-4711".into()));
    let complete = &lines.saying("the task is complete")[0];
    assert_eq!((&complete["level"], &complete["task"]), (&"DEBUG".into(), &id.as_str().into()));
    assert_eq!((&complete["workflow"], &complete["worker"]), (&"pay".into(), &json!(worker)));
}

#[tokio::test]
async fn a_task_that_ends_in_error_is_a_warning_that_says_what_to_do() {
    let (lines, _logs) = logs("warn");
    let tasker =
        Tasker::builder(()).store(MemoryStore::new()).register::<pay::Workflow>().build().await.unwrap();
    let task = tasker.start::<pay::Workflow>(13).correlation_id("req-7").await.unwrap();
    assert_eq!(task.wait().await.unwrap().state, TaskState::Error);
    tasker.shutdown().await;
    let said: Vec<_> = lines.read().iter().map(|line| line["message"].as_str().unwrap().to_owned()).collect();
    assert_eq!(
        said,
        [
            "the step failed and is in error",
            "the task ended in error; when what failed is mended, `retry` it, or resolve what cannot be"
        ]
    );
    let lines = lines.read();
    assert_eq!((&lines[0]["step"], &lines[0]["code"]), (&"book".into(), &"PANIC".into()));
    assert_eq!(lines[0]["error"], "the step panicked: wrong password: [redacted]");
    let id: Value = task.id().to_string().into();
    assert!(lines.iter().all(|line| line["task"] == id
        && line["correlation_id"] == "req-7"
        && line["workflow"] == "pay"
        && line["worker"].is_string()));
}

#[tokio::test]
async fn no_secret_is_seen_in_logs_histories_events_and_webhooks() {
    let (lines, _logs) = logs("trace,mio=off,hyper_util=off,reqwest=off");
    let ((url, hooked), books) = (receiver().await, Books::default());
    let delivery =
        tasker::events::Delivery::default().backoff(Duration::from_millis(1), Duration::from_millis(5));
    let webhook = Webhook::new(&url).unwrap().without_proxy();
    let tasker = Tasker::builder(())
        .store(MemoryStore::new())
        .register::<pay::Workflow>()
        .redact(redaction())
        .subscribe_with("books", books.clone(), delivery)
        .subscribe("webhook", webhook)
        .build()
        .await
        .unwrap();
    let mut listener = tasker.events().listen(&["*"]).await.unwrap();
    let (task, other) =
        (tasker.start::<pay::Workflow>(7).await.unwrap(), tasker.start::<pay::Workflow>(13).await.unwrap());
    let status = task.wait().await.unwrap();
    let failed = other.wait().await.unwrap();
    assert_eq!((status.state, failed.state), (TaskState::Complete, TaskState::Error));
    // The facts are there, without what is secret in them.
    let histories =
        format!("{:?} {:?} {failed:?}", task.history().await.unwrap(), other.history().await.unwrap());
    assert!(
        is_clean(&histories) && histories.contains("[redacted]") && histories.contains("wrong password"),
        "{histories}"
    );
    let mut heard = Vec::new();
    while heard.iter().filter(|event: &&TaskerEvent| event.name() == "pay.paid").count() < 2 {
        let Some(Heard::Event(event)) = listener.next().await else { panic!("{heard:?}") };
        heard.push((*event).clone());
    }
    let told = serde_json::to_string(&heard).unwrap();
    assert!(is_clean(&told), "{told}");
    let failure = heard.iter().find(|event| event.name() == "step.failed").unwrap();
    assert_eq!(failure.what.payload()["error_message"], "refused: token=[redacted], iban=[redacted]");
    let event = heard.iter().find(|event| event.name() == "pay.paid").unwrap();
    let data = &event.what.payload()["data"];
    assert_eq!(
        (&data["password"], &data["iban"], &data["token"]),
        (&"[redacted]".into(), &"[redacted]".into(), &4711.into())
    );
    // Who reads it by its type has all of it, also after a failed attempt.
    crate::support::wait_until(|| books.0.lock().unwrap().1.len() == 2).await;
    for event in &books.0.lock().unwrap().1 {
        assert_eq!(event, &paid(event.order));
    }
    crate::support::wait_until(|| hooked.text().matches("\"pay.paid\"").count() >= 2).await;
    assert!(is_clean(&hooked.text()), "{}", hooked.text());
    let status = format!("{:?}", tasker.events().subscriptions().await.unwrap());
    assert!(is_clean(&status), "{status}");
    tasker.shutdown().await;
    assert!(is_clean(&lines.text()), "{}", lines.text());
    // A subscriber is no step, and its own span is there.
    let booked = lines.saying("booked");
    assert!(
        booked.len() >= 3
            && booked.iter().all(|line| line["step"].is_null()
                && line["span"] == "booking"
                && line["iban"] == "[redacted]")
    );
    let refused = &lines.saying("an event was not taken")[0];
    assert_eq!((&refused["subscriber"], &refused["level"]), (&"books".into(), &"WARN".into()));
    assert_eq!(refused["error"], "the other side said: password=[redacted], iban=[redacted]");
}

#[tokio::test]
async fn what_is_put_aside_is_shown_without_secrets_and_delivered_again_with_them() {
    #[derive(Clone, Default)]
    struct Deaf(Arc<Mutex<(bool, Vec<Paid>)>>);

    #[subscriber]
    impl Deaf {
        #[event("pay.paid")]
        async fn paid(&self, event: &Paid) -> Result<(), tasker::events::GiveUp> {
            let mut deaf = self.0.lock().unwrap();
            if !std::mem::replace(&mut deaf.0, true) {
                return Err(tasker::events::GiveUp::new("no, and token=hunter2"));
            }
            deaf.1.push(event.clone());
            Ok(())
        }
    }

    let (lines, _logs) = logs("warn");
    let deaf = Deaf::default();
    let builder = Tasker::builder(()).store(MemoryStore::new()).register::<pay::Workflow>().redact(["iban"]);
    let tasker = builder.subscribe("deaf", deaf.clone()).build().await.unwrap();
    tasker.start::<pay::Workflow>(7).await.unwrap().wait().await.unwrap();
    let events = tasker.events();
    let dead = crate::support::until(async || events.dead_letters("deaf", 9).await.unwrap().pop()).await;
    let shown = serde_json::to_string(&dead).unwrap();
    assert!(
        is_clean(&shown) && shown.contains("no, and token=[redacted]") && shown.contains("4711"),
        "{shown}"
    );
    let debugged = format!("{dead:?}");
    assert!(is_clean(&debugged) && debugged.contains("4711"), "{debugged}");
    let given_up = &lines.saying("an event was given up")[0];
    assert_eq!((&given_up["subscriber"], &given_up["event"]), (&"deaf".into(), &"pay.paid".into()));
    let event = dead.event.as_ref().unwrap();
    let id: Value = event.what.task().task_id.to_string().into();
    assert_eq!((&given_up["id"], &given_up["task"]), (&event.id.as_str().into(), &id));
    assert_eq!(given_up["correlation_id"], id);
    assert_eq!(events.redeliver("deaf", None).await.unwrap(), 1);
    crate::support::wait_until(|| deaf.0.lock().unwrap().1 == [paid(7)]).await;
    tasker.shutdown().await;
}

#[tokio::test]
async fn steps_that_run_side_by_side_do_not_mix_their_fields() {
    let (lines, _logs) = logs("info");
    let tasker =
        Tasker::builder(()).store(MemoryStore::new()).register::<pay::Workflow>().build().await.unwrap();
    let tasks = tasker.start_many::<pay::Workflow>(20..70).await.unwrap();
    for task in &tasks {
        task.wait().await.unwrap();
    }
    tasker.shutdown().await;
    let said = lines.saying("charg");
    assert_eq!(said.len(), 200, "two lines of two attempts of fifty");
    assert!(said.iter().all(|line| line["of"] == line["task"] && line["correlation_id"] == line["task"]));
    for task in &tasks {
        let id: Value = task.id().to_string().into();
        let attempts: Vec<_> =
            said.iter().filter(|line| line["task"] == id).map(|line| &line["attempt"]).collect();
        assert_eq!(attempts, [1, 1, 2, 2]);
    }
}
