//! What a task shares with the request that it came from, wherever it goes.
//!
//! A task has the id that was said when it was started, or else its own. While the function of a step runs, or a durable subscriber
//! takes an event, that id is the current one: what is started or called meanwhile takes it over, and so is the span of another system that
//! asked for the task. They are bound to the future that runs, so they go along over every `.await`, and not into what that future spawns.

use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

use serde::Serialize;

use crate::{TaskId, TraceParent};

tokio::task_local! {
    static CURRENT: (Correlation, Option<TraceParent>);
}

/// What the task of a step shares with the request that it came from: the text that
/// [`Start::correlation_id`](crate::Start::correlation_id) was given, or else the id of the task. Also a parameter that tells it to a step.
///
/// It is for logs and for calls of other systems, not for finding what belongs to this task alone: other tasks may have it too.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct CorrelationId(pub String);

impl CorrelationId {
    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// That of the step that runs here, or of the event that is taken here.
    pub(crate) fn current() -> Option<Self> {
        CURRENT.try_with(|(current, _)| Self::from(current)).ok()
    }
}

impl Deref for CorrelationId {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for CorrelationId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl From<&str> for CorrelationId {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

/// To start other tasks with it.
impl From<CorrelationId> for String {
    fn from(id: CorrelationId) -> Self {
        id.0
    }
}

impl From<&Correlation> for CorrelationId {
    fn from(correlation: &Correlation) -> Self {
        Self(match correlation {
            Correlation::Given(id) => String::from(&**id),
            Correlation::Task(task) => task.to_string(),
        })
    }
}

/// The same, not yet written out: most tasks have no other than their own id, and most steps do not ask.
#[derive(Debug, Clone)]
pub(crate) enum Correlation {
    Given(Arc<str>),
    Task(TaskId),
}

impl Correlation {
    pub(crate) fn of(task: TaskId, given: Option<String>) -> Self {
        given.map_or(Self::Task(task), |given| Self::Given(given.into()))
    }

    /// Runs something for which this is the current one, and the span that asked for the task.
    pub(crate) fn scope<F: Future>(
        self,
        asked: Option<TraceParent>,
        running: F,
    ) -> impl Future<Output = F::Output> {
        CURRENT.scope((self, asked), running)
    }
}

/// The span that asked for the task of the step that runs here, or of the event that is taken here.
pub(crate) fn asking_span() -> Option<TraceParent> {
    CURRENT.try_with(|(_, asked)| *asked).ok().flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_id_is_current_over_awaits_and_only_there() {
        let task = TaskId::random();
        assert_eq!(CorrelationId::current(), None);
        let own = Correlation::of(task, None).scope(None, async {
            tokio::task::yield_now().await;
            let given = Correlation::of(task, Some("req-7".to_owned()));
            let inner = given.scope(None, async { CorrelationId::current() }).await;
            assert_eq!(inner, Some(CorrelationId::from("req-7")));
            let spawned = tokio::spawn(async { CorrelationId::current() }).await.unwrap();
            assert_eq!(spawned, None, "what is spawned is on its own");
            CorrelationId::current()
        });
        assert_eq!(own.await, Some(CorrelationId(task.to_string())));
        assert_eq!(CorrelationId::current(), None);
    }
}
