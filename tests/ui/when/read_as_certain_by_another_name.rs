use tasker::workflow;

#[workflow]
mod order {
    use tasker::{Output, StepError};

    #[derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
    pub struct Context {
        pub express: bool,
    }

    type Quote = Output<quote>;

    #[step(when = |ctx| ctx.express)]
    async fn quote() -> Result<u64, StepError> {
        Ok(1)
    }

    #[step(depends_on = quote)]
    async fn charge(quote: Quote) -> Result<u64, StepError> {
        Ok(*quote)
    }
}

#[workflow]
mod refund {
    use tasker::{Output as Result_, StepError};

    pub use super::order::Context;

    #[step(when = |ctx| ctx.express)]
    async fn quote() -> Result<u64, StepError> {
        Ok(1)
    }

    #[step(depends_on = quote)]
    async fn pay(quote: Result_<quote>) -> Result<u64, StepError> {
        Ok(*quote)
    }
}

fn main() {}
