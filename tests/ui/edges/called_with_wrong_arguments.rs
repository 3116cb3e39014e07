use tasker::{Output, workflow};

#[workflow]
mod order {
    use tasker::{Output, StepError};

    pub type Context = u64;

    #[step]
    pub async fn validate_cart(ctx: &Context) -> Result<u64, StepError> {
        Ok(*ctx)
    }

    #[step(depends_on = validate_cart)]
    pub async fn charge(cart: Output<validate_cart>) -> Result<String, StepError> {
        Ok(cart.to_string())
    }

    #[step(depends_on = charge)]
    pub async fn ship(payment: Output<charge>) -> Result<u64, StepError> {
        let again = charge(payment).await?;
        Ok(again.len() as u64)
    }
}

fn main() {
    drop(order::charge(1));
    drop(order::charge(Output("1")));
    drop(order::validate_cart(1));
    drop(order::charge());
}
