use tasker::workflow;

#[workflow]
mod order {
    use tasker::{Output, StepError};

    pub type Context = ();

    #[step]
    async fn validate_cart() -> Result<u64, StepError> {
        Ok(1)
    }

    #[step]
    async fn reserve() -> Result<u64, StepError> {
        Ok(1)
    }

    #[step]
    async fn discount() -> Result<u64, StepError> {
        Ok(1)
    }

    #[step(depends_on = validate_cart)]
    async fn charge(
        cart: Output<validate_cart>,
        stock: Output<reserve>,
        discount: tasker::Output<discount>,
    ) -> Result<u64, StepError> {
        Ok(*cart + *stock - *discount)
    }

    #[step]
    async fn ship(payment: Output<charge>) -> Result<u64, StepError> {
        Ok(*payment)
    }

    // An ancestor, though not a direct one.
    #[step(depends_on = charge)]
    async fn notify(cart: Output<validate_cart>) -> Result<u64, StepError> {
        Ok(*cart)
    }
}

fn main() {}
