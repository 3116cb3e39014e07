//! What the steps can take as `State<T>`.

use tasker::AppState;

use crate::faults::Faults;
use crate::gateway::Gateway;
use crate::inventory::Inventory;
use crate::ledger::Ledger;
use crate::world::World;

/// The services of the shop.
#[derive(AppState)]
pub struct App {
    world: World,
    gateway: Gateway,
    inventory: Inventory,
}

impl App {
    /// A shop that writes into this ledger, and where these faults occur.
    #[must_use]
    pub fn new(ledger: Ledger, faults: Faults) -> Self {
        let world = World::new(ledger, faults);
        Self { gateway: Gateway::new(world.clone()), inventory: Inventory::new(world.clone()), world }
    }
}
