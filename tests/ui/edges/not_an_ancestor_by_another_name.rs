use tasker::workflow;

#[workflow]
mod order {
    use tasker::{Output as Result_, StepError};

    pub type Context = ();

    #[step]
    async fn validate_cart() -> Result<u64, StepError> {
        Ok(1)
    }

    #[step]
    async fn reserve() -> Result<u64, StepError> {
        Ok(1)
    }

    #[step(depends_on = validate_cart)]
    async fn charge(cart: Result_<validate_cart>, stock: Result_<reserve>) -> Result<u64, StepError> {
        Ok(*cart + *stock)
    }
}

fn main() {}
