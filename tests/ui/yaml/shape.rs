use tasker::workflow;

#[workflow(yaml = "ui/yaml/alike.yaml", shape = 0, context = ())]
mod alike {
    use tasker::StepError;

    #[step(name = "fetch-cart")]
    async fn fetch() -> Result<u64, StepError> {
        Ok(1)
    }

    #[step]
    async fn fetch_cart() -> Result<u64, StepError> {
        Ok(1)
    }

    #[step]
    async fn n2nd() -> Result<u64, StepError> {
        Ok(1)
    }
}

fn main() {}
