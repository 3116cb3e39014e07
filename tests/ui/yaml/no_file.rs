use tasker::workflow;

#[workflow(yaml = "ui/yaml/ordr.yaml", context = ())]
mod typo {
    use tasker::{Output, StepError};

    #[step]
    async fn fetch_cart() -> Result<u64, StepError> {
        Ok(1)
    }

    #[step]
    async fn ship(cart: Output<fetch_cart>) -> Result<u64, StepError> {
        Ok(*cart)
    }
}

#[workflow(yaml = "config/orders.yaml", context = ())]
mod elsewhere {
    use tasker::StepError;

    #[step]
    async fn fetch_cart() -> Result<u64, StepError> {
        Ok(1)
    }
}

fn main() {}
