use tasker::workflow;

// What is wrong in the functions is told beside a file, too.
#[workflow(yaml = "ui/yaml/alike.yaml", context = ())]
mod alike {
    use tasker::{Output, StepError};

    #[step(name = "fetch-cart")]
    fn fetch() -> Result<u64, StepError> {
        Ok(1)
    }

    #[step(timeout = "3 parsecs")]
    async fn fetch_cart() -> Result<u64, StepError> {
        Ok(1)
    }

    #[step(retries = 3)]
    async fn n2nd(cart: Output<fetch_cart>) -> Result<u64, StepError> {
        Ok(*cart)
    }
}

fn main() {}
