//! What runs the steps of `config/order_process.yaml`: a type for each class that it names.

mod fetch_order;
mod process_payment;
mod send_confirmation;
mod update_inventory;
mod validate_items;

use serde::Deserialize;
use tasker::{Tasker, TaskerBuilder};

use crate::shop::Shop;

/// The file is read at start-up: change it and run the program again, without compiling anything.
pub const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/config/order_process.yaml");

/// The task of the file with its handlers. A class that is missing here, or wrong in the file, is reported by `build`.
pub fn order_process(shop: &Shop) -> TaskerBuilder<()> {
    let shop = || shop.clone();
    Tasker::builder(())
        .yaml_file(FILE)
        .handler("OrderProcess::StepHandler::FetchOrderHandler", fetch_order::FetchOrder)
        .handler("OrderProcess::StepHandler::ValidateItemsHandler", validate_items::ValidateItems)
        .handler(
            "OrderProcess::StepHandler::ProcessPaymentHandler",
            process_payment::ProcessPayment { shop: shop() },
        )
        .handler(
            "OrderProcess::StepHandler::UpdateInventoryHandler",
            update_inventory::UpdateInventory { shop: shop() },
        )
        .handler(
            "OrderProcess::StepHandler::SendConfirmationHandler",
            send_confirmation::SendConfirmation { shop: shop() },
        )
}

/// One line of an order.
#[derive(Debug, Deserialize)]
pub struct Item {
    pub sku: String,
    pub quantity: u32,
    pub cents: u64,
}
