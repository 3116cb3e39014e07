use async_trait::async_trait;
use serde::Serialize;
use uuid::Uuid;

use super::StoreError;
use crate::{Json, TaskId, Timestamp};

/// The dependent system of steps that name none, as in Tasker.
pub const UNKNOWN_SYSTEM: &str = "unknown";

/// What a store knows beside tasks. Nothing of it is asked for while tasks run.
#[async_trait]
pub trait Catalog: Send + Sync {
    /// The annotation types that there are, in order: those that the installed definitions name, and those that were written.
    async fn annotation_types(&self) -> Result<Vec<String>, StoreError>;

    /// The dependent systems, by name. `unknown`, that of steps which name none, is there with the first definition.
    async fn dependent_systems(&self) -> Result<Vec<DependentSystem>, StoreError>;

    /// A dependent system, which is made if there is none of that name. A description that is given takes the place of the one it had.
    async fn dependent_system(
        &self,
        name: &str,
        description: Option<&str>,
    ) -> Result<DependentSystem, StoreError>;

    /// Keeps that two objects are the same, if it is not kept yet, in whatever order. Their systems are made if they are missing.
    async fn map_objects(&self, one: &RemoteObject, other: &RemoteObject) -> Result<ObjectMap, StoreError>;

    /// What an object is kept to be the same as, in order.
    async fn mapped_objects(&self, object: &RemoteObject) -> Result<Vec<RemoteObject>, StoreError>;
}

/// An external system that steps talk to.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct DependentSystem {
    /// Its name.
    pub name: String,
    /// What it is.
    pub description: Option<String>,
}

/// An object by its id in a dependent system.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
pub struct RemoteObject {
    /// The system.
    pub system: String,
    /// The id there.
    pub id: String,
}

impl<S: Into<String>, I: Into<String>> From<(S, I)> for RemoteObject {
    fn from((system, id): (S, I)) -> Self {
        Self { system: system.into(), id: id.into() }
    }
}

/// One object under its ids in two systems, the lesser first: it is the same in whatever order it was asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ObjectMap {
    /// It in one system.
    pub one: RemoteObject,
    /// It in another.
    pub other: RemoteObject,
}

impl ObjectMap {
    /// The map of two objects.
    #[must_use]
    pub fn of(one: &RemoteObject, other: &RemoteObject) -> Self {
        let (one, other) = if one <= other { (one, other) } else { (other, one) };
        Self { one: one.clone(), other: other.clone() }
    }
}

/// A note on a task that no step makes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewAnnotation {
    /// Its id, made by who asks, so that asking twice notes it once.
    pub id: Uuid,
    /// The task.
    pub task: TaskId,
    /// Its type.
    pub name: String,
    /// What it says.
    pub payload: Json,
    /// Who makes it.
    pub by: Option<String>,
}

/// A note on a task, whoever made it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TaskAnnotation {
    /// Its type.
    pub name: String,
    /// What it says.
    pub payload: Json,
    /// The step that made it, if one did.
    pub step: Option<String>,
    /// Who made it, if no step did and that was said.
    pub by: Option<String>,
    /// When it was recorded.
    pub at: Timestamp,
}
