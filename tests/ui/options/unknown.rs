use tasker::workflow;

#[workflow(nmae = "order", owner = "shop")]
mod order {
    use tasker::{Output, StepError};

    pub type Context = ();

    #[step]
    async fn validate_cart() -> Result<u64, StepError> {
        Ok(1)
    }

    #[step(depend_on = validate_cart, priority = 3)]
    async fn charge(cart: Output<validate_cart>) -> Result<u64, StepError> {
        Ok(*cart)
    }

    #[step(retry(limits = 3, jitter = false))]
    async fn ship() -> Result<u64, StepError> {
        Ok(1)
    }
}

fn main() {}
