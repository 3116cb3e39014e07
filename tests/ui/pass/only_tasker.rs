//! A crate that depends on nothing but `tasker`.

#![deny(warnings)]

use tasker::schemars::JsonSchema;
use tasker::serde::{Deserialize, Serialize};
use tasker::{Annotation, AppState, Event, Tasker, workflow};

#[derive(Clone, Serialize, Deserialize, JsonSchema)]
#[serde(crate = "tasker::serde")]
#[schemars(crate = "tasker::schemars")]
pub struct Cart {
    pub cents: u64,
}

#[derive(Event, Serialize, Deserialize, JsonSchema)]
#[serde(crate = "tasker::serde")]
#[schemars(crate = "tasker::schemars")]
#[event("payment.authorized")]
pub struct Authorized;

#[derive(Annotation, Serialize, Deserialize, JsonSchema)]
#[serde(crate = "tasker::serde")]
#[schemars(crate = "tasker::schemars")]
#[annotation("margin")]
pub struct Margin;

#[derive(AppState)]
struct App {
    name: String,
}

#[workflow(context = super::Cart)]
mod order {
    use super::*;
    use tasker::{Annotate, Config, Emit, State, StepError, TaskId};

    #[step(config = Cart { cents: 1 })]
    pub async fn charge(
        cart: &Cart,
        least: Config<Cart>,
        name: State<String>,
        task: TaskId,
        authorized: Emit<Authorized>,
        margin: Annotate<Margin>,
    ) -> Result<u64, StepError> {
        authorized.publish(Authorized);
        margin.set(Margin);
        Ok(cart.cents + least.cents + name.len() as u64 + task.to_string().len() as u64)
    }
}

fn main() {
    let app = App { name: String::new() };
    let _ = Tasker::builder(app).register::<order::Workflow>();
}
