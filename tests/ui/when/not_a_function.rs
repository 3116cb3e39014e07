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

    #[step(when = "a sentence of words")]
    async fn a_sentence() -> Result<u64, StepError> {
        Ok(1)
    }

    #[step(when = true)]
    async fn a_boolean() -> Result<u64, StepError> {
        Ok(1)
    }

    #[step(when = "|ctx| ctx.express")]
    async fn a_closure() -> Result<u64, StepError> {
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

// Nothing of this is wrong.
#[workflow]
mod healthy {
    use tasker::{Output, StepError};

    pub type Context = u64;

    #[step]
    pub async fn count(from: &Context) -> Result<u64, StepError> {
        Ok(*from + 1)
    }

    #[step(depends_on = count)]
    pub async fn double(counted: Output<count>) -> Result<u64, StepError> {
        Ok(*counted * 2)
    }
}

async fn elsewhere(tasker: &tasker::Tasker) {
    let task = tasker.start::<healthy::Workflow>(1).await.unwrap();
    let doubled: Option<u64> = task.output::<healthy::double>().await.unwrap();
    drop(doubled);
}

fn main() {
    let _ = tasker::Tasker::builder(()).register::<healthy::Workflow>().register::<order::Workflow>();
    drop(healthy::double(tasker::Output(1)));
    let _ = elsewhere;
}
