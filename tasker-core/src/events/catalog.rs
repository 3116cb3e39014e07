use std::collections::BTreeMap;
use std::fmt;

use serde::Serialize;
use serde_json::Value;

use super::lifecycle::{example, own};
use crate::{StepDef, WorkflowDef};

/// What an event is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Category {
    /// A task.
    Task,
    /// A step of a task.
    Step,
    /// Whatever the application says.
    Custom,
}

/// An event that may be published.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct EventInfo {
    /// Its name.
    pub name: String,
    /// What it is about.
    pub category: Category,
    /// When it is published.
    pub description: String,
    /// By whom: of an event of the application, the steps.
    pub fired_by: Vec<String>,
    /// The JSON Schema of its payload, where that is known; of an event of the application, of its `data`.
    pub schema: Option<Value>,
    /// What it may look like.
    pub example: Option<Value>,
}

/// All events that may be published, by name.
///
/// Printed, it is a list for people.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct EventCatalog(Vec<EventInfo>);

impl EventCatalog {
    /// Tasker's own events, those that workflows say that they publish, and those that were registered by name.
    pub(crate) fn of<'w>(
        workflows: impl IntoIterator<Item = &'w WorkflowDef>,
        registered: &BTreeMap<String, String>,
    ) -> Self {
        let own = own().into_iter().map(|own| EventInfo {
            name: own.name.to_owned(),
            category: own.category,
            description: own
                .description
                .lines()
                .map(str::trim)
                .collect::<Vec<_>>()
                .join(" ")
                .trim()
                .to_owned(),
            fired_by: vec![own.fired_by.to_owned()],
            schema: Some(own.schema),
            example: example(own.what).and_then(|event| serde_json::to_value(event).ok()),
        });
        let mut events: BTreeMap<String, EventInfo> = own.map(|info| (info.name.clone(), info)).collect();
        let custom = |name: &str, description: &str| EventInfo {
            name: name.to_owned(),
            category: Category::Custom,
            description: description.to_owned(),
            fired_by: Vec::new(),
            schema: None,
            example: None,
        };
        for (name, description) in registered {
            events.insert(name.clone(), custom(name, description));
        }
        for workflow in workflows {
            for step in workflow.steps() {
                for event in step.emits() {
                    let schema = event.schema();
                    let said = || schema.get("description").and_then(Value::as_str).unwrap_or_default();
                    let info =
                        events.entry(event.name().to_owned()).or_insert_with(|| custom(event.name(), said()));
                    info.fired_by.push(format!("{}: {}", workflow.id(), StepDef::name(step)));
                    // Task files say nothing of the shape.
                    if info.schema.is_none() || event.shape().is_some() {
                        info.schema = Some(schema.clone());
                    }
                    if info.description.is_empty() {
                        said().clone_into(&mut info.description);
                    }
                }
            }
        }
        Self(events.into_values().collect())
    }

    /// All of them.
    #[must_use]
    pub fn all(&self) -> &[EventInfo] {
        &self.0
    }

    /// The one of a name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&EventInfo> {
        self.0.iter().find(|event| event.name == name)
    }

    /// Those about tasks, about steps, or of the application.
    pub fn of_category(&self, category: Category) -> impl Iterator<Item = &EventInfo> {
        self.0.iter().filter(move |event| event.category == category)
    }

    /// Those whose name begins with `namespace.`.
    pub fn of_namespace<'s>(&'s self, namespace: &'s str) -> impl Iterator<Item = &'s EventInfo> {
        self.0.iter().filter(move |event| event.name.split('.').next() == Some(namespace))
    }

    /// Those that have a text in their name or their description, in whatever case.
    pub fn search(&self, text: &str) -> impl Iterator<Item = &EventInfo> {
        let text = text.to_lowercase();
        let has = move |part: &str| part.to_lowercase().contains(&text);
        self.0.iter().filter(move |event| has(&event.name) || has(&event.description))
    }
}

impl fmt::Display for EventCatalog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for event in &self.0 {
            writeln!(f, "{}", event.name)?;
            if !event.description.is_empty() {
                writeln!(f, "    {}", event.description)?;
            }
            for by in &event.fired_by {
                writeln!(f, "    by {by}")?;
            }
        }
        Ok(())
    }
}
