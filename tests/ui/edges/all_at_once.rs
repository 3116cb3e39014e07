use tasker::workflow;

#[workflow(namespace = "", version = "one")]
mod order {
    use tasker::{Output, StepError};

    pub type Context = ();

    #[step(timeout = "15", retires(limit = 3))]
    fn validate_cart() -> Result<u64, StepError> {
        Ok(1)
    }

    #[step(depends_on = [validate_crat, validate_cart])]
    async fn charge(cart: Output<validate_cart>, stock: Output<reserve>) -> Result<u64, StepError> {
        Ok(*cart + *stock)
    }

    #[step(retry(limit = 0))]
    async fn reserve(_: &mut Context) -> Result<u64, StepError> {
        Ok(1)
    }

    #[step(depends_on = ship)]
    async fn ship(payment: Output<charge>) {
        drop(payment);
    }
}

fn main() {}
