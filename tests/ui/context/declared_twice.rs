use tasker::workflow;

#[derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
pub struct Context {
    pub cents: u64,
}

#[workflow]
mod order {
    use super::Context;
    use tasker::StepError;

    #[derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
    pub struct Context {
        pub cents: u64,
    }

    #[step]
    pub async fn charge(ctx: &Context) -> Result<u64, StepError> {
        Ok(ctx.cents)
    }
}

fn main() {
    let _ = tasker::Tasker::builder(()).register::<order::Workflow>();
}
