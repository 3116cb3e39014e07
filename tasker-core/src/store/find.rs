//! Which tasks are looked for, and what is told of each.
//!
//! A list comes page by page, in the order of ids, which is by age: each page begins after the last task of the one before, so that
//! tasks which are added or removed meanwhile move nothing from one page to another.

mod annotation;

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

pub use annotation::AnnotationFilter;

use super::attributes::UNKNOWN;
use crate::{StepState, TaskId, TaskState, Timestamp, WorkflowId};

/// What a task has to be, to be found. Each part that is not empty narrows it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct TaskFilter {
    /// It stands in one of these states.
    pub states: BTreeSet<TaskState>,
    /// The namespace of its workflow.
    pub namespace: Option<String>,
    /// The name of its workflow.
    pub name: Option<String>,
    /// The version of its workflow.
    pub version: Option<String>,
    /// It has all of these tags.
    pub all_tags: BTreeSet<String>,
    /// It has one of these tags.
    pub any_tags: BTreeSet<String>,
    /// It has an annotation of each kind.
    pub annotations: Vec<AnnotationFilter>,
    /// Who asked for it; `unknown` finds those of which nothing was said.
    pub initiator: Option<String>,
    /// The system from which it was asked for; as above.
    pub source_system: Option<String>,
    /// It was created in this time.
    pub created: Span,
    /// It ended in this time.
    pub ended: Span,
    /// The key it was started with.
    pub idempotency_key: Option<String>,
    /// What it shares with the request that it came from. Of a task that was given nothing, that is its id.
    // Without it a list has the cursors that it always had.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub correlation_id: Option<String>,
}

/// A time from a moment on and up to another, without that.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Span {
    /// Its first moment.
    pub from: Option<Timestamp>,
    /// The first moment after it.
    pub before: Option<Timestamp>,
}

impl Span {
    /// Whether no moment is in it.
    fn is_empty(self) -> bool {
        self.from.zip(self.before).is_some_and(|(from, before)| from >= before)
    }

    /// Whether it is all of time.
    #[must_use]
    pub const fn is_everything(self) -> bool {
        self.from.is_none() && self.before.is_none()
    }

    pub(crate) fn contains(self, time: Timestamp) -> bool {
        self.from.is_none_or(|from| from <= time) && self.before.is_none_or(|before| time < before)
    }
}

/// Which of two tasks comes first in a list.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ListOrder {
    /// The one with the later id.
    #[default]
    NewestFirst,
    /// The one with the earlier id.
    OldestFirst,
}

/// A page of a list of tasks.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TaskQuery {
    /// Which tasks.
    pub filter: TaskFilter,
    /// In which order.
    pub order: ListOrder,
    /// The task after which the page begins.
    pub after: Option<TaskId>,
    /// The most tasks of it.
    pub limit: usize,
}

/// A task as it stands in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TaskSummary {
    /// The task.
    pub id: TaskId,
    /// What it runs.
    pub workflow: WorkflowId,
    /// Where it stands.
    pub state: TaskState,
    /// Steps of tasks with a higher priority go first.
    pub priority: i16,
    /// The key it was started with.
    pub idempotency_key: Option<String>,
    /// What it shares with the request that it came from; its id if that was not said.
    pub correlation_id: String,
    /// Who asked for it; `unknown` if that was not said.
    pub initiator: String,
    /// The system from which it was asked for; `unknown` if that was not said.
    pub source_system: String,
    /// Why it was asked for; `unknown` if that was not said.
    pub reason: String,
    /// Its tags.
    pub tags: BTreeSet<String>,
    /// When it was asked for.
    pub requested_at: Timestamp,
    /// When it was created.
    pub created_at: Timestamp,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
    /// How many of its steps stand in which state.
    pub steps: BTreeMap<StepState, u32>,
}

impl TaskSummary {
    /// What an attribute reads as: itself, or `unknown`.
    #[must_use]
    pub fn attribute(given: Option<String>) -> String {
        given.unwrap_or_else(|| UNKNOWN.to_owned())
    }
}

impl TaskFilter {
    /// Whether nothing narrows it, so that every task fits.
    #[must_use]
    pub fn is_everything(&self) -> bool {
        *self == Self::default()
    }

    /// Whether no task can fit, because something is looked for that has a NUL in it, and no store keeps such texts: PostgreSQL does not even
    /// read them. A key may have one.
    #[must_use]
    pub fn finds_nothing(&self) -> bool {
        let Self {
            namespace,
            name,
            version,
            initiator,
            source_system,
            correlation_id,
            all_tags,
            any_tags,
            annotations,
            ..
        } = self;
        let has_nul = |text: &String| text.contains('\0');
        let tags_find_nothing = !any_tags.is_empty() && any_tags.iter().all(has_nul);
        [namespace, name, version, initiator, source_system, correlation_id]
            .into_iter()
            .flatten()
            .any(has_nul)
            || all_tags.iter().any(has_nul)
            || tags_find_nothing
            || annotations.iter().any(AnnotationFilter::finds_nothing)
    }

    /// Why no task can fit, because one part excludes another.
    #[must_use]
    pub fn contradiction(&self) -> Option<String> {
        for (what, span) in [("created", self.created), ("ended", self.ended)] {
            if let Some((from, before)) = span.from.zip(span.before).filter(|_| span.is_empty()) {
                return Some(format!(
                    "it is to be {what} at {from} or later, and before {before}; the first has to be the earlier moment"
                ));
            }
        }
        let can_have_ended = self.states.is_empty() || self.states.iter().any(|state| state.has_ended());
        if !can_have_ended && !self.ended.is_everything() {
            let states: Vec<_> = self.states.iter().map(|state| format!("`{state}`")).collect();
            return Some(format!(
                "it is to have ended at a time, and to be {}, which no task is that has ended",
                states.join(" or ")
            ));
        }
        None
    }

    /// Whether a task as told fits, its annotations left aside.
    pub(crate) fn fits(&self, task: &TaskSummary) -> bool {
        let is = |wanted: &Option<String>, text: &str| wanted.as_deref().is_none_or(|wanted| wanted == text);
        (self.states.is_empty() || self.states.contains(&task.state))
            && is(&self.namespace, &task.workflow.namespace)
            && is(&self.name, &task.workflow.name)
            && is(&self.version, &task.workflow.version)
            && self.all_tags.is_subset(&task.tags)
            && (self.any_tags.is_empty() || !self.any_tags.is_disjoint(&task.tags))
            && is(&self.correlation_id, &task.correlation_id)
            && is(&self.initiator, &task.initiator)
            && is(&self.source_system, &task.source_system)
            && self.created.contains(task.created_at)
            && (self.ended.is_everything() || task.ended_at.is_some_and(|at| self.ended.contains(at)))
            && (self.idempotency_key.is_none() || self.idempotency_key == task.idempotency_key)
    }
}
