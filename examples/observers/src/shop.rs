//! What is observed: orders, and a backup that is nobody's business in the chat.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tasker::{Event, workflow};

/// A parcel left the house.
#[derive(Debug, Event, Serialize, Deserialize, JsonSchema)]
#[event("order.shipped")]
pub struct OrderShipped {
    /// The number of the order.
    pub order_id: u64,
    /// What the customer paid.
    pub cents: u64,
}

/// Takes an order from its payment to the parcel.
#[workflow(namespace = "shop", version = "1.0.0")]
pub mod order {
    use schemars::JsonSchema;
    use serde::{Deserialize, Serialize};
    use tasker::{Attempt, Emit, Output, StepError};

    use super::OrderShipped;

    /// An order.
    #[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
    pub struct Context {
        /// Its number, and the correlation id of its task.
        pub order_id: u64,
        /// What it costs.
        pub cents: u64,
        /// What is paid with.
        pub card: Card,
        /// Where the parcel goes.
        pub address: String,
    }

    /// How the gateway takes a card.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
    #[serde(rename_all = "snake_case")]
    pub enum Card {
        /// At once.
        Good,
        /// At the second attempt.
        Slow,
        /// Never.
        Declined,
    }

    /// Puts the goods aside.
    #[step]
    pub async fn reserve(ctx: &Context) -> Result<String, StepError> {
        Ok(format!("shelf-{}", ctx.order_id))
    }

    /// Charges the card.
    #[step(depends_on = reserve, retry(limit = 3, base = "50ms", max = "1s"))]
    pub async fn charge(ctx: &Context, attempt: Attempt) -> Result<u64, StepError> {
        match ctx.card {
            Card::Slow if attempt == Attempt(1) => {
                Err(StepError::retryable("the gateway answered 503").code("GATEWAY_BUSY"))
            }
            Card::Declined => Err(StepError::permanent("the card was declined").code("CARD_DECLINED")),
            Card::Good | Card::Slow => Ok(ctx.cents),
        }
    }

    /// Sends the parcel.
    #[step(depends_on = charge)]
    pub async fn ship(
        ctx: &Context,
        paid: Output<charge>,
        shipped: Emit<OrderShipped>,
    ) -> Result<String, StepError> {
        if ctx.address.is_empty() {
            return Err(StepError::permanent("there is no address").code("NO_ADDRESS"));
        }
        shipped.publish(OrderShipped { order_id: ctx.order_id, cents: *paid });
        Ok(format!("parcel-{}", ctx.order_id))
    }
}

/// Copies the books to another place.
#[workflow(namespace = "house", version = "1.0.0")]
pub mod backup {
    use tasker::StepError;

    /// The name of the disk.
    pub type Context = String;

    /// Copies them.
    #[step]
    pub async fn copy(disk: &Context) -> Result<(), StepError> {
        Err(StepError::permanent(format!("{disk} is full")).code("DISK_FULL"))
    }
}
