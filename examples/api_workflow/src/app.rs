//! What the steps share, and how the two workflows are registered.

use serde_json::json;
use tasker::http::{Api, ApiHandler};
use tasker::yaml::Environment;
use tasker::{AppState, Tasker, TaskerBuilder};

use crate::courier::parcel::{Workflow, ask_price};
use crate::pay::Pay;

/// What annotated steps can take as `State<T>`.
#[derive(AppState)]
pub struct App {
    api: Api,
}

/// One `Api` for all: its connections and circuit breakers are shared by annotated steps, by steps without code and by handlers.
pub fn tasker(api: &Api, environment: Environment, url: &str) -> TaskerBuilder<App> {
    Tasker::builder(App { api: api.clone() })
        .yaml_file(concat!(env!("CARGO_MANIFEST_DIR"), "/config/checkout.yaml"))
        .environment(environment)
        .handler("Checkout::StepHandler::PayHandler", Pay { api: api.clone() })
        .handler_for_type("api", ApiHandler::new(api.clone()))
        .register::<Workflow>()
        .configure::<ask_price>(&json!({ "url": format!("{url}/parcels/{{weight}}") }))
}
