//! A notifier, as for Slack: it tells a channel when a task has failed, and when that is mended.
//!
//! Nothing of it is lost: what the chat does not take is tried again, as the error says. Nothing is posted twice: the id of the event goes with the
//! message, and is the same each time the event is delivered.

use std::sync::{Arc, OnceLock};

use serde::Deserialize;
use serde_json::{Value, json};
use tasker::events::{GiveUp, RetryIn, SubscriberError, SubscriberResult, TaskerEvent};
use tasker::http::{Api, ApiConfig, ApiRequest};
use tasker::store::What;
use tasker::{StepError, StepState, TaskState, Tasker, subscriber};

/// What the `config` of its subscription says.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Settings {
    url: String,
    channel: String,
    namespace: String,
}

/// Posts to a channel.
pub struct Chat {
    settings: Settings,
    webhook: ApiConfig,
    api: Api,
    /// Where it asks after the task of an event. It is set when the Tasker is built, which is after its subscribers.
    tasker: Arc<OnceLock<Tasker>>,
}

impl Chat {
    /// What makes one of the `config` of a subscription.
    pub fn of(config: Value, api: &Api, tasker: &Arc<OnceLock<Tasker>>) -> Result<Self, SubscriberError> {
        let settings: Settings = serde_json::from_value(config)?;
        if !settings.url.starts_with("https://") && !settings.url.starts_with("http://") {
            return Err(
                "`url` does not begin with `https://`; give it the address that the chat shows".into()
            );
        }
        let webhook = ApiConfig::post(&settings.url, Value::Null).timeout_secs(10);
        Ok(Self { settings, webhook, api: api.clone(), tasker: Arc::clone(tasker) })
    }

    /// What happened to the task of an event, up to it: when it is delivered, somebody may have opened the task again.
    async fn until(&self, event: &TaskerEvent) -> Result<Vec<What>, SubscriberError> {
        let tasker = self.tasker.get().ok_or("the application is still starting")?;
        let history = tasker.task(event.what.task().task_id).history().await?;
        let before = history.into_iter().filter(|happened| happened.at <= event.at);
        Ok(before.map(|happened| happened.what).collect())
    }

    async fn post(&self, event: &TaskerEvent, says: &str) -> SubscriberResult {
        let task = event.what.task();
        let text = format!("{} {} {says}", task.task_name, task.correlation_id);
        let message = json!({ "channel": self.settings.channel, "text": text, "key": event.id });
        let request = ApiRequest::new(&self.webhook).body(message);
        self.api.call(request).await.map(|_| ()).map_err(|error| not_taken(&error))
    }
}

/// The address is a secret, and it is in the text of the error: what is kept of that is its code.
fn not_taken(error: &StepError) -> SubscriberError {
    let said = format!("the chat did not take it: {}", error.error_code().unwrap_or("no answer"));
    match error.wait() {
        _ if error.is_permanent() => GiveUp::new(said).into(),
        Some(wait) => RetryIn::new(wait, said).into(),
        None => said.into(),
    }
}

#[subscriber]
impl Chat {
    /// One channel, one namespace.
    fn wants(&self, event: &TaskerEvent) -> bool {
        event.what.task().namespace == self.settings.namespace
    }

    async fn on_task_failed(&self, event: &TaskerEvent) -> SubscriberResult {
        let history = self.until(event).await?;
        let failed = history.iter().rev().find_map(|what| match what {
            What::Step { step, to: StepState::Error, error: Some(error), .. } => Some((step, error)),
            _ => None,
        });
        let says = match failed {
            Some((step, error)) => format!("failed, `{step}`: {error}"),
            None => "failed: a step was cancelled".to_owned(),
        };
        self.post(event, &says).await
    }

    async fn on_task_resolved_manually(&self, event: &TaskerEvent) -> SubscriberResult {
        self.post(event, "was seen to by hand").await
    }

    /// Only for tasks that have failed before.
    async fn on_task_completed(&self, event: &TaskerEvent) -> SubscriberResult {
        let failed = |what: &What| matches!(what, What::Task { to: TaskState::Error, .. });
        if self.until(event).await?.iter().any(failed) {
            self.post(event, "went through after all").await?;
        }
        Ok(())
    }
}
