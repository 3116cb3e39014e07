use tasker::workflow;

#[workflow(
    yaml = "ui/yaml/order.yaml",
    namespace = "stock",
    name = "order",
    version = "1.3.0",
    concurrent = false,
    context = ()
)]
mod order {
    use tasker::StepError;

    #[step]
    async fn fetch_cart() -> Result<u64, StepError> {
        Ok(1)
    }

    #[step]
    async fn reserve() -> Result<u64, StepError> {
        Ok(1)
    }

    #[step]
    async fn gift_wrap() -> Result<u64, StepError> {
        Ok(1)
    }

    #[step]
    async fn charge() -> Result<u64, StepError> {
        Ok(1)
    }

    #[step]
    async fn ship() -> Result<u64, StepError> {
        Ok(1)
    }
}

fn main() {}
