use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tasker::{AppState, Event};

#[event("order.paid")]
#[derive(Event, Serialize, Deserialize, JsonSchema)]
struct Paid;

#[app_state(crate = ::tasker)]
#[derive(AppState)]
struct App;

#[event("order.lost")]
#[derive(Serialize, Deserialize, JsonSchema)]
struct Lost;

fn main() {}
