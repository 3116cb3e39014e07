use serde_json::{Value, json};
use tasker::{StepContext, StepError, StepHandler, StepSequence, Task};

use super::Item;
use crate::shop::Shop;

/// Finds every item. What the shop does not have, it will not have on the next attempt either: those errors are permanent.
pub struct ValidateItems;

impl StepHandler for ValidateItems {
    async fn process(&self, task: &Task, _: &StepSequence, _: &StepContext) -> Result<Value, StepError> {
        let items: Vec<Item> = task.get("items")?;
        let find = |item: &Item| {
            let place = Shop::find(&item.sku, item.quantity)?;
            Ok(json!({ "shelf": place, "quantity": item.quantity }))
        };
        items.iter().map(find).collect()
    }
}
