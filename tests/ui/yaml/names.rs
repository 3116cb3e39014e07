use tasker::workflow;

#[workflow(yaml = "ui/yaml/alike.yaml", context = ())]
mod alike {
    use tasker::StepError;

    // Two steps could be meant.
    #[step]
    async fn fetch_cart() -> Result<u64, StepError> {
        Ok(1)
    }

    #[step]
    async fn n2nd() -> Result<u64, StepError> {
        Ok(1)
    }
}

#[workflow(yaml = "ui/yaml/alike.yaml", context = ())]
mod told_apart {
    use tasker::{Output, StepError};

    #[step(name = "fetch-cart")]
    async fn fetch() -> Result<u64, StepError> {
        Ok(1)
    }

    #[step]
    async fn fetch_cart() -> Result<u64, StepError> {
        Ok(1)
    }

    #[step(name = "2nd")]
    async fn second(cart: Output<fetch>) -> Result<u64, StepError> {
        Ok(*cart)
    }
}

#[workflow(yaml = "ui/yaml/alike.yaml", context = ())]
mod twice {
    use tasker::{Output, StepError};

    #[step(name = "fetch-cart")]
    async fn fetch() -> Result<u64, StepError> {
        Ok(1)
    }

    #[step(name = "2nd")]
    async fn second(cart: Output<fetch>) -> Result<u64, StepError> {
        Ok(*cart)
    }

    #[step(name = "2nd")]
    async fn another(cart: Output<fetch>) -> Result<u64, StepError> {
        Ok(*cart)
    }

    #[step]
    async fn fetch_cart() -> Result<u64, StepError> {
        Ok(1)
    }
}

fn main() {}
