use tasker::workflow;

#[workflow]
mod order {
    use tasker::StepError;

    #[derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
    pub struct Context {
        pub cents: u64,
    }

    #[step]
    async fn charge(a: &Context, b: &Context) -> Result<u64, StepError> {
        Ok(a.cents + b.cents)
    }

    #[step(depends_on = charge)]
    async fn ship(ctx: Context) -> Result<u64, StepError> {
        Ok(ctx.cents)
    }

    #[step(depends_on = charge)]
    async fn tell(ctx: &Context, cents: &u64) -> Result<u64, StepError> {
        Ok(ctx.cents + *cents)
    }
}

fn main() {
    let _ = tasker::Tasker::builder(()).register::<order::Workflow>();
}
