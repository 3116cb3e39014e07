use std::fmt;

use serde::Serialize;

use crate::{Json, Timestamp};

/// What a step wrote beside its result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// An event or an annotation.
    pub kind: RecordKind,
    /// Its name.
    pub name: String,
    /// What it says.
    pub payload: Json,
}

/// What a [`Record`] is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum RecordKind {
    /// Something that happened: an [`Event`](crate::Event).
    Event,
    /// A note on the task: an [`Annotation`](crate::Annotation).
    Annotation,
}

impl RecordKind {
    /// The name, as stored and shown.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Event => "event",
            Self::Annotation => "annotation",
        }
    }
}

impl fmt::Display for RecordKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// A [`Record`] as it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recorded {
    /// An event or an annotation.
    pub kind: RecordKind,
    /// Its name.
    pub name: String,
    /// The step that wrote it.
    pub step: String,
    /// What it says.
    pub payload: Json,
    /// When the outcome of the step was recorded, and this with it.
    pub at: Timestamp,
}
