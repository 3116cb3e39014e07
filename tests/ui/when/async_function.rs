use tasker::workflow;

#[workflow]
mod order {
    use tasker::StepError;

    #[derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
    pub struct Context {
        pub express: bool,
    }

    async fn is_express(ctx: &Context) -> bool {
        ctx.express
    }

    #[step(when = is_express)]
    async fn quote() -> Result<u64, StepError> {
        Ok(1)
    }
}

fn main() {}
