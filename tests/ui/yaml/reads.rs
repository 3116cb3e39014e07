use tasker::workflow;

#[workflow(yaml = "ui/yaml/order.yaml", context = ())]
mod order {
    use tasker::{Output, StepError};

    #[step]
    async fn fetch_cart() -> Result<u64, StepError> {
        Ok(1)
    }

    #[step]
    async fn reserve(shipped: Output<ship>) -> Result<u64, StepError> {
        Ok(*shipped)
    }

    #[step]
    async fn gift_wrap(cart: Output<fetch_cart>) -> Result<u64, StepError> {
        Ok(*cart)
    }

    #[step]
    async fn charge(shipped: Output<ship>) -> Result<u64, StepError> {
        Ok(*shipped)
    }

    #[step]
    async fn ship(cart: Output<fetch_cart>, wrapped: Output<gift_wrap>) -> Result<u64, StepError> {
        Ok(*cart + *wrapped)
    }
}

fn main() {}
