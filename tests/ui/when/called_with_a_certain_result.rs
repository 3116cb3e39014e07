use tasker::{Output, workflow};

#[workflow]
mod order {
    use tasker::{Output, StepError};

    #[derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
    pub struct Context {
        pub express: bool,
    }

    #[step(when = |ctx| ctx.express)]
    pub async fn quote() -> Result<u64, StepError> {
        Ok(1)
    }

    #[step(depends_on = quote)]
    pub async fn charge(quote: Option<Output<quote>>) -> Result<u64, StepError> {
        Ok(quote.map_or(0, |quote| *quote))
    }
}

fn main() {
    drop(order::charge(Output(1)));
    drop(order::charge(Some(Output(1))));
    drop(order::charge(None));
}
