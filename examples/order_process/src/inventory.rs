//! The inventory: what lies on which shelf.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tasker::{Attempt, StepError};

use crate::order::order_process::{Item, update_inventory, validate_items};
use crate::world::World;

/// The shelves of the shop.
#[derive(Clone)]
pub struct Inventory {
    world: World,
    shelves: Arc<[Shelf]>,
}

struct Shelf {
    sku: &'static str,
    name: &'static str,
    /// The most that one order gets.
    most: u32,
}

/// So many pieces from that shelf.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct Pick {
    /// The shelf.
    pub shelf: String,
    /// How many.
    pub quantity: u32,
}

impl Inventory {
    pub fn new(world: World) -> Self {
        let shelf = |sku, name, most| Shelf { sku, name, most };
        let shelves = [
            shelf("MUG-1", "A1", 24),
            shelf("TEA-7", "A2", 100),
            shelf("TIN-2", "B1", 50),
            shelf("POT-3", "B4", 6),
        ];
        Self { world, shelves: Arc::new(shelves) }
    }

    /// Says where the items are.
    ///
    /// # Errors
    /// Permanent, with a code, for what the shop does not have.
    pub async fn locate(
        &self,
        order_id: u64,
        items: &[Item],
        attempt: Attempt,
    ) -> Result<Vec<Pick>, StepError> {
        let picks = items.iter().map(|item| self.find(item)).collect::<Result<Vec<_>, _>>()?;
        self.world.act::<validate_items>(order_id, attempt, format!("found {} items", picks.len())).await?;
        Ok(picks)
    }

    fn find(&self, item: &Item) -> Result<Pick, StepError> {
        let Item { sku, quantity, .. } = item;
        let Some(place) = self.shelves.iter().find(|known| known.sku == sku) else {
            return Err(StepError::permanent(format!("there is no `{sku}` in this shop")).code("UNKNOWN_SKU"));
        };
        if *quantity > place.most {
            let reason = format!("{quantity} of `{sku}` are more than the {} on its shelf", place.most);
            return Err(StepError::permanent(reason).code("OUT_OF_STOCK"));
        }
        Ok(Pick { shelf: place.name.to_owned(), quantity: *quantity })
    }

    /// Takes the pieces of an order off the shelves, once, and says how many they were.
    pub async fn take(&self, order_id: u64, picks: &[Pick], attempt: Attempt) -> Result<u32, StepError> {
        let pieces = picks.iter().map(|pick| pick.quantity).sum();
        self.world.once::<update_inventory>(order_id, attempt, format!("took {pieces} pieces")).await?;
        Ok(pieces)
    }
}
