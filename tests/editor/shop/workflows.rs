use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tasker::workflow;

#[derive(Serialize, Deserialize, JsonSchema)]
pub struct Cart {
    pub total: u64,
    pub pieces: u32,
}

#[derive(Serialize, Deserialize, JsonSchema)]
pub struct Payment {
    pub receipt: String,
    pub fee: u64,
}

#[derive(Serialize, Deserialize, JsonSchema)]
pub struct Pricing {
    pub percent: u64,
}

#[derive(Clone)]
pub struct Terminal {
    pub name: String,
}

#[derive(Serialize, Deserialize, JsonSchema)]
pub struct Order {
    pub number: u64,
}

/// Takes a cart to an order.
#[workflow(namespace = "shop", version = "1.0.0")]
pub mod order {
    use schemars::JsonSchema;
    use serde::{Deserialize, Serialize};
    use tasker::{Attempt, Config, Output, State, StepError};

    use super::{Cart, Order, Payment, Pricing, Terminal};

    #[derive(Serialize, Deserialize, JsonSchema)]
    pub struct Context {
        pub email: String,
        pub cents: Vec<u64>,
    }

    /// Adds up what lies in the cart.
    #[step(timeout = "15s")]
    pub async fn validate_cart(ctx: &Context) -> Result<Cart, StepError> {
        let total = ctx.cents.iter().sum();
        Ok(Cart { total, pieces: ctx.cents.len() as u32 })
    }

    /// Charges the card.
    #[step(depends_on = validate_cart, retry(limit = 3, base = "2s"), config = Pricing { percent: 2 })]
    pub async fn charge_card(
        cart: Output<validate_cart>,
        pricing: Config<Pricing>,
        terminal: State<Terminal>,
        attempt: Attempt,
    ) -> Result<Payment, StepError> {
        let receipt = format!("{} on {}, attempt {}", cart.total, terminal.name, attempt.0);
        Ok(Payment { receipt, fee: cart.total * pricing.percent / 100 })
    }

    /// Gives the order a number.
    #[step(depends_on = [validate_cart, charge_card])]
    pub async fn create_order(cart: Output<validate_cart>, paid: Output<charge_card>) -> Result<Order, StepError> {
        let number = cart.total + u64::from(cart.pieces) + paid.fee;
        Ok(Order { number })
    }

    /// Packs what was paid.
    #[step(depends_on = [validate_cart, create_order])]
    pub async fn pack_parcel(ctx: &Context, cart: Output<validate_cart>) -> Result<u32, StepError> {
        let pieces = cart.pieces + ctx.email.len() as u32;
        Ok(pieces)
    }

    /// Tells the customer.
    #[step(depends_on = pack_parcel, no_retry)]
    pub async fn send_mail(ctx: &Context, made: Output<create_order>) -> Result<String, StepError> {
        let mail = format!("{}: order {}", ctx.email, made.number);
        Ok(mail)
    }
}
