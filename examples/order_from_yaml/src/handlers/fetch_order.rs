use serde_json::{Value, json};
use tasker::{StepContext, StepError, StepHandler, StepSequence, Task};

use super::Item;

/// Adds the order up.
pub struct FetchOrder;

impl StepHandler for FetchOrder {
    async fn process(&self, task: &Task, _: &StepSequence, _: &StepContext) -> Result<Value, StepError> {
        let items: Vec<Item> = task.get("items")?;
        let pieces: u32 = items.iter().map(|item| item.quantity).sum();
        let total: u64 = items.iter().map(|item| item.cents * u64::from(item.quantity)).sum();
        Ok(json!({ "pieces": pieces, "total": total }))
    }
}
