use tasker::workflow;

#[workflow]
pub mod order {
    use tasker::StepError;

    #[derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
    pub(crate) struct Context {
        cents: u64,
    }

    #[step]
    async fn charge(ctx: &Context) -> Result<u64, StepError> {
        Ok(ctx.cents)
    }
}

fn main() {}
