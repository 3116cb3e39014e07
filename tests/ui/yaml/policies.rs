use tasker::workflow;

#[workflow(yaml = "ui/yaml/order.yaml", context = ())]
mod order {
    use tasker::StepError;

    // The file has no policy for it.
    #[step(retry(limit = 7), skippable)]
    async fn fetch_cart() -> Result<u64, StepError> {
        Ok(1)
    }

    #[step(no_retry)]
    async fn reserve() -> Result<u64, StepError> {
        Ok(1)
    }

    #[step(when = |_| true)]
    async fn gift_wrap() -> Result<u64, StepError> {
        Ok(1)
    }

    #[step(skippable, retry(limit = 2))]
    async fn charge() -> Result<u64, StepError> {
        Ok(1)
    }

    #[step]
    async fn ship() -> Result<u64, StepError> {
        Ok(1)
    }
}

#[workflow(yaml = "ui/yaml/order.yaml", context = ())]
mod same {
    use tasker::StepError;

    #[step]
    async fn fetch_cart() -> Result<u64, StepError> {
        Ok(1)
    }

    #[step(retry(limit = 4, base = "1s"))]
    async fn reserve() -> Result<u64, StepError> {
        Ok(1)
    }

    #[step]
    async fn gift_wrap() -> Result<u64, StepError> {
        Ok(1)
    }

    #[step(when = |_| true, no_retry)]
    async fn charge() -> Result<u64, StepError> {
        Ok(1)
    }

    #[step]
    async fn ship() -> Result<u64, StepError> {
        Ok(1)
    }
}

fn main() {}
