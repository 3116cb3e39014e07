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

    #[step]
    async fn reserve() -> Result<u64, StepError> {
        Ok(1)
    }

    #[step(depends_on = reserve)]
    async fn charge(quote: Option<Output<quote>>, stock: Output<reserve>) -> Result<u64, StepError> {
        Ok(quote.map_or(*stock, |quote| *quote))
    }

    // An optional result of a step that always runs: allowed, and needs the edge as well.
    #[step(depends_on = charge)]
    async fn ship(stock: Option<Output<reserve>>, late: Option<Output<tell>>) -> Result<u64, StepError> {
        Ok(stock.map_or(0, |stock| *stock) + late.map_or(0, |late| *late))
    }

    #[step(depends_on = ship)]
    async fn tell() -> Result<u64, StepError> {
        Ok(1)
    }
}

fn main() {}
