use serde::Deserialize;
use serde_json::Value;
use tasker::{StepContext, StepError, StepHandler, StepSequence, Task};

use crate::shop::Shop;

/// Takes the pieces of an order off the shelves, once.
pub struct UpdateInventory {
    pub shop: Shop,
}

/// What the step `validate_items` found.
#[derive(Deserialize)]
struct Pick {
    quantity: u32,
}

impl StepHandler for UpdateInventory {
    async fn process(
        &self,
        task: &Task,
        sequence: &StepSequence,
        _: &StepContext,
    ) -> Result<Value, StepError> {
        let picks: Vec<Pick> = sequence.result("validate_items").await?;
        let pieces = picks.iter().map(|pick| pick.quantity).sum();
        self.shop.take(task.get("order_id")?, pieces);
        Ok(pieces.into())
    }
}
