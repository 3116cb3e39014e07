#![deny(deprecated)] // a warning otherwise

use tasker::workflow;

#[workflow]
mod order {
    use tasker::{Output, StepError};

    pub type Context = ();

    #[step]
    async fn validate_cart() -> Result<u64, StepError> {
        Ok(1)
    }

    #[step(depends_on = validate_cart)]
    async fn charge() -> Result<u64, StepError> {
        Ok(1)
    }

    #[step(depends_on = [charge, validate_cart])]
    async fn ship() -> Result<u64, StepError> {
        Ok(1)
    }

    // It says what it reads: nothing to complain about.
    #[step(depends_on = [charge, validate_cart])]
    async fn notify(cart: Output<validate_cart>) -> Result<u64, StepError> {
        Ok(*cart)
    }
}

fn main() {}
