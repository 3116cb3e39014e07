use tasker::workflow;

#[workflow]
mod order {
    use tasker::{Output, StepError};

    pub type Context = ();

    #[step(depends_on = create_order)]
    async fn validate_cart() -> Result<u64, StepError> {
        Ok(1)
    }

    #[step(depends_on = validate_cart)]
    async fn charge(cart: Output<validate_cart>) -> Result<u64, StepError> {
        Ok(*cart)
    }

    #[step(depends_on = charge)]
    async fn create_order(payment: Output<charge>) -> Result<String, StepError> {
        Ok(payment.to_string())
    }

    // Behind the cycle: that is not a mistake of its own.
    #[step(depends_on = create_order)]
    async fn notify(order: Output<create_order>, cart: Output<validate_cart>) -> Result<(), StepError> {
        println!("{} {}", *order, *cart);
        Ok(())
    }
}

fn main() {}
