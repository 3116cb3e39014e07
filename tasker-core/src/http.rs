//! API steps: steps that call another system over HTTP. The feature `http` brings it.
//!
//! An [`ApiConfig`] says what is called, an [`ApiRequest`] adds what belongs to one execution, and [`Api::call`] turns the answer into the
//! [`ApiResponse`] of a good one or into the [`StepError`](crate::StepError) that says whether, and when, to try again. There are no retries in here: each call is one
//! attempt of its step, which the engine records and repeats. A [circuit breaker](Breakers) for each system keeps steps from calling one that fails
//! again and again.
//!
//! No secret that has the name of one is stored with an error or shown in the text for debugging, and neither are values of variables of task files. A good
//! answer is another matter: its body is what the step asked for, and is stored as it came if the step returns it. Of its headers, those
//! that are secrets are not.
//!
//! Steps of a task file with `type: api` need no more than their configuration: [`ApiHandler`] runs them. A handler that many steps share has three parts: what is
//! asked, which depends on the task; the call; and what becomes of the answer.
//!
//! ```
//! use serde_json::{Value, json};
//! use tasker_core::http::{Api, ApiConfig, ApiRequest, ApiResponse};
//! use tasker_core::{Attempt, StepError};
//!
//! struct FetchInventory {
//!     api: Api,
//! }
//!
//! impl FetchInventory {
//!     fn prepare(config: &ApiConfig, context: &Value, products: &Value) -> ApiRequest {
//!         ApiRequest::new(config).values(context).param("product_ids", products["product_ids"].clone())
//!     }
//!
//!     async fn process(
//!         &self,
//!         config: &ApiConfig,
//!         context: &Value,
//!         products: &Value,
//!         attempt: Attempt,
//!     ) -> Result<Value, StepError> {
//!         let request = Self::prepare(config, context, products).attempt(attempt).system("inventory");
//!         Self::process_results(self.api.call(request).await?)
//!     }
//!
//!     fn process_results(response: ApiResponse) -> Result<Value, StepError> {
//!         Ok(json!({ "inventory_levels": response.body["levels"], "available": response.body["available"] }))
//!     }
//! }
//! ```
//!
//! In a test whose time is virtual (the module `testing`), time jumps ahead while an answer is on its way, and the call times out at once: there, replace the step by a
//! fake.

mod api;
mod backoff;
mod breaker;
mod client;
mod config;
mod exchange;
mod fill;
mod handler;
mod method;
mod outcome;
mod place;
mod prepare;
mod query;
mod redact;
mod request;
mod response;
mod retry_after;
mod shown;
#[cfg(test)]
mod tests;
mod trouble;
mod webhook;

pub use api::{Api, ApiBuilder};
pub use backoff::Backoff;
pub use breaker::{BreakerSettings, BreakerState, Breakers, CircuitState};
#[cfg(feature = "otel")]
pub(crate) use client::{Clients, Proxies};
#[cfg(feature = "otel")]
pub(crate) use config::Ssl;
pub use config::{ApiConfig, ApiConfigError};
pub use handler::ApiHandler;
pub use method::Method;
#[cfg(feature = "otel")]
pub(crate) use place::url;
pub use request::ApiRequest;
pub use response::ApiResponse;
pub use webhook::{Webhook, WebhookError, WebhookRefused, WebhookVerifier};
