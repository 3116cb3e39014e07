//! The workflow: what happens to an order, step by step.

#[cfg(test)]
mod tests;

use tasker::workflow;

/// Takes an order from its arrival to the customer's confirmation.
#[workflow(namespace = "shop", name = "order_process", version = "1.0.0")]
pub mod order_process {
    use schemars::JsonSchema;
    use serde::{Deserialize, Serialize};
    use tasker::{Attempt, Config, Output, State, StepError};

    use crate::gateway::{Gateway, Payment};
    use crate::inventory::{Inventory, Pick};
    use crate::money::Cents;
    use crate::world::World;

    /// An order, as it comes from outside. Its schema is checked before a task is started.
    #[derive(Debug, Serialize, Deserialize, JsonSchema)]
    #[serde(deny_unknown_fields)]
    pub struct Context {
        /// The number of the order, and the idempotency key of its task.
        #[schemars(range(min = 1, max = 999_999_999))]
        pub order_id: u64,
        /// Where the confirmation goes.
        #[schemars(email)]
        pub email: String,
        /// What was ordered.
        #[schemars(length(min = 1, max = 100))]
        pub items: Vec<Item>,
    }

    /// One line of an order.
    #[derive(Debug, Serialize, Deserialize, JsonSchema)]
    #[serde(deny_unknown_fields)]
    pub struct Item {
        /// What it is.
        #[schemars(regex(pattern = r"^[A-Z]+-[0-9]+$"))]
        pub sku: String,
        /// How many of it.
        #[schemars(range(min = 1, max = 1_000))]
        pub quantity: u32,
        /// The price of one.
        #[schemars(range(min = 0, max = 10_000_000))]
        pub cents: u64,
    }

    /// What later steps need to know of an order.
    #[derive(Debug, Serialize, Deserialize, JsonSchema)]
    pub struct Order {
        /// How many pieces it is.
        pub pieces: u32,
        /// What they cost together.
        pub total: Cents,
    }

    /// The configuration of the payment; it is stored with the definition.
    #[derive(Debug, Serialize, Deserialize, JsonSchema)]
    pub struct Pricing {
        /// What is added for the parcel.
        pub shipping: Cents,
        /// The total from which on the parcel is free.
        pub free_from: Cents,
    }

    /// The letter to the customer.
    #[derive(Debug, Serialize, Deserialize, JsonSchema)]
    pub struct Confirmation {
        /// The address it went to.
        pub to: String,
        /// What it says.
        pub text: String,
    }

    /// Takes the order in and adds it up.
    #[step]
    pub async fn fetch_order(
        ctx: &Context,
        world: State<World>,
        attempt: Attempt,
    ) -> Result<Order, StepError> {
        let pieces = ctx.items.iter().map(|item| item.quantity).sum();
        let total = ctx.items.iter().map(|item| Cents(item.cents * u64::from(item.quantity))).sum();
        world.act::<fetch_order>(ctx.order_id, attempt, format!("fetched {pieces} pieces")).await?;
        Ok(Order { pieces, total })
    }

    /// Finds every item on a shelf. What the shop does not have, it will not have on the next attempt either.
    #[step(depends_on = fetch_order)]
    pub async fn validate_items(
        ctx: &Context,
        inventory: State<Inventory>,
        attempt: Attempt,
    ) -> Result<Vec<Pick>, StepError> {
        inventory.locate(ctx.order_id, &ctx.items, attempt).await
    }

    /// Charges the customer, once however often it runs: the gateway knows the order by its id.
    #[step(
        depends_on = validate_items,
        retry(limit = 3, base = "2s", max = "30s"),
        timeout = "10s",
        config = Pricing { shipping: Cents(490), free_from: Cents(5_000) }
    )]
    pub async fn process_payment(
        ctx: &Context,
        order: Output<fetch_order>,
        pricing: Config<Pricing>,
        gateway: State<Gateway>,
        attempt: Attempt,
    ) -> Result<Payment, StepError> {
        let shipping = if order.total < pricing.free_from { pricing.shipping } else { Cents(0) };
        gateway.charge(ctx.order_id, order.total + shipping, attempt).await
    }

    /// Takes what was paid for off the shelves.
    #[step(depends_on = process_payment)]
    pub async fn update_inventory(
        ctx: &Context,
        picks: Output<validate_items>,
        inventory: State<Inventory>,
        attempt: Attempt,
    ) -> Result<u32, StepError> {
        inventory.take(ctx.order_id, &picks, attempt).await
    }

    /// Tells the customer.
    #[step(depends_on = update_inventory, timeout = "30s")]
    pub async fn send_confirmation(
        ctx: &Context,
        order: Output<fetch_order>,
        payment: Output<process_payment>,
        world: State<World>,
        attempt: Attempt,
    ) -> Result<Confirmation, StepError> {
        let (pieces, Payment { receipt, amount }) = (order.pieces, &*payment);
        let text = format!("Order {}: {pieces} pieces, {amount} paid ({receipt}).", ctx.order_id);
        world.once::<send_confirmation>(ctx.order_id, attempt, format!("told {}", ctx.email)).await?;
        Ok(Confirmation { to: ctx.email.clone(), text })
    }
}
