use tasker::workflow;

#[workflow(yaml = "ui/yaml/order.yaml", context = ())]
mod order {
    use tasker::{Output, StepError};

    #[step]
    async fn fetch_cart() -> Result<u64, StepError> {
        Ok(1)
    }

    async fn reserve() -> Result<u64, StepError> {
        Ok(1)
    }

    #[step]
    async fn charge(cart: Output<fetch_cart>) -> Result<u64, StepError> {
        drop(reserve().await);
        Ok(*cart)
    }

    // It waits for a step that is not there.
    #[step]
    async fn ship(cart: Output<fetch_cart>, charged: Output<charge>) -> Result<u64, StepError> {
        Ok(*cart + *charged)
    }
}

fn main() {}
