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
    async fn charge(cart: Output<validate_crat>) -> Result<u64, StepError> {
        Ok(*cart)
    }
}

fn main() {}
