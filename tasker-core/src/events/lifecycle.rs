//! The events of Tasker's own: one type for each name.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::de::Error as _;
use serde::ser::SerializeStruct;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;

use super::catalog::Category;
use super::facts::{StepFacts, TaskFacts};
use crate::store::{Lifecycle, Occurrence, StepOccurrence};
use crate::{Redaction, StepError, Timestamp, schema};

/// Something that happened to a task.
///
/// As JSON it is `{"id": …, "event": "task.completed", "at": …, "payload": {…}}`.
#[derive(Debug, Clone, PartialEq)]
pub struct TaskerEvent {
    /// Its own id, the same each time that it is delivered: who must not do something twice remembers it.
    pub id: String,
    /// When it was recorded.
    pub at: Timestamp,
    /// What happened.
    pub what: What,
}

/// An event that a step published: one of the application's own.
///
/// What has the name of a secret ([`Redaction`]) is `[redacted]` in [`data`](Self::data), and so in what is made of the event as JSON, such as a webhook. Of
/// what has one of the usual names only texts are hidden, so that numbers stay numbers; what the application named itself is hidden
/// whatever it is. Who reads the event by its type, as a method of a `#[subscriber]` or [`read`](Self::read) does, gets it as the step said it.
/// What `{:?}` shows is without secrets, too.
#[derive(Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CustomEvent {
    /// The task whose step published it.
    #[serde(flatten)]
    pub task: Arc<TaskFacts>,
    /// The step that published it.
    #[serde(flatten)]
    pub step: StepFacts,
    /// Its name.
    pub name: String,
    /// What it says, without secrets: [`read`](Self::read) gives all of it to those who know its type.
    pub data: Value,
    /// What the step said, if some of that is hidden.
    #[serde(skip)]
    #[schemars(skip)]
    pub(super) whole: Option<Arc<Value>>,
}

impl CustomEvent {
    /// What it says, if it is one of these, as the step said it: with what is hidden in [`data`](Self::data), where the event was delivered by
    /// Tasker and not read from JSON. The fields of the type say what is wanted, and it does not leave the process by itself.
    ///
    /// The result is an error when it has the name of one of these and does not fit the type; what has the name of a secret is not quoted.
    #[must_use]
    pub fn read<E: crate::Event>(&self) -> Option<Result<E, serde_json::Error>> {
        let read = || {
            schema::read(self.whole())
                .map_err(|violation| serde_json::Error::custom(violation.under(E::NAME)))
        };
        (self.name == E::NAME).then(read)
    }

    /// What the step said.
    pub(super) fn whole(&self) -> &Value {
        self.whole.as_deref().unwrap_or(&self.data)
    }
}

impl fmt::Debug for CustomEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { task, step, name, data, whole: _ } = self;
        f.debug_struct("CustomEvent")
            .field("task", task)
            .field("step", step)
            .field("name", name)
            .field("data", data)
            .finish_non_exhaustive()
    }
}

/// What an event reads from an occurrence beside the task and the step.
trait Facts: Sized {
    fn of(occurrence: Occurrence) -> Self;
}

fn seconds(from: Timestamp, to: Timestamp) -> f64 {
    to.since(from).as_secs_f64()
}

/// The events of tasks, then those of steps.
macro_rules! events {
    (
        tasks { $($(#[doc = $task_doc:literal])* $task:ident = $task_name:literal by $task_by:literal {
            $($(#[$task_field_doc:meta])* $task_field:ident: $task_type:ty = $task_read:expr,)*
        })* }
        steps { $($(#[doc = $step_doc:literal])* $step:ident = $step_name:literal by $step_by:literal {
            $($(#[$step_field_doc:meta])* $step_field:ident: $step_type:ty = $step_read:expr,)*
        })* }
    ) => {
        $(
            $(#[doc = $task_doc])*
            #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
            pub struct $task {
                /// The task.
                #[serde(flatten)]
                pub task: Arc<TaskFacts>,
                $($(#[$task_field_doc])* pub $task_field: $task_type,)*
            }

            impl Facts for $task {
                fn of(occurrence: Occurrence) -> Self {
                    $(let $task_field = { let read: fn(&Occurrence) -> $task_type = $task_read; read(&occurrence) };)*
                    Self { task: occurrence.task, $($task_field,)* }
                }
            }
        )*
        $(
            $(#[doc = $step_doc])*
            #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
            pub struct $step {
                /// The task.
                #[serde(flatten)]
                pub task: Arc<TaskFacts>,
                /// The step.
                #[serde(flatten)]
                pub step: StepFacts,
                $($(#[$step_field_doc])* pub $step_field: $step_type,)*
            }
        )*

        /// What happened: one variant for each event of Tasker's own, and one for those of the application.
        #[derive(Debug, Clone, PartialEq)]
        #[non_exhaustive]
        pub enum What {
            $($(#[doc = $task_doc])* $task($task),)*
            $($(#[doc = $step_doc])* $step($step),)*
            /// An event that a step published.
            Custom(CustomEvent),
        }

        impl What {
            /// The name of the event.
            #[must_use]
            pub fn name(&self) -> &str {
                match self {
                    $(Self::$task(_) => $task_name,)*
                    $(Self::$step(_) => $step_name,)*
                    Self::Custom(event) => &event.name,
                }
            }

            pub(super) const fn kind(&self) -> Lifecycle {
                match self {
                    $(Self::$task(_) => Lifecycle::$task,)*
                    $(Self::$step(_) => Lifecycle::$step,)*
                    Self::Custom(_) => Lifecycle::Emitted,
                }
            }

            /// The task to which it happened.
            #[must_use]
            pub fn task(&self) -> &TaskFacts {
                match self {
                    $(Self::$task(event) => &event.task,)*
                    $(Self::$step(event) => &event.task,)*
                    Self::Custom(event) => &event.task,
                }
            }

            /// The step to which it happened, if it was one.
            #[must_use]
            pub const fn step(&self) -> Option<&StepFacts> {
                match self {
                    $(Self::$task(_) => None,)*
                    $(Self::$step(event) => Some(&event.step),)*
                    Self::Custom(event) => Some(&event.step),
                }
            }

            /// What it says, as JSON.
            #[must_use]
            pub fn payload(&self) -> Value {
                let payload = match self {
                    $(Self::$task(event) => serde_json::to_value(event),)*
                    $(Self::$step(event) => serde_json::to_value(event),)*
                    Self::Custom(event) => serde_json::to_value(event),
                };
                payload.unwrap_or_default()
            }

            fn read(name: &str, payload: Value) -> Result<Self, serde_json::Error> {
                Ok(match name {
                    $($task_name => Self::$task(serde_json::from_value(payload)?),)*
                    $($step_name => Self::$step(serde_json::from_value(payload)?),)*
                    _ => Self::Custom(serde_json::from_value(payload)?),
                })
            }

            fn of(mut occurrence: Occurrence) -> Option<Self> {
                Some(match occurrence.what {
                    $(Lifecycle::$task => Self::$task($task::of(occurrence)),)*
                    $(Lifecycle::$step => {
                        let step = occurrence.step.take()?;
                        $(let $step_field = {
                            let read: fn(&Occurrence, &StepOccurrence) -> $step_type = $step_read;
                            read(&occurrence, &step)
                        };)*
                        Self::$step($step { task: occurrence.task, step: step.facts, $($step_field,)* })
                    })*
                    Lifecycle::Emitted => {
                        let (step, emitted) = (occurrence.step?, occurrence.emitted?);
                        Self::Custom(CustomEvent {
                            task: occurrence.task,
                            step: step.facts,
                            name: emitted.name,
                            data: serde_json::from_str(emitted.payload.as_str()).unwrap_or_default(),
                            whole: None,
                        })
                    }
                })
            }
        }

        /// The events of Tasker's own: name, what is stored of it, category, description, who publishes it, and its schema.
        pub(super) fn own() -> Vec<Own> {
            vec![
                $(Own {
                    name: $task_name,
                    what: Lifecycle::$task,
                    category: Category::Task,
                    description: concat!($($task_doc, "\n"),*),
                    fired_by: $task_by,
                    schema: schemars::schema_for!($task).into(),
                },)*
                $(Own {
                    name: $step_name,
                    what: Lifecycle::$step,
                    category: Category::Step,
                    description: concat!($($step_doc, "\n"),*),
                    fired_by: $step_by,
                    schema: schemars::schema_for!($step).into(),
                },)*
            ]
        }
    };
}

/// An event of Tasker's own.
pub(super) struct Own {
    pub(super) name: &'static str,
    pub(super) what: Lifecycle,
    pub(super) category: Category,
    pub(super) description: &'static str,
    pub(super) fired_by: &'static str,
    pub(super) schema: Value,
}

events! {
    tasks {
        /// A task was created.
        TaskInitializeRequested = "task.initialize_requested" by "whoever starts a task" {}
        /// A worker took the first step of a task.
        TaskStartRequested = "task.start_requested" by "the worker that claims its first step" {}
        /// All steps of a task are done.
        TaskCompleted = "task.completed" by "the worker that settles its last step, or the operator who ends it" {
            /// Seconds from its creation to its end.
            total_execution_duration: f64 = |it| seconds(it.task.created_at, it.at),
        }
        /// Nothing in a task can go on: a step failed for good, or was cancelled.
        TaskFailed = "task.failed" by "the worker that settles what ended it, or the operator" {
            /// Seconds from its creation to its end.
            total_execution_duration: f64 = |it| seconds(it.task.created_at, it.at),
        }
        /// An operator cancelled a task.
        TaskCancelled = "task.cancelled" by "the operator" {
            /// Seconds from its creation to its end.
            total_execution_duration: f64 = |it| seconds(it.task.created_at, it.at),
        }
        /// An operator declared a task in error done as it is.
        TaskResolvedManually = "task.resolved_manually" by "the operator" {
            /// Seconds from its creation until then.
            total_execution_duration: f64 = |it| seconds(it.task.created_at, it.at),
        }
        /// A task in error was opened again.
        TaskRetryRequested = "task.retry_requested" by "the operator" {}
    }
    steps {
        /// A worker took a step and executes it.
        StepExecutionRequested = "step.execution_requested" by "the worker that claims the step" {}
        /// A step has its result.
        StepCompleted = "step.completed" by "the worker that settles the step" {
            /// When the execution began.
            started_at: Timestamp = |it, step| step.began_at.unwrap_or(it.at),
            /// Seconds that the execution took.
            execution_duration: f64 = |it, step| step.began_at.map_or(0.0, |began| seconds(began, it.at)),
        }
        /// An execution of a step failed. If it is to be repeated, `step.retry_requested` follows; otherwise the step is in error.
        StepFailed = "step.failed" by "the worker that settles the step, or one that finds its worker dead" {
            /// When the execution began.
            started_at: Timestamp = |it, step| step.began_at.unwrap_or(it.at),
            /// Seconds that the execution took.
            execution_duration: f64 = |it, step| step.began_at.map_or(0.0, |began| seconds(began, it.at)),
            /// What the error says.
            error_message: String = |_, step| step.error.as_ref().map_or_else(String::new, |error| error.message().to_owned()),
            /// The code of the error, if it has one.
            error_code: Option<String> = |_, step| step.error.as_ref().and_then(|error| error.error_code().map(ToOwned::to_owned)),
            /// Whether the error says that trying again cannot help.
            permanent: bool = |_, step| step.error.as_ref().is_some_and(StepError::is_permanent),
        }
        /// A step that failed is to run again, by its retry policy or because an operator wants it.
        StepRetryRequested = "step.retry_requested" by "the worker that settles the failed execution, or the operator" {
            /// Not before this time, as it stood when the event was read.
            retry_at: Timestamp = |it, step| step.run_at.unwrap_or(it.at),
        }
        /// A worker that shuts down gave a step back; that execution does not count.
        StepHandedBack = "step.handed_back" by "the worker that shuts down" {}
        /// A step was passed over: by itself, by a request, or by an operator.
        StepSkipped = "step.skipped" by "the worker that settles the step, whoever starts the task, or the operator" {}
        /// A step was cancelled, by itself or with its task.
        StepCancelled = "step.cancelled" by "the operator" {}
        /// An operator declared a step done.
        StepResolvedManually = "step.resolved_manually" by "the operator" {}
    }
}

impl TaskerEvent {
    /// None for what is no event.
    pub(super) fn of(occurrence: Occurrence) -> Option<Self> {
        Some(Self { id: occurrence.id(), at: occurrence.at, what: What::of(occurrence)? })
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        self.what.name()
    }

    /// As it is delivered: an event of the application has no secrets in what it says, except for those who read it as its type.
    pub(super) fn redacted(&self, redaction: &Redaction) -> Cow<'_, Self> {
        let What::Custom(event) = &self.what else { return Cow::Borrowed(self) };
        let mut data = event.whole().clone();
        if !redaction.json_of_same_types(&mut data) {
            return Cow::Borrowed(self);
        }
        let whole = Some(event.whole.clone().unwrap_or_else(|| Arc::new(event.data.clone())));
        let (task, step, name) = (event.task.clone(), event.step.clone(), event.name.clone());
        let what = What::Custom(CustomEvent { task, step, name, data, whole });
        Cow::Owned(Self { id: self.id.clone(), at: self.at, what })
    }
}

impl Serialize for TaskerEvent {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut event = serializer.serialize_struct("TaskerEvent", 4)?;
        event.serialize_field("id", &self.id)?;
        event.serialize_field("event", self.name())?;
        event.serialize_field("at", &self.at)?;
        event.serialize_field("payload", &self.what.payload())?;
        event.end()
    }
}

impl<'de> Deserialize<'de> for TaskerEvent {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        struct Raw {
            id: String,
            event: String,
            at: Timestamp,
            payload: Value,
        }
        let Raw { id, event, at, payload } = Raw::deserialize(deserializer)?;
        Ok(Self { id, at, what: What::read(&event, payload).map_err(D::Error::custom)? })
    }
}

/// An event as it may look, for the catalog.
pub(super) fn example(what: Lifecycle) -> Option<TaskerEvent> {
    let at = |seconds: i64| Timestamp::from_micros((1_795_000_000 + seconds) * 1_000_000);
    let task = TaskFacts {
        task_id: "01935a3e-5b2a-7c41-9f0e-2f6b1c8d4e70".parse().ok()?,
        namespace: "shop".to_owned(),
        task_name: "order".to_owned(),
        version: "1.0.0".to_owned(),
        correlation_id: "req-4711".to_owned(),
        created_at: at(0),
        traceparent: None,
    };
    let error = StepError::retryable("the gateway answered 503").code("GATEWAY_BUSY");
    let facts = StepFacts {
        step_id: 1,
        step_name: "charge".to_owned(),
        attempt_number: 1,
        retry_limit: 3,
        worker_id: "01935a3e-0000-7000-8000-000000000001".parse().ok(),
    };
    let step = StepOccurrence {
        facts,
        began_at: Some(at(1)),
        error: (what == Lifecycle::StepFailed).then_some(error),
        run_at: Some(at(4)),
    };
    let is_of_step = !matches!(what.rank(), 0 | 1 | 6);
    let step = is_of_step.then_some(step);
    TaskerEvent::of(Occurrence { what, at: at(2), task: Arc::new(task), revision: 2, step, emitted: None })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_is_read_as_it_was_written() {
        for own in own() {
            let event = example(own.what).unwrap();
            assert_eq!(event.name(), own.name);
            let json = serde_json::to_string(&event).unwrap();
            assert_eq!(serde_json::from_str::<TaskerEvent>(&json).unwrap(), event, "{json}");
            let validator = jsonschema::validator_for(&own.schema).unwrap();
            assert!(validator.is_valid(&event.what.payload()), "{}", own.name);
        }
    }

    #[test]
    fn the_macros_know_the_same_events() {
        let names: Vec<&str> = own().iter().map(|own| own.name).collect();
        assert_eq!(names, tasker_rules::names::EVENTS);
        for own in own() {
            let schema = own.schema["title"].as_str().unwrap();
            assert_eq!(tasker_rules::names::event_type(own.name), schema);
        }
    }

    #[test]
    fn an_event_says_what_happened_in_the_words_of_ruby_tasker() {
        let event = serde_json::to_value(example(Lifecycle::StepFailed).unwrap()).unwrap();
        assert_eq!(
            event,
            serde_json::json!({
                "id": "01935a3e-5b2a-7c41-9f0e-2f6b1c8d4e70/1.2",
                "event": "step.failed",
                "at": "2026-11-18T11:06:42.000000Z",
                "payload": {
                    "task_id": "01935a3e-5b2a-7c41-9f0e-2f6b1c8d4e70",
                    "namespace": "shop",
                    "task_name": "order",
                    "version": "1.0.0",
                    "correlation_id": "req-4711",
                    "created_at": "2026-11-18T11:06:40.000000Z",
                    "step_id": 1,
                    "step_name": "charge",
                    "attempt_number": 1,
                    "retry_limit": 3,
                    "worker_id": "01935a3e-0000-7000-8000-000000000001",
                    "started_at": "2026-11-18T11:06:41.000000Z",
                    "execution_duration": 1.0,
                    "error_message": "the gateway answered 503",
                    "error_code": "GATEWAY_BUSY",
                    "permanent": false,
                },
            })
        );
    }
}
