//! What is known beside tasks, and notes on them.

use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;

use super::{MemoryStore, Tables};
use crate::store::{
    Catalog, DependentSystem, NewAnnotation, ObjectMap, RemoteObject, StoreError, TaskAnnotation,
    UNKNOWN_SYSTEM,
};
use crate::{StepDef, Timestamp, WorkflowDef};

/// See [`Catalog`].
#[derive(Debug, Default)]
pub(super) struct Known {
    annotation_types: BTreeSet<String>,
    /// With their descriptions.
    systems: BTreeMap<String, Option<String>>,
    /// The lesser object first.
    objects: BTreeSet<(RemoteObject, RemoteObject)>,
}

impl Known {
    pub(super) fn workflow(&mut self, workflow: &WorkflowDef) {
        self.system(UNKNOWN_SYSTEM);
        for system in workflow.steps().iter().filter_map(StepDef::dependent_system) {
            self.system(system);
        }
        for annotation in workflow.steps().iter().flat_map(StepDef::annotates) {
            self.annotation(annotation.name());
        }
    }

    fn system(&mut self, name: &str) {
        self.systems.entry(name.to_owned()).or_default();
    }

    pub(super) fn annotation(&mut self, name: &str) {
        if !self.annotation_types.contains(name) {
            self.annotation_types.insert(name.to_owned());
        }
    }
}

impl Tables {
    /// Whether there is such a task.
    pub(super) fn annotate(&mut self, annotation: &NewAnnotation, now: Timestamp) -> bool {
        let Some(task) = self.tasks.get_mut(&annotation.task) else { return false };
        let NewAnnotation { name, payload, by, .. } = annotation.clone();
        self.known.annotation(&name);
        task.note(annotation.id, TaskAnnotation { name, payload, step: None, by, at: now });
        true
    }
}

#[async_trait]
impl Catalog for MemoryStore {
    async fn annotation_types(&self) -> Result<Vec<String>, StoreError> {
        Ok(self.tables().known.annotation_types.iter().cloned().collect())
    }

    async fn dependent_systems(&self) -> Result<Vec<DependentSystem>, StoreError> {
        let tables = self.tables();
        let systems = tables.known.systems.iter();
        let systems = systems.map(|(name, description)| DependentSystem {
            name: name.clone(),
            description: description.clone(),
        });
        Ok(systems.collect())
    }

    async fn dependent_system(
        &self,
        name: &str,
        description: Option<&str>,
    ) -> Result<DependentSystem, StoreError> {
        let mut tables = self.tables();
        let kept = tables.known.systems.entry(name.to_owned()).or_default();
        *kept = description.map(str::to_owned).or(kept.take());
        Ok(DependentSystem { name: name.to_owned(), description: kept.clone() })
    }

    async fn map_objects(&self, one: &RemoteObject, other: &RemoteObject) -> Result<ObjectMap, StoreError> {
        let map = ObjectMap::of(one, other);
        let mut tables = self.tables();
        for object in [one, other] {
            tables.known.systems.entry(object.system.clone()).or_default();
        }
        tables.known.objects.insert((map.one.clone(), map.other.clone()));
        Ok(map)
    }

    async fn mapped_objects(&self, object: &RemoteObject) -> Result<Vec<RemoteObject>, StoreError> {
        let tables = self.tables();
        let others = tables.known.objects.iter().filter_map(|(one, other)| match object {
            object if object == one => Some(other),
            object if object == other => Some(one),
            _ => None,
        });
        let others: BTreeSet<RemoteObject> = others.cloned().collect();
        Ok(others.into_iter().collect())
    }
}
