use std::error::Error;
use std::fmt;
use std::time::Duration;

use async_trait::async_trait;

use super::TaskerEvent;

/// Why a subscriber did not take an event.
pub type SubscriberError = Box<dyn Error + Send + Sync>;

/// An error of a subscriber that says when to try again, instead of the wait of its [`Delivery`](super::Delivery); never longer than the longest
/// of those waits, nor shorter than the first.
///
/// ```
/// use std::time::Duration;
/// use tasker_core::events::{RetryIn, SubscriberResult};
///
/// fn busy() -> SubscriberResult {
///     Err(RetryIn::new(Duration::from_secs(30), "the other side is busy").into())
/// }
/// assert_eq!(busy().unwrap_err().to_string(), "the other side is busy");
/// ```
#[derive(Debug)]
pub struct RetryIn {
    wait: Duration,
    error: SubscriberError,
}

/// An error of a subscriber after which the event is not tried again: it is left to an operator at once.
#[derive(Debug)]
pub struct GiveUp(SubscriberError);

impl RetryIn {
    /// An error after which to wait so long.
    pub fn new(wait: Duration, error: impl Into<SubscriberError>) -> Self {
        Self { wait, error: error.into() }
    }

    /// How long to wait.
    #[must_use]
    pub const fn wait(&self) -> Duration {
        self.wait
    }
}

impl GiveUp {
    /// An error that trying again cannot help.
    pub fn new(error: impl Into<SubscriberError>) -> Self {
        Self(error.into())
    }
}

impl fmt::Display for RetryIn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.error.fmt(f)
    }
}

impl fmt::Display for GiveUp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Error for RetryIn {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.error.source()
    }
}

impl Error for GiveUp {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.0.source()
    }
}

/// Whether a subscriber took an event.
pub type SubscriberResult = Result<(), SubscriberError>;

/// Somebody who hears of events, durably: at least once, and in order for each task.
///
/// What returns an error, panics, or takes too long is tried again as its [`Delivery`](super::Delivery) says; meanwhile what happens
/// to the same task waits, and what happens to others goes on. [`RetryIn`] and [`GiveUp`] are errors that say themselves when to try again, if at all. The same event may come twice, when a process dies between the
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
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a subscriber",
    label = "does not hear of events",
    note = "put `#[subscriber]` on an `impl` of it, with a method for each event: `async fn on_task_completed(&self, event: &TaskCompleted)`"
)]
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

/// What is wrong with the name of a subscriber.
pub(crate) fn name_mistake(name: &str) -> Option<String> {
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    let is_one = (1..=64).contains(&name.len()) && name.chars().all(fits);
    (!is_one).then(|| "its name is not 1 to 64 letters, digits, `-`, `_` and `.` of ASCII".to_owned())
}
