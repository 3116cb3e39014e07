//! Subscribers, in every way in which they can be written.

#![deny(warnings, clippy::pedantic)]
#![allow(dead_code)]

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use tasker::events::{CustomEvent, StepFailed as Failed, SubscriberResult, TaskCompleted, TaskerEvent};
use tasker::schemars::JsonSchema;
use tasker::serde::{Deserialize, Serialize};
use tasker::{Event, Tasker, subscriber};

#[derive(Event, Serialize, Deserialize, JsonSchema)]
#[serde(crate = "tasker::serde")]
#[schemars(crate = "tasker::schemars")]
#[event("order.shipped")]
pub struct OrderShipped {
    pub parcel: String,
}

#[derive(Default)]
pub struct Everything {
    heard: Mutex<Vec<String>>,
    count: AtomicUsize,
}

/// Its methods are those of an ordinary type.
#[subscriber]
impl Everything {
    const MOST: usize = 10;

    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Says what is done.
    pub async fn on_task_completed(&self, event: &TaskCompleted) -> Result<(), std::io::Error> {
        self.note(&event.task.task_name);
        Ok(())
    }

    // Another name of the type.
    async fn on_step_failed(&self, Failed { step, .. }: &Failed) {
        self.note(&step.step_name);
    }

    async fn on_step_skipped(&self, event: &TaskerEvent) -> SubscriberResult {
        self.note(&event.id);
        Err("no")?
    }

    #[event("task.failed")]
    async fn other_name(&self, event: &tasker::events::TaskFailed) -> Result<(), String> {
        self.note(&event.task.task_name);
        Err(String::new())
    }

    #[event("order.shipped")]
    async fn shipped(&self, event: &OrderShipped) {
        self.note(&event.parcel);
    }

    #[event("order.paid")]
    async fn paid(&self, event: &CustomEvent) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
        self.note(&event.name);
        Ok(())
    }

    #[event("step.*")]
    async fn steps(&self, _: &TaskerEvent) {}

    #[event("*")]
    async fn rest(&self, _event: &TaskerEvent) {
        self.count.fetch_add(1, Ordering::Relaxed);
    }

    #[cfg(any())]
    async fn on_task_cancelled(&self, event: &NoSuchType) {}

    fn wants(&self, event: &TaskerEvent) -> bool {
        event.what.task().namespace == "shop" && self.count.load(Ordering::Relaxed) < Self::MOST
    }

    fn note(&self, what: &str) {
        if let Ok(mut heard) = self.heard.lock() {
            heard.push(what.to_owned());
        }
    }
}

struct Generic<T>(T);

#[subscriber]
impl<T: AsRef<str> + Send + Sync + 'static> Generic<T>
where
    T: Clone,
{
    async fn on_task_completed(&self, _: &TaskCompleted) -> SubscriberResult {
        if self.0.as_ref().is_empty() { Err("empty".into()) } else { Ok(()) }
    }
}

fn main() {
    #[derive(Clone, Copy)]
    struct Inside;

    #[subscriber(crate = ::tasker)]
    impl Inside {
        async fn on_task_completed(&self, _: &TaskCompleted) {}
    }

    let _ = Tasker::builder(())
        .subscribe("everything", Everything::new())
        .subscribe("generic", Generic("x"))
        .subscribe("inside", Inside);
}
