//! What makes two requests the same one: a key that is made of what is asked for, unless one is given.

use std::fmt;
use std::fmt::Write as _;
use std::sync::Arc;

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::clock::Clock as _;
use crate::store::{Attributes, Store, TaskSummary};
use crate::{Json, StepNo, SystemClock, Timestamp, WorkflowId};

/// How a Tasker makes an idempotency key for a task that is started without one. What `start_many` starts goes by it, too.
///
/// Where such a key is taken, the start fails with [`StartError::Conflict`](crate::StartError::Conflict), which names the task that there
/// is, or returns that task if the start says [`or_existing`](crate::Start::or_existing). `start_many` always returns it.
///
/// ```
/// # use tasker_core::{Identity, MemoryStore, StartError, StepError, Tasker, workflow};
/// # extern crate tasker_core as tasker;
/// # #[workflow(context = u32)]
/// # mod order {
/// #     use super::StepError;
/// #     #[step]
/// #     pub async fn charge(ctx: &u32) -> Result<u32, StepError> { Ok(*ctx) }
/// # }
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// // An order is started once, whoever asks for it, and when.
/// let by_order = Identity::custom(|request| Some(request.context.as_str().to_owned()));
/// let tasker =
///     Tasker::builder(()).store(MemoryStore::new()).register::<order::Workflow>().identity(by_order).build().await?;
/// let task = tasker.start::<order::Workflow>(1001).await?;
/// let again = tasker.start::<order::Workflow>(1001).await;
/// assert!(matches!(again, Err(StartError::Conflict { existing, .. }) if existing == task.id()));
/// # tasker.shutdown().await;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Default)]
#[non_exhaustive]
pub enum Identity {
    /// None: each start is a task of its own.
    #[default]
    Default,
    /// The SHA-256, in hexadecimal digits, of the canonical JSON of all that is asked for:
    ///
    /// - namespace, name and version of the workflow, the version as it was found where `latest` was asked for,
    /// - the context as it is stored, with its defaults; the order of its members does not matter,
    /// - initiator, source system and reason, each `unknown` where it was not given,
    /// - the steps that are passed over,
    /// - the minute of UTC in which it was asked for.
    ///
    /// Tags and priority are not part of it. (Ruby Tasker leaves namespace and version out, too.)
    ///
    /// The minute is that of [`requested_at`](crate::Start::requested_at), where that is given; otherwise that of the clock that the
    /// [store was given](crate::store::Store::clock), and as a rule of this process's own. It is not asked of the database: two processes
    /// whose clocks differ may see another minute. What is asked for again in the next minute is another task, even a second later.
    Hash,
    /// What a function makes of it: see [`custom`](Self::custom).
    Custom(IdentityFn),
}

/// Makes a key of what is asked for, or none.
pub type IdentityFn = Arc<dyn Fn(&IdentityRequest<'_>) -> Option<String> + Send + Sync>;

/// What is asked for, as an [`Identity`] sees it.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct IdentityRequest<'a> {
    /// What is to run.
    pub workflow: &'a WorkflowId,
    /// The context as it is to be stored, with its defaults.
    pub context: &'a Json,
    /// Who asks, why and when.
    pub attributes: &'a Attributes,
    /// The steps that are passed over, in order.
    pub bypass: &'a [StepNo],
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Default => "Default",
            Self::Hash => "Hash",
            Self::Custom(_) => "Custom",
        })
    }
}

impl Identity {
    /// A key of 1 to 255 characters that a function makes of what is asked for; none where each start is a task of its own. A key is
    /// one of its namespace and name.
    pub fn custom(key: impl Fn(&IdentityRequest<'_>) -> Option<String> + Send + Sync + 'static) -> Self {
        Self::Custom(Arc::new(key))
    }

    pub(super) fn key(&self, request: &IdentityRequest<'_>, store: &dyn Store) -> Option<String> {
        match self {
            Self::Default => None,
            Self::Hash => {
                let now = store.clock().map_or_else(|| SystemClock.now(), |clock| clock.now());
                Some(hash(request, now))
            }
            Self::Custom(key) => key(request),
        }
    }
}

fn hash(request: &IdentityRequest<'_>, now: Timestamp) -> String {
    const MINUTE: i64 = 60_000_000;
    let IdentityRequest { workflow, context, attributes, bypass } = request;
    let requested_at = attributes.requested_at.unwrap_or(now).as_micros();
    let attribute = |given: &Option<String>| TaskSummary::attribute(given.clone());
    let context: Value = context.parse().unwrap_or_else(|_| context.as_str().into());
    let whole = json!({
        "namespace": workflow.namespace,
        "name": workflow.name,
        "version": workflow.version,
        "context": context,
        "initiator": attribute(&attributes.initiator),
        "source_system": attribute(&attributes.source_system),
        "reason": attribute(&attributes.reason),
        "bypass_steps": bypass.iter().map(|step| step.0).collect::<Vec<_>>(),
        "requested_at": requested_at.div_euclid(MINUTE),
    });
    let mut canonical = String::new();
    write_canonical(&mut canonical, &whole);
    digits_of(&canonical)
}

/// The SHA-256 of a text, in hexadecimal digits.
pub(super) fn digits_of(text: &str) -> String {
    let mut digits = String::with_capacity(64);
    for byte in Sha256::digest(text.as_bytes()) {
        let _ = write!(digits, "{byte:02x}");
    }
    digits
}

/// Without spaces, the members of each object in order of their names: `Value` keeps them so, unless some crate asks for another order.
fn write_canonical(text: &mut String, value: &Value) {
    match value {
        Value::Object(members) => {
            let mut members: Vec<_> = members.iter().collect();
            members.sort_unstable_by_key(|(name, _)| *name);
            text.push('{');
            for (place, (name, value)) in members.into_iter().enumerate() {
                let comma = if place > 0 { "," } else { "" };
                let _ = write!(text, "{comma}{}:", Value::from(name.as_str()));
                write_canonical(text, value);
            }
            text.push('}');
        }
        Value::Array(elements) => {
            text.push('[');
            for (place, value) in elements.iter().enumerate() {
                text.push_str(if place > 0 { "," } else { "" });
                write_canonical(text, value);
            }
            text.push(']');
        }
        scalar => {
            let _ = write!(text, "{scalar}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOON: i64 = 1_795_000_020_000_000;

    fn workflow(namespace: &str, version: &str) -> WorkflowId {
        WorkflowId { namespace: namespace.into(), name: "order".into(), version: version.into() }
    }

    fn hashed(workflow: &WorkflowId, context: &str, attributes: &Attributes, now: i64) -> String {
        let context = Json::from_stored(context);
        let request = IdentityRequest { workflow, context: &context, attributes, bypass: &[] };
        hash(&request, Timestamp::from_micros(now))
    }

    #[test]
    fn the_same_in_one_minute_is_the_same_whatever_the_order_of_its_members() {
        let (shop, none) = (workflow("shop", "1.0.0"), Attributes::default());
        let one = hashed(&shop, r#"{"a":1,"b":[{"c":2,"d":3}]}"#, &none, NOON);
        assert_eq!(one.len(), 64);
        assert!(one.bytes().all(|byte| byte.is_ascii_hexdigit()));
        assert_eq!(one, hashed(&shop, r#"{ "b": [{"d": 3, "c": 2}], "a": 1 }"#, &none, NOON + 59_999_999));
        let said = Attributes { initiator: Some("unknown".into()), ..none };
        assert_eq!(one, hashed(&shop, r#"{"a":1,"b":[{"c":2,"d":3}]}"#, &said, NOON));
    }

    #[test]
    fn whatever_is_part_of_it_makes_it_another() {
        let (shop, none) = (workflow("shop", "1.0.0"), Attributes::default());
        let some = |change: fn(&mut Attributes)| {
            let mut attributes = Attributes::default();
            change(&mut attributes);
            hashed(&shop, "1", &attributes, NOON)
        };
        let all = std::collections::BTreeSet::from([
            hashed(&shop, "1", &none, NOON),
            hashed(&shop, "2", &none, NOON),
            hashed(&shop, "1", &none, NOON + 60_000_000),
            hashed(&workflow("mall", "1.0.0"), "1", &none, NOON),
            hashed(&workflow("shop", "1.0.1"), "1", &none, NOON),
            some(|all| all.initiator = Some("ada".into())),
            some(|all| all.source_system = Some("ada".into())),
            some(|all| all.reason = Some("ada".into())),
            some(|all| all.requested_at = Some(Timestamp::from_micros(0))),
        ]);
        assert_eq!(all.len(), 9);
        let tagged = some(|all| all.tags.extend(["vip".to_owned()]));
        assert!(all.contains(&tagged), "tags are not part of it");
    }
}
