use serde::Deserialize;
use serde_json::{Value, json};
use tasker::{StepContext, StepError, StepHandler, StepSequence, Task};

use crate::shop::Shop;

/// Charges the customer. It may run again after a crash, so the order's id goes with the charge, and the gateway takes it once.
pub struct ProcessPayment {
    pub shop: Shop,
}

/// The `handler_config` of the step.
#[derive(Deserialize)]
struct Pricing {
    gateway: String,
    shipping: u64,
    free_from: u64,
}

impl StepHandler for ProcessPayment {
    async fn process(
        &self,
        task: &Task,
        sequence: &StepSequence,
        step: &StepContext,
    ) -> Result<Value, StepError> {
        let order: u64 = task.get("order_id")?;
        let Pricing { gateway, shipping, free_from } = step.config()?;
        let total: u64 = sequence.get_previous_step_data("fetch_order", "total").await?;
        let cents = if total < free_from { total + shipping } else { total };
        let receipt = self.shop.charge(order, cents);
        // It is published when the step completes, in the same transaction: never without it, and never twice.
        step.emit("payment.processed", json!({ "order_id": order, "amount": cents, "gateway": gateway }));
        Ok(json!({ "receipt": receipt, "amount": cents }))
    }
}
