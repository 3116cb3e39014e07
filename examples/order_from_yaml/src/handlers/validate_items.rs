use serde_json::{Value, json};
use tasker::{StepContext, StepError, StepHandler, StepSequence, Task};

use super::Item;
use crate::shop;

/// Finds every item. What the shop does not have, it will not have on the next attempt either: those errors are permanent.
pub struct ValidateItems;

impl StepHandler for ValidateItems {
    async fn process(&self, task: &Task, _: &StepSequence, _: &StepContext) -> Result<Value, StepError> {
        let items: Vec<Item> = task.get("items")?;
        let pick = |Item { sku, quantity, .. }: &Item| {
            Ok(json!({ "shelf": shop::find(sku, *quantity)?, "quantity": quantity }))
        };
        items.iter().map(pick).collect()
    }
}
