//! The names that rows and messages go by.
//!
//! Tasks and workers are named by the process that makes them (UUID version 7, so that rows made together
//! lie together); a step is named by its task and its place in the definition, so nothing here needs a
//! sequence of the database.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

macro_rules! uuid_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(Uuid);

        impl $name {
            /// A new id, unique everywhere; later ids of one process sort after earlier ones.
            #[must_use]
            pub fn random() -> Self {
                Self(Uuid::now_v7())
            }

            /// The id as the store keeps it.
            #[must_use]
            pub const fn as_uuid(self) -> Uuid {
                self.0
            }
        }

        impl From<Uuid> for $name {
            fn from(uuid: Uuid) -> Self {
                Self(uuid)
            }
        }

        impl FromStr for $name {
            type Err = InvalidId;

            fn from_str(text: &str) -> Result<Self, InvalidId> {
                Uuid::parse_str(text).map(Self).map_err(|_| InvalidId(text.to_owned()))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self.0)
            }
        }
    };
}

uuid_id! {
    /// Names one task: one durable run of a workflow.
    TaskId
}

uuid_id! {
    /// Names one worker: one process, or one engine in it, from its start or from its last lost lease.
    WorkerId
}

/// A text that is no id.
#[derive(Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not an id; an id is a UUID such as `0199c6a8-5d52-7c3a-9b1e-3f4a5b6c7d8e`")]
pub struct InvalidId(String);

/// The place of a step in its definition, from 0, in the canonical order of [`WorkflowDef`](crate::WorkflowDef).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct StepNo(pub u32);

impl StepNo {
    /// The step at this place of a list.
    ///
    /// # Panics
    /// When the place is past `u32::MAX`, which no definition reaches.
    #[must_use]
    pub fn at(place: usize) -> Self {
        Self(u32::try_from(place).expect("a definition has fewer than 2^32 steps"))
    }

    /// The place in a list of the definition's steps.
    #[must_use]
    pub const fn index(self) -> usize {
        self.0 as usize
    }
}

/// Names a definition (namespace, name, version and shape) in one store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct DefinitionId(pub i64);
