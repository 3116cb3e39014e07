//! `use super::*` was forgotten.

use std::sync::Arc;
use tasker::{MemoryStore, Output, State, StepError, Tasker, workflow};

#[derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
pub struct Cart {
    pub cents: u64,
}

#[workflow(context = super::Cart)]
mod order {
    #[step]
    pub async fn validate(cart: &Cart) -> Result<Cart, StepError> {
        Ok(Cart { cents: cart.cents })
    }

    #[step(depends_on = validate)]
    pub async fn charge(cart: Output<validate>, name: State<Arc<str>>) -> Result<u64, StepError> {
        drop(name);
        Ok(cart.cents)
    }
}

fn main() {
    let store: State<Arc<MemoryStore>> = State(Arc::new(MemoryStore::new()));
    let result: Result<Option<Output<order::validate>>, StepError> = Ok(None);
    drop((store, result));
    let _ = Tasker::builder(()).register::<order::Workflow>();
}
