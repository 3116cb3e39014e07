//! Notes on a task that no step makes: by an operator, by a page of a support team, by another system.

use std::fmt;
use std::future::{Future, IntoFuture};
use std::pin::Pin;

use serde::Serialize;
use uuid::Uuid;

use super::{Client, ResultError, TaskHandle};
use crate::store::{NewAnnotation, StoreError, TaskAnnotation, not_printable};
use crate::{Annotation, Json, TaskId};

/// A note on a task that is to be made; it is made when it is awaited.
///
/// ```
/// # use tasker_core::{AnnotateError, TaskHandle};
/// # async fn note(task: TaskHandle) -> Result<(), AnnotateError> {
/// task.annotate("support_case", &serde_json::json!({ "number": 4711, "status": "open" })).by("ada@example.com").await?;
/// # Ok(())
/// # }
/// ```
#[must_use = "nothing is noted before this is awaited"]
pub struct Annotating {
    client: Client,
    task: TaskId,
    name: String,
    payload: Result<Json, String>,
    by: Option<String>,
}

impl fmt::Debug for Annotating {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Annotating({}, {})", self.task, self.name)
    }
}

/// Why a task was not annotated.
#[derive(Clone, thiserror::Error)]
pub enum AnnotateError {
    /// The store has no such task.
    #[error("there is no task {0}")]
    NoTask(TaskId),
    /// The name of the annotation, or of who makes it, cannot be stored.
    #[error("{what} cannot be stored: {reason}")]
    Invalid {
        /// Which text.
        what: &'static str,
        /// What is wrong with it.
        reason: String,
    },
    /// What it says cannot be written as JSON.
    #[error("the annotation `{name}` is no JSON: {reason}")]
    NoJson {
        /// The annotation.
        name: String,
        /// What is wrong with it.
        reason: String,
    },
    /// What it says is larger than `max_payload`.
    #[error(
        "the annotation `{name}` is {size} bytes of JSON, more than the limit of {limit}; \
         store it elsewhere and note where it is, or raise the limit with `max_payload`"
    )]
    TooLarge {
        /// The annotation.
        name: String,
        /// Its size.
        size: usize,
        /// The limit.
        limit: usize,
    },
    /// The store did not answer; the note may have been made all the same.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl<W> TaskHandle<W> {
    /// Makes a note on the task, of a type by its name (1 to 64 printable characters), in whatever state it stands. Each note is kept; of
    /// one type the last counts where one is asked for.
    ///
    /// # Errors
    /// When the task does not exist, the note cannot be stored, or the store does not answer.
    pub fn annotate(&self, name: impl Into<String>, value: &(impl Serialize + ?Sized)) -> Annotating {
        let payload = Json::of(value).map_err(|error| error.to_string());
        Annotating { client: self.client.clone(), task: self.id(), name: name.into(), payload, by: None }
    }

    /// The same by its type.
    ///
    /// # Errors
    /// As [`annotate`](Self::annotate).
    pub fn annotate_with<A: Annotation>(&self, value: &A) -> Annotating {
        self.annotate(A::NAME, value)
    }

    /// All annotations of the task, those of its steps and those of others, in the order in which they were recorded.
    ///
    /// # Errors
    /// When there is no such task, or the store does not answer.
    pub async fn annotations(&self) -> Result<Vec<TaskAnnotation>, ResultError> {
        let annotations = self.client.0.store.annotations(self.id()).await?;
        self.or_no_task(annotations).await
    }
}

impl Annotating {
    /// Says who makes the note: 1 to 128 printable characters.
    pub fn by(mut self, who: impl Into<String>) -> Self {
        self.by = Some(who.into());
        self
    }

    async fn annotate(self) -> Result<(), AnnotateError> {
        let Self { client, task, name, payload, by } = self;
        for (what, text, most) in
            [("the name of the annotation", Some(&name), 64), ("who makes it", by.as_ref(), 128)]
        {
            if let Some(reason) = text.and_then(|text| not_printable(text, most)) {
                return Err(AnnotateError::Invalid { what, reason });
            }
        }
        let payload = match payload {
            Ok(payload) => payload,
            Err(reason) => return Err(AnnotateError::NoJson { name, reason }),
        };
        let (size, limit) = (payload.as_str().len(), client.0.max_payload);
        if size > limit {
            return Err(AnnotateError::TooLarge { name, size, limit });
        }
        let annotation = NewAnnotation { id: Uuid::now_v7(), task, name, payload, by };
        let there = client.0.store.annotate(&annotation).await?;
        if there { Ok(()) } else { Err(AnnotateError::NoTask(task)) }
    }
}

impl IntoFuture for Annotating {
    type Output = Result<(), AnnotateError>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.annotate())
    }
}
