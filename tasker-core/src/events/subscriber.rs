use std::error::Error;

use async_trait::async_trait;

use super::TaskerEvent;

/// Why a subscriber did not take an event.
pub type SubscriberError = Box<dyn Error + Send + Sync>;

/// Whether a subscriber took an event.
pub type SubscriberResult = Result<(), SubscriberError>;

/// Somebody who hears of events, durably: at least once, and in order for each task.
///
/// What returns an error, panics, or takes too long is tried again as its [`Delivery`](super::Delivery) says; meanwhile what happens
/// to the same task waits, and what happens to others goes on. The same event may come twice, when a process dies between the
/// subscriber's work and the note of it; [`TaskerEvent::id`] tells.
///
/// `#[subscriber]` writes this for a type with a method for each event.
///
/// ```
/// use std::sync::Mutex;
///
/// use tasker_core::events::{Subscriber, SubscriberResult, TaskerEvent};
///
/// /// Remembers which tasks failed.
/// #[derive(Default)]
/// struct Failures(Mutex<Vec<String>>);
///
/// #[tasker_core::async_trait]
/// impl Subscriber for Failures {
///     fn events(&self) -> Vec<&str> {
///         vec!["task.failed"]
///     }
///
///     async fn on_event(&self, event: &TaskerEvent) -> SubscriberResult {
///         self.0.lock().unwrap().push(event.what.task().task_id.to_string());
///         Ok(())
///     }
/// }
/// ```
#[async_trait]
pub trait Subscriber: Send + Sync + 'static {
    /// The names of the events that it wants: `task.completed`, `task.*` for all that begin with `task.`, `*` for all. Those that there
    /// are not are an error when the [`Tasker`](crate::Tasker) is built.
    fn events(&self) -> Vec<&str>;

    /// Whether it wants this one of them. What it does not want counts as taken.
    fn wants(&self, event: &TaskerEvent) -> bool {
        let _ = event;
        true
    }

    /// Takes an event.
    async fn on_event(&self, event: &TaskerEvent) -> SubscriberResult;
}
