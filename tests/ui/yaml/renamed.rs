use tasker::workflow;

// A step was renamed in the file.
#[workflow(yaml = "ui/yaml/configured.yaml", context = ())]
mod order {
    use tasker::{Config, StepError};

    #[step]
    async fn price(_: Config<std::collections::HashMap<String, u8>>) -> Result<u64, StepError> {
        Ok(1)
    }

    #[step]
    async fn take_money() -> Result<u64, StepError> {
        Ok(1)
    }

    #[step]
    async fn ship(_: Config<std::collections::HashMap<String, String>>) -> Result<u64, StepError> {
        Ok(1)
    }
}

// The name that is stored is another one than that of the file.
#[workflow(yaml = "ui/yaml/alike.yaml", context = ())]
mod alike {
    use tasker::{Output, StepError};

    #[step(name = "fetch-cart")]
    async fn fetch() -> Result<u64, StepError> {
        Ok(1)
    }

    #[step(name = "fetch/cart")]
    async fn fetch_cart() -> Result<u64, StepError> {
        Ok(1)
    }

    #[step(name = "second")]
    async fn n2nd(cart: Output<fetch>) -> Result<u64, StepError> {
        Ok(*cart)
    }
}

fn main() {}
