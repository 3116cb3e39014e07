use serde::Deserialize;
use serde_json::{Value, json};
use tasker::{StepContext, StepError, StepHandler, StepSequence, Task};

use crate::shop::{Letter, Shop, money};

/// Tells the customer.
pub struct SendConfirmation {
    pub shop: Shop,
}

/// The `handler_config` of the step.
#[derive(Deserialize)]
struct Sender {
    from: String,
}

/// What the step `process_payment` came to.
#[derive(Deserialize)]
struct Payment {
    receipt: String,
    amount: u64,
}

impl StepHandler for SendConfirmation {
    async fn process(
        &self,
        task: &Task,
        sequence: &StepSequence,
        step: &StepContext,
    ) -> Result<Value, StepError> {
        let order: u64 = task.get("order_id")?;
        let to: String = task.get("email")?;
        let Sender { from } = step.config()?;
        let pieces: u32 = sequence.get_previous_step_data("fetch_order", "pieces").await?;
        let Payment { receipt, amount } = sequence.result("process_payment").await?;
        let text = format!("Order {order}: {pieces} pieces, {} paid ({receipt}).", money(amount));
        self.shop.send(order, Letter { from, to: to.clone(), text: text.clone() });
        Ok(json!({ "to": to, "text": text }))
    }
}
