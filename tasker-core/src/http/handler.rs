//! API steps that need no code: `type: api` in a task file is all.
//!
//! What is called stands in the configuration of the step; the values for its placeholders are fields of the task's context and results of
//! other steps. A handler with code of its own begins with [`ApiRequest::of_step`] and goes on from there.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::{Api, ApiConfig, ApiRequest, fill};
use crate::def::{Variables, place_in};
use crate::{StepContext, StepDef, StepError, StepHandler, StepMistakes, StepSequence, Task};

/// Runs steps whose configuration says `type: api`: calls what it describes, and stores the [`ApiResponse`](super::ApiResponse).
///
/// A [`TaskerBuilder`](crate::TaskerBuilder) has one for all steps of that type whose `handler_class` is not registered. To share connections and circuit
/// breakers with the rest of the application, or to see them, put one of your own in its place:
///
/// ```
/// use tasker_core::Tasker;
/// use tasker_core::http::{Api, ApiHandler};
///
/// let api = Api::new();
/// let tasker = Tasker::builder(()).handler_for_type("api", ApiHandler::new(api.clone()));
/// # drop(tasker);
/// ```
///
/// The answer of the step `fetch_cart` is `{"status": 200, "headers": {…}, "body": …}`, so that a later step says
/// `{fetch_cart.body.items.0.sku}`.
#[derive(Debug, Clone, Default)]
pub struct ApiHandler {
    api: Api,
}

impl ApiHandler {
    /// Makes calls with this.
    #[must_use]
    pub fn new(api: Api) -> Self {
        Self { api }
    }
}

impl StepHandler for ApiHandler {
    fn check(&self, step: &StepDef) -> Result<(), StepMistakes> {
        ApiConfig::of_step(step).map(|_| ())
    }

    async fn process(
        &self,
        task: &Task,
        sequence: &StepSequence,
        step: &StepContext,
    ) -> Result<Value, StepError> {
        let response = self.api.call(ApiRequest::of_step(task, sequence, step).await?).await?;
        serde_json::to_value(response).map_err(|error| {
            StepError::permanent(format!("the answer cannot be stored: {error}")).code("HTTP_BODY")
        })
    }
}

impl ApiRequest {
    /// The call that the configuration of a step describes: an [`ApiConfig`], with its [attempt](Self::attempt), its
    /// [system](Self::system) and the values of its placeholders. The first word of a placeholder is a field of the task's context, or else
    /// the name of a step, whose result it is.
    ///
    /// ```
    /// use serde_json::Value;
    /// use tasker_core::http::{Api, ApiRequest};
    /// use tasker_core::{StepContext, StepError, StepHandler, StepSequence, Task};
    ///
    /// struct FetchCart {
    ///     api: Api,
    /// }
    ///
    /// impl StepHandler for FetchCart {
    ///     async fn process(&self, task: &Task, sequence: &StepSequence, step: &StepContext) -> Result<Value, StepError> {
    ///         let request = ApiRequest::of_step(task, sequence, step).await?;
    ///         Ok(self.api.call(request.param("currency", "EUR")).await?.body["cart"].take())
    ///     }
    /// }
    /// ```
    ///
    /// # Errors
    /// Permanent, when the configuration is no [`ApiConfig`]; as [`StepSequence::result`] for a step that a placeholder names. A placeholder that
    /// is neither is reported by [`Api::call`].
    pub async fn of_step(
        task: &Task,
        sequence: &StepSequence,
        step: &StepContext,
    ) -> Result<Self, StepError> {
        let config: ApiConfig = step.config()?;
        let mut request = Self::new(&config).attempt(step.attempt());
        if let Some(system) = step.dependent_system() {
            request = request.system(system);
        }
        let none = Map::new();
        let context = task.context_value()?.as_object().unwrap_or(&none);
        let words: BTreeSet<&str> = placeholders(&config)
            .into_iter()
            .filter(|name| !context.contains_key(*name))
            .filter_map(|name| name.split('.').next())
            .filter(|word| !context.contains_key(*word))
            .collect();
        for name in words.into_iter().filter(|word| sequence.names().any(|step| step == *word)) {
            request = request.value(name, &sequence.result::<Value>(name).await?);
        }
        Ok(request.values(context))
    }
}

/// The names of all placeholders.
fn placeholders(config: &ApiConfig) -> Vec<&str> {
    let variables = &config.variables;
    let mut names = fill::names(&config.url, fill::URL, variables);
    for (name, value) in &config.headers {
        names.extend(fill::names(value, &place_in("/headers", name), variables));
    }
    for (name, value) in &config.params {
        collect(value, &place_in("/params", name), variables, &mut names);
    }
    if let Some(body) = &config.body {
        collect(body, "/body", variables, &mut names);
    }
    names
}

fn collect<'v>(value: &'v Value, place: &str, variables: &'v Variables, names: &mut Vec<&'v str>) {
    match value {
        Value::String(text) => names.extend(fill::names(text, place, variables)),
        Value::Array(items) => {
            for (at, item) in items.iter().enumerate() {
                collect(item, &place_in(place, &at.to_string()), variables, names);
            }
        }
        Value::Object(fields) => {
            for (name, field) in fields {
                collect(field, &place_in(place, name), variables, names);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}
