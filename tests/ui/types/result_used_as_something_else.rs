use tasker::workflow;

#[derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
pub struct Cart {
    pub total: u64,
}

#[workflow]
mod order {
    use super::Cart;
    use tasker::{Output, StepError};

    pub type Context = ();

    #[step]
    async fn validate_cart() -> Result<Cart, StepError> {
        Ok(Cart { total: 1 })
    }

    #[step(depends_on = validate_cart)]
    async fn charge(cart: Output<validate_cart>) -> Result<String, StepError> {
        Ok(cart.id)
    }
}

fn main() {}
