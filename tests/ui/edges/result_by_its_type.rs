use tasker::{Tasker, workflow};

#[derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
pub struct Cart {
    pub cents: u64,
}

#[workflow]
mod order {
    use super::Cart;
    use tasker::{Output, StepError};

    pub type Context = ();

    #[step]
    pub async fn validate_cart() -> Result<Cart, StepError> {
        Ok(Cart { cents: 1 })
    }

    #[step(depends_on = validate_cart)]
    pub async fn charge(cart: Output<Cart>) -> Result<u64, StepError> {
        Ok(cart.cents)
    }

    #[step(depends_on = charge)]
    pub async fn ship(payment: Output<u64>) -> Result<u64, StepError> {
        Ok(*payment)
    }
}

// Nothing of this is wrong.
async fn elsewhere(tasker: &Tasker) {
    let task = tasker.start::<order::Workflow>(()).await.unwrap();
    let charged: Option<u64> = task.output::<order::charge>().await.unwrap();
    drop(charged);
}

fn main() {
    let _ = Tasker::builder(()).register::<order::Workflow>();
    let _ = elsewhere;
}
