//! A task as somebody outside asks for it: a document that names the workflow, checked as a whole.

use std::pin::Pin;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use tasker_rules::suggest::did_you_mean;

use super::registry::LATEST;
use super::start::{Start, StartError, Wish};
use super::start_many::{Checked, create_all};
use super::{Client, TaskHandle, Tasker};
use crate::echo::echo;
use crate::registry::Registration;
use crate::schema::{self, Violation};
use crate::store::Attributes;
use crate::{DefinitionId, Timestamp, WorkflowId};

/// A task as somebody outside asks for it; [`Tasker::request`] starts it.
///
/// ```
/// use serde_json::json;
/// use tasker_core::TaskRequest;
///
/// let request = TaskRequest::read(&json!({
///     "name": "order", "namespace": "shop", "context": { "order": 1001 }, "initiator": "ada", "tags": ["vip"]
/// }))?;
/// assert_eq!((request.version, request.priority), (None, 0));
///
/// let error = TaskRequest::read(&json!({ "name": 7, "contxt": {} })).unwrap_err().to_string();
/// assert!(error.contains("/contxt: a request has no such field; did you mean `context`?"), "{error}");
/// assert!(error.contains("/name: invalid type: integer `7`, expected a string"), "{error}");
/// # Ok::<(), tasker_core::StartError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TaskRequest {
    /// The name of the workflow.
    pub name: String,
    /// Its namespace.
    #[serde(default = "default_namespace")]
    pub namespace: String,
    /// Its version; none, or `latest`, for the latest that this process has, by semantic version. (In Tasker none is `0.1.0`.)
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// What its steps take; it has to fit the schema of the workflow.
    pub context: Value,
    /// Who asks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub initiator: Option<String>,
    /// The system that asks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source_system: Option<String>,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// What the task is found by.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
    /// Steps that are passed over from the start; each of them has to be one that may be skipped.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub bypass_steps: Vec<String>,
    /// Steps of tasks with a higher priority go first.
    #[serde(default)]
    pub priority: i16,
    /// When it was asked for; otherwise when the task is created.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub requested_at: Option<Timestamp>,
    /// Starts the task at most once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub idempotency_key: Option<String>,
    /// What it shares with the request that it came from: see [`Start::correlation_id`](crate::Start::correlation_id).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub correlation_id: Option<String>,
    /// The span that asks for it, as the header `traceparent` of the W3C: see [`Start::traceparent`](crate::Start::traceparent).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub traceparent: Option<String>,
}

const FIELDS: [&str; 14] = [
    "name",
    "namespace",
    "version",
    "context",
    "initiator",
    "source_system",
    "reason",
    "tags",
    "bypass_steps",
    "priority",
    "requested_at",
    "idempotency_key",
    "correlation_id",
    "traceparent",
];

fn default_namespace() -> String {
    "default".to_owned()
}

impl TaskRequest {
    /// A request of the latest version of a workflow in the namespace `default`, about which nothing else is said.
    pub fn new(name: impl Into<String>, context: Value) -> Self {
        Self {
            name: name.into(),
            namespace: default_namespace(),
            version: None,
            context,
            initiator: None,
            source_system: None,
            reason: None,
            tags: Vec::new(),
            bypass_steps: Vec::new(),
            priority: 0,
            requested_at: None,
            idempotency_key: None,
            correlation_id: None,
            traceparent: None,
        }
    }

    /// Reads a request from JSON. Unlike [`Deserialize`] it tells all that is wrong at once; null is as if a field were not there.
    ///
    /// # Errors
    /// [`StartError::InvalidRequest`] with the path of each field that is not known, is missing, or has another type.
    pub fn read(json: &Value) -> Result<Self, StartError> {
        let mut reader = Reader::default();
        let none = Map::new();
        let fields = json.as_object().unwrap_or_else(|| {
            reader.violate("", "a request is a JSON object");
            &none
        });
        for field in fields.keys().filter(|field| !FIELDS.contains(&field.as_str())) {
            let hint = did_you_mean(field, FIELDS);
            let path = format!("/{}", echo(&field.replace('~', "~0").replace('/', "~1"), 200));
            reader.violate(&path, &format!("a request has no such field{hint}"));
        }
        let name = reader.optional::<String>(fields, "name");
        let request = Self {
            namespace: reader.optional(fields, "namespace").unwrap_or_else(default_namespace),
            version: reader.optional(fields, "version"),
            context: fields.get("context").cloned().unwrap_or_default(),
            initiator: reader.optional(fields, "initiator"),
            source_system: reader.optional(fields, "source_system"),
            reason: reader.optional(fields, "reason"),
            tags: reader.optional(fields, "tags").unwrap_or_default(),
            bypass_steps: reader.optional(fields, "bypass_steps").unwrap_or_default(),
            priority: reader.optional(fields, "priority").unwrap_or_default(),
            requested_at: reader.optional(fields, "requested_at"),
            idempotency_key: reader.optional(fields, "idempotency_key"),
            correlation_id: reader.optional(fields, "correlation_id"),
            traceparent: reader.optional(fields, "traceparent"),
            name: name.unwrap_or_default(),
        };
        let has_name = fields.get("name").is_some_and(|name| !name.is_null());
        for (field, has) in [("name", has_name), ("context", fields.contains_key("context"))] {
            if json.is_object() && !has {
                reader.violate(
                    &format!("/{field}"),
                    "it is missing; a request names a workflow and has a context",
                );
            }
        }
        if reader.0.is_empty() {
            return Ok(request);
        }
        let workflow = if request.name.is_empty() { String::new() } else { request.workflow().to_string() };
        Err(StartError::InvalidRequest { workflow, violations: schema::first_of(reader.0) })
    }

    /// What is asked for; the version is `latest` if none is.
    fn workflow(&self) -> WorkflowId {
        WorkflowId {
            namespace: self.namespace.clone(),
            name: self.name.clone(),
            version: self.version.clone().unwrap_or_else(|| LATEST.to_owned()),
        }
    }
}

/// Reads fields, and keeps what is wrong with them.
#[derive(Default)]
struct Reader(Vec<Violation>);

impl Reader {
    fn violate(&mut self, path: &str, message: &str) {
        self.0.push(Violation { path: path.to_owned(), message: message.to_owned() });
    }

    fn optional<T: DeserializeOwned>(&mut self, fields: &Map<String, Value>, name: &str) -> Option<T> {
        let value = fields.get(name).filter(|value| !value.is_null())?;
        match schema::read(value) {
            Ok(read) => Some(read),
            Err(Violation { path, message }) => {
                self.violate(&format!("/{name}{path}"), &message);
                None
            }
        }
    }
}

impl Tasker {
    /// Starts the task that somebody outside asks for.
    ///
    /// What was asked for before is handled as in [`start`](Self::start): with a key that the request gives, the task that there is comes
    /// back; with one that the [`Identity`](crate::Identity) of the Tasker makes, it is [`StartError::Conflict`].
    /// [`or_existing`](Start::or_existing) and [`or_conflict`](Start::or_conflict) say otherwise.
    ///
    /// # Errors
    /// [`StartError::NotRegistered`] if the workflow is not known and nothing else is wrong, otherwise
    /// [`StartError::InvalidRequest`] with all that is wrong at once, by paths in the request; and what else there is when a task is
    /// started.
    pub fn request(&self, request: TaskRequest) -> Start<()> {
        let Asked { registration, context, wish } = self.asked(request);
        Start::new(self.0.client.clone(), registration, Ok(context), wish)
    }

    /// Starts many tasks that somebody outside asks for, of whatever workflows, a thousand in a transaction. All requests are checked before
    /// the first task is stored; the handles come in the order of the requests.
    ///
    /// A task that there is already, by its key or by the [`Identity`](crate::Identity) of the Tasker, is returned, and is
    /// [not new](crate::TaskHandle::is_new). [`request`](Self::request) makes a [`Conflict`](StartError::Conflict) of the second; of many
    /// that would be found out when others are started already, and an error could not take those back. Who wants to know looks at
    /// [`is_new`](crate::TaskHandle::is_new).
    ///
    /// ```
    /// # use tasker_core::{MemoryStore, StartError, StepError, TaskRequest, Tasker, workflow};
    /// # use serde_json::json;
    /// # extern crate tasker_core as tasker;
    /// # #[workflow(context = u32)]
    /// # mod count {
    /// #     use super::StepError;
    /// #     #[step]
    /// #     pub async fn double(ctx: &u32) -> Result<u32, StepError> { Ok(ctx * 2) }
    /// # }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let tasker = Tasker::builder(()).store(MemoryStore::new()).register::<count::Workflow>().build().await?;
    /// let request = |name: &str, context| TaskRequest::new(name, json!(context));
    /// let tasks = tasker.request_many([request("count", 1), request("count", 2)]).await?;
    /// assert_eq!(tasks.len(), 2);
    ///
    /// let error = tasker.request_many([request("count", -1), request("count", 2), request("cuont", 3)]).await.unwrap_err();
    /// let StartError::Invalid { mistakes, .. } = &error else { panic!("{error}") };
    /// assert_eq!(mistakes.iter().map(|(position, _)| *position).collect::<Vec<_>>(), [0, 2]);
    /// # tasker.shutdown().await;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`StartError::Invalid`] with each request that is not valid, and what [`request`](Self::request) says of it; if the store fails in
    /// the middle, [`StartError::Partly`] with the tasks that were started.
    pub fn request_many(&self, requests: impl IntoIterator<Item = TaskRequest>) -> RequestMany {
        let asked = requests.into_iter().map(|request| self.asked(request)).collect();
        RequestMany { client: self.0.client.clone(), asked }
    }

    fn asked(&self, request: TaskRequest) -> Asked {
        let workflow = request.workflow();
        let wish = Wish {
            key: request.idempotency_key,
            priority: request.priority,
            attributes: Attributes {
                initiator: request.initiator,
                source_system: request.source_system,
                reason: request.reason,
                requested_at: request.requested_at,
                tags: request.tags.into_iter().collect(),
                correlation_id: request.correlation_id,
                traceparent: request.traceparent,
            },
            duplicate: None,
            bypass: request.bypass_steps,
            from_outside: Some(workflow.clone()),
        };
        Asked { registration: self.named(workflow), context: request.context, wish }
    }
}

/// A request, and the workflow that it names.
struct Asked {
    registration: Result<(DefinitionId, Arc<Registration>), StartError>,
    context: Value,
    wish: Wish,
}

/// Many tasks that somebody outside asks for, about to be started; await them.
#[must_use = "the tasks are started when this is awaited"]
pub struct RequestMany {
    client: Client,
    asked: Vec<Asked>,
}

impl RequestMany {
    async fn create(self) -> Result<Vec<TaskHandle>, StartError> {
        let Self { client, asked } = self;
        let mut checked = Checked::new(asked.len());
        for Asked { registration, context, wish } in asked {
            checked.add(wish.task(&client, registration, Ok(context))).await;
        }
        create_all(client, &checked.tasks()?).await
    }
}

impl IntoFuture for RequestMany {
    type Output = Result<Vec<TaskHandle>, StartError>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.create())
    }
}
