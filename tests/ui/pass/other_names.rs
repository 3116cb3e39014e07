//! Types are types to the macro too: it does not matter what they are called.

#![deny(warnings)]

use tasker::{Workflow, workflow};

#[workflow(context = (u64, std::collections::HashMap<String, u64>))]
mod order {
    use std::collections::HashMap;
    use tasker::{Config as Settings, Output as Result_, StepError};

    type Maybe<T> = Result<T, StepError>;
    type Start = (u64, HashMap<String, u64>);
    type Cart = Result_<validate_cart>;

    #[step]
    async fn validate_cart(start: &Start) -> Maybe<u64> {
        Ok(start.0)
    }

    #[step(depends_on = validate_cart)]
    async fn charge(cart: Result_<validate_cart>) -> Maybe<u64> {
        Ok(*cart)
    }

    #[step(depends_on = charge, config = HashMap::<String, u64>::new())]
    async fn ship(cart: Result_<validate_cart>, settings: Settings<HashMap<String, u64>>) -> Maybe<u64> {
        Ok(*cart + settings.len() as u64)
    }

    #[step(depends_on = ship, config = 1 + 2)]
    async fn add(settings: Settings<u64>) -> Maybe<u64> {
        Ok(*settings)
    }

    // It hides the type `str` of Rust, here and in what is generated.
    #[step(depends_on = validate_cart)]
    async fn str(cart: Result_<validate_cart>) -> Maybe<u64> {
        Ok(*cart)
    }

    #[step(depends_on = validate_cart)]
    async fn count(cart: Cart) -> Maybe<u64> {
        Ok(*cart)
    }
}

fn main() {
    let def = order::Workflow::define().build().unwrap();
    let ship = def.find("ship").and_then(|no| def.step(no)).unwrap();
    assert_eq!(ship.config(), Some(&serde_json::json!({})));
    assert_eq!(ship.reads().len(), 1);
}
