use tasker::workflow;

#[derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
pub struct Order {
    pub cents: u64,
}

#[workflow(context = Order)]
mod order {
    use super::Order;
    use tasker::StepError;

    #[step]
    async fn charge(ctx: &Order) -> Result<u64, StepError> {
        Ok(ctx.cents)
    }

    #[step(depends_on = charge)]
    async fn ship(_: &String) -> Result<u64, StepError> {
        Ok(1)
    }
}

fn main() {}
