//! As in a library: everything is public and documented.

#![forbid(unsafe_code)]
#![deny(warnings, missing_docs, unreachable_pub, clippy::all, clippy::pedantic)]

/// Orders.
#[tasker::workflow]
pub mod order {
    use tasker::{Output, StepError};

    /// What an order is started with.
    #[derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
    pub struct Context {
        /// The price of each item.
        pub cents: Vec<u64>,
    }

    /// Adds up the cart.
    #[step]
    pub async fn validate_cart(ctx: &Context) -> Result<u64, StepError> {
        Ok(ctx.cents.iter().sum())
    }

    /// Charges the customer.
    #[step(depends_on = validate_cart)]
    pub async fn charge(cart: Output<validate_cart>) -> Result<u64, StepError> {
        Ok(*cart)
    }
}

fn main() {}
