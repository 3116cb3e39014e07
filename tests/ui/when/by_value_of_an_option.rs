use tasker::workflow;

#[workflow]
mod order {
    use tasker::{Output, StepError};

    #[derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
    pub struct Context {
        pub express: bool,
    }

    #[step(when = |ctx| ctx.express)]
    async fn quote() -> Result<u64, StepError> {
        Ok(1)
    }

    #[step(depends_on = quote)]
    async fn the_other_way_round(quote: Output<Option<quote>>) -> Result<u64, StepError> {
        Ok(quote.map_or(0, |quote| quote))
    }

    #[step(depends_on = quote)]
    async fn as_if_it_were_there(quote: Option<Output<quote>>) -> Result<u64, StepError> {
        Ok(*quote)
    }
}

fn main() {}
