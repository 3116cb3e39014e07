//! Subscriptions from YAML files, as Ruby Tasker has them: which subscriber hears of what, without a build.
//!
//! A file names classes, which the application registers as functions that make a subscriber of a configuration. All is checked when
//! the Tasker is built, when all events are known: every mistake is told with its place, and nobody is subscribed while there is one.

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use serde_json::{Map, Value};
use tasker_rules::suggest::{nearest, quoted};
use tasker_yaml::{Entry, Kind, Node, Report, YamlError};

use super::environment::Environment;
use super::file::YamlFile;
use super::sources::Given;
use super::variables;
use crate::TaskerBuilder;
use crate::events::{
    Delivery, EventCatalog, Subscriber, SubscriberError, SubscriberResult, TaskerEvent, Topics,
    subscriber_name_mistake,
};

/// What makes the subscriber of a class.
type Make = Arc<dyn Fn(Value) -> Result<Arc<dyn Subscriber>, SubscriberError> + Send + Sync>;

/// The files that were given, and the classes that they may name.
#[derive(Default)]
pub(crate) struct SubscriptionFiles {
    given: Vec<Given>,
    classes: BTreeMap<String, Make>,
}

/// A subscription of a file.
pub(crate) struct Subscription {
    pub(crate) name: String,
    pub(crate) subscriber: Arc<dyn Subscriber>,
    pub(crate) delivery: Delivery,
}

/// A subscriber that hears of what a file says, and not of what it would itself.
struct Narrowed {
    subscriber: Arc<dyn Subscriber>,
    events: Vec<String>,
}

#[async_trait]
impl Subscriber for Narrowed {
    fn events(&self) -> Vec<&str> {
        self.events.iter().map(String::as_str).collect()
    }

    fn wants(&self, event: &TaskerEvent) -> bool {
        self.subscriber.wants(event)
    }

    async fn on_event(&self, event: &TaskerEvent) -> SubscriberResult {
        self.subscriber.on_event(event).await
    }
}

impl SubscriptionFiles {
    /// All subscriptions that are enabled, or every mistake in the files.
    pub(crate) fn read(
        &mut self,
        environment: &Environment,
        catalog: &EventCatalog,
    ) -> Result<Vec<Subscription>, YamlError> {
        let (mut subscriptions, mut wrong) = (Vec::new(), YamlError::of(Vec::new()));
        let mut places = BTreeMap::new();
        for file in std::mem::take(&mut self.given).into_iter().flat_map(Given::files) {
            match file {
                Ok(file) => {
                    let mut report = Report::of(file.source());
                    if let Some(root) = tasker_yaml::read_subscriptions(&mut report) {
                        let entries = root.get("subscriptions").map(Node::entries).unwrap_or_default();
                        for entry in entries {
                            let place = file.source().place(entry.span);
                            if let Some(other) = places.insert(entry.key.clone(), place) {
                                let help = format!(
                                    "the other one stands at {other}; give one of the two another name"
                                );
                                report.help(
                                    entry.span,
                                    format!("there are two subscriptions `{}`", entry.key),
                                    help,
                                );
                            }
                            subscriptions.extend(self.subscription(entry, environment, catalog, &mut report));
                        }
                    }
                    if !report.is_empty() {
                        wrong.add(report.into_error());
                    }
                }
                Err(error) => wrong.add(error),
            }
        }
        if wrong.is_empty() { Ok(subscriptions) } else { Err(wrong) }
    }

    fn subscription(
        &self,
        Entry { key: name, span, value: node }: &Entry,
        environment: &Environment,
        catalog: &EventCatalog,
        report: &mut Report<'_>,
    ) -> Option<Subscription> {
        if node.is_null() {
            report.help(
                *span,
                format!("the subscription `{name}` says nothing"),
                "write its `class` under it",
            );
            return None;
        }
        if let Some(mistake) = subscriber_name_mistake(name) {
            report.add(*span, format!("the subscription `{name}` cannot be: {mistake}"));
        }
        let events = events(node, catalog, report);
        // What is not subscribed may be of a class that is not there yet, and need variables that are not set.
        if node.get("enabled").and_then(Node::flag) == Some(false) {
            return None;
        }
        let class = node.get("class")?;
        let written = class.text()?;
        let Some(make) = self.classes.get(written) else {
            let known = || self.classes.keys().map(String::as_str);
            let help = match nearest(written, known()) {
                Some(near) => format!("did you mean `{near}`?"),
                None if self.classes.is_empty() => {
                    format!("register it: `TaskerBuilder::subscriber_class(\"{written}\", ..)`")
                }
                None => format!(
                    "register it with `TaskerBuilder::subscriber_class`; those that are registered are {}",
                    quoted(known())
                ),
            };
            report.help(class.span, format!("the subscriber class `{written}` is not registered"), help);
            return None;
        };
        let config = node.get("config");
        let before = report.len();
        let value = config
            .map_or(Value::Object(Map::new()), |config| variables::expand(config, environment, report).value);
        if report.len() > before || config.is_some_and(|config| report.tells_of(config)) {
            return None;
        }
        match make(value) {
            Ok(subscriber) => {
                let subscriber = match events {
                    Some(events) => Arc::new(Narrowed { subscriber, events }),
                    None => subscriber,
                };
                Some(Subscription {
                    name: name.clone(),
                    subscriber,
                    delivery: delivery(node.get("delivery")),
                })
            }
            Err(error) => {
                let place = config.map_or(class.span, |config| config.span);
                report.add(place, format!("`{written}` does not take this configuration: {error}"));
                None
            }
        }
    }
}

/// How events are delivered, as far as the file says it. What it says was checked.
fn delivery(node: Option<&Node>) -> Delivery {
    let usual = Delivery::default();
    let Some(node) = node else { return usual };
    let count = |key, usual: usize| match node.get(key).map(|node| &node.kind) {
        Some(Kind::Number(number)) => {
            number.as_u64().and_then(|number| number.try_into().ok()).unwrap_or(usual)
        }
        _ => usual,
    };
    let time = |node: Option<&Node>, usual| match node.map(|node| &node.kind) {
        Some(Kind::Number(number)) => {
            number.as_f64().and_then(|seconds| Duration::try_from_secs_f64(seconds).ok()).unwrap_or(usual)
        }
        _ => usual,
    };
    let wait = |key| node.get("backoff").and_then(|backoff| backoff.get(key));
    let (first, longest) = (usual.first_wait, usual.longest_wait);
    Delivery::default()
        .attempts(count("attempts", usual.attempts as usize).try_into().unwrap_or(usual.attempts))
        .backoff(time(wait("first"), first), time(wait("longest"), longest))
        .timeout(time(node.get("timeout"), usual.timeout))
        .concurrency(count("concurrency", usual.concurrency))
        .most_set_aside(count("most_set_aside", usual.most_set_aside))
        .lease(time(node.get("lease"), usual.lease))
}

/// The events that a file names, if it names any.
fn events(node: &Node, catalog: &EventCatalog, report: &mut Report<'_>) -> Option<Vec<String>> {
    let list = node.get("events")?;
    if list.items().is_empty() && !report.tells_of(list) {
        let help = "leave it out for those of the class, write `['*']` for all, or `enabled: false`";
        report.help(list.span, "the list `events` is empty", help);
    }
    let mut events = Vec::new();
    for (item, event) in list.items().iter().filter_map(|item| Some((item, item.text()?))) {
        events.push(event.to_owned());
        if report.is_full() || report.tells_of(item) || Topics::of(&[event], catalog).is_ok() {
            continue;
        }
        let near = crate::events::near(event, catalog);
        let help = match near.strip_prefix("; ") {
            Some(near) => near.to_owned(),
            None => "`Events::catalog` lists those there are; one that only another process publishes is made known with \
                     `TaskerBuilder::event`"
                .to_owned(),
        };
        report.help(item.span, format!("there is no event `{event}`"), help);
    }
    Some(events)
}

impl<A: Send + Sync + 'static, S> TaskerBuilder<A, S> {
    /// Adds the subscriptions that a YAML file describes. What is wrong with it is reported by [`build`](Self::build).
    ///
    /// | key of a subscription | |
    /// |---|---|
    /// | `class` | the name that [`subscriber_class`](Self::subscriber_class) registered |
    /// | `enabled` | `false` subscribes nobody. Default: `true` |
    /// | `events` | what it hears of instead of what it would by itself: `task.completed`, `task.*`, `'*'` |
    /// | `config` | what the class makes its subscriber of; `${NAME}` stands for a variable, as in [task files](crate::yaml#variables) |
    /// | `delivery` | how events are delivered to it, as [`Delivery`] has it: `attempts`, `backoff` with `first` and `longest`, `timeout`, `concurrency`, `most_set_aside` and `lease`, times in seconds |
    ///
    /// ```
    /// use tasker_core::events::{Subscriber, SubscriberResult, TaskerEvent};
    /// use tasker_core::yaml::YamlFile;
    /// # use tasker_core::{MemoryStore, Tasker};
    ///
    /// struct Mailer {
    ///     to: String,
    /// }
    ///
    /// #[tasker_core::async_trait]
    /// impl Subscriber for Mailer {
    ///     fn events(&self) -> Vec<&str> {
    ///         vec!["task.completed"]
    ///     }
    ///
    ///     async fn on_event(&self, event: &TaskerEvent) -> SubscriberResult {
    ///         println!("{} hears of {}", self.to, event.name());
    ///         Ok(())
    ///     }
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let file = YamlFile::new(
    ///     "integrations.yml",
    ///     "
    /// subscriptions:
    ///   order_mailer:
    ///     class: OrderMailer
    ///     events: [task.completed, task.failed]
    ///     config: { to: '${SHOP_MAIL:-shop@example.com}' }
    /// ",
    /// );
    /// let tasker = Tasker::builder(())
    ///     .store(MemoryStore::new())
    ///     .subscriptions(file) // or .subscriptions_file(..), or .subscriptions_dir("config/tasker/subscriptions")
    ///     .subscriber_class("OrderMailer", |config| match config["to"].as_str() {
    ///         Some(to) => Ok(Mailer { to: to.to_owned() }),
    ///         None => Err("`to` says whom to write to"),
    ///     })
    ///     .build()
    ///     .await?;
    /// assert_eq!(tasker.events().subscriptions().await?[0].name, "order_mailer");
    /// # tasker.shutdown().await;
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn subscriptions(mut self, file: YamlFile) -> Self {
        self.yaml.subscriptions.given.push(Given::File(file));
        self
    }

    /// Adds the [subscriptions](Self::subscriptions) of a file, which is read when the Tasker is built.
    #[must_use]
    pub fn subscriptions_file(mut self, path: impl Into<PathBuf>) -> Self {
        self.yaml.subscriptions.given.push(Given::Path(path.into()));
        self
    }

    /// Adds the [subscriptions](Self::subscriptions) of all files in a directory that end in `.yaml` or `.yml`.
    #[must_use]
    pub fn subscriptions_dir(mut self, path: impl Into<PathBuf>) -> Self {
        self.yaml.subscriptions.given.push(Given::Directory(path.into()));
        self
    }

    /// Says what makes the subscribers of a class that files name: a function of the `config`, which is `{}` where there is none. It is called for
    /// each subscription. Its error is told with the place of the `config`, so it should not repeat secrets.
    #[must_use]
    pub fn subscriber_class<T: Subscriber, E: Into<SubscriberError>>(
        mut self,
        class: impl Into<String>,
        make: impl Fn(Value) -> Result<T, E> + Send + Sync + 'static,
    ) -> Self {
        let make: Make = Arc::new(move |config| {
            let subscriber: Arc<dyn Subscriber> = Arc::new(make(config).map_err(Into::into)?);
            Ok(subscriber)
        });
        self.yaml.subscriptions.classes.insert(class.into(), make);
        self
    }
}
