//! The application under test: orders are checked, perhaps quoted for express, reserved, paid and created.

use std::sync::{Arc, Mutex};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tasker::{
    Annotate, Annotation, AppState, Attempt, Config, Emit, Event, Output, State, StepError, TaskId, workflow,
};

/// What the gateway was asked for, in order: a key and an amount.
#[derive(Clone, Default)]
pub(crate) struct Gateway(Arc<Mutex<Vec<(String, u64)>>>);

impl Gateway {
    /// Charges once for each key.
    pub(crate) fn charge(&self, key: String, cents: u64) {
        let mut charges = self.0.lock().unwrap();
        if !charges.iter().any(|(known, _)| *known == key) {
            charges.push((key, cents));
        }
    }

    /// Charges each time.
    pub(crate) fn charge_anew(&self, cents: u64) {
        let mut charges = self.0.lock().unwrap();
        let key = format!("charge {}", charges.len());
        charges.push((key, cents));
    }

    pub(crate) fn charged(&self) -> Vec<u64> {
        self.0.lock().unwrap().iter().map(|(_, cents)| *cents).collect()
    }
}

#[derive(AppState, Default)]
pub(crate) struct Shop {
    pub(crate) gateway: Gateway,
}

#[derive(Debug, PartialEq, Serialize, Deserialize, JsonSchema, Event)]
#[event("payment.authorized")]
pub(crate) struct PaymentAuthorized {
    pub(crate) cents: u64,
}

#[derive(Debug, PartialEq, Serialize, Deserialize, JsonSchema, Annotation)]
#[annotation("margin")]
pub(crate) struct Margin {
    pub(crate) cents: u64,
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Fees {
    pub(crate) cents: u64,
}

#[workflow(namespace = "shop")]
pub(crate) mod order {
    use super::*;

    #[derive(Debug, Serialize, Deserialize, JsonSchema)]
    pub(crate) struct Context {
        pub(crate) cents: u64,
        pub(crate) express: bool,
    }

    #[derive(Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
    pub(crate) struct Cart {
        pub(crate) cents: u64,
    }

    #[step]
    pub(crate) async fn validate_cart(ctx: &Context) -> Result<Cart, StepError> {
        if ctx.cents == 0 {
            return Err(StepError::permanent("the cart is empty"));
        }
        Ok(Cart { cents: ctx.cents })
    }

    #[step(depends_on = validate_cart, when = |ctx| ctx.express)]
    pub(crate) async fn quote_express() -> Result<u64, StepError> {
        Ok(500)
    }

    #[step(depends_on = validate_cart)]
    pub(crate) async fn reserve_stock() -> Result<String, StepError> {
        Ok("shelf 7".into())
    }

    #[step(depends_on = [quote_express, reserve_stock], timeout = "10s", config = Fees { cents: 30 })]
    pub(crate) async fn process_payment(
        cart: Output<validate_cart>,
        express: Option<Output<quote_express>>,
        fees: Config<Fees>,
        gateway: State<Gateway>,
        task: TaskId,
        events: Emit<PaymentAuthorized>,
    ) -> Result<u64, StepError> {
        let cents = cart.cents + express.map_or(0, |express| *express) + fees.cents;
        gateway.charge(task.to_string(), cents);
        events.publish(PaymentAuthorized { cents });
        Ok(cents)
    }

    #[step(depends_on = process_payment)]
    pub(crate) async fn create_order(
        paid: Output<process_payment>,
        shelf: Output<reserve_stock>,
        margin: Annotate<Margin>,
        attempt: Attempt,
    ) -> Result<String, StepError> {
        margin.set(Margin { cents: *paid / 10 });
        Ok(format!("order {attempt} from {}", *shelf))
    }
}

pub(crate) fn context() -> order::Context {
    order::Context { cents: 1_000, express: false }
}

/// One step that charges each time it runs: the bug that the checks are to find.
#[workflow(namespace = "shop", context = u64)]
pub(crate) mod careless {
    use super::{Gateway, State, StepError};

    #[step]
    pub(crate) async fn count() -> Result<(), StepError> {
        Ok(())
    }

    #[step(depends_on = count)]
    pub(crate) async fn charge(ctx: &u64, gateway: State<Gateway>) -> Result<(), StepError> {
        gateway.charge_anew(*ctx);
        Ok(())
    }
}

/// One step that may run once.
#[workflow(namespace = "shop", context = u64)]
pub(crate) mod once {
    use super::StepError;

    #[step(no_retry)]
    pub(crate) async fn charge() -> Result<(), StepError> {
        Ok(())
    }
}
