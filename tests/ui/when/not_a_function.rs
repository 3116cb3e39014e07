use tasker::workflow;

const EXPRESS: bool = true;

#[workflow]
mod order {
    use tasker::StepError;

    #[derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
    pub struct Context {
        pub express: bool,
    }

    #[step(when = super::EXPRESS)]
    async fn a_constant() -> Result<u64, StepError> {
        Ok(1)
    }

    #[step(when = "express")]
    async fn a_text() -> Result<u64, StepError> {
        Ok(1)
    }

    #[step(when = ctx.express)]
    async fn an_expression() -> Result<u64, StepError> {
        Ok(1)
    }

    #[step(when(is_express))]
    async fn in_parentheses() -> Result<u64, StepError> {
        Ok(1)
    }

    #[step(when)]
    async fn nothing() -> Result<u64, StepError> {
        Ok(1)
    }

    fn is_express(ctx: &Context) -> bool {
        ctx.express
    }
}

fn main() {}
