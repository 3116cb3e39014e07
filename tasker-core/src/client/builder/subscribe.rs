//! Who is to hear of events.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{BuildError, TaskerBuilder};
use crate::def::name_mistake;
use crate::events::{Delivery, Dispatcher, EventCatalog, Subscriber, Topics, subscriber_name_mistake};
use crate::store::RecordKind;
use crate::{Redaction, WorkflowDef};

/// The durable subscribers and the events that were given by name.
#[derive(Default)]
pub(in crate::client) struct Subscriptions {
    subscribers: Vec<(String, Arc<dyn Subscriber>, Delivery)>,
    /// With their descriptions.
    events: BTreeMap<String, String>,
    /// What was said of one of them that is not what was said before.
    contradictions: Vec<String>,
}

impl<A: Send + Sync + 'static, S> TaskerBuilder<A, S> {
    /// Has events delivered to a subscriber, durably: at least once, in order for each task. Its name, of 1 to 64 letters, digits, `-`, `_`
    /// and `.` of ASCII, stands for how far it has come; all processes that give the same name deliver to the same subscriber, one of them at a
    /// time. A new one hears of what happens from now on.
    ///
    /// What it has not read is kept for it, also while no process delivers to it:
    /// [`Events::unsubscribe`](crate::events::Events::unsubscribe) removes one that is not used any more.
    #[must_use]
    pub fn subscribe(self, name: impl Into<String>, subscriber: impl Subscriber) -> Self {
        self.subscribe_with(name, subscriber, Delivery::default())
    }

    /// The same, delivered as `delivery` says.
    #[must_use]
    pub fn subscribe_with(
        mut self,
        name: impl Into<String>,
        subscriber: impl Subscriber,
        delivery: Delivery,
    ) -> Self {
        self.subscriptions.subscribers.push((name.into(), Arc::new(subscriber), delivery));
        self
    }

    /// Makes an event known by its name: one that only another process publishes, or a handler that is no module. Subscribers may want
    /// it, and the catalog lists it. To say the same again changes nothing; another description of the same name is a mistake.
    #[must_use]
    pub fn event(mut self, name: impl Into<String>, description: impl Into<String>) -> Self {
        let (name, description) = (name.into(), description.into());
        match self.subscriptions.events.get(&name) {
            Some(known) if *known != description => self.subscriptions.contradictions.push(format!(
                "the event `{name}` is described as \"{known}\" and as \"{description}\"; call `event` once for it"
            )),
            _ => drop(self.subscriptions.events.insert(name, description)),
        }
        self
    }
}

impl Subscriptions {
    /// Adds those of files.
    #[cfg(feature = "yaml")]
    pub(super) fn add(&mut self, name: String, subscriber: Arc<dyn Subscriber>, delivery: Delivery) {
        self.subscribers.push((name, subscriber, delivery));
    }

    pub(super) fn catalog<'w>(&self, workflows: impl IntoIterator<Item = &'w WorkflowDef>) -> EventCatalog {
        EventCatalog::of(workflows, &self.events)
    }

    pub(super) fn dispatchers(
        self,
        catalog: &EventCatalog,
        redaction: &Redaction,
        errors: &mut Vec<BuildError>,
    ) -> Vec<Dispatcher> {
        let mut wrong: Vec<String> =
            self.events.keys().filter_map(|name| name_mistake(RecordKind::Event, name)).collect();
        wrong.extend(self.contradictions);
        let mut dispatchers: Vec<Dispatcher> = Vec::new();
        for (name, subscriber, delivery) in self.subscribers {
            let mut mistakes = delivery.mistakes();
            mistakes.extend(subscriber_name_mistake(&name));
            if dispatchers.iter().any(|other| other.name == name) {
                mistakes.push(
                    "there are two of this name; give each its own, because what it has taken is kept under it".to_owned(),
                );
            }
            match Topics::of(&subscriber.events(), catalog) {
                Ok(topics) => {
                    dispatchers.push(Dispatcher {
                        name: name.clone(),
                        subscriber: Arc::clone(&subscriber),
                        topics,
                        delivery,
                        redaction: redaction.clone(),
                    });
                }
                Err(more) => mistakes.extend(more),
            }
            wrong.extend(mistakes.into_iter().map(|mistake| format!("subscriber `{name}`: {mistake}")));
        }
        errors.extend(wrong.into_iter().map(BuildError::Option));
        dispatchers
    }
}
