//! The payment gateway, as a service outside: it is called with a key and charges once for each key.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tasker::{Attempt, StepError};

use crate::money::Cents;
use crate::order::order_process::process_payment;
use crate::world::World;

/// The client of the gateway.
#[derive(Clone)]
pub struct Gateway(World);

/// What the gateway says about a charge.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct Payment {
    /// The name of the charge.
    pub receipt: String,
    /// What was charged.
    pub amount: Cents,
}

impl Gateway {
    pub fn new(world: World) -> Self {
        Self(world)
    }

    /// Charges the order, or finds the charge that there is. A step may run again after a crash that came between the
    /// charge and its record in the database; that is why the order's id goes with the request.
    pub async fn charge(&self, order_id: u64, amount: Cents, attempt: Attempt) -> Result<Payment, StepError> {
        self.0.once::<process_payment>(order_id, attempt, format!("charged {amount}")).await?;
        Ok(Payment { receipt: format!("receipt-{order_id}"), amount })
    }
}
