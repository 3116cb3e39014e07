use tasker::workflow;

#[workflow(yaml = "ui/yaml/order.yaml", context = ())]
mod order {
    use tasker::{Output, StepError};

    #[step(depends_on = charge)]
    async fn fetch_cart() -> Result<u64, StepError> {
        Ok(1)
    }

    #[step(depends_on = [])]
    async fn reserve(cart: Output<fetch_cart>) -> Result<u64, StepError> {
        Ok(*cart)
    }

    // The same, and not complained of.
    #[step(depends_on = fetch_cart)]
    async fn gift_wrap(cart: Output<fetch_cart>) -> Result<u64, StepError> {
        Ok(*cart)
    }

    #[step(depends_on = fetch_crat)]
    async fn charge(cart: Output<fetch_cart>) -> Result<u64, StepError> {
        Ok(*cart)
    }

    #[step(depends_on = [charge, reserve])]
    async fn ship(reserved: Output<reserve>) -> Result<u64, StepError> {
        Ok(*reserved)
    }
}

fn main() {}
