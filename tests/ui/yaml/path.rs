use tasker::workflow;

#[workflow(yaml = order, context = ())]
mod word {
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

#[workflow(yaml, context = ())]
mod nothing {
    use tasker::StepError;

    #[step]
    async fn fetch_cart() -> Result<u64, StepError> {
        Ok(1)
    }
}

#[workflow(file = "ui/yaml/order.yaml", context = ())]
mod another_word {
    use tasker::StepError;

    #[step]
    async fn fetch_cart() -> Result<u64, StepError> {
        Ok(1)
    }
}

fn main() {}
