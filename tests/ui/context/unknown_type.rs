use tasker::workflow;

#[workflow(context = super::Ordr)]
mod order {
    use tasker::StepError;

    #[step]
    async fn charge() -> Result<u64, StepError> {
        Ok(1)
    }
}

#[workflow(context = "Order")]
mod refund {
    use tasker::StepError;

    #[step]
    async fn charge(ctx: &super::Order) -> Result<u64, StepError> {
        Ok(ctx.cents)
    }
}

#[derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
pub struct Order {
    cents: u64,
}

fn main() {}
