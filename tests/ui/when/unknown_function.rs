use tasker::workflow;

#[workflow]
mod order {
    use tasker::StepError;

    #[derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
    pub struct Context {
        pub express: bool,
    }

    fn is_express(ctx: &Context) -> bool {
        ctx.express
    }

    #[step(when = is_expres)]
    async fn quote() -> Result<u64, StepError> {
        Ok(1)
    }

    #[step(when = |ctx| ctx.expres)]
    async fn ship() -> Result<u64, StepError> {
        Ok(u64::from(is_express(&Context { express: true })))
    }
}

fn main() {}
