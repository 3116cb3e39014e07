use tasker::workflow;

#[derive(Clone)]
pub struct Gateway;

#[workflow]
mod order {
    use super::Gateway;
    use tasker::StepError;

    #[derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
    pub struct Context;

    #[step]
    async fn charge(gateway: Gateway) -> Result<(), StepError> {
        drop(gateway);
        Ok(())
    }

    #[step]
    async fn by_value(ctx: Context) -> Result<(), StepError> {
        drop(ctx);
        Ok(())
    }
}

fn main() {}
