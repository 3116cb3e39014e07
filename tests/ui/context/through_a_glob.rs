use tasker::{StepError, workflow};

#[derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
pub struct Context {
    cents: u64,
}

#[workflow]
mod order {
    use super::*;

    #[step]
    async fn charge(ctx: &Context) -> Result<u64, StepError> {
        Ok(ctx.cents)
    }
}

fn main() {}
