use tasker::workflow;

#[workflow]
mod order {
    use tasker::{Output, StepError};

    use self::validate_cart as validated;

    pub type Context = ();

    #[step]
    pub async fn validate_cart() -> Result<u64, StepError> {
        Ok(1)
    }

    #[step(depends_on = validated)]
    pub async fn charge(cart: Output<validated>) -> Result<u64, StepError> {
        Ok(*cart)
    }
}

fn main() {}
