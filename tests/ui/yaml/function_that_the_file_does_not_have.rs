use tasker::workflow;

#[workflow(yaml = "ui/yaml/order.yaml", context = ())]
mod order {
    use tasker::{Output, StepError};

    #[step]
    async fn fetch_cart() -> Result<u64, StepError> {
        Ok(1)
    }

    #[step]
    async fn reserv() -> Result<u64, StepError> {
        Ok(1)
    }

    #[step(name = "gift-wrap")]
    async fn wrap() -> Result<u64, StepError> {
        Ok(1)
    }

    #[step]
    async fn charge() -> Result<u64, StepError> {
        Ok(1)
    }

    #[step]
    async fn thank(shipped: Output<ship>) -> Result<u64, StepError> {
        Ok(*shipped)
    }

    #[step]
    async fn ship(charged: Output<charge>, wrapped: Option<Output<wrap>>) -> Result<u64, StepError> {
        drop(wrapped);
        Ok(*charged)
    }
}

fn main() {}
